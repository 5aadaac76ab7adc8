"""What may be known without learning: the test labels, the place of an image, weights from elsewhere, what an earlier run has left."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import torch

from grader.homework.assignment import Assignment
from grader.messages import Report
from grader.opening import plan_for
from grader.outcomes import Outcome

from .cheats import AT_IMPORT, BY_HEART, BY_PLACE, FROM_A_FILE, LOOP, NET, NOTHING_LEARNED, READY, loop_of, net_of, the
from .conftest import REFERENCE, graded_once, made_up, results

pytestmark = [pytest.mark.sandbox, pytest.mark.xdist_group("known_beforehand")]  # one worker grades the class

# what there is to be found in the process: every array or tensor as long as the test labels, every file of labels
SEARCHES = loop_of(
    """
import gc
import glob
import inspect
import os

for images, labels in loader:
    pass
frames = [frame.frame.f_locals for frame in inspect.stack()]
things = [thing for thing in gc.get_objects() if isinstance(thing, (torch.Tensor, list, tuple, bytes))]
things += [value for values in frames for value in values.values() if isinstance(value, torch.Tensor)]
numbers = {len(t) for t in things if isinstance(t, torch.Tensor) and t.ndim == 1 and t.dtype in (torch.int64, torch.uint8)}
numbers |= {len(t) for t in things if isinstance(t, list) and 50 <= len(t) <= 500 and all(type(x) is int and 0 <= x < 10 for x in t)}
folders = ["/data", "/scratch", "/tmp", "/dev/shm", "/home", "/root", "/usr/share/datasets", os.getcwd()]
files = [path for folder in folders for path in glob.glob(folder + "/**/*label*", recursive=True)]
files = [path for path in files if path.endswith((".npy", ".npz", ".gz", "ubyte", ".pkl"))]
others = [pid for pid in os.listdir("/proc") if pid.isdigit() and int(pid) not in (1, os.getpid())]
raise ValueError(f"labels in memory {sorted(n for n in numbers if 50 <= n <= 500)}, files {files}, processes {others}")
"""
)

# the first training leaves its labels wherever it can write; the second one looks for them
LEAVES = (
    REFERENCE
    + """
import builtins
import os

PLACES = ["left", os.path.expanduser("~/left"), "/dev/shm/left", "/tmp/left", os.path.join(os.environ["TMPDIR"], "left")]
BEFORE = []


def make_run():
    BEFORE.append(1)
    builtins.left = 1
    written = 0
    for place in PLACES:
        try:
            open(place, "w").close()
            written += 1
        except OSError:
            pass
    assert written >= 3
    net = Net()
    return net, nn.CrossEntropyLoss(), torch.optim.Adam(net.parameters(), lr=0.003)


def train(net, loader, held_out, epochs):
    found = [place for place in PLACES if os.path.exists(place)]
    raise ValueError(f"found {found} {BEFORE} {hasattr(builtins, 'left')}")
"""
)

CLASS = {
    "by_place": BY_PLACE,
    "at_home": net_of(READY, NOTHING_LEARNED),
    "at_import": net_of(AT_IMPORT),
    "from_a_file": FROM_A_FILE,
    "searches": SEARCHES,
    "leaves": LEAVES,
}


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Report]:
    images, labels = made_up(120, 2)
    table = {image.tobytes()[100:120]: int(label) for image, label in zip(images, labels, strict=True)}
    weights = io.BytesIO()
    ready = torch.zeros(10, 28, 28)
    for label in range(10):
        ready[label, 2 * label + 3 : 2 * label + 5] = 10.0
    torch.save({"fc.weight": ready.view(10, 784), "fc.bias": torch.zeros(10)}, weights)
    return graded_once(
        tmp_path_factory,
        CLASS | {"by_heart": BY_HEART.replace("TABLE = {}", f"TABLE = {table!r}")},
        beside={"from_a_file": {"weights.pt": weights.getvalue()}},
    )


def test_a_test_set_learned_by_heart_is_worth_nothing(reports: dict[str, Report]) -> None:
    """Neither are the images the published bytes, nor the labels the published labels."""
    check, run = the(reports, "by_heart")
    assert check.outcome is Outcome.FAILED
    assert run.accuracy["net"] < 30


def test_the_place_of_an_image_tells_nothing(reports: dict[str, Report]) -> None:
    """Test images come in another order in each run, not class by class as they lie in a cut."""
    check, run = the(reports, "by_place")
    assert check.outcome is Outcome.FAILED
    assert run.accuracy["net"] < 35


@pytest.mark.parametrize("name", ["at_home", "from_a_file"])
def test_weights_from_elsewhere_are_worth_nothing_and_are_told(reports: dict[str, Report], name: str) -> None:
    """They know the classes under other labels; and that they know them before they saw one is noted for the instructor."""
    check, run = the(reports, name)
    assert check.outcome is Outcome.FAILED
    assert run.accuracy["net"] < 30
    assert "of the test images by class before it has been trained" in check.staff_message
    assert ("weights.pt is a file of weights or data" in check.staff_message) == (name == "from_a_file")


def test_a_network_that_was_trained_before_its_run_is_noted(reports: dict[str, Report]) -> None:
    """While it was imported, by labels that are no secret: it learns the run's labels as well, and the instructor is told."""
    check, _ = the(reports, "at_import")
    assert "of the test images by class before it has been trained" in check.staff_message


def test_no_test_label_is_in_the_process(reports: dict[str, Report]) -> None:
    """Training and held-out labels and those of a batch are; 100 or 120 test labels, files of labels, other processes are not."""
    message = results(reports["searches"])[LOOP].message
    assert "labels in memory [" in message
    found = set(map(int, message.partition("labels in memory [")[2].partition("]")[0].split(", ")))
    assert {400} <= found <= {50, 400, 450}
    assert "files [], processes []" in message


def test_a_folder_with_a_whole_data_set_is_hidden(learning: Assignment, data_folder: Path) -> None:
    """Debian's package lies below /usr, which Python needs; it holds the test images with their labels."""
    hidden = plan_for(learning, "", lock_in=True).hidden
    assert {"/usr/share/datasets/fashion-mnist", str(data_folder)} <= set(hidden)


def test_nothing_is_left_from_one_run_to_the_next(reports: dict[str, Report]) -> None:
    """Neither in memory nor in any folder that can be written."""
    assert results(reports["leaves"])[NET].outcome is Outcome.PASSED
    assert "found [] [] False" in results(reports["leaves"])[LOOP].message
