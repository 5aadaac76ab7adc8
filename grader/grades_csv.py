"""`grades.csv`: one line a submission, for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from grader.messages import QuestionResult, Report
from grader.storage import write_atomically

__all__ = ["export_csv"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def export_csv(path: Path, reports: Sequence[Report]) -> None:
    """Write the grades, in UTF-8: id, score, max_score, not_graded, a column a question, notes.

    What could not be graded is an empty cell, never a zero. A text that a spreadsheet would take for a formula gets an apostrophe
    before it. The file is there whole or not at all; raises what `write_atomically` raises.
    """
    questions = tuple(dict.fromkeys(question.id for report in reports for question in report.questions))
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["id", "score", "max_score", "not_graded", *map(_text, questions), "notes"])
    for report in reports:
        results = {question.id: question for question in report.questions}
        writer.writerow(
            [
                _text(report.submission.id),
                _score(report),
                _number(report.max_score),
                _number(report.not_graded),
                *(_score(results[name]) if name in results else "" for name in questions),
                _text(" ".join(report.notes)),
            ]
        )
    write_atomically(path, table.getvalue().encode("utf-8", "backslashreplace"))


def _score(result: Report | QuestionResult) -> str:
    return "" if result.max_score == 0 and result.not_graded > 0 else _number(result.score)


def _number(value: float) -> str:
    return f"{value:.10g}"


def _text(text: str) -> str:
    line = " ".join(text.split())
    return f"'{line}" if text.startswith(_FORMULA) or line.startswith(_FORMULA) else line
