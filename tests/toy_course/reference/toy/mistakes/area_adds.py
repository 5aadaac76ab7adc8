"""You add width and height: an area is their product."""

QUESTION = "Q1"
FILE = "shapes.py"


def area(width, height):
    return width + height
