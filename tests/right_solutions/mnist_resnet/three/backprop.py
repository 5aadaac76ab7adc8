# 과제 Q5: 계산 그래프의 역전파
import math


class AddGate:
    def forward(self, x, y):
        return sum((x, y))

    def backward(self, upstream):
        return upstream, upstream


class MulGate:
    def forward(self, *inputs):
        self.inputs = inputs  # 역전파 때 서로 바꿔서 곱한다
        x, y = inputs
        return x * y

    def backward(self, upstream):
        x, y = self.inputs
        dx, dy = upstream * y, upstream * x
        return dx, dy


class MaxGate:
    def forward(self, *inputs):
        self.index = inputs.index(max(inputs))  # 큰 쪽의 번호
        return inputs[self.index]

    def backward(self, upstream):
        grads = [0.0, 0.0]
        grads[self.index] = upstream
        return tuple(grads)


class SigmoidGate:
    def forward(self, x):
        try:
            self.s = 1.0 / (1.0 + math.exp(-x))
        except OverflowError:  # x가 아주 작으면 0
            self.s = 0.0
        return self.s

    def backward(self, upstream):
        return (upstream * (self.s - self.s**2),)


class CircuitNode:
    def __init__(self, value=None, gate=None, inputs=()):
        self.gate = gate
        self.inputs = list(inputs)
        self.value = value
        self.grad = 0

    def forward(self):
        if self.gate:
            self.value = self.gate.forward(*(child.forward() for child in self.inputs))
        return self.value

    def backward(self):
        self._reset()
        self._receive(1.0)

    def _reset(self):
        self.grad = 0
        for child in self.inputs:
            child._reset()

    def _receive(self, upstream):
        # 경로마다 들어온 만큼만 그대로 아래로 보낸다. 모든 경로의 합이 grad가 된다.
        self.grad += upstream
        if self.gate:
            for child, g in zip(self.inputs, self.gate.backward(upstream)):
                child._receive(g)
