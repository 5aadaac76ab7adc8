"""Each channel is pooled by itself: a row of im2col holds every channel, so reshape to PH * PW columns before the max."""

import numpy as np

QUESTION = "Q3"
FILE = "layers.py"


class Pooling(Pooling):
    def forward(self, x):
        out = super().forward(x)
        return np.broadcast_to(out.max(axis=1, keepdims=True), out.shape).copy()
