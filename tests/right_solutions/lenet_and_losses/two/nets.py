# LeNet 과제 - nn.Sequential 로 작성
import numpy as np
import torch
from torch import nn
from torch.utils.data import TensorDataset


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5)
        # 특징 추출 부분. conv1 은 Q2 때문에 이름이 따로 필요하다
        self.features = nn.Sequential(
            self.conv1,
            nn.ReLU(inplace=True),
            nn.MaxPool2d(kernel_size=2, stride=2),
            nn.Conv2d(6, 16, 5),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(kernel_size=2, stride=2),
        )
        # 분류 부분
        self.classifier = nn.Sequential(
            nn.Linear(16 * 5 * 5, 120),
            nn.ReLU(inplace=True),
            nn.Linear(120, 84),
            nn.ReLU(inplace=True),
            nn.Linear(84, 10),
        )

    def forward(self, x):
        x = self.features(x)
        x = torch.flatten(x, start_dim=1)
        return self.classifier(x)

    def num_flat_features(self, x):
        return np.prod(x.shape[1:])


def training_step(net, input, target, lr=0.01):
    # 순전파와 손실
    diff = net(input) - target
    loss = (diff**2).mean()

    # 기울기 초기화 (이전 step 의 값이 남아 있으면 안 된다)
    net.zero_grad(set_to_none=False)
    bias = net.conv1.bias
    grad_before = torch.zeros_like(bias) if bias.grad is None else bias.grad.clone()

    # 역전파
    loss.backward()
    grad_after = bias.grad.clone()

    # 가중치 갱신: w <- w - lr * grad
    with torch.no_grad():
        for w in net.parameters():
            w.copy_(w - lr * w.grad)
    return loss.detach(), grad_before, grad_after


class CifarNet(nn.Sequential):
    def __init__(self):
        super().__init__(
            nn.Conv2d(3, 6, 5),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(6, 16, 5),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(400, 120),
            nn.ReLU(),
            nn.Linear(120, 84),
            nn.ReLU(),
            nn.Linear(84, 10),
        )


def train(net, loader, criterion, optimizer, epochs):
    losses = []
    for epoch in range(epochs):
        batch_losses = []
        batch_sizes = []
        for x, y in loader:
            loss = criterion(net(x), y)
            net.zero_grad()
            loss.backward()
            optimizer.step()
            batch_losses.append(loss.item())
            batch_sizes.append(len(x))
        # 마지막 배치가 작을 수 있으므로 배치 크기로 가중 평균
        losses.append(np.average(batch_losses, weights=batch_sizes))
    return losses


def predict_all(net, loader):
    """eval 모드로 전체를 예측한다. 끝나면 원래 모드로 되돌린다."""
    was_training = net.training
    net.eval()
    predictions, answers = [], []
    with torch.no_grad():
        for x, y in loader:
            predictions.append(net(x).argmax(1))
            answers.append(y)
    net.train(was_training)
    return torch.cat(predictions), torch.cat(answers)


def accuracy(net, loader):
    predictions, answers = predict_all(net, loader)
    return (predictions == answers).float().mean().item() * 100


def per_class_accuracy(net, loader, num_classes=10):
    predictions, answers = predict_all(net, loader)
    result = []
    for k in range(num_classes):
        mine = answers == k
        # 샘플이 없으면 빈 텐서의 평균이라 nan 이 된다
        result.append(100 * (predictions[mine] == k).double().mean().item())
    return result


class DeepNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, kernel_size=3)
        self.conv2 = nn.Conv2d(32, 32, kernel_size=3)
        self.block1 = nn.Sequential(self.conv1, self.conv2, nn.ReLU(), nn.MaxPool2d(2))
        self.conv3 = nn.Conv2d(32, 32, kernel_size=3)
        self.conv4 = nn.Conv2d(32, 32, kernel_size=3)
        self.block2 = nn.Sequential(self.conv3, self.conv4, nn.ReLU(), nn.MaxPool2d(2))
        self.fc = nn.Sequential(nn.Flatten(), nn.Linear(32 * 5 * 5, 10))

    def forward(self, x):
        return self.fc(self.block2(self.block1(x)))


def make_adam(net):
    return torch.optim.Adam(list(net.parameters()), lr=1e-3, betas=(0.9, 0.999), eps=1e-08)


def augmented_dataset(root_dataset):
    # 전부 텐서로 모은 뒤 좌우 반전한 것을 뒤에 붙인다
    images = torch.stack([image for image, _ in root_dataset])
    labels = torch.tensor([int(label) for _, label in root_dataset])
    images = torch.cat([images, images.flip(3)])
    images = images.mul(2).sub(1)  # (x - 0.5) / 0.5
    return TensorDataset(images, torch.cat([labels, labels]))


class BatchNormNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 6, 5), nn.BatchNorm2d(6)
        self.layer1 = nn.Sequential(self.conv1, self.bn1, nn.ReLU(), nn.MaxPool2d(2))
        self.conv2, self.bn2 = nn.Conv2d(6, 16, 5), nn.BatchNorm2d(16)
        self.layer2 = nn.Sequential(self.conv2, self.bn2, nn.ReLU(), nn.MaxPool2d(2))
        self.layer3 = nn.Sequential(nn.Flatten(), nn.Linear(400, 120), nn.ReLU())
        self.layer4 = nn.Sequential(nn.Linear(120, 84), nn.ReLU())
        self.layer5 = nn.Linear(84, 10)

    def forward(self, x):
        for layer in [self.layer1, self.layer2, self.layer3, self.layer4, self.layer5]:
            x = layer(x)
        return x


def nll_criterion(outputs, labels):
    log_probs = nn.LogSoftmax(dim=1)(outputs)  # NLLLoss 는 로그 확률을 받는다
    return nn.NLLLoss()(log_probs, labels)


def make_sgd_l2(net):
    # 파라미터마다 그룹을 하나씩
    groups = [{"params": [p]} for p in net.parameters()]
    return torch.optim.SGD(groups, lr=0.001, momentum=0.9, weight_decay=10**-6)


def make_cifar_run():
    net = CifarNet()
    return net, nn.CrossEntropyLoss(), torch.optim.SGD(net.parameters(), lr=0.001, momentum=0.9)


if __name__ == "__main__":
    print(sum(p.numel() for p in Net().parameters()))
