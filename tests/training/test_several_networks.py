"""Several networks in one loop: what becomes of one is no other's loss, or gain."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.homework.assignment import load_assignment
from grader.messages import CheckResult
from grader.outcomes import Fault, Outcome

from .conftest import REFERENCE, graded, make_course, register, results

pytestmark = pytest.mark.sandbox

TOML = """\
schema = 1
name = "learning"
title = "Learning"
files = ["work.py"]
points = 3

[[questions]]
id = "Q1"
title = "Two networks"
points = 3
file = "work.py"
names = ["Net", "train"]

[[training]]
id = "two"
question = "Q1"
data = "mnist"

[training.cpu]
train = 400
held_out = 50
test = 100
epochs = 2
batch = 20
seconds = 20
thresholds = { a = 80, b = 80, "b-a" = -50 }
"""

CHECKS = '''
import pytest


def train_them(data, net, train):
    data.networks = {"a": net(), "b": net()}
    return train(*data.networks.values(), data.loader, data.epochs)


@pytest.mark.question("Q1", points=1)
@pytest.mark.training("two")
@pytest.mark.parametrize("score", ["a", "b", "b-a"])
def test_learns(student, training, score):
    """The networks learn."""
    training.own_loop(train_them, student.Net, student.train)
    training.demand(score)
'''

LOOP = (
    REFERENCE
    + """

def train(a, b, loader, epochs):
    optimizers = [torch.optim.Adam(net.parameters(), lr=0.003) for net in (a, b)]
    for epoch in range(epochs):
        for step, (images, labels) in enumerate(loader):
            for net, optimizer, wrong in zip((a, b), optimizers, WRONG):
                optimizer.zero_grad()
                loss = nn.functional.cross_entropy(net(images), labels)
                (loss * float("nan") if wrong and epoch == 0 and step == 8 else loss).backward()
                optimizer.step()
"""
)


@pytest.fixture(scope="module")
def checks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[CheckResult]]:
    """What became of the three checks, a, b and b-a, by what diverges."""
    folder = tmp_path_factory.mktemp("two")
    with pytest.MonkeyPatch.context() as patch:
        register(folder, patch)
        course = make_course(folder)
        (course.folder / "assignment.toml").write_text(TOML, encoding="utf-8")
        (course.folder / "test_public.py").write_text(CHECKS, encoding="utf-8")
        class_ = {f"{bad}_bad": LOOP.replace("WRONG", str(tuple(name in bad for name in "ab"))) for bad in ("no", "a", "b", "ab")}
        reports = graded(load_assignment(course.folder), class_)
    return {which: list(results(report).values()) for which, report in reports.items()}


def test_both_learn(checks: dict[str, list[CheckResult]]) -> None:
    """In one run, which the checks share."""
    assert [check.outcome for check in checks["no_bad"]] == [Outcome.PASSED] * 3
    (run,) = {run.seed: run for check in checks["no_bad"] for run in check.training}.values()
    assert (run.ended, run.nan_at) == ("", None)


@pytest.mark.parametrize(("bad", "good"), [("a", "b"), ("b", "a")])
def test_one_that_diverges_takes_no_other_along(checks: dict[str, list[CheckResult]], bad: str, good: str) -> None:
    """The run goes on; the other one has its score. A network without numbers has none, and nothing is better than it by so much."""
    outcomes = dict(zip(("a", "b", "b-a"), checks[f"{bad}_bad"], strict=True))
    right = outcomes.pop(good)
    assert right.outcome is Outcome.PASSED, right.message
    (run,) = right.training
    assert (run.ended, run.nan_at, run.steps) == ("", 9, 40)
    assert run.accuracy[good] > 80
    for check in outcomes.values():
        assert check.outcome is Outcome.FAILED
        assert check.message.endswith("; the loss is not a finite number from step 9 of 80 on.")
        assert check.hint.startswith("A loss that turns nan")


def test_a_threshold_of_a_network_that_nobody_names_is_the_authors_fault(data_folder: Path, tmp_path: Path) -> None:
    """Not graded, in every check of the training; which names there are is told."""
    course = make_course(tmp_path)
    (course.folder / "assignment.toml").write_text(
        TOML.replace("{ a = 80,", "{ aa = 80,").replace('"b-a"', '"b-aa"'), encoding="utf-8"
    )
    (course.folder / "test_public.py").write_text(CHECKS.replace('["a", "b", "b-a"]', '["aa", "b", "b-aa"]'), encoding="utf-8")
    report = graded(load_assignment(course.folder), {"right": LOOP.replace("WRONG", "(False, False)")})["right"]
    assert (report.score, report.max_score, report.not_graded) == (0, 0, 3)
    for check in results(report).values():
        assert (check.outcome, check.fault) == (Outcome.NOT_GRADED, Fault.AUTHOR)
        assert "the training two has a threshold for aa: expected that its check names a network so" in check.staff_message
        assert "in data.networks, found a, b." in check.staff_message


def test_where_all_diverge_the_run_is_ended(checks: dict[str, list[CheckResult]]) -> None:
    """At the next look, as with one network."""
    for check in checks["ab_bad"]:
        assert check.outcome is Outcome.FAILED
        assert "The loss is not a finite number from step 9 of 80 on, and the run was ended there." == check.message
        assert check.training[0].ended == "nan from step 9 on"
        assert check.training[0].steps < 80
