"""Classes that a notebook defines more than once: which of them is which question's."""

from __future__ import annotations

import time
from typing import Any

import pytest

from grader.flow import Definition, Flow
from grader.messages import Load, Unit
from grader.sandbox.importing import run_units
from grader.sandbox.twice import TOLD_APART
from tests.sandbox.running import work

_NET = """
class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.layer = nn.Linear({size}, 1)
    def forward(self, x):
        return self.layer(x)
"""


def told_apart(*cells: str, seconds: float = 0.0) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    """The namespace, what the checks get in place of it, and notes."""
    definitions = (Definition(name="Net", takes=(1, 2)), Definition(name="WideNet", called="Net", takes=(1, 3)))
    units = tuple(Unit(f"cell {number}", source) for number, source in enumerate(("from torch import nn", *cells), start=1))
    module = work()
    request = Load(module.__name__, units, keep_going=True, flow=Flow(definitions=definitions), seconds=seconds)
    failed, notes = run_units(request, module)
    assert not failed
    return vars(module), vars(module).get(TOLD_APART, {}), notes


def test_classes_of_one_name_are_told_apart_by_what_they_take() -> None:
    """The last of each kind; the submission's own functions mean what they meant."""
    first, second = _NET.format(size=2), _NET.format(size=3)
    namespace, told, notes = told_apart(_NET.format(size=5), first, second, "def make(): return Net()")
    assert told["Net"]().layer.in_features == 2
    assert namespace["WideNet"] is namespace["Net"]
    assert namespace["make"]().layer.in_features == 3
    assert notes == [
        "Net: the class Net of cell 3, line 2 was taken, for it takes an input of 1×2.",
        "WideNet: the class Net of cell 4, line 2 was taken, for it takes an input of 1×3.",
    ]
    namespace, told, _ = told_apart(second, first)
    assert (told, namespace["Net"]().layer.in_features, namespace["WideNet"]().layer.in_features) == ({}, 2, 3)


def test_a_class_stays_what_it_is_unless_another_one_has_displaced_it() -> None:
    """Right or wrong, corrected or made worse: the last one of the name counts, but where it is another question's."""
    namespace, told, notes = told_apart(_NET.format(size=5))
    assert (told, "WideNet" in namespace, notes) == ({}, False, [])
    namespace, told, notes = told_apart(_NET.format(size=2), _NET.format(size=2))
    assert (told, "WideNet" in namespace, notes) == ({}, False, [])
    namespace, told, notes = told_apart(_NET.format(size=2), _NET.format(size=5))
    assert (told, namespace["Net"]().layer.in_features, notes) == ({}, 5, [])
    namespace, told, _ = told_apart(_NET.format(size=2), f"{_NET.format(size=3)}\nclass WideNet: own = 1")
    assert (list(told), namespace["WideNet"].own) == (["Net"], 1)
    _, told, notes = told_apart("Net = WideNet = None")
    assert (told, notes) == ({}, [])


def test_what_is_defined_once_is_not_tried() -> None:
    """A class whose every instance costs something is made by nobody but the submission and its checks."""
    counted = "made = []\nclass Net(nn.Module):\n    def __init__(self): made.append(self)\nclass WideNet(Net): pass"
    assert told_apart(counted)[0]["made"] == []


@pytest.mark.parametrize(
    "trouble", ["raise SystemExit(3)", "raise KeyboardInterrupt", "torch.zeros(1 << 50)", "exit()", "while True: pass", "1 / 0"]
)
def test_classes_that_make_trouble_take_nothing(trouble: str) -> None:
    """Whatever they raise, need, or do not finish."""
    bad = f"import torch\nclass Net(nn.Module):\n    def __init__(self):\n        {trouble}"
    start = time.monotonic()
    namespace, told, _ = told_apart(_NET.format(size=2), bad, _NET.format(size=3), seconds=10)
    assert time.monotonic() - start < 5
    assert told["Net"]().layer.in_features == 2
    assert namespace["WideNet"]().layer.in_features == 3
