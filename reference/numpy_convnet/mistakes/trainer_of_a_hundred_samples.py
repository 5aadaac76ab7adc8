"""It trains on the first hundred samples alone: go through all of them."""

QUESTION = "Q8t"
FILE = "trainer.py"


class Trainer(Trainer):
    def __init__(self, network, x_train, t_train, *args, **kwargs):
        super().__init__(network, x_train[:100], t_train[:100], *args, **kwargs)
