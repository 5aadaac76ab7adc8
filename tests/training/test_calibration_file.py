"""calibration.json where it cannot be written, is written by two at once, or is damaged."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from grader.authors.audit import audit
from grader.authors.calibrate import calibrate, recalculate
from grader.errors import AssignmentError, GraderError, MachineLacks
from grader.homework.assignment import Assignment
from grader.training.calibration import Calibration, read_calibration, update_calibration
from grader.training.setup import prepare

from .calibrating import GOOD, Pretended, calibrated


def test_a_file_that_cannot_be_written_is_told_before_the_first_run(
    learning: Assignment, data_folder: Path, pretended: Pretended, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And so is a journal."""
    assert learning.reference is not None
    path = learning.reference / "calibration.json"
    path.mkdir()
    with pytest.raises(GraderError) as caught:
        calibrate(learning, seeds=2, mistake_seeds=0, profile="cpu", jobs=1)
    assert str(caught.value) == f"{path} cannot be written (Is a directory): check that its folder is there and writable."
    path.rmdir()
    (data_folder / "calibrations").write_text("in the way", encoding="utf-8")
    with pytest.raises(
        MachineLacks, match=r"calibrations/learning-given-cpu-.* cannot be written \(.*\): set GRADER_DATA to a folder"
    ):
        calibrate(learning, seeds=2, mistake_seeds=0, profile="cpu", jobs=1)
    assert pretended.made == []


@pytest.mark.skipif(os.name == "nt", reason="there is no flock")
def test_two_calibrations_at_once_lose_nothing(learning: Assignment) -> None:
    """The second reads the file only when the first has written it."""
    inside, go_on = threading.Event(), threading.Event()

    def slow(before: Calibration) -> Calibration:
        inside.set()
        go_on.wait(10)
        return Calibration(1, {**before.trainings, "given": {"cpu": calibrated(GOOD)}})

    def quick(before: Calibration) -> Calibration:
        return Calibration(1, {**before.trainings, "own": {"cpu": calibrated(GOOD)}})

    first = threading.Thread(target=update_calibration, args=(learning, slow))
    first.start()
    assert inside.wait(10)
    second = threading.Thread(target=update_calibration, args=(learning, quick))
    second.start()
    second.join(0.3)
    assert second.is_alive()
    go_on.set()
    first.join(10)
    second.join(10)
    assert sorted(read_calibration(learning).trainings) == ["given", "own"]
    assert learning.reference is not None
    assert sorted(path.name for path in learning.reference.iterdir()) == ["calibration.json", "work.py"]  # no lock is left


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b'{"schema": 1, "trainings": {"given"', "Input data was truncated"),
        (b'{"schema": 1, "trainings": {"\xff": {}}}', "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
        (b'{"schema": 0, "trainings": {}}', "expected schema 1, found 0"),
        (b'{"trainings": ' + b"[" * 100_000, "maximum recursion depth exceeded while deserializing an object"),
        (b'{"trainings": {}}', "Object missing required field `schema`"),
    ],
)
def test_a_damaged_file_is_made_anew(
    learning: Assignment, data_folder: Path, pretended: Pretended, content: bytes, why: str
) -> None:
    """`calibrate` says so and begins from nothing, the audit refuses it, and a class is graded, with a remark."""
    assert learning.reference is not None
    path = learning.reference / "calibration.json"
    path.write_bytes(content)
    setup = prepare(learning, device="cpu")
    assert setup is not None
    assert [note for note in setup.notes if "calibra" in note] == [
        "calibration.json cannot be read: whether the thresholds are calibrated on cpu is not known"
    ]
    sentence = f"{path} cannot be read ({why}): make it anew with `grader calibrate learning`."
    with pytest.raises(AssignmentError) as caught:
        audit(learning)
    assert str(caught.value) == sentence
    with pytest.raises(AssignmentError) as caught:
        recalculate(learning)
    assert str(caught.value) == sentence
    said: list[str] = []
    calibrate(learning, seeds=2, mistake_seeds=0, profile="cpu", jobs=1, only=["given"], on_note=said.append)
    assert said == [f"{path} cannot be read ({why}): it is made anew, and what stood in it is lost."]
    assert list(read_calibration(learning).trainings) == ["given"]


@pytest.mark.parametrize("content", [b'{"schema": 7, "trainings": {}}', b'{"schema": 7, "runs": [1]}'])
def test_a_newer_graders_file_is_left_alone(learning: Assignment, data_folder: Path, pretended: Pretended, content: bytes) -> None:
    """Whatever is in it: nothing is trained, and nothing written; a class is graded, with a remark."""
    assert learning.reference is not None
    path = learning.reference / "calibration.json"
    path.write_bytes(content)
    sentence = f"{path} cannot be read: expected schema 1, found 7: a newer grader is needed."
    for use in (
        audit,
        recalculate,
        lambda one: calibrate(one, seeds=2, mistake_seeds=0, profile="cpu", jobs=1),
        lambda one: update_calibration(one, lambda before: before, anew=True),
    ):
        with pytest.raises(AssignmentError) as caught:
            use(learning)
        assert str(caught.value) == sentence
    assert pretended.made == []
    assert path.read_bytes() == content
    setup = prepare(learning, device="cpu")
    assert setup is not None
    assert "calibration.json cannot be read: whether the thresholds are calibrated on cpu is not known" in setup.notes
