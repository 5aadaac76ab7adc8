"""The networks: a base class that does everything, and three ways to fill it."""

import numpy as np

import layers as L

rng = np.random.default_rng()


class Network:
    """Subclasses add blocks; W and b get their numbers in the order in which they are added."""

    def __init__(self, input_dim):
        self.params = {}
        self.layers = {}
        self.last_layer = L.SoftmaxWithLoss()
        self.shape = tuple(input_dim)  # of what the next block gets, without N
        self.count = 0

    # --- building

    def new_params(self, w_shape, outputs, std):
        self.count += 1
        self.params[f"W{self.count}"] = rng.normal(0.0, std, size=w_shape)
        self.params[f"b{self.count}"] = np.zeros(outputs)
        return self.params[f"W{self.count}"], self.params[f"b{self.count}"]

    def conv_relu_pool(self, filter_num, filter_size, pad=0, stride=1, std=None):
        channels, height, width = self.shape
        if std is None:
            std = np.sqrt(2 / (channels * filter_size**2))
        W, b = self.new_params((filter_num, channels, filter_size, filter_size), filter_num, std)
        self.layers[f"conv{self.count}"] = L.Convolution(W, b, stride, pad)
        self.layers[f"conv_relu{self.count}"] = L.Relu()
        self.layers[f"pool{self.count}"] = L.Pooling(2, 2, 2)
        height = ((height + 2 * pad - filter_size) // stride + 1) // 2
        width = ((width + 2 * pad - filter_size) // stride + 1) // 2
        self.shape = (filter_num, height, width)

    def affine(self, outputs, std=None, relu=False):
        inputs = int(np.prod(self.shape))
        W, b = self.new_params((inputs, outputs), outputs, np.sqrt(2 / inputs) if std is None else std)
        self.layers[f"affine{self.count}"] = L.Affine(W, b)
        if relu:
            self.layers[f"affine_relu{self.count}"] = L.Relu()
        self.shape = (outputs,)

    # --- using

    def predict(self, x):
        out = x
        for name in self.layers:
            out = self.layers[name].forward(out)
        return out

    def loss(self, x, t):
        return self.last_layer.forward(self.predict(x), t)

    def accuracy(self, x, t, batch_size=100):
        labels = t if np.ndim(t) == 1 else np.argmax(t, axis=-1)
        cuts = range(batch_size, len(x), batch_size)
        answers = [self.predict(part).argmax(axis=-1) for part in np.split(x, cuts)]
        return np.mean(np.concatenate(answers) == labels)

    def gradient(self, x, t):
        self.loss(x, t)
        grads = {}
        number = self.count
        dout = self.last_layer.backward()
        for layer in list(self.layers.values())[::-1]:
            dout = layer.backward(dout)
            if isinstance(layer, (L.Convolution, L.Affine)):
                grads[f"b{number}"] = layer.db.copy()
                grads[f"W{number}"] = layer.dW.copy()
                number -= 1
        return grads

    def numerical_gradient(self, x, t, h=1e-4):
        return {name: self.numerical_gradient_of(param, x, t, h) for name, param in self.params.items()}

    def numerical_gradient_of(self, param, x, t, h):
        flat = param.reshape(-1)  # a view
        slopes = np.empty(flat.size)
        for i, value in enumerate(flat.tolist()):
            losses = []
            for step in (h, -h):
                flat[i] = value + step
                losses.append(self.loss(x, t))
            flat[i] = value
            slopes[i] = (losses[0] - losses[1]) / (2 * h)
        return slopes.reshape(param.shape)

    def save_params(self, file_name="params.npz"):
        with open(file_name, "wb") as f:
            np.savez_compressed(f, **self.params)

    def load_params(self, file_name="params.npz"):
        data = np.load(file_name)
        for name in data.files:
            np.copyto(self.params[name], data[name])
        data.close()


DEFAULT = dict(filter_num=30, filter_size=5, pad=0, stride=1)


class SimpleConvNet(Network):
    def __init__(self, input_dim=(1, 28, 28), conv_param=None, hidden_size=100, output_size=10, weight_init_std=0.01):
        super().__init__(input_dim)
        self.conv_relu_pool(**(conv_param or DEFAULT), std=weight_init_std)
        self.affine(hidden_size, std=weight_init_std, relu=True)
        self.affine(output_size, std=weight_init_std)


class OneConvNet(Network):
    def __init__(self, input_dim=(1, 28, 28), conv_param=None, output_size=10, weight_init_std=0.01):
        super().__init__(input_dim)
        self.conv_relu_pool(**(conv_param or DEFAULT), std=weight_init_std)
        self.affine(output_size, std=weight_init_std)


class LeNet(Network):
    def __init__(self, input_dim=(1, 28, 28), output_size=10):
        super().__init__(input_dim)
        self.conv_relu_pool(6, 5, pad=2)
        self.conv_relu_pool(16, 5)
        self.affine(120, relu=True)
        self.affine(84, relu=True)
        self.affine(output_size)
