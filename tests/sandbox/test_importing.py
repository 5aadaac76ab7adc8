"""`run_units`: a notebook's cells run as far as they can, a file as far as Python runs it."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from grader.flow import Flow
from grader.messages import Load, Unit
from grader.outcomes import Outcome
from grader.sandbox.importing import run_units
from tests.sandbox.running import FLOW, run, work


def run_script(source: str) -> tuple[dict[str, Any], list[str], list[str]]:
    """What `run` gives, of a script that stands in for a file."""
    module = work()
    failed, notes = run_units(Load(module.__name__, (Unit("work.py", source),), keep_going=True, flow=FLOW), module)
    return vars(module), [f"{unit.label}: {failure.summary}" for unit, failure in failed], notes


def test_a_statement_that_fails_takes_only_its_names_with_it() -> None:
    """What stands after it in the cell runs; what needs it fails silently; what earlier cells left under its name is gone."""
    namespace, failed, _ = run("net = 1\nrate = 1", "net = 1 / 0\nrate = 2\nlast = net\nprint(last)", "again = net", "fine = rate")
    assert failed == ["cell 2: ZeroDivisionError: division by zero (cell 2, line 1: net = 1 / 0)"]
    assert "net" not in namespace
    assert "again" not in namespace
    assert (namespace["rate"], namespace["fine"]) == (2, 2)


@pytest.mark.parametrize("flow", [FLOW, Flow()])
def test_a_file_runs_on_after_an_import_of_what_is_not_there(flow: Flow) -> None:
    """Whatever else fails in a file ends it, and so does an import in a block."""
    namespace, failed, _ = run(
        "a = 1\nimport nobodys_module\nfrom math import (sin,\n    nobody)\nfrom math import pi\nb = a + 1\n1 / 0\nc = 3",
        flow=flow,
        keep_going=False,
    )
    assert [text.partition(" (")[0] for text in failed] == [
        "cell 1: ModuleNotFoundError: No module named 'nobodys_module'",
        "cell 1: ImportError: cannot import name 'nobody' from 'math'",
        "cell 1: ZeroDivisionError: division by zero",
    ]
    assert (namespace["b"], "pi" in namespace, "c" in namespace) == (2, True, False)
    namespace, failed, _ = run("if True:\n    import nobodys_module\nb = 1", flow=flow, keep_going=False)
    assert (len(failed), "b" in namespace) == (1, False)


def test_a_name_that_is_set_again_is_no_longer_lost() -> None:
    """Its own errors are told from then on."""
    _, failed, _ = run("a = 1 / 0", "a = 2\ndel a", "a")
    assert [text.partition(" (")[0] for text in failed] == [
        "cell 1: ZeroDivisionError: division by zero",
        "cell 3: NameError: name 'a' is not defined",
    ]


def test_what_a_loop_has_set_before_it_failed_stays() -> None:
    """Only what is as it was before the statement is stale."""
    namespace, failed, _ = run("kept = 0\nstale = 0", "for i in (1, 2):\n    kept = i\n    stale = 1 / 0")
    assert len(failed) == 1
    assert namespace["kept"] == 1
    assert "stale" not in namespace


def test_a_file_ends_where_it_fails() -> None:
    """As Python has it: names before the line stay."""
    namespace, failed, _ = run("a = 1\nb = 1 / 0\nc = 3", keep_going=False)
    assert (namespace["a"], "c" in namespace, len(failed)) == (1, False, 1)


@pytest.mark.parametrize("source", ["exit()", "import sys\nsys.exit(1)", "raise KeyboardInterrupt", "raise SystemExit"])
def test_leaving_is_no_end(source: str) -> None:
    """A cell that would end the kernel ends nothing here."""
    namespace, failed, _ = run(source, "after = 1")
    assert namespace["after"] == 1
    assert len(failed) == 1


def test_future_statements_hold_for_what_follows() -> None:
    """As they do in a notebook's session."""
    namespace, failed, _ = run("from __future__ import annotations", "def f(x: not_there): return x")
    assert not failed
    assert namespace["f"](3) == 3


def test_the_main_guard_is_open_in_a_notebook() -> None:
    """There `__name__` is `__main__`; classes keep their module all the same."""
    namespace, _, _ = run("class A: pass\nif __name__ == '__main__':\n    ran = 1")
    assert namespace["ran"] == 1
    assert namespace["A"].__module__.startswith("work")


def test_the_main_guard_of_a_file_opens_only_where_answers_are_missing() -> None:
    """A file that defines everything is not run any further."""
    guarded = "\nif __name__ == '__main__':\n    ran = 1\n    train([1], [2])\n"
    namespace, _, _ = run(f"def make_one(): return 5\ndef make_two(): return 6\n{guarded}", keep_going=False)
    assert "ran" not in namespace
    namespace, _, _ = run(guarded, keep_going=False)
    assert namespace["make_one"]() == ([1], [2])


def test_a_script_that_stands_in_goes_on_after_an_error() -> None:
    """As a notebook does; what it keeps for its being the main program runs only where answers are missing."""
    source = "from nobodys_helpers import seed\nseed(0)\ntrain(1, 2)\nif __name__ == '__main__':\n    ran = 1\n    train(3, 4)\n"
    namespace, failed, _ = run_script(source)
    assert [text.partition(" (")[0] for text in failed] == ["work.py: ModuleNotFoundError: No module named 'nobodys_helpers'"]
    assert (namespace["make_one"](), namespace["make_two"](), namespace["ran"]) == ((1, 2), 3, 1)
    namespace, _, _ = run_script(f"{source}def make_one(): return 5\ndef make_two(): return 6\n")
    assert "ran" not in namespace


def test_a_script_that_is_indented_as_a_whole_is_run() -> None:
    """Under the guard that Windows wants for loaders with workers; one that only trains there does not."""
    source = "import math\nif __name__ == '__main__':\n    1 / 0\n    class Net:\n        size = math.pi\n    def f(): return Net\n"
    module = work()
    failed, _ = run_units(Load(module.__name__, (Unit("work.py", source),), keep_going=True), module)
    assert (len(failed), module.f().size) == (1, 3.141592653589793)
    source = "ran = 0\nclass Net: pass\nif __name__ == '__main__':\n    ran = 1\n    class Net: own = 1\n"
    run_units(Load(module.__name__, (Unit("work.py", source),), keep_going=True), module)
    assert module.ran == 0


def test_a_module_s_name_that_is_used_again_is_the_module_for_the_functions_above() -> None:
    """Where functions want the module of it, and nobody the other thing."""
    above = "import torch.nn.functional as F\nimport math as m\ndef f(x): return F.relu(x)\ndef g(x): return m + 0 * x"
    namespace, _, _ = run(above, "F = 3\nm = 4")
    assert namespace["f"](torch.tensor(-1.0)) == 0
    assert namespace["g"](1) == 4, "the number is what this function wants"


def test_parts_of_a_file_keep_its_lines() -> None:
    """A traceback shows the file's own line, of whichever part it is."""
    module = work()
    units = (Unit("all.py", "def f():\n    return 1 / 0\n"), Unit("all.py", "\n\n\nf()\n"))
    failed, _ = run_units(Load(module.__name__, units, keep_going=True), module)
    assert [failure.summary for _, failure in failed] == ["ZeroDivisionError: division by zero (all.py, line 2: return 1 / 0)"]


def test_what_takes_too_long_is_stopped() -> None:
    """The statement alone: the next one runs."""
    module = work()
    units = (Unit("cell 1", "a = 1\nwhile True:\n    pass\nb = 2"), Unit("cell 2", "import time\ntime.sleep(60)\nc = 3"))
    failed, _ = run_units(Load(module.__name__, units, keep_going=True, seconds=3.0), module)
    assert [(unit.label, failure.outcome, failure.where) for unit, failure in failed] == [
        ("cell 1", Outcome.TIMEOUT, "cell 1, line 2"),
        ("cell 2", Outcome.TIMEOUT, "cell 2, line 2"),
    ]
    assert (module.a, module.b, module.c) == (1, 2, 3)
