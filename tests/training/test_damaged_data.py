"""Data that are damaged, missing in part, or may not be read: noticed, mended where that can be done, and never a student's fault."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from grader import doctor
from grader.datasets.cuts import make_cut
from grader.datasets.fetch import fetch
from grader.datasets.files import Arrays
from grader.datasets.known import KNOWN
from grader.datasets.store import Damaged, add_arrays, find_data, open_arrays, read_about
from grader.errors import MachineLacks, UsageError
from grader.homework.assignment import Assignment
from grader.outcomes import Fault, Outcome
from grader.reports.data import show_data

from .conftest import REFERENCE, graded, results
from .test_datasets import known_as, small, write_raw


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def save(path: Path, arrays: Arrays, **changes: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **{name: getattr(arrays, name) for name in Arrays.__struct_fields__} | changes)
    return path


def published(folder: Path, patch: pytest.MonkeyPatch) -> Path:
    """The arrays of "mnist as published", prepared below GRADER_DATA from files that are there still; no cache of the user's."""
    arrays = small(600, 3, 300)
    patch.setenv("GRADER_DATA", str(folder / "data"))
    patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    patch.setenv("COLUMNS", "400")
    patch.setitem(KNOWN, "mnist", known_as(arrays))
    write_raw(folder / "data/MNIST/raw", arrays, packed=True)
    folder = find_data("mnist")
    assert folder is not None
    return folder


def refuse(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Nothing below `folder` may be read any more: said to root as well, whom modes do not bind."""

    def refusing(real):  # type: ignore[no-untyped-def]
        def call(path, *arguments, **options):  # type: ignore[no-untyped-def]
            if isinstance(path, (str, os.PathLike)) and Path(path).is_relative_to(folder):
                raise PermissionError(13, "Permission denied", os.fspath(path))
            return real(path, *arguments, **options)

        return call

    for module, name in ((os, "stat"), (os, "listdir"), (os, "scandir"), (os, "mkdir"), ("io", "open"), ("builtins", "open")):
        where = sys.modules[module] if isinstance(module, str) else module
        monkeypatch.setattr(where, name, refusing(getattr(where, name)))


@pytest.fixture
def mnist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return published(tmp_path, monkeypatch)


# --- the data set itself ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", ["about.json", "train_images.npy", "test_labels.npy"])
def test_a_damaged_data_set_is_told_and_fetching_repairs_it(mnist: Path, capsys: pytest.CaptureFixture[str], file: str) -> None:
    """By `data` and `doctor` in its row, by a cut as the machine's fault; the files that it was prepared from are here."""
    cut_short(mnist / file)
    with pytest.raises(Damaged) as raised:
        make_cut("mnist", 50, 20)
    sentence = str(raised.value)
    assert sentence.startswith(f"{mnist} is damaged ({file}")
    assert sentence.endswith("): run `grader data fetch mnist`, or add arrays of your own again.")
    assert show_data() == 0
    (row,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith(" mnist")]
    assert "damaged" in row.split(str(mnist))[0]
    assert sentence in row
    rows = {finding.name: finding for finding in doctor._data()}
    assert (rows["mnist"].status, rows["mnist"].detail) == ("no", sentence)
    assert rows["cifar10"].detail == "not here: grader data fetch cifar10"
    assert fetch("mnist") == mnist
    assert len(open_arrays(mnist).train_images) == 600
    assert len(make_cut("mnist", 50, 20).test_labels()) == 20


def test_a_file_of_a_data_set_that_is_gone_is_damage(mnist: Path) -> None:
    """What is missing is named."""
    (mnist / "train_images.npy").unlink()
    with pytest.raises(Damaged, match=r"arrays/mnist is damaged \(train_images.npy is not there\)"):
        find_data("mnist")


@pytest.mark.sandbox
def test_a_damaged_data_set_is_the_machines_fault(learning: Assignment, data_folder: Path) -> None:
    """Each check of a training is not graded, with what to do; the class goes on."""
    cut_short(data_folder / "arrays/mnist/train_images.npy")
    report = graded(learning, {"right": REFERENCE})["right"]
    for check in results(report).values():
        assert (check.outcome, check.fault) == (Outcome.NOT_GRADED, Fault.MACHINE)
        assert "run `grader data fetch mnist`" in check.message


def test_arrays_of_ones_own_do_not_replace_the_original(mnist: Path, tmp_path: Path) -> None:
    """It says which folder has to go first; the original itself may come again, and one's own may replace one's own."""
    own = save(tmp_path / "own.npz", small(100))
    with pytest.raises(UsageError) as raised:
        add_arrays("mnist", [own])
    assert str(raised.value) == (
        f"{mnist} holds mnist as published, and {own} something else: remove that folder first, if you want yours in its place."
    )
    about = read_about(mnist)
    assert about is not None
    assert (about.original, about.train) == (True, 600)
    assert add_arrays("mnist", [save(tmp_path / "same.npz", small(600, 3, 300))]).original
    shutil.rmtree(mnist)
    assert add_arrays("mnist", [own]).train == 100
    assert add_arrays("mnist", [save(tmp_path / "more.npz", small(150))]).train == 150


def test_fetching_puts_the_original_in_the_place_of_ones_own(mnist: Path, tmp_path: Path) -> None:
    """Otherwise nothing would ever fetch it."""
    shutil.rmtree(mnist)
    add_arrays("mnist", [save(tmp_path / "own.npz", small(100))])
    assert fetch("mnist") == mnist
    about = read_about(mnist)
    assert about is not None
    assert (about.original, about.train) == (True, 600)


# --- what may not be read ---------------------------------------------------------------------------------------------------------


def test_a_file_where_the_data_folder_should_be(mnist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told as what it is, by everything that looks; `doctor` has a row for it."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GRADER_DATA", str(tmp_path / "file"))
    sentence = f"GRADER_DATA ({tmp_path / 'file'}) is a file: expected a folder: set GRADER_DATA to one."
    for look in (show_data, lambda: make_cut("mnist", 50, 20), lambda: fetch("mnist")):
        with pytest.raises(MachineLacks) as raised:
            look()
        assert str(raised.value) == sentence
    assert [(finding.name, finding.status, finding.detail) for finding in doctor._data()] == [("folder", "no", sentence)]


def test_a_data_folder_that_may_not_be_read(mnist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of it is damaged, so nobody is told to remove it."""
    refuse(monkeypatch, tmp_path / "data")
    with pytest.raises(MachineLacks) as raised:
        make_cut("mnist", 50, 20)
    assert str(raised.value) == (
        f"GRADER_DATA ({tmp_path / 'data'}) cannot be read (Permission denied): have its owner let you, or set GRADER_DATA to "
        "another folder."
    )
    (row,) = doctor._data()
    assert row.detail == str(raised.value)


@pytest.mark.parametrize("below", ["arrays/mnist", "MNIST/raw"])
def test_a_folder_below_it_that_may_not_be_read(mnist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, below: str) -> None:
    """The same, wherever it begins."""
    if below == "MNIST/raw":
        shutil.rmtree(mnist)
    refuse(monkeypatch, tmp_path / "data" / below)
    with pytest.raises(MachineLacks, match=rf"{below}.* cannot be read \(Permission denied\): ") as raised:
        make_cut("mnist", 50, 20)
    assert "remove" not in str(raised.value)


def test_a_cache_that_may_not_be_read_is_none(mnist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of it nobody spoke: a service may have no home."""
    refuse(monkeypatch, tmp_path / "cache")
    with pytest.raises(MachineLacks, match="the data set cifar10 is not on this machine"):
        make_cut("cifar10", 10, 10)
