"""Known mistakes: wrong solutions, each with a diagnosis. They prove that the checks catch something, and become students' hints.

They are read as text and never run here: the docstring is the diagnosis, two constants say what the mistake is about.
"""

from __future__ import annotations

import ast
from pathlib import Path

import msgspec

from grader.errors import AssignmentError
from grader.homework.assignment import Assignment

__all__ = ["Mistake", "load_mistakes", "mistaken_source"]

FOLDER = "mistakes"


class Mistake(msgspec.Struct, frozen=True):
    """One wrong solution. `source` overrides definitions of the reference's `file`; it has to lose points on `question`."""

    name: str
    path: Path
    diagnosis: str  # one sentence or two, addressed to the student
    question: str
    file: str
    source: str


def load_mistakes(assignment: Assignment) -> tuple[Mistake, ...]:
    """The assignment's mistakes, sorted by name; none where there is no reference.

    Raises AssignmentError, with file and line, for one that cannot be used.
    """
    if assignment.reference is None:
        return ()
    paths = sorted((assignment.reference / FOLDER).glob("*.py"))
    return tuple(_read(path, assignment) for path in paths if path.name != "__init__.py")


def mistaken_source(assignment: Assignment, mistake: Mistake) -> dict[str, str]:
    """A submission with that mistake: the reference's files, file name -> source, with the mistake's source appended to its file.

    What the mistake imports from `__future__` is left out: that is legal only at the beginning of a file.
    Raises AssignmentError if the reference cannot be read.
    """
    if assignment.reference is None:
        raise AssignmentError(f"{assignment.name} has no reference here: nothing can be mistaken about it.")
    sources = {name: _read_text(assignment.reference / name, f"reference/{assignment.name}/{name}") for name in assignment.files}
    sources[mistake.file] = f"{sources[mistake.file].rstrip()}\n\n\n{_without_future(mistake.source)}"
    return sources


def _read(path: Path, assignment: Assignment) -> Mistake:
    shown = f"reference/{assignment.name}/{FOLDER}/{path.name}"
    source = _read_text(path, shown)
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise AssignmentError(f"{shown}, line {error.lineno or 1}: expected Python, found a syntax error ({error.msg}).") from error
    except (ValueError, RecursionError, MemoryError) as error:  # null bytes; nesting too deep for the parser
        raise AssignmentError(f"{shown}, line 1: expected Python, found what the parser refuses ({error}).") from error
    docstring = ast.get_docstring(tree)
    if not docstring:
        raise AssignmentError(f"{shown}, line 1: expected a docstring that tells the student what is wrong, found none.")
    question, line = _constant(tree, "QUESTION", shown)
    known = [known.id for known in assignment.questions]
    if question not in known:
        raise AssignmentError(f'{shown}, line {line}: QUESTION: expected one of {", ".join(known)}, found "{question}".')
    file, line = _constant(tree, "FILE", shown)
    if file not in assignment.files:
        raise AssignmentError(f'{shown}, line {line}: FILE: expected one of {", ".join(assignment.files)}, found "{file}".')
    return Mistake(name=path.stem, path=path, diagnosis=" ".join(docstring.split()), question=question, file=file, source=source)


def _read_text(path: Path, shown: str) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise AssignmentError(f"{shown}: expected text in UTF-8, found the byte 0x{error.object[error.start]:02x}.") from error
    except OSError as error:
        raise AssignmentError(f"{shown} cannot be read ({error.strerror}): check that the file is there and readable.") from error


def _constant(tree: ast.Module, name: str, shown: str) -> tuple[str, int]:
    """The text that a module assigns to `name` at its top level, and the line."""
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                pass
            case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value) if target == name:
                pass
            case _:
                continue
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            return value.value, node.lineno
        raise AssignmentError(f"{shown}, line {node.lineno}: {name}: expected a text in quotes, found {ast.unparse(value)}.")
    raise AssignmentError(f'{shown}, line 1: expected a line such as {name} = "...", found none.')


def _without_future(source: str) -> str:
    """The source with every import from `__future__` made a `pass`; the lines after it keep their numbers."""
    lines = source.encode().split(b"\n")  # the tree's columns count bytes of UTF-8
    for node in reversed(ast.parse(source).body):  # from the end, so that the columns of those before stay true
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
            one_line = lines[first][: node.col_offset] + b"pass" + lines[last][node.end_col_offset :]
            lines[first : last + 1] = [one_line, *[b""] * (last - first)]
    return b"\n".join(lines).decode()
