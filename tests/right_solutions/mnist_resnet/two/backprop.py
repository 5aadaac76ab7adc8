"""Homework: backprop through a circuit."""

from __future__ import annotations

import math
from dataclasses import dataclass, field


class Gate:
    """Keeps the local derivatives at the inputs of the latest forward; backward is the same for all gates then."""

    local: tuple[float, ...] = ()

    def backward(self, upstream):
        return tuple(upstream * derivative for derivative in self.local)


class AddGate(Gate):
    def forward(self, x, y):
        self.local = (1.0, 1.0)
        return x + y


class MulGate(Gate):
    def forward(self, x, y):
        self.local = (y, x)
        return x * y


class MaxGate(Gate):
    def forward(self, x, y):
        self.local = (float(x > y), float(x <= y))
        return x if x > y else y


class SigmoidGate(Gate):
    def forward(self, x):
        # the logistic function is a shifted tanh, and tanh never overflows
        s = 0.5 * (1.0 + math.tanh(0.5 * x))
        self.local = (s * (1.0 - s),)
        return s


@dataclass(eq=False)
class CircuitNode:
    value: float | None = None
    gate: Gate | None = None
    inputs: tuple[CircuitNode, ...] = ()
    grad: float = field(default=0.0, init=False)

    def forward(self):
        for node in self.topological_order():
            if node.gate:
                node.value = node.gate.forward(*[n.value for n in node.inputs])
        return self.value

    def backward(self):
        order = self.topological_order()
        grads = dict.fromkeys(order, 0.0)
        grads[self] = 1.0
        for node in order[::-1]:
            if node.gate:
                for source, g in zip(node.inputs, node.gate.backward(grads[node]), strict=True):
                    grads[source] += g
        for node, g in grads.items():
            node.grad = g

    def topological_order(self):
        """All nodes below this one and itself, inputs first. Without recursion, so that long chains are no problem."""
        order, done, stack = [], set(), [(self, False)]
        while stack:
            node, inputs_are_in = stack.pop()
            if node in done:
                continue
            if inputs_are_in:
                done.add(node)
                order.append(node)
            else:
                stack.append((node, True))
                stack.extend((source, False) for source in node.inputs)
        return order
