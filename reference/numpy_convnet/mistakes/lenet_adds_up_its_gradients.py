"""Each call of `gradient` adds to what the calls before it gave: begin anew in each."""

QUESTION = "Q7t"
FILE = "convnets.py"


class LeNet(LeNet):
    def gradient(self, x, t):
        before = vars(self).get("before", {})
        self.before = {name: value + before.get(name, 0.0) for name, value in super().gradient(x, t).items()}
        return self.before
