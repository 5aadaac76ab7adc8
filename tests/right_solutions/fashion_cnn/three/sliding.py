"""Where a window stands while it slides, in any number of dimensions."""

import itertools

import numpy as np


class Window:
    """A window of the given shape that slides over an array of the given shape."""

    def __init__(self, array_shape, shape, stride=1):
        self.shape = tuple(shape)
        self.stride = stride
        self.out_shape = tuple((n - f) // stride + 1 for n, f in zip(array_shape, self.shape))

    def __iter__(self):
        """Pairs (place in the result, slices of the array)."""
        for place in itertools.product(*(range(n) for n in self.out_shape)):
            corner = [index * self.stride for index in place]
            yield place, tuple(slice(c, c + f) for c, f in zip(corner, self.shape))

    def convolve(self, array, kernel):
        return self.reduce(array, lambda patch: np.vdot(patch, kernel))

    def reduce(self, array, function):
        out = np.empty(self.out_shape)
        for place, slices in self:
            out[place] = function(array[slices])
        return out
