"""The networks of the book. Each takes normalised images (N, 1, 28, 28) and returns logits (N,
classes).

Logits are scores, not probabilities: softmax turns them into probabilities, and cross-entropy
contains it.
"""

from torch import Tensor, nn
from torch.nn import functional as F


class SimpleCNN(nn.Module):
    """Three convolutional blocks and two fully connected layers: 3,310,026 parameters.

    Two of the blocks halve height and width. 97 % of the parameters are in ``fc1``, which sees
    every position with weights of its own.

    Parameters
    ----------
    num_classes : int
        Number of logits.
    """

    def __init__(self, num_classes: int = 10):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, kernel_size=3, padding=1)
        self.bn1 = nn.BatchNorm2d(32)
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(32, 64, kernel_size=3, padding=1)
        self.bn2 = nn.BatchNorm2d(64)
        self.pool2 = nn.MaxPool2d(2)
        self.conv3 = nn.Conv2d(64, 128, kernel_size=3, padding=1)
        self.bn3 = nn.BatchNorm2d(128)
        self.fc1 = nn.Linear(128 * 7 * 7, 512)
        self.dropout = nn.Dropout(0.5)
        self.fc2 = nn.Linear(512, num_classes)

    def features(self, x: Tensor) -> Tensor:
        """Turn images (N, 1, 28, 28) into feature maps (N, 128, 7, 7)."""
        x = F.relu(self.bn1(self.conv1(x)))  # (N, 32, 28, 28)
        x = self.pool1(x)  # (N, 32, 14, 14)
        x = F.relu(self.bn2(self.conv2(x)))  # (N, 64, 14, 14)
        x = self.pool2(x)  # (N, 64, 7, 7)
        return F.relu(self.bn3(self.conv3(x)))  # (N, 128, 7, 7)

    def forward(self, x: Tensor) -> Tensor:
        """Turn images (N, 1, 28, 28) into logits (N, num_classes)."""
        x = self.features(x)  # (N, 128, 7, 7)
        x = x.flatten(1)  # (N, 6272)
        x = F.relu(self.fc1(x))  # (N, 512)
        x = self.dropout(x)  # (N, 512)
        return self.fc2(x)  # (N, num_classes)


class PooledSimpleCNN(SimpleCNN):
    """The blocks of `SimpleCNN` with each feature map averaged to one number: 94,410 parameters.

    Global average pooling (Lin, Chen and Yan, "Network In Network", 2014) stands where ``fc1``
    stood. It has no parameters, and it reads the same features at every position.

    Parameters
    ----------
    num_classes : int
        Number of logits.
    """

    def __init__(self, num_classes: int = 10):
        super().__init__(num_classes)
        del self.fc1, self.dropout, self.fc2
        self.global_pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(128, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Turn images (N, 1, 28, 28) into logits (N, num_classes)."""
        x = self.features(x)  # (N, 128, 7, 7)
        x = self.global_pool(x)  # (N, 128, 1, 1)
        x = x.flatten(1)  # (N, 128)
        return self.fc(x)  # (N, num_classes)


class TinyCNN(nn.Module):
    """Two convolutional layers with 5 × 5 windows: 114,314 parameters. No batch norm, no dropout.

    Parameters
    ----------
    num_classes : int
        Number of logits.
    """

    def __init__(self, num_classes: int = 10):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, kernel_size=5, padding=2)
        self.pool = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(16, 32, kernel_size=5, padding=2)
        self.fc1 = nn.Linear(32 * 7 * 7, 64)
        self.fc2 = nn.Linear(64, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Turn images (N, 1, 28, 28) into logits (N, num_classes)."""
        x = self.pool(F.relu(self.conv1(x)))  # (N, 16, 14, 14)
        x = self.pool(F.relu(self.conv2(x)))  # (N, 32, 7, 7)
        x = x.flatten(1)  # (N, 1568)
        x = F.relu(self.fc1(x))  # (N, 64)
        return self.fc2(x)  # (N, num_classes)


class ComplexCNN(nn.Module):
    """Six convolutional layers and three fully connected ones: 1,010,666 parameters. No batch norm.

    Deeper than `SimpleCNN` and 3.3 times smaller, because the third pooling leaves ``fc1`` only 3 ×
    3 positions.

    Parameters
    ----------
    num_classes : int
        Number of logits.
    """

    def __init__(self, num_classes: int = 10):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(32, 32, kernel_size=3, padding=1)
        self.conv3 = nn.Conv2d(32, 64, kernel_size=3, padding=1)
        self.conv4 = nn.Conv2d(64, 64, kernel_size=3, padding=1)
        self.conv5 = nn.Conv2d(64, 128, kernel_size=3, padding=1)
        self.conv6 = nn.Conv2d(128, 128, kernel_size=3, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.dropout1 = nn.Dropout(0.25)
        self.dropout2 = nn.Dropout(0.5)
        self.fc1 = nn.Linear(128 * 3 * 3, 512)
        self.fc2 = nn.Linear(512, 256)
        self.fc3 = nn.Linear(256, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Turn images (N, 1, 28, 28) into logits (N, num_classes)."""
        x = F.relu(self.conv1(x))  # (N, 32, 28, 28)
        x = self.pool(F.relu(self.conv2(x)))  # (N, 32, 14, 14)
        x = self.dropout1(x)
        x = F.relu(self.conv3(x))  # (N, 64, 14, 14)
        x = self.pool(F.relu(self.conv4(x)))  # (N, 64, 7, 7)
        x = self.dropout1(x)
        x = F.relu(self.conv5(x))  # (N, 128, 7, 7)
        x = self.pool(F.relu(self.conv6(x)))  # (N, 128, 3, 3)
        x = self.dropout1(x)
        x = x.flatten(1)  # (N, 1152)
        x = self.dropout2(F.relu(self.fc1(x)))  # (N, 512)
        x = self.dropout2(F.relu(self.fc2(x)))  # (N, 256)
        return self.fc3(x)  # (N, num_classes)


class FastCNN(nn.Module):
    """Made for training time alone: two convolutional layers without padding, 108,970 parameters.

    No padding and early pooling leave little to compute: 0.8 million multiplications for an image,
    where `SimpleCNN` has 10.7. Batch norm and ReLU follow the pooling, so that they work on a
    quarter of the numbers; ReLU before or after max pooling comes to the same.

    Parameters
    ----------
    num_classes : int
        Number of logits.
    """

    def __init__(self, num_classes: int = 10):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, kernel_size=5)
        self.bn1 = nn.BatchNorm2d(16)
        self.conv2 = nn.Conv2d(16, 32, kernel_size=3)
        self.bn2 = nn.BatchNorm2d(32)
        self.pool = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(32 * 5 * 5, 128)
        self.fc2 = nn.Linear(128, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Turn images (N, 1, 28, 28) into logits (N, num_classes)."""
        x = F.relu(self.bn1(self.pool(self.conv1(x))))  # (N, 16, 12, 12)
        x = F.relu(self.bn2(self.pool(self.conv2(x))))  # (N, 32, 5, 5)
        x = x.flatten(1)  # (N, 800)
        x = F.relu(self.fc1(x))  # (N, 128)
        return self.fc2(x)  # (N, num_classes)


class DenseNetwork(nn.Module):
    """Every pixel connected to every hidden unit: 101,770 parameters with 128 of them, 407,050 with
    512.

    Parameters
    ----------
    hidden : int
        Number of hidden units.
    num_classes : int
        Number of logits.
    """

    def __init__(self, hidden: int = 128, num_classes: int = 10):
        super().__init__()
        self.fc1 = nn.Linear(28 * 28, hidden)
        self.fc2 = nn.Linear(hidden, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Turn images (N, 1, 28, 28) into logits (N, num_classes)."""
        x = x.flatten(1)  # (N, 784)
        x = F.relu(self.fc1(x))  # (N, hidden)
        return self.fc2(x)  # (N, num_classes)


def count_parameters(model: nn.Module) -> int:
    """Return how many numbers the training of ``model`` may change; a tensor used twice counts
    once.
    """
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)


class SmallCNN(nn.Module):
    """A small network with choices, to compare: 9,098 parameters as it is.

    Blocks of convolution, batch norm if asked for, ReLU and 2 × 2 max pooling; then dropout and one
    fully connected layer. With channels C₁, …, C_B and windows of k × k, block b has C_b (C_{b−1}
    k² + 1) parameters (C₀ is 1) and 2 C_b more with batch norm; the fully connected layer has 10
    (C_B s² + 1), where s is 28 halved B times, rounding down: 14, 7, 3, 1.

    Parameters
    ----------
    channels : tuple of int
        Filters of each block, for one to four blocks.
    kernel_size : int
        Side of the windows, odd; the padding keeps height and width.
    batch_norm : bool
        Whether batch norm follows each convolution.
    dropout : float
        Probability with which a value is dropped before the fully connected layer.
    num_classes : int
        Number of logits.

    Raises
    ------
    ValueError
        If there are no blocks, or so many that nothing is left of the image; if the windows have no
        middle.
    """

    def __init__(
        self,
        channels: tuple[int, ...] = (8, 16),
        kernel_size: int = 3,
        batch_norm: bool = False,
        dropout: float = 0.0,
        num_classes: int = 10,
    ):
        super().__init__()
        if not 1 <= len(channels) <= 4:
            raise ValueError(
                f"{len(channels)} blocks were asked for: 28 pixels can be halved one to four times."
            )
        if kernel_size % 2 == 0:
            raise ValueError(
                f"Windows of side {kernel_size} have no middle: choose an odd side, such as 3, 5"
                " or 7."
            )
        layers, received = [], 1
        for count in channels:
            layers.append(nn.Conv2d(received, count, kernel_size, padding=kernel_size // 2))
            layers += [nn.BatchNorm2d(count)] if batch_norm else []
            layers += [nn.ReLU(), nn.MaxPool2d(2)]
            received = count
        side = 28 // 2 ** len(channels)
        self.blocks = nn.Sequential(*layers)
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(received * side**2, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Turn images (N, 1, 28, 28) into logits (N, num_classes)."""
        x = self.blocks(x)  # (N, channels[-1], side, side)
        x = x.flatten(1)  # (N, channels[-1] * side * side)
        return self.fc(self.dropout(x))  # (N, num_classes)
