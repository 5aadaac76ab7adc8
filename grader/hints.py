"""Known mistakes as hints: a wrong value that equals a known mistake's wrong value has its diagnosis.

When a check fails, the mistakes of its question are run through the same check, once in this process's life, and what value each failed
with is remembered.
"""

from __future__ import annotations

import contextlib
import io
from typing import TYPE_CHECKING

import pytest

from grader.checks import Check
from grader.errors import CheckFailed, StudentStopped
from grader.homework.assignment import Assignment
from grader.homework.mistakes import Mistake, load_mistakes, mistaken_source

if TYPE_CHECKING:
    from grader.plugin import Grading

__all__ = ["Hints"]


class Hints:
    """The diagnoses of one assignment's known mistakes; none where there is no reference (a student's own folder)."""

    def __init__(self, assignment: Assignment) -> None:
        self.assignment = assignment
        self.mistakes: tuple[Mistake, ...] | None = None
        self.known: dict[str, list[tuple[object, str, str]]] = {}  # check -> (evidence, message, diagnosis)

    def diagnosis(self, item: pytest.Item, check: Check, error: BaseException | None) -> str:
        """The diagnosis of the known mistake that fails this check with the same value; empty where none does.

        Where several do, this check cannot tell which of them it was: all are named.
        """
        if not isinstance(error, CheckFailed) or not isinstance(item, pytest.Function) or check.training:  # minutes a mistake
            return ""
        if check.name not in self.known:
            self.known[check.name] = self._try_mistakes(item, check)
        from grader.judgements.compare import same_evidence

        fitting: dict[str, None] = {}
        for evidence, message, diagnosis in self.known[check.name]:
            if _subject(message) != _subject(error.message):
                continue  # the same number, of something else
            if same_evidence(evidence, error.evidence) or (
                evidence is None and error.evidence is None and message == error.message
            ):
                fitting[diagnosis] = None
        return " Or: ".join(fitting)

    def _try_mistakes(self, item: pytest.Function, check: Check) -> list[tuple[object, str, str]]:
        if self.mistakes is None:
            self.mistakes = load_mistakes(self.assignment)
        found = []
        for mistake in self.mistakes:
            if mistake.question == check.question:
                failure = self._failure_of(mistake, item, check)
                if failure is not None:
                    found.append((failure.evidence, failure.message, mistake.diagnosis))
        return found

    def _failure_of(self, mistake: Mistake, item: pytest.Function, check: Check) -> CheckFailed | None:
        """How the check fails for the mistake, run in this process: its author is the instructor."""
        from grader.local import local_transport
        from grader.plugin import grading_of
        from grader.sandbox.seeds import seed_everything

        grading: Grading = grading_of(item.config)
        before = grading.link.transport
        seed = grading.seed_of(check)
        try:
            with local_transport(mistaken_source(self.assignment, mistake)) as transport, contextlib.redirect_stdout(io.StringIO()):
                grading.link.transport = transport
                transport.begin_check(seed, 4 * check.seconds)  # a busy machine hides no diagnosis
                seed_everything(seed)
                item.obj(**{name: item.funcargs[name] for name in item._fixtureinfo.argnames})
        except CheckFailed as failure:
            return failure
        except (Exception, StudentStopped, pytest.skip.Exception):  # noqa: BLE001 - a mistake that fails in another way than by a value explains no value; the audit shows it
            return None
        finally:
            grading.link.transport = before
        return None


def _subject(message: str) -> str:
    """What a message is about: "MSE(y, t)" of "MSE(y, t): expected 1, got 2."."""
    return message.partition(": ")[0]
