"""`run_units`: a notebook's cells run as far as they can, and calls are captured."""

from __future__ import annotations

import itertools
import socket
import time
import types
from collections.abc import Sequence
from typing import Any
from urllib.error import URLError

import pytest
import torch

from grader.flow import Answer, Calls, Definition, Flow, Section
from grader.messages import Failure, Load, Unit
from grader.outcomes import Outcome
from grader.sandbox.failures import describe
from grader.sandbox.importing import run_units
from grader.sandbox.sources import MissingName
from grader.sandbox.twice import TOLD_APART

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


def run(*cells: str | tuple[str, str], flow: Flow = FLOW, keep_going: bool = True) -> tuple[dict[str, Any], list[str], list[str]]:
    """(namespace, "cell 1: what failed", notes); a cell is its source, or its heading and its source."""
    units = []
    for number, cell in enumerate(cells, start=1):
        heading, source = cell if isinstance(cell, tuple) else ("", cell)
        units.append(Unit(f"cell {number}", source, ((1, heading),) if heading else ()))
    module = types.ModuleType(f"work{next(_number)}")
    failed, notes = run_units(Load(module.__name__, tuple(units), keep_going, flow), module)
    return vars(module), [f"{unit.label}: {failure.summary}" for unit, failure in failed], notes


def run_script(source: str) -> tuple[dict[str, Any], list[str], list[str]]:
    """The same of one file."""
    module = types.ModuleType(f"work{next(_number)}")
    failed, notes = run_units(Load(module.__name__, (Unit("work.py", source),), keep_going=True, flow=FLOW), module)
    return vars(module), [f"{unit.label}: {failure.summary}" for unit, failure in failed], notes


# --- running ----------------------------------------------------------------------------------------------------------------------


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


def test_a_module_s_name_that_is_used_again_is_the_module_for_the_functions_above() -> None:
    """Where functions want the module of it, and nobody the other thing."""
    above = "import torch.nn.functional as F\nimport math as m\ndef f(x): return F.relu(x)\ndef g(x): return m + 0 * x"
    namespace, _, _ = run(above, "F = 3\nm = 4")
    assert namespace["f"](torch.tensor(-1.0)) == 0
    assert namespace["g"](1) == 4, "the number is what this function wants"


def test_parts_of_a_file_keep_its_lines() -> None:
    """A traceback shows the file's own line, of whichever part it is."""
    module = types.ModuleType(f"work{next(_number)}")
    units = (Unit("all.py", "def f():\n    return 1 / 0\n"), Unit("all.py", "\n\n\nf()\n"))
    failed, _ = run_units(Load(module.__name__, units, keep_going=True), module)
    assert [failure.summary for _, failure in failed] == ["ZeroDivisionError: division by zero (all.py, line 2: return 1 / 0)"]


def test_what_takes_too_long_is_stopped() -> None:
    """The statement alone: the next one runs."""
    module = types.ModuleType(f"work{next(_number)}")
    units = (Unit("cell 1", "a = 1\nwhile True:\n    pass\nb = 2"), Unit("cell 2", "import time\ntime.sleep(60)\nc = 3"))
    failed, _ = run_units(Load(module.__name__, units, keep_going=True, seconds=3.0), module)
    assert [(unit.label, failure.outcome, failure.where) for unit, failure in failed] == [
        ("cell 1", Outcome.TIMEOUT, "cell 1, line 2"),
        ("cell 2", Outcome.TIMEOUT, "cell 2, line 2"),
    ]
    assert (module.a, module.b, module.c) == (1, 2, 3)


# --- capturing --------------------------------------------------------------------------------------------------------------------

TRAIN = "def train(model, optimizer, epochs=1):\n    raise RuntimeError('trained')\n"


@pytest.mark.parametrize(
    "source",
    [
        f"{TRAIN}train([1], [2])",
        "train([1], [2])",
        f"if True:\n    {TRAIN.replace(chr(10), chr(10) + '    ')}\n    train([1], [2])",
        f"try:\n    pass\nfinally:\n    {TRAIN.replace(chr(10), chr(10) + '    ')}\n    train([1], [2])",
        f"{TRAIN}def experiment(a):\n    return train(optimizer=[2], model=a)\nexperiment([1])",
        "def train(net, opt, epochs=1): raise RuntimeError\ntrain([1], [2], 3)",
        "def train(opt, net): raise RuntimeError\ntrain([1], [2])",
        "def fit_slowly(scheduler, model, optimizer): raise RuntimeError\nfit_slowly(0, [1], [2])",
        "own = lambda model, optimizer: 1 / 0\ntrain = own\ntrain([1], [2])",
    ],
)
def test_a_call_is_captured_wherever_its_function_comes_from(source: str) -> None:
    """Defined before, in the same statement, nowhere; called by name, by place, by a function."""
    namespace, failed, _ = run(("Part 1", source))
    assert not failed
    assert namespace["make_one"]() == ([1], [2])


def test_after_the_import_the_functions_are_the_submission_s_again() -> None:
    """Under their names, and where they were kept."""
    namespace, _, _ = run(
        f"{TRAIN}kept = [train]\ndef check_it(): return 5\nclass Trainer:\n    def run(self): return 7\nTrainer().run()"
    )
    for function in (namespace["train"], namespace["kept"][0]):
        with pytest.raises(RuntimeError, match="trained"):
            function(1, 2)
    assert namespace["check_it"]() == 5
    assert namespace["Trainer"]().run() == 7


def test_calls_that_are_left_out_do_not_run() -> None:
    """Functions by pattern, methods by name."""
    _, failed, _ = run("def check_it(): 1 / 0\ncheck_it()\nclass Trainer:\n    def run(self): 1 / 0", "Trainer().run()")
    assert not failed


def test_other_functions_of_like_names_run() -> None:
    """`fit*` is captured only if it takes what the call takes."""
    namespace, _, _ = run("def fit_line(x): return x + 1\nfitted = fit_line(2)\ncheck_list = [1]")
    assert (namespace["fitted"], namespace["check_list"]) == (3, [1])


def test_the_place_decides() -> None:
    """By the latest heading; deeper ones below a section's own do not end it."""
    cells: Sequence[tuple[str, str]] = [
        ("Part 1: the first net", "train('a', 'b')"),
        ("Something else", "train('c', 'd')"),
        ("My own net!", "train('e', 'f')"),
    ]
    namespace, _, notes = run(*cells)
    assert namespace["make_one"]() == ("c", "d")
    assert namespace["make_two"]() == "e"
    assert "make_one: 2 calls fit (cell 1, line 1, cell 2, line 1): the last one counts." in notes
    assert "make_two: taken from what train received in cell 3, line 1 (model)." in notes


def test_headings_in_comments_count_where_there_are_no_others() -> None:
    """At the beginning of the comment alone."""
    namespace, _, _ = run("# --- Part 1 ---\ntrain(1, 2)\n# as in Part 2, but\ntrain(3, 4)", "# PART 2: own\ntrain(5, 6)")
    assert (namespace["make_one"](), namespace["make_two"]()) == ((3, 4), 5)


@pytest.mark.parametrize("mark", ["# In[1]:\n\n", "# %%\n"])
def test_in_a_file_that_was_a_notebook_a_line_of_text_is_no_heading(mark: str) -> None:
    """`# # Part 1` is one there, `# Part 2 will ask more` in the text below it is none, nor is a comment."""
    text = "# # My answer to Part 1\n# \n# Part 2 will ask more.\n"
    namespace, _, _ = run(f"{text}\n{mark}# Part 2: not yet\ntrain(1, 2)\n", f"# # 3. Part 2\n{mark}train(3, 4)")
    assert (namespace["make_one"](), namespace["make_two"]()) == ((1, 2), 3)


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
    module = types.ModuleType(f"work{next(_number)}")
    failed, _ = run_units(Load(module.__name__, (Unit("work.py", source),), keep_going=True), module)
    assert (len(failed), module.f().size) == (1, 3.141592653589793)
    source = "ran = 0\nclass Net: pass\nif __name__ == '__main__':\n    ran = 1\n    class Net: own = 1\n"
    run_units(Load(module.__name__, (Unit("work.py", source),), keep_going=True), module)
    assert module.ran == 0


def test_what_one_call_received_answers_one_name() -> None:
    """The same net, trained once more, is no second net."""
    namespace, _, _ = run("a, b = [1], [2]\ntrain(a, b)\ntrain(a, b)")
    assert "make_one" in namespace
    flow = Flow(
        calls=FLOW.calls,
        answers=tuple(Answer(name=name, call="train", gives=("model", "optimizer")) for name in ("make_one", "make_two")),
    )
    namespace, _, _ = run("a, b = [1], [2]\ntrain(a, b)\ntrain(a, b)", flow=flow)
    assert ("make_one" in namespace, "make_two" in namespace) == (True, False)


def test_what_a_net_is_made_of_tells_which_answer_it_is() -> None:
    """So many layers of a class; not an instance of a class of the submission's."""
    nets = "import torch\nclass Own(torch.nn.Sequential): pass\nL, S = torch.nn.Linear, torch.nn.Sequential\n"
    calls = "train(Own(L(1, 1), L(1, 1)), 1)\ntrain(S(L(1, 1), L(1, 1), L(1, 1)), 2)\ntrain(S(L(1, 1)), 3)"
    held = {"model": "torch.nn.Linear"}
    flow = Flow(
        calls=FLOW.calls,
        answers=(
            Answer(name="make_one", call="train", gives=("optimizer",), holds=held, exactly={"model": 2}),
            Answer(name="make_two", call="train", gives=("optimizer",), holds=held, unlike={"model": "Own"}, pick="first"),
        ),
    )
    namespace, failed, _ = run(nets + calls, flow=flow)
    assert not failed
    assert (namespace["make_one"](), namespace["make_two"]()) == (1, 2)
    lacking = Answer(
        name="make_one", call="train", gives=("optimizer",), holds=held, lacks={"model": ("torch.nn.ReLU", "torch.nn.Tanh")}
    )
    several = "train(S(L(1, 1), S(torch.nn.Tanh())), 1)\ntrain(S(L(1, 1)), 2)\ntrain(S(torch.nn.ReLU(), L(1, 1)), 3)"
    namespace, failed, _ = run(nets + several, flow=Flow(calls=FLOW.calls, answers=(lacking,)))
    assert (failed, namespace["make_one"]()) == ([], 2)


def test_a_net_that_is_trained_again_later_is_told_with_both_places() -> None:
    """It is taken as it was when it was made; the later call is why it counts."""
    cells = "nets = [[1], [2]]\nfor net in nets:\n    train(net, net)", "best = nets[0]\ntrain(best, best, epochs=10)"
    answers = (Answer(name="make_one", call="train", gives=("model",)),)
    namespace, _, notes = run(*cells, flow=Flow(calls=FLOW.calls, answers=answers))
    assert namespace["make_one"]() == [1]
    assert notes == [
        "make_one: 3 calls fit (cell 1, line 2, cell 2, line 2): the last one counts.",
        "make_one: taken from what train received in cell 1, line 2, and again in cell 2, line 2 (model).",
    ]


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
    module = types.ModuleType(f"work{next(_number)}")
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


def test_without_headings_the_order_decides() -> None:
    """The first is the first, the last after it the second."""
    namespace, _, _ = run("train(1, 2)", "train(3, 4)", "train(5, 6)")
    assert (namespace["make_one"](), namespace["make_two"]()) == ((1, 2), 5)


def test_a_name_of_the_submission_s_own_comes_first() -> None:
    """What is captured only fills gaps."""
    namespace, _, notes = run(("Part 1", "def make_one(): return 'own'\ntrain(1, 2)"))
    assert namespace["make_one"]() == "own"
    assert not [note for note in notes if note.startswith("make_one")]


def test_nothing_and_none_are_no_answer() -> None:
    """A model that is None, and a call that never comes."""
    given_back = "accuracy, best = train(None, 1)\ntrain(best, 2)"
    namespace, _, _ = run(("Part 1", f"train(None, None)\n{given_back}"), ("Part 2", "model = 1 / 0\ntrain(model, 2)"))
    assert "make_one" not in namespace
    assert "make_two" not in namespace


def test_variables_answer_where_no_call_does() -> None:
    """What the section has set, not what it has found."""
    namespace, _, notes = run("model = [1]", ("Part 2", "model = [2]\nfor _ in model: pass"))
    assert namespace["make_two"]() == [2]
    assert "make_two: taken from what the variables held in cell 2 (model)." in notes
    namespace, _, _ = run("model = [1]", ("Part 2", "print(model)"))
    assert "make_two" not in namespace


def test_what_is_captured_is_as_it_was_at_the_call() -> None:
    """Later changes do not reach it, nor do those of a check reach the next one; model and optimizer stay together."""
    source = (
        "import torch\nmodel = torch.nn.Linear(2, 1)\noptimizer = torch.optim.SGD(model.parameters(), lr=0.5)\n"
        "train(model, optimizer)\noptimizer.param_groups[0]['lr'] = 9.0\ntrain(model, optimizer)"
    )
    namespace, failed, notes = run(("Part 1", source))
    assert not failed
    model, optimizer = namespace["make_one"]()
    assert optimizer.param_groups[0]["lr"] == 0.5
    before = model.weight.detach().clone()
    model(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    assert not torch.equal(model.weight, before)
    assert torch.equal(namespace["make_one"]()[0].weight, before)
    assert not any("calls fit" in note for note in notes), "the same two things, twice"


def test_what_cannot_be_copied_is_given_as_it_is() -> None:
    """A tensor that is no leaf stays one."""
    namespace, _, _ = run(("Part 1", "import torch\nw = torch.ones(2, requires_grad=True) * 2\ntrain([w], 0)"))
    weights, _ = namespace["make_one"]()
    assert not weights[0].is_leaf


def test_very_many_calls_are_kept_in_bounds() -> None:
    """The first and the last are among what is kept."""
    namespace, failed, _ = run(("Part 1", "for i in range(1000):\n    train([i], [i])"))
    assert not failed
    assert namespace["make_one"]() == ([999], [999])
    namespace, _, _ = run("for i in range(1000):\n    train([i], [i])")
    assert namespace["make_one"]() == ([0], [0])


# --- what is missing --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "blamed"),
    [
        ("def train(net):\n    1 / 0", True),
        ("class train: pass", True),
        ("from helpers import test, train", True),
        ("from helpers import *", True),
        ("import helpers as train", True),
        ("fit, train = 1 / 0", True),
        ("train: int = 1 / 0", True),
        ("net.train()\nfor x in train(net): 1 / 0", False),
        ("train == 3 and 1 / 0", False),
        ("net.train = 1 / 0", False),
        ("x = f(train=1 / 0)", False),
        ("from train import loop", False),
    ],
)
def test_a_failure_is_to_blame_only_where_the_name_would_have_been_bound(source: str, blamed: bool) -> None:
    """A cell that merely uses a name does not define it, failed or not."""
    failure = Failure(Outcome.ERROR, ("ZeroDivisionError",), "division by zero")
    assert bool(MissingName("train", [(source, failure)]).failures) == blamed


def test_what_could_not_be_read_may_have_been_it() -> None:
    """Where a cell or a file is no Python, the sentence about a name that nobody else defines says so."""
    failed = Failure(Outcome.ERROR, ("IndentationError", "SyntaxError", "Exception"), "unexpected indent", "work.py, line 3")
    missing = MissingName("make_one", [("   '''train(model)'''", failed)], call="fit")
    assert describe(missing).text == (
        "the submission defines no `make_one`, and no call of fit stands for it; "
        "what could not be read: IndentationError: unexpected indent (work.py, line 3)"
    )


@pytest.mark.parametrize("error", [URLError(socket.gaierror(-3, "Temporary failure in name resolution")), socket.gaierror(-2, "x")])
def test_what_wants_the_network_is_told_that_there_is_none(error: OSError) -> None:
    """As `resnet18(pretrained=True)` does, and every download."""
    failure = describe(error)
    assert failure.outcome is Outcome.FORBIDDEN
    assert failure.text.endswith("(there is no network here)")
