"""Seeding, the same in the student's process and in the grader's."""

from __future__ import annotations

import random

import numpy as np
import torch

__all__ = ["seed_everything"]


def seed_everything(seed: int) -> None:
    """Seed python, numpy, torch, and CUDA where it is in use.

    Not by `torch.manual_seed`: where CUDA is not in use, it keeps the seed and a traceback for the day when it will be, 3 ms each time.
    """
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.default_generator.manual_seed(seed)
    if torch.cuda.is_initialized():
        torch.cuda.manual_seed_all(seed)
