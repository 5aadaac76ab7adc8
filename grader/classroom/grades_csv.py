"""`grades.csv`: one line a submission, or one a student where it is known who they are, for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from grader.classroom.whose import Row, columns_of
from grader.messages import QuestionResult, Report
from grader.storage import write_atomically

__all__ = ["export_csv"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def export_csv(path: Path, reports: Sequence[Report], rows: Sequence[Row] | None = None) -> None:
    """Write the grades, in UTF-8: id, score, max_score, not_graded, a column a question, notes.

    With `rows`, a line for each of them: id, name, e-mail and group of the student, their submission, its status ("graded", "not
    graded" or "no submission"), whether it was late; then the same columns as without.
    What could not be graded is an empty cell, never a zero. A text that a spreadsheet would take for a formula gets an apostrophe
    before it. The file is there whole or not at all; raises what `write_atomically` raises.
    """
    questions = tuple(dict.fromkeys(question.id for report in reports for question in report.questions))
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    people = ("id",) if rows is None else columns_of(rows)
    writer.writerow([*people, "score", "max_score", "not_graded", *map(_text, questions), "notes"])
    if rows is None:
        for report in reports:
            writer.writerow([_text(report.submission.id), *_grades(report, questions), _text(" ".join(report.notes))])
    else:
        by_id = {report.submission.id: report for report in reports}
        for row in rows:
            graded = by_id.get(row.submission)
            grades = _grades(graded, questions) if graded else [""] * (3 + len(questions))
            notes = [f"{row.note}."] * bool(row.note) + list(graded.notes if graded else ())
            writer.writerow([*_about(row, graded, people), *grades, _text(" ".join(notes))])
    write_atomically(path, table.getvalue().encode("utf-8", "backslashreplace"))


def _grades(report: Report, questions: Sequence[str]) -> list[str]:
    results = {question.id: question for question in report.questions}
    whole = [_score(report), _number(report.max_score), _number(report.not_graded)]
    return whole + [_score(results[name]) if name in results else "" for name in questions]


def _about(row: Row, report: Report | None, columns: Sequence[str]) -> list[str]:
    status = "no submission" if not row.submission else "graded" if report and _score(report) else "not graded"
    known = {
        "id": row.person.id,
        "name": row.person.name,
        "email": row.person.email,
        "group": row.person.group,
        "submission": row.submission,
        "status": status,
        "late": "late" if row.late else "",
    }
    return [_text(known[name]) for name in columns]


def _score(result: Report | QuestionResult) -> str:
    return "" if result.max_score == 0 and result.not_graded > 0 else _number(result.score)


def _number(value: float) -> str:
    return f"{value:.10g}"


def _text(text: str) -> str:
    line = " ".join(text.split())
    return f"'{line}" if text.startswith(_FORMULA) or line.startswith(_FORMULA) else line
