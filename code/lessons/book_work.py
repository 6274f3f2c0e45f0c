"""What a reader writes in chapters 2 to 4, as the book writes it: plain PyTorch.

`lessons.work.kept` gives these to readers who have none of their own. Nothing here uses the
package's networks, training loop or loaders.
"""

import torch
from firstcnn import data
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

__all__ = ["SimpleCNN", "evaluate", "make_loaders", "train_epoch"]


def make_loaders(batch_size: int = 64) -> tuple[DataLoader, DataLoader]:
    """Return the book's training and validation images in batches, as chapter 2 does.

    Mean and standard deviation are measured on the training images alone.

    Parameters
    ----------
    batch_size : int
        Images of a batch; the last one may have fewer.

    Returns
    -------
    train_loader, validation_loader : DataLoader
        Of batches of normalised images, float32 (B, 1, 28, 28), and labels, int64 (B,). The
        training images come in a new order in each epoch.
    """
    train, validation = data.open_training_sets()
    pixels = train.images / 255  # (N, 28, 28)
    mean, std = pixels.mean(), pixels.std()
    train_images = (pixels[:, None] - mean) / std  # (N, 1, 28, 28)
    validation_images = (validation.images[:, None] / 255 - mean) / std
    train_set = TensorDataset(train_images, train.labels)
    validation_set = TensorDataset(validation_images, validation.labels)
    train_loader = DataLoader(train_set, batch_size, shuffle=True)
    validation_loader = DataLoader(validation_set, batch_size)
    return train_loader, validation_loader


class SimpleCNN(nn.Module):
    """The network of chapter 3: three convolutional blocks and two fully connected layers.

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


def train_epoch(
    model: nn.Module, loader: DataLoader, optimizer: torch.optim.Optimizer
) -> list[float]:
    """Train a network on each batch once, on the device where it is, as chapter 4 does.

    Parameters
    ----------
    model : Module
        Changed in place, and left in training mode.
    loader : DataLoader
        Of images and labels.
    optimizer : Optimizer
        Changes the parameters of ``model``.

    Returns
    -------
    list of float
        Loss of each batch.
    """
    device = next(model.parameters()).device
    model.train()
    losses = []
    for images, labels in loader:
        images, labels = images.to(device), labels.to(device)
        optimizer.zero_grad()
        logits = model(images)  # (B, 10)
        loss = F.cross_entropy(logits, labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def evaluate(model: nn.Module, loader: DataLoader) -> tuple[float, float]:
    """Return a network's loss and accuracy on images that it does not learn from, as chapter 4
    does.

    Parameters
    ----------
    model : Module
        Left in evaluation mode.
    loader : DataLoader
        Of images and labels.

    Returns
    -------
    loss : float
        Cross-entropy, averaged over the images.
    accuracy : float
        Fraction that is right.
    """
    device = next(model.parameters()).device
    loss, correct, total = 0.0, 0, 0
    model.eval()
    with torch.no_grad():
        for images, labels in loader:
            images, labels = images.to(device), labels.to(device)
            logits = model(images)  # (B, 10)
            loss += F.cross_entropy(logits, labels, reduction="sum").item()
            correct += (logits.argmax(dim=1) == labels).sum().item()
            total += len(labels)
    return loss / total, correct / total
