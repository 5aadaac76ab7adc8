"""Hidden checks of `toy`."""

import pytest

from grader import assert_equal, probe


@probe
def area_of_a_square(square, side):
    return square(side).area()


@pytest.mark.question("Q1", points=2)
def test_area_of_a_square(student):
    """Square(5).area() is 25."""
    assert_equal(area_of_a_square(student, student.Square, 5), 25, what="Square(5).area()")


@pytest.mark.question("Q2", points=3)
def test_running_total_falls_with_negative_values(student):
    """running_total([4, -6, 1]) is [4, -2, -1]."""
    assert_equal(student.running_total([4, -6, 1]), [4, -2, -1], what="running_total([4, -6, 1])")
