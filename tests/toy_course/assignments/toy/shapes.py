"""Rectangles: question Q1."""


def area(width: float, height: float) -> float:
    """The area of a rectangle: width times height."""
    raise NotImplementedError


class Square:
    """A square, which knows its side and its area."""

    def __init__(self, side: float) -> None:
        raise NotImplementedError

    def area(self) -> float:
        raise NotImplementedError
