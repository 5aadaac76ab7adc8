"""`grader calibrate` and what the audit makes of it; `[[training]]` tables and what is wrong with them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from grader.authors.audit import audit
from grader.authors.calibrate import Task, _Answer, calibrate, recalculate, time_reference
from grader.classroom.dispatch import shares
from grader.errors import AssignmentError, GraderError, MachineLacks, UsageError
from grader.homework.assignment import Assignment, load_assignment
from grader.homework.training_table import Profile
from grader.reports.calibrate import show_chances
from grader.training.calibration import (
    Calibrated,
    Calibration,
    Measured,
    describe_machine,
    gaps_of,
    problems_of,
    read_calibration,
    update_calibration,
    with_chances,
    write_calibration,
)
from grader.training.setup import prepare

from .conftest import TOML

ROOT = Path(__file__).parents[2]

MISTAKE = '''"""The network is never trained: the learning rate is 0."""

import torch
from torch import nn

QUESTION = "Q1"
FILE = "work.py"


def make_run():
    net = Net()
    return net, nn.CrossEntropyLoss(), torch.optim.Adam(net.parameters(), lr=0.0)
'''
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


def calibrated(scores: list[float], **changes: object) -> Calibrated:
    profile = Profile(train=400, test=100, epochs=3, batch=20, thresholds={"net": 80.0}, margin=5, reruns=2, seconds=20)
    runs = tuple(Measured(i, {"net": score}, 1.0) for i, score in enumerate(scores))
    measured = msgspec.structs.replace(Calibrated({}, profile, "", runs), **changes)
    return with_chances(measured, measured.profile)


GOOD = [95.0 + i / 10 for i in range(10)]


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
    own = calibrated([95.0] * 10, profile=learning.training[1].cpu)
    trainings = {"own": {"cpu": own}} | ({"given": {"cpu": measured}} if measured else {})
    write_calibration(learning, Calibration(1, trainings))
    problems = list(problems_of(learning))
    if problem is None:
        assert problems == []
    else:
        assert len(problems) == 1
        assert problems[0].startswith(problem)


def test_a_profile_that_has_changed_has_to_be_calibrated_again(learning: Assignment) -> None:
    """Other epochs are another training; another threshold is not."""
    known = calibrated(GOOD)
    for epochs, count in ((3, 0), (4, 1)):
        profile = msgspec.structs.replace(known.profile, epochs=epochs, thresholds={"net": 50.0})
        write_calibration(learning, Calibration(1, {"given": {"cpu": msgspec.structs.replace(known, profile=profile)}}))
        problems = list(problems_of(learning))
        assert problems.pop() == "the training own on cpu is not calibrated: run `grader calibrate learning --profile cpu`."
        assert sum("calibrated for another profile" in problem for problem in problems) == count


def test_a_training_that_is_not_there_cannot_be_calibrated(learning: Assignment) -> None:
    """Where no training has the profile, none is offered; otherwise the sentence lists those that have it."""
    with pytest.raises(UsageError) as caught:
        calibrate(learning, seeds=2, mistake_seeds=0, profile="cuda", jobs=1)
    assert str(caught.value) == (
        "no training of learning has the profile cuda: expected a table [training.cuda] in assignment.toml."
    )
    with pytest.raises(UsageError) as caught:
        calibrate(learning, seeds=2, mistake_seeds=0, profile="cpu", jobs=1, only=["given", "gives"])
    assert str(caught.value) == "learning has no training gives with the profile cpu: expected one of given, own."


class Pretended:
    """Stands for the judges: each run ends at once, or the judge dies over it, where `dies` says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made: list[tuple[str, str, int, int]] = []
        self.dies: Callable[[Task], bool] = lambda _: False
        monkeypatch.setattr("grader.authors.calibrate.ask_judges", self)

    def __call__(
        self, assignment: Assignment, tasks: Sequence[Task], begin: Any, take: Any, *, if_lost: Any, jobs: int, **rest: Any
    ) -> None:
        for number, task in enumerate(tasks):
            self.made.append((task.training, task.mistake, task.seed, task.threads))
            score = 10.0 if task.mistake else 90.0 + task.seed % 7
            take(number, if_lost(task) if self.dies(task) else _Answer(Measured(task.seed, {"net": score}, 0.5)))


@pytest.fixture
def pretended(monkeypatch: pytest.MonkeyPatch) -> Pretended:
    return Pretended(monkeypatch)


def stop_after(count: int) -> Callable[[Task, Measured], None]:
    """As Ctrl-C does, when so many runs are finished."""
    heard: list[Task] = []

    def hear(task: Task, measured: Measured) -> None:
        heard.append(task)
        if len(heard) == count:
            raise KeyboardInterrupt

    return hear


def with_a_mistake(learning: Assignment) -> Assignment:
    assert learning.reference is not None
    (learning.reference / "mistakes").mkdir()
    (learning.reference / "mistakes/rate_of_zero.py").write_text(MISTAKE, encoding="utf-8")
    return learning


def test_a_calibration_that_was_stopped_goes_on_from_there(learning: Assignment, data_folder: Path, pretended: Pretended) -> None:
    """The same command makes only the runs that are missing; then the journals are gone."""
    with_a_mistake(learning)
    assert learning.reference is not None
    with pytest.raises(KeyboardInterrupt):
        calibrate(learning, seeds=3, mistake_seeds=2, profile="cpu", jobs=1, on_run=stop_after(4))
    first = list(pretended.made)
    assert len(first) == 4
    assert not (learning.reference / "calibration.json").exists()
    (journal, _) = sorted((data_folder / "calibrations").iterdir())
    with journal.open("ab") as stream:
        stream.write(b'{"mistake": "", "run": {"seed": 5')  # what a crash leaves
    pretended.made.clear()
    said: list[str] = []
    begun: list[int] = []
    with pytest.raises(KeyboardInterrupt):  # once more, and what was cut off stands in nobody's way
        calibrate(learning, seeds=3, mistake_seeds=2, profile="cpu", jobs=1, on_run=stop_after(1))
    found = calibrate(learning, seeds=3, mistake_seeds=2, profile="cpu", jobs=1, on_begin=begun.append, on_note=said.append)
    assert said == ["5 of 8 runs are there from a calibration that was stopped."]
    assert begun == [3]
    assert len(first) + len(pretended.made) == len({*first, *pretended.made}) == 8
    assert [run.seed for run in found["given"].reference] == [5000, 5001, 5002]
    assert [run.seed for run in found["given"].mistakes["rate_of_zero"]] == [5000, 5001]
    assert read_calibration(learning).trainings["own"]["cpu"] == found["own"]
    assert list((data_folder / "calibrations").iterdir()) == []
    pretended.made.clear()
    calibrate(learning, seeds=3, mistake_seeds=2, profile="cpu", jobs=1)
    assert len(pretended.made) == 8  # what is finished is finished: this is another one


def test_runs_of_another_state_are_not_taken(
    learning: Assignment, data_folder: Path, pretended: Pretended, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither those of a reference that has been edited since, nor another machine's."""
    assert learning.reference is not None

    def stopped() -> list[int]:
        pretended.made.clear()
        with pytest.raises(KeyboardInterrupt):
            calibrate(learning, seeds=9, mistake_seeds=0, profile="cpu", jobs=1, only=["given"], on_run=stop_after(2))
        return [seed for _, _, seed, _ in pretended.made]

    assert stopped() == [5000, 5001]
    assert stopped() == [5002, 5003]
    with (learning.reference / "work.py").open("a", encoding="utf-8") as stream:
        stream.write("\n# edited\n")
    assert stopped() == [5000, 5001]
    monkeypatch.setattr(
        "grader.authors.calibrate.describe_machine", lambda threads, _: {"processor": "another", "threads": threads}
    )
    assert stopped() == [5000, 5001]


def test_a_run_over_which_the_judge_died_is_made_again(learning: Assignment, data_folder: Path, pretended: Pretended) -> None:
    """Whoever kills the calibration kills its judges, too: that tells nothing about the mistake."""
    with_a_mistake(learning)
    pretended.dies = lambda task: bool(task.mistake)
    with pytest.raises(KeyboardInterrupt):
        calibrate(learning, seeds=2, mistake_seeds=1, profile="cpu", jobs=1, only=["given"], on_run=stop_after(3))
    pretended.dies = lambda _: False
    pretended.made.clear()
    found = calibrate(learning, seeds=2, mistake_seeds=1, profile="cpu", jobs=1, only=["given"])
    assert [(mistake, seed) for _, mistake, seed, _ in pretended.made] == [("rate_of_zero", 5000)]
    assert found["given"].mistakes["rate_of_zero"][0].ended == ""


@pytest.mark.sandbox
def test_ctrl_c_keeps_what_is_finished(learning: Assignment, data_folder: Path) -> None:
    """The command itself, with real runs: stopped after the first, and given again."""
    course = learning.folder.parent.parent
    arguments = [sys.executable, "-m", "grader", "calibrate", "learning", "--seeds", "8", "--training", "given", "-j", "1"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120"}

    def run() -> subprocess.Popen[str]:
        return subprocess.Popen(arguments, cwd=course, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    stopped = run()
    until = time.monotonic() + 100
    while not any(path.stat().st_size for path in (data_folder / "calibrations").glob("*.jsonl")):
        assert stopped.poll() is None
        assert time.monotonic() < until
        time.sleep(0.02)
    stopped.send_signal(signal.SIGINT)
    _, errors = stopped.communicate(timeout=60)
    assert stopped.returncode == 130
    assert errors.strip() == "grader: stopped; what is finished is kept, and the same command goes on from there."
    (journal,) = (data_folder / "calibrations").iterdir()
    kept = [msgspec.json.decode(line)["run"] for line in journal.read_bytes().splitlines()]
    assert 1 <= len(kept) < 8
    printed, errors = run().communicate(timeout=100)
    assert errors == ""
    assert f"{len(kept)} of 8 runs are there from a calibration that was stopped." in printed
    runs = read_calibration(learning).trainings["given"]["cpu"].reference
    assert [run.seed for run in runs] == list(range(5000, 5008))
    assert all(run in msgspec.to_builtins(runs) for run in kept)


def test_a_file_that_cannot_be_written_is_told_before_the_first_run(
    learning: Assignment, data_folder: Path, pretended: Pretended, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And so is a journal."""
    assert learning.reference is not None
    path = learning.reference / "calibration.json"
    path.mkdir()
    with pytest.raises(GraderError) as caught:
        calibrate(learning, seeds=2, mistake_seeds=0, profile="cpu", jobs=1)
    assert str(caught.value) == f"{path} cannot be written (Is a directory): check that its folder is there and writable."
    path.rmdir()
    (data_folder / "calibrations").write_text("in the way", encoding="utf-8")
    with pytest.raises(
        MachineLacks, match=r"calibrations/learning-given-cpu-.* cannot be written \(.*\): set GRADER_DATA to a folder"
    ):
        calibrate(learning, seeds=2, mistake_seeds=0, profile="cpu", jobs=1)
    assert pretended.made == []


@pytest.mark.skipif(os.name == "nt", reason="there is no flock")
def test_two_calibrations_at_once_lose_nothing(learning: Assignment) -> None:
    """The second reads the file only when the first has written it."""
    inside, go_on = threading.Event(), threading.Event()

    def slow(before: Calibration) -> Calibration:
        inside.set()
        go_on.wait(10)
        return Calibration(1, {**before.trainings, "given": {"cpu": calibrated(GOOD)}})

    def quick(before: Calibration) -> Calibration:
        return Calibration(1, {**before.trainings, "own": {"cpu": calibrated(GOOD)}})

    first = threading.Thread(target=update_calibration, args=(learning, slow))
    first.start()
    assert inside.wait(10)
    second = threading.Thread(target=update_calibration, args=(learning, quick))
    second.start()
    second.join(0.3)
    assert second.is_alive()
    go_on.set()
    first.join(10)
    second.join(10)
    assert sorted(read_calibration(learning).trainings) == ["given", "own"]
    assert learning.reference is not None
    assert sorted(path.name for path in learning.reference.iterdir()) == ["calibration.json", "work.py"]  # no lock is left


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b'{"schema": 1, "trainings": {"given"', "Input data was truncated"),
        (b'{"schema": 1, "trainings": {"\xff": {}}}', "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
        (b'{"schema": 2, "trainings": {}}', "expected schema 1, found 2"),
    ],
)
def test_a_damaged_file_is_made_anew(
    learning: Assignment, data_folder: Path, pretended: Pretended, content: bytes, why: str
) -> None:
    """`calibrate` says so and begins from nothing, a class is graded as if nothing were calibrated, and the audit refuses it."""
    assert learning.reference is not None
    path = learning.reference / "calibration.json"
    path.write_bytes(content)
    setup = prepare(learning, device="cpu")
    assert setup is not None
    assert setup.uncalibrated == ("given", "own")
    assert "the threshold of the training given is not calibrated on cpu" in setup.notes
    sentence = f"{path} cannot be read ({why}): make it anew with `grader calibrate learning`."
    with pytest.raises(AssignmentError) as caught:
        audit(learning)
    assert str(caught.value) == sentence
    with pytest.raises(AssignmentError) as caught:
        recalculate(learning)
    assert str(caught.value) == sentence
    said: list[str] = []
    calibrate(learning, seeds=2, mistake_seeds=0, profile="cpu", jobs=1, only=["given"], on_note=said.append)
    assert said == [f"{path} cannot be read ({why}): it is made anew, and what stood in it is lost."]
    assert list(read_calibration(learning).trainings) == ["given"]


def test_a_damaged_file_does_not_keep_the_reference_from_being_timed(
    learning: Assignment, data_folder: Path, pretended: Pretended
) -> None:
    """Where a limit is a multiple of its time: it is measured, as without a file."""
    toml = TOML.replace("seconds = 20\nthresholds = { net = 80 }\nmargin", "times_reference = 4\nthresholds = { net = 80 }\nmargin")
    (learning.folder / "assignment.toml").write_text(toml, encoding="utf-8")
    assignment = load_assignment(learning.folder)
    assert assignment.reference is not None
    (assignment.reference / "calibration.json").write_bytes(b"{")
    setup = time_reference(assignment, prepare(assignment, device="cpu"))
    assert setup is not None
    assert setup.reference_seconds == {"given": 0.5}


def test_the_chances_follow_the_thresholds(learning: Assignment, capsys: pytest.CaptureFixture[str]) -> None:
    """The audit refuses chances of other thresholds, and --chances mends that from the runs in the file, where the work is the same."""
    given = calibrated(GOOD, machine={"threads": 3}, note="noted", mistakes={"m": (Measured(0, {"net": 10.0}, 2.0),)})
    old = msgspec.structs.replace(given.profile, thresholds={"net": 96.0}, margin=1, seconds=77)
    stale = with_chances(msgspec.structs.replace(given, profile=old), old)
    assert stale.false_fail["net"] > 0.1
    other = calibrated(GOOD)  # of `own`, which has two epochs
    write_calibration(learning, Calibration(1, {"given": {"cpu": stale}, "own": {"cpu": other}}))
    outdated = "the training given on cpu: calibration.json has the chances of other thresholds: run `grader calibrate learning --chances`."
    assert next(problems_of(learning)) == outdated
    assert show_chances(learning) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "given on cpu: 10 runs" in printed
    assert "own on cpu stays as it is (measured with other images, epochs or batches, or in a single run): run" in printed
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
        trainings[training.id] = {"cpu": calibrated(GOOD, profile=training.cpu)}
    assert assignment.training[0].cuda is not None
    trainings["given"]["cuda"] = calibrated(GOOD, profile=assignment.training[0].cuda)
    write_calibration(assignment, Calibration(1, trainings))
    (problem,) = problems_of(assignment, ("cpu",))
    assert problem.startswith("the training given on cuda: a right solution misses the threshold 95 of net in ")
    missing = "the training own on cuda is not calibrated: run `grader calibrate learning --profile cuda`."
    assert list(gaps_of(assignment, ("cuda",))) == [missing]
    assert list(problems_of(assignment)) == [problem, missing]


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


FIELDS = "train, test, epochs, batch, thresholds, held_out, margin, reruns, seconds, times_reference, threads, memory_mb"
GIVEN = 'data = "mnist"\n\n[training.cpu]\ntrain = 400\ntest'
CASES = [
    (
        'id = "given"\nquestion',
        'id = "Given"\nquestion',
        "25: [0].id: a name of small letters, digits and underscores, found 'Given'.",
    ),
    ('id = "own"', 'id = "given"', "40: [1].id: an id that no other training has, found 'given'."),
    ('question = "Q2"', 'question = "Q7"', "41: [1].question: one of Q1, Q2, found 'Q7'."),
    (GIVEN, GIVEN.replace("mnist", "mmist"), "27: [0].data: one of mnist, fashion-mnist, cifar10, found 'mmist'."),
    ("epochs = 3", "epochs = 0", "32: [0].cpu.epochs: a whole number above 0, found 0."),
    ("epochs = 3", 'epochs = "3"', '32: [0].cpu.epochs: a whole number above 0, found "3".'),
    ("epochs = 3\n", "", "29: [0].cpu.epochs: a whole number above 0, found nothing."),
    ("margin = 5", "margins = 5", f'36: [0].cpu.margins: one of the fields {FIELDS}, found "margins" (did you mean margin?).'),
    ("margin = 5", "margin = 5\ntimes_reference = 4", "34: [0].cpu.seconds: either seconds or times_reference, found both."),
    ("reruns = 2\n", "", None),
    (
        "{ net = 80 }\nmargin",
        '{ "net/2" = 80 }\nmargin',
        "35: [0].cpu.thresholds.net/2: a network's name, or two such as \"cnn-dnn\", found 'net/2'.",
    ),
    ("{ net = 80 }\nmargin", "{ }\nmargin", "35: [0].cpu.thresholds: a table such as { net = 52.0 }, found none."),
    ("held_out = 50", "held_out = 59_601", "45: [1].cpu.train: with held_out at most the 60,000 images of mnist, found 60001."),
]


@pytest.mark.parametrize(("old", "new", "sentence"), CASES)
def test_a_mistake_in_a_training_table_is_told_with_line_and_field(
    learning: Assignment, old: str, new: str, sentence: str | None
) -> None:
    """As for every other table of assignment.toml."""
    assert TOML.count(old) == 1
    (learning.folder / "assignment.toml").write_text(TOML.replace(old, new), encoding="utf-8")
    if sentence is None:
        assert load_assignment(learning.folder).training[0].cpu is not None
        return
    with pytest.raises(AssignmentError) as caught:
        load_assignment(learning.folder)
    line, field, rest = sentence.split(": ", 2)
    assert str(caught.value) == f"assignments/learning/assignment.toml, line {line}: training{field}: expected {rest}"


@pytest.mark.sandbox
def test_a_limit_that_is_a_multiple_of_the_references_time(learning: Assignment, data_folder: Path) -> None:
    """Measured once on this machine and remembered; a calibration of this machine's is taken before that."""
    toml = TOML.replace(
        "seconds = 20\nthresholds = { net = 80 }\nmargin", "times_reference = 400\nthresholds = { net = 80 }\nmargin"
    )
    (learning.folder / "assignment.toml").write_text(toml, encoding="utf-8")
    assignment = load_assignment(learning.folder)
    began: list[int] = []
    setups = [time_reference(assignment, prepare(assignment, device="cpu"), on_begin=lambda: began.append(1)) for _ in range(2)]
    assert began == [1]
    first, second = (setup.reference_seconds["given"] for setup in setups if setup is not None)
    assert first == second > 0
    profile = assignment.training[0].cpu
    assert profile is not None
    setup = setups[0]
    assert setup is not None
    assert setup.limit("given", profile) == max(5, 400 * first)
    known = calibrated([95.0] * 10, machine=describe_machine(1), profile=profile)
    known = msgspec.structs.replace(known, data=setup.cuts["given"].digest)
    of_longer_runs = msgspec.structs.replace(known, profile=msgspec.structs.replace(profile, epochs=200))
    of_other_images = msgspec.structs.replace(known, data="another cut")
    for believed, taken in ((known, True), (of_longer_runs, False), (of_other_images, False)):
        write_calibration(assignment, Calibration(1, {"given": {"cpu": believed}}))
        later = time_reference(assignment, prepare(assignment, device="cpu"))
        assert later is not None
        assert (later.reference_seconds == {"given": 1.0}) == taken
