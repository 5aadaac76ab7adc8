"""Rectangles: question Q1."""


def area(width: float, height: float) -> float:
    """The area of a rectangle: width times height."""
    ### BEGIN SOLUTION
    return width * height
    ### END SOLUTION


class Square:
    """A square, which knows its side and its area."""

    def __init__(self, side: float) -> None:
        ### BEGIN SOLUTION
        self.side = side
        ### END SOLUTION

    def area(self) -> float:
        ### BEGIN SOLUTION
        return area(self.side, self.side)
        ### END SOLUTION
