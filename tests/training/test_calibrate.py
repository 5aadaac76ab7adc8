"""`grader calibrate`, and what the audit makes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from grader.authors.audit import audit
from grader.authors.calibrate import calibrate
from grader.classroom.dispatch import shares
from grader.errors import UsageError
from grader.homework.assignment import Assignment, load_assignment
from grader.training.calibration import Calibrated, Calibration, problems_of, read_calibration, write_calibration
from grader.training.setup import prepare

from .calibrating import GOOD, MISTAKE, Pretended, calibrated, of_today
from .conftest import TOML

LOOP = '''"""The loop trains for no epoch at all."""

QUESTION = "Q2"
FILE = "work.py"


def train(net, loader, held_out, epochs):
    return 0, 0
'''


@pytest.mark.sandbox
def test_reference_and_mistakes_are_measured_and_the_audit_believes_it(learning: Assignment, data_folder: Path) -> None:
    """Twelve runs of the reference, the mistakes far below; then everything is sound, and not before."""
    assert learning.reference is not None
    (learning.reference / "mistakes").mkdir()
    (learning.reference / "mistakes/rate_of_zero.py").write_text(MISTAKE, encoding="utf-8")
    (learning.reference / "mistakes/no_epoch.py").write_text(LOOP, encoding="utf-8")
    before = learning.digest
    found = calibrate(learning, seeds=10, mistake_seeds=1, profile="cpu", jobs=2)
    assert sorted(found) == ["given", "own"]
    given = found["given"]
    assert [run.seed for run in given.reference] == list(range(5000, 5010))
    assert all(run.accuracy["net"] > 80 and run.seconds > 0 for run in given.reference)
    assert list(given.mistakes) == ["rate_of_zero"]
    assert given.mistakes["rate_of_zero"][0].accuracy["net"] < 40
    assert given.false_fail["net"] < 0.001
    assert given.note == "trained on images that are not mnist as published, but arrays of the instructor's own"
    assert read_calibration(learning).trainings["own"]["cpu"] == found["own"]
    assert learning.digest == before  # no grade depends on it
    assert list(problems_of(learning)) == []
    result = audit(learning, jobs=2, training=prepare(learning, device="cpu"))
    assert result.problems == ()
    assert [problem for row in result.rows for problem in row.problems] == []
    assert {row.name: row.note for row in result.rows if row.kind == "mistake"} == {"no_epoch": "Q2 −6", "rate_of_zero": "Q1 −4"}
    without = audit(learning, jobs=2)
    assert without.sound
    assert {row.note for row in without.rows if row.kind == "mistake"} == {
        "nothing of Q1 without training",
        "nothing of Q2 without training",
    }


@pytest.mark.parametrize(
    ("measured", "problem"),
    [
        (None, "the training given on cpu is not calibrated: run `grader calibrate learning --profile cpu`."),
        (
            calibrated([95.0 + i / 10 for i in range(9)]),
            "the training given on cpu is calibrated with 9 runs: expected at least 10",
        ),
        (
            calibrated([80.0 + i % 5 for i in range(10)]),
            "the training given on cpu: a right solution misses the threshold 80 of net in ",
        ),
        (calibrated([95.0 + i / 10 for i in range(10)]), None),
    ],
)
def test_the_audit_refuses_what_is_not_calibrated(learning: Assignment, measured: Calibrated | None, problem: str | None) -> None:
    """No file, too few runs, a threshold too near."""
    assert learning.training[1].cpu is not None
    own = of_today(learning, "own", calibrated([95.0] * 10, profile=learning.training[1].cpu))
    trainings = {"own": {"cpu": own}} | ({"given": {"cpu": of_today(learning, "given", measured)}} if measured else {})
    write_calibration(learning, Calibration(1, trainings))
    problems = list(problems_of(learning))
    if problem is None:
        assert problems == []
    else:
        assert len(problems) == 1
        assert problems[0].startswith(problem)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"profile": {"thresholds": {"net": 50.0}}}, None),
        ({"profile": {"epochs": 4}}, "epochs"),
        ({"profile": {"train": 300, "held_out": 7}}, "training images, images held out"),
        ({"work": {"pixels": "-1..1", "data": "cifar10"}}, "data set, pixels"),
        ({"work": {"code": ""}}, "code that is trained"),
    ],
)
def test_another_training_has_to_be_calibrated_again(learning: Assignment, changed: dict[str, Any], told: str | None) -> None:
    """Other epochs, data or code are another training; another threshold is not."""
    known = of_today(learning, "given", calibrated(GOOD))
    then = {field: msgspec.structs.replace(getattr(known, field), **values) for field, values in changed.items()}
    write_calibration(learning, Calibration(1, {"given": {"cpu": msgspec.structs.replace(known, **then)}}))
    again = "run `grader calibrate learning --profile cpu`."
    assert [problem for problem in problems_of(learning) if again in problem] == [
        *([f"the training given on cpu has changed since it was calibrated ({told}): {again}"] if told else []),
        f"the training own on cpu is not calibrated: {again}",
    ]


def test_a_training_that_is_not_there_cannot_be_calibrated(learning: Assignment) -> None:
    """Where no training has the profile, none is offered; otherwise the sentence lists those that have it."""
    with pytest.raises(UsageError) as caught:
        calibrate(learning, seeds=2, mistake_seeds=0, profile="cuda", jobs=1)
    assert str(caught.value) == (
        "no training of learning has the profile cuda: expected --profile cpu, or a table [training.cuda] in assignment.toml."
    )
    with pytest.raises(UsageError) as caught:
        calibrate(learning, seeds=2, mistake_seeds=0, profile="cpu", jobs=1, only=["given", "gives"])
    assert str(caught.value) == "learning has no training gives: expected one of given, own."
    toml = TOML.replace("[training.cpu]", "[training.cuda]", 1)
    (learning.folder / "assignment.toml").write_text(toml, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        calibrate(load_assignment(learning.folder), seeds=2, mistake_seeds=0, profile="cpu", jobs=1, only=["given"])
    assert str(caught.value) == "learning has no training given with the profile cpu: expected one of own."
    (learning.folder / "assignment.toml").write_text(toml.replace("[training.cpu]", "[training.cuda]"), encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        calibrate(load_assignment(learning.folder), seeds=2, mistake_seeds=0, profile="cpu", jobs=1)
    assert str(caught.value) == (
        "no training of learning has the profile cpu: expected --profile cuda where there is a GPU, or a table [training.cpu] in "
        "assignment.toml."
    )


def test_without_a_gpu_the_sentence_names_the_option_and_what_is_left(
    learning: Assignment, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The CPU, by the option of that command, where a training has a profile for it; else a machine with a GPU."""
    monkeypatch.setattr("grader.training.setup.gpus_here", lambda: ())
    no_gpu = "cuda: this machine has no GPU that may be used (/dev/nvidia*, CUDA_VISIBLE_DEVICES): "
    toml = TOML.replace("[training.cpu]", "[training.cuda]", 1)
    for text, instead in (
        (toml, "use --{} cpu."),
        (toml.replace("[training.cpu]", "[training.cuda]"), "train learning on a machine with one."),
    ):
        (learning.folder / "assignment.toml").write_text(text, encoding="utf-8")
        assignment = load_assignment(learning.folder)
        with pytest.raises(UsageError) as caught:
            calibrate(assignment, seeds=2, mistake_seeds=0, profile="cuda", jobs=1)
        assert str(caught.value) == f"--profile {no_gpu}{instead.format('profile')}"
        with pytest.raises(UsageError) as caught:
            prepare(assignment, device="cuda")
        assert str(caught.value) == f"--device {no_gpu}{instead.format('device')}"
        setup = prepare(assignment)
        assert setup is not None
        assert setup.lacking["given"] == "the training given has no profile for cpu: it needs a machine with a GPU"


def test_fewer_runs_replace_no_more(learning: Assignment, data_folder: Path, pretended: Pretended) -> None:
    """Of the same work; other work begins anew. Where no mistake is trained, what is known of those that are still there is kept."""
    assert learning.reference is not None
    (learning.reference / "mistakes").mkdir()
    (learning.reference / "mistakes/rate_of_zero.py").write_text(MISTAKE, encoding="utf-8")
    (learning.reference / "mistakes/zero_again.py").write_text(MISTAKE, encoding="utf-8")
    before = calibrate(learning, seeds=4, mistake_seeds=4, profile="cpu", jobs=1, only=["given"])["given"]
    pretended.made.clear()
    for seeds, mistake_seeds, option, there in (
        (3, 0, "--seeds", "4 runs of the reference"),
        (4, 3, "--mistake-seeds", "4 runs of the mistake rate_of_zero"),
    ):
        with pytest.raises(UsageError) as caught:
            calibrate(learning, seeds=seeds, mistake_seeds=mistake_seeds, profile="cpu", jobs=1)
        assert str(caught.value) == (
            f"{option}: expected 4 or more, as calibration.json has {there} for given on cpu, found 3: ask for as many, or remove "
            "trainings.given.cpu from that file."
        )
    assert pretended.made == []
    assert read_calibration(learning).trainings == {"given": {"cpu": before}}

    (learning.reference / "mistakes/zero_again.py").unlink()
    said: list[str] = []
    after = calibrate(learning, seeds=5, mistake_seeds=0, profile="cpu", jobs=1, only=["given"], on_note=said.append)["given"]
    assert said == ["No mistake is trained for given: what calibration.json has of rate_of_zero is kept."]
    assert len(after.reference) == 5
    assert after.mistakes == {"rate_of_zero": before.mistakes["rate_of_zero"]}
    assert read_calibration(learning).trainings == {"given": {"cpu": after}}

    toml = TOML.replace("epochs = 3", "epochs = 4")
    (learning.folder / "assignment.toml").write_text(toml, encoding="utf-8")
    edited = load_assignment(learning.folder)
    anew = calibrate(edited, seeds=2, mistake_seeds=0, profile="cpu", jobs=1, only=["given"])["given"]
    assert (len(anew.reference), anew.mistakes) == (2, {})


@pytest.mark.parametrize(("declared", "jobs"), [(0, 1), (0, 2), (0, 1000), (3, 2)])
def test_the_threads_of_the_runs_are_recorded(
    learning: Assignment, data_folder: Path, pretended: Pretended, declared: int, jobs: int
) -> None:
    """The profile's or, where it leaves that open, the processors divided by the jobs; every run is told to have as many."""
    toml = TOML.replace("margin = 5\n", f"margin = 5\nthreads = {declared}\n")
    (learning.folder / "assignment.toml").write_text(toml, encoding="utf-8")
    found = calibrate(load_assignment(learning.folder), seeds=4, mistake_seeds=0, profile="cpu", jobs=jobs, only=["given"])
    expected = declared or max(1, len(shares(1)[0]) // min(jobs, 4))
    assert found["given"].machine["threads"] == expected
    assert {threads for *_, threads in pretended.made} == {expected}
