"""What a training's outcome depends on besides its profile: the data, the pixels, and the code that is trained.

The code is what the calls `training.learns(...)` and `training.own_loop(...)` of its checks lead to, by name: in the files of checks and
in the reference. So an edit of another question, of a docstring or of a comment leaves a calibration as good as it was.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from grader.homework.assignment import Assignment
from grader.homework.training_table import Training

__all__ = ["Work", "work_of"]

_BEGINS = ("learns", "own_loop")


class Work(msgspec.Struct, frozen=True):
    """`data` and `pixels` as in assignment.toml; `code`: SHA-256 of the definitions that are trained, in hexadecimal digits."""

    data: str
    pixels: str
    code: str


def work_of(assignment: Assignment, training: Training) -> Work:
    """What is trained today. The assignment has a reference."""
    assert assignment.reference is not None
    of_checks = [_tree(path) for path in (assignment.public_checks, assignment.hidden_checks) if path is not None]
    of_reference = [_tree(assignment.reference / name) for name in assignment.files]
    in_checks, everywhere = _definitions(of_checks), _definitions([*of_checks, *of_reference])
    checks = [statement for tree in of_checks for statement in tree.body if _is_check_of(statement, training.id)]
    helpers = [statement for name in _reached(checks, in_checks) for statement in in_checks[name]]
    calls = [call for statement in (*checks, *helpers) for call in _calls(statement)]
    trained = [f"{name}: {sorted({_text(statement) for statement in everywhere[name]})}" for name in _reached(calls, everywhere)]
    whole = "\n".join([*sorted({_text(call) for call in calls}), *sorted(trained)])
    return Work(training.data, training.pixels, hashlib.sha256(whole.encode()).hexdigest())


def _reached(nodes: Iterable[ast.AST], definitions: Mapping[str, list[ast.stmt]]) -> set[str]:
    """Which of the definitions the nodes name, and those name, and so on."""
    reached: set[str] = set()
    waiting = list(nodes)
    while waiting:
        for name in _names(waiting.pop()) & definitions.keys() - reached:
            reached.add(name)
            waiting += definitions[name]
    return reached


def _definitions(trees: Iterable[ast.Module]) -> dict[str, list[ast.stmt]]:
    """What the trees' top level gives a name to; of one name there may be several, in several files."""
    found: dict[str, list[ast.stmt]] = {}
    for tree in trees:
        for name, statement in _defined(tree):
            found.setdefault(name, []).append(statement)
    return found


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_bytes(), str(path))


def _defined(tree: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    """What a module's top level gives a name to; imports aside: what they name is found where it is defined."""
    for statement in tree.body:
        match statement:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name, statement
            case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
                targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
                for target in targets:
                    yield from ((node.id, statement) for node in ast.walk(target) if isinstance(node, ast.Name))


def _is_check_of(statement: ast.stmt, training: str) -> bool:
    """Whether it is a function with the mark @pytest.mark.training("training")."""
    return isinstance(statement, ast.FunctionDef) and any(
        isinstance(mark, ast.Call)
        and isinstance(mark.func, ast.Attribute)
        and mark.func.attr == "training"
        and [getattr(argument, "value", None) for argument in mark.args] == [training]
        for mark in statement.decorator_list
    )


def _calls(check: ast.stmt) -> Iterator[ast.Call]:
    """Where it says what is trained."""
    for node in ast.walk(check):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _BEGINS:
            yield node


def _names(tree: ast.AST) -> set[str]:
    """Names, and what is asked of objects by name: `Net`, `student.Net`."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
    return found


def _text(node: ast.AST) -> str:
    """A tree as text, without places, docstrings and empty fields: the same in every version of Python."""
    fields = []
    for field, value in ast.iter_fields(node):
        if (
            field == "body"
            and isinstance(node, (ast.FunctionDef, ast.ClassDef))
            and ast.get_docstring(node, clean=False) is not None
        ):
            value = value[1:]
        if value is None or value == [] or field in ("kind", "type_comment"):
            continue
        told = [_text(one) if isinstance(one, ast.AST) else repr(one) for one in (value if isinstance(value, list) else [value])]
        fields.append(f"{field}={','.join(told)}")
    return f"{type(node).__name__}({';'.join(fields)})"
