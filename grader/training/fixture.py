"""The `training` fixture: what a check says to have something trained and judged."""

from __future__ import annotations

import contextlib
import math
import zlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from grader.errors import AssignmentError, CheckFailed, MachineLacks, StudentRaised, StudentStopped
from grader.homework.training_table import Training
from grader.messages import TrainingRun
from grader.student import Remote, Transport, library, probe_code
from grader.training.explain import NO_CLASS, diverged_text, hint_for, missed_message
from grader.training.gpu_use import GpuUse, gpu_failed
from grader.training.run import Begin, Drive, Order
from grader.training.setup import Setup
from grader.training.verdict import decide, score_of

if TYPE_CHECKING:
    from grader.plugin import Grading

__all__ = ["Trained", "Trainer"]

_RUN_SEEDS = 1_000  # apart, so that a run's seed is no check's


class Trained:
    """The runs of one training of one submission: its checks share them."""

    def __init__(self) -> None:
        self.runs: list[TrainingRun] = []
        self.same_class: list[dict[str, int]] = []
        self.results: list[Any] = []  # what a loop of the student's own returned
        self.error: BaseException | None = None  # the first one's

    def forget_last(self) -> None:
        """The last run is none."""
        for kept in (self.runs, self.same_class, self.results):
            kept.pop()

    def score(self, score: str, number: int) -> float:
        """What a run reached: minus infinity, if it did not come to its end or a network of this score gives no numbers."""
        run, only = self.runs[number], self.same_class[number]
        lost = run.ended or any(only.get(name) == NO_CLASS for name in score.split("-"))
        return -math.inf if lost else score_of(score, run.accuracy)


class Trainer:
    """Says how to train, then judges: `training.learns(student.make_run)`, `training.demand("net")`.

    The first check of a training pays for it; the others find its runs. Where an exception ended it, each of them ends the same way.
    """

    def __init__(self, grading: Grading, training: Training) -> None:
        self._grading = grading
        self._training = training
        self._begin: Begin | None = None
        self._given = True
        self._any_length = False
        self._trained = grading.trained.setdefault(training.id, Trained())

    def learns(self, make: Remote) -> None:
        """What is trained, in the harness's loop: `make()` gives (net, criterion, optimizer). Its accuracy is called `net`."""
        if self._training_profile().networks != ("net",):
            raise AssignmentError(
                f"training.learns has one network, net: expected thresholds for net in the training {self._training.id}"
            )
        self._given = True
        self._begin = lambda student, options: library(student, "grader.sandbox.loops").begin(make, options)
        self._ensure_one()

    def own_loop(self, function: Callable[..., Any], *arguments: Any, any_length: bool = False) -> Any:
        """What is trained, in a loop of the student's own: `function(data, *arguments)` runs in the student's process.

        `data` has `loader`, `held_out_loader`, `epochs`, `batch` and `device`, and `train_set`, a dataset of the same images on the CPU,
        for a loop that makes its own loaders. The function puts its networks into the dict `data.networks` before they are trained.
        Written like a probe: it stands alone. Returns what it returned in the first run.

        `any_length`: the student chooses how long to train, within the time limit (with `train_set`, whose readings nobody limits).
        """
        name, code = probe_code(function)
        self._given, self._any_length = False, any_length
        self._begin = lambda student, options: library(student, "grader.sandbox.loops").begin_own(name, code, arguments, options)
        self._ensure_one()
        first = self._trained.runs[0]
        if (
            first.nan_at is not None and first.ended and not self._grading.calibrating
        ):  # the function was stopped: it returned nothing
            raise CheckFailed(f"{diverged_text(first)}.".capitalize(), hint=hint_for("", first, {}, ()))
        return self._trained.results[0]

    def demand(self, score: str) -> None:
        """The network `score`, or the difference "a-b", has to reach its threshold; otherwise the check fails and says what was reached.

        Run again where it falls short by no more than the margin.
        """
        profile = self._training_profile()
        if score not in profile.thresholds:
            raise AssignmentError(
                f"the training {self._training.id} has no threshold for {score!r}: expected one of {', '.join(profile.thresholds)}"
            )
        self._ensure_one()
        if self._grading.calibrating:
            return
        threshold = profile.thresholds[score]
        trained = self._trained
        while True:
            runs = trained.runs[: 1 + profile.reruns]
            scores = [trained.score(score, number) for number in range(len(runs))]
            verdict = decide(scores, threshold, profile)
            if verdict == "reached":
                return
            if verdict == "missed":
                fewest = 0 if self._any_length else profile.steps
                order = self._order()
                same_class, classes = trained.same_class[len(runs) - 1], order.known.classes
                images = "images held out of the training" if order.held_out_test else "test images"
                raise CheckFailed(
                    missed_message(score, scores, threshold, profile, runs, images=images),
                    hint=hint_for(score, runs[-1], same_class, classes, fewest=fewest),
                )
            self._run_once()

    @property
    def runs(self) -> tuple[TrainingRun, ...]:
        """Every run so far."""
        return tuple(self._trained.runs)

    # --- running --------------------------------------------------------------------------------------------------------------

    def _ensure_one(self) -> None:
        if self._trained.error is not None:
            raise self._trained.error
        if not self._trained.runs:
            self._run_once()

    def _run_once(self) -> None:
        if self._begin is None:
            raise AssignmentError("a check of a training says what to train first: training.learns(...) or training.own_loop(...)")
        first = not self._trained.runs
        try:
            try:
                self._drive(self._begin)
            except StudentRaised as error:
                if self._order().device == "cpu" or not gpu_failed(error.failure.text):
                    raise
                self._trained.forget_last()
                self._drive(self._begin, f"this run was made twice: the first time, the GPU failed ({error.failure.summary}).")
        except (StudentRaised, StudentStopped, CheckFailed, AssignmentError) as error:
            if first:  # of a run that was made once more, the check that needed it hears; what the first one reached stands
                self._trained.error = error
            raise

    def _drive(self, begin: Begin, *remarks: str) -> None:
        grading, order = self._grading, self._order()
        assert grading.training is not None
        number = len(self._trained.runs)
        seed = (zlib.crc32(self._training.id.encode()) + grading.seed + _RUN_SEEDS * number) % 2**31
        threads = order.profile.threads or grading.training.threads
        drive = Drive(
            order, grading.student, seed, (grading.submission,),
            given=self._given, any_length=self._any_length, on_progress=grading.on_progress,
        )  # fmt: skip
        with self._place(order) as transport:
            drive.spent = transport.cpu_seconds
            # a process and a scratch folder of its own: nothing of what other checks and runs left, in memory or on disk
            transport.begin_check(drive.seed, order.limit, threads, fresh=order.device == "cpu")
            try:
                with self._watched(order, transport) as drive.use:
                    drive.go(begin)
            finally:
                self._trained.runs.append(drive.record([*remarks, *(() if number else grading.suspicions)]))
                self._trained.same_class.append(drive.same_class)
                self._trained.results.append(drive.result)

    @contextlib.contextmanager
    def _place(self, order: Order) -> Iterator[Transport]:
        """Where a run takes place: where the check that wants it runs or, on a GPU, in a process just made, which sees that GPU.

        The process that checks run in never sees one: what they ask for comes out the same on every machine.
        """
        grading = self._grading
        transport = grading.link.transport
        assert transport is not None
        if order.device == "cpu":
            transport.end_check(wait=False)
            yield transport
            return
        if grading.on_a_gpu is None:
            raise MachineLacks("trainings on a GPU are for `grader grade`, `check`, `audit` and `calibrate`.")
        with grading.on_a_gpu(order.profile.memory_mb) as session:
            grading.missing_on_a_gpu.update(session.missing)
            grading.link.transport = session
            try:
                yield session
            except (StudentRaised, StudentStopped, CheckFailed):
                grading.printed_on_a_gpu = session.end_check().output
                raise
            finally:
                grading.link.transport = transport

    def _watched(self, order: Order, transport: Transport) -> contextlib.AbstractContextManager[GpuUse | None]:
        """On a GPU, what looks at the run's memory meanwhile. Of the CPU's memory the kernel takes care."""
        pid = getattr(transport, "pid", 0)
        if order.device == "cpu":
            return contextlib.nullcontext()
        return GpuUse(pid, gpu_limit_mb=order.profile.memory_mb, shared_limit_mb=self._grading.assignment.limits.memory_mb)

    def _training_profile(self) -> Any:
        return self._order().profile

    def _order(self) -> Order:
        """What to train here. Raises MachineLacks where this run of the grader trains nothing or has no data, AssignmentError where
        the data that its author brought along cannot be used."""
        setup: Setup | None = self._grading.training
        if setup is None:
            raise MachineLacks("training was not asked for here.")
        if self._training.id in setup.lacking:
            whose = AssignmentError if self._training.id in setup.malformed else MachineLacks
            raise whose(setup.lacking[self._training.id])
        profile = self._training.profile(setup.device)
        assert profile is not None
        if setup.held_out:
            profile = msgspec.structs.replace(profile, test=profile.held_out)
        return Order(
            self._training, profile, setup.cuts[self._training.id],
            setup.images_at(self._training.id, own_root=self._grading.own_root), setup.device,
            limit=setup.limit(self._training.id, profile), usual=setup.usual.get(self._training.id, {}), held_out_test=setup.held_out,
        )  # fmt: skip
