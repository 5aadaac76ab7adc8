"""A submission as a check has it, here with the student's code in the same process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from grader.local import LocalTransport, local_transport
from grader.student import Link, Student
from tests.student.submission import FUNCTIONS, NETS


@pytest.fixture(scope="module")
def transport() -> Iterator[LocalTransport]:
    with local_transport({"functions.py": FUNCTIONS, "nets.py": NETS}) as running:
        yield running


@pytest.fixture
def student(transport: LocalTransport) -> Iterator[Student]:
    """The submission, as a check has it."""
    link = Link()
    link.transport = transport
    transport.begin_check(1, 10.0)
    yield Student(link)
    transport.end_check()
