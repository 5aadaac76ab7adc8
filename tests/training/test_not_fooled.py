"""What a submission may try so as not to have to learn: each row of the table in docs/trust-boundary.md."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import torch

from grader.homework.assignment import Assignment, load_assignment
from grader.messages import CheckResult, Report, TrainingRun
from grader.opening import plan_for
from grader.outcomes import Outcome
from grader.reports.trained import remarks_on_trainings

from .conftest import REFERENCE, TOML, graded, made_up, make_course, register, results

pytestmark = pytest.mark.sandbox

NET, LOOP = "test_net_learns", "test_loop_trains"
ONLY_NET = REFERENCE.partition("def train(")[0]  # the other question is not answered: half the time
ONLY_LOOP = REFERENCE.partition("def make_run(")[0] + "\n\ndef train(" + REFERENCE.partition("def train(")[2]
NOTHING_LEARNED = "torch.optim.SGD(net.parameters(), lr=0.0)"


def net_of(
    body: str, optimizer: str = "torch.optim.Adam(net.parameters(), lr=0.003)", criterion: str = "nn.CrossEntropyLoss()"
) -> str:
    """A submission whose network is the class Own, defined in `body`."""
    return f"{ONLY_NET}\n{body}\n\ndef make_run():\n    net = Own()\n    return net, {criterion}, {optimizer}\n"


def loop_of(body: str) -> str:
    """A submission whose loop is `body`, which has net, loader, held_out, epochs."""
    lines = "".join(f"    {line}\n" for line in body.strip().splitlines())
    return f"{ONLY_LOOP}\n\ndef train(net, loader, held_out, epochs):\n{lines}"


LEARN = """
optimizer = torch.optim.Adam(net.parameters(), lr=0.003)
def learn(images, labels):
    with torch.enable_grad():
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(images), labels).backward()
        optimizer.step()
"""

# the whole test set by heart: some of every image's bytes, and its published label
BY_HEART = net_of(
    """
TABLE = {}


class Own(Net):
    def forward(self, x):
        scores = self.fc(x.flatten(1))
        if not self.training:
            for i, image in enumerate((x * 255).round().to(torch.uint8)):
                label = TABLE.get(image.numpy().tobytes()[100:120])
                if label is not None:
                    scores[i] = nn.functional.one_hot(torch.tensor(label), 10) * 1000.0
        return scores
""",
    NOTHING_LEARNED,
)

# in a cut, image i has class i modulo 10: who knows the labels of a run from the training images needs to look at no test image
BY_PLACE = net_of(
    """
LABELS = []


class Own(Net):
    def forward(self, x):
        if self.training:
            return self.fc(x.flatten(1))
        return nn.functional.one_hot(torch.tensor([LABELS[i % 10] for i in range(len(x))]), 10).float()


def criterion(scores, labels):
    import sys

    if not LABELS:
        LABELS.extend(sys._getframe(1).f_locals["self"].training.labels[:10].tolist())
    return nn.functional.cross_entropy(scores, labels)
""",
    criterion="criterion",
)

# weights that were trained at home, frozen in the source: the classes in their published order
READY = """
class Own(nn.Module):
    def __init__(self):
        super().__init__()
        weight = torch.zeros(10, 28, 28)
        for label in range(10):
            weight[label, 2 * label + 3 : 2 * label + 5] = 10.0
        self.weight = nn.Parameter(weight.view(10, 784))

    def forward(self, x):
        return x.flatten(1) @ self.weight.T
"""

# trained while it was imported: the images lie there, and in a cut their places tell their published classes
AT_IMPORT = """
import glob

import numpy as np

IMAGES = torch.from_numpy(np.load(min(glob.glob("/data/*/train_images.npy")))[:400]).float() / 255


class Own(Net):
    pass


READY = Own()
early = torch.optim.Adam(READY.parameters(), lr=0.003)
for _ in range(60):
    early.zero_grad()
    nn.functional.cross_entropy(READY(IMAGES), torch.arange(400) % 10).backward()
    early.step()


def Own():
    return READY
"""

FROM_A_FILE = net_of(
    """
class Own(Net):
    def __init__(self):
        super().__init__()
        self.load_state_dict(torch.load("weights.pt"))
""",
    NOTHING_LEARNED,
)

# a clock that stands still, limits of one's own, and a seed of one's own
PATCHES = net_of(
    """
import os
import resource
import signal
import time

torch.manual_seed(0)
time.time = time.monotonic = time.perf_counter = time.process_time = lambda: 0.0
os.times = lambda: (0, 0, 0, 0, 0)
resource.getrusage = lambda who: None
signal.setitimer(signal.ITIMER_REAL, 0)


class Own(Net):
    def __init__(self):
        torch.manual_seed(42)
        super().__init__()
"""
)

LUCKY = net_of(
    """
class Own(Net):
    def __init__(self):
        best = 0.0
        for seed in range(20):
            torch.manual_seed(seed)
            super().__init__()
            best = max(best, float(self.fc.weight.detach().norm()))
"""
)

# several updates a batch, by an optimizer that keeps the batch
MANY_UPDATES = net_of(
    """
class Own(Net):
    def forward(self, x):
        self.latest = x
        return super().forward(x)


class Greedy(torch.optim.Adam):
    def step(self):
        for _ in range(4):
            super().step()
            self.zero_grad()
            nn.functional.cross_entropy(net.fc(net.latest.flatten(1)), net.labels).backward()


def criterion(scores, labels):
    net.labels = labels
    return nn.functional.cross_entropy(scores, labels)


def make_run():
    global net
    net = Own()
    return net, criterion, Greedy(net.parameters(), lr=0.003)
"""
).rpartition("\n\ndef make_run():")[0]

# keeps the batches, and goes on training when it is asked for its answers
LEARNS_LATER = net_of(
    """
KEPT = []


class Own(Net):
    def forward(self, x):
        if self.training:
            self.latest = x
        else:
            with torch.enable_grad():
                for images, labels in KEPT:
                    loss = nn.functional.cross_entropy(self.fc(images.flatten(1)), labels)
                    loss.backward()
                    with torch.no_grad():
                        for weight in self.parameters():
                            weight -= 0.1 * weight.grad
                            weight.grad = None
        return super().forward(x)


def criterion(scores, labels):
    KEPT.append((net.latest, labels))
    return nn.functional.cross_entropy(scores, labels)


def make_run():
    global net
    net = Own()
    return net, criterion, torch.optim.SGD(net.parameters(), lr=0.1)
"""
).rpartition("\n\ndef make_run():")[0]

# learns from the test images what it answers about them
PSEUDO = net_of(
    """
class Own(Net):
    def forward(self, x):
        if not self.training:
            with torch.enable_grad():
                for _ in range(3):
                    scores = self.fc(x.flatten(1))
                    gradients = torch.autograd.grad(nn.functional.cross_entropy(scores, scores.argmax(1)), list(self.parameters()))
                    with torch.no_grad():
                        for weight, gradient in zip(self.parameters(), gradients):
                            weight -= 0.01 * gradient
        return self.fc(x.flatten(1))
"""
)

# batch normalisation that forgot eval mode is a mistake, and no cheat
BATCH_STATISTICS = net_of(
    """
class Own(Net):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(784, track_running_stats=False)

    def forward(self, x):
        return self.fc(self.norm(x.flatten(1)))
"""
)
DROPOUT = net_of(
    """
class Own(Net):
    def forward(self, x):
        return self.fc(nn.functional.dropout(x.flatten(1), 0.95))
"""
)

# the harness's own module is as public as torch: it may be patched, and gives values all the same
FORGED = REFERENCE + "\nimport grader.sandbox.loops as loops\n\n"
FORGERIES = {
    "words": 'loops.advance = lambda run, count: ("every step", 10**9, True, "accuracy 100 %")\n'
    "loops.predict = lambda run, name, images: torch.eye(10)[torch.zeros(len(images), dtype=torch.int64)]",
    "backwards": "loops.advance = lambda run, count: (torch.zeros(0), -5, False, None)",
    "endless": "loops.advance = lambda run, count: (torch.zeros(0), run.taken, False, None)",
    "huge": "loops.advance = lambda run, count: (torch.zeros(0), 10**40, True, None)",
    "done_at_once": "loops.advance = lambda run, count: (torch.zeros(0), 60, True, None)",
    "complex": "loops.predict = lambda run, name, images: torch.zeros(len(images), 10, dtype=torch.complex64)",
    "strings": 'loops.predict = lambda run, name, images: [["passed"] * 10] * len(images)',
    "infinite": 'loops.predict = lambda run, name, images: torch.full((len(images), 10), float("inf"))',
    "facts": 'loops.predict = lambda run, name, images: torch.zeros(len(images), 10)\nloops.facts = lambda run: {"gradients": 10**40}',
}

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
    "honest": "import random\nimport numpy as np\n"
    + REFERENCE.replace("from torch import nn", "from torch import nn\n\ntorch.manual_seed(0)\nrandom.seed(0)\nnp.random.seed(0)"),
    "by_place": BY_PLACE,
    "at_home": net_of(READY, NOTHING_LEARNED),
    "at_import": net_of(AT_IMPORT),
    "from_a_file": FROM_A_FILE,
    "patches": PATCHES,
    "lucky": LUCKY,
    "many_updates": MANY_UPDATES,
    "learns_later": LEARNS_LATER,
    "pseudo": PSEUDO,
    "batch_statistics": BATCH_STATISTICS,
    "dropout": DROPOUT,
    "constant_criterion": net_of(
        "class Own(Net):\n    pass\n\n\ndef criterion(scores, labels):\n    return (scores * 0).sum() + 1.0\n", criterion="criterion"
    ),
    "idle_optimizer": net_of(
        "class Own(Net):\n    pass\n\n\nclass Idle(torch.optim.SGD):\n    def step(self):\n        pass\n", "Idle(net.parameters())"
    ),
    "own_evaluate": loop_of("net.evaluate = lambda: 1.0\nprint('accuracy: 100.0 %')\nreturn 100.0, 'passed'"),
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
    "nan_in_the_loop": loop_of(
        LEARN
        + """
for _ in range(epochs):
    for number, (images, labels) in enumerate(loader):
        learn(images, labels)
        nn.functional.cross_entropy(net(images) * (float("nan") if number == 9 else 1.0), labels).backward()
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
    "raises_late": loop_of(LEARN + "for images, labels in loader:\n    learn(images, labels)\nraise KeyError('done')"),
    "ends_early": loop_of(
        LEARN
        + """
for number, (images, labels) in enumerate(loader):
    if number == 3:
        return 0, 0
    learn(images, labels)
"""
    ),
    "searches": SEARCHES,
    "leaves": LEAVES,
    "children": HAS_CHILDREN_COMPUTE,
    **{f"forges_{name}": FORGED + source for name, source in FORGERIES.items()},
}  # fmt: skip


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Report]:
    images, labels = made_up(120, 2)
    table = {image.tobytes()[100:120]: int(label) for image, label in zip(images, labels, strict=True)}
    weights = io.BytesIO()
    ready = torch.zeros(10, 28, 28)
    for label in range(10):
        ready[label, 2 * label + 3 : 2 * label + 5] = 10.0
    torch.save({"fc.weight": ready.view(10, 784), "fc.bias": torch.zeros(10)}, weights)
    folder = tmp_path_factory.mktemp("learning")
    with pytest.MonkeyPatch.context() as patch:
        register(folder, patch)
        return graded(
            make_course(folder),
            CLASS | {"by_heart": BY_HEART.replace("TABLE = {}", f"TABLE = {table!r}")},
            beside={"from_a_file": {"weights.pt": weights.getvalue()}},
        )


def the(reports: dict[str, Report], name: str, check: str = NET) -> tuple[CheckResult, TrainingRun]:
    found = results(reports[name])[check]
    return found, found.training[0]


# --- not learned, but known -------------------------------------------------------------------------------------------------------


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


# --- more than was asked for ------------------------------------------------------------------------------------------------------


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


def test_a_copy_of_the_network_may_be_kept_and_saved(reports: dict[str, Report]) -> None:
    """As whoever keeps the best epoch does: what is watched of a network does not hang on it."""
    check, run = the(reports, "keeps_its_best", LOOP)
    assert check.outcome is Outcome.PASSED, check.message
    assert run.notes == ()


def test_a_loop_that_is_ended_at_a_nan_is_told_so_in_every_check(reports: dict[str, Report]) -> None:
    """By the step, of which each may have several losses; not that it returned nothing."""
    for name in (LOOP, "test_loop_counts"):
        check = results(reports["nan_in_the_loop"])[name]
        assert check.outcome is Outcome.FAILED
        assert "he loss is not a finite number from step 10 of 40 on, and the run was ended there." in check.message, name
        assert check.hint.startswith("A loss that turns nan")


def test_training_on_the_images_held_out_is_noted(reports: dict[str, Report]) -> None:
    """Forty batches were allowed, and sixty more gradients were asked for than that."""
    check, _ = the(reports, "held_out_too", LOOP)
    assert "gradients were asked for 100 times in a training of 40 steps" in check.staff_message


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


def test_nothing_is_left_from_one_run_to_the_next(reports: dict[str, Report]) -> None:
    """Neither in memory nor in any folder that can be written."""
    assert results(reports["leaves"])[NET].outcome is Outcome.PASSED
    assert "found [] [] False" in results(reports["leaves"])[LOOP].message


# --- luck and clocks --------------------------------------------------------------------------------------------------------------


def test_a_patched_clock_and_a_seed_of_ones_own_change_nothing(reports: dict[str, Report]) -> None:
    """An honest network learns all the same; the instructor is told of both."""
    check, run = the(reports, "patches")
    assert check.outcome is Outcome.PASSED
    assert run.seconds > 0
    assert "sets a seed, as many do" in check.staff_message
    assert "may change the clock" in check.staff_message
    assert "changes a library" in check.staff_message


def test_a_search_for_a_lucky_seed_is_noted(reports: dict[str, Report]) -> None:
    """By its code, and by the seeds that were set in the run."""
    check, _ = the(reports, "lucky")
    assert "sets one seed after the other" in check.staff_message
    assert "20 different seeds were set in the run" in check.staff_message


def test_an_honest_submission_that_sets_seeds_is_not_accused(reports: dict[str, Report]) -> None:
    """At top level, as half of all do: every point, and not a word."""
    report = reports["honest"]
    assert (report.score, report.max_score) == (10, 10)
    assert {check.staff_message for check in results(report).values()} == {""}
    assert {note for check in results(report).values() for run in check.training for note in run.notes} == set()


def test_seeds_of_a_run_cannot_be_known_beforehand(reports: dict[str, Report]) -> None:
    """They differ between submissions: nobody tries out at home which initial weights go well with which order of batches."""
    seeds = {the(reports, name)[1].seed for name in ("honest", "patches", "lucky", "constant_criterion")}
    assert len(seeds) == 4


def test_the_instructor_is_told_whom_to_look_at(reports: dict[str, Report]) -> None:
    """Names and numbers of remarks, at the end of `grader grade`; nothing of those without."""
    some = [reports[name] for name in ("honest", "lucky", "many_updates")]
    assert remarks_on_trainings(some) == (
        "Remarks on trainings, for you to look at (staff_message in report.json): lucky (2), many_updates (1)."
    )
    assert remarks_on_trainings([reports["honest"]]) == ""


# --- what is said of it -----------------------------------------------------------------------------------------------------------


def test_an_accuracy_of_ones_own_does_not_count(reports: dict[str, Report]) -> None:
    """Printed, returned, or an `evaluate`: what counts are predictions, scored outside."""
    check, run = the(reports, "own_evaluate", LOOP)
    assert check.outcome is Outcome.FAILED
    assert run.accuracy["net"] < 40
    assert "100.0" not in check.message


@pytest.mark.parametrize("name", sorted(FORGERIES))
def test_a_forged_harness_gives_no_points(reports: dict[str, Report], name: str) -> None:
    """What it says is no accuracy; and that it was forged is nobody else's fault."""
    checks = results(reports[f"forges_{name}"])
    assert checks[NET].points == checks[LOOP].points == 0
    assert all(check.outcome is not Outcome.NOT_GRADED for check in checks.values())
    assert "names the grader's own modules" in checks[NET].staff_message


def test_a_forged_step_count_is_forbidden(reports: dict[str, Report]) -> None:
    """No loop goes backwards, stands still, or takes more steps than there are numbers for."""
    for name in ("words", "backwards", "endless", "huge"):
        check = results(reports[f"forges_{name}"])[NET]
        assert check.outcome is Outcome.FORBIDDEN, name
        assert check.message == "The training loop in the process was changed."


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


def test_answers_that_depend_on_more_than_the_image_are_noted(reports: dict[str, Report]) -> None:
    """Dropout in eval mode: other answers when the same images come again. Statistics of a batch are allowed."""
    check, _ = the(reports, "dropout")
    assert "test images another label when they came again, in another batch" in check.staff_message
    assert "gradients" not in the(reports, "batch_statistics")[0].staff_message


# --- what learns nothing ----------------------------------------------------------------------------------------------------------


def test_what_does_not_learn_fails(reports: dict[str, Report]) -> None:
    """A criterion without information, an optimizer that does nothing, a loop that ends early or raises after all."""
    for name in ("constant_criterion", "idle_optimizer"):
        check, run = the(reports, name)
        assert check.outcome is Outcome.FAILED
        assert "The loss did not fall" in check.hint or "same class" in check.hint
        assert run.accuracy["net"] < 40
    check, run = the(reports, "ends_early", LOOP)
    assert check.outcome is Outcome.FAILED
    assert check.hint == "The training took 4 steps where the epochs asked for come to 40."
    check = results(reports["raises_late"])[LOOP]
    assert check.outcome is Outcome.ERROR
    assert "KeyError: 'done' (work.py, line" in check.message


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
