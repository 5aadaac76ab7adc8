"""`[flow]` of `assignment.toml`: what is declared about the import of submissions, and what is wrong with a declaration."""

from __future__ import annotations

import doctest
import re
import tomllib
from pathlib import Path

import msgspec
import pytest

import grader.flow
from grader.errors import AssignmentError
from grader.flow import Flow, Parameter, parse_call
from grader.homework.assignment import load_assignment
from grader.homework.flow_table import complaints_about_flow

TOML = "assignments/toy/assignment.toml"
LINES = 25  # of the toy homework's own file
FLOW = """
[flow]
skip = ["check*", "Trainer.train"]
inert = ["google.colab"]
elsewhere = ["common"]

[[flow.calls]]
call = "train(model, optimizer, epochs=1)"
also = ["fit*"]

[[flow.sections]]
name = "open"
headings = ["Part 5"]

[[flow.answers]]
name = "area"
call = "train"
gives = ["model"]
section = "open"
where = { model = "Net" }
holds = { model = "torch.nn.Conv2d" }

[[flow.answers]]
name = "Square"
call = "train"
gives = ["model", "optimizer"]
after = "area"
pick = "first"

[[flow.datasets]]
name = "torchvision.datasets.MNIST"
shape = [1, 28, 28]
classes = ["0", "1"]
train = 60000
test = 10000

[[flow.arrays]]
name = "dataset.mnist.load_mnist"
shape = [1, 28, 28]
classes = 10
train = 60000
test = 10000

[[flow.definitions]]
name = "Square"
takes = [1, 28]
called = "Net"
"""


def declare(course: Path, flow: str) -> None:
    path = course / TOML
    text = path.read_text()
    assert text.count("\n") + 1 == LINES
    path.write_text(text + flow)


def test_everything_that_is_declared_is_read(toy_course: Path) -> None:
    """Calls, patterns, sections, answers in their order, data, modules."""
    declare(toy_course, FLOW)
    flow = load_assignment("toy", toy_course).flow
    assert (flow.skip, flow.inert, flow.elsewhere) == (("check*", "Trainer.train"), ("google.colab",), ("common",))
    assert [(call.call, call.also) for call in flow.calls] == [("train(model, optimizer, epochs=1)", ("fit*",))]
    assert [(one.name, one.takes, one.called) for one in flow.definitions] == [("Square", (1, 28), "Net")]
    assert [(answer.name, answer.gives, answer.pick) for answer in flow.answers] == [
        ("area", ("model",), "last"),
        ("Square", ("model", "optimizer"), "first"),
    ]
    assert (flow.answers[0].where, flow.answers[0].holds) == ({"model": "Net"}, {"model": "torch.nn.Conv2d"})
    assert (flow.datasets[0].shape, flow.arrays[0].classes) == ((1, 28, 28), 10)


def test_nothing_has_to_be_declared(toy_course: Path) -> None:
    """Without the table nothing is captured, and nothing stands in but for libraries that draw."""
    assert load_assignment("toy", toy_course).flow == Flow()


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            'call = "train(model, optimizer, epochs=1)"',
            'call = "train(model, epochs=1"',
            'line 32: flow.calls[0].call: expected a function with its parameters such as "train(model, optimizer, epochs=1)", '
            'found "train(model, epochs=1".',
        ),
        (
            'also = ["fit*"]',
            'also = "fit*"',
            'line 33: flow.calls[0].also: expected a list of patterns such as "train*", found "fit*".',
        ),
        (
            'skip = ["check*", "Trainer.train"]',
            'skip = ["check accuracy"]',
            'line 27: flow.skip[0]: expected a name, or a pattern such as "check_accuracy*", found "check accuracy".',
        ),
        (
            'name = "area"\ncall',
            'name = "aera"\ncall',
            'line 40: flow.answers[0].name: expected one of area, Square, running_total, found "aera".',
        ),
        (
            'call = "train"\ngives = ["model"]',
            'call = "trian"\ngives = ["model"]',
            'line 41: flow.answers[0].call: expected one of train, found "trian".',
        ),
        (
            'gives = ["model"]',
            'gives = ["net"]',
            'line 42: flow.answers[0].gives[0]: expected one of model, optimizer, epochs, found "net".',
        ),
        ('gives = ["model"]', "gives = []", "line 42: flow.answers[0].gives: expected a list of the call's parameters, found []."),
        ('section = "open"', 'section = "opne"', 'line 43: flow.answers[0].section: expected one of open, none, found "opne".'),
        (
            'where = { model = "Net" }',
            'where = { net = "Net" }',
            'line 44: flow.answers[0].where.net: expected one of model, optimizer, epochs, found "net".',
        ),
        (
            'holds = { model = "torch.nn.Conv2d" }',
            'holds = { model = "torch.nn.Conv 2d" }',
            'line 45: flow.answers[0].holds.model: expected a class or function such as "Net" or "torch.nn.Conv2d", '
            'found "torch.nn.Conv 2d".',
        ),
        (
            'after = "area"',
            'after = "Square"',
            'line 51: flow.answers[1].after: expected an answer that stands before this one, one of area, found "Square".',
        ),
        ('pick = "first"', 'pick = "best"', 'line 52: flow.answers[1].pick: expected "first" or "last", found "best".'),
        (
            "shape = [1, 28, 28]\nclasses = [",
            "shape = [28, 28]\nclasses = [",
            "line 56: flow.datasets[0].shape: expected a list of three whole numbers above 0: channels, height, width, found [28, 28].",
        ),
        (
            'classes = ["0", "1"]',
            "classes = []",
            "line 57: flow.datasets[0].classes: expected a list of the classes' names, at least one, found [].",
        ),
        (
            'name = "torchvision.datasets.MNIST"',
            'name = "MNIST"',
            'line 55: flow.datasets[0].name: expected a data set of torchvision such as "torchvision.datasets.MNIST", found "MNIST".',
        ),
        (
            'name = "dataset.mnist.load_mnist"',
            'name = "load_mnist"',
            'line 62: flow.arrays[0].name: expected a function with its module such as "dataset.mnist.load_mnist", found "load_mnist".',
        ),
        (
            'headings = ["Part 5"]',
            'headings = ["..."]',
            'line 37: flow.sections[0].headings[0]: expected a phrase of at least one word, found "...".',
        ),
        (
            'name = "open"',
            'name = "none"',
            'line 36: flow.sections[0].name: expected a text that is not empty and not "none", found "none".',
        ),
        (
            'where = { model = "Net" }',
            "exactly = { optimizer = 2 }",
            'line 44: flow.answers[0].exactly.optimizer: expected one of model, found "optimizer".',
        ),
        (
            'where = { model = "Net" }',
            "exactly = { model = 0 }",
            "line 44: flow.answers[0].exactly.model: expected a whole number above 0, found 0.",
        ),
        (
            'where = { model = "Net" }',
            'unlike = { net = "Net" }',
            'line 44: flow.answers[0].unlike.net: expected one of model, optimizer, epochs, found "net".',
        ),
        (
            'where = { model = "Net" }',
            'lacks = { model = ["torch.nn.ReLU", "no net"] }',
            'line 44: flow.answers[0].lacks.model: expected a class or function such as "Net" or "torch.nn.Conv2d", found "no net".',
        ),
        (
            "takes = [1, 28]",
            "takes = [1, 0]",
            "line 70: flow.definitions[0].takes: expected the shape of an input: a list of whole numbers above 0, found [1, 0].",
        ),
        (
            'called = "Net"',
            'called = "a net"',
            'line 71: flow.definitions[0].called: expected a Python name, found "a net".',
        ),
        (
            'elsewhere = ["common"]',
            'elsewhere = ["common/util"]',
            'line 29: flow.elsewhere[0]: expected the name of a module such as "google.colab", found "common/util".',
        ),
        (
            'inert = ["google.colab"]',
            'innert = ["google.colab"]',
            "line 28: flow.innert: expected one of the fields calls, skip, sections, answers, definitions, datasets, arrays, inert, "
            'elsewhere, found "innert" (did you mean inert?).',
        ),
    ],
)
def test_a_mistake_is_told_with_line_and_field(toy_course: Path, old: str, new: str, sentence: str) -> None:
    """What was expected, what was found, and what there is."""
    assert FLOW.count(old) == 1
    declare(toy_course, FLOW.replace(old, new))
    with pytest.raises(AssignmentError) as caught:
        load_assignment("toy", toy_course)
    assert str(caught.value) == f"{TOML}, {sentence}"


def test_answers_of_variables_need_a_section(toy_course: Path) -> None:
    """Without a call there has to be a part of the notebook whose variables are meant."""
    declare(toy_course, '\n[[flow.answers]]\nname = "area"\ngives = ["model"]\n')
    with pytest.raises(AssignmentError, match=r"a call, or for variables a section, one of no sections"):
        load_assignment("toy", toy_course)


@pytest.mark.parametrize("text", ["train", "train(", "train(1)", "a.train(model)", "train(*args)", "train(x, x)", "train(**k)", ""])
def test_what_is_no_call_is_refused(text: str) -> None:
    """A function's bare name with the names of its parameters, each once."""
    with pytest.raises(ValueError, match="^no call: "):
        parse_call(text)


def test_a_call_is_read_with_what_has_to_be_given() -> None:
    """Parameters without a default are the required ones."""
    assert parse_call("f(a, b=None)") == ("f", (Parameter("a", True), Parameter("b", False)))
    assert not doctest.testmod(grader.flow).failed


def test_the_guide_s_declarations_are_right() -> None:
    """What the guide shows can be declared."""
    guide = (Path(__file__).parents[1] / "docs" / "writing-an-assignment.md").read_text(encoding="utf-8")
    blocks = [block for block in re.findall(r"```toml\n(.*?)```", guide, re.DOTALL) if "[flow" in block]
    assert len(blocks) == 3
    for block in blocks:
        flow = msgspec.convert(tomllib.loads(block)["flow"], Flow)
        asked = [declared.name for declared in (*flow.answers, *flow.definitions)]
        assert not list(complaints_about_flow(flow, asked))
