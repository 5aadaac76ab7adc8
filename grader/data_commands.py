"""`grader data`: which data sets are here, fetching one, adding one's own arrays, and the cut that an assignment brings along."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

__all__ = ["data"]

data = App(name="data", help="Data sets to train on: list, fetch, add, cut.")


@data.default
def show() -> int:
    """List the data sets, and where they are."""
    from grader.reports.data import show_data

    return show_data()


@data.command
def fetch(name: str) -> int:
    """Download a data set, check it, and prepare it.

    Parameters
    ----------
    name
        mnist, fashion-mnist or cifar10.
    """
    from grader.reports.data import fetch_with_progress

    return fetch_with_progress(name)


@data.command
def add(name: str, files: Annotated[list[Path], Parameter(negative=())], /) -> int:
    """Register your own arrays as a data set; reports say that they are not the original.

    Parameters
    ----------
    name
        mnist, fashion-mnist or cifar10.
    files
        .npz files with train_images, train_labels, test_images, test_labels: uint8, images of shape (N, channels, height, width).
    """
    from grader.datasets.store import add_arrays

    about = add_arrays(name, files)
    kind = "the original" if about.original else "not the original: reports will say so"
    sys.stdout.write(f"added: {name}, {about.train:,} training and {about.test:,} test images ({kind})\n")
    return 0


@data.command
def cut(name: str, assignment: str, /, *, train: int, test: int, course: Path | None = None) -> int:
    """Make the small cut of a data set that an assignment brings along.

    Parameters
    ----------
    name
        mnist, fashion-mnist or cifar10; it has to be here, as published. Mind its licence.
    assignment
        The homework's name: training images go to assignments/NAME/data/, test images to reference/NAME/data/.
    train
        How many training images, as many of one class as of another.
    test
        How many test images.
    course
        The folder with assignments/ and reference/ (default: found from here upwards).
    """
    from grader.datasets.cuts import shipped_files, write_shipped
    from grader.errors import UsageError
    from grader.homework.assignment import load_assignment

    loaded = load_assignment(assignment, course)
    if loaded.reference is None:
        raise UsageError(
            f"{loaded.folder} has no reference, where the test images belong: expected a homework in a course with "
            "assignments/ and reference/: go there, or name it with --course."
        )
    trained_on = dict.fromkeys(training.data for training in loaded.training)
    if name not in trained_on:
        raise UsageError(
            f"{loaded.name} trains on {', '.join(trained_on) or 'nothing'}, not on {name}: "
            "name what it trains on, or declare the training in assignment.toml first."
        )
    files = shipped_files(loaded.folder, loaded.reference, name)
    write_shipped(name, train, test, files)
    for path in files:
        sys.stdout.write(f"written: {path}\n")
    return 0
