"""A notebook into units of source, one a code cell, whatever version of the format it was saved in.

What a notebook holds is a stranger's, so it is read like any message from outside: by a typed decoder that knows the fields it
needs and skips the rest (outputs above all). Formats 2 and 3 keep cells in worksheets and call a cell's source `input`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from grader.errors import SubmissionError
from grader.magics import without_magics
from grader.messages import Unit

__all__ = ["code_cells", "notebook_units"]

_Source = str | list[str] | None


class _Cell(msgspec.Struct):
    cell_type: str = ""
    source: _Source = None
    input: _Source = None  # formats 2 and 3


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
    return tuple(Unit(label=f"cell {place}", source=without_magics(source)) for place, source in code_cells(data, name))


def code_cells(data: bytes, name: str) -> tuple[tuple[int, str], ...]:
    """(place among all cells, source) of each code cell that is not blank. Raises SubmissionError for what is no notebook."""
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
    cells = tuple((place, source) for place, source in _code(notebook) if source.strip())
    if not cells:
        raise SubmissionError(f"{name}: expected code cells, found none that is not blank: save the notebook with your work in it.")
    for place, source in cells:
        if "\0" in source:
            raise SubmissionError(f"{name}, cell {place}: expected text, found a null byte: take it out of the cell.")
    return cells


_decoder = msgspec.json.Decoder(_Notebook)


def _code(notebook: _Notebook) -> Iterator[tuple[int, str]]:
    sheets = [_Worksheet(notebook.cells)] if notebook.cells is not None else notebook.worksheets or []
    for place, cell in enumerate((cell for sheet in sheets for cell in sheet.cells), start=1):
        if cell.cell_type == "code":
            source = cell.source if cell.source is not None else cell.input
            whole = source if isinstance(source, str) else "".join(source or [])
            yield place, re.sub(r"\r\n?", "\n", whole)
