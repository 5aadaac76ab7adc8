"""What is done in the student's process while a run lasts: losses, how often a gradient was asked for, which seeds were set.

For whoever reads the report, and for nothing else: student code shares this process and could change every number here.
"""

from __future__ import annotations

import contextlib
import functools
import random
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import torch

__all__ = ["Watch"]

_MOST_SEEDS = 1_000  # that are told apart


class Watch:
    """Patches what asks for gradients and what sets seeds. The process is not used again after the run."""

    def __init__(self) -> None:
        self.losses: list[tuple[int, Any]] = []  # the step, and each single number whose gradient was asked for in it
        self.step: Callable[[], int] = lambda: 0
        self.gradients = 0
        self.gradients_while_scored = 0
        self.changes_while_scored = 0
        self._scoring = False
        self._inside = threading.local()
        self._seeds: set[str] = set()
        self._networks: list[torch.nn.Module] = []  # held, so that no id is used twice
        self._images: dict[int, int] = {}  # by id of a network: on how many it calculated in train mode, with gradients
        # torch.autograd.grad, backward and torch.func go through here; TorchScript and torch's own operators in C++ do not
        counted = self._counted(torch.autograd._engine_run_backward)  # type: ignore[attr-defined]
        torch.autograd._engine_run_backward = torch.autograd.graph._engine_run_backward = counted  # type: ignore[attr-defined]
        for owner, name in ((torch, "manual_seed"), (torch.random, "manual_seed"), (np.random, "seed"), (random, "seed")):
            setattr(owner, name, self._noted(getattr(owner, name)))

    def _counted(self, run: Callable[..., Any]) -> Callable[..., Any]:
        def counted(outputs: Any, *args: Any, **kwargs: Any) -> Any:
            if getattr(self._inside, "gradient", False):  # asked for by a gradient that is under way: checkpoints do that
                return run(outputs, *args, **kwargs)
            self.gradients += 1
            self.gradients_while_scored += self._scoring
            if len(outputs) == 1 and isinstance(outputs[0], torch.Tensor) and outputs[0].numel() == 1:
                self.losses.append((self.step(), outputs[0].detach()))
            self._inside.gradient = True
            try:
                return run(outputs, *args, **kwargs)
            finally:
                self._inside.gradient = False

        return counted

    def _noted(self, seed: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(seed)
        def noted(*args: Any, **kwargs: Any) -> Any:
            if len(self._seeds) < _MOST_SEEDS:
                self._seeds.add(repr((args, kwargs))[:80])
            return seed(*args, **kwargs)

        return noted

    def count_images(self, networks: Mapping[str, Any]) -> None:
        """From now on, count the images that each of these calculates on while a graph is built."""
        for net in networks.values():
            if not isinstance(net, torch.nn.Module) or id(net) in self._images:
                continue
            if not self._networks:  # a hook for all modules: one of a network's own would be copied and saved with it
                torch.nn.modules.module.register_module_forward_pre_hook(self._count)
            self._networks.append(net)
            self._images[id(net)] = 0

    def _count(self, net: torch.nn.Module, inputs: Any) -> None:
        if id(net) not in self._images or not net.training or not torch.is_grad_enabled():
            return
        if inputs and isinstance(inputs[0], torch.Tensor) and inputs[0].dim():
            self._images[id(net)] += len(inputs[0])

    @contextlib.contextmanager
    def scoring(self, net: Any) -> Iterator[None]:
        """While a network answers for images that are scored."""
        before = _version(net)
        self._scoring = True
        try:
            yield
        finally:
            self._scoring = False
            self.changes_while_scored += before is not None and _version(net) != before

    def facts(self) -> dict[str, int]:
        """What there is to tell, so far."""
        return {
            "gradients": self.gradients,
            "gradients while scored": self.gradients_while_scored,
            "changes while scored": self.changes_while_scored,
            "seeds": len(self._seeds),
            "images": max(self._images.values(), default=0),
        }


def _version(net: Any) -> int | None:
    """Torch's own count of the changes in place to a network's parameters; None for one whose layers get their shapes when it is first
    used, 0 for what is no network of torch's."""
    parameters = list(net.parameters()) if isinstance(net, torch.nn.Module) else []
    if any(torch.nn.parameter.is_lazy(parameter) for parameter in parameters):
        return None
    return sum(parameter._version for parameter in parameters)
