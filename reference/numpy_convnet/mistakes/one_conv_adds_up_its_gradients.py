"""Each call of `gradient` adds to what the calls before it gave: begin anew in each."""

QUESTION = "Q6t"
FILE = "convnets.py"


class OneConvNet(OneConvNet):
    def gradient(self, x, t):
        before = vars(self).get("before", {})
        self.before = {name: value + before.get(name, 0.0) for name, value in super().gradient(x, t).items()}
        return self.before
