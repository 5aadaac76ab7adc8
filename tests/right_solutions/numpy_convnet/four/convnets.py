"""Networks put together from a plan."""

import pickle
from collections import OrderedDict
from itertools import count

import layers as L
import numpy as np


class Planned:
    """`plan`: one tuple a layer, ("conv", filters, side, stride, pad), ("relu",), ("pool",) or ("affine", outputs)."""

    def __init__(self, shape, plan, deviation):
        self.params, self.layers, self.last_layer = {}, OrderedDict(), L.SoftmaxWithLoss()
        number = count(1)
        for place, (kind, *numbers) in enumerate(plan):
            match kind, numbers:
                case "conv", [filters, side, stride, pad]:
                    c, h, w = shape
                    W, b = self.more(next(number), (filters, c, side, side), filters, deviation(c * side * side))
                    layer = L.Convolution(W, b, stride, pad)
                    shape = filters, (h + 2 * pad - side) // stride + 1, (w + 2 * pad - side) // stride + 1
                case "affine", [outputs]:
                    inputs = int(np.prod(shape))
                    layer = L.Affine(*self.more(next(number), (inputs, outputs), outputs, deviation(inputs)))
                    shape = (outputs,)
                case "relu", []:
                    layer = L.Relu()
                case "pool", []:
                    layer, shape = L.Pooling(2, 2), (shape[0], shape[1] // 2, shape[2] // 2)
            self.layers[f"{place} {kind}"] = layer

    def more(self, number, shape, outputs, deviation):
        self.params[f"W{number}"] = np.random.normal(0.0, deviation, shape)
        self.params[f"b{number}"] = np.zeros(outputs)
        return self.params[f"W{number}"], self.params[f"b{number}"]

    def predict(self, x):
        for layer in self.layers.values():
            x = layer.forward(x)
        return x

    def loss(self, x, t):
        return self.last_layer.forward(self.predict(x), t)

    def accuracy(self, x, t, batch_size=100):
        answers = [self.predict(part).argmax(1) for part in np.split(x, range(batch_size, len(x), batch_size))]
        return np.mean(np.concatenate(answers) == (t.argmax(1) if t.ndim == 2 else t))

    def gradient(self, x, t):
        self.loss(x, t)
        slope, found = self.last_layer.backward(), []
        for layer in list(self.layers.values())[::-1]:
            slope = layer.backward(slope)
            if not isinstance(layer, L.Relu | L.Pooling):
                found[:0] = [layer.dW, layer.db]
        return dict(zip(self.params, found))

    def numerical_gradient(self, x, t):
        def slope(values, place, h=1e-4):
            middle, sides = values[place], []
            for step in (h, -h):
                values[place] = middle + step
                sides.append(self.loss(x, t))
            values[place] = middle
            return (sides[0] - sides[1]) / (2 * h)

        return {
            name: np.reshape([slope(values, place) for place in np.ndindex(values.shape)], values.shape)
            for name, values in self.params.items()
        }

    def save_params(self, file_name="params.npz"):
        with open(file_name, "wb") as file:
            pickle.dump(self.params, file)

    def load_params(self, file_name="params.npz"):
        with open(file_name, "rb") as file:
            for name, values in pickle.load(file).items():
                np.copyto(self.params[name], values)


def conv_of(conv_param):
    c = conv_param or dict(filter_num=30, filter_size=5, pad=0, stride=1)
    return "conv", c["filter_num"], c["filter_size"], c["stride"], c["pad"]


class SimpleConvNet(Planned):
    def __init__(self, input_dim=(1, 28, 28), conv_param=None, hidden_size=100, output_size=10, weight_init_std=0.01):
        plan = [conv_of(conv_param), ("relu",), ("pool",), ("affine", hidden_size), ("relu",), ("affine", output_size)]
        super().__init__(input_dim, plan, lambda fan_in: weight_init_std)


class OneConvNet(Planned):
    def __init__(self, input_dim=(1, 28, 28), conv_param=None, output_size=10, weight_init_std=0.01):
        super().__init__(input_dim, [conv_of(conv_param), ("relu",), ("pool",), ("affine", output_size)], lambda _: weight_init_std)


class LeNet(Planned):
    def __init__(self, input_dim=(1, 28, 28), output_size=10):
        block = ("relu",), ("pool",)
        plan = [("conv", 6, 5, 1, 2), *block, ("conv", 16, 5, 1, 0), *block]
        plan += [("affine", 120), ("relu",), ("affine", 84), ("relu",), ("affine", output_size)]
        super().__init__(input_dim, plan, lambda fan_in: (2 / fan_in) ** 0.5)
