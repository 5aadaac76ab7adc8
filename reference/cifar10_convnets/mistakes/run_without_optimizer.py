"""Only the model came back: return model, optimizer."""

QUESTION = "Q5"
FILE = "convnets.py"


def make_three_layer_run():
    return ThreeLayerConvNet(3, CHANNEL_1, CHANNEL_2, NUM_CLASSES)
