"""The chance that a right solution misses a threshold: it follows the thresholds, and is refused where it is too high."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from grader.authors.calibrate import recalculate
from grader.errors import UsageError
from grader.homework.assignment import Assignment, load_assignment
from grader.reports.calibrate import show_chances
from grader.training.calibration import (
    Calibration,
    Measured,
    gaps_of,
    problems_of,
    read_calibration,
    with_chances,
    write_calibration,
)

from .calibrating import GOOD, calibrated, of_today
from .conftest import TOML

ROOT = Path(__file__).parents[2]


def test_the_chances_follow_the_thresholds(learning: Assignment, capsys: pytest.CaptureFixture[str]) -> None:
    """The audit refuses chances of other thresholds, and --chances mends that from the runs in the file, where the work is the same."""
    given = calibrated(GOOD, machine={"threads": 3}, note="noted", mistakes={"m": (Measured(0, {"net": 10.0}, 2.0),)})
    given = of_today(learning, "given", given)
    old = msgspec.structs.replace(given.profile, thresholds={"net": 96.0}, margin=1, seconds=77)
    stale = with_chances(msgspec.structs.replace(given, profile=old), old)
    assert stale.false_fail["net"] > 0.1
    other = of_today(learning, "own", calibrated(GOOD))  # which has two epochs
    write_calibration(learning, Calibration(1, {"given": {"cpu": stale}, "own": {"cpu": other}}))
    outdated = "the training given on cpu: calibration.json has the chances of other thresholds: run `grader calibrate learning --chances`."
    assert next(problems_of(learning)) == outdated
    assert show_chances(learning) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "given on cpu: 10 runs" in printed
    assert "own on cpu stays as it is (changed since: images held out, epochs): run" in printed
    trainings = read_calibration(learning).trainings
    expected = msgspec.structs.replace(stale.profile, thresholds={"net": 80.0}, margin=5.0)
    assert trainings["given"]["cpu"] == msgspec.structs.replace(stale, profile=expected, false_fail={"net": 0.0})
    assert trainings["own"]["cpu"] == other
    assert outdated not in list(problems_of(learning))
    false = msgspec.structs.replace(trainings["given"]["cpu"], false_fail={"net": 0.0772})
    write_calibration(learning, Calibration(1, {"given": {"cpu": false}}))
    assert next(problems_of(learning)) == outdated


def test_without_runs_there_are_no_chances(learning: Assignment) -> None:
    """One sentence, and no file is made."""
    with pytest.raises(UsageError, match="learning has no runs to calculate chances from: run `grader calibrate learning`"):
        recalculate(learning)
    assert learning.reference is not None
    assert not (learning.reference / "calibration.json").exists()
    with pytest.raises(UsageError, match=r"^learning has no training nope: expected one of given, own\.$"):
        recalculate(learning, only=["given", "nope"])
    toml = TOML.replace("[training.cpu]", "[training.cuda]", 1)
    (learning.folder / "assignment.toml").write_text(toml, encoding="utf-8")
    with pytest.raises(UsageError, match=r"run `grader calibrate learning --profile cuda` where there is a GPU\.$"):
        recalculate(load_assignment(learning.folder), only=["given"])


def test_chances_are_told_as_far_as_there_are_runs(learning: Assignment, capsys: pytest.CaptureFixture[str]) -> None:
    """A network that was demanded after the calibration, a mistake without runs, a profile that nobody knows, a mistake that ended."""
    toml = TOML.replace("thresholds = { net = 80 }\nmargin", "thresholds = { net = 80, new = 50 }\nmargin")
    (learning.folder / "assignment.toml").write_text(toml, encoding="utf-8")
    assignment = load_assignment(learning.folder)
    ended = Measured(0, {}, 2.0, "out of time")
    mistakes = {
        "bad": (Measured(0, {"net": 10.0}, 2.0), ended),
        "ended": (ended,),
        "none": (),
        "old": (Measured(0, {"gone": 1.0}, 2.0),),
    }
    given = of_today(assignment, "given", calibrated(GOOD, mistakes=mistakes))
    write_calibration(assignment, Calibration(1, {"given": {"cpu": given, "tpu": given}}))
    assert show_chances(assignment) == 1
    printed = " ".join(capsys.readouterr().out.split())
    assert "mistake bad: net 10.0 to 10.0: below a threshold in every run" in printed
    assert "mistake ended: out of time" in printed
    assert "mistake none: no run has a score of these thresholds" in printed
    assert "mistake old: no run has a score of these thresholds" in printed
    assert "the threshold of new is not calibrated" in printed
    assert read_calibration(assignment).trainings["given"]["tpu"] == given


def test_two_runs_are_shown_without_a_threshold_that_could_be(learning: Assignment, capsys: pytest.CaptureFixture[str]) -> None:
    """At once; what is safe with two runs lies below 0 percent."""
    write_calibration(learning, Calibration(1, {"given": {"cpu": of_today(learning, "given", calibrated([80.0, 84.0]))}}))
    assert show_chances(learning) == 1
    (row,) = (line for line in capsys.readouterr().out.splitlines() if line.split()[:1] == ["net"])
    assert row.split()[-1] == "none"


@pytest.mark.parametrize("name", sorted(path.parent.name for path in ROOT.glob("reference/*/calibration.json")))
def test_the_shipped_files_are_up_to_date(name: str) -> None:
    """Every training on the CPU is calibrated, and thresholds and chances in the file are today's."""
    assert list(problems_of(load_assignment(name, ROOT), ("cpu",))) == []


CUDA = "\n[training.cuda]\ntrain = 400\ntest = 100\nepochs = 3\nbatch = 20\nseconds = 20\nthresholds = { net = 95 }\nmargin = 0\n"


def test_a_threshold_that_is_too_risky_is_refused_on_every_machine(learning: Assignment) -> None:
    """Lowering it needs no GPU; to calibrate what is not calibrated does."""
    toml = TOML.replace('\n[[training]]\nid = "own"', CUDA + '\n[[training]]\nid = "own"') + CUDA
    (learning.folder / "assignment.toml").write_text(toml, encoding="utf-8")
    assignment = load_assignment(learning.folder)
    trainings = {}
    for training in assignment.training:
        assert training.cpu is not None
        trainings[training.id] = {"cpu": of_today(assignment, training.id, calibrated(GOOD, profile=training.cpu))}
    assert assignment.training[0].cuda is not None
    trainings["given"]["cuda"] = of_today(assignment, "given", calibrated(GOOD, profile=assignment.training[0].cuda))
    write_calibration(assignment, Calibration(1, trainings))
    (problem,) = problems_of(assignment, ("cpu",))
    assert problem.startswith("the training given on cuda: a right solution misses the threshold 95 of net in ")
    missing = "the training own on cuda is not calibrated: run `grader calibrate learning --profile cuda`."
    assert list(gaps_of(assignment, ("cuda",))) == [missing]
    assert list(problems_of(assignment)) == [problem, missing]
