"""`grader calibrate` and what the audit makes of it; `[[training]]` tables and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from grader.authors.audit import audit
from grader.authors.calibrate import calibrate, time_reference
from grader.errors import AssignmentError, UsageError
from grader.homework.assignment import Assignment, load_assignment
from grader.homework.training_table import Profile
from grader.training.calibration import (
    Calibrated,
    Calibration,
    Measured,
    describe_machine,
    problems_of,
    read_calibration,
    write_calibration,
)
from grader.training.setup import prepare

from .conftest import TOML

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
    return msgspec.structs.replace(Calibrated({}, profile, "", runs), **changes)


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
    own = calibrated([95.0] * 10)
    own = msgspec.structs.replace(own, profile=msgspec.structs.replace(own.profile, held_out=50, epochs=2))
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
    known = calibrated([95.0 + i / 10 for i in range(10)])
    for epochs, count in ((3, 1), (4, 2)):  # the training `own` is not calibrated either way
        profile = msgspec.structs.replace(known.profile, epochs=epochs, thresholds={"net": 50.0})
        write_calibration(learning, Calibration(1, {"given": {"cpu": msgspec.structs.replace(known, profile=profile)}}))
        problems = list(problems_of(learning))
        assert len(problems) == count
        assert sum("calibrated for another profile" in problem for problem in problems) == count - 1


def test_a_training_that_is_not_there_cannot_be_calibrated(learning: Assignment) -> None:
    """The sentence lists those that there are."""
    with pytest.raises(
        UsageError, match=r"learning has no such training with the profile cuda: expected one of its own \(given, own\)"
    ):
        calibrate(learning, seeds=2, mistake_seeds=0, profile="cuda", jobs=1)


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
    write_calibration(assignment, Calibration(1, {"given": {"cpu": known}}))
    later = time_reference(assignment, prepare(assignment, device="cpu"))
    assert later is not None
    assert later.reference_seconds == {"given": 1.0}
