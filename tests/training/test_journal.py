"""A calibration that is stopped goes on where it was: which finished runs are taken from its journal."""

from __future__ import annotations

import functools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from grader.authors.calibrate import calibrate
from grader.authors.runs import Task
from grader.homework.assignment import Assignment
from grader.training.calibration import Measured, read_calibration

from .calibrating import MISTAKE, Pretended
from .conftest import REFERENCE

ROOT = Path(__file__).parents[2]


def with_a_mistake(learning: Assignment) -> Assignment:
    assert learning.reference is not None
    (learning.reference / "mistakes").mkdir()
    (learning.reference / "mistakes/rate_of_zero.py").write_text(MISTAKE, encoding="utf-8")
    return learning


def stop_after(count: int) -> Callable[[Task, Measured], None]:
    """As Ctrl-C does, when so many runs are finished."""
    heard: list[Task] = []

    def hear(task: Task, measured: Measured) -> None:
        heard.append(task)
        if len(heard) == count:
            raise KeyboardInterrupt

    return hear


def test_journals_that_nobody_goes_on_with_are_forgotten(learning: Assignment, data_folder: Path, pretended: Pretended) -> None:
    """A month after their last run; another training's that is younger stays."""
    folder = data_folder / "calibrations"
    folder.mkdir()
    for name, days in (("learning-given-cpu-0.jsonl", 40), ("other-both-cpu-1.jsonl", 40), ("other-both-cpu-2.jsonl", 20)):
        (folder / name).write_bytes(b"")
        then = time.time() - days * 86_400
        os.utime(folder / name, (then, then))
    calibrate(learning, seeds=2, mistake_seeds=0, profile="cpu", jobs=1)
    assert [path.name for path in folder.iterdir()] == ["other-both-cpu-2.jsonl"]


def test_a_calibration_that_was_stopped_goes_on_from_there(learning: Assignment, data_folder: Path, pretended: Pretended) -> None:
    """The same command makes only the runs that are missing; then the journals are gone."""
    with_a_mistake(learning)
    assert learning.reference is not None
    with pytest.raises(KeyboardInterrupt):
        calibrate(learning, seeds=3, mistake_seeds=2, profile="cpu", jobs=1, on_run=stop_after(4))
    first = list(pretended.made)
    assert len(first) == 4
    assert not (learning.reference / "calibration.json").exists()
    (journal, _) = sorted((data_folder / "calibrations").iterdir())
    with journal.open("ab") as stream:
        stream.write(b'{"mistake": "", "run": {"seed": 5')  # what a crash leaves
    pretended.made.clear()
    said: list[str] = []
    begun: list[int] = []
    with pytest.raises(KeyboardInterrupt):  # once more, and what was cut off stands in nobody's way
        calibrate(learning, seeds=3, mistake_seeds=2, profile="cpu", jobs=1, on_run=stop_after(1))
    found = calibrate(learning, seeds=3, mistake_seeds=2, profile="cpu", jobs=1, on_begin=begun.append, on_note=said.append)
    assert said == ["5 of 8 runs are there from a calibration that was stopped."]
    assert begun == [3]
    assert len(first) + len(pretended.made) == len({*first, *pretended.made}) == 8
    assert [run.seed for run in found["given"].reference] == [5000, 5001, 5002]
    assert [run.seed for run in found["given"].mistakes["rate_of_zero"]] == [5000, 5001]
    assert read_calibration(learning).trainings["own"]["cpu"] == found["own"]
    assert list((data_folder / "calibrations").iterdir()) == []
    pretended.made.clear()
    calibrate(learning, seeds=3, mistake_seeds=2, profile="cpu", jobs=1)
    assert len(pretended.made) == 8  # what is finished is finished: this is another one


def test_runs_of_another_state_are_not_taken(
    learning: Assignment, data_folder: Path, pretended: Pretended, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither those of a reference that has been edited since, nor another machine's."""
    assert learning.reference is not None

    def stopped() -> list[int]:
        pretended.made.clear()
        with pytest.raises(KeyboardInterrupt):
            calibrate(learning, seeds=9, mistake_seeds=0, profile="cpu", jobs=1, only=["given"], on_run=stop_after(2))
        return [seed for _, _, seed, _ in pretended.made]

    assert stopped() == [5000, 5001]
    assert stopped() == [5002, 5003]
    with (learning.reference / "work.py").open("a", encoding="utf-8") as stream:
        stream.write("\n# edited\n")
    assert stopped() == [5000, 5001]
    monkeypatch.setattr(
        "grader.authors.calibrate.describe_machine", lambda threads, _: {"processor": "another", "threads": threads}
    )
    assert stopped() == [5000, 5001]


def test_a_run_over_which_the_judge_died_is_made_again(learning: Assignment, data_folder: Path, pretended: Pretended) -> None:
    """Whoever kills the calibration kills its judges, too: that tells nothing about the mistake."""
    with_a_mistake(learning)
    pretended.dies = lambda task: bool(task.mistake)
    with pytest.raises(KeyboardInterrupt):
        calibrate(learning, seeds=2, mistake_seeds=1, profile="cpu", jobs=1, only=["given"], on_run=stop_after(3))
    pretended.dies = lambda _: False
    pretended.made.clear()
    found = calibrate(learning, seeds=2, mistake_seeds=1, profile="cpu", jobs=1, only=["given"])
    assert [(mistake, seed) for _, mistake, seed, _ in pretended.made] == [("rate_of_zero", 5000)]
    assert found["given"].mistakes["rate_of_zero"][0].ended == ""


@pytest.mark.sandbox
def test_ctrl_c_keeps_what_is_finished(learning: Assignment, data_folder: Path) -> None:
    """The command itself, with real runs, of which each takes its time: stopped after the first, and given again."""
    assert learning.reference is not None
    (learning.reference / "work.py").write_text(
        REFERENCE.replace("    net = Net()\n", "    net = Net()\n    time.sleep(2)\n") + "\n\nimport time\n"
    )
    course = learning.folder.parent.parent
    arguments = [sys.executable, "-m", "grader", "calibrate", "learning", "--seeds", "4", "--training", "given", "-j", "1"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120"}

    def run() -> subprocess.Popen[str]:
        # a shell starts what it puts into the background with Ctrl-C switched off, and children inherit that
        heard = functools.partial(signal.signal, signal.SIGINT, signal.default_int_handler)
        pipe = subprocess.PIPE
        return subprocess.Popen(arguments, cwd=course, env=environment, stdout=pipe, stderr=pipe, text=True, preexec_fn=heard)

    stopped = run()
    until = time.monotonic() + 100
    while not any(path.stat().st_size for path in (data_folder / "calibrations").glob("*.jsonl")):
        assert stopped.poll() is None
        assert time.monotonic() < until
        time.sleep(0.02)
    stopped.send_signal(signal.SIGINT)
    _, errors = stopped.communicate(timeout=60)
    assert stopped.returncode == 130
    assert errors.strip() == "grader: stopped; what is finished is kept, and the same command goes on from there."
    (journal,) = (data_folder / "calibrations").iterdir()
    kept = [msgspec.json.decode(line)["run"] for line in journal.read_bytes().splitlines()]
    assert 1 <= len(kept) < 4
    printed, errors = run().communicate(timeout=100)
    assert errors == ""
    assert f"{len(kept)} of 4 runs are there from a calibration that was stopped." in printed
    runs = read_calibration(learning).trainings["given"]["cpu"].reference
    assert [run.seed for run in runs] == list(range(5000, 5004))
    assert all(run in msgspec.to_builtins(runs) for run in kept)
