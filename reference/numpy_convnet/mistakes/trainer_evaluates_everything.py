"""Measure accuracy on the first evaluate_sample_num_per_epoch samples: on all of them every epoch takes much longer."""

QUESTION = "Q8"
FILE = "trainer.py"


class Trainer(Trainer):
    def __init__(self, *args, **named):
        super().__init__(*args, **named)
        self.evaluated = None
