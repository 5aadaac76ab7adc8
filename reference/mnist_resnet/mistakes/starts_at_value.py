"""The output's gradient with respect to itself is 1, not its value."""

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
        self.pass_back(self.value)

    def pass_back(self, upstream):
        self.grad += upstream
        if self.gate is not None:
            for node, gradient in zip(self.inputs, self.gate.backward(upstream), strict=True):
                node.pass_back(gradient)
