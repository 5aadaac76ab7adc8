"""Opening a submission: from what was handed in to a session with its process."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from grader.assignment import Assignment
from grader.errors import SandboxError, UsageError
from grader.messages import Load
from grader.sandbox.plan import Layer, Limits, Plan, readable_paths
from grader.submission import Submission, discover, read_submission
from grader.versions import demand_torch

if TYPE_CHECKING:
    from grader.plugin import Grading
    from grader.sandbox.client import ZygoteClient, ZygoteProcess
    from grader.sandbox.session import Session

__all__ = ["open_for_pytest", "open_session", "plan_for", "running_zygote"]


def plan_for(assignment: Assignment, root: str, *, lock_in: bool) -> Plan:
    """What the student's processes of an assignment are locked into."""
    hidden = [assignment.folder, assignment.folder.parent]
    if assignment.reference is not None:
        hidden += [assignment.reference, assignment.reference.parent]
    limits = assignment.limits
    return Plan(
        root=root,
        readable=readable_paths(),
        hidden=tuple(str(path) for path in hidden),
        preload=tuple(assignment.preload),
        lock_in=lock_in,
        limits=Limits(memory_mb=limits.memory_mb, processes=limits.processes),
    )


@contextlib.contextmanager
def running_zygote(assignment: Assignment, *, lock_in: bool) -> Iterator[ZygoteProcess]:
    """A zygote for an assignment. It starts torch in the background: whatever else has to load may load meanwhile."""
    from grader.sandbox.client import ZygoteProcess

    demand_torch()
    with (
        tempfile.TemporaryDirectory(prefix="grader-root-") as root,
        ZygoteProcess(plan_for(assignment, root, lock_in=lock_in)) as zygote,
    ):
        yield zygote


def open_session(zygote: ZygoteClient, submission: Submission, assignment: Assignment, *, demand_lock: bool) -> Session:
    """A session for a submission. Raises `SandboxError` where student code would run without any wall, and `demand_lock` is set."""
    from grader.sandbox.session import Session

    loads = tuple(Load(module.name, module.units, module.keep_going) for module in submission.modules)
    session = Session(zygote, tuple(submission.files.items()), loads, assignment.limits.import_seconds)
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
        zygote = stack.enter_context(running_zygote(assignment, lock_in=sandbox != "none"))
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
