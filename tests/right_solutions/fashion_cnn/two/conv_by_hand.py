"""창을 하나씩 옮기는 대신, 커널의 칸을 하나씩 돌면서 이미지를 밀어 더한다."""

import numpy as np


def shifted(image, u, v, height, width, stride):
    # 커널의 (u, v) 칸이 만나는 모든 화소
    return image[u : u + height * stride : stride, v : v + width * stride : stride][:height, :width]


def conv2d(image, kernel, stride=1, padding=0):
    image = np.pad(image.astype(float), ((padding, padding), (padding, padding)), mode="constant", constant_values=0)
    fh, fw = kernel.shape
    h2 = (image.shape[0] - fh) // stride + 1
    w2 = (image.shape[1] - fw) // stride + 1
    out = np.zeros((h2, w2))
    for u in range(fh):
        for v in range(fw):
            out += kernel[u, v] * shifted(image, u, v, h2, w2, stride)
    return out


class SizeError(ValueError):
    """크기가 맞지 않을 때"""


def conv_output_size(W, F, P, S):
    if S < 1:
        raise SizeError(f"스트라이드는 1 이상이어야 한다: {S}")
    positions = range(0, W + 2 * P - F + 1, S)  # 필터가 시작할 수 있는 자리
    if not positions:
        raise SizeError(f"필터 {F} 가 입력 {W} (패딩 {P}) 보다 크다")
    return len(positions)


def pool_output_size(W, F, S):
    if S < 1:
        raise SizeError(f"스트라이드는 1 이상이어야 한다: {S}")
    positions = range(0, W - F + 1, S)
    if not positions:
        raise SizeError(f"창 {F} 가 입력 {W} 보다 크다")
    return len(positions)


def conv_output_shape(input_shape, K, F, S, P):
    # 순서 주의: 여기서는 스트라이드가 먼저
    return tuple(conv_output_size(length, F, P, S) for length in input_shape[:2]) + (K,)


def conv2d_rgb(image, kernels):
    k, c, f, f = kernels.shape
    h2, w2 = image.shape[1] - f + 1, image.shape[2] - f + 1
    out = np.zeros((k, h2, w2))
    for u in range(f):
        for v in range(f):
            # (K, C) x (C, H2, W2) -> (K, H2, W2)
            out += np.tensordot(kernels[:, :, u, v].astype(float), image[:, u : u + h2, v : v + w2], axes=1)
    return out


def all_shifts(image, size, stride):
    stride = stride or size
    h2 = (image.shape[0] - size) // stride + 1
    w2 = (image.shape[1] - size) // stride + 1
    return [shifted(image.astype(float), u, v, h2, w2, stride) for u in range(size) for v in range(size)]


def max_pool2d(image, size=2, stride=None):
    out, *others = all_shifts(image, size, stride)
    for other in others:
        out = np.maximum(out, other)
    return out


def avg_pool2d(image, size=2, stride=None):
    return sum(all_shifts(image, size, stride)) / size**2


def conv1d(signal, kernel, stride=1, padding=0):
    # 1차원은 높이가 1인 이미지와 같다. 다만 패딩은 좌우에만 붙는다
    padded = np.concatenate([np.zeros(padding), signal, np.zeros(padding)])
    return conv2d(padded[None, :], kernel[None, :], stride)[0]


def conv3d(volume, kernel):
    d, h, w = (n - f + 1 for n, f in zip(volume.shape, kernel.shape))
    out = np.zeros((d, h, w))
    for (t, u, v), weight in np.ndenumerate(kernel):
        out += float(weight) * volume[t : t + d, u : u + h, v : v + w]
    return out


def pointwise_conv(image, weights):
    return np.einsum("kc,chw->khw", weights, image.astype(float))
