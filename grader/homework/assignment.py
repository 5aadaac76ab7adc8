"""An assignment as the grader knows it: what its file says, and where its two folders are.

A course is a folder with `assignments/` (what students receive) and `reference/` (what they never see). In the bundle that a
student received, the assignment's folder stands alone, and there is no reference.
"""

from __future__ import annotations

import difflib
import hashlib
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from grader.errors import UsageError
from grader.homework.assignment_file import AssignmentFile, Limits, Question, read_assignment_file

__all__ = [
    "ASSIGNMENT_FILE",
    "CALIBRATION_FILE",
    "HIDDEN_CHECKS",
    "PUBLIC_CHECKS",
    "Assignment",
    "Limits",
    "Question",
    "find_assignment_here",
    "find_course",
    "is_student_folder",
    "list_assignments",
    "load_assignment",
]

ASSIGNMENT_FILE = "assignment.toml"
PUBLIC_CHECKS = "test_public.py"
HIDDEN_CHECKS = "test_hidden.py"
CALIBRATION_FILE = "calibration.json"  # in the reference: no grade depends on it

_GENERATED = {".ipynb", ".md"}  # handouts, and the stubs once more: no grade depends on them


class Assignment(AssignmentFile, frozen=True, kw_only=True):
    """One homework: what `assignment.toml` says, and where its folders are.

    `reference` is None where there is none; `standalone` says that `folder` is a bundle that a student received.
    """

    folder: Path
    reference: Path | None = None
    standalone: bool = False

    @property
    def max_score(self) -> float:
        """The points of all questions, graded or not."""
        return math.fsum(question.points for question in self.questions)

    @property
    def graded_points(self) -> float:
        """The points of those questions that are graded."""
        return math.fsum(question.points for question in self.questions if question.graded)

    @property
    def names(self) -> tuple[str, ...]:
        """What the questions ask a student to define, each once, in the questions' order."""
        return tuple(dict.fromkeys(name for question in self.questions for name in question.names))

    @property
    def public_checks(self) -> Path:
        return self.folder / PUBLIC_CHECKS

    @property
    def hidden_checks(self) -> Path | None:
        """The checks that students do not have; None where there are none."""
        path = self.reference / HIDDEN_CHECKS if self.reference else None
        return path if path and path.is_file() else None

    def question(self, name: str) -> Question:
        """The question whose id is `name`. Raises UsageError, which lists those that there are."""
        known = {question.id: question for question in self.questions}
        if name not in known:
            raise UsageError(f"{self.name} has no question {name}: expected one of {', '.join(known)}.")
        return known[name]

    @property
    def digest(self) -> str:
        """SHA-256 of every file that grading depends on, read now: the same on every file system, another one after any edit."""
        whole = hashlib.sha256()
        for label, path in self._files_that_matter():
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            whole.update(f"{label}\0{content}\n".encode("utf-8", "surrogateescape"))
        return whole.hexdigest()

    def _files_that_matter(self) -> list[tuple[str, Path]]:
        if self.standalone:  # the folder is the student's own: only what was handed out for grading counts
            handed_out = [self.folder / ASSIGNMENT_FILE, *self.folder.glob("test_*.py"), self.folder / "conftest.py"]
            return sorted((f"assignment/{path.name}", path) for path in handed_out if path.is_file())
        found = list(_labelled("assignment", self.folder))
        if self.reference is not None:
            found += _labelled("reference", self.reference)
        return sorted(found)


def _labelled(kind: str, folder: Path) -> Iterator[tuple[str, Path]]:
    for path in folder.rglob("*"):
        relative = path.relative_to(folder)
        hidden = any(part.startswith(".") or part == "__pycache__" for part in relative.parts)
        if path.is_file() and not hidden and path.suffix not in _GENERATED and path.name != CALIBRATION_FILE:
            yield f"{kind}/{relative.as_posix()}", path


def load_assignment(name_or_path: str | Path, course: Path | None = None) -> Assignment:
    """The assignment of that name in `course` (found from the current directory upwards if None), or in that folder.

    A path may lead to the assignment's folder or to its reference's. Raises UsageError if there is no such assignment, which
    lists those that there are, and AssignmentError if its file is malformed.
    """
    path = Path(name_or_path)
    bare = len(path.parts) == 1 and path.name != ".."
    within = course or _course_above(Path.cwd())
    if bare and within is not None and (within / "assignments" / path.name / ASSIGNMENT_FILE).is_file():
        return _load(within, path.name)
    if not bare or course is None:
        folder = path.resolve()
        home = folder.parent.parent
        if folder.parent.name in ("assignments", "reference") and (home / "assignments" / folder.name / ASSIGNMENT_FILE).is_file():
            return _load(home, folder.name)
        if (folder / ASSIGNMENT_FILE).is_file():
            return find_assignment_here(folder)
    if not bare:
        raise UsageError(f"{path}: expected an assignment's name, or a folder that holds {ASSIGNMENT_FILE}, found neither.")
    within = within or find_course(Path.cwd())
    known = list_assignments(within)
    listed = f"expected one of {', '.join(known)}" if known else "there is none yet"
    raise UsageError(f"{within / 'assignments'} has no assignment {path}: {listed}.{_did_you_mean(path.name, known)}")


def _load(course: Path, name: str) -> Assignment:
    folder = (course / "assignments" / name).resolve()
    beside = (course / "reference" / name).resolve()
    reference = beside if beside.is_dir() else None
    shown = f"assignments/{name}/{ASSIGNMENT_FILE}"
    file = read_assignment_file(folder / ASSIGNMENT_FILE, shown=shown, name=name, reference=reference)
    return Assignment(**_fields(file), folder=folder, reference=reference)


def find_assignment_here(folder: Path) -> Assignment:
    """The assignment of a bundle that a student received: `folder` itself holds `assignment.toml`, and the student's files.

    Raises UsageError if it does not, and AssignmentError if the file is malformed.
    """
    if not (folder / ASSIGNMENT_FILE).is_file():
        raise UsageError(
            f"{folder} holds no {ASSIGNMENT_FILE}: go to the folder of the homework as you received it, or name that folder."
        )
    file = read_assignment_file(folder / ASSIGNMENT_FILE, shown=ASSIGNMENT_FILE, name=None)
    return Assignment(**_fields(file), folder=folder.resolve(), standalone=True)


def _fields(file: AssignmentFile) -> dict[str, Any]:
    return {field: getattr(file, field) for field in file.__struct_fields__}


def is_student_folder(folder: Path) -> bool:
    """Whether `folder` is a bundle as students receive it: the assignment's file and the public checks lie in it."""
    return (folder / ASSIGNMENT_FILE).is_file() and (folder / PUBLIC_CHECKS).is_file()


def find_course(start: Path) -> Path:
    """The nearest folder, from `start` upwards, that holds `assignments/` and `reference/`. Raises UsageError if there is none."""
    course = _course_above(start)
    if course is None:
        raise UsageError(
            f"{start.resolve()} lies in no course: expected a folder with assignments/ and reference/ here or above; "
            "go to the course's folder or name it with --course."
        )
    return course


def _course_above(start: Path) -> Path | None:
    here = start.resolve()
    return next((f for f in (here, *here.parents) if (f / "assignments").is_dir() and (f / "reference").is_dir()), None)


def list_assignments(course: Path) -> tuple[str, ...]:
    """The names of the course's assignments, sorted. Raises UsageError if the folder is no course."""
    folder = course / "assignments"
    if not folder.is_dir():
        raise UsageError(f"{course} is no course: expected a folder assignments/ in it, found none.")
    return tuple(sorted(path.parent.name for path in folder.glob(f"*/{ASSIGNMENT_FILE}")))


def _did_you_mean(word: str, known: Iterable[str]) -> str:
    known = list(known)
    near = difflib.get_close_matches(word, known, 1) or [name for name in known if name.startswith(word)]
    return f" Did you mean {near[0]}?" if near else ""
