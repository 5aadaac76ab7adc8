"""forward turns its input into float32: leave the dtype alone, so that the net works in float64 too."""

QUESTION = "Q1"
FILE = "nets.py"


class Net(Net):
    def forward(self, x):
        return super().forward(x.float())
