import numpy as np


class AddGate:
    def forward(self, x, y):
        self.x = x
        self.y = y
        return x + y

    def backward(self, upstream):
        dx = upstream * 1.0
        dy = upstream * 1.0
        return (dx, dy)


class MulGate:
    def forward(self, x, y):
        self.x = x
        self.y = y
        return x * y

    def backward(self, upstream):
        dx = self.y * upstream
        dy = self.x * upstream
        return (dx, dy)


class MaxGate:
    def forward(self, x, y):
        self.x = x
        self.y = y
        return max(x, y)

    def backward(self, upstream):
        if self.x >= self.y:
            return (upstream, 0)
        return (0, upstream)


class SigmoidGate:
    def forward(self, x):
        if x >= 0:
            self.out = 1 / (1 + np.exp(-x))
        else:
            self.out = np.exp(x) / (1 + np.exp(x))
        return self.out

    def backward(self, upstream):
        return ((1 - self.out) * self.out * upstream,)


class CircuitNode:
    def __init__(self, value=None, gate=None, inputs=()):
        self.value = value
        self.gate = gate
        self.inputs = inputs
        self.grad = None

    def forward(self):
        if self.gate is not None:
            values = [node.forward() for node in self.inputs]
            self.value = self.gate.forward(*values)
        return self.value

    def backward(self):
        # 1. how many gradients each node is going to receive
        nodes = self._collect([])
        waiting = {id(node): 0 for node in nodes}
        for node in nodes:
            for child in node.inputs:
                waiting[id(child)] += 1
            node.grad = 0.0
        # 2. start here, and go on with a node as soon as nothing is missing
        self.grad = 1.0
        ready = [self]
        while ready:
            node = ready.pop()
            if node.gate is None:
                continue
            grads = node.gate.backward(node.grad)
            for child, grad in zip(node.inputs, grads):
                child.grad = child.grad + grad
                waiting[id(child)] -= 1
                if waiting[id(child)] == 0:
                    ready.append(child)

    def _collect(self, found):
        if not any(node is self for node in found):
            found.append(self)
            for child in self.inputs:
                child._collect(found)
        return found


if __name__ == "__main__":
    x, y, z = CircuitNode(value=-2.0), CircuitNode(value=5.0), CircuitNode(value=-4.0)
    s = CircuitNode(gate=AddGate(), inputs=(x, y))
    f = CircuitNode(gate=MulGate(), inputs=(s, z))
    print(f.forward())
    f.backward()
    print(x.grad, y.grad, z.grad)
