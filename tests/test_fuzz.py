"""Whatever is handed in is read, or refused in one sentence: no traceback, no hang, no file outside of the folder that it is run in.

A few hundred cases each time; GRADER_FUZZ_CASES=20000 runs as many (some minutes).
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from grader.errors import GraderError
from grader.homework.assignment import Assignment, load_assignment
from grader.intake.layouts import read_class
from grader.intake.people import read_roster
from grader.intake.submission import Found, read_submission
from grader.sandbox.sources import write_files
from tests.messy.notebook import v4
from tests.packing.making import device, hard_link, link, packed, tar, zip_of, zip_of_links
from tests.packing.traps import SHAPES, SUMS

CASES = int(os.environ.get("GRADER_FUZZ_CASES", "400"))
MOST_SECONDS = 10  # of processor time, for one case: a busy machine is no hang
KINDS = 4


def fuzz(test: Callable[..., None]) -> Callable[..., None]:
    """This test's share of the cases: the same ones in every run of so many."""
    return settings(
        max_examples=max(1, CASES // KINDS),
        deadline=None,
        database=None,
        derandomize=True,
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )(test)


# --- what must not happen ---------------------------------------------------------------------------------------------------------


class _Watch:
    """Hears of every file that this process opens to write, makes, moves or removes, while it is told to listen."""

    def __init__(self) -> None:
        self.allowed: Path | None = None
        self.listening = False
        self.trespasses: list[str] = []
        sys.addaudithook(self.hear)  # for good: a hook cannot be taken back

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.listening:
            return
        if event == "open":
            path, mode, flags = arguments
            writes = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND) if isinstance(flags, int) else mode
            touched = [path] if writes else []
        elif event in ("os.mkdir", "os.remove", "os.rmdir", "os.truncate", "os.chmod", "os.mkfifo"):
            touched = [arguments[0]]
        elif event in ("os.rename", "os.link", "os.symlink", "shutil.move", "shutil.copyfile"):
            touched = list(arguments[:2])
        elif event in ("subprocess.Popen", "os.system", "socket.connect"):
            touched = [event]
        else:
            return
        self.trespasses += [f"{event}: {path}" for path in touched if not self._is_allowed(path)]

    def _is_allowed(self, path: object) -> bool:
        if self.allowed is None or not isinstance(path, (str, bytes, os.PathLike)):
            return False
        return Path(os.path.realpath(os.fsdecode(path))).is_relative_to(self.allowed)

    @contextmanager
    def nothing_written(self, *, but_in: Path | None = None) -> Iterator[None]:
        self.allowed, self.trespasses, self.listening = but_in, [], True
        try:
            yield
        finally:
            self.listening = False
        assert not self.trespasses


@pytest.fixture(scope="module")
def watch() -> _Watch:
    return _Watch()


@contextmanager
def no_hang() -> Iterator[None]:
    """Fail after too much processor time; only a main thread can be told."""
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return

    def ring(*_: object) -> None:
        raise AssertionError(f"one case took more than {MOST_SECONDS} s of processor time")

    handler = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, handler)


@pytest.fixture(scope="module")
def toy() -> Assignment:
    return load_assignment("toy", Path(__file__).parent / "toy_course")


def demand_one_sentence(error: GraderError) -> None:
    """What a report can show: on one line, of a readable length, without a control character."""
    text = str(error)
    assert 10 < len(text) < 5_000
    assert "\n" not in text
    assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for char in text), ascii(text)


class _Depth:
    """How far the cases of one kind got: a case that is refused at its first byte tries nothing behind it."""

    def __init__(self) -> None:
        self.cases = 0
        self.read = 0  # with a module to run at the end
        self.wanted = ""  # made of a file with this suffix

    def share(self) -> float:
        return self.read / max(1, self.cases)


@pytest.fixture
def depth(request: pytest.FixtureRequest) -> Iterator[_Depth]:
    """A kind of cases, of which a good share has to be read to the end."""
    counted = _Depth()
    yield counted
    print(f"{request.node.name}: {counted.cases} cases, {counted.read} of them ({counted.share():.0%}) read to the end")
    if counted.cases >= 50:
        assert counted.share() >= 0.2


def hand_in(files: dict[str, bytes], toy: Assignment, watch: _Watch, tmp_path: Path, depth: _Depth) -> None:
    """Put the files into a class's folder, and do with them all that is done before student code runs."""
    depth.cases += 1
    school, work = tmp_path / "class", tmp_path / "work"
    for folder in (school, work):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    for name, content in files.items():
        path = school / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    with no_hang():
        with watch.nothing_written():
            found: Sequence[Found] = ()
            try:
                found = read_class([school], toy).found
            except GraderError as error:
                demand_one_sentence(error)
            submissions = []
            for each in found:
                assert Path(each.id).name == each.id
                try:
                    submissions.append(read_submission(each, toy))
                except GraderError as error:
                    demand_one_sentence(error)
        depth.read += any(module.file.endswith(depth.wanted) for submission in submissions for module in submission.modules)
        for number, submission in enumerate(submissions):
            assert all(note and "\n" not in note for note in submission.notes)
            submission.digest.encode("ascii")
            scratch = (work / str(number)).resolve()
            scratch.mkdir()
            here = os.getcwd()
            os.chdir(scratch)
            try:
                with watch.nothing_written(but_in=scratch):
                    write_files(tuple(submission.files.items()))
            finally:
                os.chdir(here)


# --- what is handed in ------------------------------------------------------------------------------------------------------------

CODE = st.sampled_from([SHAPES, SUMS, SHAPES + SUMS, "x = 1\n", "%matplotlib inline\n!ls\nx?\n", "raise NotImplementedError\n", ""])
TEXT = st.one_of(CODE, st.text(max_size=60))
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXT)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(["cells", "source", "input", "a"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@st.composite
def damaged(draw: st.DrawFn, whole: st.SearchStrategy[bytes]) -> bytes:
    """More often than not as it is; else with bytes changed, put in, taken out, or cut off."""
    data = bytearray(draw(whole))
    for _ in range(draw(st.sampled_from([0, 0, 0, 0, 0, 0, 1, 1, 2, 4]))):
        position = draw(st.integers(0, len(data)))
        match draw(st.sampled_from(["change", "insert", "delete", "cut", "repeat"])):
            case "change":
                data[position : position + 1] = draw(st.binary(min_size=1, max_size=4))
            case "insert":
                data[position:position] = draw(
                    st.one_of(st.binary(max_size=8), st.sampled_from([b"\0", b"\xff\xfe", b"[" * 5000, b"PK\5\6", b"\xef\xbb\xbf"]))
                )
            case "delete":
                del data[position : position + draw(st.integers(1, 40))]
            case "cut":
                del data[position:]
            case _:
                data[position:position] = data[max(0, position - 30) : position] * 3
    return bytes(data)


@st.composite
def notebook(draw: st.DrawFn) -> bytes:
    """JSON that is a notebook of some version, its further fields anything; or one with fields that are anything where it matters."""
    anything = draw(st.integers(0, 5)) == 5
    odd = JSON if anything else st.nothing()
    source = st.one_of(TEXT, st.lists(TEXT, max_size=3), odd)
    kind = st.one_of(st.sampled_from(["code", "code", "code", "markdown", "raw", "heading"]), odd)
    said = st.fixed_dictionaries({"cell_type": kind}, optional={"source": source, "input": source})
    whole = st.fixed_dictionaries({"cell_type": kind, "source": source, "input": source})
    further = st.dictionaries(
        st.sampled_from(["outputs", "metadata", "execution_count", "attachments", "language", "id"]), JSON, max_size=3
    )
    cell = st.tuples(further, said if anything else whole).map(lambda parts: parts[0] | parts[1])
    cells = st.one_of(st.lists(st.one_of(cell, cell, odd), max_size=5), odd)
    sheets = st.one_of(st.lists(st.fixed_dictionaries({"cells": cells}, optional={"metadata": JSON}), min_size=1, max_size=2), odd)
    versions = st.one_of(
        st.fixed_dictionaries({"nbformat": st.just(4), "cells": cells}),
        st.fixed_dictionaries({"nbformat": st.just(3), "worksheets": sheets}),
        st.fixed_dictionaries({"nbformat": st.sampled_from([4, 3, 2, 5])}, optional={"cells": cells, "worksheets": sheets})
        if anything
        else st.nothing(),
        odd,
    )
    made = draw(versions)
    if isinstance(made, dict):
        made |= draw(st.dictionaries(st.sampled_from(["metadata", "nbformat_minor", "signature"]), JSON, max_size=2))
    text = json.dumps(made, ensure_ascii=draw(st.booleans()), indent=draw(st.sampled_from([None, 1])))
    return text.encode(draw(st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16"])), "surrogatepass")


ENCODINGS = [
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "utf-16-be",
    "utf-32",
    "cp949",
    "euc-kr",
    "johab",
    "latin-1",
    "cp1252",
    "shift_jis",
    "gb18030",
    "big5",
]
CODINGS = [
    "",
    "# -*- coding: {} -*-\n",
    "#!/usr/bin/python\n# vim: set fileencoding={} :\n",
    "\n\n# coding: {}\n",
    "# coding={}\r\n",
    "'''\n# coding: {}\n'''\n",
]
NAMES_OF_CODINGS = [*ENCODINGS, "rot13", "punycode", "idna", "unicode_escape", "zlib", "hex", "undefined", "mbcs", "", "é"]


@st.composite
def source_file(draw: st.DrawFn) -> bytes:
    """A program in some encoding, that says so, or says another one."""
    text = draw(st.sampled_from(CODINGS)).format(draw(st.sampled_from(NAMES_OF_CODINGS)))
    text += draw(st.sampled_from(["", "# 넓이\n", "s = 'café €'\n", "# 表\n", "x = '\\ud800'\n"])) + draw(TEXT) + draw(CODE)
    ends = draw(st.sampled_from(["\n", "\r\n", "\r", "\x0c\n", "\u2028"]))
    return text.replace("\n", ends).encode(
        draw(st.sampled_from(ENCODINGS)), draw(st.sampled_from(["replace", "ignore", "backslashreplace"]))
    )


OWN_NAMES = [
    "shapes.py",
    "sums.py",
    "toy.ipynb",
    "shapes (2).py",
    "toy_final.ipynb",
    "과제.py",
    "__MACOSX/._shapes.py",
    "x.png",
    "hw/",
    "test_x.py",
]
BAD_NAMES = [
    "../sums.py",
    "/etc/passwd",
    "..\\sums.py",
    "C:\\x.py",
    "a/../../b.py",
    "con.py",
    "a" * 300 + ".py",
    "",
    ".",
    "..",
    "/",
    "a\nb.py",
    "\x1b[2J.py",
    "é" * 130,
]
PART = st.sampled_from([*OWN_NAMES, *BAD_NAMES, "hw", "a", "old", "lib"])
MEMBER_NAMES = st.one_of(PART, st.lists(PART, min_size=2, max_size=12).map("/".join), st.text(max_size=20))
CONTENTS = st.one_of(CODE.map(str.encode), st.binary(max_size=40), notebook(), source_file())
ANSWERS = st.sampled_from([SHAPES.encode(), (SHAPES + SUMS).encode("utf-16"), v4([("code", SHAPES), ("code", SUMS)])])


def _without_nul(name: str) -> str:
    """What zipfile and tarfile can be told to write; damage brings the rest."""
    return name.replace("\0", "").encode("utf-8", "replace").decode()[:200] or "x"


@st.composite
def archive(draw: st.DrawFn, depth: int = 3) -> bytes:
    """A zip or tar of files with any names, and of archives, links and devices."""
    inner = [CONTENTS, CONTENTS, damaged(archive(depth - 1))] if depth else [CONTENTS]
    members: dict[str, str | bytes] = {}
    for name, content in draw(st.lists(st.tuples(MEMBER_NAMES, st.one_of(inner)), max_size=5)):
        suffix = (
            draw(st.sampled_from([".zip", ".tar.gz", ".tgz", ".tar", ".py.gz", ".7z"]))
            if content[:2] in (b"PK", b"\x1f\x8b")
            else ""
        )
        members[_without_nul(name) + suffix] = content
    if draw(st.integers(0, 9)) < 7:  # or else hardly any would hold something to grade
        members[draw(st.sampled_from(["shapes.py", "hw1/sums.py", "hw/a/toy.ipynb", "과제 (2).py"]))] = draw(ANSWERS)
    kind = draw(st.sampled_from(["zip", "stored", "links", "gz", "bz2", "xz", "", "gnu", "gzip"]))
    if kind in ("zip", "stored"):
        return zip_of(members, method=zipfile.ZIP_STORED if kind == "stored" else zipfile.ZIP_DEFLATED)
    if kind == "links":
        return zip_of_links(members, {"losses.py": "/etc/passwd", "up": ".."})
    if kind == "gzip":
        return packed(draw(CONTENTS), "gz")
    odd = [link("l.py", "/etc"), hard_link("h.py", "../x"), device("d")] if draw(st.booleans()) else []
    form = tarfile.GNU_FORMAT if kind == "gnu" else tarfile.PAX_FORMAT
    return tar(members, *odd, kind="" if kind == "gnu" else kind, form=form)


# --- the cases --------------------------------------------------------------------------------------------------------------------


@fuzz
@given(
    name=st.sampled_from(["toy.ipynb", "hw1/toy.ipynb", "toy.ipynb", "kim.ipynb"]),
    content=damaged(notebook()),
    beside=st.booleans(),
)
def test_any_notebook(
    toy: Assignment, watch: _Watch, tmp_path: Path, depth: _Depth, name: str, content: bytes, beside: bool
) -> None:
    """Fields of other types, versions that nobody writes, cut off, in other encodings."""
    depth.wanted = ".ipynb"
    hand_in({name: content, **({"hw1/sums.py": SUMS.encode()} if beside else {})}, toy, watch, tmp_path, depth)


@fuzz
@given(
    name=st.sampled_from(["kim.zip", "kim.tar.gz", "kim.tgz", "kim.tar", "kim.txz", "kim.tar.bz2", "lee/hw.zip"]),
    content=damaged(archive()),
)
def test_any_archive(toy: Assignment, watch: _Watch, tmp_path: Path, depth: _Depth, name: str, content: bytes) -> None:
    """Names that lead out, links, archives in archives, sizes that lie, under a suffix that is another format's."""
    hand_in({name: content}, toy, watch, tmp_path, depth)


@fuzz
@given(name=st.sampled_from(["shapes.py", "hw1/sums.py", "kim.py"]), content=damaged(source_file()))
def test_any_text(toy: Assignment, watch: _Watch, tmp_path: Path, depth: _Depth, name: str, content: bytes) -> None:
    """Encodings that are said, not said, wrong, or none."""
    hand_in({name: content}, toy, watch, tmp_path, depth)


CLASS_NAMES = [
    *("kim_12_34_shapes.py", "kim_LATE_12_35_sums-1.py", "kim_12_36_sums-2.py", "lee_13_37_hw.zip", "lee_13_38_text.html"),
    *(
        "Kim A_99_assignsubmission_file_/shapes.py",
        "Lee_98_assignsubmission_onlinetext_/o.html",
        "Lee_98_assignsubmission_file_x.py",
    ),
    *("hw-a/.git/HEAD", "hw-b/.git/HEAD", "hw-a/sums.py", "submission_1/sums.py", "submission_2/x.zip"),
]
METADATA = (
    b"submission_1:\n  :submitters:\n  - :name: Kim\n    :sid: '1'\n  :x: &a [*a, {b: c}]\n"
    b"submission_2: {a: !!python/name:os.system ''}\n"
)
ROSTERS = [b"id,name,group\n1,Kim,A\n2,Lee,A\n", "학번;이름\n1;김\n".encode("cp949"), b'"id\n']


def canvas_name(text: str) -> str:
    return f"n{text}_12_{len(text) + 10}_s.py"


@fuzz
@given(
    names=st.lists(
        st.one_of(
            st.sampled_from(CLASS_NAMES),
            st.text(st.characters(exclude_characters="/\0", codec="utf-8"), min_size=1, max_size=30).map(canvas_name),
        ),
        max_size=6,
        unique=True,
    ),
    metadata=st.one_of(st.none(), damaged(st.just(METADATA))),
    roster=damaged(st.sampled_from(ROSTERS)),
    content=CONTENTS,
)
def test_any_class(
    toy: Assignment,
    watch: _Watch,
    tmp_path: Path,
    depth: _Depth,
    names: list[str],
    metadata: bytes | None,
    roster: bytes,
    content: bytes,
) -> None:
    """Layouts mixed, metadata and rosters damaged."""
    files = {name: content for name in names if len(name.encode()) < 200}
    if metadata is not None:
        files["submission_metadata.yml"] = metadata
    hand_in(files, toy, watch, tmp_path, depth)
    (tmp_path / "roster.csv").write_bytes(roster)
    with watch.nothing_written(), no_hang():
        try:
            assert read_roster(tmp_path / "roster.csv").people
        except GraderError as error:
            demand_one_sentence(error)


def test_the_watch_hears_of_what_is_written(watch: _Watch, tmp_path: Path) -> None:
    """A guard that hears nothing would pass every case."""
    (tmp_path / "work").mkdir()
    with pytest.raises(AssertionError, match="open: "), watch.nothing_written():
        (tmp_path / "x").write_text("x")
    with pytest.raises(AssertionError, match="open: "), watch.nothing_written(but_in=tmp_path / "work"):
        (tmp_path / "work/../x").write_text("x")
    with pytest.raises(AssertionError, match=r"os\.symlink: "), watch.nothing_written(but_in=tmp_path / "work"):
        (tmp_path / "link").symlink_to("/etc")
    with watch.nothing_written(but_in=tmp_path / "work"):
        (tmp_path / "work/x").write_text("x")
