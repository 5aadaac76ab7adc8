"""The tables `[[training]]` of `assignment.toml`: which data a question trains on, how long, and what has to come of it.

    [[training]]
    id = "both"
    question = "Q9"
    data = "fashion-mnist"

    [training.cpu]
    train = 5000
    held_out = 1000
    test = 2000
    epochs = 3
    batch = 100
    seconds = 120
    thresholds = { dnn = 70.0, cnn = 75.0, "cnn-dnn" = 0.5 }

A profile (`cpu`, `cuda`) is one way to do it; where a training has no profile for the device at hand, its checks are not graded.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

import msgspec

from grader.datasets.known import KNOWN

__all__ = ["PROFILES", "TRAINING_EXPECTED", "TRAINING_FIELDS", "Profile", "Training", "complaints_about_training"]

PROFILES = ("cpu", "cuda")
_Path = tuple[str | int, ...]
_NETWORK = re.compile(r"[a-z][a-z0-9_]*\Z")
_SCORE = re.compile(r"([a-z][a-z0-9_]*)(?:-(?!\1\Z)([a-z][a-z0-9_]*))?\Z")
_MOST_RERUNS = 20  # each takes as long as the first


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One training on one kind of device."""

    train: int  # images
    test: int  # images, scored by the grader; their labels are in no student's process
    epochs: int
    batch: int
    thresholds: dict[str, float]  # percent of the test images, by network; "a-b": so much more for a than for b
    held_out: int = 0  # further images of the training part, with labels: what a student's own loop evaluates on
    margin: float = 1.0  # this little below a threshold, the training is run again
    reruns: int = 2
    seconds: float | None = None  # one run: the student's own CPU time, on a GPU wall time
    times_reference: float | None = None  # or so many times what the reference takes on this machine
    threads: int = 0  # 0: the machine's processors shared among the jobs
    memory_mb: int = 0  # of the GPU; 0: all of it

    @property
    def steps(self) -> int:
        """How many batches one pass over the data and all passes are: the last batch may be smaller."""
        return self.epochs * -(-self.train // self.batch)

    @property
    def networks(self) -> tuple[str, ...]:
        """The networks whose accuracy is asked for."""
        return tuple(dict.fromkeys(name for score in self.thresholds for name in score.split("-")))


class Training(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One training that checks judge: `@pytest.mark.training("both")`."""

    id: str
    question: str
    data: str
    pixels: str = "0..1"  # or "-1..1", or "standard": each channel's mean 0 and deviation 1 over the whole data set
    cpu: Profile | None = None
    cuda: Profile | None = None

    def profile(self, device: str) -> Profile | None:
        """The profile for a device, `cpu` or `cuda`."""
        found: Profile | None = getattr(self, device)
        return found


PIXELS = ("0..1", "-1..1", "standard")

_PROFILE_EXPECTED = {
    "train": "a whole number above 0",
    "test": "a whole number above 0",
    "epochs": "a whole number above 0",
    "batch": "a whole number above 0",
    "thresholds": "a table such as { net = 52.0 }",
    "thresholds.*": "percent of the test images, a number above 0 and at most 100",
    "held_out": "a whole number, 0 or more",
    "margin": "a number from 0 to 100",
    "reruns": f"a whole number from 0 to {_MOST_RERUNS}",
    "seconds": "a number above 0",
    "times_reference": "a number above 1",
    "threads": "a whole number, 0 or more",
    "memory_mb": "a whole number, 0 or more",
}
TRAINING_EXPECTED = {
    "training": "tables [[training]]",
    "training.id": 'a text such as "both"',
    "training.question": "the id of a question",
    "training.data": f"one of {', '.join(KNOWN)}",
    "training.pixels": f"one of {', '.join(PIXELS)}",
    **{f"training.{name}": "a table" for name in PROFILES},
    **{f"training.{name}.{field}": text for name in PROFILES for field, text in _PROFILE_EXPECTED.items()},
}
TRAINING_FIELDS = {
    "training": Training.__struct_fields__,
    **{f"training.{name}": Profile.__struct_fields__ for name in PROFILES},
}


def complaints_about_training(
    trainings: tuple[Training, ...], questions: tuple[str, ...], processes: int
) -> Iterator[tuple[_Path, str, str]]:
    """What is wrong with the values: where, what was expected, what was found. `processes`: how many a submission may have."""
    for index, training in enumerate(trainings):
        here: _Path = ("training", index)
        if not _NETWORK.match(training.id):
            yield (*here, "id"), "a name of small letters, digits and underscores", repr(training.id)
        if training.id in [other.id for other in trainings[:index]]:
            yield (*here, "id"), "an id that no other training has", repr(training.id)
        if training.question not in questions:
            yield (*here, "question"), f"one of {', '.join(questions)}", repr(training.question)
        if training.data not in KNOWN:
            yield (*here, "data"), TRAINING_EXPECTED["training.data"], repr(training.data)
        if training.pixels not in PIXELS:
            yield (*here, "pixels"), TRAINING_EXPECTED["training.pixels"], repr(training.pixels)
        if training.cpu is None and training.cuda is None:
            yield here, "a profile [training.cpu] or [training.cuda]", "none"
        for name in PROFILES:
            profile = training.profile(name)
            if profile is not None and training.data in KNOWN:
                yield from _complaints_about(profile, (*here, name), training.data, processes)
        if training.cpu is not None and training.cpu.memory_mb:
            yield (*here, "cpu", "memory_mb"), "it in [training.cuda] alone: it is the GPU's memory", str(training.cpu.memory_mb)


def _complaints_about(profile: Profile, here: _Path, data: str, processes: int) -> Iterator[tuple[_Path, str, str]]:
    known = KNOWN[data]
    for field in ("train", "test", "epochs", "batch"):
        if getattr(profile, field) < 1:
            yield (*here, field), _PROFILE_EXPECTED[field], str(getattr(profile, field))
    most = {"margin": 100, "reruns": _MOST_RERUNS}
    for field in ("held_out", "margin", "reruns", "threads", "memory_mb"):
        value = getattr(profile, field)
        if not (0 <= value <= most.get(field, value) and math.isfinite(value)):
            yield (*here, field), _PROFILE_EXPECTED[field], str(value)
    # a student's own loop runs beside what scores its networks, and torch starts the threads for each of the two
    if profile.threads > (enough := max(1, processes // 2)):
        expected = f"at most {enough}, half of the {processes} processes of [limits], for each thread counts as two"
        yield (*here, "threads"), expected, str(profile.threads)
    if profile.train + profile.held_out > known.train:
        yield (*here, "train"), f"with held_out at most the {known.train:,} images of {data}", str(profile.train + profile.held_out)
    if profile.test > known.test:
        yield (*here, "test"), f"at most the {known.test:,} test images of {data}", str(profile.test)
    if (profile.seconds is None) == (profile.times_reference is None):
        found = "neither" if profile.seconds is None else "both"
        yield (*here, "seconds"), "either seconds or times_reference", found
    for field, least in (("seconds", 0.0), ("times_reference", 1.0)):
        value = getattr(profile, field)
        if value is not None and not (value > least and math.isfinite(value)):
            yield (*here, field), _PROFILE_EXPECTED[field], str(value)
    if not profile.thresholds:
        yield (*here, "thresholds"), _PROFILE_EXPECTED["thresholds"], "none"
    for score, value in profile.thresholds.items():
        if not _SCORE.match(score):
            yield (*here, "thresholds", score), 'a network\'s name, or two different ones such as "cnn-dnn"', repr(score)
        if "-" in score and not -100 <= value <= 100:
            yield (*here, "thresholds", score), "percent that one is better, a number from -100 to 100", str(value)
        if "-" not in score and not 0 < value <= 100:
            yield (*here, "thresholds", score), _PROFILE_EXPECTED["thresholds.*"], str(value)
