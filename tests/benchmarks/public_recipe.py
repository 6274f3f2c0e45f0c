"""The best public recipe for speed alone, of which only the sizes and numbers are known here."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class TwoConvolutions(nn.Module):
    """24 kernels of 5 × 5, 32 of 3 × 3, no padding, then 800 → 256 → 10: 215,194 parameters."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 24, kernel_size=5)
        self.conv2 = nn.Conv2d(24, 32, kernel_size=3)
        self.fc1 = nn.Linear(800, 256)
        self.fc2 = nn.Linear(256, 10)

    def forward(self, x: Tensor) -> Tensor:
        """Turn images (N, 1, 28, 28) into logits (N, 10)."""
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)  # (N, 24, 12, 12)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)  # (N, 32, 5, 5)
        x = F.relu(self.fc1(x.flatten(1)))  # (N, 256)
        return self.fc2(x)  # (N, 10)


def train(model: nn.Module, images: Tensor, labels: Tensor) -> None:
    """Train for one epoch: batches of 256, Adam with betas 0.7 and 0.9, a cycle that peaks at
    0.01.
    """
    batches = torch.randperm(len(images)).to(images.device).split(256)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, betas=(0.7, 0.9))
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=0.01, total_steps=len(batches)
    )
    model.train()
    for chosen in batches:
        optimizer.zero_grad()
        F.cross_entropy(model(images[chosen]), labels[chosen]).backward()
        optimizer.step()
        scheduler.step()
