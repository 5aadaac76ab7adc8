"""A node that is used twice passes its gradient on at each use, the first part twice: wait until all of it has arrived."""

QUESTION = "Q5"
FILE = "backprop.py"


class CircuitNode:
    def __init__(self, value=None, gate=None, inputs=()):
        self.value = value
        self.gate = gate
        self.inputs = tuple(inputs)
        self.grad = 0.0

    def forward(self):
        if self.gate is not None:
            self.value = self.gate.forward(*(node.forward() for node in self.inputs))
        return self.value

    def clear(self):
        self.grad = 0.0
        for node in self.inputs:
            node.clear()

    def backward(self):
        self.clear()
        self.grad = 1.0
        self.pass_back()

    def pass_back(self):
        if self.gate is not None:
            for node, gradient in zip(self.inputs, self.gate.backward(self.grad), strict=True):
                node.grad += gradient
                node.pass_back()
