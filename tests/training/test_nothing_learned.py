"""Where nothing is learned: an accuracy of one's own, a forged harness, and a training that trains nothing or breaks off."""

from __future__ import annotations

import pytest

from grader.messages import Report
from grader.outcomes import Outcome

from .cheats import CONSTANT_CRITERION, LEARN, LOOP, NET, loop_of, net_of, the
from .conftest import REFERENCE, graded_once, results

pytestmark = [pytest.mark.sandbox, pytest.mark.xdist_group("nothing_learned")]  # one worker grades the class

# the harness's own module is as public as torch: it may be patched, and gives values all the same
FORGED = REFERENCE + "\nimport grader.sandbox.loops as loops\n\n"
FORGERIES = {
    "words": 'loops.advance = lambda run, count: ("every step", 10**9, True, "accuracy 100 %")\n'
    "loops.predict = lambda run, name, images: torch.eye(10)[torch.zeros(len(images), dtype=torch.int64)]",
    "backwards": "loops.advance = lambda run, count: (torch.zeros(0), -5, False, None)",
    "endless": "loops.advance = lambda run, count: (torch.zeros(0), run.taken, False, None)",
    "huge": "loops.advance = lambda run, count: (torch.zeros(0), 10**40, True, None)",
    "done_at_once": "loops.advance = lambda run, count: (torch.zeros(0), 60, True, None)",
    "complex": "loops.predict = lambda run, name, images: torch.zeros(len(images), 10, dtype=torch.complex64)",
    "strings": 'loops.predict = lambda run, name, images: [["passed"] * 10] * len(images)',
    "infinite": 'loops.predict = lambda run, name, images: torch.full((len(images), 10), float("inf"))',
    "facts": 'loops.predict = lambda run, name, images: torch.zeros(len(images), 10)\nloops.facts = lambda run: {"gradients": 10**40}',
}

CLASS = {
    "constant_criterion": CONSTANT_CRITERION,
    "idle_optimizer": net_of(
        "class Own(Net):\n    pass\n\n\nclass Idle(torch.optim.SGD):\n    def step(self):\n        pass\n", "Idle(net.parameters())"
    ),
    "own_evaluate": loop_of("net.evaluate = lambda: 1.0\nprint('accuracy: 100.0 %')\nreturn 100.0, 'passed'"),
    "nan_in_the_loop": loop_of(
        LEARN
        + """
for _ in range(epochs):
    for number, (images, labels) in enumerate(loader):
        learn(images, labels)
        nn.functional.cross_entropy(net(images) * (float("nan") if number == 9 else 1.0), labels).backward()
return 40, 50
"""
    ),
    "raises_late": loop_of(LEARN + "for images, labels in loader:\n    learn(images, labels)\nraise KeyError('done')"),
    "ends_early": loop_of(
        LEARN
        + """
for number, (images, labels) in enumerate(loader):
    if number == 3:
        return 0, 0
    learn(images, labels)
"""
    ),
    **{f"forges_{name}": FORGED + source for name, source in FORGERIES.items()},
}  # fmt: skip


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Report]:
    return graded_once(tmp_path_factory, CLASS)


def test_an_accuracy_of_ones_own_does_not_count(reports: dict[str, Report]) -> None:
    """Printed, returned, or an `evaluate`: what counts are predictions, scored outside."""
    check, run = the(reports, "own_evaluate", LOOP)
    assert check.outcome is Outcome.FAILED
    assert run.accuracy["net"] < 40
    assert "100.0" not in check.message


@pytest.mark.parametrize("name", sorted(FORGERIES))
def test_a_forged_harness_gives_no_points(reports: dict[str, Report], name: str) -> None:
    """What it says is no accuracy; and that it was forged is nobody else's fault."""
    checks = results(reports[f"forges_{name}"])
    assert checks[NET].points == checks[LOOP].points == 0
    assert all(check.outcome is not Outcome.NOT_GRADED for check in checks.values())
    assert "names the grader's own modules" in checks[NET].staff_message


def test_a_forged_step_count_is_forbidden(reports: dict[str, Report]) -> None:
    """No loop goes backwards, stands still, or takes more steps than there are numbers for."""
    for name in ("words", "backwards", "endless", "huge"):
        check = results(reports[f"forges_{name}"])[NET]
        assert check.outcome is Outcome.FORBIDDEN, name
        assert check.message == "The training loop in the process was changed."


def test_what_does_not_learn_fails(reports: dict[str, Report]) -> None:
    """A criterion without information, an optimizer that does nothing, a loop that ends early or raises after all."""
    for name in ("constant_criterion", "idle_optimizer"):
        check, run = the(reports, name)
        assert check.outcome is Outcome.FAILED
        assert "The loss did not fall" in check.hint or "same class" in check.hint
        assert run.accuracy["net"] < 40
    check, run = the(reports, "ends_early", LOOP)
    assert check.outcome is Outcome.FAILED
    assert check.hint == "The training took 4 steps where the epochs asked for come to 40."
    check = results(reports["raises_late"])[LOOP]
    assert check.outcome is Outcome.ERROR
    assert "KeyError: 'done' (work.py, line" in check.message


def test_a_loop_that_is_ended_at_a_nan_is_told_so_in_every_check(reports: dict[str, Report]) -> None:
    """By the step, of which each may have several losses; not that it returned nothing."""
    for name in (LOOP, "test_loop_counts"):
        check = results(reports["nan_in_the_loop"])[name]
        assert check.outcome is Outcome.FAILED
        assert "he loss is not a finite number from step 10 of 40 on, and the run was ended there." in check.message, name
        assert check.hint.startswith("A loss that turns nan")
