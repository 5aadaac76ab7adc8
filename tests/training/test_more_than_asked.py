"""More than was asked for: updates, passes, images, processes, time; and what only looks like it."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.homework.assignment import load_assignment
from grader.messages import Report
from grader.outcomes import Outcome

from .cheats import BATCH_STATISTICS, DROPOUT, LEARN, LEARNS_LATER, LOOP, MANY_UPDATES, PSEUDO, loop_of, the
from .conftest import TOML, graded, graded_once, make_course, register, results

pytestmark = [pytest.mark.sandbox, pytest.mark.xdist_group("more_than_asked")]  # one worker grades the class

HAS_CHILDREN_COMPUTE = loop_of(
    LEARN
    + """
import os
import threading
import time

def burn(clock):
    end = clock() + 1.0
    while clock() < end:
        pass
child = os.fork()
if child == 0:
    burn(time.process_time)
    os._exit(0)
thread = threading.Thread(target=burn, args=(time.thread_time,))
thread.start()
for images, labels in loader:
    learn(images, labels)
thread.join()
os.waitpid(child, 0)
return 0, 0
"""
)

CLASS = {
    "many_updates": MANY_UPDATES,
    "learns_later": LEARNS_LATER,
    "pseudo": PSEUDO,
    "batch_statistics": BATCH_STATISTICS,
    "dropout": DROPOUT,
    "another_way": loop_of(
        LEARN
        + """
for _ in range(50):
    for start in range(0, 400, 20):
        learn(*loader.dataset.__getitems__(range(start, start + 20)))
"""
    ),
    "no_end_of_room": loop_of(
        LEARN
        + """
loader.sampler.room.handed = -10**9
for _ in range(20):
    for images, labels in loader:
        learn(images, labels)
return 40, 50
"""
    ),
    "twice_the_images": loop_of(
        """
optimizer = torch.optim.Adam(net.parameters(), lr=0.003)
kept = []
for _ in range(epochs):
    for images, labels in loader:
        kept.append((images, labels))
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(images), labels).add(nn.functional.cross_entropy(net(kept[0][0]), kept[0][1])).backward()
        optimizer.step()
return 40, 50
"""
    ),
    "keeps_its_best": loop_of(
        "import copy, io"
        + LEARN
        + """
for _ in range(epochs):
    for images, labels in loader:
        learn(images, labels)
    best = copy.deepcopy(net)
    torch.save(net, io.BytesIO())
    best(images)
net.load_state_dict(best.state_dict())
return 40, 50
"""
    ),
    "held_out_too": loop_of(
        LEARN
        + """
for _ in range(epochs):
    for images, labels in loader:
        learn(images, labels)
for _ in range(20):
    for images, labels in held_out:
        learn(images, labels)
"""
    ),
    "looks_first": loop_of(
        LEARN
        + """
next(iter(loader))
count = 0
for _ in range(epochs):
    for images, labels in loader:
        learn(images, labels)
        count += 1
    with torch.no_grad():
        right = sum(int((net(images).argmax(1) == labels).sum()) for images, labels in loader)
return count, 50
"""
    ),
    "children": HAS_CHILDREN_COMPUTE,
}  # fmt: skip


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Report]:
    return graded_once(tmp_path_factory, CLASS)


def test_several_updates_a_batch_are_noted(reports: dict[str, Report]) -> None:
    """It passes, which an honest one would too; the instructor is told."""
    check, run = the(reports, "many_updates")
    assert check.outcome is Outcome.PASSED
    assert run.steps == 60
    assert "gradients were asked for 300 times in a training of 60 steps" in check.staff_message


def test_training_on_while_it_answers_is_noted(reports: dict[str, Report]) -> None:
    """With batches that were kept, or with its own answers for labels."""
    for name in ("learns_later", "pseudo"):
        check, _ = the(reports, name)
        assert "times while the test images were scored" in check.staff_message, name


def test_answers_that_depend_on_more_than_the_image_are_noted(reports: dict[str, Report]) -> None:
    """Dropout in eval mode: other answers when the same images come again. Statistics of a batch are allowed."""
    check, _ = the(reports, "dropout")
    assert "test images another label when they came again, in another batch" in check.staff_message
    assert "gradients" not in the(reports, "batch_statistics")[0].staff_message


def test_more_passes_are_refused_whichever_way_the_images_are_asked_for(reports: dict[str, Report]) -> None:
    """Around the loader, through its dataset: the same two passes."""
    check = results(reports["another_way"])[LOOP]
    assert check.outcome is Outcome.ERROR
    assert "once more after 2 passes" in check.message


def test_steps_are_counted_outside_too(reports: dict[str, Report]) -> None:
    """Who gives himself room in the process takes more steps than the epochs come to: the run ends there."""
    check = results(reports["no_end_of_room"])[LOOP]
    assert check.outcome is Outcome.FORBIDDEN
    assert check.training[0].steps <= 50


def test_more_images_a_step_are_noted(reports: dict[str, Report]) -> None:
    """One gradient a batch, of the loss of two batches."""
    check, run = the(reports, "twice_the_images", LOOP)
    assert run.steps == 40
    assert "a network was trained on 2.0 times as many images as the epochs come to" in check.staff_message


def test_training_on_the_images_held_out_is_noted(reports: dict[str, Report]) -> None:
    """Forty batches were allowed, and sixty more gradients were asked for than that."""
    check, _ = the(reports, "held_out_too", LOOP)
    assert "gradients were asked for 100 times in a training of 40 steps" in check.staff_message


def test_a_copy_of_the_network_may_be_kept_and_saved(reports: dict[str, Report]) -> None:
    """As whoever keeps the best epoch does: what is watched of a network does not hang on it."""
    check, run = the(reports, "keeps_its_best", LOOP)
    assert check.outcome is Outcome.PASSED, check.message
    assert run.notes == ()


def test_a_look_at_the_first_batch_and_passes_without_gradients_are_no_cheat(reports: dict[str, Report]) -> None:
    """`next(iter(loader))`, and the accuracy on the training images after each epoch: nothing is refused, nothing noted."""
    check, run = the(reports, "looks_first", LOOP)
    assert check.outcome is Outcome.PASSED
    assert run.steps == 41
    assert run.notes == ()


def test_children_and_threads_are_counted(reports: dict[str, Report]) -> None:
    """A second of a child's and a second of a thread's are the student's own time."""
    check, run = the(reports, "children", LOOP)
    assert run.seconds >= 1.9
    assert "starts a process or a thread of its own" in check.staff_message


def test_sleeping_is_no_way_to_gain_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that waits and does not compute ends at the limit by the clock."""
    register(tmp_path, monkeypatch)
    course = make_course(tmp_path)
    (course.folder / "assignment.toml").write_text(TOML.replace("seconds = 20", "seconds = 2"), encoding="utf-8")
    report = graded(load_assignment(course.folder), {"sleeps": loop_of("import time\nnext(iter(loader))\ntime.sleep(3600)")})[
        "sleeps"
    ]
    check = results(report)[LOOP]
    assert check.outcome is Outcome.TIMEOUT
    assert check.message == (
        "training was ended: no answer within 2 s, and it was waiting for something, not computing; it came to step 0 of 40."
    )
    assert check.training[0].wall_seconds < 20
