"""The student's bundle: what `assignments/NAME` holds, and nothing of the reference.

Everything is read and looked through before the first byte is written; then the bundle appears whole, in one step.
"""

from __future__ import annotations

import io
import secrets
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path

from grader.authors.leaks import find_leak
from grader.authors.stubs import outdated_files
from grader.errors import AssignmentError, GraderError, UsageError
from grader.homework.assignment import ASSIGNMENT_FILE, PUBLIC_CHECKS, Assignment
from grader.storage import write_atomically

__all__ = ["bundle_of", "release"]

README = "README.md"
_LEFTOVERS = ("~", ".pyc", ".orig", ".rej")
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can hold: the same bundle is the same bytes


def release(assignment: Assignment, out: Path, *, force: bool = False, as_zip: bool = False) -> tuple[Path, ...]:
    """Build the bundle in `out`/NAME and return its files; with `as_zip` `out`/NAME.zip is built too, and returned last.

    Raises AssignmentError if anything of the reference is in it, or a file is missing or outdated, and UsageError where something
    lies in the way already. Then nothing at all is written.
    """
    target = out / assignment.name
    archive = out / f"{assignment.name}.zip" if as_zip else None
    _demand_room(assignment, target, archive, force=force)
    files = bundle_of(assignment)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GraderError(f"{out} cannot be made ({error.strerror}): name a folder that can be written to.") from error
    _write_folder(target, files)
    written = tuple(target / name for name in files)
    if archive is None:
        return written
    write_atomically(archive, _zipped(assignment.name, files))
    return (*written, archive)


def bundle_of(assignment: Assignment) -> dict[str, bytes]:
    """The bundle's files by name, sorted. Raises AssignmentError if one is missing or outdated, or gives something away."""
    if assignment.reference is None:
        raise AssignmentError(f"{assignment.name} has no reference here: what must not be handed out is known from it.")
    files = _given_files(assignment.folder)
    for name in (README, ASSIGNMENT_FILE, PUBLIC_CHECKS):
        if name not in files:
            raise AssignmentError(f"assignments/{assignment.name} has no {name}: students need it.")
    if leak := find_leak(assignment, files):
        raise AssignmentError(f"{leak.place}, line {leak.line}: found {leak.what}, which students must not receive: take it out.")
    if outdated := outdated_files(assignment):
        raise AssignmentError(
            f"assignments/{assignment.name}/{outdated[0]} is not what the reference makes of it: "
            f"run `grader stubs {assignment.name}`."
        )
    return files


def _given_files(folder: Path) -> dict[str, bytes]:
    """Every file that is meant for students: nothing hidden, nothing that Python or an editor left behind."""
    found = {}
    for path in folder.rglob("*"):
        relative = path.relative_to(folder)
        if any(part.startswith(".") or part == "__pycache__" for part in relative.parts) or path.name.endswith(_LEFTOVERS):
            continue
        if path.is_symlink():
            raise AssignmentError(f"assignments/{folder.name}/{relative.as_posix()} is a link: put the file itself there.")
        if path.is_file():
            try:
                found[relative.as_posix()] = path.read_bytes()
            except OSError as error:
                raise AssignmentError(
                    f"assignments/{folder.name}/{relative.as_posix()} cannot be read ({error.strerror})."
                ) from error
    return dict(sorted(found.items()))


def _demand_room(assignment: Assignment, target: Path, archive: Path | None, *, force: bool) -> None:
    own = [folder for folder in (assignment.folder, assignment.reference) if folder is not None]
    place = target.resolve()
    if any(place.is_relative_to(folder) or folder.is_relative_to(place) for folder in own):
        raise UsageError(f"{target} is the assignment's own folder: name another place with -o.")
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise UsageError(f"{target} is no folder: move it away, or name another place with -o.")
    if target.is_dir() and any(target.iterdir()):
        if not force:
            raise UsageError(f"{target} is there already and not empty: pass --force to replace it, or name another place with -o.")
        if not (target / ASSIGNMENT_FILE).is_file():
            raise UsageError(f"{target} holds no {ASSIGNMENT_FILE}, so it is no bundle, and --force does not replace it.")
    if archive is not None and archive.exists() and not (force and archive.is_file()):
        raise UsageError(f"{archive} is there already: pass --force to replace it, or name another place with -o.")


def _write_folder(target: Path, files: Mapping[str, bytes]) -> None:
    """Write beside the place, then move: the bundle is there whole or not at all."""
    mark = secrets.token_hex(8)
    new, old = target.with_name(f".{mark}.new"), target.with_name(f".{mark}.old")
    try:
        for name, data in files.items():
            path = new / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        if target.exists():
            target.rename(old)
        try:
            new.rename(target)
        except OSError:
            if old.exists():
                old.rename(target)
            raise
    except OSError as error:
        raise GraderError(f"{target} cannot be written ({error.strerror}): nothing was changed.") from error
    finally:
        shutil.rmtree(new, ignore_errors=True)
        if target.exists():
            shutil.rmtree(old, ignore_errors=True)


def _zipped(name: str, files: Mapping[str, bytes]) -> bytes:
    """A zip of the bundle, in a folder of its name; not compressed, so that it does not depend on the machine's zlib either."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for path, data in files.items():
            info = zipfile.ZipInfo(f"{name}/{path}", _EPOCH)
            info.create_system = 3  # Unix, on every machine: the permissions are read that way
            info.external_attr = 0o100644 << 16
            archive.writestr(info, data)
    return packed.getvalue()
