"""The pytest plugin: the `student` fixture, the markers, and what becomes of each check.

`pytest reference/NAME --submission PATH` grades one submission with bare pytest; the runner grades many in one pytest session by
putting another submission behind the same collected checks. Both go through the hooks below: a check begins in a clean process
(`pytest_runtest_setup`), runs, and ends as a `CheckResult`.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from grader.checks import Check, check_of, importable
from grader.classify import classify
from grader.errors import GraderError
from grader.homework.assignment import ASSIGNMENT_FILE, Assignment, load_assignment
from grader.messages import CheckResult
from grader.outcomes import Fault, Outcome

if TYPE_CHECKING:
    from grader.hints import Hints
    from grader.sandbox.session import Session
    from grader.student import Student, Transport
    from grader.training.fixture import Trained, Trainer
    from grader.training.setup import Setup

__all__ = ["Grading", "begin_check", "check_at", "finish_check", "grading_of", "takes_student_alone"]

_GRADING = pytest.StashKey["Grading"]()
_CHECK = pytest.StashKey[Check]()
_BEGAN = pytest.StashKey[bool]()


class Grading:
    """One pytest session's state: the assignment, the submission at hand, and what became of its checks."""

    def __init__(self, assignment: Assignment, seed: int = 0) -> None:
        from grader.hints import Hints
        from grader.student import Link, Student

        self.assignment = assignment
        self.seed = seed
        self.link = Link()
        self.student: Student = Student(self.link)
        self.hints: Hints = Hints(assignment)
        self.results: dict[str, CheckResult] = {}
        self.training: Setup | None = None  # what trainings run with; None: none runs
        self.trained: dict[str, Trained] = {}
        self.submission = ""  # its digest: what is drawn for its trainings depends on it
        self.suspicions: tuple[str, ...] = ()  # for whoever reads the results of its trainings
        self.own_root = True
        self.on_a_gpu: Callable[[int], AbstractContextManager[Session]] | None = None  # for a training, by the GPU's memory in MB
        self.missing_on_a_gpu: set[str] = set()  # layers
        self.printed_on_a_gpu = ""  # by a training that ended with an exception
        self.calibrating = False  # trainings run once and are not judged
        self.on_progress: Callable[[str], None] = lambda text: None

    def take(self, transport: Transport) -> None:
        """The checks that follow are about the submission behind this transport."""
        self.link.transport = transport
        self.results = {}
        self.trained = {}

    def seed_of(self, check: Check) -> int:
        """A seed of the check's own, the same in every run and for every submission."""
        return (zlib.crc32(check.name.encode()) + self.seed) % 2**31


def grading_of(config: pytest.Config) -> Grading:
    """The session's state; raises `KeyError` in a session that collected no checks."""
    return config.stash[_GRADING]


# --- set-up -----------------------------------------------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("grader", "grading a submission")
    group.addoption("--submission", type=Path, metavar="PATH", help="the submission to grade: a file, notebook, zip or folder")
    group.addoption("--sandbox", choices=("auto", "none"), default="auto", help="none: run student code without locking it in")
    group.addoption("--seed", type=int, default=0, help="seed of all checks", dest="grader_seed")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "question(id, points): the question that a check belongs to, and its points")
    config.addinivalue_line("markers", "training(id): the [[training]] that a check judges; it takes the fixture `training`")
    config.addinivalue_line("markers", "depends(*names): checks without which this one is blocked")
    if not config.pluginmanager.has_plugin("timeout"):
        config.addinivalue_line("markers", "timeout(seconds): how long a check may take")


def _prepare_hypothesis() -> None:
    """Properties run the same way every time, for every submission, and without a database on disk."""
    import hypothesis

    hypothesis.settings.register_profile(
        "grader",
        max_examples=20,
        deadline=None,
        derandomize=True,
        database=None,
        report_multiple_bugs=False,
        # not "explain": it runs a failing check hundreds of times more, and says nothing to a student
        phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate, hypothesis.Phase.shrink),
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    hypothesis.settings.load_profile("grader")


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> None:
    """A test file beside an assignment, or in its reference, makes this session one that grades."""
    assignment = _assignment_of(module_path)
    config = parent.config
    if assignment is None or (_GRADING in config.stash and config.stash[_GRADING].assignment.folder == assignment.folder):
        return
    if _GRADING in config.stash:
        known = config.stash[_GRADING].assignment.name
        raise pytest.UsageError(f"checks of {known} and of {assignment.name} were asked for: grade one assignment at a time.")
    _prepare_hypothesis()  # before the module is imported: @given reads the profile
    config.stash[_GRADING] = Grading(assignment, config.getoption("grader_seed"))


def _assignment_of(path: Path) -> Assignment | None:
    folder = path.parent
    beside = folder.parent.parent / "assignments" / folder.name
    for candidate in (folder, beside):
        if (candidate / ASSIGNMENT_FILE).is_file():
            try:
                return load_assignment(candidate)
            except GraderError as error:
                raise pytest.UsageError(str(error)) from error
    return None


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Hidden checks take what they share with the public ones from there: `from test_public import ...`."""
    config = collector.config
    if _GRADING not in config.stash or collector.path != grading_of(config).assignment.hidden_checks:
        return (yield)
    with importable(grading_of(config).assignment.public_checks):
        return (yield)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if _GRADING not in config.stash:
        return
    assignment = grading_of(config).assignment
    for item in items:
        if isinstance(item, pytest.Function) and _assignment_of(item.path) is not None:
            try:
                item.stash[_CHECK] = check_of(item, assignment)
            except GraderError as error:
                raise pytest.UsageError(str(error)) from error


def check_at(item: pytest.Item) -> Check | None:
    """What a collected item says of itself; None for a test that is no check."""
    return item.stash.get(_CHECK, None)


@pytest.fixture(scope="session")
def student(request: pytest.FixtureRequest) -> Student:
    """The submission at hand: every attribute is the student's own name, run in the student's process."""
    if _GRADING not in request.config.stash:
        raise pytest.UsageError("`student` is for the checks of an assignment: no assignment.toml was found beside this test.")
    return grading_of(request.config).student


def takes_student_alone(item: pytest.Item) -> bool:
    """Whether a check is a function of `student` and nothing else, so that pytest has nothing to set up for it."""
    if not isinstance(item, pytest.Function) or item.cls is not None or item.fixturenames != ["student"]:
        return False
    return not any(item.get_closest_marker(name) for name in ("skip", "skipif", "xfail"))


@pytest.fixture
def training(request: pytest.FixtureRequest) -> Trainer:
    """The training that the check's marker names: says what is trained, and judges it."""
    from grader.training.fixture import Trainer

    check = check_at(request.node)
    if check is None or not check.training:
        raise pytest.UsageError(f'{request.node.name} takes `training`: it needs @pytest.mark.training("...").')
    grading = grading_of(request.config)
    declared = next(one for one in grading.assignment.training if one.id == check.training)
    return Trainer(grading, declared)


@pytest.hookimpl(tryfirst=True)  # a process of pytest-xdist's has a loop of its own, after which no other's is asked
def pytest_runtestloop(session: pytest.Session) -> None:
    """Bare pytest: open the submission before the first check. The runner opens one after the other itself."""
    config = session.config
    if _GRADING not in config.stash or config.option.collectonly or not session.items:
        return
    if session.testsfailed and not config.option.continue_on_collection_errors:
        return  # pytest tells what could not be collected
    grading = grading_of(config)
    if grading.link.transport is None:
        from grader.opening import open_for_pytest

        try:
            closing = open_for_pytest(grading, config.getoption("submission"), sandbox=config.getoption("sandbox"))
        except GraderError as error:
            raise pytest.UsageError(str(error)) from error
        config.add_cleanup(closing)


# --- a check's life ---------------------------------------------------------------------------------------------------------------


@pytest.hookimpl(optionalhook=True)
def pytest_timeout_set_timer(item: pytest.Item, settings: Any) -> bool | None:
    """pytest-timeout's marker is kept by the student's process being killed, not by a signal in this one."""
    check = check_at(item)
    if check is None:
        return None
    if settings.timeout:
        item.stash[_CHECK] = check._replace(seconds=float(settings.timeout))
    return True


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    check = check_at(item)
    if check is not None:
        begin_check(item, check)


def begin_check(item: pytest.Item, check: Check) -> None:
    """Begin a check in a clean process. Raises `Blocked` where one on which it depends did not pass."""
    grading = grading_of(item.config)
    item.stash[_BEGAN] = False
    missing = [name for name in check.depends if name in grading.results and grading.results[name].outcome is not Outcome.PASSED]
    if missing:
        raise Blocked(grading.results[missing[0]].title)
    assert grading.link.transport is not None
    from grader.sandbox.seeds import seed_everything

    seed = grading.seed_of(check)
    grading.link.transport.begin_check(seed, check.seconds)
    item.stash[_BEGAN] = True
    seed_everything(seed)


class Blocked(Exception):
    """A check on which this one depends did not pass."""


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    check = check_at(item)
    if check is None or call.when == "teardown" or (call.when == "setup" and call.excinfo is None):
        return report
    _say(report, finish_check(item, check, call.excinfo.value if call.excinfo else None, call.duration))
    return report


def finish_check(item: pytest.Item, check: Check, error: BaseException | None, seconds: float) -> CheckResult:
    """End a check that passed (no error) or ended with an exception, and keep what became of it."""
    grading = grading_of(item.config)
    output = ""
    if item.stash.get(_BEGAN, False) and grading.link.transport is not None:
        output = grading.link.transport.end_check(wait=error is not None).output + grading.printed_on_a_gpu
        grading.printed_on_a_gpu = ""
    result = _result(item, check, error, seconds, grading, output)
    grading.results[check.name] = result
    return result


def _result(
    item: pytest.Item, check: Check, error: BaseException | None, seconds: float, grading: Grading, output: str
) -> CheckResult:
    if isinstance(error, Blocked):
        outcome, fault, message, hint, staff = (
            Outcome.BLOCKED,
            Fault.STUDENT,
            f'Needs another check to pass first: "{error}".',
            "",
            "",
        )
    else:
        outcome, fault, message, hint, staff = classify(error)
        hint = grading.hints.diagnosis(item, check, error) or hint
    trained = grading.trained.get(check.training)
    runs = tuple(trained.runs) if trained else ()
    if runs:
        staff = "\n".join(dict.fromkeys(filter(None, (staff, *(note for run in runs for note in run.notes)))))
    if output and outcome not in (Outcome.PASSED, Outcome.NOT_ANSWERED):
        staff = f"{staff}\nprinted:\n{output}".strip()
    message, hint, staff = (_shortened(text, limit) for text, limit in ((message, 4_000), (hint, 2_000), (staff, 16_000)))
    return CheckResult(
        name=check.name,
        title=check.title,
        outcome=outcome,
        points=check.points if error is None else 0.0,  # nothing that is said of a check gives points: only that it ran through
        max_points=check.points,
        visibility=check.visibility,
        seconds=round(seconds, 4),
        message=message,
        hint=hint,
        staff_message=staff,
        fault=fault,
        training=runs,
    )


def _shortened(text: str, most: int) -> str:
    """A report keeps a readable size, whatever a student's value has put into a message."""
    return text if len(text) <= most else f"{text[:most]} … ({len(text) - most:,} more characters)"


def _say(report: pytest.TestReport, result: CheckResult) -> None:
    """Under bare pytest, say what a report would say, not where in the harness it came up."""
    if result.outcome is Outcome.PASSED:
        return
    report.outcome = "failed"
    lines = [f"{result.outcome.value}: {result.message}", f"hint: {result.hint}" if result.hint else "", result.staff_message]
    report.longrepr = "\n".join(line for line in lines if line)
    if result.outcome is Outcome.NOT_GRADED and result.fault is Fault.MACHINE:
        report.outcome = "skipped"
        report.longrepr = (result.name, 0, result.message)
