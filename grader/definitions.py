"""What a notebook has defined by now, checked in the kernel's own process: the student's definitions stand where a submission would."""

from __future__ import annotations

import contextlib
import copy
import io
import linecache
import sys
from collections.abc import Iterator, Mapping
from typing import Any, TextIO

import msgspec
import numpy as np
import torch
from torch import nn

from grader.collecting import with_checks
from grader.flow import Flow
from grader.homework.assignment import Assignment
from grader.local import LocalTransport
from grader.messages import (
    Begin,
    Call,
    CheckResult,
    Done,
    Environment,
    Failure,
    Fetch,
    Probe,
    QuestionResult,
    Raised,
    Reply,
    Report,
    SubmissionInfo,
)
from grader.outcomes import Outcome
from grader.runner import Checks
from grader.sandbox.failures import describe
from grader.sandbox.sources import MissingName
from grader.sandbox.worker import Executor

__all__ = ["report_on"]

MAX_PRINTED = 20_000  # characters: a check may call a function that prints a hundred times


def report_on(assignment: Assignment, questions: tuple[str, ...], namespace: dict[str, Any]) -> Report:
    """The public checks of these questions (all if there are none) on the names of a notebook."""
    reports: list[Report] = []
    printed = _Printed(sys.stdout)

    def body(checks: Checks) -> None:
        checks.grading.hints.mistakes = ()  # trying known mistakes would need a folder and module names of its own
        with contextlib.redirect_stdout(printed):
            results = {
                result.name: result for result in checks.run(_CellTransport(namespace, assignment.flow, asked=bool(questions)))
            }
        reports.append(_report(assignment, checks, results))

    with_checks(assignment, body, hidden=False, questions=questions)
    return reports[0]


def _report(assignment: Assignment, checks: Checks, results: Mapping[str, CheckResult]) -> Report:
    shown = []
    for question in assignment.questions:
        own = tuple(results[each.name] for each in checks.checks if each.question == question.id)
        ungraded = sum(result.max_points for result in own if result.outcome is Outcome.NOT_GRADED)
        trains = any(each.question == question.id for each in checks.left_out)
        if own or trains:
            score, most = sum(result.points for result in own), sum(result.max_points for result in own)
            note = question.note or ("Trained and graded elsewhere, not in a cell." if trains else "")
            shown.append(QuestionResult(question.id, question.title, score, most - ungraded, own, ungraded, note))
    return Report(
        assignment=assignment.name,
        submission=SubmissionInfo("this notebook", "", ()),
        score=sum(question.score for question in shown),
        max_score=sum(question.max_score for question in shown),
        not_graded=sum(question.not_graded for question in shown),
        questions=tuple(shown),
        environment=Environment("", "cpu", (), 0, {}, {}),
    )


# --- the student's definitions as they are ----------------------------------------------------------------------------------------


class _Namespace:
    """Stands for a module: its names are those of the notebook, now and later."""

    def __init__(self, names: dict[str, Any]) -> None:
        self.__dict__ = names


class _CellTransport(LocalTransport):
    """Carries requests to what a notebook has defined."""

    def __init__(self, namespace: dict[str, Any], flow: Flow, *, asked: bool) -> None:
        super().__init__({})
        self.executor = _CellExecutor(namespace, flow, asked=asked)


class _CellExecutor(Executor):
    """Carries out requests with a notebook's names. What is printed goes to the cell; Ctrl-C ends the check and not only a call.

    Objects are the student's for the cells that follow: a check that trains a network, or sets its weights, has a copy.
    `asked`: only some questions are checked, those that the student is at.
    """

    def __init__(self, namespace: dict[str, Any], flow: Flow, *, asked: bool) -> None:
        super().__init__()
        self.namespace = namespace
        self.flow = flow
        self.asked = asked
        self.copies: dict[int, Any] = {}  # of one check: an optimizer's copy holds the parameters of its network's copy
        self.modules = [_Namespace(namespace)]  # type: ignore[list-item]
        self.output = _ToTheCell()  # type: ignore[assignment]

    def _begin(self, request: Begin) -> Done:
        self.copies = {}
        return super()._begin(request)

    def _named(self, name: str) -> Any:
        try:
            return self._copy(super()._named(name))
        except MissingName:
            given = self._given(name)
            if given is None:
                raise
            return lambda: given

    def _given(self, name: str) -> Any:
        """What grading takes for the answer `name` from a notebook that trains at top level: the variables as they are now.

        Which part of the notebook they are of is told by what they have to be; where nothing is said of that, by the question asked.
        """
        answers = [answer for answer in self.flow.answers if answer.name == name]
        answers = [answer for answer in answers if answer.where] or (answers if self.asked else [])
        for answer in answers:
            known = all(parameter in self.namespace for parameter in answer.gives)
            if known and all(self._is_one(parameter, wanted) for parameter, wanted in answer.where.items()):
                values = tuple(self._copy(self.namespace[parameter]) for parameter in answer.gives)
                return values if len(values) > 1 else values[0]
        return None

    def _is_one(self, parameter: str, wanted: str) -> bool:
        """Whether a variable is the function, or an instance of the class, of that name; of a name that is nowhere, anything is."""
        module, _, last = wanted.rpartition(".")
        value, kind = self.namespace.get(parameter), self.namespace.get(wanted, getattr(sys.modules.get(module), last, None))
        if parameter not in self.namespace or kind is None:
            return True
        return value is kind or (isinstance(kind, type) and isinstance(value, kind))

    def _copy(self, value: Any) -> Any:
        if isinstance(value, (nn.Module, torch.optim.Optimizer, torch.Tensor, np.ndarray, list, dict)):
            with contextlib.suppress(Exception):  # what cannot be copied (a graph's inner tensor, an open file) is used as it is
                return copy.deepcopy(value, self.copies)
        return value

    def _answer(self, request: Fetch | Call | Probe) -> Reply:
        try:
            return self._value(request)
        except KeyboardInterrupt:
            raise
        except MissingName as error:
            text = f"`{error.wanted}` is not defined here yet: run the cell that defines it"
            return Raised(Failure(Outcome.NOT_ANSWERED, ("NameError",), text))
        except BaseException as error:  # noqa: BLE001 - whatever student code raises is told, sys.exit too
            return Raised(self._described(error))

    def _described(self, error: BaseException) -> Failure:
        failure = describe(error)
        trace, place = error.__traceback__, None
        while trace is not None:
            if trace.tb_frame.f_globals is self.namespace:
                place = trace.tb_frame.f_code.co_filename, trace.tb_lineno
            trace = trace.tb_next
        if place is None:
            return failure
        name, number = place
        line = linecache.getline(name, number).strip()[:200]
        return msgspec.structs.replace(failure, where=f"{_cell(name)}line {number}", line=line)


def _cell(name: str) -> str:
    """In which cell a code object was written, as the notebook counts them; empty where it is not known."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    format_name = getattr(getattr(shell, "compile", None), "format_code_name", None)
    known = format_name(name) if format_name is not None else None
    return f"{' '.join(map(str, known)).lower().replace('in[', 'In[')}, " if known else ""


class _ToTheCell:
    """In the place of output that is kept: what is printed goes where the cell's output goes."""

    def clear(self) -> None:
        pass

    @contextlib.contextmanager
    def capture(self) -> Iterator[None]:
        yield

    def text(self) -> str:
        return ""


class _Printed(io.TextIOBase):
    """The cell's output, up to a length."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.room = MAX_PRINTED

    def writable(self) -> bool:
        return True

    def write(self, text: str, /) -> int:
        if self.room >= 0:
            self.stream.write(text[: self.room])
            if len(text) > self.room:
                self.stream.write("\n… more was printed than is shown here …\n")
            self.room -= len(text)
        return len(text)

    def flush(self) -> None:
        self.stream.flush()
