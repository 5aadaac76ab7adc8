"""Fetching a data set: the bar goes on while it comes, and whatever goes wrong is told in one sentence."""

from __future__ import annotations

import http.client
import io
import itertools
import re
import shutil
import sys
import threading
import time
from pathlib import Path
from urllib.error import URLError

import pytest

from grader.datasets.fetch import fetch
from grader.datasets.files import Arrays
from grader.datasets.known import KNOWN
from grader.errors import MachineLacks
from grader.reports.data import fetch_with_progress

from .test_datasets import known_as, small, write_raw

PARTS = 5
OWN_BAR = "torchvision's own bar"


class Terminal(io.StringIO):
    """What a terminal was sent."""

    def isatty(self) -> bool:
        return True


class Slow:
    """Stands in for torchvision's MNIST: prints, and a second later all of its files have come; or it fails halfway."""

    arrays: Arrays
    failure: BaseException | None = None

    def __init__(self, root: str, *, download: bool) -> None:
        assert download
        raw = Path(root) / "MNIST/raw"
        raw.mkdir(parents=True)
        part = raw / "part.gz"
        for count in range(1, PARTS + 1):
            print(OWN_BAR, count)
            print(OWN_BAR, count, file=sys.stderr)
            part.write_bytes(bytes(count * 2_000_000))
            time.sleep(0.25)
            if self.failure is not None and count == 2:
                raise self.failure
        shutil.rmtree(raw)
        write_raw(raw, self.arrays, packed=True)


@pytest.fixture
def slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> type[Slow]:
    """A network that has ten million bytes to give, and a machine that has no data set."""
    monkeypatch.setenv("GRADER_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(Slow, "arrays", small(), raising=False)
    monkeypatch.setitem(KNOWN, "mnist", known_as(Slow.arrays, megabytes=10.0))
    monkeypatch.setattr("torchvision.datasets.MNIST", Slow)
    return Slow


def test_the_bar_goes_on_while_it_fetches(slow: type[Slow], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each number of bytes reaches the terminal, torchvision's own bar does not; at last, where it lies."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "200")
    terminal, errors = Terminal(), Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    monkeypatch.setattr("sys.stderr", errors)
    assert fetch_with_progress("mnist") == 0
    assert (sys.stdout, sys.stderr) == (terminal, errors)
    sent = terminal.getvalue()
    shown = [float(number) for number, _ in itertools.groupby(re.findall(r"(\d+\.\d)/10\.0 MB", sent))]
    assert len({number for number in shown if 0 < number < 10}) >= 3, shown
    assert sent.endswith(f"mnist is here: {tmp_path / 'data/arrays/mnist'}\n")
    assert OWN_BAR not in sent + errors.getvalue()


def test_what_has_come_is_told(slow: type[Slow], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """More and more bytes, and nothing is printed; what is there is not fetched again."""
    told: list[int] = []
    assert fetch("mnist", told.append) == tmp_path / "data/arrays/mnist"
    assert len({count for count in told if 0 < count < 10_000_000}) >= 3
    assert capsys.readouterr() == ("", "")
    assert fetch("mnist", told.clear) == tmp_path / "data/arrays/mnist"  # type: ignore[arg-type]  # is not called
    assert told


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (URLError("no\nroute"), "<urlopen error no route>"),
        (RuntimeError("File not found or corrupted."), "File not found or corrupted."),
        (http.client.IncompleteRead(b"half"), "IncompleteRead(4 bytes read)"),
        (EOFError(), "EOFError"),
        (SystemExit(3), "3"),
    ],
)
def test_any_failure_is_told_in_the_same_sentence(
    slow: type[Slow],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    failure: BaseException,
    reason: str,
) -> None:
    """With its reason and what to do; no traceback of a thread is printed."""
    monkeypatch.setattr(slow, "failure", failure)
    with pytest.raises(MachineLacks) as raised:
        fetch("mnist")
    assert str(raised.value) == (
        f"mnist could not be fetched ({reason}): run it where there is a network, or put the published files into "
        f"{tmp_path / 'data/MNIST/raw'}."
    )
    assert raised.value.__cause__ is failure
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("failure", "sentence"),
    [
        (
            PermissionError(13, "Permission denied"),
            "cannot be written (Permission denied): set GRADER_DATA to a folder that you may",
        ),
        (
            OSError(30, "Read-only file system"),
            "cannot be written (Read-only file system): set GRADER_DATA to a folder that you may",
        ),
        (OSError(28, "No space left on device"), "cannot be written: expected room on the disk, found it full"),
    ],
)
def test_a_folder_that_cannot_be_written_is_no_lack_of_a_network(
    slow: type[Slow], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: OSError, sentence: str
) -> None:
    """The advice is about the folder."""
    monkeypatch.setattr(slow, "failure", failure)
    with pytest.raises(MachineLacks) as raised:
        fetch("mnist")
    assert str(raised.value).startswith(f"{tmp_path / 'data/MNIST/raw'} {sentence}")


def test_an_interrupted_fetch_gives_the_streams_back(slow: type[Slow], monkeypatch: pytest.MonkeyPatch) -> None:
    """What is said of Ctrl-C has to reach the terminal, though the download's thread has not ended."""
    streams = sys.stdout, sys.stderr
    over = threading.Event()
    monkeypatch.setattr("torchvision.datasets.MNIST", lambda *_, **__: over.wait(30))

    def interrupt(count: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch("mnist", interrupt)
    assert (sys.stdout, sys.stderr) == streams
    over.set()
