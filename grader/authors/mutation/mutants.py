"""The mutants of a reference: each is one change in the solution of a graded question.

Solutions are what stands between the markers (`grader.authors.stubs`) in a function or class that a graded question asks for, or in one
that those use. Signatures, docstrings, annotations, texts and the messages of errors are left alone: no check is about them.
"""

from __future__ import annotations

import ast
import io
import marshal
import tokenize
import warnings
from collections.abc import Iterator, Mapping
from types import CodeType

import msgspec

from grader.authors.mutation.operators import Edit, Text, children_of, edits_of
from grader.authors.stubs import BEGIN, END
from grader.homework.assignment import Assignment

__all__ = ["Mutant", "mutants_of", "reference_sources"]

_MOST_LINES = 3  # of a change that are shown; of a longer one, the first


class Mutant(msgspec.Struct, frozen=True):
    """A reference with one change: `line` became `change`. `source` is the whole file; `questions` are those that it may cost points."""

    file: str
    number: int
    within: str  # Net.forward
    line: str
    change: str
    source: str
    questions: tuple[str, ...]

    @property
    def place(self) -> str:
        return f"{self.file}:{self.number}"


def reference_sources(assignment: Assignment) -> dict[str, str]:
    """The reference's files, name -> text."""
    assert assignment.reference is not None
    return {name: (assignment.reference / name).read_text(encoding="utf-8") for name in assignment.files}


def mutants_of(assignment: Assignment, sources: Mapping[str, str]) -> tuple[Mutant, ...]:
    """All mutants, in the order of the text. Of those with the same bytecode, one; none with that of the reference."""
    concerned = _questions_by_definition(assignment, sources)
    found: list[Mutant] = []
    for file, source in sources.items():
        bare = _without_comments(source)
        text = Text(bare)
        inside = _solution_lines(source)
        seen = {_bytecode(bare)}
        for definition in text.tree.body:
            names = _names_of(definition)
            questions = tuple(q.id for q in assignment.questions if any(q.id in concerned[file, n] for n in names))
            if not questions:
                continue
            for edit, within in _edits(definition, text, inside, ""):
                mutant = _mutant(file, text, edit, within, questions)
                code = _bytecode(mutant.source)
                if code is not None and code not in seen:
                    seen.add(code)
                    found.append(mutant)
    return tuple(found)


def _mutant(file: str, text: Text, edit: Edit, within: str, questions: tuple[str, ...]) -> Mutant:
    mutated = text.data[: edit.start] + edit.text.encode() + text.data[edit.end :]
    begin = text.data.rfind(b"\n", 0, edit.start) + 1
    stop = text.data.find(b"\n", edit.end)
    stop = len(text.data) if stop < 0 else stop
    before = text.data[begin:stop].decode()
    after = mutated[begin : stop + len(mutated) - len(text.data)].decode()
    number = text.data.count(b"\n", 0, edit.start) + 1
    return Mutant(file, number, within, _shown(before), _shown(after), mutated.decode(), questions)


def _shown(lines: str) -> str:
    stripped = [line.strip() for line in lines.strip().splitlines()]
    return "\n".join(stripped) if len(stripped) <= _MOST_LINES else f"{stripped[0]} …"


def _edits(node: ast.AST, text: Text, inside: set[int], within: str) -> Iterator[tuple[Edit, str]]:
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        within = f"{within}.{node.name}".lstrip(".")
    lines = getattr(node, "lineno", None), getattr(node, "end_lineno", None)
    if isinstance(node, ast.comprehension):
        lines = node.target.lineno, node.iter.end_lineno
    elif isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.decorator_list:
        lines = node.decorator_list[0].lineno, node.end_lineno
    if lines[0] is not None and lines[1] is not None and inside.issuperset(range(lines[0], lines[1] + 1)):
        for edit in edits_of(node, text):
            yield edit, within
    for child in children_of(node):
        yield from _edits(child, text, inside, within)


def _solution_lines(source: str) -> set[int]:
    """The numbers of the lines between markers."""
    numbers: set[int] = set()
    inside = False
    for number, line in enumerate(source.splitlines(), 1):
        if line.strip() in (BEGIN, END):
            inside = line.strip() == BEGIN
        elif inside:
            numbers.add(number)
    return numbers


def _without_comments(source: str) -> str:
    """The source with the same lines and no comments: editing one changes no mutant."""
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column].rstrip()
    return "\n".join(lines) + "\n"


def _bytecode(source: str) -> bytes | None:
    """What Python makes of a source, without places; None if it is no Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return marshal.dumps(_without_places(compile(source, "mutant", "exec", dont_inherit=True)), 2)
    except (SyntaxError, ValueError):
        return None


def _without_places(code: CodeType) -> CodeType:
    constants = tuple(_without_places(one) if isinstance(one, CodeType) else one for one in code.co_consts)
    return code.replace(co_consts=constants, co_linetable=b"", co_firstlineno=1)


# --- whose points a change may cost -----------------------------------------------------------------------------------------------


def _names_of(definition: ast.stmt) -> set[str]:
    """What a statement at the left margin defines."""
    match definition:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.Assign() | ast.AnnAssign():
            return {n.id for n in ast.walk(definition) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return set()


def _questions_by_definition(assignment: Assignment, sources: Mapping[str, str]) -> _Concerned:
    """(file, name) -> the graded questions that ask for it, or whose answer uses it while no question asks for it by itself."""
    uses: dict[str, set[str]] = {}
    places: dict[str, list[str]] = {}
    for file, source in sources.items():
        for definition in ast.parse(source).body:
            mentioned = {node.id for node in ast.walk(definition) if isinstance(node, ast.Name)}
            for name in _names_of(definition):
                uses.setdefault(name, set()).update(mentioned)
                places.setdefault(name, []).append(file)
    concerned = _Concerned()
    asked_for = set(assignment.names)
    trained = {training.question for training in assignment.training}  # minutes a mutant: nobody waits for that
    for question in assignment.questions:
        if not question.graded or question.id in trained:
            continue
        waiting, seen = list(question.names), set(question.names)
        while waiting:
            name = waiting.pop()
            for file in places.get(name, ()):
                concerned.setdefault((file, name), set()).add(question.id)
            new = {other for other in uses.get(name, ()) if other in uses} - asked_for - seen
            seen |= new
            waiting += new
    return concerned


class _Concerned(dict[tuple[str, str], set[str]]):
    def __missing__(self, key: tuple[str, str]) -> set[str]:
        return set()
