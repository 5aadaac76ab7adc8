"""A limit that is a multiple of the reference's time: measured once on a machine, or taken from its calibration."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from grader.authors.reference_time import time_reference
from grader.cli import grade
from grader.errors import UsageError
from grader.homework.assignment import Assignment, load_assignment
from grader.training.calibration import Calibration, describe_machine, write_calibration
from grader.training.setup import prepare

from .calibrating import Pretended, calibrated, of_today
from .conftest import TOML


@pytest.mark.sandbox
def test_a_limit_that_is_a_multiple_of_the_references_time(learning: Assignment, data_folder: Path) -> None:
    """Measured once on this machine and remembered; a calibration of this machine's is taken before that."""
    toml = TOML.replace(
        "seconds = 20\nthresholds = { net = 80 }\nmargin", "times_reference = 400\nthresholds = { net = 80 }\nmargin"
    )
    (learning.folder / "assignment.toml").write_text(toml, encoding="utf-8")
    assignment = load_assignment(learning.folder)
    began: list[int] = []
    setups = [time_reference(assignment, prepare(assignment, device="cpu"), on_begin=lambda: began.append(1)) for _ in range(2)]
    assert began == [1]
    first, second = (setup.reference_seconds["given"] for setup in setups if setup is not None)
    assert first == second > 0
    profile = assignment.training[0].cpu
    assert profile is not None
    setup = setups[0]
    assert setup is not None
    assert setup.limit("given", profile) == max(5, 400 * first)
    known = of_today(assignment, "given", calibrated([95.0] * 10, machine=describe_machine(1), profile=profile))
    known = msgspec.structs.replace(known, data=setup.cuts["given"].digest)
    of_longer_runs = msgspec.structs.replace(known, profile=msgspec.structs.replace(profile, epochs=200))
    of_other_images = msgspec.structs.replace(known, data="another cut")
    of_other_code = msgspec.structs.replace(known, work=msgspec.structs.replace(known.work, code="another"))
    for believed, taken in ((known, True), (of_longer_runs, False), (of_other_images, False), (of_other_code, False)):
        write_calibration(assignment, Calibration(1, {"given": {"cpu": believed}}))
        later = time_reference(assignment, prepare(assignment, device="cpu"))
        assert later is not None
        assert (later.reference_seconds == {"given": 1.0}) == taken


def test_a_reference_that_does_not_come_to_its_end_stops_no_class(
    learning: Assignment, data_folder: Path, pretended: Pretended
) -> None:
    """Its training is not graded, and says why; the other one is."""
    toml = TOML.replace("seconds = 20\nthresholds = { net = 80 }\nmargin", "times_reference = 4\nthresholds = { net = 80 }\nmargin")
    (learning.folder / "assignment.toml").write_text(toml, encoding="utf-8")
    assignment = load_assignment(learning.folder)
    pretended.dies = lambda _: True
    setup = time_reference(assignment, prepare(assignment, device="cpu"))
    assert setup is not None
    assert setup.lacking == {
        "given": "the reference does not finish the training given (the grading process ended over it), and its time limit is a multiple "
        "of what that takes: see `grader audit learning --train`."
    }
    assert setup.reference_seconds == {}
    pretended.dies = lambda _: False
    again = time_reference(assignment, prepare(assignment, device="cpu"))
    assert again is not None
    assert again.reference_seconds == {"given": 0.5}


def test_the_reference_is_timed_when_there_is_something_to_grade_and_that_is_told(
    learning: Assignment,
    data_folder: Path,
    pretended: Pretended,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What is asked for in vain is told at once; what takes its time says so before."""
    toml = TOML.replace("seconds = 20\nthresholds = { net = 80 }\nmargin", "times_reference = 4\nthresholds = { net = 80 }\nmargin")
    (learning.folder / "assignment.toml").write_text(toml, encoding="utf-8")
    monkeypatch.chdir(learning.folder.parent.parent)
    monkeypatch.setattr("grader.classroom.grading.grade_all", lambda *_, **__: None)
    with pytest.raises(UsageError, match="nowhere is not there"):
        grade("learning", [Path("nowhere")], out=Path("out"), device="cpu")
    assert not (data_folder / "reference-seconds.json").exists()
    grade("learning", [Path("reference/learning")], out=Path("out"), device="cpu")
    assert (data_folder / "reference-seconds.json").exists()
    assert capsys.readouterr().out.startswith(
        "Timing the reference of learning on this machine, once: time limits are multiples of what it takes.\n"
    )


def test_a_damaged_file_does_not_keep_the_reference_from_being_timed(
    learning: Assignment, data_folder: Path, pretended: Pretended
) -> None:
    """Where a limit is a multiple of its time: it is measured, as without a file."""
    toml = TOML.replace("seconds = 20\nthresholds = { net = 80 }\nmargin", "times_reference = 4\nthresholds = { net = 80 }\nmargin")
    (learning.folder / "assignment.toml").write_text(toml, encoding="utf-8")
    assignment = load_assignment(learning.folder)
    assert assignment.reference is not None
    (assignment.reference / "calibration.json").write_bytes(b"{")
    setup = time_reference(assignment, prepare(assignment, device="cpu"))
    assert setup is not None
    assert setup.reference_seconds == {"given": 0.5}
