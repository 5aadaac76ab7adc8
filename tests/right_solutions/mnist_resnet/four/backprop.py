"""Gates with slots, and nodes whose gradient is a property."""

from collections import Counter, deque
from dataclasses import dataclass, field

import numpy as np


class Gate:
    """A gate is two functions: of its inputs, and of its inputs and its value."""

    __slots__ = ("inputs", "value")

    def forward(self, *inputs):
        self.inputs, self.value = inputs, self.of(*inputs)
        return self.value

    def backward(self, upstream):
        return tuple(upstream * slope for slope in self.slopes(*self.inputs))


class AddGate(Gate):
    of = staticmethod(lambda x, y: x + y)
    slopes = staticmethod(lambda x, y: (1.0, 1.0))


class MulGate(Gate):
    of = staticmethod(lambda x, y: x * y)
    slopes = staticmethod(lambda x, y: (y, x))


class MaxGate(Gate):
    of = staticmethod(max)
    slopes = staticmethod(lambda x, y: (float(np.heaviside(x - y, 0.5)), float(np.heaviside(y - x, 0.5))))


class SigmoidGate(Gate):
    def of(self, x):
        return 0.5 * (1 + np.tanh(x / 2))

    def slopes(self, x):
        return [self.value * (1 - self.value)]


@dataclass(eq=False)
class CircuitNode:
    value: float | None = None
    gate: object = None
    inputs: tuple = ()
    arrived: list = field(default_factory=list)

    @property
    def grad(self):
        return float(sum(self.arrived))

    def forward(self):
        if self.gate is not None:
            self.value = self.gate.forward(*[node.forward() for node in self.inputs])
        return self.value

    def backward(self):
        # how many uses each node still waits for
        uses, waiting, seen = Counter(), deque([self]), {self}
        while waiting:
            node = waiting.popleft()
            node.arrived.clear()
            for source in node.inputs:
                uses[source] += 1
                if source not in seen:
                    seen.add(source)
                    waiting.append(source)
        self.arrived.append(1.0)
        ready = [self]
        while ready:
            node = ready.pop()
            if node.gate is None:
                continue
            for source, gradient in zip(node.inputs, node.gate.backward(node.grad)):
                source.arrived.append(gradient)
                uses[source] -= 1
                if not uses[source]:
                    ready.append(source)
