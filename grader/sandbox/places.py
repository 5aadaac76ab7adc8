"""Where in a notebook the import is: in which of the declared sections, told by headings, not by cell numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from grader.flow import NO_SECTION, Section
from grader.messages import Unit

__all__ = ["Places"]

_COMMENT = re.compile(r"^[ \t]*(?:[rR]?(?:'''|\"\"\")[ \t]*)?(#+)[ \t]*(#*)[ \t=*~_#-]*(.*)$", re.MULTILINE)
_MAX_COMMENTS = 2_000


class Places:
    """Follows the import from heading to heading.

    A heading begins a section if it holds one of its phrases, as whole words, in any case. A heading below a section's own (`###` below
    `#`) does not end it: "### Sequential attempt" in the last part is still the last part. Where no text cell says where a section
    begins, as in a `.py` file, comments that begin with a phrase do. A file that a notebook was saved as holds its text cells as
    comments, headings as `# # Part 4`: where these name sections, a line of the text, `# Part 3 has shown`, is no heading.
    """

    def __init__(self, sections: Sequence[Section], units: Sequence[Unit]) -> None:
        self.patterns = [(section.name, [_pattern(phrase) for phrase in section.headings]) for section in sections]
        self.section = NO_SECTION
        self.level = 99
        self.by_comments = not any(self._named(text) for unit in units for _, text in unit.headings)
        self.seen = any(self._named(text) for unit in units for _, text in unit.headings)
        self.in_text_cells = self.by_comments and any(
            comment.of_a_text_cell and self._named(comment.text) for unit in units for comment in _comments(unit.source)
        )
        self._ahead: Iterator[_Comment] = iter(())
        self._next: _Comment | None = None

    def enter(self, unit: Unit) -> None:
        """Go past the headings before a unit."""
        self.reach(10**9)  # the end of the unit before
        for level, text in unit.headings:
            self._take(level, self._named(text))
        self._ahead = _comments(unit.source) if self.by_comments and self.patterns else iter(())
        self._next = next(self._ahead, None)

    def reach(self, line: int) -> None:
        """Go past the comments before a line of the unit."""
        while self._next is not None and self._next.line < line:
            comment = self._next
            if comment.of_a_text_cell or not self.in_text_cells:
                self._take(comment.level, self._named(comment.text, at_the_start=not comment.of_a_text_cell))
            self._next = next(self._ahead, None)

    def _take(self, level: int, name: str) -> None:
        if name and (level <= self.level or name == self.section):
            self.section, self.level, self.seen = name, min(level, self.level) if name == self.section else level, True

    def _named(self, text: str, *, at_the_start: bool = False) -> str:
        for name, patterns in self.patterns:
            for pattern in patterns:
                if pattern.match(text) if at_the_start else pattern.search(text):
                    return name
        return ""


def _pattern(phrase: str) -> re.Pattern[str]:
    """The phrase's words in that order, with anything but words between them."""
    words = r"[\W_]+".join(map(re.escape, re.findall(r"\w+", phrase)))
    return re.compile(rf"(?<![^\W_]){words}(?![^\W_])", re.IGNORECASE)


class _Comment(NamedTuple):
    line: int
    level: int
    text: str
    of_a_text_cell: bool  # `# # Part 4`: a heading that became a comment


def _comments(source: str) -> Iterator[_Comment]:
    """Each line that begins with `#`, in a comment or at the start of a line of text."""
    line, position = 1, 0
    for count, found in enumerate(_COMMENT.finditer(source)):
        if count >= _MAX_COMMENTS:
            return
        line += source.count("\n", position, found.start())
        position = found.start()
        yield _Comment(line, len(found[2]) or len(found[1]), found[3].strip(), bool(found[2]))
