"""One run: begun in the student's process, advanced a second at a time, its networks scored on images whose labels stay here."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from grader.datasets.cuts import Cut
from grader.datasets.known import DataSet, data_set
from grader.errors import AssignmentError, CheckFailed, StudentRaised, StudentStopped
from grader.homework.training_table import Profile, Training
from grader.judgements.values import describe, read, shape_text
from grader.messages import TrainingRun
from grader.outcomes import Outcome
from grader.student import Student, library
from grader.training.explain import NO_CLASS
from grader.training.gpu_use import GpuUse
from grader.training.remarks import better_than_usual, knew_before, not_by_the_image_alone, seen_in_the_process
from grader.training.secret import draw, grained, permutation
from grader.training.told import curve, is_progress, steps_and_losses

__all__ = ["Begin", "Drive", "Order", "clock_text"]

_CHUNK_SECONDS = 1.0
_FASTER = 4  # how much longer than the last chunk the next may be, in steps
_MOST_STEPS = 4_096  # at a time
_PARTS = 20  # at least: one network of several may be much slower than the one before
_IMAGES = 500  # scored at a time
_LOOK_BEFORE = 300  # test images that are looked at before the training
_ASK_AGAIN = 200  # test images
_FEW = 10  # test images: enough to see whether a network gives numbers
_SO_FAR = 200  # test images that a loop of the student's own is scored on after each pass: a second of a minute
_NEVER = 10**12  # steps
_BESIDES = 10  # steps
_NEARLY = 0.9  # of its time: what used that much took too long

Begin = Callable[[Student, dict[str, Any]], Any]  # begins the run in the student's process; returns its handle


class Order(msgspec.Struct, frozen=True):
    """What is to be trained: the table, its profile, the data, and where a student's process finds the images."""

    training: Training
    profile: Profile
    cut: Cut
    images_at: str
    device: str
    limit: float  # seconds of the student's own
    usual: dict[str, float] = {}  # what the reference's best run came to, by network, where it was calibrated
    held_out_test: bool = False  # no test part here: the images held out of the training part are scored

    @property
    def known(self) -> DataSet:
        return data_set(self.training.data)

    @property
    def passes(self) -> int:
        """How often the training images may be gone through: every epoch once for every network."""
        return self.profile.epochs * len(self.profile.networks)

    @property
    def steps(self) -> int:
        return self.profile.steps * len(self.profile.networks)


class Drive:
    """One run of an order."""

    def __init__(
        self, order: Order, student: Student, seed: int, drawn_for: Sequence[object], *, given: bool,
        any_length: bool, on_progress: Callable[[str], None],
    ) -> None:  # fmt: skip
        """Draws what is left to chance. Raises MachineLacks where that cannot be."""
        self.given = given  # the harness's own loop, which can be stopped after each pass over the data
        self.any_length = any_length  # a loop that takes as many steps as it likes
        self.order, self.student, self.on_progress = order, student, on_progress
        self.spent: Callable[[], float] = lambda: 0.0  # seconds of the student's own, once there is a process
        random = draw(order.training.id, seed, *drawn_for)
        self.seed = int(random.integers(2**31))  # of the process and of the batches' order: nobody can try them out at home
        self.labels = permutation(len(order.known.classes), random)  # class -> label in this run
        count = order.profile.train
        labels = order.cut.train_labels()
        if order.held_out_test:
            images = order.cut.train_images()[count:]
            self.truth = np.asarray(labels[count:])
        else:
            images, self.truth = order.cut.test_images(), np.asarray(order.cut.test_labels())
        # a cut's images come class by class in turn: in that order, their places would tell their classes
        order_of_test = random.permutation(len(self.truth))
        self.images, self.truth = grained(np.asarray(images)[order_of_test], random), self.truth[order_of_test]
        self.loops = library(student, "grader.sandbox.loops")
        self.run: Any = None
        self.began = time.monotonic()
        self.seconds = 0.0  # the student's own, as far as it was looked at
        self.taken = 0
        self.losses: list[tuple[int, float]] = []  # the step, and its loss; not every step's need be known
        self.accuracies: list[tuple[int, dict[str, float]]] = []
        self.notes: list[str] = []
        self.nan_at: int | None = None
        self.ended = ""
        self.predicted: dict[str, NDArray[np.intp]] = {}  # network -> the label it gave to each test image, the last time
        self.same_class: dict[str, int] = {}  # network -> the one class that it names for every image; NO_CLASS if it gives none
        self.use: GpuUse | None = None  # where it runs on a GPU: what is seen of the memory that it takes
        self.result: Any = None

    # --- the run --------------------------------------------------------------------------------------------------------------

    def go(self, begin: Begin) -> None:
        """Train to the end, to a nan, or to the limit. Raises what the student's code raises, and StudentStopped at the limit."""
        a_pass = self.order.profile.steps // self.order.profile.epochs
        try:
            self.run = begin(self.student, self._options())
            self._look_before()
            steps = 1
            over = False
            while not over:
                began = time.monotonic()
                before = self.taken
                left = a_pass - before % a_pass
                over = self._advance(steps if self.any_length else min(steps, left))
                self._demand_time()
                if self.nan_at is not None and not self._another_goes_on():
                    self.ended = f"nan from step {self.nan_at} on"
                    return
                done = max(1, self.taken - before)
                a_step = max(1e-6, (time.monotonic() - began) / done)
                steps = max(1, min(int(_CHUNK_SECONDS / a_step), _FASTER * done, _MOST_STEPS, self.order.steps // _PARTS))
                over = over or (self.given and self.taken >= self.order.steps)
                if over or (self.given and done == left):
                    self._evaluate()
                elif not self.given and self.taken // a_pass > before // a_pass:
                    self._look_meanwhile()
            self._look_after()
        except (StudentRaised, StudentStopped, CheckFailed) as error:
            self.ended = error.outcome.value
            if isinstance(error, StudentRaised):
                self._count_again()
            if not (isinstance(error, StudentStopped) and error.outcome is Outcome.TIMEOUT):
                raise
            self.seconds = max(self.seconds, self.spent())
            raise StudentStopped(Outcome.TIMEOUT, self._how_far(error.message)) from error

    def _options(self) -> dict[str, Any]:
        profile = self.order.profile
        shift, scale = _pixels(self.order.training.pixels, self.order.known)
        return {
            "images": self.order.images_at,
            "labels": self.labels[np.asarray(self.order.cut.train_labels())].astype(np.int64),
            "train": profile.train,
            "epochs": profile.epochs,
            "batch": profile.batch,
            "passes": self.order.passes,
            "seed": self.seed,
            "shift": shift,
            "scale": scale,
            "device": self.order.device,
        }

    def _advance(self, count: int) -> bool:
        told = self.loops.advance(self.run, count)
        if not is_progress(told, self.taken, count, self._most_steps):
            raise CheckFailed("The training loop in the process was changed.", outcome=Outcome.FORBIDDEN)
        self.taken, over, self.result = told[1], bool(told[2]), told[3]
        for step, loss in steps_and_losses(told[0], self.taken):
            if self.nan_at is None and not math.isfinite(loss):
                self.nan_at = step
            self.losses.append((step, loss))
        self._tell()
        return over

    def _another_goes_on(self) -> bool:
        """Whether, of several networks that are trained together, one still gives numbers, or is not there yet."""
        if len(self.order.profile.networks) == 1:
            return False
        for name in self.order.profile.networks:
            try:
                if np.isfinite(self._scores(name, self.images[:_FEW])).all():
                    return True
            except (StudentRaised, CheckFailed):  # told when it is scored
                return True
        return False

    @property
    def _most_steps(self) -> int:
        """How many there may be, whatever the process says: a loop of the student's own may read a batch or two besides."""
        if self.any_length:
            return _NEVER
        return self.order.steps + (0 if self.given else max(_BESIDES, self.order.steps // 20))

    def _count_again(self) -> None:
        """The steps of a loop that raised in the middle of what it was to advance by."""
        if self.run is None:
            return
        try:
            told = self.loops.facts(self.run)
        except (StudentRaised, StudentStopped):
            return
        taken = told.get("steps") if isinstance(told, dict) else None
        if type(taken) is int and self.taken < taken <= self._most_steps:
            self.taken = taken

    def _demand_time(self) -> None:
        self.seconds = max(self.seconds, self.spent())
        if self.seconds > self.order.limit:
            raise StudentStopped(Outcome.TIMEOUT, "")
        if self.use is not None and (problem := self.use.problem()):
            raise StudentStopped(Outcome.OUT_OF_MEMORY, f"{problem}, at step {self._step_text}")

    def _how_far(self, why: str) -> str:
        """`why`: what is known of an end that came although there was time left to compute."""
        short = self.seconds < _NEARLY * self.order.limit
        text = f"training was ended: {why}" if why and short else f"training took longer than {self.order.limit:g} s"
        text += f"; it came to step {self._step_text}"
        if self.losses and math.isfinite(self.losses[-1][1]):
            text += f", loss {self.losses[-1][1]:.3g}"
        for step, accuracy in self.accuracies[-1:]:
            told = ", ".join(f"{name} {percent:.1f} %" for name, percent in accuracy.items())
            text += f", accuracy after step {step:,}: {told}"
        return text

    def _tell(self) -> None:
        spent = time.monotonic() - self.began
        left = spent / max(1, self.taken) * max(0, self.order.steps - self.taken)
        loss = f", loss {np.mean([loss for _, loss in self.losses[-20:]]):.3f}" if self.losses else ""
        end = "" if self.any_length else f", {clock_text(left)} left"
        self.on_progress(f"{self.order.training.question} training, step {self._step_text}{loss}{end}")

    @property
    def _step_text(self) -> str:
        return f"{self.taken:,}" if self.any_length else f"{self.taken:,} of {self.order.steps:,}"

    # --- scoring --------------------------------------------------------------------------------------------------------------

    def _look_before(self) -> None:
        """What a network knows before it was shown a single label."""
        for name in self.order.profile.networks:
            try:
                scores = self._scores(name, self.images[:_LOOK_BEFORE])
            except (StudentRaised, CheckFailed):
                continue  # a loop that names its networks later, a network that cannot run: told when it is scored
            self.notes += knew_before(name, scores, self.images[:_LOOK_BEFORE], self.truth[:_LOOK_BEFORE])

    def _look_meanwhile(self) -> None:
        """How accurate the networks are by now, on a few of the test images: their loop stands still at a batch."""
        accuracy = {}
        for name in self.order.profile.networks:
            try:
                labels = _highest(self._scores(name, self.images[:_SO_FAR]))
            except (StudentRaised, CheckFailed):
                return  # a loop that names its networks later: told at the end
            accuracy[name] = round(100 * float((labels == self.labels[self.truth[:_SO_FAR]]).mean()), 4)
        self.accuracies.append((self.taken, accuracy))

    def _look_after(self) -> None:
        """Whether the answers are the same again, and what else there is to be told of the run."""
        again = np.random.default_rng(self.seed).permutation(len(self.truth))[:_ASK_AGAIN]
        for name in self.order.profile.networks:
            labels = _highest(self._scores(name, self.images[again]))
            self.notes += not_by_the_image_alone(name, self.predicted[name][again], labels)
        if not self.any_length:
            self.notes += better_than_usual(self.accuracies[-1][1], self.order.usual)
        try:
            told = self.loops.facts(self.run)
        except StudentRaised:
            told = None
        images = self.order.profile.train * self.order.profile.epochs
        self.notes += seen_in_the_process(told, None if self.any_length else self.order.steps, images)

    def _evaluate(self) -> None:
        accuracy = {}
        self._demand_named()
        for name in self.order.profile.networks:
            predicted = self.predicted[name] = self._predictions(name)
            accuracy[name] = round(100 * float((predicted == self.labels[self.truth]).mean()), 4)
            only = np.unique(predicted)
            self.same_class.pop(name, None)
            if len(only) == 1:
                self.same_class[name] = int(np.flatnonzero(self.labels == only[0])[0]) if only[0] != NO_CLASS else NO_CLASS
        self.accuracies.append((self.taken, accuracy))

    def _demand_named(self) -> None:
        """That the check's function has named the networks that there are thresholds for: a student's code has no part in that."""
        named = self.loops.names(self.run)
        for name in self.order.profile.networks:
            if isinstance(named, (list, tuple)) and name not in named:
                raise AssignmentError(
                    f"the training {self.order.training.id} has a threshold for {name}: expected that its check names a network so in "
                    f"data.networks, found {', '.join(map(str, named)) or 'none'}."
                )

    def _predictions(self, name: str) -> NDArray[np.intp]:
        """The label of each test image that the network scores highest; NO_CLASS where there is no highest."""
        parts = range(0, len(self.images), _IMAGES)
        return np.concatenate([_highest(self._scores(name, self.images[start : start + _IMAGES])) for start in parts])

    def _scores(self, name: str, images: NDArray[np.uint8]) -> NDArray[np.float64]:
        """The network's scores (N, K) for images (N, C, H, W). Raises CheckFailed for anything else."""
        wanted = (len(images), len(self.order.known.classes))
        scores = read(value := self.loops.predict(self.run, name, images))
        if scores is None or scores.array.shape != wanted or scores.array.dtype.kind not in "fiub":
            got = describe(value) if scores is None else f"shape {shape_text(scores.array.shape)}"
            if scores is not None and scores.array.shape == wanted:
                got = f"{scores.array.dtype} numbers"
            raise CheckFailed(
                f"{name}, for {len(images)} images in eval mode: expected scores of shape {shape_text(wanted)}, got {got}."
            )
        return np.asarray(scores.array, np.float64)

    # --- the record -----------------------------------------------------------------------------------------------------------

    def record(self, remarks: Sequence[str] = ()) -> TrainingRun:
        """What a report keeps of the run, however it ended. `remarks`: what is noted besides, whatever came of it."""
        return TrainingRun(
            training=self.order.training.id,
            device=self.order.device,
            seed=self.seed,
            permutation=tuple(map(int, self.labels)),
            steps=self.taken,
            of_steps=self.taken if self.any_length else self.order.steps,
            losses=curve([(step, loss) for step, loss in self.losses if self.nan_at is None or step < self.nan_at]),
            accuracies=tuple(self.accuracies),
            nan_at=self.nan_at,
            seconds=round(max(self.seconds, self.spent()), 2),
            wall_seconds=round(time.monotonic() - self.began, 2),
            ended=self.ended,
            notes=(*self.notes, *remarks),
            gpu_mb=self.use.gpu_mb if self.use else 0,
        )


def _highest(scores: NDArray[np.float64]) -> NDArray[np.intp]:
    """The column of each row's highest score; NO_CLASS for a row with a nan."""
    return np.where(np.isnan(scores).any(axis=1), NO_CLASS, scores.argmax(axis=1))


def _pixels(how: str, known: DataSet) -> tuple[list[float], list[float]]:
    """What is subtracted from a byte of each channel, and what it is then divided by."""
    channels = known.shape[0]
    if how == "0..1":
        return [0.0] * channels, [255.0] * channels
    if how == "-1..1":
        return [127.5] * channels, [127.5] * channels
    return [255 * mean for mean in known.mean], [255 * deviation for deviation in known.deviation]


def clock_text(seconds: float) -> str:
    """83 -> "1:23"."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
