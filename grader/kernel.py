"""`grader.check("Q1")` in a cell: the public checks on what the student has defined by now, in the kernel's own process.

It is the student's own check on their own machine: nothing is locked in and nothing counts as a grade. Whatever checks and their tools
set (seeds, threads, filters, settings) is put back, so that the cells after it run as if it had not been there.
"""

from __future__ import annotations

import contextlib
import random
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

from grader.errors import GraderError, UsageError
from grader.homework.assignment import ASSIGNMENT_FILE, Assignment, find_assignment_here, is_student_folder

__all__ = ["Checked", "check"]


class Checked:
    """What came of a check, as text and as the table that a notebook shows."""

    def __init__(self, text: str, html: str) -> None:
        self._text = text
        self._html = html

    def __repr__(self) -> str:
        return self._text

    def _repr_html_(self) -> str:
        return self._html


def check(*questions: str) -> Checked:
    """Check what is defined here by now: `grader.check("Q1")`, some questions, or all of them with `grader.check()`.

    The assignment is the one in the working folder or the nearest folder above it. What is wrong with the request itself (no such
    question, no assignment) is told in one sentence, too, and raises nothing.
    """
    namespace = sys._getframe(1).f_globals
    state = random.getstate()  # some libraries draw from it when they are imported
    try:
        from grader.reports.cell import report_html, report_text, sentence_html

        try:
            assignment = _assignment_here(Path.cwd())
            wanted = tuple(_question(assignment, question) for question in questions)
            from grader.definitions import report_on

            with _as_it_was(assignment):
                report = report_on(assignment, wanted, namespace)
        except GraderError as error:
            return Checked(str(error), sentence_html(str(error)))
        except KeyboardInterrupt:
            sentence = "The check was interrupted; nothing is known of what it did not get to."
            return Checked(sentence, sentence_html(sentence))
        return Checked(report_text(report), report_html(report))
    finally:
        random.setstate(state)


def _assignment_here(here: Path) -> Assignment:
    folder = next((folder for folder in (here, *here.parents) if is_student_folder(folder)), None)
    if folder is None:
        raise UsageError(
            f"{here} lies in no homework: expected {ASSIGNMENT_FILE} and the public checks here or in a folder above; "
            "start the notebook from the folder of the homework as you received it."
        )
    return find_assignment_here(folder)


def _question(assignment: Assignment, question: object) -> str:
    known = {each.id.casefold(): each.id for each in assignment.questions}
    wanted = str(question)
    return known.get(wanted.casefold()) or assignment.question(wanted).id


@contextlib.contextmanager
def _as_it_was(assignment: Assignment) -> Iterator[None]:
    """Put back what checks and their tools set in this process, but for the state of `random`."""
    import hypothesis
    import numpy as np
    import torch

    numpy_state, torch_state = np.random.get_state(), torch.default_generator.get_state()
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else None  # type: ignore[no-untyped-call]
    threads = torch.get_num_threads()
    current = getattr(hypothesis.settings, "get_current_profile_name", lambda: "default")()
    path, finders = sys.path.copy(), sys.meta_path.copy()
    modules = set(sys.modules)
    no_bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        with warnings.catch_warnings():
            yield
    finally:
        sys.dont_write_bytecode = no_bytecode
        sys.path[:], sys.meta_path[:] = path, finders
        for name in set(sys.modules) - modules:
            file = Path(getattr(sys.modules[name], "__file__", None) or "")
            if file.parent == assignment.folder and file.name.startswith(("test_", "conftest")):
                del sys.modules[name]
        hypothesis.settings.load_profile(current)
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)
        np.random.set_state(numpy_state)
        torch.default_generator.set_state(torch_state)
        if cuda is not None:
            torch.cuda.set_rng_state_all(cuda)
