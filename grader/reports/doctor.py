"""`grader doctor` on a terminal."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from grader.doctor import examine
from grader.reports.safe import shown
from grader.sandbox.plan import Layer

__all__ = ["show_doctor"]

_STYLE = {"yes": "green", "no": "red", "partly": "yellow"}


def show_doctor() -> int:
    """Show what was found; returns 1 if student code cannot be locked in here."""
    console = Console(highlight=False)
    with console.status("looking at this machine"):
        findings = examine()
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("", "what", "there", "detail"):
        table.add_column(name, overflow="fold")
    topic = ""
    for finding in findings:
        table.add_row(
            "" if finding.topic == topic else finding.topic,
            finding.name,
            f"[{_STYLE[finding.status]}]{finding.status}",
            shown(finding.detail),
        )
        topic = finding.topic
    console.print(table)
    held = {finding.name for finding in findings if finding.topic == "isolation" and finding.status == "yes"}
    if held & {Layer.NAMESPACES, Layer.LANDLOCK}:
        console.print("`grader grade` locks student code in on this machine.", style="green")
        return 0
    console.print(
        "`grader grade` refuses to run here: neither namespaces nor Landlock hold; see docs/trust-boundary.md.", style="red"
    )
    return 1
