"""The copies are upside down: mirror the last axis, the width."""

QUESTION = "Q4c"
FILE = "nets.py"


def augmented_dataset(root_dataset):
    items = [((image - 0.5) / 0.5, label) for image, label in root_dataset]
    return items + [(image.flip(1), label) for image, label in items]
