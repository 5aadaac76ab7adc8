"""A report for a terminal: for a student, what is wrong and why; for an instructor, a class at a glance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from grader.messages import CheckResult, QuestionResult, Report
from grader.outcomes import Outcome
from grader.reports.safe import plain, shown
from grader.reports.trained import trained_lines

__all__ = ["class_summary", "points", "report_table"]

_MAX_REASON = 100

STYLES = {
    Outcome.PASSED: "green",
    Outcome.FAILED: "red",
    Outcome.ERROR: "red",
    Outcome.TIMEOUT: "red",
    Outcome.OUT_OF_MEMORY: "red",
    Outcome.CRASHED: "red",
    Outcome.FORBIDDEN: "red",
    Outcome.NOT_ANSWERED: "dim",
    Outcome.BLOCKED: "yellow",
    Outcome.NOT_GRADED: "magenta",
}


def points(value: float) -> str:
    """12, 7.5, 0.25: points as people write them."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def report_table(report: Report) -> RenderableType:
    """The student's view: a row a question, and under it what is wrong with each check that did not pass."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, expand=False)
    table.add_column("question", no_wrap=True)
    table.add_column("points", justify="right", no_wrap=True)
    table.add_column("what", overflow="fold")
    for question in report.questions:
        if question.checks or question.not_graded:
            table.add_row(question.id, _score(question), Group(shown(question.title, "bold"), *_details(question)))
    total = Text(f"{points(report.score)} of {points(report.max_score)} points", "bold")
    if report.not_graded:
        total.append(f"  ({points(report.not_graded)} more points are not graded here)", "dim")
    notes = [shown(f"note: {note}", "yellow") for note in report.notes]
    return Group(table, total, *notes)


def _score(question: QuestionResult) -> Text:
    if question.not_graded and not question.max_score:
        return Text("–", STYLES[Outcome.NOT_GRADED])
    style = "green" if question.score >= question.max_score else "red" if any(_is_wrong(c) for c in question.checks) else "dim"
    return Text(f"{points(question.score)}/{points(question.max_score)}", style)


def _is_wrong(check: CheckResult) -> bool:
    return check.outcome not in (Outcome.PASSED, Outcome.NOT_ANSWERED)


def _details(question: QuestionResult) -> list[Text]:
    if not question.checks:
        return [shown(question.note or "not graded here", "dim")]
    if all(check.outcome is Outcome.NOT_ANSWERED for check in question.checks):
        return [Text("not answered yet", "dim")]
    lines: list[Text] = []
    for check in question.checks:
        if check.outcome is not Outcome.PASSED:
            lines += _lines(check)
    return [*lines, *(shown(line, "dim") for line in trained_lines(question))]


def _lines(check: CheckResult) -> list[Text]:
    head = Text.assemble((f"{check.outcome.value.replace('_', ' ')}: ", STYLES[check.outcome]), shown(check.title))
    lines = [head]
    if check.message and check.outcome is not Outcome.NOT_ANSWERED:
        lines.append(_indented(check.message))
    if check.hint:
        lines.append(_indented(f"hint: {check.hint}", "cyan"))
    return lines


def _indented(text: str, style: str = "") -> Text:
    return shown("\n".join(f"  {line}" for line in text.splitlines()), style)


def class_summary(reports: Sequence[Report], console: Console) -> None:
    """The instructor's view of a class: a row a submission, and what happened in its checks, or why there was nothing to check."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("submission", overflow="fold")
    table.add_column("points", justify="right", no_wrap=True)
    table.add_column("not graded", justify="right", no_wrap=True)
    table.add_column("checks that did not pass", overflow="fold")
    for report in sorted(reports, key=lambda r: r.submission.id):
        table.add_row(
            shown(report.submission.id),
            f"{points(report.score)}/{points(report.max_score)}",
            points(report.not_graded) if report.not_graded else "",
            _outcomes(report),
        )
    console.print(table)


def _outcomes(report: Report) -> Text:
    if report.not_graded and not report.max_score:
        return _why_not_graded(report)
    counts = Counter(check.outcome for question in report.questions for check in question.checks)
    counts.pop(Outcome.NOT_GRADED, None)  # a column of its own tells the points
    parts = [
        (f"{count} {outcome.value.replace('_', ' ')}", STYLES[outcome])
        for outcome, count in sorted(counts.items())
        if outcome is not Outcome.PASSED
    ]
    if not parts:
        return Text("none", "green") if counts else Text()
    text = Text()
    for i, (words, style) in enumerate(parts):
        text.append(", " if i else "").append(words, style)
    return text


def _why_not_graded(report: Report) -> Text:
    """What is said of every check of a submission that could not be read, the same of all; empty where there is no one reason."""
    checks = [check for question in report.questions for check in question.checks]
    reasons = {check.message for check in checks} or {question.note for question in report.questions}
    return Text(plain(" ".join(reasons.pop().split()), _MAX_REASON) if len(reasons) == 1 else "", STYLES[Outcome.NOT_GRADED])
