"""Grades deep-learning homework: what a check may import, and `grader.check("Q1")` for a notebook.

The names are loaded when first used: the command line starts without torch, and the student's process never loads a judgement.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grader.errors import CheckFailed
    from grader.inputs import assert_unchanged
    from grader.judgements.compare import assert_close, assert_equal, assert_shape, assert_that
    from grader.judgements.gradients import assert_gradients, autograd_gradients, finite_differences
    from grader.judgements.parameters import assert_parameters
    from grader.judgements.values import describe
    from grader.kernel import check
    from grader.outcomes import Outcome
    from grader.probes import (
        forward,
        gradients_of,
        layers_of,
        load_state,
        optimizer_of,
        parameters_of,
        randomise,
        state_of,
        training_mode,
    )
    from grader.student import Remote, call_and_echo, library, probe, student_raises, value_of

__version__ = "0.1.0"

_HOME = {
    "errors": ("CheckFailed",),
    "judgements.compare": ("assert_close", "assert_equal", "assert_shape", "assert_that"),
    "judgements.gradients": ("assert_gradients", "autograd_gradients", "finite_differences"),
    "inputs": ("assert_unchanged",),
    "kernel": ("check",),
    "judgements.parameters": ("assert_parameters",),
    "judgements.values": ("describe",),
    "outcomes": ("Outcome",),
    "probes": (
        "forward", "gradients_of", "layers_of", "load_state", "optimizer_of", "parameters_of", "randomise", "state_of", "training_mode",
    ),
    "student": ("Remote", "call_and_echo", "library", "probe", "student_raises", "value_of"),
}  # fmt: skip
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__all__ = [
    "CheckFailed",
    "Outcome",
    "Remote",
    "assert_close",
    "assert_equal",
    "assert_gradients",
    "assert_parameters",
    "assert_shape",
    "assert_that",
    "assert_unchanged",
    "autograd_gradients",
    "call_and_echo",
    "check",
    "describe",
    "finite_differences",
    "forward",
    "gradients_of",
    "layers_of",
    "library",
    "load_state",
    "optimizer_of",
    "parameters_of",
    "probe",
    "randomise",
    "state_of",
    "student_raises",
    "training_mode",
    "value_of",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'grader' has no attribute {name!r}")
    return getattr(importlib.import_module(f"grader.{_MODULE_OF[name]}"), name)
