"""A notebook into units of source, one a code cell, whatever version of the format it was saved in.

What a notebook holds is a stranger's, so it is read like any message from outside: by a typed decoder that knows the fields it
needs and skips the rest (outputs above all). Formats 2 and 3 keep cells in worksheets and call a cell's source `input`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from grader.errors import SubmissionError
from grader.intake.magics import without_magics
from grader.messages import Unit

__all__ = ["code_cells", "notebook_units"]

MAX_HEADINGS = 50  # before one code cell
MAX_HEADING = 200  # characters

_Source = str | list[str] | None
_HEADING = re.compile(
    r"^ {0,3}(#{1,6})[ \t]*([^\n#][^\n]*)$"
    r"|<h([1-6])[^>\n]{0,200}>([^\n]{0,400}?)</h[1-6]>"
    r"|^(?=\S)([^\n]{1,200})\n(=+|-+)[ \t]*$"
    r"|^[ \t]*(?:\*\*|__)([^\n*_]{1,200})(?:\*\*|__)[ \t]*$",
    re.MULTILINE | re.IGNORECASE,
)


class _Cell(msgspec.Struct):
    cell_type: str = ""
    source: _Source = None
    input: _Source = None  # formats 2 and 3
    level: int = 1  # of a heading cell, in formats 2 and 3


class _Worksheet(msgspec.Struct):
    cells: list[_Cell] = []


class _Notebook(msgspec.Struct):
    nbformat: int = 0
    cells: list[_Cell] | None = None
    worksheets: list[_Worksheet] | None = None


def notebook_units(data: bytes, name: str) -> tuple[Unit, ...]:
    """The code cells of the notebook `name` that are not blank, ready to run: magics are made `pass`.

    A cell is labelled by its place among all cells, text cells included, counted from 1: "cell 4" is the fourth from the top, which
    a student finds by counting on the screen; execution counts change with every run.
    Raises SubmissionError for what is no notebook.
    """
    units = []
    headings: list[tuple[int, str]] = []
    for place, cell in enumerate(_cells(_read(data, name)), start=1):
        source = _source(cell)
        if cell.cell_type != "code":
            headings += [(cell.level, source[:MAX_HEADING])] if cell.cell_type == "heading" else _headings(source)
        elif source.strip():
            _demand_text(source, place, name)
            units.append(Unit(f"cell {place}", without_magics(source), tuple(headings[-MAX_HEADINGS:])))
            headings.clear()
    if not units:
        raise _nothing_in(name)
    return tuple(units)


def code_cells(data: bytes, name: str) -> tuple[tuple[int, str], ...]:
    """(place among all cells, source) of each code cell that is not blank. Raises SubmissionError for what is no notebook."""
    cells = tuple((place, source) for place, source in _code(_read(data, name)) if source.strip())
    if not cells:
        raise _nothing_in(name)
    for place, source in cells:
        _demand_text(source, place, name)
    return cells


def _nothing_in(name: str) -> SubmissionError:
    return SubmissionError(f"{name}: expected code cells, found none that is not blank: save the notebook with your work in it.")


def _demand_text(source: str, place: int, name: str) -> None:
    if "\0" in source:
        raise SubmissionError(f"{name}, cell {place}: expected text, found a null byte: take it out of the cell.")


def _read(data: bytes, name: str) -> _Notebook:
    if not data.strip():
        raise SubmissionError(f"{name} is empty: expected a notebook, found no content: save the notebook again and hand that in.")
    try:
        notebook = _decoder.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise SubmissionError(
            f"{name}: expected a notebook, found something else ({error}): save it as .ipynb and hand that in."
        ) from error
    except RecursionError as error:
        raise SubmissionError(f"{name}: expected a notebook, found values nested too deeply to read.") from error
    if notebook.cells is None and notebook.worksheets is None:
        raise SubmissionError(f"{name}: expected a notebook, found JSON without cells: save it as .ipynb and hand that in.")
    return notebook


_decoder = msgspec.json.Decoder(_Notebook)


def _code(notebook: _Notebook) -> Iterator[tuple[int, str]]:
    for place, cell in enumerate(_cells(notebook), start=1):
        if cell.cell_type == "code":
            yield place, _source(cell)


def _cells(notebook: _Notebook) -> Iterator[_Cell]:
    sheets = [_Worksheet(notebook.cells)] if notebook.cells is not None else notebook.worksheets or []
    return (cell for sheet in sheets for cell in sheet.cells)


def _source(cell: _Cell) -> str:
    source = cell.source if cell.source is not None else cell.input
    whole = source if isinstance(source, str) else "".join(source or [])
    return re.sub(r"\r\n?", "\n", whole)


def _headings(text: str) -> Iterator[tuple[int, str]]:
    """(level, text) of the headings of a text cell: `## Part 2`, underlined, in HTML, or a line that is bold as a whole."""
    for match in _HEADING.finditer(text):
        marks, marked, html, in_html, underlined, line, bold = match.groups()
        if marks:
            yield len(marks), marked[:MAX_HEADING]
        elif html:
            yield int(html), re.sub(r"<[^>]*>", "", in_html)[:MAX_HEADING]
        elif line:
            yield 1 if line[0] == "=" else 2, underlined[:MAX_HEADING]
        else:
            yield 6, bold[:MAX_HEADING]
