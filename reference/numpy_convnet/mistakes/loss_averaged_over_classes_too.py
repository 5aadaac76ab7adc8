"""np.mean over the (N, K) array divides by N * K: divide the sum by N alone."""

QUESTION = "Q4"
FILE = "layers.py"


class SoftmaxWithLoss(SoftmaxWithLoss):
    def forward(self, x, t):
        return super().forward(x, t) / x.shape[1]
