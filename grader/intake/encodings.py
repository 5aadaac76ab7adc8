"""Bytes of a source file into text, as editors here and there save them.

A byte-order mark decides; then the coding line of PEP 263; then UTF-8; then cp949, in which Korean Windows saves. What is none of
these is refused rather than misread: every file is valid Latin-1, so that is believed only where the file says so.
"""

from __future__ import annotations

import codecs
import re

import msgspec

from grader.errors import SubmissionError

__all__ = ["Text", "decode"]

_MARKS = (  # UTF-32's mark begins with that of UTF-16, so it is asked for first
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CODING = re.compile(rb"[ \t\f]*#[^\n]*?coding[:=][ \t]*([-\w.]+)")
_BLANK = re.compile(rb"[ \t\f]*(?:#[^\n]*)?\r?\Z")
# A coding line may name any codec that Python has; some are no encodings of text (rot13) or take quadratic time (punycode).
_BELIEVED = {
    *("ascii", "utf-8", "utf-8-sig", "iso8859-1", "iso8859-2", "iso8859-15", "cp1250", "cp1251", "cp1252", "koi8-r", "mac-roman"),
    *("cp949", "euc_kr", "johab", "cp932", "shift_jis", "euc_jp", "gb2312", "gbk", "gb18030", "big5", "cp950"),
}
_WIDER = {"euc_kr": "cp949", "shift_jis": "cp932", "gb2312": "gb18030", "gbk": "gb18030"}  # what Windows means by these names


class Text(msgspec.Struct, frozen=True):
    """A file's text with line ends as `\\n`. `guessed` names the encoding where the file did not say it, and is empty for UTF-8."""

    content: str
    guessed: str = ""


def decode(data: bytes, name: str) -> Text:
    """The text of the file `name`. Raises SubmissionError, with the line, for what is no text."""
    text, guessed = _decode(data, name)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise SubmissionError(f"{name}, line {line}: expected text, found a null byte: save the file as text in UTF-8.")
    return Text(text, guessed)


def _decode(data: bytes, name: str) -> tuple[str, str]:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            try:
                return data.decode(encoding), "" if encoding == "utf-8-sig" else encoding
            except UnicodeDecodeError as error:
                raise SubmissionError(
                    f"{name} begins like a file in {encoding.removesuffix('-sig')}, but its byte {error.start} is no text in it: "
                    "save the file as text in UTF-8."
                ) from error
    stated = _stated_encoding(data)
    for encoding in (stated or "utf-8", "utf-8", "cp949"):
        try:
            return data.decode(encoding), "" if encoding in (stated, "utf-8") else encoding
        except UnicodeDecodeError:
            continue
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found = f"found the byte 0x{data[error.start]:02x}"
        raise SubmissionError(f"{name}, line {line}: expected text in UTF-8, {found}: save the file as text in UTF-8.") from error
    raise AssertionError("text that is UTF-8 was decoded above")


def _stated_encoding(data: bytes) -> str | None:
    """What the coding line says, if there is one and it names an encoding of text. It counts in the first two lines alone."""
    for line in data[:2000].split(b"\n", 2)[:2]:
        if match := _CODING.match(line):
            try:
                name = codecs.lookup(match[1].decode("ascii")).name
            except (LookupError, ValueError):  # a name that Python does not know: the bytes themselves will tell
                return None
            return _WIDER.get(name, name) if name in _BELIEVED else None
        if not _BLANK.match(line):
            return None
    return None
