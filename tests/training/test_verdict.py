"""The rule for borderline results, and the chance that a right solution falls below a threshold."""

from __future__ import annotations

import itertools
import math
import re
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from grader.errors import CheckFailed, StudentRaised, StudentStopped
from grader.homework.training_table import Profile, Training
from grader.messages import Failure, TrainingRun
from grader.outcomes import Outcome
from grader.training.chance import ACCEPTED, false_fail, highest_threshold
from grader.training.explain import hint_for, missed_message
from grader.training.fixture import Trainer
from grader.training.verdict import decide, score_of

PROFILE = Profile(train=100, test=1000, epochs=1, batch=10, thresholds={"net": 80.0}, margin=2.0, reruns=2, seconds=10)


@pytest.mark.parametrize(
    ("scores", "verdict"),
    [
        ([80.0], "reached"),
        ([79.9], "again"),
        ([78.0], "again"),
        ([77.9], "missed"),
        ([79.0, 95.0], "again"),
        ([79.0, 80.0, 81.0], "reached"),
        ([79.0, 80.0, 80.9], "missed"),
        ([90.0, 10.0, 10.0], "reached"),
        ([79.0, 80.0, 81.0, 0.0], "reached"),
        ([79.0, -math.inf], "missed"),
        ([80.0, -math.inf, -math.inf], "reached"),
        ([-math.inf], "missed"),
    ],
)
def test_one_run_decides_unless_it_falls_just_short(scores: list[float], verdict: str) -> None:
    """Then the mean of all three does; runs that were made for another network's sake change nothing."""
    assert decide(scores, 80.0, PROFILE) == verdict


def test_without_reruns_the_first_decides() -> None:
    """A hair below is missed."""
    assert decide([79.99], 80.0, msgspec.structs.replace(PROFILE, reruns=0)) == "missed"


def test_a_difference_is_a_score() -> None:
    """a-b: how much more a has."""
    assert score_of("cnn-dnn", {"dnn": 70.0, "cnn": 82.5}) == 12.5
    assert score_of("dnn", {"dnn": 70.0, "cnn": 82.5}) == 70.0


@given(
    values=st.lists(st.floats(60, 90), min_size=10, max_size=20).filter(lambda v: np.std(v) > 0.5),
    below=st.floats(0.5, 3),
)
def test_the_chance_of_a_single_run_is_students_t(values: list[float], below: float) -> None:
    """Without reruns there is a formula: the t-distribution with n − 1 degrees of freedom, widened by what the mean leaves open."""
    n, mean, deviation = len(values), float(np.mean(values)), float(np.std(values, ddof=1))
    threshold = mean - below * deviation
    expected = stats.t.cdf((threshold - mean) / (deviation * np.sqrt(1 + 1 / n)), n - 1)
    found = false_fail(values, threshold, msgspec.structs.replace(PROFILE, reruns=0))
    assert found == pytest.approx(expected, abs=0.005)  # six deviations of 400,000 draws


def test_reruns_make_a_false_fail_rarer() -> None:
    """And never likelier."""
    values = np.random.default_rng(1).normal(82, 1, 12).tolist()
    once = false_fail(values, 80.0, msgspec.structs.replace(PROFILE, reruns=0))
    thrice = false_fail(values, 80.0, PROFILE)
    assert 0 < thrice < once / 2


def test_the_rule_is_the_one_that_is_played() -> None:
    """The chance is the share of gradings that `decide` fails, played one by one."""
    values = np.random.default_rng(2).normal(80.5, 1, 40).tolist()
    random = np.random.default_rng(3)
    mean, deviation, n = np.mean(values), np.std(values, ddof=1), len(values)
    fails = 0
    for _ in range(6_000):
        sigma = deviation * np.sqrt((n - 1) / random.chisquare(n - 1))
        scores = random.normal(random.normal(mean, sigma / np.sqrt(n)), sigma, 3).tolist()
        made = scores[:1]
        while (verdict := decide(made, 80.0, PROFILE)) == "again":
            made = scores[: len(made) + 1]
        fails += verdict == "missed"
    assert false_fail(values, 80.0, PROFILE) == pytest.approx(fails / 6_000, abs=0.02)


def test_the_highest_threshold_is_just_safe() -> None:
    """There it is at most 1 in 1,000, a tenth above it is more."""
    values = np.random.default_rng(4).normal(82, 1, 10).tolist()
    highest = highest_threshold(values, PROFILE)
    assert highest is not None
    assert false_fail(values, highest, PROFILE) <= ACCEPTED < false_fail(values, highest + 0.1, PROFILE)


def _searched(values: list[float], profile: Profile) -> float:
    """The same, step by step downwards."""
    count = math.floor(float(np.mean(values)) / 0.1)
    while false_fail(values, count * 0.1, profile) > ACCEPTED:
        count -= 1
    return round(count * 0.1, 6)


@pytest.mark.parametrize(
    ("values", "margin", "reruns"),
    [
        (np.random.default_rng(4).normal(82, 1, 10).tolist(), 1.0, 2),
        (np.random.default_rng(5).normal(35, 0.7, 10).tolist(), 5.0, 2),
        (np.random.default_rng(6).normal(60, 0.5, 10).tolist(), 1.0, 0),
        ([90.0] * 10, 0.0, 1),
    ],
)
def test_the_highest_threshold_is_that_of_a_search(values: list[float], margin: float, reruns: int) -> None:
    """Halving finds what trying every step finds: a higher threshold never fails less."""
    profile = msgspec.structs.replace(PROFILE, margin=margin, reruns=reruns)
    assert highest_threshold(values, profile) == _searched(values, profile)


def test_two_runs_may_leave_no_threshold() -> None:
    """One degree of freedom: what is safe lies far below any score, and is not looked for there."""
    assert highest_threshold([80.0, 84.0], PROFILE) is None
    assert highest_threshold([4.0, 8.0], PROFILE, least=-100.0) is None
    assert highest_threshold([80.0, 80.0], PROFILE) == pytest.approx(44, abs=3)


# --- in words ---------------------------------------------------------------------------------------------------------------------


def run_with(losses: list[float], *, steps: int = 100, nan_at: int | None = None, accuracy: float = 40.0) -> TrainingRun:
    return TrainingRun("t", "cpu", 0, (), steps, 100, tuple(enumerate(losses, 1)), ((steps, {"net": accuracy}),), nan_at)


@pytest.mark.parametrize(
    ("run", "hint"),
    [
        (run_with([2.3] * 40), "The loss did not fall (2.3 at first, 2.3 at the end)"),
        (run_with([2.3 - 0.04 * i for i in range(40)]), "The loss was still falling at the end"),
        (run_with([2.3, *[0.9] * 39]), "The loss fell from 1.6 to 0.9, and no further"),
        (msgspec.structs.replace(run_with([2.3], nan_at=2), ended="nan from step 2 on"), "A loss that turns nan"),
        (run_with([], steps=0), "No batch was ever taken"),
        (run_with([2.3, 2.2, 1.2e8, *[40.0] * 37]), "The loss rose from 2.3 to 1.2e+08: is the learning rate too high?"),
        (run_with([2.3 - 0.04 * i for i in range(40)], accuracy=11.0), "The loss fell, but net is hardly better than chance"),
        (run_with([2.3] * 40, steps=40), "The training took 40 steps where the epochs asked for come to 100."),
    ],
)
def test_the_hint_reads_the_loss_curve(run: TrainingRun, hint: str) -> None:
    """Did not fall, still falling, nan, too few steps."""
    assert hint_for("net", run, {}, tuple("0123456789")).startswith(hint)


def test_two_networks_may_share_a_loop() -> None:
    """Half the steps are enough where each is a step of both."""
    run = run_with([2.3] * 40, steps=50)
    assert hint_for("net", run, {}, tuple("0123456789")).startswith("The training took 50 steps where")
    assert hint_for("net", run, {}, tuple("0123456789"), fewest=50).startswith("The loss did not fall")


def test_of_several_networks_a_curve_is_nobodys() -> None:
    """What is their common loss says nothing of one of them; what each answers does, and what no loss should be."""
    falling = two_networks(12.0, 85.0)
    falling = msgspec.structs.replace(falling, losses=run_with([2.3 - 0.04 * i for i in range(40)]).losses)
    classes = tuple("0123456789")
    assert hint_for("dnn", falling, {}, classes).startswith("dnn is hardly better than chance: is it trained itself")
    assert hint_for("cnn", falling, {}, classes) == ""
    assert hint_for("cnn-dnn", falling, {"dnn": 3}, classes).startswith("Every image is given the same class by dnn (3)")
    rising = msgspec.structs.replace(falling, losses=run_with([2.3, 5e7, *[300.0] * 38]).losses)
    assert hint_for("dnn", rising, {"dnn": 3}, classes) == "The loss rose from 2.3 to 5e+07: is the learning rate too high?"


def test_the_message_shows_all_runs() -> None:
    """What was expected, each run, and their mean; a difference in points."""
    run = run_with([2.3] * 40)
    assert missed_message("net", [79.0, 80.0, 80.7], 80.0, PROFILE, [run] * 3) == (
        "net: expected at least 80 % of 1,000 test images right, got 79.0, 80.0, 80.7 % in 3 runs, 79.9 % on average."
    )
    assert missed_message("net", [79.0], 80.0, PROFILE, [run], images="images held out").endswith(
        "1,000 images held out right, got 79.0 %."
    )
    assert missed_message("cnn-dnn", [1.5], 3.0, PROFILE, [run]) == (
        "cnn: expected at least 3 points more than dnn, got 1.5 points."
    )


# --- several scores of one training -----------------------------------------------------------------------------------------------

THREE = msgspec.structs.replace(PROFILE, thresholds={"dnn": 70.0, "cnn": 78.0, "cnn-dnn": 2.0})


def two_networks(dnn: float, cnn: float, **how: object) -> TrainingRun:
    return msgspec.structs.replace(run_with([2.3] * 40), accuracies=((40, {"dnn": dnn, "cnn": cnn}),), **how)


class PlannedTrainer(Trainer):
    """Its runs are known beforehand."""

    planned: list[TrainingRun | StudentStopped | StudentRaised]
    device = "cpu"

    def _drive(self, begin: object, *remarks: str) -> None:
        run = self.planned.pop(0)
        record = run if isinstance(run, TrainingRun) else two_networks(0, 0, ended=run.outcome.value)
        self._trained.runs.append(msgspec.structs.replace(record, notes=remarks))
        self._trained.same_class.append({})
        self._trained.results.append(None)
        if not isinstance(run, TrainingRun):
            raise run

    def _order(self) -> SimpleNamespace:
        return SimpleNamespace(
            profile=THREE, known=SimpleNamespace(classes=tuple("0123456789")), device=self.device, held_out_test=False
        )


@pytest.mark.parametrize("order", list(itertools.permutations(["dnn", "cnn", "cnn-dnn"])))
@pytest.mark.parametrize(
    "rerun",
    [two_networks(75, 77, nan_at=5, ended="nan from step 5 on"), StudentStopped(Outcome.TIMEOUT, "training took too long")],
    ids=["nan", "timeout"],
)
def test_a_run_made_for_one_score_takes_no_other_away(order: tuple[str, ...], rerun: TrainingRun | StudentStopped) -> None:
    """What the first run reached stands, whichever check asks first; the score that fell short is missed, and says why."""
    trainer = PlannedTrainer(SimpleNamespace(trained={}, calibrating=False), Training("both", "Q9", "mnist", cpu=THREE))
    trainer.planned, trainer._begin = [two_networks(75.0, 77.9), rerun], lambda *_: None
    told = {}
    for score in order:
        try:
            trainer.demand(score)
        except (CheckFailed, StudentStopped) as error:
            told[score] = str(error)
    assert list(told) == ["cnn"]
    assert not trainer.planned
    if isinstance(rerun, TrainingRun):
        assert told["cnn"].endswith(
            "got 77.9 %, nothing (nan from step 5 on) in 2 runs: one that does not come to its end counts as missed."
        )
    with pytest.raises(CheckFailed, match="nothing"):  # asked once more, it is told, not run again
        trainer.demand("cnn")


def raised(text: str) -> StudentRaised:
    return StudentRaised(Failure(Outcome.ERROR, ("RuntimeError", "Exception"), text))


ECC = "CUDA error: uncorrectable ECC error encountered"


@pytest.mark.parametrize(
    ("device", "text", "again"),
    [
        ("cuda", ECC, True),
        ("cuda", "cuDNN error: CUDNN_STATUS_EXECUTION_FAILED", True),
        ("cuda", "CUDA error: device-side assert triggered", False),
        ("cuda", "CUDA out of memory. Tried to allocate 900.00 GiB.", False),
        ("cuda", "expected a tensor", False),
        ("cpu", ECC, False),
    ],
)
def test_a_run_in_which_the_gpu_fails_is_made_again(device: str, text: str, again: bool) -> None:
    """As if nothing had been, but for a remark. What the code did is its error at once, and so is what only looks like a GPU's."""
    trainer = PlannedTrainer(SimpleNamespace(trained={}, calibrating=False), Training("both", "Q9", "mnist", cpu=THREE))
    trainer.planned, trainer._begin, trainer.device = [raised(text), two_networks(75, 80)], lambda *_: None, device
    if again:
        trainer.demand("cnn")
        (run,) = trainer.runs
        assert run.notes == (f"this run was made twice: the first time, the GPU failed (RuntimeError: {text}).",)
        assert not run.ended
    else:
        for _ in range(2):
            with pytest.raises(StudentRaised, match=re.escape(text)):
                trainer.demand("cnn")
        assert len(trainer.runs) == len(trainer.planned) == 1


def test_code_that_fails_on_a_gpu_twice_is_what_fails() -> None:
    """The second failure is told, and kept for the other checks."""
    trainer = PlannedTrainer(SimpleNamespace(trained={}, calibrating=False), Training("both", "Q9", "mnist", cpu=THREE))
    trainer.planned, trainer._begin, trainer.device = (
        [raised(ECC), raised("CUDA error: misaligned address")],
        lambda *_: None,
        "cuda",
    )
    for score in ("cnn", "dnn"):
        with pytest.raises(StudentRaised, match="misaligned address"):
            trainer.demand(score)
    assert [run.ended for run in trainer.runs] == ["error"]
