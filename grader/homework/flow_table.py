"""The table `[flow]` of `assignment.toml`: what may stand in it, and what is wrong with it.

[flow]
skip = ["check_accuracy*"]                     # calls that are not run while a submission is imported

[[flow.calls]]
call = "train(model, optimizer, epochs=1)"     # calls that are not run, but captured

[[flow.sections]]
name = "own net"
headings = ["Part 5", "open-ended"]

[[flow.answers]]
name = "make_run"                              # a function that returns what the call received, if the submission defines none
call = "train"
gives = ["model", "optimizer"]
section = "own net"

[[flow.datasets]]
name = "torchvision.datasets.MNIST"
shape = [1, 28, 28]
classes = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]
train = 60000
test = 10000
"""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Collection, Iterator

from grader.flow import NO_SECTION, Answer, Arrays, Calls, Dataset, Definition, Flow, Section, parse_call

__all__ = ["FLOW_EXPECTED", "FLOW_FIELDS", "complaints_about_flow"]

_Path = tuple[str | int, ...]
_Complaint = tuple[_Path, str, str]

_A_CALL = 'a function with its parameters such as "train(model, optimizer, epochs=1)"'
_A_PATTERN = 'a name, or a pattern such as "check_accuracy*"'
_SKIPPED = 'a list of patterns such as "check_accuracy*", or of methods such as "Trainer.train"'
_A_MODULE = 'the name of a module such as "google.colab"'
_SIZES = "a list of three whole numbers above 0: channels, height, width"
_COUNT = "a whole number above 0"

FLOW_EXPECTED = {
    "flow": "a table",
    "flow.calls": "tables [[flow.calls]]",
    "flow.calls.call": _A_CALL,
    "flow.calls.also": 'a list of patterns such as "train*"',
    "flow.skip": _SKIPPED,
    "flow.sections": "tables [[flow.sections]]",
    "flow.sections.name": "a text that is not empty",
    "flow.sections.headings": 'a list of phrases such as "Part 5"',
    "flow.answers": "tables [[flow.answers]]",
    "flow.answers.name": "a name that the questions ask for",
    "flow.answers.gives": "a list of the call's parameters",
    "flow.answers.call": "the name of a captured function",
    "flow.answers.section": "the name of a section",
    "flow.answers.where": 'a table such as { model = "Net" }',
    "flow.answers.unlike": 'a table such as { model = "Net" }',
    "flow.answers.holds": 'a table such as { model = "torch.nn.Conv2d" }',
    "flow.answers.exactly": "a table such as { model = 2 }",
    "flow.answers.lacks": 'a table such as { model = ["torch.nn.BatchNorm2d"] }',
    "flow.answers.after": "the name of another answer",
    "flow.answers.before": "the name of another answer",
    "flow.answers.pick": '"first" or "last"',
    "flow.definitions": "tables [[flow.definitions]]",
    "flow.definitions.name": "a name that the questions ask for",
    "flow.definitions.takes": "the shape of an input: a list of whole numbers above 0",
    "flow.definitions.called": "a Python name",
    "flow.datasets": "tables [[flow.datasets]]",
    "flow.datasets.name": 'a data set of torchvision such as "torchvision.datasets.MNIST"',
    "flow.datasets.shape": _SIZES,
    "flow.datasets.classes": "a list of the classes' names, at least one",
    "flow.datasets.train": _COUNT,
    "flow.datasets.test": _COUNT,
    "flow.arrays": "tables [[flow.arrays]]",
    "flow.arrays.name": 'a function with its module such as "dataset.mnist.load_mnist"',
    "flow.arrays.shape": _SIZES,
    "flow.arrays.classes": _COUNT,
    "flow.arrays.train": _COUNT,
    "flow.arrays.test": _COUNT,
    "flow.inert": 'a list of names of modules such as "google.colab"',
    "flow.elsewhere": 'a list of names of modules such as "common"',
}

FLOW_FIELDS = {
    "flow": Flow.__struct_fields__,
    "flow.calls": Calls.__struct_fields__,
    "flow.sections": Section.__struct_fields__,
    "flow.answers": Answer.__struct_fields__,
    "flow.definitions": Definition.__struct_fields__,
    "flow.datasets": Dataset.__struct_fields__,
    "flow.arrays": Arrays.__struct_fields__,
}


def complaints_about_flow(flow: Flow, asked: Collection[str]) -> Iterator[_Complaint]:
    """What is wrong with the values: where, what was expected, what was found. `asked`: the names that the questions ask for."""
    captured: dict[str, tuple[str, ...]] = {}
    for index, calls in enumerate(flow.calls):
        here: _Path = ("flow", "calls", index)
        try:
            name, parameters = parse_call(calls.call)
        except ValueError:
            yield (*here, "call"), _A_CALL, _found(calls.call)
            continue
        if name in captured:
            yield (*here, "call"), "each function once", f"{_found(name)} again"
        captured[name] = tuple(parameter.name for parameter in parameters)
        yield from _about_patterns((*here, "also"), calls.also)
    yield from _about_patterns(("flow", "skip"), flow.skip, methods=True)
    yield from _about_sections(flow.sections)
    for index, answer in enumerate(flow.answers):
        for place, expected, found in _about_answer(flow, answer, captured, asked, {a.name for a in flow.answers[:index]}):
            yield ("flow", "answers", index, *place), expected, found
    yield from _about_definitions(flow.definitions, asked)
    yield from _about_data(flow)
    for field in ("inert", "elsewhere"):
        for index, module in enumerate(getattr(flow, field)):
            if not _is_dotted(module):
                yield ("flow", field, index), _A_MODULE, _found(module)


def _about_patterns(here: _Path, patterns: Collection[str], *, methods: bool = False) -> Iterator[_Complaint]:
    for index, pattern in enumerate(patterns):
        if not re.fullmatch(r"[\w*?]*\w[\w*?]*", pattern) and not (methods and re.fullmatch(r"[^\W\d]\w*\.[^\W\d]\w*", pattern)):
            yield (*here, index), _A_PATTERN, _found(pattern)


def _about_sections(sections: tuple[Section, ...]) -> Iterator[_Complaint]:
    for index, section in enumerate(sections):
        here = ("flow", "sections", index)
        if not section.name.strip() or section.name == NO_SECTION:
            yield (*here, "name"), f'a text that is not empty and not "{NO_SECTION}"', _found(section.name)
        if section.name in [other.name for other in sections[:index]]:
            yield (*here, "name"), "a name that no other section has", _found(section.name)
        if not section.headings:
            yield (*here, "headings"), FLOW_EXPECTED["flow.sections.headings"], _found([])
        for place, phrase in enumerate(section.headings):
            if not re.search(r"\w", phrase):
                yield (*here, "headings", place), "a phrase of at least one word", _found(phrase)


def _about_answer(
    flow: Flow, answer: Answer, captured: dict[str, tuple[str, ...]], asked: Collection[str], earlier: Collection[str]
) -> Iterator[_Complaint]:
    if answer.name not in asked:
        yield ("name",), f"one of {', '.join(asked)}", _found(answer.name)
    sections = [section.name for section in flow.sections]
    if answer.call and answer.call not in captured:
        yield ("call",), f"one of {', '.join(captured) or 'no calls: there are no [[flow.calls]]'}", _found(answer.call)
        return
    if not answer.call and answer.section not in sections:
        known = ", ".join(sections) or "no sections: there are no [[flow.sections]]"
        yield ("section",), f"a call, or for variables a section, one of {known}", _found(answer.section)
    if answer.section and answer.section not in (*sections, NO_SECTION):
        yield ("section",), f"one of {', '.join((*sections, NO_SECTION))}", _found(answer.section)
    if not answer.gives:
        yield ("gives",), FLOW_EXPECTED["flow.answers.gives"], _found([])
    for index, name in enumerate(answer.gives):
        if answer.call and name not in captured[answer.call]:
            yield ("gives", index), f"one of {', '.join(captured[answer.call])}", _found(name)
        if not _is_name(name):
            yield ("gives", index), "a Python name", _found(name)
    allowed = captured[answer.call] if answer.call else answer.gives
    for name, number in answer.exactly.items():
        if name not in answer.holds:
            yield ("exactly", name), f"one of {', '.join(answer.holds) or 'no parameters: `holds` names none'}", _found(name)
        if number < 1:
            yield ("exactly", name), _COUNT, _found(number)
    for field in ("where", "unlike", "holds", "lacks"):
        for name, wanted in getattr(answer, field).items():
            if name not in allowed:
                yield (field, name), f"one of {', '.join(allowed)}", _found(name)
            for one in (wanted,) if isinstance(wanted, str) else wanted:
                if not _is_dotted(one):
                    yield (field, name), 'a class or function such as "Net" or "torch.nn.Conv2d"', _found(one)
    if answer.pick not in ("first", "last"):
        yield ("pick",), FLOW_EXPECTED["flow.answers.pick"], _found(answer.pick)
    for field in ("after", "before"):
        other = getattr(answer, field)
        if other and other not in set(earlier) - {answer.name}:
            known = ", ".join(dict.fromkeys(a.name for a in flow.answers if a.name in earlier and a.name != answer.name))
            yield (field,), f"an answer that stands before this one, one of {known or 'none'}", _found(other)


def _about_definitions(definitions: tuple[Definition, ...], asked: Collection[str]) -> Iterator[_Complaint]:
    for index, definition in enumerate(definitions):
        here = ("flow", "definitions", index)
        if definition.name not in asked:
            yield (*here, "name"), f"one of {', '.join(asked)}", _found(definition.name)
        if definition.called and not _is_name(definition.called):
            yield (*here, "called"), "a Python name", _found(definition.called)
        if not definition.takes or min(definition.takes) < 1:
            yield (*here, "takes"), FLOW_EXPECTED["flow.definitions.takes"], _found(list(definition.takes))


def _about_data(flow: Flow) -> Iterator[_Complaint]:
    for index, dataset in enumerate(flow.datasets):
        here = ("flow", "datasets", index)
        if not (dataset.name.startswith("torchvision.datasets.") and _is_dotted(dataset.name)):
            yield (*here, "name"), FLOW_EXPECTED["flow.datasets.name"], _found(dataset.name)
        if not dataset.classes:
            yield (*here, "classes"), FLOW_EXPECTED["flow.datasets.classes"], _found([])
        yield from _about_sizes(here, dataset)
    for index, arrays in enumerate(flow.arrays):
        at = ("flow", "arrays", index)
        if "." not in arrays.name or not _is_dotted(arrays.name):
            yield (*at, "name"), FLOW_EXPECTED["flow.arrays.name"], _found(arrays.name)
        if arrays.classes < 1:
            yield (*at, "classes"), _COUNT, _found(arrays.classes)
        yield from _about_sizes(at, arrays)


def _about_sizes(here: _Path, data: Dataset | Arrays) -> Iterator[_Complaint]:
    if len(data.shape) != 3 or min(data.shape) < 1:
        yield (*here, "shape"), _SIZES, _found(list(data.shape))
    for field in ("train", "test"):
        if getattr(data, field) < 1:
            yield (*here, field), _COUNT, _found(getattr(data, field))


def _is_name(text: str) -> bool:
    return text.isidentifier() and not keyword.iskeyword(text)


def _is_dotted(text: str) -> bool:
    return all(map(_is_name, text.split(".")))


def _found(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
