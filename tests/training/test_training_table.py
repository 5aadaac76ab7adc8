"""`[[training]]` tables, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.errors import AssignmentError
from grader.homework.assignment import Assignment, load_assignment
from grader.opening import plan_for
from grader.training.setup import prepare

from .conftest import REFERENCE, TOML, graded

FIELDS = "train, test, epochs, batch, thresholds, held_out, margin, reruns, seconds, times_reference, threads, memory_mb"
GIVEN = 'data = "mnist"\n\n[training.cpu]\ntrain = 400\ntest'
NET = "thresholds = { net = 80 }\nmargin"
PERCENT = "percent of the test images, a number above 0 and at most 100"
HALF = "half of the {} processes of [limits], for each thread counts as two"
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
        "35: [0].cpu.thresholds.net/2: a network's name, or two different ones such as \"cnn-dnn\", found 'net/2'.",
    ),
    ("{ net = 80 }\nmargin", "{ }\nmargin", "35: [0].cpu.thresholds: a table such as { net = 52.0 }, found none."),
    (NET, NET.replace("net = 80", "net = 0"), f"35: [0].cpu.thresholds.net: {PERCENT}, found 0.0."),
    (NET, NET.replace("net = 80", "net = 100.5"), f"35: [0].cpu.thresholds.net: {PERCENT}, found 100.5."),
    (NET, NET.replace("net = 80", "net = nan"), f"35: [0].cpu.thresholds.net: {PERCENT}, found nan."),
    (NET, NET.replace("net = 80", 'net = "seventy"'), f'35: [0].cpu.thresholds.net: {PERCENT}, found "seventy".'),
    (NET, NET.replace("net = 80", "net = 80, cnn = true"), f"35: [0].cpu.thresholds.cnn: {PERCENT}, found true."),
    (NET, NET.replace("net = 80", '"cnn-net" = -3'), None),
    (
        NET,
        NET.replace("net = 80", '"cnn-net" = -101'),
        "35: [0].cpu.thresholds.cnn-net: percent that one is better, a number from -100 to 100, found -101.0.",
    ),
    (
        NET,
        NET.replace("net = 80", '"cnn-cnn" = 5'),
        "35: [0].cpu.thresholds.cnn-cnn: a network's name, or two different ones such as \"cnn-dnn\", found 'cnn-cnn'.",
    ),
    (NET, NET.replace("net = 80", '"cnn-cnn2" = 5'), None),
    ("margin = 5", "margin = 101", "36: [0].cpu.margin: a number from 0 to 100, found 101.0."),
    ("reruns = 2", "reruns = 21", "37: [0].cpu.reruns: a whole number from 0 to 20, found 21."),
    ("reruns = 2", "threads = 16", None),
    ("reruns = 2", "threads = 17", "37: [0].cpu.threads: at most 16, " + HALF.format(32) + ", found 17."),
    ("seconds = 5", "seconds = 5\nprocesses = 1", None),
    (
        "reruns = 2",
        "memory_mb = 4000",
        "37: [0].cpu.memory_mb: it in [training.cuda] alone: it is the GPU's memory, found 4000.",
    ),
    (
        "\n[training.cpu]\ntrain = 400\ntest",
        "\n[training.gpu]\ntrain = 400\ntest",
        '29: [0].gpu: one of the fields id, question, data, pixels, cpu, cuda, found "gpu" (did you mean cuda?).',
    ),
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
def test_as_many_threads_as_a_table_may_ask_for_can_be_started(learning: Assignment, data_folder: Path) -> None:
    """By a loop of the student's own, too: it runs beside what scores its networks, and each has that many."""
    toml = f"{TOML}threads = 4\n".replace("seconds = 5", "seconds = 5\nprocesses = 8").replace("margin = 5", "threads = 4")
    (learning.folder / "assignment.toml").write_text(toml, encoding="utf-8")
    report = graded(load_assignment(learning.folder), {"kim": REFERENCE})["kim"]
    assert report.score == 10


def test_there_is_room_for_a_thread_a_processor_on_every_machine(
    learning: Assignment, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice, as a loop of the student's own is a thread itself, and torch starts its threads for each; besides what the author allows."""
    monkeypatch.setattr("grader.opening.cores", lambda: 96)
    allowed = learning.limits.processes
    assert plan_for(learning, "", lock_in=True, training=prepare(learning, device="cpu")).limits.processes == allowed + 192
    assert plan_for(learning, "", lock_in=True).limits.processes == allowed
