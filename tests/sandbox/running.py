"""A notebook's cells, run as an import runs them: what the tests of importing and of captured calls share."""

from __future__ import annotations

import itertools
import types
from typing import Any

from grader.flow import Answer, Calls, Flow, Section
from grader.messages import Load, Unit
from grader.sandbox.importing import run_units

FLOW = Flow(
    calls=(Calls(call="train(model, optimizer, epochs=1)", also=("fit*",)),),
    skip=("check_*", "Trainer.run"),
    sections=(Section(name="one", headings=("Part 1",)), Section(name="two", headings=("Part 2", "own net"))),
    answers=(
        Answer(name="make_one", call="train", gives=("model", "optimizer"), section="one"),
        Answer(name="make_one", call="train", gives=("model", "optimizer"), section="none", pick="first"),
        Answer(name="make_two", call="train", gives=("model",), section="two"),
        Answer(name="make_two", call="train", gives=("model",), section="none", after="make_one"),
        Answer(name="make_two", gives=("model",), section="two"),
    ),
)
_number = itertools.count()


def work() -> types.ModuleType:
    """A module to run units in, of a name that no other test has had."""
    return types.ModuleType(f"work{next(_number)}")


def run(*cells: str | tuple[str, str], flow: Flow = FLOW, keep_going: bool = True) -> tuple[dict[str, Any], list[str], list[str]]:
    """(namespace, "cell 1: what failed", notes); a cell is its source, or its heading and its source."""
    units = []
    for number, cell in enumerate(cells, start=1):
        heading, source = cell if isinstance(cell, tuple) else ("", cell)
        units.append(Unit(f"cell {number}", source, ((1, heading),) if heading else ()))
    module = work()
    failed, notes = run_units(Load(module.__name__, tuple(units), keep_going, flow), module)
    return vars(module), [f"{unit.label}: {failure.summary}" for unit, failure in failed], notes
