"""`grader.intake.notebooks`: a notebook's code cells, whatever version of the format."""

from __future__ import annotations

import json
import warnings
from typing import Any

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.errors import SubmissionError
from grader.intake.notebooks import code_cells, notebook_units

CELLS = [
    ("markdown", "# Losses"),
    ("code", "import numpy as np\n%matplotlib inline"),
    ("raw", "raw text"),
    ("code", ""),
    ("code", "def softmax(x):\n    return x\n"),
]


def v4(cells: list[tuple[str, str]], **metadata: Any) -> dict[str, Any]:
    extra = {"code": {"outputs": [{"output_type": "stream", "name": "stdout", "text": ["x" * 1000]}], "execution_count": 7}}
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": metadata,
        "cells": [
            {"id": f"c{n}", "cell_type": kind, "metadata": {}, "source": source.splitlines(keepends=True)} | extra.get(kind, {})
            for n, (kind, source) in enumerate(cells)
        ],
    }


def v3(*sheets: list[tuple[str, str]]) -> dict[str, Any]:
    def cell(kind: str, source: str) -> dict[str, Any]:
        if kind == "code":
            return {"cell_type": "code", "input": source, "outputs": [], "language": "python", "collapsed": False, "metadata": {}}
        return {"cell_type": kind, "source": source, "metadata": {}}

    worksheets = [{"cells": [cell(*each) for each in sheet], "metadata": {}} for sheet in sheets]
    return {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": "old"}, "worksheets": worksheets}


def sources_by_nbformat(notebook: dict[str, Any]) -> list[tuple[int, str]]:
    """The same, by the format's own library."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        upgraded = nbformat.reads(json.dumps(notebook), as_version=4)
    return [(n, c.source) for n, c in enumerate(upgraded.cells, start=1) if c.cell_type == "code" and c.source.strip()]


@pytest.mark.parametrize("notebook", [v4(CELLS), v3(CELLS), v3(CELLS[:2], CELLS[2:])], ids=["v4", "v3", "v3, two sheets"])
def test_cells_are_read_as_the_formats_own_library_reads_them(notebook: dict[str, Any]) -> None:
    """Same places, same sources as nbformat finds after its upgrade to version 4."""
    cells = code_cells(json.dumps(notebook).encode(), "a.ipynb")
    assert list(cells) == sources_by_nbformat(notebook)
    assert [place for place, _ in cells] == [2, 5]


def test_units_are_labelled_by_their_place_among_all_cells() -> None:
    """Text cells and blank ones count, so that a student finds cell 5 by counting; magics are out."""
    units = notebook_units(json.dumps(v4(CELLS)).encode(), "a.ipynb")
    assert [unit.label for unit in units] == ["cell 2", "cell 5"]
    assert units[0].source == "import numpy as np\npass  # %matplotlib inline"


def test_what_editors_leave_out_or_add_does_not_matter() -> None:
    """A byte-order mark, a source as one text, none at all, Windows line ends, unknown fields."""
    notebook = {
        "cells": [
            {"cell_type": "code", "source": "a = 1\r\nb = 2", "collab": {"x": [None, 1.5]}},
            {"cell_type": "code"},
            {"cell_type": "code", "source": None, "id": 5},
            {"cell_type": "code", "source": ["c", " = 3"]},
        ]
    }
    cells = code_cells(b"\xef\xbb\xbf" + json.dumps(notebook).encode(), "a.ipynb")
    assert cells == ((1, "a = 1\nb = 2"), (4, "c = 3"))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "a.ipynb is empty: expected a notebook, found no content: save the notebook again and hand that in."),
        (b" \n", "a.ipynb is empty: expected a notebook, found no content: save the notebook again and hand that in."),
        (
            b"<html>",
            "a.ipynb: expected a notebook, found something else (JSON is malformed: invalid character (byte 0)): "
            "save it as .ipynb and hand that in.",
        ),
        (
            b'{"cells": [',
            "a.ipynb: expected a notebook, found something else (Input data was truncated): save it as .ipynb and hand that in.",
        ),
        (
            b'{"cells": 3}',
            "a.ipynb: expected a notebook, found something else (Expected `array | null`, got `int` - at `$.cells`): "
            "save it as .ipynb and hand that in.",
        ),
        (b'{"a": 1}', "a.ipynb: expected a notebook, found JSON without cells: save it as .ipynb and hand that in."),
        (
            b'{"cells": []}',
            "a.ipynb: expected code cells, found none that is not blank: save the notebook with your work in it.",
        ),
        (
            json.dumps(v4([("markdown", "# done")])).encode(),
            "a.ipynb: expected code cells, found none that is not blank: save the notebook with your work in it.",
        ),
        (
            json.dumps(v4([("markdown", "# x"), ("code", "a = '\0'")])).encode(),
            "a.ipynb, cell 2: expected text, found a null byte: take it out of the cell.",
        ),
        (
            b'{"cells": [], "metadata": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
            "a.ipynb: expected a notebook, found values nested too deeply to read.",
        ),
    ],
)
def test_what_is_no_notebook_is_told(data: bytes, sentence: str) -> None:
    """Empty, HTML, cut off, of another shape, without code: one sentence each."""
    with pytest.raises(SubmissionError) as caught:
        code_cells(data, "a.ipynb")
    assert str(caught.value) == sentence


def test_a_half_of_a_character_is_told() -> None:
    """JSON can spell a lone surrogate, which no text can hold."""
    with pytest.raises(SubmissionError, match=r"^a\.ipynb: expected a notebook, found something else"):
        code_cells(b'{"cells": [{"cell_type": "code", "source": "\\ud800"}]}', "a.ipynb")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["code", "x = 1"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["nbformat", "cells", "worksheets", "cell_type", "source", "input", "metadata"]), inner)
    ),
    max_leaves=30,
)


@given(JSON)
def test_any_json_is_a_notebook_or_a_sentence(value: object) -> None:
    """There is no third way out."""
    try:
        cells = code_cells(json.dumps(value).encode(), "a.ipynb")
    except SubmissionError as error:
        assert str(error).startswith("a.ipynb")  # noqa: PT017 - both ways out are right
    else:
        assert cells
        assert all(source.strip() for _, source in cells)


def test_headings_before_a_cell_come_with_it() -> None:
    """Whatever way they are written, with their levels; text that only looks like one does not."""
    cells = [
        ("markdown", "# Part 1\ntext\n### Deeper #1\n- # no heading\n#hashtag"),
        ("code", "a"),
        ("code", "b"),
        ("markdown", '<h2 align="center">Part <b>2</b></h2>\n\nPart 3\n======\n\n**Part 4**\n\nnot **this** one\n| a |\n|---|'),
        ("code", "c"),
    ]
    units = notebook_units(json.dumps(v4(cells)).encode(), "a.ipynb")
    assert [unit.headings for unit in units] == [
        ((1, "Part 1"), (3, "Deeper #1"), (1, "hashtag")),
        (),
        ((2, "Part 2"), (1, "Part 3"), (6, "Part 4")),
    ]


def test_heading_cells_of_format_3_are_headings() -> None:
    """They have a level of their own."""
    cells = [
        {"cell_type": "heading", "level": 2, "source": ["Part 1"]},
        {"cell_type": "code", "input": "a = 1", "language": "python"},
    ]
    units = notebook_units(json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}]}).encode(), "a.ipynb")
    assert [(unit.label, unit.headings) for unit in units] == [("cell 2", ((2, "Part 1"),))]
