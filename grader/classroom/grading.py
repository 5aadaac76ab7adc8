"""Grading a class: discover, skip what is graded already, grade the rest, write everything down as it comes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from grader.classroom.dispatch import grade_all
from grader.classroom.gradebook import Gradebook
from grader.classroom.grades_csv import export_csv
from grader.classroom.place import BOOK, GRADES, demand_place, make_place
from grader.classroom.whose import rows_of
from grader.errors import GraderError, MachineLacks, SubmissionError
from grader.homework.assignment import Assignment
from grader.intake.layouts import Layout, read_class
from grader.intake.people import Roster
from grader.intake.submission import Found, read_submission
from grader.messages import Environment, QuestionResult, Report, SubmissionInfo
from grader.storage import write_atomically
from grader.training.setup import Setup

__all__ = ["Grades", "grade_class"]


class Grades(msgspec.Struct, frozen=True):
    """What a run of `grade` came to: every submission's latest report, how many were graded anew, and what trainings ran with."""

    reports: tuple[Report, ...]
    graded: int
    folder: Path
    training: Setup | None = None


def grade_class(
    assignment: Assignment,
    paths: Sequence[Path],
    out: Path,
    *,
    jobs: int,
    lock_in: bool = True,
    redo: bool = False,
    layout: Layout = "auto",
    roster: Roster | None = None,
    training: Setup | Callable[[], Setup | None] | None = None,
    on_progress: Callable[[Found, str], None] = lambda found, text: None,
    on_found: Callable[[str], None] = lambda sentence: None,
    on_begin: Callable[[int, int], None] = lambda todo, done: None,
    on_report: Callable[[Report], None] = lambda report: None,
) -> Grades:
    """Grade the submissions in `paths` into the folder `out`.

    `training`: what trainings run with, or what prepares that, which is called when it is certain that there is something to grade and a
    place for it; without it, their points are not graded.
    `layout` says how the class's folder is made, and `roster` whose the submissions may be. `on_found` is called with each sentence
    about what was found where, `on_begin(to grade, graded already)` once, `on_report` after each report is on disk. Raises `UsageError`
    for paths that hold nothing and for a folder `out` that cannot be taken, and what collecting the checks raises; no report is written
    then.
    """
    school = read_class(paths, assignment, layout)
    found = school.found
    whose = rows_of(found, roster)
    demand_place(out, assignment, found)
    for sentence in (*school.told, *(whose.told if whose else ())):
        on_found(sentence)
    setup = training() if callable(training) else training
    make_place(out)
    with Gradebook(out / BOOK) as book:
        known = {} if redo else _graded_already(book, assignment, found, setup)
        for report in known.values():
            _write_report(out, report)
        todo = [f for f in found if f.id not in known]
        on_begin(len(todo), len(known))

        def keep(_: Found, report: Report) -> None:
            _write_report(out, report)
            book.record(report)
            on_report(report)

        if todo:
            grade_all(
                assignment, todo, keep, jobs=jobs, lock_in=lock_in, training=setup,
                on_lost=lambda f: _lost(assignment, f), on_progress=on_progress,
            )  # fmt: skip
        wanted = {f.id for f in found}
        reports = tuple(report for report in book.latest(assignment.name) if report.submission.id in wanted)
    export_csv(out / GRADES, reports, whose.rows if whose else None)
    return Grades(reports, len(todo), out, setup)


def _graded_already(book: Gradebook, assignment: Assignment, found: Sequence[Found], training: Setup | None) -> dict[str, Report]:
    """The reports of submissions that have not changed since, by the same checks and the same harness."""
    latest = {report.submission.id: report for report in book.latest(assignment.name)}
    if not latest:
        return {}
    from grader.runner import grading_digest, harness_digest, unreadable_digest

    digest, harness = grading_digest(assignment, training), harness_digest()
    known = {}
    for submission in found:
        if submission.id not in latest:
            continue
        try:
            submitted = read_submission(submission, assignment).digest
        except (SubmissionError, MachineLacks) as error:
            submitted = unreadable_digest(error)
        report = book.find(assignment.name, submission.id, submitted, digest, harness)
        if report is not None:
            known[submission.id] = report
    return known


def _write_report(out: Path, report: Report) -> None:
    folder = out / report.submission.id
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise GraderError(f"{folder} cannot be made ({error.strerror}): check the folder of reports.") from error
    data = msgspec.json.format(msgspec.json.encode(report), indent=2)
    path = folder / "report.json"
    if not path.is_file() or path.read_bytes() != data:
        write_atomically(path, data, durable=False)  # the gradebook has it as well


def _lost(assignment: Assignment, found: Found) -> Report:
    """The report of a submission under which the grading process itself died, twice: not the student's doing as far as anyone knows."""
    questions = tuple(
        QuestionResult(q.id, q.title, 0.0, 0.0, (), not_graded=q.points, note="the grading process died")
        for q in assignment.questions
    )
    return Report(
        assignment=assignment.name,
        submission=SubmissionInfo(found.id, "", ()),
        score=0.0,
        max_score=0.0,
        not_graded=assignment.max_score,
        questions=questions,
        environment=Environment("", "", (), 0, {}, {}),
        notes=("not graded: the grading process died while at it, twice. This is the harness' fault; grade it again with --redo.",),
    )
