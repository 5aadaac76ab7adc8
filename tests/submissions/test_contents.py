"""`grader.intake.contents`: what lies in a folder or a zip, however it was packed, and nothing outside of it."""

from __future__ import annotations

import io
import os
import stat
import unicodedata
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.errors import MachineLacks, SubmissionError
from grader.intake.contents import MAX_NAMES_A_FOLDER, open_contents, readable_name, size_text

Zip = Callable[[str, Mapping[str, str | bytes]], Path]


def listing(path: Path) -> list[str]:
    with open_contents(path) as contents:
        return [entry.name for entry in contents.entries]


def notes(path: Path) -> tuple[str, ...]:
    with open_contents(path) as contents:
        return contents.notes


def read_all(path: Path, limit: int = 1000) -> dict[str, bytes]:
    with open_contents(path) as contents:
        return {entry.name: entry.read(limit) for entry in contents.entries}


def failure(path: Path, limit: int = 1000) -> str:
    with pytest.raises(SubmissionError) as caught:
        read_all(path, limit)
    return str(caught.value)


def patched(path: Path, old: bytes, new: bytes) -> Path:
    """The file with some bytes replaced everywhere."""
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new))
    return path


# --- folders ----------------------------------------------------------------------------------------------------------------------


def test_a_folder_is_listed_nearest_first_and_in_order(tmp_path: Path) -> None:
    """The order is that of names, level by level, and not the file system's."""
    for name in ("b/z.py", "b/a.py", "a/deep/x.py", "c.py", "a.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    assert listing(tmp_path) == ["a.py", "c.py", "b/a.py", "b/z.py", "a/deep/x.py"]
    assert read_all(tmp_path)["a/deep/x.py"] == b"a/deep/x.py"


def test_what_systems_and_editors_leave_is_ignored(tmp_path: Path) -> None:
    """Hidden files, caches, version control, checkpoints, environments."""
    ignored = (".DS_Store", "__MACOSX/._a.py", "__pycache__/a.pyc", ".git/HEAD", ".ipynb_checkpoints/a.ipynb", "Thumbs.db")
    for name in (*ignored, "venv/pyvenv.cfg", "venv/lib/a.py", "node_modules/a.py", "a.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    assert listing(tmp_path) == ["a.py"]
    assert notes(tmp_path) == ()


def test_links_are_never_followed(tmp_path: Path) -> None:
    """Neither a link to a file outside, nor to a folder outside, nor one to itself."""
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "answers.py").write_text("secret")
    folder = tmp_path / "kim"
    folder.mkdir()
    (folder / "a.py").write_text("")
    (folder / "losses.py").symlink_to(secret / "answers.py")
    (folder / "lib").symlink_to(secret)
    (folder / "loop").symlink_to(folder)
    assert listing(folder) == ["a.py"]
    assert notes(folder) == ("Left out: lib and 2 others (a link).",)


def test_a_submission_that_is_a_link_itself_is_refused(tmp_path: Path) -> None:
    """A link in a class's folder could lead to anybody's work."""
    (tmp_path / "kim.py").write_text("")
    (tmp_path / "lee.py").symlink_to(tmp_path / "kim.py")
    assert failure(tmp_path / "lee.py") == "lee.py is a link: expected the files themselves: hand in a copy."


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    """Reading one would wait forever."""
    os.mkfifo(tmp_path / "losses.py")
    assert listing(tmp_path) == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_file_that_became_something_else_since_is_not_opened(tmp_path: Path) -> None:
    """Between listing and reading, a link or a pipe may have taken its place."""
    path = tmp_path / "losses.py"
    path.write_text("x = 1")
    with open_contents(tmp_path) as contents:
        path.unlink()
        os.mkfifo(path)
        with pytest.raises(SubmissionError, match=r"^losses\.py: expected a file, found something else of that name"):
            contents.entries[0].read(1000)
    path.unlink()
    path.write_text("x = 1")

    def read_after_swap() -> None:
        with open_contents(tmp_path) as contents:
            path.unlink()
            path.symlink_to(tmp_path.parent)
            contents.entries[0].read(1000)

    with pytest.raises(MachineLacks, match="cannot be read"):
        read_after_swap()


def test_a_data_set_in_the_folder_does_not_get_in_the_way(tmp_path: Path) -> None:
    """A folder of thousands of pictures is left out as a whole, and said so."""
    (tmp_path / "data").mkdir()
    for number in range(MAX_NAMES_A_FOLDER + 1):
        (tmp_path / "data" / f"{number}.png").touch()
    (tmp_path / "losses.py").write_text("")
    assert listing(tmp_path) == ["losses.py"]
    assert notes(tmp_path) == ("Left out: data/ (more than 2,000 files in one folder).",)


def test_folders_nested_without_end_are_cut(tmp_path: Path) -> None:
    """What lies deeper than anyone puts a homework is left out, and said so."""
    deep = tmp_path
    for _ in range(40):
        deep = deep / "d"
    deep.mkdir(parents=True)
    (deep / "losses.py").write_text("")
    (tmp_path / "d" / "nets.py").write_text("")
    assert listing(tmp_path) == ["d/nets.py"]
    assert notes(tmp_path) == ("Left out: d/d/d/d/d/d/d/d/d/ (folders are looked at 8 deep).",)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_the_machines_fault(tmp_path: Path) -> None:
    """The student did nothing wrong."""
    folder = tmp_path / "kim"
    folder.mkdir(mode=0)
    with pytest.raises(MachineLacks) as caught:
        listing(folder)
    assert str(caught.value) == f"{folder} cannot be read (Permission denied): check that it is there and that you may read it."


def test_a_path_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A submission deleted since it was found."""
    with pytest.raises(MachineLacks) as caught:
        listing(tmp_path / "kim.py")
    expected = f"{tmp_path}/kim.py cannot be read (No such file or directory): check that it is there and that you may read it."
    assert str(caught.value) == expected


@pytest.mark.skipif(os.name == "nt" or os.uname().sysname == "Darwin", reason="the file system takes no such names")
def test_file_names_in_cp949_become_text(tmp_path: Path) -> None:
    """A disk from Korean Windows, mounted as it is; what no encoding explains gets replacement marks."""
    for raw in ("과제.py".encode("cp949"), b"\xff\xff.py"):
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + raw)).write_text("")
    assert sorted(listing(tmp_path)) == ["과제.py", "\ufffd\ufffd.py"]


def test_names_are_composed() -> None:
    """macOS stores 한글 in pieces; the same name is the same text everywhere."""
    pieces = unicodedata.normalize("NFD", "과제.py")
    assert pieces != "과제.py"
    assert readable_name(pieces) == "과제.py"


# --- limits -----------------------------------------------------------------------------------------------------------------------


def test_a_file_over_its_limit_is_refused_unread(tmp_path: Path) -> None:
    """A sparse file of 200 MB costs nothing: its size alone refuses it."""
    with (tmp_path / "losses.py").open("wb") as stream:
        stream.truncate(200 * 2**20)
    assert failure(tmp_path / "losses.py") == "losses.py is 200.0 MB: expected at most 1000 bytes: hand in code alone."


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path: Path) -> None:
    """The size at listing is a claim; what is read is counted."""
    path = tmp_path / "losses.py"
    path.write_text("x")
    with open_contents(path) as contents:
        path.write_bytes(b"x" * 2000)
        with pytest.raises(SubmissionError) as caught:
            contents.entries[0].read(1000)
    expected = "losses.py holds more than the 1 bytes that it claims: expected at most 1000 bytes: hand in code alone."
    assert str(caught.value) == expected


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 bytes"), (1023, "1023 bytes"), (1536, "1.5 KB"), (32 * 2**20, "32.0 MB"), (5 * 2**40, "5120.0 GB")],
)
def test_sizes_are_told_in_the_unit_that_fits(count: int, text: str) -> None:
    """Powers of 1024, as file managers count."""
    assert size_text(count) == text


# --- zips -------------------------------------------------------------------------------------------------------------------------


def test_a_zip_is_read_in_memory(zipped: Zip, tmp_path: Path) -> None:
    """Nothing appears on disk, and what systems leave in zips is ignored."""
    path = zipped(
        "kim.zip", {"hw/losses.py": "x = 1", "a.txt": "a", "__MACOSX/hw/._losses.py": "m", "hw/.DS_Store": "d", "hw/": ""}
    )
    before = sorted(tmp_path.rglob("*"))
    assert read_all(path) == {"a.txt": b"a", "hw/losses.py": b"x = 1"}
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "name",
    [
        "../losses.py",
        "hw/../../losses.py",
        "/etc/losses.py",
        "C:\\hw\\losses.py",
        "c:losses.py",
        "..\\losses.py",
        "//host/losses.py",
    ],
)
def test_names_that_lead_out_are_left_out(zipped: Zip, name: str) -> None:
    """Whatever the way out is written as; the other files are taken."""
    path = zipped("kim.zip", {name: "evil", "nets.py": "x = 1"})
    assert read_all(path) == {"nets.py": b"x = 1"}
    shown = name.replace("\\", "/")
    assert notes(path) == (f"Left out: {shown} (a name that leads out of the submission).",)


def test_backslashes_of_old_windows_tools_separate_folders(zipped: Zip) -> None:
    """Such a zip has no folders but names with backslashes in them."""
    assert read_all(zipped("kim.zip", {"hw\\losses.py": "x", "hw\\": "", ".\\nets.py": "y"})) == {
        "hw/losses.py": b"x",
        "nets.py": b"y",
    }


def test_links_in_a_zip_are_left_out(tmp_path: Path) -> None:
    """A link's content is the path that it leads to: not even that is taken."""
    link = zipfile.ZipInfo("losses.py")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "kim.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
        archive.writestr("nets.py", "x")
    assert listing(tmp_path / "kim.zip") == ["nets.py"]
    assert notes(tmp_path / "kim.zip") == ("Left out: losses.py (a link).",)


@pytest.mark.parametrize(("encoding", "name"), [("cp949", "과제 손실함수.py"), ("utf-8", "과제.py"), ("cp437", "café.py")])
def test_names_that_are_not_said_to_be_utf_8_are_read(tmp_path: Path, encoding: str, name: str) -> None:
    """Korean Windows writes cp949 and macOS UTF-8, neither of which says so; what is neither stays what the format says."""
    placeholder = "x" * len(name.encode(encoding))
    with zipfile.ZipFile(tmp_path / "kim.zip", "w") as archive:
        archive.writestr(placeholder, "x")
    patched(tmp_path / "kim.zip", placeholder.encode(), name.encode(encoding))
    assert listing(tmp_path / "kim.zip") == [name]


def test_a_name_with_control_characters_is_left_out_and_told_harmlessly(zipped: Zip) -> None:
    """Neither a terminal nor a log is at the mercy of a file's name."""
    path = zipped("kim.zip", {"\x1b[2Jlosses.py": "x", "a\nb.py": "x", "nets.py": "x", "n" * 300: "x"})
    assert listing(path) == ["nets.py"]
    assert notes(path) == (
        "Left out: \\x1b[2Jlosses.py and 1 other (a name that no file should have).",
        f"Left out: {'n' * 97}... (a name that is too long).",
    )


def test_a_name_that_is_a_file_and_a_folder_at_once_is_left_out(zipped: Zip) -> None:
    """No disk could hold both."""
    path = zipped("kim.zip", {"a": "file", "a/b.py": "x", "ab.py": "y"})
    assert listing(path) == ["ab.py", "a/b.py"]
    assert notes(path) == ("Left out: a (a file and a folder at once).",)


def test_a_zip_bomb_is_refused_by_what_it_declares(zipped: Zip) -> None:
    """50 MB of zeros in 50 KB: the table of contents says it, and nothing is unpacked."""
    path = zipped("kim.zip", {"losses.py": b"\0" * (50 * 2**20)})
    assert path.stat().st_size < 100_000
    assert failure(path) == "losses.py is 50.0 MB: expected at most 1000 bytes: hand in code alone."


def test_a_zip_bomb_that_lies_about_its_size_is_refused(zipped: Zip) -> None:
    """It declares 900 bytes and holds 50 MB: no more than it declares is unpacked, and its checksum tells."""
    size = 50 * 2**20
    path = patched(zipped("kim.zip", {"losses.py": bytes(size)}), size.to_bytes(4, "little"), (900).to_bytes(4, "little"))
    assert failure(path) == (
        "losses.py cannot be unpacked (Bad CRC-32 for file 'losses.py'): the zip is broken: pack the files again."
    )


def test_an_encrypted_zip_is_told(zipped: Zip) -> None:
    """The flag in the table of contents is enough to say what to do."""
    path = zipped("kim.zip", {"losses.py": "x = 1"})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(data)
    assert failure(path) == "losses.py is encrypted: expected a zip without a password: pack the files again without one."


def test_a_way_of_compressing_that_is_not_read_is_told(tmp_path: Path) -> None:
    """LZMA among them: its first bytes may ask for gigabytes."""
    with zipfile.ZipFile(tmp_path / "kim.zip", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("losses.py", "x = 1")
    expected = "losses.py is compressed in a way that is not read here: pack the files again as an ordinary zip."
    assert failure(tmp_path / "kim.zip") == expected


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"PK\3\4 and then nothing", "File is not a zip file"),
        (b"PK\5\6" + b"\0" * 4 + b"\xff" * 4 + b"\xff\xff\xff\x0f" + b"\0" * 6, "its table of contents is too large"),
    ],
)
def test_what_is_no_zip_is_told(tmp_path: Path, data: bytes, reason: str) -> None:
    """Cut off, another format under this suffix, one that claims a table of contents of 256 MB."""
    path = tmp_path / "kim.zip"
    with path.open("wb") as stream:
        if "too large" in reason:
            stream.truncate(300 * 2**20)
            stream.seek(0, os.SEEK_END)
        stream.write(data)
    assert failure(path) == (
        f"kim.zip: expected a zip, found something that cannot be unpacked ({reason}): pack the files again and hand that in."
    )


@pytest.mark.parametrize("name", ["kim.zip", "kim.tar.gz"])
def test_an_empty_archive_is_told(tmp_path: Path, name: str) -> None:
    """An upload that broke off: what it lacks is content, and not a format."""
    (tmp_path / name).touch()
    assert failure(tmp_path / name) == (
        f"{name} is empty: expected an archive, found no content: pack the files again and hand that in."
    )


def test_a_damaged_member_is_told(zipped: Zip) -> None:
    """One byte flipped on the way: the checksum tells, and the file is named."""
    path = zipped("kim.zip", {"nets.py": "x", "losses.py": "".join(f"x{n} = {n * n}\n" for n in range(50))})
    data = bytearray(path.read_bytes())
    data[data.index(b"losses.py") + 60] ^= 0xFF
    path.write_bytes(data)
    assert failure(path).startswith("losses.py cannot be unpacked (")


def _valid_zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("losses.py", "x = 1\n" * 20)
        archive.writestr("hw/nets.py", "y = 2\n" * 20)
    return buffer.getvalue()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(
    edits=st.lists(st.tuples(st.integers(0, len(_valid_zip()) - 1), st.integers(0, 255)), min_size=1, max_size=8),
    cut=st.integers(0, 40),
)
def test_any_damage_to_a_zip_is_survived(tmp_path: Path, edits: list[tuple[int, int]], cut: int) -> None:
    """Contents or one sentence, never a traceback, and nothing beside the zip on disk."""
    data = bytearray(_valid_zip())
    for position, value in edits:
        data[position] = value
    path = tmp_path / "kim.zip"
    path.write_bytes(data[: len(data) - cut])
    try:
        contents = read_all(path, 10_000)
    except SubmissionError as error:
        assert str(error).endswith(".")  # noqa: PT017 - both ways out are right
    else:
        assert all(len(content) <= 10_000 for content in contents.values())
    assert [child.name for child in tmp_path.iterdir()] == ["kim.zip"]
