"""Q5: circuits of gates, evaluated forwards and differentiated backwards by the chain rule.

A gate knows its own derivative and nothing of the circuit it sits in:

    value = gate.forward(*inputs)            # numbers in, a number out
    gradients = gate.backward(upstream)      # dL/dvalue in, a tuple out: dL/dinput, one for each input

`backward` speaks of the inputs of the latest `forward`.
"""


class AddGate:
    """x + y."""

    def forward(self, x: float, y: float) -> float:
        raise NotImplementedError

    def backward(self, upstream: float) -> tuple[float, float]:
        """(dL/dx, dL/dy) from upstream = dL/d(x + y)."""
        raise NotImplementedError


class MulGate:
    """x * y."""

    def forward(self, x: float, y: float) -> float:
        raise NotImplementedError

    def backward(self, upstream: float) -> tuple[float, float]:
        """(dL/dx, dL/dy) from upstream = dL/d(x * y)."""
        raise NotImplementedError


class MaxGate:
    """The larger of x and y."""

    def forward(self, x: float, y: float) -> float:
        raise NotImplementedError

    def backward(self, upstream: float) -> tuple[float, float]:
        """(dL/dx, dL/dy) from upstream = dL/dmax(x, y). Where x equals y, any split of upstream will do."""
        raise NotImplementedError


class SigmoidGate:
    """1 / (1 + exp(-x)), for any x: no overflow at x = -1000 or 1000."""

    def forward(self, x: float) -> float:
        raise NotImplementedError

    def backward(self, upstream: float) -> tuple[float]:
        """(dL/dx,) from upstream = dL/dsigmoid(x): a tuple of one."""
        raise NotImplementedError


class CircuitNode:
    """One value in a circuit: an input, `CircuitNode(value=3.0)`, or what a gate makes of other nodes.

        s = CircuitNode(gate=AddGate(), inputs=(x, y))
        f = CircuitNode(gate=MulGate(), inputs=(s, z))
        f.forward()      # computes s, then f
        f.backward()     # then x.grad is df/dx, and so on for every node that f is made of

    value: the number; given for an input, computed by `forward` for the others.
    grad: the derivative of the last `backward`'s output with respect to this node.
    gate, inputs: None and () for an input. One node may be input to several others, or twice to the same one.
    """

    def __init__(self, value: float | None = None, gate: object = None, inputs: tuple = ()) -> None:
        raise NotImplementedError

    def forward(self) -> float:
        """Compute this node's value from the inputs' present values, keep it in `self.value` and return it."""
        raise NotImplementedError

    def backward(self) -> None:
        """Set `grad` of this node and of every node that it is made of. Call `forward` first.

        This node's own gradient is 1. A node that is used several times sums what arrives by each use.
        Each call starts afresh: calling it twice leaves the same gradients as calling it once.
        """
        raise NotImplementedError
