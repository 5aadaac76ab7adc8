"""The records that cross the border to the student's process, and those that a report is made of.

All are frozen msgspec structs. The grader's side decodes what the student's process sends with a typed, strict decoder and nothing
else: a message is one of these records or it is refused. Nothing is ever unpickled or evaluated on the grader's side.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from grader.flow import Flow
from grader.outcomes import Fault, Outcome, Visibility

SCHEMA_VERSION = 1


class _Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """The base of everything on the wire: tagged with its own name, unknown fields refused."""


# --- values -----------------------------------------------------------------------------------------------------------------------


class Array(_Record, frozen=True):
    """A numpy array, a numpy scalar or a tensor as raw little-endian bytes in C order.

    Tensors that live on another device arrive from it; `device` only tells where they were.
    """

    library: Literal["numpy", "scalar", "torch"]
    dtype: str
    shape: tuple[int, ...]
    data: bytes
    requires_grad: bool = False
    device: str = "cpu"


class Items(_Record, frozen=True):
    """A list, tuple or set."""

    kind: Literal["list", "tuple", "set"]
    items: tuple[Value, ...]


class Mapping(_Record, frozen=True):
    """A dict, in its order."""

    items: tuple[tuple[Value, Value], ...]


class Number(_Record, frozen=True):
    """A number that MessagePack has no form for: an int past 64 bits (in decimal) or a complex number."""

    kind: Literal["int", "complex"]
    text: str


class Blob(_Record, frozen=True):
    """Bytes: a form of their own, since the decoder tells types apart by form."""

    data: bytes


class Constant(_Record, frozen=True):
    """A constant of torch: `torch.float32`, `torch.device("cpu")`."""

    kind: Literal["dtype", "device"]
    text: str


class Reference(_Record, frozen=True):
    """Something that stays in the student's process, and the attributes to follow from there.

    `root` is the number of a kept object, the name of something that the student defined, or the name of a library's module.
    """

    kind: Literal["kept", "name", "library"]
    root: int | str
    path: tuple[str, ...] = ()
    type_name: str = ""  # of a kept object, as the student's process tells it


Value = None | bool | int | float | str | Blob | Array | Items | Mapping | Number | Constant | Reference


# --- requests: the grader asks ----------------------------------------------------------------------------------------------------


class Unit(_Record, frozen=True):
    """A piece of source that is run as a whole: a file, or a cell of a notebook. `label` stands in tracebacks."""

    label: str
    source: str
    headings: tuple[tuple[int, str], ...] = ()  # before it, in text cells: (level, text)


class Populate(_Record, frozen=True):
    """Write the submission's files into the scratch folder."""

    files: tuple[tuple[str, bytes], ...]


class Load(_Record, frozen=True):
    """Run units, in order, as the module `name`. With `keep_going`, a statement that raises does not end the others (a notebook).

    `aliases` are further names by which the submission's files import it, also such as "common.layers".
    """

    name: str
    units: tuple[Unit, ...]
    keep_going: bool = False
    flow: Flow = Flow()
    seconds: float = 0.0  # what takes longer will be ended from outside: time to stop what takes too long; 0: no limit
    aliases: tuple[str, ...] = ()


class Begin(_Record, frozen=True):
    """A check begins: seed everything; what the last check kept is forgotten.

    `fork`: in a process that has just imported the submission, run checks in a fork of it, which it outlives. `training`: what pays off
    only in a long run is switched on.
    """

    seed: int
    threads: int = 1
    fork: bool = False
    training: bool = False


class End(_Record, frozen=True):
    """The check is over: say what it left behind. If something, the process ends; the one that it was forked from says `Done` once more."""


class Fetch(_Record, frozen=True):
    """Read a value."""

    target: Reference


class Call(_Record, frozen=True):
    """Call `target`. With `echo`, the arguments come back as the call left them; with `keep`, the result stays there."""

    target: Reference
    args: tuple[Value, ...] = ()
    kwargs: dict[str, Value] = {}
    echo: bool = False
    keep: bool = False


class Probe(_Record, frozen=True):
    """Define a function of the grader's and call it beside the student's objects.

    `code` is its compiled source, marshalled: in this direction only, from the grader to the student's process.
    """

    name: str
    code: bytes
    args: tuple[Value, ...] = ()
    kwargs: dict[str, Value] = {}


Request = Populate | Load | Begin | End | Fetch | Call | Probe


# --- replies: the student's process answers ---------------------------------------------------------------------------------------


_OF_STUDENT_CODE = frozenset(
    {Outcome.ERROR, Outcome.TIMEOUT, Outcome.OUT_OF_MEMORY, Outcome.CRASHED, Outcome.FORBIDDEN, Outcome.NOT_ANSWERED}
)
MAX_WORDS = 40_000  # characters of one failure, its traceback included
MAX_NOTES = 50


class Failure(_Record, frozen=True):
    """An exception in the student's process, in words.

    A student's process can send whatever it likes: an outcome that costs nothing, or a text that fills a disk, is refused.
    """

    outcome: Outcome
    types: tuple[str, ...]  # the exception's type and its bases, nearest first
    text: str
    where: str = ""  # "losses.py, line 12" or "cell 4, line 2": the student's own innermost line
    line: str = ""  # that line's source
    traceback: str = ""

    def __post_init__(self) -> None:
        if self.outcome not in _OF_STUDENT_CODE:
            raise ValueError(f"student code cannot end as {self.outcome.value}")
        words = (*self.types, self.text, self.where, self.line, self.traceback)
        if len(words) > 100 or sum(map(len, words)) > MAX_WORDS:
            raise ValueError("a failure in too many words")

    @property
    def summary(self) -> str:
        """`TypeError: message (losses.py, line 12: y = x @ w)`"""
        if not self.types:
            return self.text
        kind = self.types[0]
        place = ""
        if self.where:
            place = f" ({self.where}: {self.line})" if self.line else f" ({self.where})"
        return f"{kind}: {self.text}{place}" if self.text else f"{kind}{place}"


class Returned(_Record, frozen=True):
    value: Value
    args: tuple[Value, ...] = ()  # with `echo`
    kwargs: dict[str, Value] = {}


class Raised(_Record, frozen=True):
    failure: Failure


class Loaded(_Record, frozen=True):
    """Which public names the module has now, and the units that raised."""

    names: tuple[str, ...]
    failures: tuple[tuple[str, Failure], ...] = ()  # (unit label, what it raised)
    notes: tuple[str, ...] = ()  # what was captured, and what was not there

    def __post_init__(self) -> None:
        if len(self.notes) > MAX_NOTES or sum(map(len, self.notes)) > MAX_WORDS:
            raise ValueError("notes in too many words")


class Done(_Record, frozen=True):
    """The request is carried out. `residue` says what a check left behind, `output` the end of what it printed."""

    residue: str = ""
    output: str = ""
    cpu_seconds: float = 0.0


Reply = Returned | Raised | Loaded | Done


# --- what a report is made of -----------------------------------------------------------------------------------------------------


class TrainingRun(msgspec.Struct, frozen=True):
    """One training of a submission: how it went, and what came of it. `training` is the table of `assignment.toml` that it followed."""

    training: str
    device: str
    seed: int
    permutation: tuple[int, ...]  # the label under which each class was trained and scored in this run
    steps: int
    of_steps: int
    losses: tuple[tuple[int, float], ...] = ()  # (step, mean of the losses since the entry before)
    accuracies: tuple[tuple[int, dict[str, float]], ...] = ()  # (step, percent of the test images right, by network)
    nan_at: int | None = None  # the first step whose loss was not finite
    seconds: float = 0.0  # the student's own: CPU time, on a GPU wall time
    wall_seconds: float = 0.0
    ended: str = ""  # how it ended, if not by itself
    notes: tuple[str, ...] = ()  # for the instructor
    gpu_mb: int = 0  # the most of a GPU's memory that it was seen to have; 0 where nobody could see that

    @property
    def accuracy(self) -> dict[str, float]:
        """The last accuracy of each network; empty where none was measured."""
        return self.accuracies[-1][1] if self.accuracies else {}


class CheckResult(msgspec.Struct, frozen=True):
    """One check's fate. Points that could not be graded are in `max_points` but in neither side of a score."""

    name: str
    title: str
    outcome: Outcome
    points: float
    max_points: float
    visibility: Visibility
    seconds: float = 0.0
    message: str = ""
    hint: str = ""
    staff_message: str = ""
    fault: Fault = Fault.NOBODY
    training: tuple[TrainingRun, ...] = ()  # where the check judges one: every run


class QuestionResult(msgspec.Struct, frozen=True):
    """One question. `score` of `max_score` was graded; `not_graded` points were not, and count on neither side."""

    id: str
    title: str
    score: float
    max_score: float
    checks: tuple[CheckResult, ...]
    not_graded: float = 0.0
    note: str = ""


class SubmissionInfo(msgspec.Struct, frozen=True):
    id: str
    digest: str
    files: tuple[str, ...]


class Environment(msgspec.Struct, frozen=True):
    """Where and how the grading ran: enough to run it again."""

    torch: str
    device: str
    sandbox: tuple[str, ...]  # the isolation layers that held
    seed: int
    versions: dict[str, str]
    limits: dict[str, float]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is known about one submission's grade (`report.json`, schema version 1)."""

    schema_version: int = SCHEMA_VERSION
    assignment: str
    assignment_digest: str = ""
    harness_digest: str = ""
    submission: SubmissionInfo
    score: float
    max_score: float
    not_graded: float = 0.0
    questions: tuple[QuestionResult, ...]
    environment: Environment
    notes: tuple[str, ...] = ()
