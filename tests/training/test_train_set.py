"""Loops that get the training images as a dataset, make loaders of their own, and train for as long as they like."""

from __future__ import annotations

import pytest

from grader.homework.assignment import load_assignment
from grader.messages import Report
from grader.outcomes import Outcome

from .conftest import CHECKS, REFERENCE, STUB, TOML, graded, make_course, register, results

pytestmark = pytest.mark.sandbox

LOADER = """
from torch.utils.data import DataLoader


def train(net, train_set, device, epochs):
    loader = DataLoader(train_set, batch_size=10, shuffle=True)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.003)
    count = 0
    for _ in range(epochs):
        for images, labels in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(images.to(device)), labels.to(device)).backward()
            optimizer.step()
            count += 1
    return count, len(train_set)
"""
CLASS = {
    "right": REFERENCE + LOADER.replace("range(epochs)", "range(3)"),
    "from_memory": REFERENCE
    + LOADER.replace("loader = ", "train_set = list(train_set)\n    loader = ").replace("range(epochs)", "range(3)"),
    "endless": REFERENCE + LOADER.replace("for _ in range(epochs)", "while True"),
    "never_reads": REFERENCE + LOADER.replace("range(epochs)", "range(0)"),
    "looks": REFERENCE
    + """
def train(net, train_set, device, epochs):
    (image, label), (last, _) = train_set[0], train_set[-1]
    ended = sum(1 for _ in train_set)
    known = image.shape, image.dtype, type(label).__name__, float(image.min()) >= 0, float(image.max()) <= 1
    raise ValueError(f"{known}, {last.equal(train_set[399][0])}, {ended}, {device}")
""",
}


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Report]:
    """The class, graded once for all tests of this module: the second training hands out `train_set`."""
    folder = tmp_path_factory.mktemp("items")
    own = "data.loader, data.held_out_loader, data.epochs"
    call = "student.Net, student.train)"
    assert own in CHECKS
    assert call in CHECKS
    checks = CHECKS.replace(own, "data.train_set, data.device, data.epochs").replace(call, call[:-1] + ", any_length=True)")
    checks = checks.replace("(40, 50)", "(120, 400)")
    with pytest.MonkeyPatch.context() as patch:
        register(folder, patch)
        learning = make_course(folder)
        (learning.folder / "test_public.py").write_text(checks, encoding="utf-8")
        (learning.folder / "assignment.toml").write_text(
            TOML.replace("seconds = 20\nthresholds = { net = 80 }\n", "seconds = 3\nthresholds = { net = 80 }\n")
        )
        (learning.folder / "work.py").write_text(STUB, encoding="utf-8")
        return graded(load_assignment("learning", folder / "course"), CLASS)


def test_an_own_loader_is_trained_with_and_its_steps_are_what_was_read(reports: dict[str, Report]) -> None:
    """Three passes over 400 images are 60 steps of 20, however large its own batches are."""
    for name, steps in (("right", 60), ("from_memory", 20)):
        checks = results(reports[name])
        assert checks["test_loop_trains"].outcome is Outcome.PASSED
        assert checks["test_loop_counts"].outcome is Outcome.PASSED
        (run,) = checks["test_loop_trains"].training
        assert (run.steps, run.of_steps) == (steps, steps)
        assert run.accuracy["net"] >= 80


def test_a_network_is_looked_at_before_it_is_trained(reports: dict[str, Report]) -> None:
    """The loop stands still at its first image: nothing is said about a network that is fresh."""
    assert results(reports["right"])["test_loop_trains"].training[0].notes == ()


def test_a_loop_without_end_is_ended_by_the_time_limit(reports: dict[str, Report]) -> None:
    """It is told how far it came, not how far it had to go."""
    check = results(reports["endless"])["test_loop_trains"]
    assert check.outcome is Outcome.TIMEOUT
    assert "training took longer than 3 s; it came to step " in check.message
    assert " of " not in check.message


def test_a_loop_that_reads_nothing_is_told_so(reports: dict[str, Report]) -> None:
    """No step, and the hint is about that."""
    check = results(reports["never_reads"])["test_loop_trains"]
    assert check.outcome is Outcome.FAILED
    assert check.hint == "No batch was ever taken from the training data."


def test_the_training_set_is_a_dataset_on_the_cpu(reports: dict[str, Report]) -> None:
    """Images (1, 28, 28) between 0 and 1 with whole numbers as labels, read from either end, over when it is over."""
    check = results(reports["looks"])["test_loop_trains"]
    assert "(torch.Size([1, 28, 28]), torch.float32, 'int', True, True), True, 400, cpu" in check.message
