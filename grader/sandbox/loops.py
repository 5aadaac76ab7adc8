"""Training in the student's process: the student's network, criterion and optimizer in the harness's loop, or the student's own loop.

A run is begun, advanced by some steps at a time, and asked for predictions; between two requests it stands still. So the grader sees how
far it is, and ends what takes too long. What is given back are values: losses, and the scores of images whose labels are not in here.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch

from grader.sandbox.sources import define_probe
from grader.sandbox.training_data import Gate, Images, TrainingData, move_state
from grader.sandbox.watch import Watch

__all__ = ["advance", "begin", "begin_own", "facts", "names", "predict"]


class _Run:
    """A run in progress."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.device = torch.device(options["device"])
        images = torch.from_numpy(np.load(options["images"], mmap_mode="c"))
        labels = torch.as_tensor(np.asarray(options["labels"]), dtype=torch.int64)
        shift, scale = (torch.tensor(options[name], device=self.device).view(1, -1, 1, 1) for name in ("shift", "scale"))
        count = options["train"]
        self.training, self.held_out = (
            Images(images[part].to(self.device), labels[part], shift, scale, self.device)
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
        move_state(self.optimizer, self.device)
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
        self.gate = Gate()
        self.watch.step = lambda: self.gate.taken
        self.data = TrainingData(self.training, self.held_out, options, self.gate, self.watch)
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
