"""`grader.student`: what a check sees of a submission, whose fault an error is, and the student's exceptions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from grader.errors import AssignmentError, CheckFailed, StudentRaised
from grader.local import LocalTransport
from grader.outcomes import Outcome
from grader.student import Link, Remote, Student, library, student_raises, value_of
from tests.student.submission import FUNCTIONS

# --- names, calls, values ---------------------------------------------------------------------------------------------------------


def test_a_call_copies_its_arguments_and_brings_the_value(student: Student) -> None:
    """By position, by name, with the student's own defaults."""
    assert student.add(1) == 11
    assert student.add(1, b=2, times=3) == 9
    assert student.add(np.array([1.0, 2.0]), 1).tolist() == [2, 3]
    sent = np.array([3.0, 1.0])
    assert student.zero_first(sent) == 1
    assert sent.tolist() == [3, 1]


def test_values_keep_their_types(student: Student) -> None:
    """Plain values, arrays and tensors come back as themselves."""
    number, tensor = student.both(np.float32(2), torch.arange(3, dtype=torch.int16))
    assert type(number) is np.float32
    assert tensor.dtype is torch.int16
    assert student.both({"a": (1, {2})}, None) == ({"a": (1, {2})}, None)


def test_a_name_is_read_when_asked_for(student: Student) -> None:
    """`value_of` reads a name; a name by itself is a proxy, whether or not it is there."""
    assert value_of(student.learning_rate) == 0.25
    assert value_of(student.words) == {"one": 1, "two": [2, 2.0]}
    assert repr(student.no_such_thing) == "student.no_such_thing"
    with pytest.raises(StudentRaised) as raised:
        student.no_such_thing()
    assert raised.value.outcome is Outcome.NOT_ANSWERED
    assert str(raised.value) == "NameError: the submission defines no `no_such_thing`"


def test_an_object_stays_there_and_is_asked_from_here(student: Student) -> None:
    """Attributes, methods, len, index and iteration of a handle; values come back, objects as handles again."""
    box = student.Box([5, 6.5, "x"])
    assert isinstance(box, Remote)
    assert repr(box) == "<a Box of the student's>"
    assert box.label == "box"
    assert box.first() == 5
    assert (len(box), box[1], box[-1]) == (3, 6.5, "x")
    assert list(box) == [5, 6.5, "x"]
    assert box
    again = box.itself()
    assert isinstance(again, Remote)
    assert again.label == "box"
    letter, inner = student.Dial([])
    assert letter == "a"
    assert inner.first() == 1


def test_handles_and_names_pass_as_arguments(student: Student) -> None:
    """They arrive there as the real objects."""
    box = student.Box([[1, 2]])
    assert student.apply(library(student, "builtins").len, box) == 1
    assert student.apply(student.add, 3) == 13
    assert student.both(box, 1)[0].first() == [1, 2]


def test_a_handle_keeps_nothing_of_the_check_before(student: Student, transport: LocalTransport) -> None:
    """What a check kept is forgotten in the next: an old handle is no way to it."""
    box = student.Box([1])
    transport.begin_check(1, 10.0)
    with pytest.raises(StudentRaised, match="IndexError"):
        box.first()


def test_library_objects_are_made_there(student: Student) -> None:
    """`library(student, "torch.nn").CrossEntropyLoss()` is the student's process's own."""
    torch_there = library(student, "torch")
    assert repr(library(student, "torch.nn").functional.relu) == "library.torch.nn.functional.relu"
    net = torch_there.nn.Linear(2, 1)
    optimizer = torch_there.optim.SGD(net.parameters(), lr=0.5)
    assert optimizer.param_groups[0]["lr"] == 0.5
    assert torch_there.zeros(2, dtype=torch.float64).dtype is torch.float64
    with pytest.raises(StudentRaised, match="No module named 'torchh'"):
        library(student, "torchh").nn.Linear(2, 1)


def test_private_names_are_no_students_names(student: Student) -> None:
    """What Python and its tools ask of any object is not asked of the student's process."""
    for proxy in (student, student.add, student.Box([1])):
        with pytest.raises(AttributeError):
            proxy.__wrapped__  # noqa: B018 - reading it is the test
        assert not hasattr(proxy, "_repr_html_")


def test_nothing_there_is_set_from_here(student: Student) -> None:
    """An assignment to a proxy is a mistake of the check's, told as one."""
    with pytest.raises(AttributeError, match=r"^a student's names cannot be set from a check; use a probe$"):
        student.learning_rate = 1
    with pytest.raises(AttributeError, match=r"^an object in the student's process cannot be changed from here; use a probe$"):
        student.Box([1]).label = "other"


def test_the_proxy_has_the_same_text_in_every_run(student: Student) -> None:
    """It stands in Hypothesis' examples, and so in reports: no address in it."""
    assert repr(student) == "student"
    assert repr(student.add) == "student.add"


# --- whose fault it is ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "calculate",
    [
        lambda r: r + 1,
        lambda r: 1 - r,
        lambda r: r * r,
        lambda r: r @ np.ones(2),
        lambda r: np.ones(2) @ r,
        lambda r: r**2,
        lambda r: -r,
        lambda r: r < 3,
        lambda r: r >= 3,
        lambda r: float(r),
        lambda r: int(r),
        lambda r: abs(r),
        lambda r: range(r),
        lambda r: [1][r],
        lambda r: np.asarray(r),
        lambda r: np.add(r, 1),
        lambda r: r / 2,
        lambda r: 2 / r,
        lambda r: math.sqrt(r),
    ],
)
def test_calculating_with_an_object_is_the_students_failure(student: Student, calculate: Any) -> None:
    """A check that expected a number and got an object does not break down over it."""
    with pytest.raises(CheckFailed) as failed:
        calculate(student.Box([1]))
    assert failed.value.message == "expected a number, an array or a tensor, got an object of type Box."


@pytest.mark.parametrize("value", [object(), slice(0, 2), lambda x: x, nn.Linear(1, 1), torch.optim.SGD, [1, (2, {"k": object()})]])
def test_an_argument_that_cannot_be_sent_is_the_authors_fault(student: Student, value: object) -> None:
    """Objects of the grader's stay here."""
    with pytest.raises(AssignmentError) as wrong:
        student.add(value)
    while isinstance(value, list | tuple | dict):
        value = list(value.values())[-1] if isinstance(value, dict) else value[-1]
    assert str(wrong.value) == (
        f"an argument of type {type(value).__name__} cannot be sent to the student's process: send numbers, text, arrays, tensors, "
        "lists or dicts of them, or make the object there with library(student, ...) or a probe"
    )


def test_an_array_that_has_no_form_is_the_authors_fault(student: Student) -> None:
    """The reason is in the sentence."""
    with pytest.raises(AssignmentError) as wrong:
        student.add(np.array([None, 1]))
    assert str(wrong.value) == "an argument cannot be sent to the student's process: a numpy array of dtype object"


def test_a_value_that_has_no_form_is_the_students_failure(student: Student) -> None:
    """What cannot come back is told as what their code did."""
    with pytest.raises(StudentRaised, match=r"NotSendable: an array of 40 axes \(at most 32 are sent\)") as raised:
        student.many_axes()
    assert raised.value.outcome is Outcome.ERROR


def test_outside_of_a_check_nothing_can_be_asked() -> None:
    """At import, no submission is there."""
    with pytest.raises(AssignmentError) as wrong:
        Student(Link()).area(3, 4)
    assert str(wrong.value) == "`student` was used outside of a check: use it in a test that takes the fixture, not at import"


# --- exceptions -------------------------------------------------------------------------------------------------------------------


def test_a_students_exception_comes_with_its_line(student: Student) -> None:
    """Type, text, file, line and source; the bases let `is_a` ask for a kind."""
    line = FUNCTIONS.splitlines().index('    raise ValueError(f"no {x}")') + 1
    with pytest.raises(StudentRaised) as raised:
        student.refuse("way")
    assert str(raised.value) == f'ValueError: no way (functions.py, line {line}: raise ValueError(f"no {{x}}"))'
    with pytest.raises(StudentRaised) as raised:
        student.look_up(3)
    assert raised.value.is_a(("LookupError",))
    assert not raised.value.is_a(("ValueError",))


def test_an_exception_that_is_asked_for_passes(student: Student) -> None:
    """The named one, or one that derives from it."""
    with student_raises("ValueError"):
        student.refuse(1)
    with student_raises("TypeError", "LookupError"):
        student.look_up(1)


def test_a_value_in_its_place_fails(student: Student) -> None:
    """Nothing was raised: expected what, and what to do."""
    with pytest.raises(CheckFailed) as failed, student_raises("ValueError", "TypeError", what="add(1)"):
        student.add(1)
    assert failed.value.message == "add(1): expected ValueError or TypeError, but nothing was raised."
    assert failed.value.hint == "Raise ValueError for arguments that make no sense."


def test_another_exception_in_its_place_fails_and_no_answer_stays_one(student: Student) -> None:
    """A KeyError is not a ValueError; NotImplementedError is the stub's."""
    with pytest.raises(CheckFailed) as failed, student_raises("ValueError", what="look_up(3)"):
        student.look_up(3)
    assert failed.value.message.startswith("look_up(3): expected ValueError, got KeyError: 3 (functions.py, line ")
    with pytest.raises(StudentRaised) as raised, student_raises("ValueError"):
        student.unanswered(3)
    assert raised.value.outcome is Outcome.NOT_ANSWERED
