"""What a failure is told as, and which one is to blame for a name that is missing."""

from __future__ import annotations

import socket
from urllib.error import URLError

import pytest

from grader.messages import Failure
from grader.outcomes import Outcome
from grader.sandbox.failures import describe
from grader.sandbox.sources import MissingName


@pytest.mark.parametrize(
    ("source", "blamed"),
    [
        ("def train(net):\n    1 / 0", True),
        ("class train: pass", True),
        ("from helpers import test, train", True),
        ("from helpers import *", True),
        ("import helpers as train", True),
        ("fit, train = 1 / 0", True),
        ("train: int = 1 / 0", True),
        ("net.train()\nfor x in train(net): 1 / 0", False),
        ("train == 3 and 1 / 0", False),
        ("net.train = 1 / 0", False),
        ("x = f(train=1 / 0)", False),
        ("from train import loop", False),
    ],
)
def test_a_failure_is_to_blame_only_where_the_name_would_have_been_bound(source: str, blamed: bool) -> None:
    """A cell that merely uses a name does not define it, failed or not."""
    failure = Failure(Outcome.ERROR, ("ZeroDivisionError",), "division by zero")
    assert bool(MissingName("train", [(source, failure)]).failures) == blamed


def test_what_could_not_be_read_may_have_been_it() -> None:
    """Where a cell or a file is no Python, the sentence about a name that nobody else defines says so."""
    failed = Failure(Outcome.ERROR, ("IndentationError", "SyntaxError", "Exception"), "unexpected indent", "work.py, line 3")
    missing = MissingName("make_one", [("   '''train(model)'''", failed)], call="fit")
    assert describe(missing).text == (
        "the submission defines no `make_one`, and no call of fit stands for it; "
        "what could not be read: IndentationError: unexpected indent (work.py, line 3)"
    )


@pytest.mark.parametrize("error", [URLError(socket.gaierror(-3, "Temporary failure in name resolution")), socket.gaierror(-2, "x")])
def test_what_wants_the_network_is_told_that_there_is_none(error: OSError) -> None:
    """As `resnet18(pretrained=True)` does, and every download."""
    failure = describe(error)
    assert failure.outcome is Outcome.FORBIDDEN
    assert failure.text.endswith("(there is no network here)")
