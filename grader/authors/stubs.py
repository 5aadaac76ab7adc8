"""The student's files, made from the reference: stubs and notebook.

What stands between the lines `### BEGIN SOLUTION` and `### END SOLUTION` (nbgrader's convention) is the solution. A stub is the same
file with each such region replaced by `raise NotImplementedError`; a region at the left margin vanishes. Signatures, docstrings, imports
and given code are thus the same in both by construction.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import nbformat

from grader.errors import AssignmentError
from grader.homework.assignment import Assignment
from grader.storage import write_atomically

__all__ = ["BEGIN", "END", "outdated_files", "solution_lines", "stub_of", "student_files", "write_student_files"]

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"


def stub_of(source: str, name: str) -> str:
    """The stub of a reference file's source. Raises `AssignmentError`, with the line, where the markers do not pair up."""
    stub: list[str] = []
    opened = 0
    for number, line in enumerate(source.splitlines(), 1):
        text = line.strip()
        if text == BEGIN:
            if opened:
                raise AssignmentError(f"{name}, line {number}: a solution begins within the one that began in line {opened}.")
            opened = number
            indent = line[: len(line) - len(line.lstrip())]
            if indent:
                stub.append(f"{indent}raise NotImplementedError")
        elif text == END:
            if not opened:
                raise AssignmentError(f"{name}, line {number}: a solution ends that never began.")
            opened = 0
        elif not opened:
            stub.append(line)
    if opened:
        raise AssignmentError(f"{name}, line {opened}: this solution never ends: expected a line {END}.")
    text = "\n".join(stub).rstrip() + "\n"
    # what vanished leaves blank lines: one between statements, two before and after a definition, as formatters have it
    text = re.sub(r"(?m)^(\S.*)\n{3,}(?=[^\s@#dc])", r"\1\n\n", text)
    text = re.sub(r"\n{4,}", "\n\n\n", text)
    return re.sub(r"\n{2,}(?=def |class |@)", "\n\n\n", text)


def solution_lines(source: str) -> set[str]:
    """The lines of the solutions that would give one away: long enough to be nobody's by accident, and not in the stub as well."""
    inside, lines = False, set()
    for line in source.splitlines():
        text = line.strip()
        if text in (BEGIN, END):
            inside = text == BEGIN
        elif inside and len(text) >= 20 and not text.startswith("#"):
            lines.add(text)
    return lines - {line.strip() for line in stub_of(source, "").splitlines()}


def student_files(assignment: Assignment) -> dict[str, str]:
    """The stubs and the notebook by file name, as the reference has them now."""
    if assignment.reference is None:
        raise AssignmentError(f"{assignment.name} has no reference here: its stubs are made from it.")
    made = {name: stub_of(_read(assignment.reference / name), name) for name in (*assignment.files, *assignment.extras)}
    if assignment.notebook:
        made[assignment.notebook] = _notebook(assignment, {name: made[name] for name in assignment.files})
    return made


def outdated_files(assignment: Assignment) -> tuple[str, ...]:
    """The student's files that are not what the reference makes of them now."""
    wanted = student_files(assignment)
    return tuple(name for name, text in wanted.items() if not (p := assignment.folder / name).is_file() or _read(p) != text)


def write_student_files(assignment: Assignment) -> tuple[str, ...]:
    """Write those that are outdated; returns their names."""
    wanted = student_files(assignment)
    outdated = outdated_files(assignment)
    for name in outdated:
        write_atomically(assignment.folder / name, wanted[name].encode())
    return outdated


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise AssignmentError(f"{path} cannot be read: {error.strerror}.") from error


# --- the notebook -----------------------------------------------------------------------------------------------------------------


def _notebook(assignment: Assignment, stubs: dict[str, str]) -> str:
    """The stubs as a notebook: a cell for each definition, under a heading for each question. Cell ids are fixed, so that it is too."""
    cells = [
        _cell(
            "markdown", f"# {assignment.title}\n\nThe handout is `README.md`; hand in this notebook, or the `.py` files.", "title"
        )
    ]
    seen: set[str] = set()
    siblings = {Path(name).stem for name in stubs}
    for name, source in stubs.items():
        for number, (defined, text) in enumerate(_blocks(source, name, siblings)):
            for question in assignment.questions:
                if question.file == name and set(question.names) & defined and question.id not in seen:
                    seen.add(question.id)
                    heading = f"## {question.id}: {question.title} ({question.points:g} points)"
                    cells.append(_cell("markdown", heading, f"question-{question.id}"))
            cells.append(_cell("code", text, f"{Path(name).stem}-{number}"))
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata.update(
        kernelspec={"display_name": "Python 3", "language": "python", "name": "python3"}, language_info={"name": "python"}
    )
    nbformat.validate(notebook)
    return str(nbformat.writes(notebook)) + "\n"


def _cell(kind: str, source: str, name: str) -> nbformat.NotebookNode:
    make = nbformat.v4.new_markdown_cell if kind == "markdown" else nbformat.v4.new_code_cell
    return cast("nbformat.NotebookNode", make(source, id=re.sub(r"[^A-Za-z0-9_-]", "-", name)[:64]))


def _blocks(source: str, name: str, siblings: set[str]) -> Iterator[tuple[set[str], str]]:
    """The source cut before each definition at the left margin: what each block defines, and its text.

    What it imports from its siblings is left out: in the notebook, their definitions stand in the cells above.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise AssignmentError(f"{name}, line {error.lineno}: the stub is no valid Python: {error.msg}.") from error
    lines = source.splitlines()
    starts: list[int] = [0]
    defined: list[set[str]] = [set()]
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)]) - 1
            while first > 0 and lines[first - 1].startswith("#"):
                first -= 1  # a comment above belongs to it
            starts.append(first)
            defined.append({node.name})
        elif isinstance(node, ast.ImportFrom) and node.module in {"__future__", *siblings}:
            lines[node.lineno - 1 : node.end_lineno] = [""] * ((node.end_lineno or node.lineno) - node.lineno + 1)
    for names, start, end in zip(defined, starts, [*starts[1:], len(lines)], strict=True):
        text = "\n".join(lines[start:end]).strip()
        if text:
            yield names, text
