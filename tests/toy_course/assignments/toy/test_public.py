"""Public checks of `toy`."""

import pytest

from grader import assert_equal


@pytest.mark.question("Q1", points=2)
def test_area_of_a_rectangle(student):
    """area(3, 4) is 12."""
    assert_equal(student.area(3, 4), 12, what="area(3, 4)")


@pytest.mark.question("Q2", points=3)
def test_running_total_of_three(student):
    """running_total([1, 2, 3]) is [1, 3, 6]."""
    assert_equal(student.running_total([1, 2, 3]), [1, 3, 6], what="running_total([1, 2, 3])")
