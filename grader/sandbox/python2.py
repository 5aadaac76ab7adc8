"""Python 2, told by the errors that it makes of itself here."""

from __future__ import annotations

import re

__all__ = ["is_python_2"]

_SAID = re.compile(
    r"Missing parentheses in call to '(?:print|exec)'|multiple exception types must be parenthesized"
    r"|leading zeros in decimal integer literals"
)
_LINE = re.compile(
    r"^\s*print\s*(?:>>|[\"'\w])|^\s*exec\s+[\"'\w]|^\s*except\b[^:(]*,\s*\w+\s*:|^\s*raise\s+\w+\s*,|<>|\bur[\"']|\b\d+[lL]\b"
    r"|`[^`]+`|^\s*def\s+\w+\([^)]*\([^)]*\)"
)
_NAMES = {"apply", "basestring", "cmp", "execfile", "long", "raw_input", "reduce", "unichr", "unicode", "xrange"}
_MODULES = {
    "ConfigParser",
    "Queue",
    "StringIO",
    "Tkinter",
    "__builtin__",
    "cPickle",
    "cStringIO",
    "commands",
    "urllib2",
    "urlparse",
}
_ATTRIBUTES = {"has_key", "iteritems", "iterkeys", "itervalues"}


def is_python_2(error: BaseException) -> bool:
    """Whether an exception is one that right Python 2 raises in Python 3."""
    match error:
        case SyntaxError():
            return bool(_SAID.search(error.msg or "") or _LINE.search(error.text or ""))
        case ModuleNotFoundError():
            return (error.name or "").partition(".")[0] in _MODULES
        case ImportError():
            return "izip" in (error.msg or "") or "imap" in (error.msg or "")
        case NameError():
            return error.name in _NAMES
        case AttributeError():
            return error.name in _ATTRIBUTES and isinstance(error.obj, dict)
    return False
