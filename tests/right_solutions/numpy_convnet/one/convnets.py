import pickle
from collections import OrderedDict

import numpy as np
from layers import *


class SimpleConvNet:
    def __init__(self, input_dim=(1, 28, 28), conv_param=None, hidden_size=100, output_size=10, weight_init_std=0.01):
        if conv_param is None:
            conv_param = {"filter_num": 30, "filter_size": 5, "pad": 0, "stride": 1}
        filter_num = conv_param["filter_num"]
        filter_size = conv_param["filter_size"]
        pool_output_size = self.after_conv_and_pool(input_dim, conv_param)

        self.params = {}
        self.params["W1"] = weight_init_std * np.random.randn(filter_num, input_dim[0], filter_size, filter_size)
        self.params["b1"] = np.zeros(filter_num)
        self.params["W2"] = weight_init_std * np.random.randn(pool_output_size, hidden_size)
        self.params["b2"] = np.zeros(hidden_size)
        self.params["W3"] = weight_init_std * np.random.randn(hidden_size, output_size)
        self.params["b3"] = np.zeros(output_size)

        self.layers = OrderedDict()
        self.layers["Conv1"] = Convolution(self.params["W1"], self.params["b1"], conv_param["stride"], conv_param["pad"])
        self.layers["Relu1"] = Relu()
        self.layers["Pool1"] = Pooling(pool_h=2, pool_w=2, stride=2)
        self.layers["Affine1"] = Affine(self.params["W2"], self.params["b2"])
        self.layers["Relu2"] = Relu()
        self.layers["Affine2"] = Affine(self.params["W3"], self.params["b3"])
        self.last_layer = SoftmaxWithLoss()

    @staticmethod
    def after_conv_and_pool(input_dim, conv_param):
        """How many numbers of one image the first affine layer gets."""
        _, H, W = input_dim
        f, pad, stride = conv_param["filter_size"], conv_param["pad"], conv_param["stride"]
        conv_h = (H - f + 2 * pad) // stride + 1
        conv_w = (W - f + 2 * pad) // stride + 1
        return conv_param["filter_num"] * int(conv_h / 2) * int(conv_w / 2)

    def predict(self, x):
        for layer in self.layers.values():
            x = layer.forward(x)
        return x

    def loss(self, x, t):
        y = self.predict(x)
        return self.last_layer.forward(y, t)

    def accuracy(self, x, t, batch_size=100):
        if t.ndim != 1:
            t = np.argmax(t, axis=1)
        acc = 0.0
        for i in range(int(np.ceil(x.shape[0] / batch_size))):
            tx = x[i * batch_size : (i + 1) * batch_size]
            tt = t[i * batch_size : (i + 1) * batch_size]
            y = np.argmax(self.predict(tx), axis=1)
            acc += np.sum(y == tt)
        return acc / x.shape[0]

    def weighted_layers(self):
        return [layer for layer in self.layers.values() if isinstance(layer, (Convolution, Affine))]

    def gradient(self, x, t):
        self.loss(x, t)
        dout = self.last_layer.backward(1)
        for layer in reversed(list(self.layers.values())):
            dout = layer.backward(dout)

        grads = OrderedDict()
        for i, layer in enumerate(self.weighted_layers()):
            grads["W" + str(i + 1)] = layer.dW
            grads["b" + str(i + 1)] = layer.db
        return grads

    def numerical_gradient(self, x, t):
        h = 1e-4
        grads = {}
        for key, param in self.params.items():
            grad = np.zeros_like(param)
            it = np.nditer(param, flags=["multi_index"])
            while not it.finished:
                idx = it.multi_index
                tmp = param[idx]
                param[idx] = tmp + h
                fxh1 = self.loss(x, t)
                param[idx] = tmp - h
                fxh2 = self.loss(x, t)
                grad[idx] = (fxh1 - fxh2) / (2 * h)
                param[idx] = tmp
                it.iternext()
            grads[key] = grad
        return grads

    def save_params(self, file_name="params.npz"):
        with open(file_name, "wb") as f:
            pickle.dump(self.params, f)

    def load_params(self, file_name="params.npz"):
        with open(file_name, "rb") as f:
            params = pickle.load(f)
        for key, val in params.items():
            self.params[key] = val
        # new arrays: give them to the layers as well
        for i, layer in enumerate(self.weighted_layers()):
            layer.W = self.params["W" + str(i + 1)]
            layer.b = self.params["b" + str(i + 1)]


class OneConvNet(SimpleConvNet):
    def __init__(self, input_dim=(1, 28, 28), conv_param=None, output_size=10, weight_init_std=0.01):
        if conv_param is None:
            conv_param = {"filter_num": 30, "filter_size": 5, "pad": 0, "stride": 1}
        filter_num = conv_param["filter_num"]
        filter_size = conv_param["filter_size"]
        pool_output_size = self.after_conv_and_pool(input_dim, conv_param)

        self.params = {}
        self.params["W1"] = weight_init_std * np.random.randn(filter_num, input_dim[0], filter_size, filter_size)
        self.params["b1"] = np.zeros(filter_num)
        self.params["W2"] = weight_init_std * np.random.randn(pool_output_size, output_size)
        self.params["b2"] = np.zeros(output_size)

        self.layers = OrderedDict()
        self.layers["Conv1"] = Convolution(self.params["W1"], self.params["b1"], conv_param["stride"], conv_param["pad"])
        self.layers["Relu1"] = Relu()
        self.layers["Pool1"] = Pooling(2, 2)
        self.layers["Affine1"] = Affine(self.params["W2"], self.params["b2"])
        self.last_layer = SoftmaxWithLoss()


class LeNet(SimpleConvNet):
    def __init__(self, input_dim=(1, 28, 28), output_size=10):
        C, H, W = input_dim
        h, w = H // 2, W // 2  # the first convolution keeps the size
        h, w = (h - 4) // 2, (w - 4) // 2

        self.params = {}
        self.params["W1"] = self.he(25 * C) * np.random.randn(6, C, 5, 5)
        self.params["b1"] = np.zeros(6)
        self.params["W2"] = self.he(25 * 6) * np.random.randn(16, 6, 5, 5)
        self.params["b2"] = np.zeros(16)
        sizes = [16 * h * w, 120, 84, output_size]
        for i in range(3):
            self.params[f"W{i + 3}"] = self.he(sizes[i]) * np.random.randn(sizes[i], sizes[i + 1])
            self.params[f"b{i + 3}"] = np.zeros(sizes[i + 1])

        p = self.params
        self.layers = OrderedDict()
        self.layers["Conv1"] = Convolution(p["W1"], p["b1"], pad=2)
        self.layers["Relu1"] = Relu()
        self.layers["Pool1"] = Pooling(2, 2)
        self.layers["Conv2"] = Convolution(p["W2"], p["b2"])
        self.layers["Relu2"] = Relu()
        self.layers["Pool2"] = Pooling(2, 2)
        self.layers["Affine1"] = Affine(p["W3"], p["b3"])
        self.layers["Relu3"] = Relu()
        self.layers["Affine2"] = Affine(p["W4"], p["b4"])
        self.layers["Relu4"] = Relu()
        self.layers["Affine3"] = Affine(p["W5"], p["b5"])
        self.last_layer = SoftmaxWithLoss()

    @staticmethod
    def he(fan_in):
        return np.sqrt(2.0 / fan_in)
