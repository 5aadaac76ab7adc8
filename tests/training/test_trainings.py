"""Trainings from end to end: right ones, wrong ones, and those that try to be taken for right."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from grader.homework.assignment import Assignment, load_assignment
from grader.messages import Report
from grader.outcomes import Fault, Outcome
from grader.training.setup import prepare

from .conftest import REFERENCE, graded, graded_once, results

pytestmark = pytest.mark.sandbox


def changed(old: str, new: str) -> str:
    assert old in REFERENCE
    return REFERENCE.replace(old, new)


CLASS = {
    "right": REFERENCE,
    "constant": REFERENCE
    + """
class Same(Net):
    def forward(self, x):
        return self.fc(x.flatten(1) * 0)


def make_run():
    net = Same()
    return net, nn.CrossEntropyLoss(), torch.optim.Adam(net.parameters(), lr=0.003)
""",
    "diverges": REFERENCE
    + """
def make_run():
    net = Net()
    steps = []

    def criterion(scores, labels):
        steps.append(1)
        loss = nn.functional.cross_entropy(scores, labels)
        return loss if len(steps) < 8 else loss * float("nan")

    return net, criterion, torch.optim.Adam(net.parameters())


def train(net, loader, held_out, epochs):
    raise ValueError("no loop")
""",
    "mixed_modes": REFERENCE
    + """
class Net(Net):
    def __init__(self):
        super().__init__()
        self.frozen, self.drop = nn.BatchNorm1d(784), nn.Dropout(0.1)

    def forward(self, x):
        return self.fc(self.drop(self.frozen(x.flatten(1))))


def train(net, loader, held_out, epochs):
    net.train()
    net.frozen.eval()
    optimizer = torch.optim.Adam(net.parameters(), lr=0.003)
    for _ in range(epochs):
        for images, labels in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(images), labels).backward()
            optimizer.step()
            assert net.training and net.drop.training and not net.frozen.training
    return 40, 50
""",
    "greedy": changed("range(epochs)", "range(epochs + 1)"),
    "lazy": changed("range(epochs)", "range(0)"),
    "not_three": REFERENCE + "\n\ndef make_run():\n    return Net()\n",
    "misshapen": REFERENCE
    + """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(28 * 28, 10)

    def forward(self, x):
        scores = self.fc(x.flatten(1))
        return scores if self.training else scores.sum(1)
""",
    "looks": REFERENCE
    + """
import os

seen = []
for folder, _, files in os.walk("/data"):
    seen += [os.path.join(folder, file) for file in files]
writable = [path for path in seen if os.access(path, os.W_OK)]


def make_run():
    import numpy

    sizes = sorted(len(numpy.load(path)) for path in seen if path.endswith("train_images.npy"))
    raise ValueError(f"{len(seen)} files of {sizes} images, writable {writable}")
""",
}


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Report]:
    """The class, graded once for all tests of this module."""
    return graded_once(tmp_path_factory, CLASS)


def test_a_right_submission_has_every_point_and_its_runs_are_in_the_report(reports: dict[str, Report]) -> None:
    """The report keeps the curve, the accuracy after each pass, the seeds, and that the data are not the original."""
    report = reports["right"]
    assert (report.score, report.max_score, report.not_graded) == (10, 10, 0)
    (run,) = results(report)["test_net_learns"].training
    assert (run.training, run.steps, run.of_steps, run.nan_at, run.ended) == ("given", 60, 60, None, "")
    assert [step for step, _ in run.accuracies] == [20, 40, 60]
    assert run.accuracy["net"] >= 80
    assert len(run.losses) == 60
    assert run.losses[0][1] > run.losses[-1][1]
    assert sorted(run.permutation) == list(range(10))
    assert list(run.permutation) != list(range(10))
    assert 0 < run.seconds < 20
    assert any("not mnist as published" in note for note in report.notes)
    assert "the threshold of the training own is not calibrated on cpu" in report.notes


def test_a_loop_of_the_students_own_is_trained_once_for_all_its_checks(reports: dict[str, Report]) -> None:
    """Both checks show the same run, and its losses although the loop kept them to itself."""
    checks = results(reports["right"])
    assert checks["test_loop_trains"].training == checks["test_loop_counts"].training
    (run,) = checks["test_loop_trains"].training
    assert (run.steps, run.of_steps, len(run.losses)) == (40, 40, 40)
    assert [step for step, _ in run.accuracies] == [20, 40]  # after each pass, with the loop standing still in between


def test_layers_stay_in_the_mode_that_a_loop_has_chosen(reports: dict[str, Report]) -> None:
    """A network that is scored in between, or looked at before, is given back as it was."""
    assert results(reports["mixed_modes"])["test_loop_trains"].outcome is Outcome.PASSED


def test_an_output_that_does_not_depend_on_the_input_is_explained(reports: dict[str, Report]) -> None:
    """All images get the same class: the hint says so, and the message says what was reached."""
    check = results(reports["constant"])["test_net_learns"]
    assert check.outcome is Outcome.FAILED
    assert check.message == "net: expected at least 80 % of 100 test images right, got 10.0 %."
    assert check.hint.startswith("Every image is given the same class by net (")


def test_a_loss_that_turns_nan_ends_the_run_there(reports: dict[str, Report]) -> None:
    """The step is told, and the run went no further than the request at hand."""
    check = results(reports["diverges"])["test_net_learns"]
    assert check.outcome is Outcome.FAILED
    assert "not a finite number from step 8 of 60 on" in check.message
    assert check.training[0].nan_at == 8
    assert check.training[0].ended == "nan from step 8 on"
    assert len(check.training[0].losses) == 7


def test_what_the_loop_raises_is_the_students_error_in_every_check_of_it(reports: dict[str, Report]) -> None:
    """Both checks end as an error with the same words."""
    checks = results(reports["diverges"])
    for name in ("test_loop_trains", "test_loop_counts"):
        assert checks[name].outcome is Outcome.ERROR
        assert "ValueError: no loop (work.py, line" in checks[name].message
        assert [(run.ended, run.steps) for run in checks[name].training] == [("error", 0)]


def test_a_loop_that_raises_is_told_with_the_step_at_which_it_did(learning: Assignment, data_folder: Path) -> None:
    """Not with the last one at which the grader looked."""
    late = changed("count += 1", "count += 1\n            assert count < 37")
    run = results(graded(learning, {"late": late})["late"])["test_loop_trains"].training[0]
    assert (run.ended, run.steps) == ("error", 37)


def test_more_epochs_than_asked_for_are_refused(reports: dict[str, Report]) -> None:
    """The loader ends the third pass where two are allowed."""
    check = results(reports["greedy"])["test_loop_trains"]
    assert check.outcome is Outcome.ERROR
    assert "once more after 2 passes" in check.message


def test_a_loop_that_takes_no_batch_is_told_so(reports: dict[str, Report]) -> None:
    """Chance, and the hint that nothing was taken."""
    check = results(reports["lazy"])["test_loop_trains"]
    assert check.outcome is Outcome.FAILED
    assert check.hint == "No batch was ever taken from the training data."


def test_wrong_kinds_are_the_students_error(reports: dict[str, Report]) -> None:
    """A network in place of three things, scores of the wrong shape."""
    assert "expected (net, criterion, optimizer), got a Net" in results(reports["not_three"])["test_net_learns"].message
    misshapen = results(reports["misshapen"])["test_net_learns"]
    assert misshapen.outcome is Outcome.FAILED
    assert misshapen.message == "net, for 100 images in eval mode: expected scores of shape (100, 10), got shape (100,)."


def test_the_process_sees_training_images_and_nothing_else(reports: dict[str, Report]) -> None:
    """A file for each of the two trainings, read-only; no labels, no test images."""
    message = results(reports["looks"])["test_net_learns"].message
    assert "2 files of [400, 450] images, writable []" in message


def test_without_walls_the_images_are_found_as_well(learning: Assignment, data_folder: Path) -> None:
    """--sandbox none: the same training, the images at their own place."""
    report = graded(learning, {"right": REFERENCE}, lock_in=False)["right"]
    assert report.score == 10


def test_too_slow_a_training_is_a_timeout_that_says_how_far_it_came(learning: Assignment, data_folder: Path) -> None:
    """The student's own processor time counts; step, loss and accuracy so far are told."""
    toml = learning.folder / "assignment.toml"
    toml.write_text(
        toml.read_text().replace(
            "seconds = 20\nthresholds = { net = 80 }\nmargin", "seconds = 1.5\nthresholds = { net = 80 }\nmargin"
        )
    )
    slow = (
        REFERENCE
        + """

class Slow(Net):
    def forward(self, x):
        if self.training:
            for _ in range(400):
                x = x + torch.rand_like(x) * 0
        return super().forward(x)


def make_run():
    net = Slow()
    return net, nn.CrossEntropyLoss(), torch.optim.Adam(net.parameters(), lr=0.003)
"""
    )
    report = graded(load_assignment(learning.folder), {"slow": slow})["slow"]
    check = results(report)["test_net_learns"]
    assert check.outcome is Outcome.TIMEOUT
    assert "training took longer than 1.5 s; it came to step " in check.message
    assert " of 60, loss " in check.message
    assert check.training[0].ended == "timeout"
    assert results(report)["test_loop_trains"].outcome is Outcome.PASSED


def test_a_loop_of_the_students_own_that_is_too_slow_tells_its_accuracy_so_far(learning: Assignment, data_folder: Path) -> None:
    """After the pass that it completed."""
    toml = learning.folder / "assignment.toml"
    toml.write_text(toml.read_text().replace("seconds = 20", "seconds = 3"))
    lame = changed("count += 1", "count += 1\n            while count > 25:\n                pass")
    check = results(graded(load_assignment(learning.folder), {"lame": lame})["lame"])["test_loop_trains"]
    assert check.outcome is Outcome.TIMEOUT
    assert re.fullmatch(
        r"training took longer than 3 s; it came to step 2\d of 40, loss \d\.\d+, accuracy after step 20: net \d+\.\d %\.",
        check.message,
    )
    assert [step for step, _ in check.training[0].accuracies] == [20]


def test_a_borderline_result_is_run_again_and_every_run_is_shown(learning: Assignment, data_folder: Path) -> None:
    """Two reruns with seeds of their own, and their mean; meanwhile the progress tells step, loss and time left."""
    toml = learning.folder / "assignment.toml"
    toml.write_text(toml.read_text().replace("margin = 5", "margin = 75"))
    said: list[str] = []
    report = graded(
        load_assignment(learning.folder), {"constant": CLASS["constant"]}, on_progress=lambda _found, text: said.append(text)
    )["constant"]
    check = results(report)["test_net_learns"]
    assert check.outcome is Outcome.FAILED
    assert check.message == (
        "net: expected at least 80 % of 100 test images right, got 10.0, 10.0, 10.0 % in 3 runs, 10.0 % on average."
    )
    assert len({run.seed for run in check.training}) == 3
    assert [[step for step, _ in run.accuracies] for run in check.training] == [[20, 40, 60]] * 3
    assert any(re.fullmatch(r"Q1 training, step \d+ of 60, loss \d\.\d{3}, \d+:\d\d left", text) for text in said)


def test_a_missing_data_set_is_the_machines_fault(learning: Assignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not graded, with the command that fetches it; nobody loses a point."""
    monkeypatch.setenv("GRADER_DATA", str(tmp_path / "nothing"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "no cache"))
    report = graded(learning, {"right": REFERENCE})["right"]
    assert (report.score, report.max_score, report.not_graded) == (0, 0, 10)
    for check in results(report).values():
        assert check.outcome is Outcome.NOT_GRADED
        assert check.fault is Fault.MACHINE
        assert "grader data fetch mnist" in check.message


def test_without_training_its_points_are_not_graded_and_its_grade_is_another(learning: Assignment, data_folder: Path) -> None:
    """--no-training: the points are in `not_graded`; a later run that trains grades anew."""
    report = graded(learning, {"right": REFERENCE}, train=False)["right"]
    assert (report.max_score, report.not_graded) == (0, 10)
    assert [question.note for question in report.questions] == ["Its training was not asked for here."] * 2
    from grader.classroom.grading import grade_class

    course = learning.folder.parent.parent
    setup = prepare(learning, device="cpu")
    again = [grade_class(learning, [course / "class"], course / "out", jobs=1, training=setup) for _ in range(2)]
    assert [grades.graded for grades in again] == [1, 0]
    assert again[1].reports[0].score == 10
