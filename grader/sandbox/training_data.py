"""What a training has in the student's process: images and labels in batches, how often they may be gone through, and who waits where.

A loop of the student's own takes them from a loader. It may not know that it is watched: it waits for its next batch, no more.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, Sampler

from grader.sandbox.watch import Watch

__all__ = ["Gate", "Images", "TrainingData", "move_state"]

_MORE = (
    "the training data were asked for once more after {} passes, which is what the assignment allows; "
    "a pass that only measures goes under torch.no_grad()"
)
_PEEK = 50  # one in so many batches may be read once more: a look at the first one before the training is no cheat
_FEWEST = 3


class Images(Dataset[Any]):
    """Images and labels in batches: pixels as float32, shifted and scaled. Items and batches are (image, label)."""

    def __init__(self, images: Any, labels: Any, shift: Any, scale: Any, device: torch.device) -> None:
        self.images, self.labels, self.shift, self.scale, self.device = images, labels, shift, scale, device
        self.demand: Callable[[int], None] = lambda count: None  # called with the number of images before they are handed out

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Any, int]:
        images, labels = self.__getitems__([index])
        return images[0], int(labels[0])

    def __getitems__(self, positions: Sequence[int]) -> tuple[Any, Any]:
        self.demand(len(positions))
        chosen = torch.as_tensor(np.asarray(positions))
        return self.prepared(self.images[chosen]), self.labels[chosen].to(self.device)

    def prepared(self, images: Any) -> Any:
        """Bytes (N, C, H, W) as the network gets them."""
        return images.to(self.device).to(torch.float32).sub_(self.shift).div_(self.scale)


class _Items(Dataset[Any]):
    """Images and labels one by one, on the CPU, for a loop that makes loaders of its own: (image (C, H, W), label).

    Each time that a batch's worth has been read, it has to pass the gate. How often the images are gone through is not counted.
    """

    def __init__(self, of: Images, batch: int, gate: Gate) -> None:
        self.images, self.labels = of.images.cpu(), of.labels.tolist()
        self.shift, self.scale = of.shift.cpu().view(-1, 1, 1), of.scale.cpu().view(-1, 1, 1)
        self.batch, self.gate = batch, gate
        self.read = 0
        self.process = os.getpid()

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Any, int]:
        label = self.labels[index]  # raises IndexError past the end
        if os.getpid() == self.process:  # in a loader's worker process, nobody would open the gate
            if self.read % self.batch == 0:
                self.gate.pass_one()
            self.read += 1
        return self.images[index].to(torch.float32).sub_(self.shift).div_(self.scale), label


class Gate:
    """Where a loop in a thread of its own waits until it may take the next batch."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.taken = self.allowed = 0
        self.waiting = self.over = False

    def pass_one(self) -> None:
        with self.changed:
            while self.taken >= self.allowed:
                self.waiting = True
                self.changed.notify_all()
                self.changed.wait()
            self.waiting = False
            self.taken += 1

    def open(self, count: int) -> None:
        """Let so many batches through; returns when the loop asks for one more, or is over."""
        with self.changed:
            self.allowed = self.taken + count
            if count:
                self.waiting = False
                self.changed.notify_all()
            while not (self.over or (self.waiting and self.taken >= self.allowed)):
                self.changed.wait()

    def close(self) -> None:
        with self.changed:
            self.over = True
            self.changed.notify_all()


class _Room:
    """How many images may be handed out to be trained on, whichever way they are asked for. Where no gradient is wanted, any number."""

    def __init__(self, count: int, batch: int, passes: int) -> None:
        self.passes, self.all = passes, count * passes
        self.most = self.all + max(_FEWEST * batch, self.all // _PEEK)
        self.handed = 0.0

    def take(self, count: float) -> None:
        """So many are wanted now."""
        if torch.is_grad_enabled():
            self.handed += count
            if self.handed > self.most:
                self.refuse()

    def begin_pass(self) -> None:
        """One more pass over all of them is wanted."""
        if torch.is_grad_enabled() and self.handed >= self.all:
            self.refuse()

    def refuse(self) -> NoReturn:
        raise RuntimeError(_MORE.format(self.passes))


class _InTurn(Sampler[int]):
    """Positions in an order that the grader's seed gives, another one in each pass; each batch has to pass the gate.

    A pass that is made without gradients (the accuracy on the training images, say) waits at no gate, and counts as none.
    """

    def __init__(self, count: int, batch: int, room: _Room, seed: int, gate: Gate) -> None:
        self.count, self.batch, self.room, self.gate = count, batch, room, gate
        self.random = np.random.default_rng(seed)

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[int]:
        self.room.begin_pass()
        order = self.random.permutation(self.count).tolist()
        for start in range(0, self.count, self.batch):
            if torch.is_grad_enabled():
                self.gate.pass_one()
            yield from order[start : start + self.batch]


class TrainingData:
    """What a student's own loop gets. The check's function names the networks in `networks` before it has them trained."""

    def __init__(self, training: Images, held_out: Images, options: dict[str, Any], gate: Gate, watch: Watch) -> None:
        self.networks: dict[str, Any] = {}
        self.epochs: int = options["epochs"]
        self.batch: int = options["batch"]
        self.device = training.device
        room = _Room(len(training), self.batch, options["passes"])
        training.demand = room.take  # by the loader, and by whoever asks its dataset
        sampler = _InTurn(len(training), self.batch, room, options["seed"], gate)
        # one loader for everybody: how often it is gone through is counted
        self.loader = DataLoader(training, batch_size=self.batch, sampler=sampler, collate_fn=_as_it_is)
        self.held_out_loader = DataLoader(held_out, batch_size=self.batch, collate_fn=_as_it_is)
        self._parts = training, held_out
        self._gate, self._room, self._watch = gate, room, watch
        self.train_set = _Items(training, self.batch, gate)

    def step(self) -> None:
        """Where a loop takes no batches from the loader: to be called before each of its steps, which are counted and waited for."""
        count = len(self._parts[0])
        self._room.take(count / -(-count // self.batch))  # images: the last batch of a pass may be smaller
        self._gate.pass_one()

    def tell(self, scores: Any, labels: Any) -> None:
        """The scores of this step's batch, for the loss curve: where gradients are not torch's, the loss is seen nowhere else."""
        found, right = torch.as_tensor(np.asarray(scores, np.float64)), torch.as_tensor(np.asarray(labels, np.int64))
        if found.dim() == 2 and right.dim() == 1 and len(found) == len(right) and int(right.max()) < found.shape[1]:
            self._watch.losses.append((self._gate.taken, torch.nn.functional.cross_entropy(found, right)))

    def move(self, net: Any, optimizer: Any) -> None:
        """To where the training takes place, where a function of the student's has made both already."""
        net.to(self.device)
        move_state(optimizer, self.device)

    def arrays(self, *, held_out: bool = False) -> tuple[Any, Any]:
        """All images of a part, float32 (N, C, H, W), and their labels (N,), as numpy arrays."""
        part = self._parts[held_out]
        return part.prepared(part.images).cpu().numpy(), part.labels.numpy()

    @staticmethod
    def of_arrays(predict: Callable[[Any], Any]) -> _OfArrays:
        """A network for `networks`, made of a function from images to scores, both numpy arrays."""
        return _OfArrays(predict)


class _OfArrays:
    """A network that is not torch's: scores by a function of arrays."""

    training = False

    def __init__(self, predict: Callable[[Any], Any]) -> None:
        self.predict = predict

    def __call__(self, images: Any) -> Any:
        return torch.as_tensor(np.asarray(self.predict(images.cpu().numpy())))

    def eval(self) -> None:
        """There are no modes."""

    def train(self, mode: bool = True) -> None:
        """There are no modes."""


def _as_it_is(batch: Any) -> Any:
    return batch


def move_state(optimizer: Any, device: torch.device) -> None:
    """To where the network has gone: some optimizers have tensors from the start (Adagrad). Their count of steps stays on the CPU."""
    state = getattr(optimizer, "state", None)
    for values in state.values() if isinstance(state, dict) and device.type != "cpu" else ():
        if isinstance(values, dict):
            values.update({k: v.to(device) for k, v in values.items() if isinstance(v, torch.Tensor) and k != "step"})
