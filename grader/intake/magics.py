"""IPython's own syntax (`%matplotlib inline`, `!pip install`, `x = !ls`, `help?`) out of a cell, line for line.

Nothing of a student's is parsed here: a cell that is no Python has to come out as the same cell, so that its error names its own
line. A small scanner follows strings, brackets and continued lines, because `%` begins a magic only where a statement begins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["lines_in_text", "without_magics"]

# Cells with these are handed to something that is not this Python; under every other cell magic stands Python (%%time, %%capture).
_NOT_PYTHON = frozenset((
    *("bash", "cmd", "file", "script", "sh", "shell", "system", "sx", "writefile"),
    *("css", "html", "javascript", "js", "latex", "markdown", "svg", "typescript"),
    *("bigquery", "cpp", "cu", "cuda", "cython", "julia", "perl", "pypy", "python", "python2", "python3", "r", "ruby", "sql"),
))  # fmt: skip

_SUSPECT = re.compile(r"^[ \t]*[%!?]|=\s*[%!]|\?[ \t;]*$", re.MULTILINE)
_MAGIC = re.compile(r"[ \t]*[%!?]")
_TIMED = re.compile(r"([ \t]*)%time[ \t]+([^\s%!?-].*)")
_WRITTEN = re.compile(r"%%(?:writefile|file)[ \t]+(-a[ \t]+)?([\w./-]+\.py)[ \t]*\Z")
_HELP = re.compile(r"[ \t]*%{0,2}[A-Za-z_*][\w.*\[\]]*\?{1,2}[ \t]*;?[ \t]*\Z")
_ASSIGNED = re.compile(r"([ \t]*)([A-Za-z_][\w.]*)([ \t]*,[\w., \t]*)?[ \t]*=[ \t]*([%!])(?!=)")
_NEXT = re.compile(r"['\"#()\[\]{}\\]")


def without_magics(source: str) -> str:
    """The source with every magic made `pass` at its own indent, its text kept as a comment; the number of lines stays.

    `x = !command` binds an empty list, `x = %magic` None; `%time x = f()` is its statement. A cell of another language (`%%bash`)
    becomes comments; `%%writefile net.py` writes the file, for another cell may import it.
    """
    if not _SUSPECT.search(source):
        return source
    lines = source.split("\n")
    first = next((index for index, line in enumerate(lines) if line.strip()), 0)
    if written := _WRITTEN.match(lines[first]):
        content, mode = "\n".join([*lines[first + 1 :], ""]), "a" if written[1] else "w"
        write = f"with open({written[2]!r}, {mode!r}, encoding='utf-8') as _file: _file.write({content!r})"
        return "\n".join([*lines[:first], write, *(f"# {line}" for line in lines[first + 1 :])])
    if cell_magic := re.match(r"%%(\w+)", lines[first]):
        if cell_magic[1].lower() in _NOT_PYTHON:
            return "\n".join(f"# {line}" for line in lines)
        lines[first] = f"pass  # {lines[first]}"
    return "\n".join(_replaced(lines))


def lines_in_text(source: str) -> frozenset[int]:
    """The numbers, from 0, of the lines that begin inside a string of several lines."""
    state = _State()
    found = []
    for number, line in enumerate(source.split("\n")):
        if state.quote:
            found.append(number)
        state.read(line)
    return frozenset(found)


def _replaced(lines: list[str]) -> Iterator[str]:
    state = _State()
    in_magic = False
    for line in lines:
        if in_magic:
            yield f"# {line}"
        elif state.begins_statement and (replacement := _replacement(line)) is not None:
            yield replacement
            in_magic = True
        else:
            state.read(line)
            yield line
        in_magic = in_magic and line.rstrip().endswith("\\")


def _replacement(line: str) -> str | None:
    """What stands for a line that begins a statement; None where it can stay."""
    if timed := _TIMED.match(line):
        return f"{timed[1]}{timed[2]}"  # what it sets is wanted, how long it takes is not
    if _MAGIC.match(line) or _HELP.match(line):
        bare = line.lstrip(" \t")
        return f"{line[: len(line) - len(bare)]}pass  # {bare}"
    if assigned := _ASSIGNED.match(line):
        indent, target, more, kind = assigned.groups()
        bound = "pass" if more else f"{target} = {'[]' if kind == '!' else 'None'}"
        return f"{indent}{bound}  # {line.lstrip()}"
    return None


class _State:
    """Where a scan of Python stands at the end of a line: in which string, how deep in brackets, after a backslash."""

    def __init__(self) -> None:
        self.quote = ""
        self.depth = 0
        self.continued = False

    @property
    def begins_statement(self) -> bool:
        return not self.quote and self.depth == 0 and not self.continued

    def read(self, line: str) -> None:
        self.continued = False
        position = 0
        while position < len(line):
            position = self._in_string(line, position) if self.quote else self._in_code(line, position)
        if len(self.quote) == 1 and not self.continued:
            self.quote = ""  # a string that its line does not close: an error of the student's, for Python to tell

    def _in_string(self, line: str, position: int) -> int:
        while position < len(line):
            if line[position] == "\\":
                self.continued = position == len(line) - 1 and len(self.quote) == 1
                position += 2
            elif line.startswith(self.quote, position):
                position += len(self.quote)
                self.quote = ""
                return position
            else:
                ahead = [found for mark in (self.quote, "\\") if (found := line.find(mark, position)) >= 0]
                position = min(ahead, default=len(line))
        return position

    def _in_code(self, line: str, position: int) -> int:
        match = _NEXT.search(line, position)
        if match is None or match[0] == "#":
            return len(line)
        mark, start = match[0], match.start()
        if mark in "'\"":
            self.quote = mark * 3 if line.startswith(mark * 3, start) else mark
            return start + len(self.quote)
        if mark == "\\":
            self.continued = start == len(line) - 1
        elif mark in "([{":
            self.depth += 1
        else:
            self.depth = max(0, self.depth - 1)
        return start + 1
