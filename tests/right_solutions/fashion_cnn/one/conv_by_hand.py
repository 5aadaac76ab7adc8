"""Plain Python loops: every sum of the handout is written out as a loop."""

import math

import numpy as np


def with_zeros_around(image, padding):
    height, width = image.shape
    bigger = np.zeros((height + 2 * padding, width + 2 * padding))
    bigger[padding : padding + height, padding : padding + width] = image
    return bigger


def conv2d(image, kernel, stride=1, padding=0):
    H, W = image.shape
    FH, FW = kernel.shape
    image = with_zeros_around(image, padding)
    H2 = math.floor((H - FH + 2 * padding) / stride) + 1
    W2 = math.floor((W - FW + 2 * padding) / stride) + 1
    out = np.zeros((H2, W2))
    for i in range(H2):
        for j in range(W2):
            total = 0.0
            for u in range(FH):
                for v in range(FW):
                    total += image[i * stride + u, j * stride + v] * kernel[u, v]
            out[i, j] = total
    return out


def conv_output_size(W, F, P, S):
    if S < 1 or F > W + 2 * P:
        raise ValueError("does not fit")
    return math.floor((W - F + 2 * P) / S) + 1


def pool_output_size(W, F, S):
    return conv_output_size(W, F, 0, S)


def conv_output_shape(input_shape, K, F, S, P):
    W, H, D = input_shape
    W2 = conv_output_size(W, F, P, S)
    H2 = conv_output_size(H, F, P, S)
    return (W2, H2, K)


def conv2d_rgb(image, kernels):
    C, H, W = image.shape
    K, _, FH, FW = kernels.shape
    maps = []
    for k in range(K):
        one_map = np.zeros((H - FH + 1, W - FW + 1))
        for c in range(C):
            one_map = one_map + conv2d(image[c], kernels[k, c])
        maps.append(one_map)
    return np.stack(maps)


def max_pool2d(image, size=2, stride=None):
    if stride is None:
        stride = size
    H2 = pool_output_size(image.shape[0], size, stride)
    W2 = pool_output_size(image.shape[1], size, stride)
    out = np.zeros((H2, W2))
    for i in range(H2):
        for j in range(W2):
            largest = image[i * stride, j * stride]
            for u in range(size):
                for v in range(size):
                    value = image[i * stride + u, j * stride + v]
                    if value > largest:
                        largest = value
            out[i, j] = largest
    return out


def avg_pool2d(image, size=2, stride=None):
    if stride is None:
        stride = size
    # an average is a convolution whose weights are all the same
    return conv2d(image, np.full((size, size), 1 / size**2), stride)


def conv1d(signal, kernel, stride=1, padding=0):
    zeros = [0.0] * padding
    signal = zeros + [float(s) for s in signal] + zeros
    last = len(signal) - len(kernel)
    out = []
    for start in range(0, last + 1, stride):
        out.append(sum(signal[start + u] * kernel[u] for u in range(len(kernel))))
    return np.array(out)


def conv3d(volume, kernel):
    D, H, W = volume.shape
    FD, FH, FW = kernel.shape
    out = np.zeros((D - FD + 1, H - FH + 1, W - FW + 1))
    for d in range(out.shape[0]):
        for t in range(FD):
            out[d] += conv2d(volume[d + t], kernel[t])
    return out


def pointwise_conv(image, weights):
    return conv2d_rgb(image, weights[:, :, np.newaxis, np.newaxis])
