"""Student text made safe for a terminal: no control characters, no markup, no line that a CI system takes for a command."""

from __future__ import annotations

import re

from rich.text import Text

__all__ = ["plain", "shown"]

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_WORKFLOW = re.compile(r":(?=:)|#(?=#\[)")  # wherever it stands: a terminal breaks lines, and so makes beginnings of lines


def plain(text: str, limit: int = 2_000) -> str:
    """The text without control characters (ANSI codes, direction overrides), shortened, and with `::` and `##[` broken up."""
    clean = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))
    clean = _WORKFLOW.sub("\\g<0>\N{ZERO WIDTH SPACE}", clean)
    return clean if len(clean) <= limit else clean[:limit] + " …"


def shown(text: str, style: str = "") -> Text:
    """The text as rich shows it, whatever brackets stand in it."""
    return Text(plain(text), style=style)
