"""`assignment.toml`: decoded strictly, and every mistake in it told with its line and its field.

The decoder says what is wrong and at which path (`$.questions[2].points`); the line is found by reading ever longer beginnings of
the file, until one holds that path. That costs time only when there is a mistake to tell, and knows every way in which TOML can
say a thing.
"""

from __future__ import annotations

import difflib
import json
import keyword
import math
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from grader.errors import AssignmentError
from grader.flow import Flow
from grader.homework.flow_table import FLOW_EXPECTED, FLOW_FIELDS, complaints_about_flow
from grader.homework.training_table import TRAINING_EXPECTED, TRAINING_FIELDS, Training, complaints_about_training

__all__ = ["SCHEMA", "AssignmentFile", "Limits", "Question", "read_assignment_file"]

SCHEMA = 1

_Key = str | int
_Path = tuple[_Key, ...]
_Complaint = tuple[_Path, str, str]  # where, what was expected, what was found


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a submission may use. All can be left out."""

    seconds: float = 10.0  # one check, processor time
    import_seconds: float = 30.0  # running the submission's files once
    memory_mb: int = 2048
    processes: int = 32


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One question: its points, and the names that the student defines for it."""

    id: str
    title: str
    points: float
    file: str
    names: tuple[str, ...] = ()
    depends: tuple[str, ...] = ()  # a mistake in these may cost points here too
    graded: bool = True
    note: str = ""  # where `graded` is false: why, and where it is graded


class AssignmentFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What `assignment.toml` says."""

    schema: int
    name: str
    title: str
    files: tuple[str, ...]
    notebook: str = ""
    extras: tuple[str, ...] = ()  # further stubs made from the reference, which are not handed in (a bonus)
    preload: tuple[str, ...] = ()  # modules that submissions import, to be imported once for all of them
    points: float | None = None  # where stated, the questions' points have to sum to it
    limits: Limits = Limits()
    questions: tuple[Question, ...]
    training: tuple[Training, ...] = ()
    flow: Flow = Flow()  # what is done while a submission is imported


_EXPECTED = {
    "": "a table",
    "schema": "the whole number 1",
    "name": "a name of letters, digits and underscores",
    "title": "a text that is not empty",
    "files": 'a list of names of Python files such as "losses.py"',
    "notebook": 'the name of a notebook such as "losses.ipynb"',
    "extras": 'a list of names of Python files such as "bonus.py"',
    "preload": 'a list of names of modules such as "torchvision"',
    "points": "a number above 0",
    "limits": "a table",
    "limits.seconds": "a number above 0",
    "limits.import_seconds": "a number above 0",
    "limits.memory_mb": "a whole number above 0",
    "limits.processes": "a whole number above 0",
    "questions": "tables [[questions]], at least one",
    "questions.id": 'a text such as "Q1"',
    "questions.title": "a text that is not empty",
    "questions.points": "a number above 0",
    "questions.file": "one of the files that the assignment names",
    "questions.names": "a list of Python names",
    "questions.depends": "a list of other questions' ids",
    "questions.graded": "true or false",
    "questions.note": "a text",
    **TRAINING_EXPECTED,
    **FLOW_EXPECTED,
}

_FIELDS = {
    "": AssignmentFile.__struct_fields__,
    "limits": Limits.__struct_fields__,
    "questions": Question.__struct_fields__,
    **TRAINING_FIELDS,
    **FLOW_FIELDS,
}

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*\Z")


def read_assignment_file(path: Path, *, shown: str, name: str | None, reference: Path | None = None) -> AssignmentFile:
    """Read and validate `path`, called `shown` in messages.

    `name` is what the assignment has to be called (its folder's name); None where the folder may be called anything. In
    `reference`, where there is one, every file that the assignment names has to exist.
    Raises AssignmentError for the first mistake in the file.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise AssignmentError(f"{shown} cannot be read ({error.strerror}): check that the file is there and readable.") from error
    try:
        text = data.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise AssignmentError(f"{shown}, line {line}: expected text in UTF-8, found the byte 0x{data[error.start]:02x}.") from error
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise AssignmentError(_syntax_sentence(text, str(error), shown)) from error
    except RecursionError as error:
        raise AssignmentError(f"{shown}, line 1: expected TOML, found values nested too deeply to read.") from error
    try:
        file = msgspec.convert(table, AssignmentFile)
    except msgspec.ValidationError as error:
        raise AssignmentError(_sentence(text, _complaint_of(str(error), table), shown)) from error
    for complaint in (*_complaints(file, name), *_complaints_about_reference(file, reference)):
        raise AssignmentError(_sentence(text, complaint, shown))
    return file


def _complaints(file: AssignmentFile, name: str | None) -> Iterator[_Complaint]:
    """What is wrong with the values, each of which has the right type."""
    if file.schema != SCHEMA:
        hint = ": a newer grader is needed" if file.schema > SCHEMA else ""
        yield ("schema",), _EXPECTED["schema"], f"{file.schema}{hint}"
    if not file.name.isidentifier():
        yield ("name",), _EXPECTED["name"], _found(file.name)
    if name is not None and file.name != name:
        yield ("name",), f"the name of its folder, {_found(name)}", _found(file.name)
    if not file.title.strip():
        yield ("title",), _EXPECTED["title"], _found(file.title)
    yield from _complaints_about_files(file)
    for limit, value in msgspec.structs.asdict(file.limits).items():
        if not (value > 0 and math.isfinite(value)):
            yield ("limits", limit), _EXPECTED[f"limits.{limit}"], _found(value)
    if not file.questions:
        yield ("questions",), _EXPECTED["questions"], "none"
    yield from _complaints_about_questions(file)
    yield from complaints_about_training(file.training, tuple(question.id for question in file.questions), file.limits.processes)
    yield from complaints_about_flow(file.flow, [name for question in file.questions for name in question.names])
    total = math.fsum(question.points for question in file.questions)
    if file.points is not None and not math.isclose(file.points, total):
        yield ("points",), f"{total:g}, which is what the questions sum to", _found(file.points)


def _complaints_about_files(file: AssignmentFile) -> Iterator[_Complaint]:
    if not file.files:
        yield ("files",), _EXPECTED["files"], _found([])
    for index, filename in enumerate(file.files):
        stem = filename.removesuffix(".py")
        if not filename.endswith(".py") or not stem.isidentifier() or keyword.iskeyword(stem):
            yield ("files", index), 'the name of a Python file such as "losses.py"', _found(filename)
        if filename in file.files[:index]:
            yield ("files", index), "each file once", f"{_found(filename)} again"
    if file.notebook and (not file.notebook.endswith(".ipynb") or re.search(r"[/\\]", file.notebook)):
        yield ("notebook",), _EXPECTED["notebook"], _found(file.notebook)
    for index, module in enumerate(file.preload):
        if not all(part.isidentifier() for part in module.split(".")):
            yield ("preload", index), 'the name of a module such as "torchvision.models"', _found(module)


def _complaints_about_reference(file: AssignmentFile, reference: Path | None) -> Iterator[_Complaint]:
    for index, filename in enumerate(file.files if reference else ()):
        if reference and not (reference / filename).is_file():
            yield ("files", index), f"a file of reference/{file.name}", f"{_found(filename)}, which is not there"


def _complaints_about_questions(file: AssignmentFile) -> Iterator[_Complaint]:
    ids = [question.id for question in file.questions]
    for index, question in enumerate(file.questions):
        here = ("questions", index)
        if not _ID.match(question.id):
            yield (*here, "id"), _EXPECTED["questions.id"], _found(question.id)
        if question.id in ids[:index]:
            yield (*here, "id"), "an id that no other question has", _found(question.id)
        if not question.title.strip():
            yield (*here, "title"), _EXPECTED["questions.title"], _found(question.title)
        if not (question.points > 0 and math.isfinite(question.points)):
            yield (*here, "points"), _EXPECTED["questions.points"], _found(question.points)
        if question.file not in file.files:
            yield (*here, "file"), f"one of {', '.join(file.files)}", _found(question.file)
        for place, defined in enumerate(question.names):
            if not defined.isidentifier() or keyword.iskeyword(defined):
                yield (*here, "names", place), "a Python name", _found(defined)
        for place, other in enumerate(question.depends):
            if other not in ids or other == question.id:
                others = ", ".join(known for known in ids if known != question.id) or "no question: there is no other"
                yield (*here, "depends", place), f"one of {others}", _found(other)
        if not question.graded and not question.note.strip():
            yield (*here, "note"), "a text that says why the question is not graded, and where it is", _found(question.note)
    circle = _circle({question.id: question.depends for question in file.questions})
    if circle:
        yield ("questions", ids.index(circle[0]), "depends"), "no circle", " -> ".join(circle)


def _circle(depends: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """A way along `depends` that ends where it began, or nothing."""
    settled: set[str] = set()
    for start in depends:
        trail: list[tuple[str, Iterator[str]]] = [(start, iter(depends[start]))]
        while trail:
            onward = next(trail[-1][1], None)
            if onward is None:
                settled.add(trail.pop()[0])
            elif onward in (names := [name for name, _ in trail]):
                return (*names[names.index(onward) :], onward)
            elif onward not in settled and onward in depends:
                trail.append((onward, iter(depends[onward])))
    return ()


# --- sentences --------------------------------------------------------------------------------------------------------------------


def _sentence(text: str, complaint: _Complaint, shown: str) -> str:
    path, expected, found = complaint
    field = _field(path)
    return f"{shown}, line {line_of(text, path)}: {field + ': ' if field else ''}expected {expected}, found {found}."


def _syntax_sentence(text: str, error: str, shown: str) -> str:
    """tomllib's words end in "(at line 3, column 10)" or "(at end of document)"."""
    lines = text.split("\n")
    match = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)$", error)
    number = int(match[1]) if match and match[1] else len(text.rstrip("\n").split("\n"))
    reason = error[: match.start()] if match else error
    line = lines[number - 1].strip()
    key = re.match(r"([A-Za-z0-9_.-]+)\s*=", line)
    return f"{shown}, line {number}: {key[1] + ': ' if key else ''}expected TOML, found {_found(line)} ({reason})."


def _complaint_of(error: str, table: dict[str, object]) -> _Complaint:
    """Turn the decoder's words into a complaint; words that are not known are passed on as they are."""
    message, _, at = error.partition(" - at ")
    path = _parse_path(at.strip("`"))
    if missing := re.match(r"Object missing required field `(.+)`$", message):
        path = (*path, missing[1])
        return path, _EXPECTED[_normal(path)], "nothing"
    if unknown := re.match(r"Object contains unknown field `(.+)`$", message):
        fields = _FIELDS[_normal(path)]
        near = difflib.get_close_matches({"gpu": "cuda"}.get(unknown[1], unknown[1]), fields, 1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        return (*path, unknown[1]), f"one of the fields {', '.join(fields)}", f"{_found(unknown[1])}{hint}"
    normal = _normal(path)
    if message.startswith("Expected") and f"{normal}.*" in _EXPECTED:
        values = _value_at(table, path)
        if isinstance(values, dict):  # numbers by names that are the author's: the decoder does not say which is none
            key = next(key for key, value in values.items() if type(value) not in (int, float))
            path, normal = (*path, key), f"{normal}.*"
    if message.startswith("Expected") and normal in _EXPECTED:
        inside = isinstance(path[-1], int) if path else False
        expected = (
            {"questions": "a table", "training": "a table", "files": "a text"}.get(normal, "a text")
            if inside
            else _EXPECTED[normal]
        )
        return path, expected, _found(_value_at(table, path))
    return path, "a value that can be decoded", f"{_found(_value_at(table, path))} ({message})"


def line_of(text: str, path: _Path) -> int:
    """The line, counted from 1, on which the statement that sets `path` begins; where nothing does, its nearest parent's."""
    lines = text.split("\n")
    while path:
        begun = 0
        for end in range(1, len(lines) + 1):
            try:
                table = tomllib.loads("\n".join(lines[:end]))
            except tomllib.TOMLDecodeError:
                continue  # the middle of a statement over several lines
            if _holds(table, path):
                return begun + 1
            begun = end
        path = path[:-1]
    return 1


def _holds(value: object, path: _Path) -> bool:
    try:
        _value_at(value, path)
    except LookupError:
        return False
    return True


def _value_at(value: object, path: _Path) -> object:
    """What stands at `path`; LookupError where nothing does."""
    for key in path:
        match value:
            case dict() if key in value:
                value = value[key]
            case list() if isinstance(key, int) and key < len(value):
                value = value[key]
            case _:
                raise LookupError(key)
    return value


def _parse_path(path: str) -> _Path:
    """`$.questions[2].points` -> ("questions", 2, "points")."""
    parts = re.findall(r"\.([^.\[\]]+)|\[(\d+)\]", path)
    return tuple(int(index) if index else name for name, index in parts)


def _normal(path: _Path) -> str:
    return ".".join(key for key in path if isinstance(key, str))


def _field(path: _Path) -> str:
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path).removeprefix(".")


def _found(value: object) -> str:
    """The value as TOML has it, cut short."""
    text = str(value) if isinstance(value, float) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + "..."
