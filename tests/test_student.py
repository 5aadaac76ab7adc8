"""`grader.student` and `grader.probes`: what a check sees of a submission, here with the student's code in the same process."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from grader.errors import AssignmentError, CheckFailed, StudentRaised
from grader.inputs import assert_unchanged
from grader.judgements.parameters import LayerInfo, OptimizerInfo, ParameterInfo
from grader.local import LocalTransport, local_transport
from grader.outcomes import Outcome
from grader.probes import (
    forward,
    gradients_of,
    layers_of,
    load_state,
    optimizer_of,
    parameters_of,
    randomise,
    state_of,
    training_mode,
)
from grader.student import Link, Remote, Student, call_and_echo, library, probe, student_raises, value_of

FUNCTIONS = """
import numpy as np
import torch

learning_rate = 0.25
words = {"one": 1, "two": [2, 2.0]}


def add(a, b=10, *, times=1):
    return (a + b) * times


def both(a, b):
    return a, b


def apply(function, x):
    return function(x)


class Box:
    def __init__(self, items):
        self.items = items
        self.label = "box"

    def __len__(self):
        return len(self.items)

    def __getitem__(self, index):
        return self.items[index]

    def first(self):
        return self.items[0]

    def itself(self):
        return self


class Dial(Box):
    def __iter__(self):
        yield from ("a", Box([1]))


def zero_first(x, *, where=None):
    x[0] = 0
    if where is not None:
        where["seen"] = True
    return x.sum()


def append(numbers):
    numbers.append(1)
    return numbers


def total(x, y=None):
    return x.sum()


def refuse(x):
    raise ValueError(f"no {x}")


def look_up(x):
    return {}[x]


def unanswered(x):
    raise NotImplementedError


def many_axes():
    return np.ones((1,) * 40)
"""

NETS = """
import torch
from torch import nn


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(2)
        self.drop = nn.Dropout(0.5)
        self.fc = nn.Linear(2 * 4 * 4, 3)
        self.scale = nn.Parameter(torch.zeros(()))
        self.unused = nn.Linear(2, 2)

    def forward(self, x):
        h = torch.relu(self.norm(self.conv(x)))
        h = torch.relu(self.norm(h))
        return self.fc(self.drop(h).flatten(1)) * (1 + self.scale)


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.one = nn.Linear(3, 3)
        self.two = self.one
        self.three = nn.Linear(3, 3)
        self.three.weight = self.one.weight
        self.fixed = nn.Parameter(torch.ones(2), requires_grad=False)

    def forward(self, x):
        return self.three(self.two(torch.relu(self.one(x))))


class Cut(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(2, 2)

    def forward(self, x):
        return self.fc(x).detach()


class Claim:
    shape = ("wide", "high")
    requires_grad = is_leaf = True

    def numel(self):
        return "many"

    def detach(self):
        return self

    def clone(self):
        return "a tensor"


class Boaster(nn.Linear):
    def named_parameters(self, *args, **kwargs):
        return [("weight", Claim())]

    def state_dict(self, *args, **kwargs):
        return {"weight": Claim()}


class Adam(torch.optim.SGD):
    pass


class Own:
    def __init__(self):
        self.param_groups = [{"params": [torch.zeros(2, 3)], "lr": 0.5}]




def make_adam(net):
    return Adam(net.parameters(), lr=0.1)


def make_true_adam(net):
    return torch.optim.Adam([{"params": [net.fc.weight]}, {"params": [net.fc.bias], "lr": 0.5}], lr=0.25, betas=(0.8, 0.9))


def cubes(x, labels):
    return x**3 + labels.sum() + x.detach()


def number(x):
    return 3
"""


@pytest.fixture(scope="module")
def transport() -> Iterator[LocalTransport]:
    with local_transport({"functions.py": FUNCTIONS, "nets.py": NETS}) as running:
        yield running


@pytest.fixture
def student(transport: LocalTransport) -> Iterator[Student]:
    """The submission, as a check has it."""
    link = Link()
    link.transport = transport
    transport.begin_check(1, 10.0)
    yield Student(link)
    transport.end_check()


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


def test_helpers_want_the_fixture(student: Student) -> None:
    """`library(net, ...)`, or a probe without `student` first, is told to its author."""
    with pytest.raises(AssignmentError, match=r"^the first argument must be the `student` fixture, not a Remote$"):
        library(student.Box, "torch")  # type: ignore[arg-type]
    with pytest.raises(AssignmentError, match=r"^the first argument must be the `student` fixture, not a int$"):
        plain(3)


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


# --- arguments that should stay as they are ---------------------------------------------------------------------------------------


def test_the_arguments_come_back_as_the_call_left_them(student: Student) -> None:
    """`call_and_echo`: the value, positional and named arguments."""
    value, args, kwargs = call_and_echo(student.zero_first, np.array([1.0, 2.0]), where={})
    assert value == 2
    assert [array.tolist() for array in args] == [[0, 2]]
    assert kwargs == {"where": {"seen": True}}


def test_assert_unchanged_gives_the_value(student: Student) -> None:
    """Arrays with nan in them, tensors, lists and handles that are left alone pass."""
    x = torch.tensor([1.0, math.nan])
    assert math.isnan(assert_unchanged(student.total, x, y=[1, "a"]))
    assert assert_unchanged(student.add, 1, b=2) == 3
    box = student.Box([1, 2])
    assert assert_unchanged(student.apply, library(student, "builtins").len, box) == 2


def test_assert_unchanged_names_the_argument(student: Student) -> None:
    """What changes, by position or name, and what to do."""
    for x in (np.array([1.0, 2.0]), torch.tensor([1.0, 2.0])):
        with pytest.raises(CheckFailed) as failed:
            assert_unchanged(student.zero_first, x)
        assert failed.value.message == "zero_first changes its argument 1."
        assert failed.value.hint == "Work on a copy, or use operations that make a new array."
    with pytest.raises(CheckFailed) as failed:
        assert_unchanged(student.zero_first, np.array([0.0, 2.0]), where={}, what="zero_first(x)")
    assert failed.value.message == "zero_first(x) changes its argument where."
    with pytest.raises(CheckFailed, match=r"^append changes its argument 1\.$"):
        assert_unchanged(student.append, [1])


# --- probes -----------------------------------------------------------------------------------------------------------------------

Unknown = "a name that only this file has"


@probe
def plain(x: Unknown, *rest: Unknown, y: Unknown = 5, **more: Unknown) -> Unknown:  # type: ignore[valid-type]
    """Annotations name what is not there; defaults are values."""
    return x, rest, y, more


@probe
def with_libraries(x):
    import itertools

    return F.relu(x), np.sum([1, 2]), torch.ones(1), nn.Identity()(x), list(itertools.chain([1], [2]))  # noqa: F821


@probe
def outer(x):
    def inner(y):
        return y + 1

    return [inner(v) for v in x]


def test_a_probe_runs_there_with_its_arguments(student: Student) -> None:
    """Annotations are left behind, defaults go along, * and ** work."""
    assert plain(student, 1) == (1, (), 5, {})
    assert plain(student, 1, 2, 3, y=4, z=[6]) == (1, (2, 3), 4, {"z": [6]})
    assert plain.__name__ == "plain"
    assert inspect.unwrap(plain).__doc__ == "Annotations name what is not there; defaults are values."


def test_a_probe_has_torch_and_numpy_at_hand(student: Student) -> None:
    """torch, nn, F and np need no import; anything else is imported inside."""
    relu, total, ones, identity, chained = with_libraries(student, torch.tensor([-1.0, 2.0]))
    assert relu.tolist() == [0, 2]
    assert (total, ones.tolist(), identity.tolist(), chained) == (3, [1], [-1, 2], [1, 2])


def test_a_probe_may_define_functions(student: Student) -> None:
    """Its source goes as a whole."""
    assert outer(student, [1, 2]) == [2, 3]


def test_a_probe_in_a_function_is_dedented(student: Student) -> None:
    """Where its definition stands does not matter."""

    @probe
    def here(x):
        return x * 2

    assert here(student, 4) == 8


def test_handles_arrive_in_a_probe_as_objects(student: Student) -> None:
    """So do references to names of the student's."""

    @probe
    def is_one(box, cls):
        return isinstance(box, cls), type(box).__name__

    assert is_one(student, student.Box([1]), student.Box) == (True, "Box")


def test_a_lambda_is_no_probe() -> None:
    """A probe has to be found as a definition."""
    with pytest.raises(AssignmentError, match=r"^a probe must be a function written with def; '<lambda>' is none$"):
        probe(lambda x: x)


def test_an_exception_in_a_probe_names_the_students_line(student: Student) -> None:
    """The probe's own lines are nobody's to look for."""

    @probe
    def call(function):
        return function(1)

    with pytest.raises(StudentRaised) as raised:
        call(student, student.refuse)
    assert raised.value.failure.where.startswith("functions.py, line ")
    assert "probe" not in raised.value.failure.traceback


# --- the shared probes ------------------------------------------------------------------------------------------------------------


def test_parameters_say_what_they_share(student: Student) -> None:
    """A layer under two names, and a weight in two layers: under which name it came first."""
    assert parameters_of(student, student.Tied()) == [
        ParameterInfo("fixed", (2,), 2, None, requires_grad=False),
        ParameterInfo("one.weight", (3, 3), 9),
        ParameterInfo("one.bias", (3,), 3),
        ParameterInfo("two.weight", (3, 3), 9, "one.weight"),
        ParameterInfo("two.bias", (3,), 3, "one.bias"),
        ParameterInfo("three.weight", (3, 3), 9, "one.weight"),
        ParameterInfo("three.bias", (3,), 3),
    ]


def test_layers_tell_their_settings_and_how_often_they_ran(student: Student) -> None:
    """Leaf modules in order; without inputs nobody looks; the mode stays as it was, and no hook stays behind."""
    net = student.Small()
    assert [(layer.name, layer.type_name, layer.calls) for layer in layers_of(student, net)] == [
        ("conv", "Conv2d", 0),
        ("norm", "BatchNorm2d", 0),
        ("drop", "Dropout", 0),
        ("fc", "Linear", 0),
        ("unused", "Linear", 0),
    ]
    x = torch.randn(2, 1, 4, 4, generator=torch.Generator().manual_seed(1))
    before = state_of(student, net)
    for _ in range(2):
        assert {layer.name: layer.calls for layer in layers_of(student, net, x)} == {
            "conv": 1,
            "norm": 2,
            "drop": 1,
            "fc": 1,
            "unused": 0,
        }
    assert training_mode(student, net)
    after = state_of(student, net)
    assert all(torch.equal(before[name], after[name]) for name in before)
    conv = layers_of(student, net)[0]
    assert isinstance(conv, LayerInfo)
    wanted = {"in_channels": 1, "out_channels": 2, "kernel_size": (3, 3), "stride": (1, 1), "padding": (1, 1), "bias": False}
    assert {name: conv.config[name] for name in wanted} == wanted
    assert layers_of(student, net)[2].config["p"] == 0.5


def test_an_optimizer_is_what_it_derives_from_whatever_its_name(student: Student) -> None:
    """A class called Adam that is an SGD is an SGD; one of the student's own goes by its name."""
    named = optimizer_of(student, student.make_adam(student.Small()))
    assert named.type_name == "SGD"
    assert named.groups[0]["lr"] == 0.1
    assert "params" not in named.groups[0]
    true = optimizer_of(student, student.make_true_adam(student.Small()))
    assert true.type_name == "Adam"
    assert [(group["lr"], group["betas"], group["parameters"]) for group in true.groups] == [
        (0.25, (0.8, 0.9), 96),
        (0.5, (0.8, 0.9), 3),
    ]
    assert optimizer_of(student, student.Own()) == OptimizerInfo("Own", [{"lr": 0.5, "parameters": 6}])


def test_randomise_leaves_nothing_at_zero_or_one(student: Student) -> None:
    """Every parameter and running statistic: seeded, different everywhere, variances above 0, and what was returned is there."""
    net = student.Small()
    state = randomise(student, net, seed=7)
    assert set(state) == set(state_of(student, net))
    for name, value in state.items():
        if name == "norm.num_batches_tracked":
            continue
        assert ((value != 0) & (value != 1)).all(), name
        assert value.unique().numel() == value.numel(), name
    assert (state["norm.running_var"] >= 0.5).all()
    assert (state["norm.running_var"] <= 1.5).all()
    assert ((state["norm.weight"] - 1).abs() < 0.6).all()
    assert (state["fc.weight"].abs() < 0.6).all()
    there = state_of(student, net)
    assert all(torch.equal(there[name], value) for name, value in state.items())


def test_randomise_is_reproducible(student: Student) -> None:
    """The same seed gives the same values in another network; another seed or scale, others."""
    first = randomise(student, student.Small(), seed=7)
    again = randomise(student, student.Small(), seed=7)
    other = randomise(student, student.Small(), seed=8)
    large = randomise(student, student.Small(), seed=7, scale=1.0)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["fc.weight"], other["fc.weight"])
    torch.testing.assert_close(large["fc.weight"], first["fc.weight"] * 10)


def test_a_state_is_loaded_by_name(student: Student) -> None:
    """Some of the names will do; unknown names and wrong shapes are the student's failure."""
    net = student.Small()
    load_state(student, net, {"fc.bias": torch.tensor([1.0, 2.0, 3.0])})
    assert state_of(student, net)["fc.bias"].tolist() == [1, 2, 3]
    with pytest.raises(CheckFailed) as failed:
        load_state(student, student.Cut(), {"fc1.bias": torch.ones(2)})
    assert failed.value.message == "The network has no fc1.bias; it has fc.weight, fc.bias."
    with pytest.raises(CheckFailed) as failed:
        load_state(student, net, {"fc.bias": torch.ones(4)})
    assert failed.value.message == "fc.bias: expected shape (4,), the network has (3,)."
    with pytest.raises(AssignmentError, match=r'^load_state: match is "name" or "order", not .shape.$'):
        load_state(student, net, {}, match="shape")


def test_a_state_is_loaded_by_order(student: Student) -> None:
    """Each value into the next place of its shape, whatever it is called; what fits nowhere is told."""
    net = student.Tied()
    state = {
        "a": torch.full((3, 3), 1.0),
        "b": torch.full((3,), 2.0),
        "counter": torch.tensor(9),
        "c": torch.full((3, 3), 3.0),
        "d": torch.full((3,), 4.0),
    }
    load_state(student, student.Small(), {"w": torch.ones(2, 1, 3, 3)}, match="order")
    load_state(student, net, state, match="order")
    loaded = state_of(student, net)
    assert {name: float(loaded[name].flatten()[0]) for name in ("one.bias", "two.bias", "fixed")} == {
        "one.bias": 4,  # one layer under two names: the later value stays
        "two.bias": 4,
        "fixed": 1,
    }
    with pytest.raises(CheckFailed) as failed:
        load_state(student, net, {"e": torch.ones(5)}, match="order")
    assert failed.value.message == "The network has no parameter of shape (5,) that is not taken yet."


def test_forward_keeps_the_mode_and_draws_no_graph(student: Student) -> None:
    """Eval mode unless asked for train mode; afterwards the network is as it was, also after an exception."""
    net = student.Small()
    randomise(student, net)
    x = torch.randn(3, 1, 4, 4, generator=torch.Generator().manual_seed(2))
    first = forward(student, net, x)
    assert first.shape == (3, 3)
    assert not first.requires_grad
    assert torch.equal(forward(student, net, x), first)  # no dropout
    assert training_mode(student, net)
    assert not torch.equal(forward(student, net, x, train=True), first)
    net.eval()
    forward(student, net, x, train=True)
    assert not training_mode(student, net)
    with pytest.raises(StudentRaised):
        forward(student, net, torch.ones(3), train=True)
    assert not training_mode(student, net)


def test_gradients_are_those_of_autograd(student: Student) -> None:
    """Of inputs and of parameters, weighted by a cotangent; None where none arrives."""
    generator = torch.Generator().manual_seed(3)
    net = student.Small()
    state = randomise(student, net)
    net.eval()
    x = torch.randn(2, 1, 4, 4, generator=generator)
    cotangent = torch.randn(2, 3, generator=generator)
    found = gradients_of(student, net, {"x": x}, cotangent=cotangent)
    names: dict[str, Any] = {}
    exec(compile(NETS, "nets.py", "exec"), names)
    own = names["Small"]().eval()
    own.load_state_dict(state)
    x.requires_grad_()
    (own(x) * cotangent).sum().backward()
    assert torch.equal(found["x"], x.grad)
    for name, parameter in own.named_parameters():
        if name.startswith("unused"):
            assert found[name] is None
        else:
            torch.testing.assert_close(found[name], parameter.grad)
    assert set(found) == {"x", *(name for name, _ in own.named_parameters())}


def test_gradients_of_a_function_are_those_of_its_floating_inputs(student: Student) -> None:
    """Integers have none; `wrt` chooses; the tensor that was sent is not touched."""
    x = torch.tensor([1.0, 2.0], dtype=torch.float64)
    found = gradients_of(student, student.cubes, {"x": x, "labels": torch.tensor([1, 2])})
    assert {name: value.tolist() for name, value in found.items()} == {"x": [3, 12]}
    assert not x.requires_grad
    both = gradients_of(student, student.cubes, {"x": x, "labels": torch.ones(2, dtype=torch.float64)}, wrt=["labels"])
    assert {name: value.tolist() for name, value in both.items()} == {"labels": [2, 2]}


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("number", {}, "The output should be a tensor, but it is of type int."),
        ("cubes", {"cotangent": torch.ones(3)}, "The output should have shape (3,), but it has (2,)."),
    ],
)
def test_a_function_without_gradients_is_the_students_failure(
    student: Student, name: str, options: dict[str, Any], message: str
) -> None:
    """No tensor, or one of another shape."""
    inputs = {"x": torch.ones(2), "labels": torch.ones(2)} if name == "cubes" else {"x": torch.ones(2)}
    with pytest.raises(CheckFailed) as failed:
        gradients_of(student, getattr(student, name), inputs, **options)
    assert failed.value.message == message


def test_a_network_that_cuts_the_graph_is_told_so(student: Student) -> None:
    """detach between output and parameters."""
    with pytest.raises(CheckFailed) as failed:
        gradients_of(student, student.Cut(), {"x": torch.ones(1, 2)})
    assert failed.value.message == (
        "No gradient flows from the output back: it was made without a graph (detach, .data, numpy, no_grad)."
    )


@pytest.mark.parametrize("ask", [parameters_of, layers_of, state_of, randomise, training_mode, forward])
def test_what_is_no_network_is_the_students_failure(student: Student, ask: Any) -> None:
    """`Net()` that gives nothing is not answered; a number fails."""
    with pytest.raises(CheckFailed) as failed:
        ask(student, None)
    assert failed.value.message == "expected a network (torch.nn.Module), got None."
    assert failed.value.outcome is Outcome.NOT_ANSWERED
    with pytest.raises(CheckFailed) as failed:
        ask(student, 3.5)
    assert failed.value.message == "expected a network (torch.nn.Module), got a float."
    assert failed.value.outcome is Outcome.FAILED


def test_what_is_no_optimizer_is_the_students_failure(student: Student) -> None:
    """The sentence names what was expected."""
    with pytest.raises(CheckFailed, match=r"^expected an optimizer, got a list\.$"):
        optimizer_of(student, [1])
    with pytest.raises(CheckFailed, match=r"^expected a function or a network, got None\.$"):
        gradients_of(student, None, {})


def test_a_network_that_overrides_torchs_methods_is_told_so(student: Student) -> None:
    """What it says of itself is looked at before it is used."""
    asked: list[tuple[Any, Any]] = [(parameters_of, student.Boaster(1, 1)), (state_of, student.Boaster(1, 1))]
    for ask, net in asked:
        with pytest.raises(CheckFailed) as failed:
            ask(student, net)
        assert failed.value.message == "the object does not describe itself as torch's own do: is a method of torch's overridden?"
