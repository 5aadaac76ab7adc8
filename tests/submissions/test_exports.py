"""`grader.intake.exports`: a notebook that was saved as a `.py` file is its cells again."""

from __future__ import annotations

import pytest

from grader.intake.exports import file_source, importable
from tests.messy.notebook import Cells, as_an_editor_saves_it, as_colab_saves_it, as_jupyter_saves_it

CELLS: Cells = [("markdown", "# One\n\ntext"), ("code", "a = 1\n!ls"), ("markdown", "## Two"), ("code", "b = 2\n%cd x\nc = 3")]


@pytest.mark.parametrize("save", [as_jupyter_saves_it, as_colab_saves_it, as_an_editor_saves_it])
def test_cells_are_found_with_the_lines_of_the_file(save: object) -> None:
    """Each begins at its own line; together they are the file; each is Python."""
    text = save(CELLS)  # type: ignore[operator]
    units, keep_going = file_source(text, "all.py")
    assert keep_going
    assert len(units) > 2
    lines = text.split("\n")
    for unit in units:
        assert unit.label == "all.py"
        compile(unit.source, unit.label, "exec")
        for number, line in enumerate(unit.source.split("\n")):
            if line in ("a = 1", "b = 2", "c = 3"):
                assert lines[number] == line
    assert [sum(f"{name} = " in unit.source for unit in units) for name in "abc"] == [1, 1, 1]


@pytest.mark.parametrize(
    "text",
    [
        "a = 1\n",
        "# In summer\nb = 1\n",
        '"""A docstring."""\n\nx = """\n# In[3]\n"""\n',
        "# %% only once\nx = 1\n",
        "x = 'colab'\n",
    ],
)
def test_an_ordinary_file_is_one_unit(text: str) -> None:
    """It ends where it fails, as Python has it."""
    assert file_source(text, "a.py") == ((file_source(text, "a.py").units[0],), False)
    assert file_source(text, "a.py").units[0].source == text


def test_lines_of_ipython_are_no_python_anywhere() -> None:
    """They become `pass`, in every file."""
    assert file_source("!pip install x\nprint('50 %')\n", "a.py").units[0].source == "pass  # !pip install x\nprint('50 %')\n"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"x = 1\n", b"x = 1\n"),
        ("x = '한글'\n".encode("cp949"), "x = '한글'\n".encode()),
        (
            "# -*- coding: cp949 -*-\nx = '한글'\n!ls\n".encode("cp949"),
            "# -*- coding: utf-8 -*-\nx = '한글'\npass  # !ls\n".encode(),
        ),
        ("# -*- coding: cp949 -*-\nx = '한글'\n".encode("cp949"), "# -*- coding: cp949 -*-\nx = '한글'\n".encode("cp949")),
        ("x = 1\n".encode("utf-16"), b"x = 1\n"),
        (b"\0", b"\0"),
    ],
)
def test_files_can_be_imported_by_others(data: bytes, expected: bytes) -> None:
    """In UTF-8 and without IPython's lines; what is fine already, or no text at all, stays as it is."""
    assert importable("a.py", data) == expected
    assert importable("a.txt", data) == data
