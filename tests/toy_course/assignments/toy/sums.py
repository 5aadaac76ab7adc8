"""Sums: question Q2."""


def running_total(values: list[float]) -> list[float]:
    """The sums of the first value, of the first two, and so on: [1, 2, 3] gives [1, 3, 6]."""
    raise NotImplementedError
