"""`grader.intake.magics`: IPython's own syntax out of a cell, line for line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.intake.magics import without_magics


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("%matplotlib inline", "pass  # %matplotlib inline"),
        ("!pip install torch\nx = 1", "pass  # !pip install torch\nx = 1"),
        ("    %time train()", "    train()"),
        ("%time x = f(1)", "x = f(1)"),
        ("%timeit f(1)", "pass  # %timeit f(1)"),
        ("%time", "pass  # %time"),
        ("if gpu:\n\t!nvidia-smi", "if gpu:\n\tpass  # !nvidia-smi"),
        ("?print", "pass  # ?print"),
        ("torch.nn.Linear?", "pass  # torch.nn.Linear?"),
        ("net.forward??  ", "pass  # net.forward??  "),
        ("files = !ls", "files = []  # files = !ls"),
        ("here = %pwd", "here = None  # here = %pwd"),
        ("  self.files=!ls -l", "  self.files = []  # self.files=!ls -l"),
        ("a, b = !ls", "pass  # a, b = !ls"),
        ("!wget \\\n  https://example.org/data\nx = 1", "pass  # !wget \\\n#   https://example.org/data\nx = 1"),
        ("%%time\nx = 1", "pass  # %%time\nx = 1"),
        ("\n%%capture out\nx = 1\n!ls", "\npass  # %%capture out\nx = 1\npass  # !ls"),
        ("%%bash\ncd data\nls", "# %%bash\n# cd data\n# ls"),
        ("%%HTML\n<b>x</b>", "# %%HTML\n# <b>x</b>"),
        ("%%writefile notes.txt\nx = 1", "# %%writefile notes.txt\n# x = 1"),
        (
            "%%writefile net.py\nx = 1",
            "with open('net.py', 'w', encoding='utf-8') as _file: _file.write('x = 1\\n')\n# x = 1",
        ),
        ("%%file -a net.py", "with open('net.py', 'a', encoding='utf-8') as _file: _file.write('')"),
    ],
)
def test_each_form_is_replaced_at_its_own_place(source: str, expected: str) -> None:
    """Same number of lines, same indent, the magic's own text as a comment."""
    assert without_magics(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        "x = 7 % 3",
        "x = (7\n% 3)",
        "x = 7 \\\n% 3",
        "x %= 3",
        "text = '''\n%matplotlib inline\n!ls\n'''",
        'text = """a "quoted" word\n!ls\n"""',
        "text = 'a\\\n!ls'",
        "text = '%d' % 3",
        "text = '= !ls'",
        "d['= %'] = 1",
        "if x != 3: pass",
        "# why = %that?\nx = 1  # is it?",
        "x = 1  # !ls",
        "names = [\n  # (\n  '?',\n]",
        "def f(x):\n    '''Does it?\n    %s?\n    '''",
        "print('what?')",
        "f'{x!r}'",
        "x = {\n'a': 1\n}\n",
    ],
)
def test_python_stays_as_it_is(source: str) -> None:
    """A percent sign, an exclamation or question mark inside an expression, a string or a comment is none of IPython's."""
    compile(source.replace("x %= 3", "x = 1; x %= 3"), "cell", "exec")
    assert without_magics(source) == source
    assert without_magics(f"{source}\n!ls") == f"{source}\npass  # !ls"


def test_a_string_that_is_never_closed_does_not_hide_what_follows() -> None:
    """The student's error stays on its line, and the magic after it is still one."""
    assert without_magics("x = 'open\n%timeit f()") == "x = 'open\npass  # %timeit f()"


def test_brackets_that_close_too_often_do_not_hide_what_follows() -> None:
    """The scan does not end up below zero."""
    assert without_magics("x = 1))\n!ls") == "x = 1))\npass  # !ls"


@given(st.text(st.sampled_from("%!?=x \n\\'\"#([)]{}\t")))
def test_lines_are_never_gained_or_lost(source: str) -> None:
    """Whatever the cell holds, line n stays line n, and every line that changed was one of IPython's."""
    before, after = source.split("\n"), without_magics(source).split("\n")
    assert len(after) == len(before)
    for old, new in zip(before, after, strict=True):
        assert new == old or new.endswith((f"# {old}", f"# {old.lstrip()}"))


@given(st.text(st.sampled_from("%!?=x1 \n'\"#([)],+")))
def test_what_is_python_already_is_never_changed(source: str) -> None:
    """A cell that compiles comes out as it went in."""
    try:
        compile(source, "cell", "exec")
    except SyntaxError:
        return
    assert without_magics(source) == source
