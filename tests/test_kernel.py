"""`grader.check("Q1")` in a notebook: the student's current definitions, in the kernel's own process, which is afterwards as it was."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest
import torch

import grader
from grader.definitions import MAX_PRINTED
from grader.kernel import Checked
from tests.packing.traps import SHAPES, SUMS

ROOT = Path(__file__).parents[1]
Cell = Callable[[str], Any]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The toy homework as a student received it; the notebook runs there."""
    place = tmp_path / "toy"
    shutil.copytree(Path(__file__).parent / "toy_course/assignments/toy", place)
    monkeypatch.chdir(place)
    return place


@pytest.fixture
def cell(folder: Path) -> Cell:
    """Run a cell of a notebook, whose last line is an expression; its value comes back."""
    namespace: dict[str, Any] = {"__name__": "__main__"}

    def run(source: str) -> Any:
        *before, last = source.rstrip().split("\n")
        exec("\n".join(before), namespace)
        return eval(last, namespace)

    run("import grader\n0")
    return run


def scores(checked: Checked) -> str:
    return repr(checked).splitlines()[-1]


def test_the_current_definitions_count(cell: Cell) -> None:
    """Not the saved files, and not those of the last time."""
    assert scores(cell("grader.check('Q1')")) == "0 of 2 points"
    assert "not answered yet" in repr(cell("grader.check('Q1')"))
    cell("def area(w, h): return w + h\n0")
    assert "area(3, 4): expected 12, got 7." in repr(cell("grader.check('Q1')"))
    cell("def area(w, h): return w * h\n0")
    assert scores(cell("grader.check('Q1')")) == "2 of 2 points"
    assert scores(cell("grader.check()")) == "2 of 5 points"
    cell(f"{SUMS}\n0")
    assert scores(cell("grader.check('Q2')")) == "3 of 3 points"
    assert scores(cell("grader.check('q1', 'Q2')")) == "5 of 5 points"


def test_the_text_is_that_of_grader_check(cell: Cell) -> None:
    """Question, points, what is wrong and where in the student's own lines."""
    cell("def area(w, h):\n    return w.h\n0")
    lines = [line.rstrip() for line in repr(cell("grader.check('Q1')")).splitlines()]
    assert lines[1].strip(" ─") == ""
    assert [lines[0], *lines[2:]] == [
        " question   points   what",
        " Q1            0/2   Areas",
        "                     error: area(3, 4) is 12.",
        "                       AttributeError: 'int' object has no attribute 'h' (line 2)",
        "",
        "0 of 2 points",
    ]


def test_a_notebook_shows_a_table_in_which_everything_is_escaped(cell: Cell) -> None:
    """A student's text is a stranger's: no tag, no entity, no formula comes of it."""
    cell("def area(w, h):\n    raise ValueError('<script>alert(1)</script> $x$ &amp; \\x1b[31m')\n0")
    html = cell("grader.check('Q1')")._repr_html_()
    assert html.startswith('<table class="tex2jax_ignore mathjax_ignore"')
    assert "<script>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; $x$ &amp;amp; \ufffd[31m" in html
    assert html.count("<tr>") == html.count("</tr>") == 2
    assert "✗ error: " in html
    cell("area = lambda w, h: w * h\n0")
    html = cell("grader.check('Q1')")._repr_html_()
    assert "✓" in html
    assert "<b>2 of 2 points</b>" in html


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        ("grader.check('Q9')", "toy has no question Q9: expected one of Q1, Q2."),
        ("grader.check(7)", "toy has no question 7: expected one of Q1, Q2."),
        ("grader.check('<b>')", "toy has no question <b>: expected one of Q1, Q2."),
        ("grader.check(*['Q1', None])", "toy has no question None: expected one of Q1, Q2."),
    ],
)
def test_a_question_that_is_none_is_one_sentence(cell: Cell, call: str, sentence: str) -> None:
    """Shown in the cell, and no traceback."""
    assert repr(cell(call)) == sentence
    assert "<b>" not in cell(call)._repr_html_()


def test_a_folder_without_an_assignment_is_one_sentence(cell: Cell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the notebook should be; below the homework's folder is as good as in it."""
    (tmp_path / "toy/notes/week 1").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "toy/notes/week 1")
    assert scores(cell("grader.check('Q1')")) == "0 of 2 points"
    monkeypatch.chdir(tmp_path)
    assert repr(cell("grader.check('Q1')")) == (
        f"{tmp_path} lies in no homework: expected assignment.toml and the public checks here or in a folder above; "
        "start the notebook from the folder of the homework as you received it."
    )


def test_a_broken_assignment_is_one_sentence(cell: Cell, folder: Path) -> None:
    """A malformed file, and checks that cannot be collected."""
    checks = (folder / "test_public.py").read_text(encoding="utf-8")
    (folder / "test_public.py").write_text("import nothing_of_that_name\n", encoding="utf-8")
    assert repr(cell("grader.check('Q1')")).startswith("the checks of toy cannot be collected:")
    (folder / "test_public.py").write_text(checks, encoding="utf-8")
    text = (folder / "assignment.toml").read_text(encoding="utf-8")
    (folder / "assignment.toml").write_text(text.replace("points = 4", "points = 'four'"), encoding="utf-8")
    assert (
        repr(cell("grader.check('Q1')"))
        == 'assignment.toml, line 14: questions[0].points: expected a number above 0, found "four".'
    )


def test_what_is_printed_comes_out_in_the_cell(cell: Cell, capsys: pytest.CaptureFixture[str]) -> None:
    """Up to a length: a loop that prints fills no notebook."""
    cell("def area(w, h):\n    print('sides', w, h)\n    return w * h\n0")
    cell("grader.check('Q1')")
    assert capsys.readouterr().out == "sides 3 4\n"
    cell("def area(w, h):\n    for n in range(100_000):\n        print('line', n)\n    return w * h\n0")
    cell("grader.check('Q1')")
    out = capsys.readouterr().out
    assert out.startswith("line 0\nline 1\n")
    assert out.endswith("\n… more was printed than is shown here …\n")
    assert len(out) < MAX_PRINTED + 100


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("raise SystemExit(0)", "crashed: area(3, 4) is 12."),
        ("raise NotImplementedError", "not answered yet"),
        ("return [i for i in range(10)] * 10**12", "out of memory: area(3, 4) is 12."),
        ("return area(w, h)", "error: area(3, 4) is 12."),
        ("return lambda: 0", "failed: area(3, 4) is 12."),
    ],
)
def test_whatever_the_function_does_the_kernel_goes_on(cell: Cell, body: str, told: str) -> None:
    """Each has the outcome that it would have in `grader check`."""
    cell(f"def area(w, h):\n    {body}\n0")
    assert told in repr(cell("grader.check('Q1')"))
    assert scores(cell("grader.check('Q1')")) == "0 of 2 points"


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="the system has no alarms")
def test_an_endless_loop_ends(cell: Cell) -> None:
    """After the check's time; the next cell runs."""
    cell("def area(w, h):\n    while True:\n        pass\n0")
    began = time.monotonic()
    assert "timeout: area(3, 4) is 12." in repr(cell("grader.check('Q1')"))
    assert time.monotonic() - began < 20


def test_interrupting_ends_the_check_and_not_only_a_call(cell: Cell) -> None:
    """The stop button of the notebook."""
    cell("def area(w, h):\n    raise KeyboardInterrupt\n0")
    assert repr(cell("grader.check()")) == "The check was interrupted; nothing is known of what it did not get to."


NET = """
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 2)
        self.drop = nn.Dropout()
    def forward(self, x):
        return self.drop(self.fc(x))
net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
table = [1, 2, 3]
0"""
CHECKS = '''
import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st
from grader import assert_equal, assert_that, probe, randomise

@probe
def train(net, optimizer, table):
    """A step, in place."""
    table.append(4)
    net.eval()
    before = net.fc.weight.detach().clone()
    net(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    return bool((net.fc.weight != before).any()), np.random.rand(), float(torch.rand(1))

@pytest.mark.question("Q1", points=2)
def test_training_changes_the_network(student):
    """A step of the optimizer changes the network's weights."""
    changed, _, _ = train(student, student.net, student.optimizer, student.table)
    assert_that(changed, "the weights are as they were")

@pytest.mark.question("Q2", points=3)
@given(n=st.integers(0, 9))
def test_of_many_inputs(student, n):
    """A property."""
    randomise(student, student.net, seed=n)
    assert_equal(int(student.running_total([n])[0]), n, what="running_total([n])[0]")
'''


def state() -> dict[str, object]:
    """All that a check could leave behind for the cells after it."""
    return {
        "random": random.getstate(),
        "numpy": str(np.random.get_state()),
        "torch": torch.get_rng_state().tolist(),
        "threads of torch": torch.get_num_threads(),
        "threads": [thread.name for thread in threading.enumerate()],
        "filters": list(map(repr, warnings.filters)),
        "path": list(sys.path),
        "finders": list(map(repr, sys.meta_path)),
        "environment": {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"},
        "folder": os.getcwd(),
        "files": sorted(map(str, Path().rglob("*"))),
        "signals": [
            signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGALRM", signal.SIGINT))
        ],
        "streams": (sys.stdout, sys.stderr),
        "hooks": (sys.excepthook, sys.displayhook, sys.unraisablehook, threading.excepthook),
        "bytecode": sys.dont_write_bytecode,
        "recursion": sys.getrecursionlimit(),
        "profile": hypothesis.settings().max_examples,
        "settings": (torch.is_grad_enabled(), torch.get_default_dtype(), torch.are_deterministic_algorithms_enabled(), np.geterr()),
    }


def test_the_kernel_is_as_it_was(cell: Cell, folder: Path) -> None:
    """Random states, threads, filters, paths, files, settings; and the student's own objects."""
    (folder / "test_public.py").write_text(CHECKS, encoding="utf-8")
    cell(f"{NET}")
    cell(f"{SUMS}\n0")
    random.seed(1)
    np.random.seed(2)
    torch.manual_seed(3)
    weights = cell("net.fc.weight.detach().clone()")
    modules = dict(sys.modules)
    before = state()
    assert scores(cell("grader.check()")) == "5 of 5 points"
    assert state() == before
    assert torch.equal(cell("net.fc.weight"), weights)
    assert cell("net.training, net.fc.weight.grad, table, optimizer.param_groups[0]['params'][0] is net.fc.weight") == (
        True, None, [1, 2, 3], True,
    )  # fmt: skip
    assert {name: module for name, module in sys.modules.items() if name in modules} == modules
    assert not {"test_public", "conftest", "nets", "sums"} & (sys.modules.keys() - modules.keys())


def test_twenty_checks_are_as_good_as_one(cell: Cell) -> None:
    """Nothing piles up: no modules, no threads; each takes no longer than a student waits."""
    cell(f"{SHAPES}\n{SUMS}\n0")
    first = repr(cell("grader.check()"))
    modules, threads = set(sys.modules), threading.active_count()
    began = time.monotonic()
    assert {repr(cell("grader.check()")) for _ in range(20)} == {first}
    assert time.monotonic() - began < 20
    assert set(sys.modules) == modules
    assert threading.active_count() == threads


def test_a_variable_answers_where_grading_would_take_it_from_a_call(cell: Cell, folder: Path) -> None:
    """A notebook that trains at top level: the network and the optimizer as they are now."""
    toml = (folder / "assignment.toml").read_text(encoding="utf-8").replace('"area", "Square"', '"make_run"')
    toml += '\n[flow]\n[[flow.calls]]\ncall = "train(net, optimizer)"\n[[flow.answers]]\nname = "make_run"\ncall = "train"\n'
    (folder / "assignment.toml").write_text(f'{toml}gives = ["net", "optimizer"]\nwhere = {{ net = "Net" }}\n', encoding="utf-8")
    checks = (
        "import pytest\nfrom grader import assert_equal, optimizer_of\n\n@pytest.mark.question('Q1', points=4)\ndef test_run(student):\n"
        "    '''The learning rate.'''\n    _, optimizer = student.make_run()\n"
        "    assert_equal(optimizer_of(student, optimizer).groups[0]['lr'], 0.1, what='lr')\n"
    )
    (folder / "test_public.py").write_text(checks, encoding="utf-8")
    assert "not answered yet" in repr(cell("grader.check('Q1')"))
    cell(NET)
    assert scores(cell("grader.check('Q1')")) == "4 of 4 points"
    cell("net = nn.Linear(3, 2)\n0")
    assert "not answered yet" in repr(cell("grader.check('Q1')"))


def test_importing_grader_is_cheap() -> None:
    """A cell that says `import grader` does not wait for torch; and `check` is the function, whatever was imported before."""
    code = (
        "import sys, time; began = time.perf_counter(); import grader; spent = time.perf_counter() - began;"
        "assert not {'torch', 'numpy', 'pytest', 'rich'} & sys.modules.keys(); print(spent);"
        "import grader.checks, grader.checking; assert callable(grader.check)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert float(run.stdout) < 0.3
    assert "check" in grader.__all__


RUN_NOTEBOOK = """
import json, sys
import nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], 4)
NotebookClient(notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": sys.argv[2]}}).execute()
print(json.dumps([cell.outputs for cell in notebook.cells]))
"""


def test_in_a_real_kernel(folder: Path, tmp_path: Path) -> None:
    """Jupyter's own: the table as HTML, the text beside it, what is printed as a stream, the cell's number in what is wrong."""
    pytest.importorskip("ipykernel")
    nbformat = pytest.importorskip("nbformat")
    pytest.importorskip("nbclient")
    sources = [
        "import grader; grader.check('Q1')",
        "def area(w, h):\n    print('called')\n    return w.h",
        "import random, numpy as np, torch\nrandom.seed(1); np.random.seed(1); _ = torch.manual_seed(1)\ngrader.check('Q1')",
        "random.random(), np.random.rand(), float(torch.rand(1))",
    ]
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    path = tmp_path / "work.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", RUN_NOTEBOOK, str(path), str(folder)],
        capture_output=True,
        text=True,
        timeout=180,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert run.returncode == 0, run.stderr
    first, _, third, fourth = json.loads(run.stdout)
    assert "not answered yet" in first[0]["data"]["text/plain"]
    assert first[0]["data"]["text/html"].startswith("<table")
    assert third[0] == {"output_type": "stream", "name": "stdout", "text": "called\n"}
    assert "AttributeError: 'int' object has no attribute 'h' (cell In[2], line 3: return w.h)" in third[1]["data"][
        "text/html"
    ].replace("&#x27;", "'")
    random.seed(1)
    np.random.seed(1)
    torch.manual_seed(1)
    assert fourth[0]["data"]["text/plain"] == repr((random.random(), np.random.rand(), float(torch.rand(1))))
