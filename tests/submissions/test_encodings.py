"""`grader.intake.encodings`: bytes of a source file into text."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.errors import SubmissionError
from grader.intake.encodings import decode

KOREAN = "# 합성곱 신경망\nx = '값'\n"
STATED = "#!/usr/bin/python\n# vim: set fileencoding=euc-kr :\nx = '값'\n"


@pytest.mark.parametrize(
    ("data", "text", "guessed"),
    [
        (KOREAN.encode(), KOREAN, ""),
        (codecs.BOM_UTF8 + KOREAN.encode(), KOREAN, ""),
        (KOREAN.encode("cp949"), KOREAN, "cp949"),
        (b"# -*- coding: cp949 -*-\n" + KOREAN.encode("cp949"), f"# -*- coding: cp949 -*-\n{KOREAN}", ""),
        (STATED.encode("euc-kr"), STATED, ""),
        (b"# coding: latin-1\nx = '\xe9'\n", "# coding: latin-1\nx = 'é'\n", ""),
        (KOREAN.encode("utf-16"), KOREAN, "utf-16"),
        (codecs.BOM_UTF16_BE + KOREAN.encode("utf-16-be"), KOREAN, "utf-16"),
        (KOREAN.encode("utf-32"), KOREAN, "utf-32"),
        (b"x = 1\r\ny = 2\rz = 3\n", "x = 1\ny = 2\nz = 3\n", ""),
        (b"", "", ""),
    ],
)
def test_each_way_of_saving_is_read(data: bytes, text: str, guessed: str) -> None:
    """Byte-order marks, coding lines, UTF-8 and cp949; only what the file does not say itself is called a guess."""
    read = decode(data, "losses.py")
    assert (read.content, read.guessed) == (text, guessed)


def test_a_coding_line_that_is_wrong_does_not_lose_the_file() -> None:
    """Editors leave "coding: utf-8" on top of files that they save in cp949."""
    read = decode(b"# -*- coding: utf-8 -*-\n" + KOREAN.encode("cp949"), "losses.py")
    assert (read.content, read.guessed) == (f"# -*- coding: utf-8 -*-\n{KOREAN}", "cp949")


@pytest.mark.parametrize("codec", ["rot13", "punycode", "unicode_escape", "hex", "idna", "undefined", "no-such-codec", "utf-7"])
def test_a_coding_line_cannot_choose_a_codec_that_is_no_encoding_of_text(codec: str) -> None:
    """What Python's registry knows besides is not used: the file is UTF-8."""
    source = f"# coding: {codec}\nx = '값'\n"
    assert decode(source.encode(), "losses.py").content == source


def test_a_coding_line_counts_in_the_first_two_lines_alone() -> None:
    """Python ignores it further down and after code, and so does this."""
    late = "x = 1\n# coding: latin-1\ny = 'é'\n"
    assert decode(late.encode(), "losses.py").content == late
    assert decode(f"\n\n{late}".encode(), "losses.py").content == f"\n\n{late}"


def test_bytes_that_are_no_text_are_told_with_their_line() -> None:
    """The file, the line, the byte and what to do."""
    with pytest.raises(SubmissionError) as caught:
        decode(b"x = 1\ny = '\xff\xfe'\n", "losses.py")
    assert str(caught.value) == "losses.py, line 2: expected text in UTF-8, found the byte 0xff: save the file as text in UTF-8."


def test_null_bytes_are_told_with_their_line() -> None:
    """UTF-16 without its mark looks like this."""
    with pytest.raises(SubmissionError) as caught:
        decode(b"x = 1\r\ny = \x00\n", "losses.py")
    assert str(caught.value) == "losses.py, line 2: expected text, found a null byte: save the file as text in UTF-8."


def test_a_broken_utf_16_file_is_told() -> None:
    """A mark that promises what does not follow."""
    with pytest.raises(SubmissionError) as caught:
        decode(codecs.BOM_UTF16_LE + b"x\x00\x00\xd8", "losses.py")
    assert str(caught.value) == (
        "losses.py begins like a file in utf-16, but its byte 4 is no text in it: save the file as text in UTF-8."
    )


@given(
    text=st.text(st.characters(codec="cp949", exclude_characters="\0\r"), min_size=1).filter(lambda text: "coding" not in text),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
)
def test_what_was_saved_is_what_is_read(text: str, encoding: str) -> None:
    """Any text survives each encoding that says what it is."""
    assert decode(text.encode(encoding), "losses.py").content == text.removeprefix("\ufeff" if encoding == "utf-8" else "")


@given(data=st.binary(max_size=200))
def test_any_bytes_are_text_or_a_sentence(data: bytes) -> None:
    """There is no third way out, and text has no null bytes and no carriage returns."""
    try:
        text = decode(data, "losses.py").content
    except SubmissionError as error:
        assert str(error).startswith("losses.py")  # noqa: PT017 - both ways out are right
    else:
        assert not {"\0", "\r"} & set(text)
