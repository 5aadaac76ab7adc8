"""What one student handed in, ready to be graded: the files, and the modules that the assignment asks for, as units of source.

Every guess that was made on the way is stated in a note, which goes into the report. A file that is no valid Python is no error
here: whoever runs the units reports that, and the other files are graded.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import PurePosixPath

import msgspec

from grader.errors import SubmissionError
from grader.homework.assignment import Assignment
from grader.intake.answers import Answer, Answers, find_answers, wanted_files
from grader.intake.contents import Contents, LeftOut, open_contents, size_text
from grader.intake.discovery import READABLE, Found, discover, is_readable
from grader.intake.encodings import decode
from grader.intake.exports import file_source
from grader.intake.filenames import is_code, shown_name
from grader.intake.notebooks import notebook_units
from grader.messages import Unit

__all__ = ["Found", "Module", "Submission", "discover", "read_submission"]

MAX_CODE_FILE = 32 * 2**20  # a notebook keeps its pictures
MAX_CODE = 64 * 2**20
MAX_CODE_FILES = 500
MAX_OTHER_FILE = 2**20  # whatever else lies beside the code, and may be read by it
MAX_OTHER = 8 * 2**20
MAX_OTHER_FILES = 200


class Module(msgspec.Struct, frozen=True):
    """One module to run: its units in order. With `keep_going`, a statement that raises does not end the others (as in a notebook)."""

    name: str
    file: str
    units: tuple[Unit, ...]
    keep_going: bool = False
    aliases: tuple[str, ...] = ()  # further names by which it is imported


class Submission(msgspec.Struct, frozen=True):
    """What was handed in. `files`: name from the submission's root -> bytes; `modules` in the order of the assignment's files."""

    id: str
    digest: str  # SHA-256 of names and bytes, and of what is known of how they were handed in
    files: dict[str, bytes]
    modules: tuple[Module, ...]
    notes: tuple[str, ...] = ()  # every guess that was made, a sentence each


def read_submission(found: Found, assignment: Assignment) -> Submission:
    """Read what was handed in at `found.path`; nothing is written anywhere.

    Raises SubmissionError, in one sentence, where nothing can be graded (no file of this homework, a broken archive or notebook,
    bytes that are no text), and MachineLacks where the machine does not let us read.
    """
    path, shown = found.path, shown_name(found.path.name)
    sole = path.name if not found.parts and path.is_file() else ""
    if len(found.parts) == 1 and found.parts[0].name:
        shown = sole = found.parts[0].name
    elif found.parts:
        shown = found.id
    if sole and not is_readable(sole):
        suffix = PurePosixPath(sole).suffix
        given = f"{suffix} file" if suffix else "file without suffix"
        raise SubmissionError(f"{shown}: expected {READABLE} or a folder, found a {given}: hand in {wanted_files(assignment)}.")
    left_out = LeftOut()
    handed_out = {f"data/{training.data}.npz" for training in assignment.training}
    with open_contents(path, found.parts) as contents:
        code = _read_code(contents, assignment, left_out)
        modified = {entry.name: entry.modified for entry in contents.entries}
        try:
            answers = find_answers(assignment, code, origin=path, shown=shown, modified=modified)
        except SubmissionError as error:
            raise _with_notes(error, (*contents.notes, *left_out.sentences())) from error
        files = {answer.name: code[answer.key] for answer in answers.chosen}
        used = {
            answer.key for answer in answers.chosen if answer.key == answers.base + answer.name
        }  # others stay where they lie, too
        beside = {name: data for name, data in code.items() if name not in used} | _read_others(contents, left_out, handed_out)
    if path.resolve() == assignment.reference:
        beside = {}  # the reference as a submission: hidden checks and mistakes lie beside it
    at = _archive_of(answers.base, contents.archives)
    for name, data in beside.items():
        own = name.removeprefix(answers.base)
        folders = {parent.as_posix() for parent in PurePosixPath(own).parents}
        fits = name.startswith(answers.base) and _archive_of(name, contents.archives) == at
        if fits and own not in files and not folders & files.keys():
            files[own] = data
    notes = [*found.notes, *contents.notes, *answers.notes, *left_out.sentences()]
    files |= _siblings(answers, code, files)
    modules = tuple(_module(answer, code[answer.key], notes) for answer in answers.chosen)
    ordered = dict(sorted(files.items()))
    return Submission(found.id, _digest(ordered, found.notes), ordered, modules, tuple(notes))


def _siblings(answers: Answers, code: Mapping[str, bytes], files: Collection[str]) -> dict[str, bytes]:
    """What answers in other folders than the base import from their own folder: they are run from the base."""
    found = {}
    for answer in answers.chosen:
        folder = answer.key.removesuffix(PurePosixPath(answer.key).name)
        for key in [key for key in code if folder != answers.base and key.removesuffix(PurePosixPath(key).name) == folder]:
            name, stem = PurePosixPath(key).name, PurePosixPath(key).stem
            imported = rb"^[ \t]*(?:from|import)[ \t]+" + re.escape(stem.encode()) + rb"\b"
            if name not in files and name.endswith(".py") and re.search(imported, code[answer.key], re.MULTILINE):
                found[name] = code[key]
    return found


def _archive_of(name: str, archives: Sequence[str]) -> str:
    """The innermost archive of a submission that a file lies in, empty where it lies in none but the submission's own."""
    return max((archive for archive in archives if name.startswith(archive)), key=len, default="")


def _with_notes(error: SubmissionError, notes: Sequence[str]) -> SubmissionError:
    """The error with what was left out after it, for that may be why nothing was found."""
    return SubmissionError(" ".join([str(error), *notes[:3]])) if notes else error


def _module(answer: Answer, data: bytes, notes: list[str]) -> Module:
    if answer.name.lower().endswith(".ipynb"):
        return Module(answer.module, answer.name, notebook_units(data, answer.name), keep_going=True, aliases=answer.aliases)
    text = decode(data, answer.name)
    if text.guessed:
        notes.append(f"{answer.name} was read as {text.guessed}: it is not saved in UTF-8.")
    source = file_source(text.content, answer.name)
    by_another_name = (
        answer.name not in answer.stands_for
    )  # a script that was kept beside the homework, often with its course's helpers
    return Module(answer.module, answer.name, source.units, source.keep_going or by_another_name, answer.aliases)


def _read_code(contents: Contents, assignment: Assignment, left_out: LeftOut) -> dict[str, bytes]:
    """The `.py` files and notebooks, the nearest first.

    One that is too large or cannot be unpacked is left out, unless the assignment asks for it, or there is no other.
    """
    code: dict[str, bytes] = {}
    room = MAX_CODE
    entries = [entry for entry in contents.entries if is_code(entry.name)]
    problem: SubmissionError | None = None
    for entry in entries:
        asked_for = PurePosixPath(entry.name).name in (*assignment.files, assignment.notebook) or len(entries) == 1
        if len(code) >= MAX_CODE_FILES:
            left_out.add(entry.name, f"more than {MAX_CODE_FILES} files of code")
            continue
        if not asked_for and entry.size > min(MAX_CODE_FILE, room):
            left_out.add(entry.name, f"{size_text(entry.size)}, too large for code")
            continue
        try:
            code[entry.name] = entry.read(min(MAX_CODE_FILE, room))
            room -= len(code[entry.name])
        except SubmissionError as error:
            if asked_for and "/" not in entry.name.removeprefix(_archive_of(entry.name, contents.archives)):
                raise
            problem = problem or error
            left_out.add(entry.name, "it cannot be unpacked")
    if problem and not code:
        raise problem
    return code


def _read_others(contents: Contents, left_out: LeftOut, given: Collection[str]) -> dict[str, bytes]:
    """What lies beside the code, as long as it is small; what was `given` is no part of the work."""
    others: dict[str, bytes] = {}
    room = MAX_OTHER
    for entry in contents.entries:
        if is_code(entry.name) or entry.name.endswith(tuple(given)):
            continue
        if entry.size > min(MAX_OTHER_FILE, room) or len(others) >= MAX_OTHER_FILES:
            left_out.add(entry.name, f"{size_text(entry.size)}; beside code, only small files are taken")
            continue
        try:
            others[entry.name] = entry.read(MAX_OTHER_FILE)
            room -= len(others[entry.name])
        except SubmissionError:
            left_out.add(entry.name, "it cannot be unpacked")
    return others


def _digest(files: Mapping[str, bytes], notes: Sequence[str]) -> str:
    """Of names and bytes; and of what the class's folder says of them (late, the third attempt), so that the report says it, too."""
    whole = hashlib.sha256("".join(f"{note}\n" for note in notes).encode("utf-8", "backslashreplace"))
    for name, data in files.items():
        whole.update(f"{name}\0{hashlib.sha256(data).hexdigest()}\n".encode())
    return whole.hexdigest()
