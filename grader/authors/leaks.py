"""What students must not receive, looked for in what they are about to receive.

Every secret is a piece of text: a line of a solution, a whole solution, a hidden check's name or line, a mistake's diagnosis or line.
Both it and the file are read as one row of words, without indents, line breaks and the signs that begin a comment or a quotation,
so that copying and wrapping do not hide anything.
"""

from __future__ import annotations

import ast
import io
import json
import re
import zipfile
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from grader.authors.stubs import BEGIN, END, solution_lines, student_files
from grader.errors import AssignmentError
from grader.homework.assignment import HIDDEN_CHECKS, PUBLIC_CHECKS, Assignment
from grader.homework.mistakes import load_mistakes

__all__ = ["Leak", "find_leak"]

_LONG_ENOUGH = 20  # characters: shorter lines are written twice by accident
_COMMON = re.compile(r"(from|import|def|class|for|while|if|elif|else|with|return [\w., ]+$|@|#|\"\"\"|super\(\))")
_TEXT = {".csv", ".ipynb", ".json", ".md", ".py", ".rst", ".toml", ".txt", ".yaml", ".yml"}


class Secret(NamedTuple):
    """A text that must not be handed out, and what it is."""

    words: str
    what: str


class Leak(NamedTuple):
    """Where a secret was found: the file (and the cell, or the zip's member), and the line."""

    place: str
    line: int
    what: str


def find_leak(assignment: Assignment, files: Mapping[str, bytes]) -> Leak | None:
    """The first leak in `files` (name -> content), or None. Raises AssignmentError where reference or files cannot be read."""
    stubs = [text for name, text in student_files(assignment).items() if name.endswith(".py")]
    # a line within code that is given, such as `net = nn.Sequential(`, is no secret
    given = _row("\n".join(text for stub in stubs for _, text in _code(stub)))[0]
    public = files.get(PUBLIC_CHECKS, b"").decode("utf-8", "replace")
    everywhere = [*_solutions(assignment, given), *_mistakes(assignment), *_names(assignment)]
    # public checks compute expected values in ordinary code: a line of it may well stand in a hidden check or in a mistake too
    elsewhere = [*_lines_of_mistakes(assignment), *_hidden_lines(assignment, {line.strip() for line in public.split("\n")})]
    row = _row("\n".join(stubs))[0]
    elsewhere = [secret for secret in elsewhere if _position(row, secret.words) is None]
    for name, data in files.items():
        secrets = everywhere if name == PUBLIC_CHECKS else everywhere + elsewhere
        for place, text in _texts(f"assignments/{assignment.name}/{name}", data):
            if leak := _search(place, text, secrets):
                return leak
    return _renamed_check(assignment, public)


def _search(place: str, text: str, secrets: list[Secret]) -> Leak | None:
    words, starts, numbers = _row(text)
    for secret in secrets:
        if (at := _position(words, secret.words)) is not None:
            return Leak(place, numbers[bisect_right(starts, at) - 1], secret.what)
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip() in (BEGIN, END):
            return Leak(place, number, f"the mark of a solution, {line.strip()}")
        for path in re.finditer(r"\S*(?<![\w-])reference[/\\]", line):
            if not re.search(r"https?://", path[0]):
                return Leak(place, number, "a path into reference/, which students do not have")
    return None


def _row(text: str) -> tuple[str, list[int], list[int]]:
    """The text's words, one blank between them; at which positions they start, and on which lines they stand."""
    words, starts, numbers, at = [], [], [], 0
    for number, line in enumerate(text.split("\n"), 1):
        for word in line.lstrip(" \t#>*|").split():
            words.append(word)
            starts.append(at)
            numbers.append(number)
            at += len(word) + 1
    return " ".join(words), starts, numbers


def _position(words: str, wanted: str) -> int | None:
    """Where `wanted` stands, not as part of longer words."""
    if not wanted or wanted not in words:
        return None
    before = r"(?<!\w)" if re.match(r"\w", wanted) else ""
    after = r"(?!\w)" if re.search(r"\w\Z", wanted) else ""
    found = re.search(before + re.escape(wanted) + after, words)
    return found.start() if found else None


# --- secrets ----------------------------------------------------------------------------------------------------------------------


def _solutions(assignment: Assignment, given: str) -> Iterator[Secret]:
    """Each line of the solutions that is not within `given`, and each solution as a whole."""
    for name in (*assignment.files, *assignment.extras):
        shown, source = _read(assignment, name)
        lines = source.split("\n")
        secret = solution_lines(source)
        begun = 0
        for number, line in enumerate(lines, 1):
            text = line.strip()
            if text == BEGIN:
                begun = number
            elif text == END:
                code = [t for t in lines[begun : number - 1] if t.strip() and not t.lstrip().startswith("#")]
                whole = _row("\n".join(code))[0]
                if len(code) > 1 and len(whole) >= _LONG_ENOUGH:  # lines that are too short for themselves may be telling together
                    yield Secret(whole, f"a solution ({shown}, line {begun + 1})")
                begun = 0
            elif begun and text in secret and not _COMMON.match(text) and _position(given, _row(text)[0]) is None:
                yield Secret(_row(text)[0], f"a line of the solution ({shown}, line {number})")


def _mistakes(assignment: Assignment) -> Iterator[Secret]:
    """Each mistake's diagnosis, and each function or class that it defines."""
    for mistake in load_mistakes(assignment):
        shown = f"reference/{assignment.name}/mistakes/{mistake.path.name}"
        yield Secret(_row(mistake.diagnosis)[0], f"the diagnosis of a mistake ({shown})")
        for node in ast.parse(mistake.source).body:
            text = ast.get_source_segment(mistake.source, node) or ""
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and len(text) >= _LONG_ENOUGH:
                yield Secret(_row(text)[0], f"a mistake ({shown}, line {node.lineno})")


def _lines_of_mistakes(assignment: Assignment) -> Iterator[Secret]:
    for mistake in load_mistakes(assignment):
        shown = f"reference/{assignment.name}/mistakes/{mistake.path.name}"
        for number, text in _code(mistake.source):
            yield Secret(_row(text)[0], f"a line of a mistake ({shown}, line {number})")


def _names(assignment: Assignment) -> Iterator[Secret]:
    """The names of the hidden checks."""
    if assignment.hidden_checks is not None:
        shown, source = _read(assignment, HIDDEN_CHECKS)
        for function in _tests(source, shown):
            yield Secret(function.name, f"the name of the hidden check {function.name}")


def _hidden_lines(assignment: Assignment, known: set[str]) -> list[Secret]:
    """Those that are not among the public checks as well, `known`."""
    if assignment.hidden_checks is None:
        return []
    shown, source = _read(assignment, HIDDEN_CHECKS)
    return [
        Secret(_row(text)[0], f"a line of the hidden checks ({shown}, line {number})")
        for number, text in _code(source)
        if text not in known
    ]


def _renamed_check(assignment: Assignment, public: str) -> Leak | None:
    """A public check that does what a hidden one does, under another name."""
    if assignment.hidden_checks is None:
        return None
    shown, source = _read(assignment, HIDDEN_CHECKS)
    hidden = {_essence(function): function.name for function in _tests(source, shown)}
    for function in _tests(public, PUBLIC_CHECKS):
        if name := hidden.get(_essence(function)):
            place = f"assignments/{assignment.name}/{PUBLIC_CHECKS}"
            return Leak(place, function.lineno, f"the hidden check {name} ({shown}) under the name {function.name}")
    return None


def _essence(function: ast.FunctionDef) -> str:
    """A check without its name, its title and its points: arguments, other decorators, statements."""
    decorators = [ast.dump(d) for d in function.decorator_list if ".question(" not in ast.unparse(d)]
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return " ".join([ast.dump(function.args), *decorators, *map(ast.dump, body)])


def _tests(source: str, shown: str) -> list[ast.FunctionDef]:
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise AssignmentError(f"{shown}, line {error.lineno}: expected Python, found a syntax error ({error.msg}).") from error
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test")]


def _code(source: str) -> Iterator[tuple[int, str]]:
    """The lines of code that say something of their own, with their numbers; not docstrings, signatures and imports."""
    inside: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            inside |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    for number, line in enumerate(source.split("\n"), 1):
        text = line.strip()
        if number not in inside and len(text) >= _LONG_ENOUGH and not _COMMON.match(text):
            yield number, text


def _read(assignment: Assignment, name: str) -> tuple[str, str]:
    """What a file of the reference is called in messages, and its text."""
    shown = f"reference/{assignment.name}/{name}"
    if assignment.reference is None:
        raise AssignmentError(f"{assignment.name} has no reference here: nobody knows what must not be handed out.")
    try:
        return shown, (assignment.reference / name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise AssignmentError(f"{shown} cannot be read as text in UTF-8 ({error}).") from error


# --- files ------------------------------------------------------------------------------------------------------------------------


def _texts(name: str, data: bytes) -> Iterator[tuple[str, str]]:
    """The texts in a file, each with the place: of a notebook its cells, of a zip its members. Pictures and arrays have none."""
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.namelist():
                yield from _texts(f"{name}, {member}", archive.read(member))
        return
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        if Path(name).suffix in _TEXT:
            raise AssignmentError(f"{name}: expected text in UTF-8, found the byte 0x{data[error.start]:02x}.") from error
        return
    notebook = _notebook(text) if name.endswith(".ipynb") else None
    if notebook is None:
        yield name, text
        return
    cells = notebook.pop("cells")
    for number, cell in enumerate(cells, 1):
        yield from ((f"{name}, cell {number}", piece) for piece in _strings(cell))
    yield from ((name, piece) for piece in _strings(notebook))


def _notebook(text: str) -> dict[str, Any] | None:
    try:
        read = json.loads(text)
    except ValueError:
        return None
    return read if isinstance(read, dict) and isinstance(read.get("cells"), list) else None


def _strings(node: object) -> Iterator[str]:
    """All texts within JSON; a list of texts is one text, as notebooks have it."""
    match node:
        case str():
            yield node
        case dict():
            for key, value in node.items():
                yield from _strings(key)
                yield from _strings(value)
        case list() if all(isinstance(item, str) for item in node):
            yield "".join(node)
        case list():
            for item in node:
                yield from _strings(item)
