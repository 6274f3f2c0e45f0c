"""The network of chapter 3 whose last layer gets a whole batch as one row."""

from torch import nn
from torch.nn import functional as F


class OneBlock(nn.Module):
    """A network that flattens a whole batch, as on the page about errors of shapes."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, kernel_size=3, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.fc = nn.Linear(4 * 14 * 14, 10)

    def forward(self, images):
        return self.fc(self.pool(F.relu(self.conv(images))).flatten())
