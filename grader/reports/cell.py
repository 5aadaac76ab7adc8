"""A report in a notebook's cell: a small table of HTML, and the same as text."""

from __future__ import annotations

import html
import io

from rich.console import Console

from grader.messages import CheckResult, QuestionResult, Report
from grader.outcomes import Outcome
from grader.reports.safe import plain
from grader.reports.terminal import points, report_table
from grader.reports.trained import trained_lines

__all__ = ["report_html", "report_text", "sentence_html"]

_WIDTH = 100
_MARKS = {Outcome.PASSED: ("✓", "#1a7f37"), Outcome.NOT_ANSWERED: ("–", "#6e7781"), Outcome.NOT_GRADED: ("?", "#8250df")}
_WRONG = ("✗", "#cf222e")
# Jupyter's own style sheets align cells to the right, and MathJax sets whatever stands between dollar signs.
_TABLE = '<table class="tex2jax_ignore mathjax_ignore" style="border-collapse: collapse; text-align: left">'
_CELL = "text-align: left; vertical-align: top; padding: 0.2em 0.8em 0.2em 0; white-space: normal"
_WORDS = "margin: 0.1em 0 0.3em 1.2em; white-space: pre-wrap; font-family: monospace"


def report_text(report: Report) -> str:
    """What `grader check` prints, without colours."""
    target = io.StringIO()
    # left to itself, rich displays in a notebook what it is told to write to a file
    Console(file=target, width=_WIDTH, highlight=False, color_system=None, force_jupyter=False).print(report_table(report))
    return "\n".join(line.rstrip() for line in target.getvalue().splitlines()).strip("\n")


def report_html(report: Report) -> str:
    """A row a question; what is wrong stands under it. Every text is escaped: some of it is the student's."""
    rows = "".join(_row(question) for question in report.questions)
    left = f" ({points(report.not_graded)} more points are not checked here)" if report.not_graded else ""
    total = f"{points(report.score)} of {points(report.max_score)} points{left}"
    return f'{_TABLE}<tbody>{rows}<tr><td style="{_CELL}" colspan="3"><b>{total}</b></td></tr></tbody></table>'


def sentence_html(sentence: str) -> str:
    """One sentence in the place of a table."""
    return f'<p class="tex2jax_ignore mathjax_ignore">{_escaped(sentence)}</p>'


def _row(question: QuestionResult) -> str:
    score = f"{points(question.score)}/{points(question.max_score)}" if question.max_score else "–"
    details = "".join(_detail(check) for check in question.checks) or f"<div>{_escaped(question.note or 'nothing to check')}</div>"
    details += "".join(f"<div>{_escaped(line)}</div>" for line in trained_lines(question))
    cells = f"<b>{_escaped(question.id)}</b>", score, f"<div><b>{_escaped(question.title)}</b></div>{details}"
    return "<tr>" + "".join(f'<td style="{_CELL}">{cell}</td>' for cell in cells) + "</tr>"


def _detail(check: CheckResult) -> str:
    mark, colour = _MARKS.get(check.outcome, _WRONG)
    words = "" if check.outcome is Outcome.PASSED else f"{check.outcome.value.replace('_', ' ')}: "
    lines = [f'<div><span style="color: {colour}">{mark} {words}</span>{_escaped(check.title)}</div>']
    if check.outcome is not Outcome.PASSED:
        if check.message:
            lines.append(f'<div style="{_WORDS}">{_escaped(check.message)}</div>')
        if check.hint:
            lines.append(f'<div style="{_WORDS}">hint: {_escaped(check.hint)}</div>')
    return "".join(lines)


def _escaped(text: str) -> str:
    return html.escape(plain(text))
