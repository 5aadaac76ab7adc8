"""Networks, criteria and optimizers that would rather not learn, as text (loops stand with their tests); and what became of one."""

from __future__ import annotations

from grader.messages import CheckResult, Report, TrainingRun

from .conftest import REFERENCE, results

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

CONSTANT_CRITERION = net_of(
    "class Own(Net):\n    pass\n\n\ndef criterion(scores, labels):\n    return (scores * 0).sum() + 1.0\n", criterion="criterion"
)


def the(reports: dict[str, Report], name: str, check: str = NET) -> tuple[CheckResult, TrainingRun]:
    found = results(reports[name])[check]
    return found, found.training[0]
