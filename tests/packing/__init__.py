"""Submissions of the toy homework as students pack them."""
