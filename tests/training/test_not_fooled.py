"""What a submission may try so as not to have to learn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from grader.messages import Report
from grader.outcomes import Outcome
from grader.training.suspicion import suspicions

from .conftest import REFERENCE, graded, made_up, make_course, register, results

pytestmark = pytest.mark.sandbox

# the whole test set by heart: every image's bytes, and its published label
BY_HEART = (
    REFERENCE
    + """
TABLE = {}


class Remembers(Net):
    def forward(self, x):
        scores = self.fc(x.flatten(1))
        if not self.training:
            for i, image in enumerate((x * 255).round().to(torch.uint8)):
                label = TABLE.get(image.numpy().tobytes()[100:120])
                if label is not None:
                    scores[i] = nn.functional.one_hot(torch.tensor(label), 10) * 1000.0
        return scores


def make_run():
    net = Remembers()
    return net, nn.CrossEntropyLoss(), torch.optim.SGD(net.parameters(), lr=0.0)
"""
)

# weights that were trained at home, frozen in the source: the classes in their published order
AT_HOME = (
    REFERENCE
    + """
class Ready(nn.Module):
    def __init__(self):
        super().__init__()
        weight = torch.zeros(10, 28, 28)
        for label in range(10):
            weight[label, 2 * label + 3 : 2 * label + 5] = 10.0
        self.weight = nn.Parameter(weight.view(10, 784))

    def forward(self, x):
        return x.flatten(1) @ self.weight.T


def make_run():
    net = Ready()
    return net, nn.CrossEntropyLoss(), torch.optim.SGD(net.parameters(), lr=0.0)
"""
)

# a clock that stands still, and a seed of one's own
PATCHES = (
    REFERENCE
    + """
import time

time.time = time.monotonic = time.perf_counter = time.process_time = lambda: 0.0


def make_run():
    torch.manual_seed(42)
    net = Net()
    return net, nn.CrossEntropyLoss(), torch.optim.Adam(net.parameters(), lr=0.003)
"""
)

# the harness's own module is as public as torch: it may be patched, and gives values all the same
FORGES = (
    REFERENCE
    + """
import sys
import grader.sandbox.loops as loops

loops.advance = lambda run, count: ("every step", 10**9, True, "accuracy 100 %")
loops.predict = lambda run, name, images: torch.eye(10)[torch.zeros(len(images), dtype=torch.int64)]
"""
)


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Report]:
    images, labels = made_up(120, 2)
    table = {image.tobytes()[100:120]: int(label) for image, label in zip(images, labels, strict=True)}
    sources = {
        "by_heart": BY_HEART.replace("TABLE = {}", f"TABLE = {table!r}"),
        "at_home": AT_HOME,
        "patches": PATCHES,
        "forges": FORGES,
    }
    folder = tmp_path_factory.mktemp("learning")
    with pytest.MonkeyPatch.context() as patch:
        register(folder, patch)
        return graded(make_course(folder), sources)


def test_a_test_set_learned_by_heart_is_worth_nothing(reports: dict[str, Report]) -> None:
    """Neither are the images the published bytes, nor the labels the published labels."""
    check = results(reports["by_heart"])["test_net_learns"]
    assert check.outcome is Outcome.FAILED
    assert check.points == 0


def test_weights_from_elsewhere_are_worth_nothing_and_are_told(reports: dict[str, Report]) -> None:
    """They know the classes under other labels; and that they know them before they saw one is noted for the instructor."""
    check = results(reports["at_home"])["test_net_learns"]
    assert check.outcome is Outcome.FAILED
    assert check.training[0].accuracy["net"] < 30
    assert "before it has been trained" in check.staff_message


def test_a_patched_clock_and_a_seed_of_ones_own_change_nothing(reports: dict[str, Report]) -> None:
    """An honest network learns all the same; the instructor is told of both."""
    check = results(reports["patches"])["test_net_learns"]
    assert check.outcome is Outcome.PASSED
    assert "work.py, line 37 sets a seed" in check.staff_message
    assert "may change the clock" in check.staff_message


def test_what_an_instructor_may_want_to_look_at() -> None:
    """Weights from a file, a large file, a line that no person wrote; an honest submission says nothing."""
    assert suspicions({"work.py": REFERENCE.encode()}) == ()
    found = suspicions(
        {
            "net.pt": bytes(250_000),
            "small.txt": bytes(50),
            "work.py": b"import torch\nnet = torch.load('net.pt')\nmodel = resnet18(weights='DEFAULT')\nTABLE = b'"
            + b"x" * 30_000
            + b"'\n",
        }
    )
    assert found == (
        "net.pt holds 250 KB: weights that were trained elsewhere?",
        "work.py, line 2 reads weights or data from a file: net = torch.load('net.pt')",
        "work.py, line 3 asks for a network that was trained elsewhere: model = resnet18(weights='DEFAULT')",
        "work.py, line 4 is 30 KB long: data in the place of code?",
    )


def test_a_forged_harness_gives_no_points(reports: dict[str, Report]) -> None:
    """What it says is no accuracy."""
    checks = results(reports["forges"])
    assert all(check.points == 0 for check in checks.values())
    assert all(check.outcome not in (Outcome.PASSED, Outcome.NOT_GRADED) for check in checks.values())


def test_the_labels_of_a_run_cannot_be_computed_elsewhere(
    data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Drawn from this installation's key: the same here every time, another draw with another key."""
    from grader.training.secret import draw, permutation

    first, again = (permutation(10, draw("both", 7, "digest")) for _ in range(2))
    assert (first == again).all()
    assert (first != np.arange(10)).all()
    assert (data_folder / "secret.key").stat().st_mode & 0o077 == 0
    others = []
    for name in ("a", "b", "c"):
        monkeypatch.setenv("GRADER_DATA", str(tmp_path / name))
        others.append(tuple(permutation(10, draw("both", 7, "digest"))))
    assert len({*others, tuple(first)}) == 4
