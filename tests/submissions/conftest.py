"""What the tests of reading submissions share."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from grader.homework.assignment import Assignment, load_assignment


@pytest.fixture
def toy(toy_course: Path) -> Assignment:
    """The toy homework, of two files."""
    return load_assignment("toy", toy_course)


@pytest.fixture
def zipped(tmp_path: Path) -> Callable[[str, Mapping[str, str | bytes]], Path]:
    """Make a zip of those members, name -> content."""

    def make(name: str, members: Mapping[str, str | bytes]) -> Path:
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, content in members.items():
                archive.writestr(member, content)
        return path

    return make
