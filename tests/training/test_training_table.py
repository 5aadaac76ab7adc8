"""`[[training]]` tables, and what is wrong with them."""

from __future__ import annotations

import pytest

from grader.errors import AssignmentError
from grader.homework.assignment import Assignment, load_assignment

from .conftest import TOML

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
