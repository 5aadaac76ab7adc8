"""forward keeps the first value it computed: it has to follow when an input changes."""

QUESTION = "Q5"
FILE = "backprop.py"


class CircuitNode(CircuitNode):
    def forward(self):
        if self.value is None:
            self.value = self.gate.forward(*(node.forward() for node in self.inputs))
        return self.value
