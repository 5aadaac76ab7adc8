"""What one student handed in, ready to be graded: the files, and the modules that the assignment asks for, as units of source.

Every guess that was made on the way is stated in a note, which goes into the report. A file that is no valid Python is no error
here: whoever runs the units reports that, and the other files are graded.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import PurePosixPath

import msgspec

from grader.answers import Answer, find_answers, wanted_files
from grader.assignment import Assignment
from grader.contents import Contents, Entry, LeftOut, open_contents, readable_name, size_text
from grader.discovery import READABLE, Found, discover
from grader.encodings import decode
from grader.errors import SubmissionError
from grader.messages import Unit
from grader.notebooks import notebook_units

__all__ = ["Found", "Module", "Submission", "discover", "read_submission"]

MAX_CODE_FILE = 32 * 2**20  # a notebook keeps its pictures
MAX_CODE = 64 * 2**20
MAX_CODE_FILES = 500
MAX_OTHER_FILE = 2**20  # whatever else lies beside the code, and may be read by it
MAX_OTHER = 8 * 2**20
MAX_OTHER_FILES = 200


class Module(msgspec.Struct, frozen=True):
    """One module to run: its units in order. With `keep_going`, a unit that raises does not end the others (a notebook's cells)."""

    name: str
    file: str
    units: tuple[Unit, ...]
    keep_going: bool = False


class Submission(msgspec.Struct, frozen=True):
    """What was handed in. `files`: name from the submission's root -> bytes; `modules` in the order of the assignment's files."""

    id: str
    digest: str  # SHA-256 of names and bytes
    files: dict[str, bytes]
    modules: tuple[Module, ...]
    notes: tuple[str, ...] = ()  # every guess that was made, a sentence each


def read_submission(found: Found, assignment: Assignment) -> Submission:
    """Read what was handed in at `found.path`; nothing is written anywhere.

    Raises SubmissionError, in one sentence, where nothing can be graded (no file of this homework, a broken archive or notebook,
    bytes that are no text), and MachineLacks where the machine does not let us read.
    """
    path, shown = found.path, readable_name(found.path.name)
    if path.is_file() and path.suffix.lower() not in READABLE:
        given = f"{path.suffix} file" if path.suffix else "file without suffix"
        wanted = wanted_files(assignment)
        raise SubmissionError(f"{shown}: expected {', '.join(READABLE)} or a folder, found a {given}: hand in {wanted}.")
    left_out = LeftOut()
    with open_contents(path) as contents:
        code = _read_code(contents, assignment, left_out)
        answers = find_answers(assignment, code, origin=path, shown=shown)
        files = {answer.name: code[answer.key] for answer in answers.chosen}
        used = {answer.key for answer in answers.chosen}
        beside = {name: data for name, data in code.items() if name not in used} | _read_others(contents, left_out)
    if path.resolve() == assignment.reference:
        beside = {}  # the reference as a submission: hidden checks and mistakes lie beside it
    for name, data in beside.items():
        own = name.removeprefix(answers.base)
        folders = {parent.as_posix() for parent in PurePosixPath(own).parents}
        if name.startswith(answers.base) and own not in files and not folders & files.keys():
            files[own] = data
    notes = [*contents.notes, *answers.notes, *left_out.sentences()]
    modules = tuple(_module(answer, code[answer.key], notes) for answer in answers.chosen)
    ordered = dict(sorted(files.items()))
    return Submission(found.id, _digest(ordered), ordered, modules, tuple(notes))


def _module(answer: Answer, data: bytes, notes: list[str]) -> Module:
    if answer.name.lower().endswith(".ipynb"):
        return Module(answer.module, answer.name, notebook_units(data, answer.name), keep_going=True)
    text = decode(data, answer.name)
    if text.guessed:
        notes.append(f"{answer.name} was read as {text.guessed}: it is not saved in UTF-8.")
    return Module(answer.module, answer.name, (Unit(label=answer.name, source=text.content),))


def _read_code(contents: Contents, assignment: Assignment, left_out: LeftOut) -> dict[str, bytes]:
    """The `.py` files and notebooks, the nearest first. Too large a one is left out, unless the assignment asks for it."""
    code: dict[str, bytes] = {}
    room = MAX_CODE
    entries = [entry for entry in contents.entries if _is_code(entry)]
    for entry in entries:
        asked_for = PurePosixPath(entry.name).name in (*assignment.files, assignment.notebook) or len(entries) == 1
        if len(code) >= MAX_CODE_FILES:
            left_out.add(entry.name, f"more than {MAX_CODE_FILES} files of code")
        elif asked_for or entry.size <= min(MAX_CODE_FILE, room):
            code[entry.name] = entry.read(min(MAX_CODE_FILE, room))
            room -= len(code[entry.name])
        else:
            left_out.add(entry.name, f"{size_text(entry.size)}, too large for code")
    return code


def _is_code(entry: Entry) -> bool:
    return entry.name.lower().endswith((".py", ".ipynb"))


def _read_others(contents: Contents, left_out: LeftOut) -> dict[str, bytes]:
    """What lies beside the code, as long as it is small."""
    others: dict[str, bytes] = {}
    room = MAX_OTHER
    for entry in contents.entries:
        if _is_code(entry):
            continue
        if entry.size > min(MAX_OTHER_FILE, room) or len(others) >= MAX_OTHER_FILES:
            left_out.add(entry.name, f"{size_text(entry.size)}; beside code, only small files are taken")
            continue
        others[entry.name] = entry.read(MAX_OTHER_FILE)
        room -= len(others[entry.name])
    return others


def _digest(files: Mapping[str, bytes]) -> str:
    whole = hashlib.sha256()
    for name, data in files.items():
        whole.update(f"{name}\0{hashlib.sha256(data).hexdigest()}\n".encode())
    return whole.hexdigest()
