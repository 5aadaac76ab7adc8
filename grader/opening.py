"""Opening a submission: from what was handed in to a session with its process."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from grader.datasets.store import folders_with_answers
from grader.errors import GraderError, MachineLacks, SandboxError, StudentStopped, UsageError
from grader.homework.assignment import Assignment
from grader.intake.exports import importable
from grader.intake.submission import Found, Submission, discover, read_submission
from grader.messages import Load
from grader.sandbox.plan import Gpu, GpuFound, Layer, Limits, Plan, readable_paths
from grader.versions import demand_torch

if TYPE_CHECKING:
    from grader.plugin import Grading
    from grader.sandbox.client import ZygoteClient, ZygoteProcess
    from grader.sandbox.session import Session
    from grader.training.setup import Setup


__all__ = ["heavy_imports", "on_a_gpu", "open_for_pytest", "open_session", "plan_for", "running_zygote", "try_gpu"]

_HEAVY = ("torchvision",)
_LOOK_SECONDS = 0.2  # between two looks whether a GPU has become free


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
    gpu: Gpu | None = None,
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
        # threads count like processes; a loop of the student's own, in a thread itself, has torch's for each processor twice
        limits=Limits(memory_mb=limits.memory_mb, processes=limits.processes + (2 * cores() if training else 0)),
        gpu=gpu,
    )


@contextlib.contextmanager
def running_zygote(
    assignment: Assignment,
    *,
    lock_in: bool,
    preload: tuple[str, ...] = (),
    many: bool = True,
    training: Setup | None = None,
    jobs: int = 1,
) -> Iterator[ZygoteProcess]:
    """A zygote for an assignment. It starts torch in the background: whatever else has to load may load meanwhile.

    `many`: more submissions than one will come, so that a second of preparation pays. Where trainings run on GPUs, one more zygote
    for each of those that `jobs` jobs can use: the GPU is there for its processes alone.
    """
    from grader.sandbox.client import ZygoteProcess

    demand_torch()
    with contextlib.ExitStack() as stack:

        def start(gpu: Gpu | None) -> ZygoteProcess:
            root = stack.enter_context(tempfile.TemporaryDirectory(prefix="grader-root-"))
            plan = plan_for(
                assignment, root, lock_in=lock_in, preload=preload, many=many and gpu is None, training=training, gpu=gpu
            )
            return stack.enter_context(ZygoteProcess(plan))

        zygote = start(None)
        zygote.trainers = tuple(start(gpu) for gpu in (training.gpus[:jobs] if training else ()))
        yield zygote


def try_gpu(gpu: Gpu, *, lock_in: bool = True) -> GpuFound:
    """Whether something can be computed on a GPU from inside the walls, found out by doing it; takes some seconds."""
    from grader.sandbox.client import ZygoteProcess
    from grader.sandbox.session import Session

    demand_torch()
    with tempfile.TemporaryDirectory(prefix="grader-root-") as root:
        plan = Plan(root=root, readable=readable_paths(), lock_in=lock_in, many=False, gpu=gpu)
        try:
            with ZygoteProcess(plan) as zygote:
                session = Session(zygote, (), (), 1.0)
                session.start()
                session.close(wait=True)
                return session.gpu or GpuFound("the process did not look for it")
        except StudentStopped as error:  # no student's: there is no submission
            return GpuFound(f"starting CUDA ended the process: {error.message}")
        except GraderError as error:
            return GpuFound(str(error))


@contextlib.contextmanager
def on_a_gpu(
    zygote: ZygoteClient, submission: Submission, assignment: Assignment, waiting: Session, memory_mb: int, *, demand_lock: bool
) -> Iterator[Session]:
    """A session for one training, on a GPU that no other training is on; waits for one. Raises MachineLacks where none can be used.

    `waiting`: the session of the check that wants it. How long it waited is not counted.
    """
    tried: list[ZygoteClient] = []
    problems: list[str] = []
    while True:
        left = [client for client in zygote.trainers if client not in tried]
        if not left:
            raise MachineLacks(f"no GPU can be used from inside the walls: {'; '.join(problems)}")
        client, lock = _first_free(left)
        try:
            try:
                session = open_session(client, submission, assignment, demand_lock=demand_lock, gpu_memory_mb=memory_mb)
            except (MachineLacks, StudentStopped) as error:  # before anything of the student's ran
                tried.append(client)
                problems.append(f"{client.gpu.name if client.gpu else ''}: {error}")
                continue
            try:
                yield session
            finally:
                session.close(wait=True)  # the next one finds the GPU's memory free
                waiting.go_on()
            return
        finally:
            os.close(lock)


def _first_free(clients: Sequence[ZygoteClient]) -> tuple[ZygoteClient, int]:
    """The first of these GPUs that nobody trains on, and the open file that keeps it so."""
    import fcntl  # GPUs are used on Linux alone

    while True:
        for client in clients:
            descriptor = os.open(client.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
            else:
                return client, descriptor
        time.sleep(_LOOK_SECONDS)


def open_session(
    zygote: ZygoteClient, submission: Submission, assignment: Assignment, *, demand_lock: bool, gpu_memory_mb: int = 0
) -> Session:
    """A session for a submission. Raises `SandboxError` where student code would run without any wall, and `demand_lock` is set."""
    from grader.sandbox.session import Session

    seconds = assignment.limits.import_seconds
    loads = tuple(
        Load(module.name, module.units, module.keep_going, assignment.flow, seconds, module.aliases)
        for module in submission.modules
    )
    files = tuple((name, importable(name, data)) for name, data in submission.files.items())
    session = Session(zygote, files, loads, assignment.limits.import_seconds, gpu_memory_mb)
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
