# numpy로 만드는 ConvNet: 신경망 세 가지
import numpy as np
from layers import Affine, Convolution, Pooling, Relu, SoftmaxWithLoss


def conv_pool_size(size, filter_size, pad, stride):
    """합성곱과 2x2 풀링을 지난 뒤의 한 변의 길이"""
    conv = (size + 2 * pad - filter_size) // stride + 1
    return (conv - 2) // 2 + 1


def connect(params, *layers):
    """계층 목록에 이름을 붙이고, 가중치가 있는 계층의 순서대로 params의 배열을 넘긴다."""
    named = {}
    number = 1
    for i, (kind, options) in enumerate(layers):
        if kind in (Convolution, Affine):
            named[f"{i}_{kind.__name__}"] = kind(params[f"W{number}"], params[f"b{number}"], **options)
            number += 1
        else:
            named[f"{i}_{kind.__name__}"] = kind(**options)
    return named


RELU = (Relu, {})
POOL = (Pooling, {"pool_h": 2, "pool_w": 2, "stride": 2, "pad": 0})
AFFINE = (Affine, {})


class SimpleConvNet:
    def __init__(self, input_dim=(1, 28, 28), conv_param=None, hidden_size=100, output_size=10, weight_init_std=0.01):
        conv_param = self.default(conv_param)
        features = self.features(input_dim, conv_param)
        F, size = conv_param["filter_num"], conv_param["filter_size"]
        self.params = dict(
            W1=np.random.normal(0, weight_init_std, (F, input_dim[0], size, size)),
            b1=np.zeros(F),
            W2=np.random.normal(0, weight_init_std, (features, hidden_size)),
            b2=np.zeros(hidden_size),
            W3=np.random.normal(0, weight_init_std, (hidden_size, output_size)),
            b3=np.zeros(output_size),
        )
        conv = (Convolution, {"stride": conv_param["stride"], "pad": conv_param["pad"]})
        self.layers = connect(self.params, conv, RELU, POOL, AFFINE, RELU, AFFINE)
        self.last_layer = SoftmaxWithLoss()

    def default(self, conv_param):
        return conv_param if conv_param is not None else {"filter_num": 30, "filter_size": 5, "pad": 0, "stride": 1}

    def features(self, input_dim, conv_param):
        h, w = (conv_pool_size(side, conv_param["filter_size"], conv_param["pad"], conv_param["stride"]) for side in input_dim[1:])
        return conv_param["filter_num"] * h * w

    def predict(self, x):
        for layer in self.layers.values():
            x = layer.forward(x)
        return x

    def loss(self, x, t):
        scores = self.predict(x)
        return float(self.last_layer.forward(scores, t))

    def accuracy(self, x, t, batch_size=100):
        if t.ndim == 2:
            t = np.where(t > 0.5)[1]
        N = x.shape[0]
        count = 0
        begin = 0
        while begin < N:
            end = min(begin + batch_size, N)  # 마지막 배치는 작을 수 있다
            pred = np.argmax(self.predict(x[begin:end]), axis=1)
            count += np.count_nonzero(pred == t[begin:end])
            begin = end
        return count / N

    def gradient(self, x, t):
        # 순전파
        self.loss(x, t)
        # 역전파
        layers = list(self.layers.values())
        layers.reverse()
        dout = self.last_layer.backward(dout=1.0)
        for layer in layers:
            dout = layer.backward(dout)
        # 같은 배열을 가진 계층에서 기울기를 찾는다
        grads = {}
        for name, param in self.params.items():
            for layer in layers:
                if getattr(layer, "W", None) is param:
                    grads[name] = layer.dW
                if getattr(layer, "b", None) is param:
                    grads[name] = layer.db
        return grads

    def numerical_gradient(self, x, t):
        h = 1e-4
        grads = {name: np.zeros(param.shape) for name, param in self.params.items()}
        for name, param in self.params.items():
            original = param.copy()
            for idx in np.ndindex(*param.shape):
                param[idx] = original[idx] + h
                plus = self.loss(x, t)
                param[idx] = original[idx] - h
                minus = self.loss(x, t)
                param[idx] = original[idx]
                grads[name][idx] = (plus - minus) / (2 * h)
        return grads

    def save_params(self, file_name="params.npz"):
        # np.save는 파일 이름에 .npy를 붙이므로 열린 파일을 넘긴다
        with open(file_name, "wb") as f:
            for name in sorted(self.params):
                np.save(f, self.params[name])

    def load_params(self, file_name="params.npz"):
        with open(file_name, "rb") as f:
            for name in sorted(self.params):
                self.params[name][:] = np.load(f)
        print(file_name, "에서 가중치를 읽었습니다")


class OneConvNet(SimpleConvNet):
    def __init__(self, input_dim=(1, 28, 28), conv_param=None, output_size=10, weight_init_std=0.01):
        # 부모 클래스의 은닉층을 빼고 다시 연결한다
        super().__init__(input_dim, conv_param, output_size, output_size, weight_init_std)
        del self.params["W3"], self.params["b3"]
        conv_param = self.default(conv_param)
        conv = (Convolution, {"stride": conv_param["stride"], "pad": conv_param["pad"]})
        self.layers = connect(self.params, conv, RELU, POOL, AFFINE)


class LeNet(SimpleConvNet):
    def __init__(self, input_dim=(1, 28, 28), output_size=10):
        C, H, W = input_dim
        h = conv_pool_size(conv_pool_size(H, 5, 2, 1), 5, 0, 1)
        w = conv_pool_size(conv_pool_size(W, 5, 2, 1), 5, 0, 1)
        shapes = [(6, C, 5, 5), (16, 6, 5, 5), (16 * h * w, 120), (120, 84), (84, output_size)]
        self.params = {}
        for k, shape in enumerate(shapes, 1):
            if len(shape) == 4:
                fan_in, outputs = shape[1] * shape[2] * shape[3], shape[0]
            else:
                fan_in, outputs = shape
            self.params["W%d" % k] = np.random.standard_normal(shape) * (2 / fan_in) ** 0.5
            self.params["b%d" % k] = np.zeros(outputs)
        conv1 = (Convolution, {"pad": 2})
        conv2 = (Convolution, {"pad": 0})
        self.layers = connect(self.params, conv1, RELU, POOL, conv2, RELU, POOL, AFFINE, RELU, AFFINE, RELU, AFFINE)
        self.last_layer = SoftmaxWithLoss()
