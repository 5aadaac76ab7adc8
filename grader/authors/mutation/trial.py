"""Mutants on trial: each is a submission that ought to lose points.

The checks of the questions that a mutant concerns run first, the others only if those pass, and the first lost point ends it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence

import msgspec

from grader.authors.judges import ask_judges, submission_of
from grader.authors.mutation.equivalent import Equivalent, load_equivalents, reason_for, stale
from grader.authors.mutation.mutants import Mutant, mutants_of, reference_sources
from grader.checks import Check
from grader.errors import AssignmentError
from grader.homework.assignment import Assignment
from grader.messages import CheckResult, Done, Request
from grader.opening import open_session
from grader.outcomes import Outcome
from grader.runner import Checks
from grader.sandbox.client import ZygoteClient
from grader.sandbox.session import Session

__all__ = ["TARGET", "Trial", "Verdict", "try_mutants"]

TARGET = 0.95
SECONDS = 2.0  # for a check; a mutant may loop for ever
_SLOWER = 20.0  # or so many times what the check takes for the reference, if that is more
_IMPORT_SECONDS = 10.0


class Verdict(msgspec.Struct, frozen=True):
    """What became of a mutant: the first check that it lost, and how; empty if it lost none."""

    check: str = ""
    outcome: Outcome = Outcome.PASSED
    message: str = ""

    @property
    def survived(self) -> bool:
        return self.outcome is Outcome.PASSED

    @property
    def broken(self) -> bool:
        """Nobody could tell: the check failed by its own doing."""
        return self.outcome is Outcome.NOT_GRADED


class Trial(msgspec.Struct, frozen=True):
    """All verdicts: a mutant, what became of it, and for a survivor the reason why it may, or none."""

    made: int
    tried: tuple[tuple[Mutant, Verdict, str], ...]
    stale: tuple[str, ...]

    @property
    def killed(self) -> int:
        return sum(not verdict.survived and not verdict.broken for _, verdict, _ in self.tried)

    @property
    def equivalent(self) -> int:
        return sum(verdict.survived and bool(reason) for _, verdict, reason in self.tried)

    @property
    def unexplained(self) -> tuple[tuple[Mutant, Verdict], ...]:
        """Holes: mutants that keep every point, or over which a check breaks, and no reason is given."""
        return tuple((m, v) for m, v, reason in self.tried if v.broken or (v.survived and not reason))

    @property
    def share(self) -> float:
        """How many of the mutants that change behaviour lose points, from 0 to 1."""
        different = len(self.tried) - self.equivalent
        return self.killed / different if different else 1.0

    @property
    def sound(self) -> bool:
        return not self.unexplained and self.share >= TARGET


def try_mutants(
    assignment: Assignment,
    on_verdict: Callable[[int, int], None] = lambda done, all_: None,
    *,
    jobs: int,
    sample: int | None = None,
    seed: int = 0,
    lock_in: bool = True,
) -> Trial:
    """Try all mutants, or `sample` of them drawn with `seed`. `on_verdict` hears how many are done, and of how many.

    Raises `AssignmentError` where there is no reference, or where that itself loses points.
    """
    if assignment.reference is None:
        raise AssignmentError(f"{assignment.name} has no reference here: there is nothing to mutate.")
    sources = reference_sources(assignment)
    entries: tuple[Equivalent, ...] = load_equivalents(assignment)
    made = mutants_of(assignment, sources)
    chosen = made
    if sample is not None and sample < len(made):
        chosen = tuple(made[i] for i in sorted(random.Random(seed).sample(range(len(made)), sample)))
    verdicts: dict[int, Verdict] = {}

    def take(index: int, verdict: Verdict) -> None:
        verdicts[index] = verdict
        on_verdict(len(verdicts), len(chosen))

    lost = Verdict("", Outcome.NOT_GRADED, "the grading process ended over it")
    if chosen:
        ask_judges(assignment, chosen, _begin, take, jobs=jobs, lock_in=lock_in, if_lost=lambda _: lost)
    tried = tuple((mutant, verdicts[i], reason_for(mutant, entries)) for i, mutant in enumerate(chosen))
    survivors = [mutant for mutant, verdict, _ in tried if verdict.survived]
    return Trial(len(made), tried, tuple(stale(entries, made, survivors, chosen)))


# --- in a judging process ---------------------------------------------------------------------------------------------------------


def _begin(checks: Checks, zygote: ZygoteClient, demand_lock: bool) -> Callable[[Mutant], Verdict]:
    """See that the reference has every point, then answer each mutant with a verdict."""
    bench = _Bench(checks, zygote, demand_lock)
    return lambda mutant: bench.verdict({**bench.sources, mutant.file: mutant.source}, mutant.questions)


class _Bench:
    """The checks, and how long each takes for the reference."""

    def __init__(self, checks: Checks, zygote: ZygoteClient, demand_lock: bool) -> None:
        assignment = checks.assignment
        limits = assignment.limits
        quick = msgspec.structs.replace(limits, import_seconds=min(limits.import_seconds, _IMPORT_SECONDS))
        self.assignment = msgspec.structs.replace(assignment, limits=quick)
        self.zygote = zygote
        self.demand_lock = demand_lock
        self.checks = checks
        self.pairs = list(zip(checks.items, checks.checks, strict=True))
        self.seconds: dict[str, float] = {}
        checks.grading.hints.mistakes = ()  # a mutant needs no hint, and finding one runs every mistake
        self.sources = reference_sources(assignment)
        verdict = self.verdict(self.sources, ())
        if not verdict.survived:
            raise AssignmentError(f"the reference of {assignment.name} loses points ({verdict.check}: {verdict.message}).")

    def verdict(self, sources: Mapping[str, str], questions: Sequence[str]) -> Verdict:
        first = [pair for pair in self.pairs if pair[1].question in questions]
        others = [pair for pair in self.pairs if pair[1].question not in questions]
        session = open_session(self.zygote, submission_of("mutant", sources), self.assignment, demand_lock=self.demand_lock)
        try:
            for item, check in (*first, *others):
                self.checks.items, self.checks.checks = [item], [check]
                patience = _Impatient(session, max(SECONDS, _SLOWER * self.seconds.get(check.name, SECONDS)))
                (result,) = self.checks.run(patience)
                if result.outcome is not Outcome.PASSED:
                    return _lost(check, result)
                self.seconds.setdefault(check.name, result.seconds)
        finally:
            session.close()
        return Verdict()


def _lost(check: Check, result: CheckResult) -> Verdict:
    message = result.staff_message[-800:] if result.outcome is Outcome.NOT_GRADED else result.message
    return Verdict(check.name, result.outcome, message)


class _Impatient:
    """A session whose checks end sooner than the assignment says."""

    def __init__(self, session: Session, seconds: float) -> None:
        self.session = session
        self.seconds = seconds

    def begin_check(self, seed: int, seconds: float, threads: int = 1, *, fresh: bool = False) -> None:
        self.session.begin_check(seed, min(seconds, self.seconds), threads, fresh=fresh)

    def end_check(self, *, wait: bool = True) -> Done:
        return self.session.end_check(wait=wait)

    def cpu_seconds(self) -> float:
        return self.session.cpu_seconds()

    def request(self, request: Request) -> object:
        return self.session.request(request)
