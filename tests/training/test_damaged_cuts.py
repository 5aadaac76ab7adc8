"""Cuts that are damaged: made anew where they were prepared here, their author's fault where they came along, and never a student's."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from grader.datasets.cuts import make_cut, shipped_files, write_shipped
from grader.errors import AssignmentError, MachineLacks
from grader.homework.assignment import Assignment
from grader.outcomes import Fault, Outcome
from grader.training.setup import prepare

from .conftest import REFERENCE, graded, results
from .test_damaged_data import cut_short, published, refuse


@pytest.fixture
def mnist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return published(tmp_path, monkeypatch)


@pytest.fixture
def shipped(mnist: Path, tmp_path: Path) -> tuple[Path, Path]:
    """A cut of 100 and 50 images that came along with a homework, on a machine that has no data set."""
    for kind in ("assignments", "reference"):
        (tmp_path / kind / "hw").mkdir(parents=True)
    files = shipped_files(tmp_path / "assignments/hw", tmp_path / "reference/hw", "mnist")
    write_shipped("mnist", 100, 50, files)
    shutil.rmtree(tmp_path / "data")
    return files


# --- prepared cuts ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", ["exposed/train_images", "answers/train_labels", "answers/test_images", "answers/test_labels"])
@pytest.mark.parametrize("damage", ["cut short", "empty", "missing", "another shape", "another dtype", "no array"])
def test_a_damaged_cut_is_made_anew(mnist: Path, file: str, damage: str) -> None:
    """Whichever of its files it is, and without having read them."""
    cut = make_cut("mnist", 50, 20)
    path = Path(cut.exposed).parent / f"{file}.npy"
    before = np.load(path)
    match damage:
        case "cut short":
            cut_short(path)
        case "empty":
            path.write_bytes(b"")
        case "missing":
            path.unlink()
        case "another shape":
            np.save(path, before[:-1])
        case "another dtype":
            np.save(path, before.astype(np.float32))
        case "no array":
            path.write_text("not an array")
    assert make_cut("mnist", 50, 20) == cut
    after = np.load(path)
    assert after.dtype == np.uint8
    assert (after == before).all()
    assert sorted(os.listdir(Path(cut.exposed).parent)) == ["answers", "exposed"]


def test_a_whole_cut_is_left_alone(mnist: Path) -> None:
    """Somebody may have it open."""
    before = Path(make_cut("mnist", 50, 20).exposed).stat().st_ino
    assert Path(make_cut("mnist", 50, 20).exposed).stat().st_ino == before


def test_a_damaged_cut_that_cannot_be_made_anew_is_the_machines_fault(mnist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the folder to be removed, and why."""
    target = Path(make_cut("mnist", 50, 20).exposed).parent
    cut_short(target / "answers/test_labels.npy")

    def rename(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(MachineLacks) as raised:
        make_cut("mnist", 50, 20)
    assert str(raised.value) == (
        f"{target} is damaged (test_labels.npy is cut short, or no .npy file): remove that folder; it could not be made anew, as "
        f"{target} cannot be written (Permission denied): set GRADER_DATA to a folder that you may write to."
    )


def test_a_cut_that_is_damaged_after_it_was_looked_up_is_the_machines_fault(mnist: Path) -> None:
    """The same command makes it anew."""
    cut = make_cut("mnist", 50, 20)
    cut_short(Path(cut.answers) / "test_labels.npy")
    with pytest.raises(
        MachineLacks, match=r"answers was damaged meanwhile \(test_labels.npy is cut short.*\): run the same command"
    ):
        cut.test_labels()


@pytest.mark.sandbox
def test_a_damaged_cut_costs_a_student_nothing(learning: Assignment, data_folder: Path) -> None:
    """It is trained on one that is made anew."""
    setup = prepare(learning, device="cpu")
    assert setup is not None
    for cut in setup.cuts.values():
        cut_short(Path(cut.exposed) / "train_images.npy")
    report = graded(learning, {"right": REFERENCE})["right"]
    assert (report.score, report.not_graded) == (10, 0)


def test_a_folder_of_cuts_that_may_not_be_read_is_the_machines_fault(
    mnist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another user's, perhaps: nothing is to be removed."""
    make_cut("mnist", 50, 20)
    refuse(monkeypatch, tmp_path / "data/cuts")
    with pytest.raises(MachineLacks, match=r"cannot be written \(Permission denied\): set GRADER_DATA"):
        make_cut("mnist", 50, 20)


# --- a cut that comes along -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"images": np.zeros((100, 3, 28, 28), np.uint8)},
            "images: expected uint8 of shape (N, 1, 28, 28), found uint8 (100, 3, 28, 28)",
        ),
        ({"images": np.zeros((100, 1, 28, 28))}, "images: expected uint8 of shape (N, 1, 28, 28), found float64 (100, 1, 28, 28)"),
        ({"images": np.zeros((99, 1, 28, 28), np.uint8)}, "labels: expected 99 labels below 10, found 100 up to 9"),
        ({"labels": np.full(100, 10, np.uint8)}, "labels: expected 100 labels below 10, found 100 up to 10"),
        ({"labels": np.zeros(100)}, "labels: expected uint8 of shape (N,), found float64 (100,)"),
        ({"images": None}, "expected an array images, found none"),
        ({"labels": None}, "expected an array labels, found none"),
        ({"labels": np.array([{}] * 100)}, "an array in it is damaged, or not of numbers"),
    ],
)
def test_a_cut_of_another_kind_that_comes_along_is_its_authors_fault(
    shipped: tuple[Path, Path], change: dict, sentence: str
) -> None:
    """With what was expected and found."""
    with np.load(shipped[0]) as file:
        arrays = {name: file[name] for name in ("images", "labels")} | change
    np.savez(shipped[0], **{name: array for name, array in arrays.items() if array is not None})
    with pytest.raises(AssignmentError) as raised:
        make_cut("mnist", 80, 40, shipped)
    assert str(raised.value) == (
        f"{shipped[0]} cannot be used as a cut of mnist ({sentence}): make it anew with `grader data cut`."
    )


@pytest.mark.parametrize("part", [0, 1])
@pytest.mark.parametrize("left", [0, 100, -40])
def test_a_damaged_file_that_comes_along_is_told(shipped: tuple[Path, Path], part: int, left: int) -> None:
    """Empty, or cut short anywhere."""
    shipped[part].write_bytes(shipped[part].read_bytes()[:left])
    with pytest.raises(AssignmentError, match=r"cannot be used as a cut of mnist \(it is no .npz file, or not the whole of one\)"):
        make_cut("mnist", 80, 40, shipped)


def test_a_byte_that_changed_in_a_file_that_comes_along_is_told(shipped: tuple[Path, Path]) -> None:
    """Its archive knows."""
    packed = bytearray(shipped[0].read_bytes())
    packed[len(packed) // 2] ^= 255
    shipped[0].write_bytes(packed)
    with pytest.raises(AssignmentError, match=r"\(an array in it is damaged, or not of numbers\)"):
        make_cut("mnist", 80, 40, shipped)


@pytest.mark.sandbox
def test_a_cut_that_cannot_be_used_is_its_authors_fault_and_costs_nothing(learning: Assignment, data_folder: Path) -> None:
    """Not graded; the instructor reads why."""
    train, _ = shipped_files(learning.folder, learning.reference, "mnist")
    assert learning.reference is not None
    for folder in (learning.folder, learning.reference):
        (folder / "data").mkdir()
        np.savez(folder / "data/mnist.npz", images=np.zeros((450, 3, 8, 8), np.uint8), labels=np.zeros(450, np.uint8))
    report = graded(learning, {"right": REFERENCE})["right"]
    for check in results(report).values():
        assert (check.outcome, check.fault) == (Outcome.NOT_GRADED, Fault.AUTHOR)
        assert check.staff_message.startswith(f"{train} cannot be used as a cut of mnist (images: expected uint8")


def test_a_cut_that_is_too_small_is_told_with_what_it_has(shipped: tuple[Path, Path]) -> None:
    """Beside the data set that is missing."""
    with pytest.raises(
        MachineLacks, match="not on this machine, and the cut that comes along has 100 and 50 images where 2,000 and 40"
    ):
        make_cut("mnist", 2000, 40, shipped)
    with pytest.raises(MachineLacks, match="and the cut that comes along has 100 images where 2,000 are wanted: run"):
        make_cut("mnist", 2000, 0, shipped)
