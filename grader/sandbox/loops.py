"""Training in the student's process: the student's network, criterion and optimizer in the harness's loop, or the student's own loop.

A run is begun, advanced by some steps at a time, and asked for predictions; between two requests it stands still. So the grader sees how
far it is, and ends what takes too long. What is given back are values: losses, and the scores of images whose labels are not in here.
"""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, Sampler

from grader.sandbox.sources import define_probe
from grader.sandbox.watch import Watch

__all__ = ["advance", "begin", "begin_own", "facts", "names", "predict"]

_MORE = (
    "the training data were asked for once more after {} passes, which is what the assignment allows; "
    "a pass that only measures goes under torch.no_grad()"
)
_PEEK = 50  # one in so many batches may be read once more: a look at the first one before the training is no cheat
_FEWEST = 3


class _Images(Dataset[Any]):
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

    def __init__(self, of: _Images, batch: int, gate: _Gate) -> None:
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


class _Gate:
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

    def __init__(self, count: int, batch: int, room: _Room, seed: int, gate: _Gate) -> None:
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


class _Data:
    """What a student's own loop gets. The check's function names the networks in `networks` before it has them trained."""

    def __init__(self, training: _Images, held_out: _Images, options: dict[str, Any], gate: _Gate, watch: Watch) -> None:
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
        _move_state(optimizer, self.device)

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


class _Run:
    """A run in progress."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.device = torch.device(options["device"])
        images = torch.from_numpy(np.load(options["images"], mmap_mode="c"))
        labels = torch.as_tensor(np.asarray(options["labels"]), dtype=torch.int64)
        shift, scale = (torch.tensor(options[name], device=self.device).view(1, -1, 1, 1) for name in ("shift", "scale"))
        count = options["train"]
        self.training, self.held_out = (
            _Images(images[part].to(self.device), labels[part], shift, scale, self.device)
            for part in (slice(0, count), slice(count, len(labels)))
        )
        self.options = options
        self.watch = Watch()
        self.networks: dict[str, Any] = {}
        self.taken = 0
        self.result: Any = None

    @property
    def steps_taken(self) -> int:
        """All steps so far, also those of an advance that raised."""
        return self.taken

    def advance(self, count: int) -> tuple[dict[int, Any], bool]:
        """Go on by `count` steps; returns the loss of each, where it is known, by the step's number, and whether the run is over."""
        raise NotImplementedError


class _GivenLoop(_Run):
    """The harness's own loop around the student's network, criterion and optimizer."""

    def __init__(self, make: Callable[[], Any], options: dict[str, Any]) -> None:
        super().__init__(options)
        made = make()
        if not isinstance(made, (tuple, list)) or len(made) != 3:
            raise TypeError(f"expected (net, criterion, optimizer), got {_kind(made)}")
        net, self.criterion, self.optimizer = made
        if not isinstance(net, torch.nn.Module):
            raise TypeError(f"expected a network (nn.Module) as the first of the three, got {_kind(net)}")
        if not callable(self.criterion) or not hasattr(self.optimizer, "step"):
            raise TypeError("expected (net, criterion, optimizer): a function of (scores, labels), and an optimizer of torch.optim")
        self.net = net.to(self.device)
        _move_state(self.optimizer, self.device)
        if isinstance(self.criterion, torch.nn.Module):
            self.criterion.to(self.device)  # weights of classes
        self.networks = {"net": self.net}
        self.steps = self._steps()

    def _steps(self) -> Iterator[Any]:
        random = np.random.default_rng(self.options["seed"])
        count, batch = len(self.training), self.options["batch"]
        for _ in range(self.options["epochs"]):
            order = torch.from_numpy(random.permutation(count))
            for start in range(0, count, batch):
                chosen = order[start : start + batch]
                images = self.training.prepared(self.training.images[chosen])
                self.net.train()
                self.optimizer.zero_grad()
                loss = self.criterion(self.net(images), self.training.labels[chosen].to(self.device))
                if not isinstance(loss, torch.Tensor) or loss.numel() != 1:
                    raise TypeError(f"the criterion has to give one number, a tensor; it gave {_kind(loss)}")
                loss.backward()  # type: ignore[no-untyped-call]
                self.optimizer.step()
                yield loss.detach()

    def advance(self, count: int) -> tuple[dict[int, Any], bool]:
        self.watch.losses.clear()
        losses: dict[int, Any] = {}
        over = False
        for _ in range(count):
            loss = next(self.steps, None)
            if loss is None:
                over = True
                break
            self.taken += 1
            losses[self.taken] = loss
        return losses, over


class _OwnLoop(_Run):
    """The student's own loop, in a thread that waits at each batch until it may go on."""

    def __init__(self, name: str, code: bytes, arguments: Sequence[Any], options: dict[str, Any]) -> None:
        super().__init__(options)
        self.gate = _Gate()
        self.watch.step = lambda: self.gate.taken
        self.data = _Data(self.training, self.held_out, options, self.gate, self.watch)
        self.error: BaseException | None = None
        function = define_probe(name, code)
        threads = torch.get_num_threads()

        def loop() -> None:
            torch.set_num_threads(threads)
            try:
                self.result = function(self.data, *arguments)
            except BaseException as error:  # told by the request that waits for it
                self.error = error
            finally:
                self.gate.close()

        threading.Thread(target=loop, daemon=True).start()
        self.advance(0)

    @property
    def steps_taken(self) -> int:
        return self.gate.taken

    def advance(self, count: int) -> tuple[dict[int, Any], bool]:
        self.gate.open(count)
        if self.error is not None:
            raise self.error
        self.taken = self.gate.taken
        self.networks = self.data.networks
        self.watch.count_images(self.networks)
        # what a loop of the student's own does is seen by the losses whose gradients it asks for: their mean in each step
        by_step: dict[int, list[Any]] = {}
        for step, loss in self.watch.losses:
            by_step.setdefault(step, []).append(loss.to(torch.float64).cpu().reshape(()))
        self.watch.losses.clear()
        return {step: torch.stack(losses).mean() for step, losses in by_step.items()}, self.gate.over


def _move_state(optimizer: Any, device: torch.device) -> None:
    """To where the network has gone: some optimizers have tensors from the start (Adagrad). Their count of steps stays on the CPU."""
    state = getattr(optimizer, "state", None)
    for values in state.values() if isinstance(state, dict) and device.type != "cpu" else ():
        if isinstance(values, dict):
            values.update({k: v.to(device) for k, v in values.items() if isinstance(v, torch.Tensor) and k != "step"})


def _kind(value: Any) -> str:
    if value is None:
        return "None"
    if isinstance(value, torch.Tensor):
        return f"a tensor of shape {tuple(value.shape)}"
    return f"{len(value)} values" if isinstance(value, (tuple, list)) else f"a {type(value).__name__}"


# --- what the grader calls --------------------------------------------------------------------------------------------------------


def begin(make: Callable[[], Any], options: dict[str, Any]) -> _Run:
    """Begin a run of what `make()` gives: (net, criterion, optimizer)."""
    return _GivenLoop(make, options)


def begin_own(name: str, code: bytes, arguments: Sequence[Any], options: dict[str, Any]) -> _Run:
    """Begin a run of a loop of the student's: the check's function `name`, compiled, is called with the data and `arguments`."""
    return _OwnLoop(name, code, arguments, options)


def advance(run: _Run, count: int) -> tuple[Any, int, bool, Any]:
    """Go on by `count` steps: rows of a step and its loss, where that is known (N, 2), float64; all steps so far, over or not, and then
    what a loop of the student's own returned."""
    losses, over = run.advance(count)
    if run.device.type == "cuda":
        torch.cuda.synchronize(run.device)  # what was asked for is done: time is taken by who asked
    told = torch.zeros(len(losses), 2, dtype=torch.float64)
    if losses:
        told[:, 0] = torch.tensor(list(losses))
        told[:, 1] = torch.stack([loss.to(torch.float64).reshape(()) for loss in losses.values()])
    return told, run.taken, over, run.result if over else None


def predict(run: _Run, name: str, images: Any) -> Any:
    """The scores that a network gives to images, bytes (N, C, H, W), in eval mode and without a graph."""
    net = run.networks[name]
    modes = [(part, part.training) for part in (net.modules() if isinstance(net, torch.nn.Module) else [net])]
    net.eval()
    try:
        with run.watch.scoring(net), torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return net(run.training.prepared(torch.as_tensor(images)))
    finally:
        for part, training in modes:  # each its own: a loop may keep some layers in eval mode
            part.training = training


def facts(run: _Run) -> dict[str, int]:
    """What was done, as far as it was seen: steps; and besides them, gradients asked for, seeds set."""
    return {**run.watch.facts(), "steps": run.steps_taken}


def names(run: _Run) -> list[str]:
    """The networks that there are by now, by name."""
    return sorted(run.networks)
