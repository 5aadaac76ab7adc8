"""Which edits make a calibration one of something else: those of what is trained, and no others."""

from __future__ import annotations

import ast
from pathlib import Path

import msgspec
import pytest

from grader.homework.assignment import Assignment
from grader.training.work import _text, work_of

from .conftest import CHECKS, REFERENCE, STUB

HELPER = """

RATE = 0.003


class Layer(nn.Linear):
    pass
"""


def works(learning: Assignment) -> list[object]:
    return [work_of(learning, training) for training in learning.training]


def edited(learning: Assignment, file: str, old: str, new: str) -> list[bool]:
    """Which of the two trainings, `given` and `own`, are other ones after the edit."""
    assert learning.reference is not None
    before = works(learning)
    path = (learning.folder if file == "test_public.py" else learning.reference) / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    return [one != other for one, other in zip(works(learning), before, strict=True)]


@pytest.mark.parametrize(
    ("file", "old", "new", "others"),
    [
        ("work.py", "count += 1", "count += 1  # a batch", [False, False]),
        ("work.py", "def make_run():\n", 'def make_run():\n    """Net and the rest."""\n', [False, False]),
        ("work.py", "def make_run():\n", "def unused():\n    return 1\n\n\ndef make_run():\n", [False, False]),
        ("work.py", "    count = 0\n", "    count = 0\n    torch.manual_seed(1)\n", [False, True]),
        ("work.py", "nn.CrossEntropyLoss()", "nn.CrossEntropyLoss(label_smoothing=0.1)", [True, False]),
        ("work.py", "nn.Linear(28 * 28, 10)", "nn.Linear(28 * 28, 10, bias=False)", [True, True]),
        ("test_public.py", 'pytest.mark.question("Q1", points=4)', 'pytest.mark.question("Q1", points=3)', [False, False]),
        ("test_public.py", "training.learns(student.make_run)", "training.learns(student.make_other_run)", [True, False]),
        ("test_public.py", "data.held_out_loader, data.epochs)", "data.held_out_loader, data.epochs - 1)", [False, True]),
        ("test_public.py", "(40, 50)", "(41, 50)", [False, False]),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_an_edit_counts_where_it_is_trained(learning: Assignment, file: str, old: str, new: str, others: list[bool]) -> None:
    """Comments, docstrings, points, other questions' code: all as before. A layer that both use is in both."""
    assert edited(learning, file, old, new) == others


def test_what_is_used_at_a_distance_counts(learning: Assignment) -> None:
    """A constant, and the base of a class that a network is made of."""
    assert learning.reference is not None
    text = REFERENCE.replace("class Net(", f"{HELPER}\n\nclass Net(").replace("self.fc = nn.Linear(", "self.fc = Layer(")
    (learning.reference / "work.py").write_text(
        text.replace("lr=0.003)\n\n\ndef train", "lr=RATE)\n\n\ndef train"), encoding="utf-8"
    )
    assert edited(learning, "work.py", "RATE = 0.003", "RATE = 0.03") == [True, False]
    assert edited(learning, "work.py", "(nn.Linear):\n    pass", "(nn.Linear):\n    bias = None") == [True, True]


def test_a_helper_of_the_checks_may_say_what_is_trained(learning: Assignment) -> None:
    """Its call counts as if it stood in the check; what else it does, does not."""
    checks = learning.folder / "test_public.py"
    text = CHECKS.replace(
        "    counted = training.own_loop(train_it, student.Net, student.train)\n", "    counted = counted_by(student, training)\n"
    )
    helper = (
        "def counted_by(student, training):\n    print(3)\n    return training.own_loop(train_it, student.Net, student.train)\n\n\n"
    )
    checks.write_text(text.replace("def train_it(", f"{helper}def train_it("), encoding="utf-8")
    assert edited(learning, "test_public.py", "print(3)", "print(4)") == [False, False]
    old = "    return training.own_loop(train_it, student.Net, student.train)"
    assert edited(learning, "test_public.py", old, old.replace(")", ", any_length=True)")) == [False, True]


def test_data_and_pixels_are_part_of_it(learning: Assignment) -> None:
    """Each by its own name: a message can say which."""
    given = learning.training[0]
    work = work_of(learning, given)
    assert (work.data, work.pixels) == ("mnist", "0..1")
    other = work_of(learning, msgspec.structs.replace(given, pixels="-1..1"))
    assert other == msgspec.structs.replace(work, pixels="-1..1")


def test_a_tree_is_told_alike_in_every_version_of_python() -> None:
    """No field that a version has added, and no place."""
    told = _text(ast.parse('def f(x: int = 1):\n    "Text."\n    return f"{x}"'))
    assert told == (
        "Module(body=FunctionDef(name='f';args=arguments(args=arg(arg='x';annotation=Name(id='int';ctx=Load()));defaults=Constant(value=1));"
        "body=Return(value=JoinedStr(values=FormattedValue(value=Name(id='x';ctx=Load());conversion=-1)))))"
    )


def test_the_stub_of_a_student_is_not_looked_at(learning: Assignment, tmp_path: Path) -> None:
    """The reference is trained, whatever the handed-out file says."""
    before = works(learning)
    (learning.folder / "work.py").write_text(STUB + "\n\nRATE = 1\n", encoding="utf-8")
    assert works(learning) == before
    assert "student.make_run" in CHECKS
