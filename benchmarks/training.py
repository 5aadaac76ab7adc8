"""What a training costs beyond the training itself: the same loop in a plain script and in a student's process, CPU time, alternating.

Usage: python benchmarks/training.py [--rounds 3]. Needs the cut of Fashion-MNIST that comes with fashion_cnn, and nothing else.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

COURSE = Path(__file__).parents[1]
EPOCHS, BATCH = 2, 100

PLAIN = """
import sys, time
sys.path.insert(0, {folder!r})
import numpy as np, torch
from torch import nn
torch.set_num_threads(1)
from models import FashionCNN
images = torch.from_numpy(np.load({images!r}))
labels = torch.from_numpy(np.load({labels!r}).astype(np.int64))
test = torch.from_numpy(np.load({test!r}))
torch.optim.Adam([torch.zeros(1, requires_grad=True)])  # the first one imports torch's compiler, which a student's process never does
began = time.process_time()
net = FashionCNN()
optimizer, criterion = torch.optim.Adam(net.parameters(), lr=0.0005), nn.CrossEntropyLoss()
for _ in range({epochs}):
    for chosen in torch.randperm({train}).split({batch}):
        net.train()
        optimizer.zero_grad()
        loss = criterion(net(images[chosen].float() / 255), labels[chosen])
        loss.backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        scores = [net(part.float() / 255) for part in test.split(500)]
print(time.process_time() - began)
"""
SOLUTION = """

def make_run():
    net = FashionCNN()
    return net, nn.CrossEntropyLoss(), torch.optim.Adam(net.parameters(), lr=0.0005)
"""


def main() -> None:
    sys.path.insert(0, str(COURSE))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds

    import msgspec

    from grader.authors.judges import submission_of
    from grader.homework.assignment import load_assignment
    from grader.homework.training_table import Profile, Training
    from grader.opening import open_session, running_zygote
    from grader.student import Link, Student, library
    from grader.training.run import Drive, Order
    from grader.training.setup import prepare

    assignment = load_assignment("fashion_cnn", COURSE)
    setup = prepare(assignment, device="cpu")
    assert setup is not None
    cut = setup.cuts["both"]
    profile = Profile(train=5000, test=2000, epochs=EPOCHS, batch=BATCH, thresholds={"net": 50.0}, seconds=600.0)
    order = Order(Training("both", "Q9", cut.name, cpu=profile), profile, cut, "", "cpu", limit=600.0)
    assert assignment.reference is not None
    files = dict.fromkeys(("images", "labels", "test"), "")
    files.update(
        images=f"{cut.exposed}/train_images.npy", labels=f"{cut.answers}/train_labels.npy", test=f"{cut.answers}/test_images.npy"
    )
    script = PLAIN.format(folder=str(assignment.reference), train=profile.train, epochs=EPOCHS, batch=BATCH, **files)
    source = (assignment.reference / "models.py").read_text(encoding="utf-8") + SOLUTION
    submission = submission_of("reference", {"models.py": source})
    plain, graded, waited = [], [], []
    for _ in range(rounds):
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        plain.append(float(done.stdout))
        # a zygote for each: where in memory one lies is chance, and makes all of its processes a little slower or faster
        with running_zygote(assignment, lock_in=True, training=setup) as zygote:
            own_root = not zygote.wait_ready().problem
            order = msgspec.structs.replace(order, images_at=setup.images_at("both", own_root=own_root))
            session = open_session(zygote, submission, assignment, demand_lock=True)
            link = Link()
            link.transport = session
            student = Student(link)
            session.begin_check(0, 600.0, fresh=True)  # as a training begins
            ours = time.process_time()
            drive = Drive(order, student, 0, ("bench",), given=True, any_length=False, on_progress=lambda _: None)
            drive.spent = session.cpu_seconds
            drive.go(lambda student, options: library(student, "grader.sandbox.loops").begin(student.make_run, options))
            graded.append(session.cpu_seconds())
            waited.append(time.process_time() - ours)
            session.close()
    ratio = statistics.median(graded) / statistics.median(plain)
    for name, seconds in (("plain script", plain), ("graded", graded)):
        every = ", ".join(f"{s:.2f}" for s in seconds)
        sys.stdout.write(f"{name:13}  {statistics.median(seconds):6.2f} s of CPU, median of {rounds} ({every})\n")
    sys.stdout.write(f"grader's side  {statistics.median(waited):6.2f} s\n")
    sys.stdout.write(f"overhead       {100 * (ratio - 1):6.1f} %\n")


if __name__ == "__main__":
    main()
