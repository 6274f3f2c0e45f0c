"""The training loop of the lecture, as one would type it there: what the book's recipe is measured
against.
"""

from collections.abc import Callable

import torch
from firstcnn.data import ImageSet
from PIL import Image
from torch import nn, optim
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms


class ImagesOneByOne(Dataset):
    """Stored images, each turned into a normalised tensor when it is asked for."""

    def __init__(self, images: ImageSet, transform: Callable):
        self.images, self.labels, self.transform = (
            images.images.numpy(),
            images.labels.tolist(),
            transform,
        )

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        return self.transform(Image.fromarray(self.images[index])), self.labels[index]


def to_tensor(mean: float, std: float) -> list[Callable]:
    """Return the transforms that end every pipeline of the lecture."""
    return [transforms.ToTensor(), transforms.Normalize((mean,), (std,))]


def augmented(mean: float, std: float) -> Callable:
    """Return the lecture's augmentation: turned by up to 10 degrees, then moved by up to a tenth,
    image by image.
    """
    moves = [transforms.RandomRotation(10), transforms.RandomAffine(0, translate=(0.1, 0.1))]
    return transforms.Compose([*moves, *to_tensor(mean, std)])


def train(
    model: nn.Module,
    images: ImageSet,
    mean: float,
    std: float,
    epochs: int,
    device: torch.device,
) -> None:
    """Train a network on its device as the lecture does: one image after the other into batches of
    64, Adam at 0.001, 32-bit numbers.
    """
    loader = DataLoader(ImagesOneByOne(images, augmented(mean, std)), batch_size=64, shuffle=True)
    criterion = nn.CrossEntropyLoss()
    optimizer = optim.Adam(model.parameters(), lr=0.001)
    for _ in range(epochs):
        model.train()
        total_loss, correct = 0.0, 0
        for data, target in loader:
            data, target = data.to(device), target.to(device)
            optimizer.zero_grad()
            output = model(data)  # (64, 10)
            loss = criterion(output, target)
            loss.backward()
            optimizer.step()
            total_loss += loss.item()
            correct += (output.argmax(dim=1) == target).sum().item()
