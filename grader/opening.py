"""Opening a submission: from what was handed in to a session with its process."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from grader.assignment import Assignment
from grader.datasets.store import folders_with_answers
from grader.errors import GraderError, SandboxError, UsageError
from grader.exports import importable
from grader.messages import Load
from grader.sandbox.plan import Layer, Limits, Plan, readable_paths
from grader.submission import Found, Submission, discover, read_submission
from grader.versions import demand_torch

if TYPE_CHECKING:
    from grader.plugin import Grading
    from grader.sandbox.client import ZygoteClient, ZygoteProcess
    from grader.sandbox.session import Session
    from grader.training.setup import Setup


__all__ = ["heavy_imports", "open_for_pytest", "open_session", "plan_for", "running_zygote"]

_HEAVY = ("torchvision",)


def heavy_imports(found: Iterable[Found], assignment: Assignment) -> tuple[str, ...]:
    """Which modules that are slow to import the submissions mention: imported once, before the students' processes are forked.

    torchvision takes 2 s, and whoever does not need it need not wait for it.
    """
    wanted = list(_HEAVY)
    mentioned: list[str] = []
    for one in found:
        if not wanted:
            break
        with contextlib.suppress(GraderError):  # told when it is graded
            files = read_submission(one, assignment).files
            seen = [name for name in wanted if any(name.encode() in data for data in files.values())]
            mentioned += seen
            wanted = [name for name in wanted if name not in seen]
    return tuple(mentioned)


def plan_for(
    assignment: Assignment,
    root: str,
    *,
    lock_in: bool,
    preload: tuple[str, ...] = (),
    many: bool = True,
    training: Setup | None = None,
) -> Plan:
    """What the student's processes of an assignment are locked into, and what they have imported beforehand."""
    hidden = [assignment.folder, assignment.folder.parent]
    if assignment.reference is not None:
        hidden += [assignment.reference, assignment.reference.parent]
    readable = readable_paths()
    # a data set's folder may lie within a readable one, as Debian's package does; one that Python itself lies in has to stay
    hidden += [path for path in folders_with_answers() if not any(Path(one).is_relative_to(path) for one in readable)]
    limits = assignment.limits
    return Plan(
        root=root,
        readable=readable,
        hidden=tuple(str(path) for path in hidden),
        data=training.exposed if training else (),
        preload=tuple(dict.fromkeys((*assignment.preload, *preload))),
        lock_in=lock_in,
        many=many,
        limits=Limits(memory_mb=limits.memory_mb, processes=limits.processes),
    )


@contextlib.contextmanager
def running_zygote(
    assignment: Assignment, *, lock_in: bool, preload: tuple[str, ...] = (), many: bool = True, training: Setup | None = None
) -> Iterator[ZygoteProcess]:
    """A zygote for an assignment. It starts torch in the background: whatever else has to load may load meanwhile.

    `many`: more submissions than one will come, so that a second of preparation pays.
    """
    from grader.sandbox.client import ZygoteProcess

    demand_torch()
    with tempfile.TemporaryDirectory(prefix="grader-root-") as root:
        plan = plan_for(assignment, root, lock_in=lock_in, preload=preload, many=many, training=training)
        with ZygoteProcess(plan) as zygote:
            yield zygote


def open_session(zygote: ZygoteClient, submission: Submission, assignment: Assignment, *, demand_lock: bool) -> Session:
    """A session for a submission. Raises `SandboxError` where student code would run without any wall, and `demand_lock` is set."""
    from grader.sandbox.session import Session

    seconds = assignment.limits.import_seconds
    loads = tuple(
        Load(module.name, module.units, module.keep_going, assignment.flow, seconds, module.aliases)
        for module in submission.modules
    )
    files = tuple((name, importable(name, data)) for name, data in submission.files.items())
    session = Session(zygote, files, loads, assignment.limits.import_seconds)
    session.start()
    if demand_lock and not {Layer.NAMESPACES, Layer.LANDLOCK} & set(session.layers):
        session.close()
        raise SandboxError(
            f"student code cannot be locked in on this machine ({'; '.join(session.missing)}): expected namespaces or Landlock; "
            "run `grader doctor` to see what is missing, or pass --sandbox none to grade without walls."
        )
    return session


def open_for_pytest(grading: Grading, path: Path | None, *, sandbox: str) -> Callable[[], None]:
    """Put the submission at `path` (or the assignment's own folder, in a student's bundle) behind the checks; returns what ends it."""
    assignment = grading.assignment
    if path is None:
        if not assignment.standalone:
            raise UsageError(f"checks of {assignment.name} need a submission: pass --submission PATH.")
        path = assignment.folder
    if not path.exists():
        raise UsageError(f"--submission {path}: there is no such file or folder.")
    found = discover([path], assignment)
    if len(found) != 1:
        raise UsageError(f"--submission {path}: expected one submission, found {len(found)}; use `grader grade` for a class.")
    submission = read_submission(found[0], assignment)
    stack = contextlib.ExitStack()
    try:
        zygote = stack.enter_context(
            running_zygote(assignment, lock_in=sandbox != "none", preload=heavy_imports(found, assignment), many=False)
        )
        session = open_session(zygote, submission, assignment, demand_lock=sandbox != "none" and not assignment.standalone)
    except BaseException:
        stack.close()
        raise
    stack.callback(session.close)
    grading.take(session)
    return stack.close


def cores() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
