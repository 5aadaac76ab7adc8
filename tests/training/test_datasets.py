"""Data sets: found, checked, prepared once, cut the same way everywhere."""

from __future__ import annotations

import gzip
import multiprocessing
import os
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest

from grader import data_commands
from grader.datasets.cuts import make_cut, shipped_files, write_shipped
from grader.datasets.files import Arrays, digest_of, read_archives
from grader.datasets.known import KNOWN, DataSet, data_set
from grader.datasets.store import About, add_arrays, data_roots, find_data, open_arrays, read_about
from grader.errors import AssignmentError, GraderError, MachineLacks, UsageError
from grader.homework.assignment import Assignment

from .conftest import made_up


def small(count: int = 200, seed: int = 0, test: int = 60) -> Arrays:
    random = np.random.default_rng(seed)
    images = random.integers(0, 256, (count + test, 1, 28, 28), dtype=np.uint8)
    labels = random.integers(0, 10, count + test).astype(np.uint8)
    return Arrays(images[:count], labels[:count], images[count:], labels[count:])


def idx(array: np.ndarray) -> bytes:
    return bytes((0, 0, 8, array.ndim)) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def known_as(arrays: Arrays, **changes: object) -> DataSet:
    import msgspec

    return msgspec.structs.replace(KNOWN["mnist"], digest=digest_of(arrays), **changes)  # type: ignore[arg-type]


def write_raw(folder: Path, arrays: Arrays, *, packed: bool) -> None:
    folder.mkdir(parents=True)
    parts = {
        "train-images-idx3-ubyte": arrays.train_images[:, 0],
        "train-labels-idx1-ubyte": arrays.train_labels,
        "t10k-images-idx3-ubyte": arrays.test_images[:, 0],
        "t10k-labels-idx1-ubyte": arrays.test_labels,
    }
    for name, array in parts.items():
        data = idx(array)
        (folder / (f"{name}.gz" if packed else name)).write_bytes(gzip.compress(data) if packed else data)


@pytest.mark.parametrize("packed", [False, True])
def test_files_as_torchvision_keeps_them_are_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed: bool) -> None:
    """The arrays are those of the files; afterwards the files are not needed."""
    arrays = small()
    monkeypatch.setenv("GRADER_DATA", str(tmp_path))
    monkeypatch.setitem(KNOWN, "mnist", known_as(arrays))
    write_raw(tmp_path / "MNIST/raw", arrays, packed=packed)
    folder = find_data("mnist")
    assert folder == tmp_path / "arrays/mnist"
    for path in (tmp_path / "MNIST/raw").iterdir():
        path.unlink()
    assert find_data("mnist") == folder
    found = open_arrays(folder)
    assert all((getattr(found, name) == getattr(arrays, name)).all() for name in Arrays.__struct_fields__)
    assert isinstance(found.train_images, np.memmap)
    about = read_about(folder)
    assert about == About("mnist", digest_of(arrays), True, str(tmp_path / "MNIST/raw"), 200, 60)


def test_another_data_set_under_the_name_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its digest is not the published one: the machine's fault, with what to do."""
    monkeypatch.setenv("GRADER_DATA", str(tmp_path))
    write_raw(tmp_path / "MNIST/raw", small(), packed=True)
    with pytest.raises(
        MachineLacks, match=r"MNIST/raw holds something else than mnist as published: remove the files and fetch them again\."
    ):
        find_data("mnist")


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    """A truncated archive is told as damaged, a missing one is simply not there."""
    arrays = small()
    write_raw(tmp_path / "raw", arrays, packed=True)
    known = known_as(arrays)
    path = tmp_path / "raw/t10k-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(MachineLacks, match="damaged mnist"):
        read_archives(tmp_path / "raw", known)
    path.unlink()
    assert read_archives(tmp_path / "raw", known) is None


def test_a_systems_package_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The archives in the package's folder do, without anything below GRADER_DATA."""
    arrays = small()
    monkeypatch.setenv("GRADER_DATA", str(tmp_path / "data"))
    monkeypatch.setitem(KNOWN, "mnist", known_as(arrays, packages=(tmp_path / "package",)))
    write_raw(tmp_path / "package", arrays, packed=True)
    assert find_data("mnist", prepare=False) == tmp_path / "package"
    assert find_data("mnist") == tmp_path / "data/arrays/mnist"


def test_arrays_of_ones_own_are_marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several files may hold the four arrays; cuts of them carry a note."""
    monkeypatch.setenv("GRADER_DATA", str(tmp_path))
    arrays = small()
    np.savez(tmp_path / "a.npz", train_images=arrays.train_images, train_labels=arrays.train_labels)
    np.savez(tmp_path / "b.npz", test_images=arrays.test_images, test_labels=arrays.test_labels)
    about = add_arrays("mnist", [tmp_path / "a.npz", tmp_path / "b.npz"])
    assert (about.original, about.train, about.test) == (False, 200, 60)
    assert make_cut("mnist", 50, 20).note == "trained on images that are not mnist as published, but arrays of the instructor's own"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"train_images": None}, "expected an array train_images in"),
        (
            {"train_images": np.zeros((200, 28, 28), np.uint8)},
            r"train_images: expected uint8 of shape \(N, 1, 28, 28\), found uint8 \(200, 28, 28\)",
        ),
        ({"test_images": np.zeros((60, 1, 28, 28))}, "test_images: expected uint8 of shape"),
        ({"test_labels": np.zeros(59, np.uint8)}, "test_labels: expected 60 labels below 10, found 59 up to 0"),
        ({"train_labels": np.full(200, 10, np.uint8)}, "train_labels: expected 200 labels below 10, found 200 up to 10"),
        ({"train_labels": np.zeros((200, 1), np.uint8)}, r"train_labels: expected uint8 of shape \(N,\), found uint8 \(200, 1\)"),
        ({"test_labels": np.uint8(3)}, r"test_labels: expected uint8 of shape \(N,\), found uint8 \(\)"),
    ],
)
def test_arrays_of_another_kind_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict, sentence: str) -> None:
    """With the array's name, what was expected, what was found; nothing is kept."""
    monkeypatch.setenv("GRADER_DATA", str(tmp_path / "data"))
    arrays = {name: getattr(small(), name) for name in Arrays.__struct_fields__} | change
    np.savez(tmp_path / "own.npz", **{name: array for name, array in arrays.items() if array is not None})
    with pytest.raises(UsageError, match=sentence):
        add_arrays("mnist", [tmp_path / "own.npz"])
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"# A text\n", "it is no .npz file, or not the whole of one"),
        (b"", "it is no .npz file, or not the whole of one"),
        (None, "No such file or directory"),
    ],
)
def test_a_file_of_another_kind_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, reason: str
) -> None:
    """In one sentence of ours: numpy's would advise to load it as a pickle."""
    monkeypatch.setenv("GRADER_DATA", str(tmp_path / "data"))
    path = tmp_path / "README.md"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError) as raised:
        add_arrays("mnist", [path])
    assert str(raised.value) == (
        f"{path} cannot be read ({reason}): expected a .npz file with train_images, train_labels, test_images, test_labels."
    )


def test_an_unknown_data_set_lists_those_that_there_are() -> None:
    """And guesses which was meant."""
    with pytest.raises(
        UsageError,
        match=r"there is no data set 'fashion': expected one of mnist, fashion-mnist, cifar10\. Did you mean fashion-mnist\?",
    ):
        data_set("fashion")


def test_a_missing_one_names_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What fetches it, how large it is, and the other way."""
    monkeypatch.setenv("GRADER_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(
        MachineLacks,
        match=r"the data set cifar10 is not on this machine: run `grader data fetch cifar10` \(about 170 MB\), or set GRADER_DATA",
    ):
        make_cut("cifar10", 10, 10)


# --- cuts -------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def registered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Arrays:
    """Arrays that are "mnist as published", below GRADER_DATA."""
    arrays = small(600, 3, 300)
    monkeypatch.setenv("GRADER_DATA", str(tmp_path / "data"))
    monkeypatch.setitem(KNOWN, "mnist", known_as(arrays))
    np.savez(tmp_path / "own.npz", **{name: getattr(arrays, name) for name in Arrays.__struct_fields__})
    assert add_arrays("mnist", [tmp_path / "own.npz"]).original
    return arrays


def test_a_cut_has_as_many_of_each_class_and_holds_smaller_cuts(registered: Arrays) -> None:
    """Class after class in turn; each class's images in the published order."""
    cut, smaller = make_cut("mnist", 100, 50), make_cut("mnist", 60, 50)
    assert np.bincount(cut.train_labels()).tolist() == [10] * 10
    assert cut.train_labels()[:20].tolist() == [*range(10), *range(10)]
    assert (cut.train_images()[:60] == smaller.train_images()).all()
    threes = registered.train_images[registered.train_labels == 3]
    assert (cut.train_images()[3::10] == threes[:10]).all()


def test_the_whole_data_set_keeps_its_order(registered: Arrays) -> None:
    """A cut of everything is everything, as it was published."""
    cut = make_cut("mnist", 600, 300)
    assert (cut.train_images() == registered.train_images).all()
    assert (cut.test_labels() == registered.test_labels).all()


def test_a_cut_that_comes_along_is_the_same_cut(registered: Arrays, tmp_path: Path) -> None:
    """Where the assignment brings it, the data set itself is not needed, and the images are the same."""
    course = tmp_path / "course"
    for kind in ("assignments", "reference"):
        (course / kind / "hw").mkdir(parents=True)
    files = shipped_files(course / "assignments/hw", course / "reference/hw", "mnist")
    write_shipped("mnist", 100, 50, files)
    from_whole = make_cut("mnist", 80, 40)
    for path in (tmp_path / "data/arrays/mnist").iterdir():
        path.unlink()
    from_shipped = make_cut("mnist", 80, 40, files)
    for part in ("train_images", "train_labels", "test_images", "test_labels"):
        assert (getattr(from_shipped, part)() == getattr(from_whole, part)()).all()
    files[1].unlink()  # what a student has
    assert (make_cut("mnist", 80, 0, files).train_labels() == from_whole.train_labels()).all()


def test_only_the_original_is_cut_for_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Arrays of one's own are refused."""
    monkeypatch.setenv("GRADER_DATA", str(tmp_path))
    train, test = made_up(100, 1), made_up(50, 2)
    np.savez(tmp_path / "own.npz", train_images=train[0], train_labels=train[1], test_images=test[0], test_labels=test[1])
    add_arrays("mnist", [tmp_path / "own.npz"])
    with pytest.raises(AssignmentError, match="is not mnist as published: .*: run `grader data fetch mnist`, which puts that in"):
        write_shipped("mnist", 10, 10, (tmp_path / "a/x.npz", tmp_path / "b/x.npz"))


@pytest.mark.parametrize(
    ("train", "test", "sentence"),
    [
        (100, 301, "--test: expected 1 or more, and no more than the 300 of mnist, found 301."),
        (0, 50, "--train: expected 1 or more, and no more than the 600 of mnist, found 0."),
        (-5, 50, "--train: expected 1 or more, and no more than the 600 of mnist, found -5."),
    ],
)
def test_both_parts_of_a_cut_are_written_or_none(registered: Arrays, tmp_path: Path, train: int, test: int, sentence: str) -> None:
    """A number that cannot be is told before anything is written."""
    files = (tmp_path / "a/x.npz", tmp_path / "b/x.npz")
    with pytest.raises(UsageError) as raised:
        write_shipped("mnist", train, test, files)
    assert str(raised.value) == sentence
    assert not any(path.parent.exists() for path in files)


def test_a_cut_that_cannot_be_written_is_told(registered: Arrays, tmp_path: Path) -> None:
    """A file lies where its folder would be; the other part is not written either."""
    (tmp_path / "b").write_text("in the way")
    with pytest.raises(GraderError) as raised:
        write_shipped("mnist", 100, 50, (tmp_path / "a/x.npz", tmp_path / "b/x.npz"))
    assert str(raised.value) == (
        f"{tmp_path / 'b'} cannot be made (File exists): expected a folder, or room for one that you may make."
    )
    assert not (tmp_path / "a/x.npz").exists()


def test_a_cut_is_made_for_a_homework_that_trains_on_it(registered: Arrays, learning: Assignment, tmp_path: Path) -> None:
    """In a course: a student's folder has no place for the test images."""
    data_commands.cut("mnist", "learning", train=100, test=50, course=tmp_path / "course")
    with pytest.raises(
        UsageError, match=r"^learning trains on mnist, not on cifar10: name what it trains on, or declare the training"
    ):
        data_commands.cut("cifar10", "learning", train=100, test=50, course=tmp_path / "course")
    bundle = shutil.copytree(learning.folder, tmp_path / "homework")
    shutil.rmtree(bundle / "data")
    with pytest.raises(
        UsageError, match=r"homework has no reference, where the test images belong: expected a homework in a course"
    ):
        data_commands.cut("mnist", str(bundle), train=100, test=50)
    assert not (bundle / "data").exists()


def test_what_is_exposed_holds_no_labels(registered: Arrays) -> None:
    """One file; the others lie in a folder beside it, which is never shown."""
    cut = make_cut("mnist", 50, 20)
    assert os.listdir(cut.exposed) == ["train_images.npy"]
    assert sorted(os.listdir(cut.answers)) == ["test_images.npy", "test_labels.npy", "train_labels.npy"]


def _prepare(number: int) -> tuple[str, int]:
    cut = make_cut("mnist", 300, 100)
    return cut.exposed, int(cut.train_images()[number].sum())


def test_many_processes_may_prepare_the_same_cut_at_once(registered: Arrays) -> None:
    """Each finds it whole."""
    with multiprocessing.get_context("fork").Pool(4) as pool:
        found = pool.map(_prepare, range(12))
    assert len({folder for folder, _ in found}) == 1
    assert [total for _, total in found] == [int(make_cut("mnist", 300, 100).train_images()[i].sum()) for i in range(12)]


def test_a_folder_that_cannot_be_written_is_the_machines_fault(
    registered: Arrays, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file lies where the folder would be."""
    (tmp_path / "data/cuts").write_text("in the way")
    with pytest.raises(MachineLacks, match="cannot be written .* set GRADER_DATA"):
        make_cut("mnist", 70, 20)


def test_the_data_folders_are_the_named_one_and_the_users_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """GRADER_DATA first."""
    monkeypatch.setenv("GRADER_DATA", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert data_roots() == [tmp_path, tmp_path / "cache/grader"]
