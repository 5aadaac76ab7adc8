"""The ReLUs are made and never applied: what the layer returns has to be what goes on."""

from torch import nn

QUESTION = "Q7"
FILE = "models.py"


class FashionCNN(FashionCNN):
    def forward(self, x):
        x = self.bn1(self.conv1(x))
        nn.ReLU()(x)
        x = self.bn2(self.conv2(self.pool(x)))
        nn.ReLU()(x)
        x = self.pool(x).flatten(1)
        return self.fc3(self.fc2(self.drop(self.fc1(x))))
