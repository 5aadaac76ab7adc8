"""The optimizer is made without optimizer_param: hand its settings on, OPTIMIZERS[optimizer](**optimizer_param)."""

QUESTION = "Q8"
FILE = "trainer.py"


class Trainer(Trainer):
    def __init__(self, network, x_train, t_train, x_test, t_test, epochs=20, mini_batch_size=100, optimizer="Adam", *rest, **named):
        super().__init__(network, x_train, t_train, x_test, t_test, epochs, mini_batch_size, optimizer, *rest, **named)
        self.optimizer = OPTIMIZERS[optimizer]()
