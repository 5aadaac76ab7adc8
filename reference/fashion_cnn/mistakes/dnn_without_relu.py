"""There is no ReLU between the layers: three linear layers in a row are one linear layer."""

QUESTION = "Q6"
FILE = "models.py"


class FashionDNN(FashionDNN):
    def forward(self, x):
        return self.fc3(self.fc2(self.drop(self.fc1(x.flatten(1)))))
