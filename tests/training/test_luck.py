"""Luck: a search for a good seed is noted, one of one's own changes nothing, and nobody knows those of a run beforehand."""

from __future__ import annotations

import pytest

from grader.messages import Report
from grader.outcomes import Outcome
from grader.reports.trained import remarks_on_trainings

from .cheats import CONSTANT_CRITERION, LUCKY, MANY_UPDATES, PATCHES, the
from .conftest import REFERENCE, graded_once, results

pytestmark = [pytest.mark.sandbox, pytest.mark.xdist_group("luck")]  # one worker grades the class

CLASS = {
    "honest": "import random\nimport numpy as np\n"
    + REFERENCE.replace("from torch import nn", "from torch import nn\n\ntorch.manual_seed(0)\nrandom.seed(0)\nnp.random.seed(0)"),
    "patches": PATCHES,
    "lucky": LUCKY,
    "many_updates": MANY_UPDATES,
    "constant_criterion": CONSTANT_CRITERION,
}


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Report]:
    return graded_once(tmp_path_factory, CLASS)


def test_a_patched_clock_and_a_seed_of_ones_own_change_nothing(reports: dict[str, Report]) -> None:
    """An honest network learns all the same; the instructor is told of both."""
    check, run = the(reports, "patches")
    assert check.outcome is Outcome.PASSED
    assert run.seconds > 0
    assert "sets a seed, as many do" in check.staff_message
    assert "may change the clock" in check.staff_message
    assert "changes a library" in check.staff_message


def test_a_search_for_a_lucky_seed_is_noted(reports: dict[str, Report]) -> None:
    """By its code, and by the seeds that were set in the run."""
    check, _ = the(reports, "lucky")
    assert "sets one seed after the other" in check.staff_message
    assert "20 different seeds were set in the run" in check.staff_message


def test_an_honest_submission_that_sets_seeds_is_not_accused(reports: dict[str, Report]) -> None:
    """At top level, as half of all do: every point, and not a word."""
    report = reports["honest"]
    assert (report.score, report.max_score) == (10, 10)
    assert {check.staff_message for check in results(report).values()} == {""}
    assert {note for check in results(report).values() for run in check.training for note in run.notes} == set()


def test_seeds_of_a_run_cannot_be_known_beforehand(reports: dict[str, Report]) -> None:
    """They differ between submissions: nobody tries out at home which initial weights go well with which order of batches."""
    seeds = {the(reports, name)[1].seed for name in ("honest", "patches", "lucky", "constant_criterion")}
    assert len(seeds) == 4


def test_the_instructor_is_told_whom_to_look_at(reports: dict[str, Report]) -> None:
    """Names and numbers of remarks, at the end of `grader grade`; nothing of those without."""
    some = [reports[name] for name in ("honest", "lucky", "many_updates")]
    assert remarks_on_trainings(some) == (
        "Remarks on trainings, for you to look at (staff_message in report.json): lucky (2), many_updates (1)."
    )
    assert remarks_on_trainings([reports["honest"]]) == ""
