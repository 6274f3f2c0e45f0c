"""What a data set holds: which images, and of which file, however it is wrapped."""

import functools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from firstcnn import data
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import ConcatDataset, Dataset, Subset, TensorDataset
from torch.utils.weak import WeakIdKeyDictionary
from torchvision import datasets

TRAINING, TEST, UNKNOWN = 1, 0, -1  # the file that an image comes from
CHANCE = 0.005  # share of a set whose images may look like images of another one
TRIED = 40  # items by whose labels a wrapper shows which item of the inner set it hands out
SECONDS = 0.5  # of processor time, for data sets that have to be asked for each image
MOST = 1_000_000  # images
BRIGHT = (
    0.43173  # of the way from the corner's brightness to the greatest; no pixel lies just there
)
_KEPT = WeakIdKeyDictionary()  # a tensor of images: its version, and the fingerprints


@dataclass(frozen=True)
class Contents:
    """The images of a data set, in its order.

    Attributes
    ----------
    keys : Tensor (N,), int64
        A fingerprint of each image: where it is brighter than its corner, and where it is bright.
        Scales and shifts of brightness, and with them normalisation, leave it as it is.
    places : Tensor (N,), int64
        The same for two images if they are the same item of the same file.
    files : Tensor (N,), int64
        ``TRAINING``, ``TEST`` or ``UNKNOWN``.
    """

    keys: Tensor
    places: Tensor
    files: Tensor

    def __len__(self) -> int:
        return len(self.keys)

    def take(self, indices: Sequence[int]) -> "Contents":
        """Return the contents of some items."""
        chosen = torch.as_tensor([int(index) for index in indices], dtype=torch.int64)
        return Contents(self.keys[chosen], self.places[chosen], self.files[chosen])

    def shared_with(self, other: "Contents") -> int:
        """Return how many images are also in another set; a few that only look alike do not
        count.
        """
        same = int(torch.isin(self.places, other.places).sum())
        alike = int(torch.isin(self.keys, other.keys).sum())
        return same or (alike if alike > CHANCE * min(len(self), len(other)) else 0)


def contents_of(dataset: Any) -> Contents | None:
    """Return what a data set holds; None if that cannot be seen."""
    if isinstance(dataset, Subset):
        inner = contents_of(dataset.dataset)
        return inner and inner.take(dataset.indices)
    if isinstance(dataset, ConcatDataset):
        return _joined([contents_of(part) for part in dataset.datasets])
    images = _images_in(dataset)
    if images is not None:
        file = _named_file(dataset)
        return _contents(_keys(images), file)
    return _of_wrapper(dataset) or _item_by_item(dataset)


def _named_file(dataset: Any) -> int:
    if isinstance(dataset, datasets.MNIST) and isinstance(dataset.train, bool):
        return TRAINING if dataset.train else TEST
    return UNKNOWN


def _joined(parts: list[Contents | None]) -> Contents | None:
    if not parts or any(part is None for part in parts):
        return None
    joined = [
        torch.cat([getattr(part, name) for part in parts]) for name in ("keys", "places", "files")
    ]
    return Contents(*joined)


def _images_in(dataset: Any) -> Tensor | np.ndarray | None:
    """Return the images, if a data set keeps them as one array."""
    own = list(vars(dataset).values()) if hasattr(dataset, "__dict__") else []
    held = dataset.tensors if isinstance(dataset, TensorDataset) else own
    arrays = [each for each in held if isinstance(each, Tensor | np.ndarray) and each.ndim >= 3]
    return next((each for each in arrays if len(each) == len(dataset)), None)


def _keys(images: Tensor | np.ndarray) -> Tensor:
    """Return the fingerprints of images; those of a tensor are kept as long as it stays as it
    is.
    """
    if not isinstance(images, Tensor):
        return _fingerprints(torch.from_numpy(images))
    version, keys = _KEPT.get(images, (None, None))
    if version != images._version:
        version, keys = images._version, _fingerprints(images.detach().cpu())
        _KEPT[images] = (version, keys)
    return keys


def _fingerprints(images: Tensor) -> Tensor:
    pixels = images.flatten(1)
    corner = pixels[:, :1]
    bright = corner.double() + BRIGHT * (pixels.amax(dim=1, keepdim=True) - corner).double()
    bright = (bright if pixels.is_floating_point() else bright.ceil()).to(pixels.dtype)
    return _hashed(pixels > corner, seed=0) + _hashed(pixels >= bright, seed=1)


def _hashed(mask: Tensor, seed: int) -> Tensor:
    """Return a number for each row of truth values, (N,), int64."""
    words = F.pad(mask, (0, -mask.shape[1] % 8)).contiguous().view(torch.int64)
    factors = torch.randint(
        -(2**62), 2**62, (words.shape[1],), generator=torch.Generator().manual_seed(seed)
    )
    return words @ (factors | 1)


def _contents(keys: Tensor, file: int = UNKNOWN) -> Contents:
    """Return the contents of an array of images; two arrays with the same images are the same
    file.
    """
    places = keys.sum() * 1_000_003 + torch.arange(len(keys))
    files = torch.full_like(keys, file) if file != UNKNOWN else _files_with(keys)
    return Contents(keys, places, files)


def _files_with(keys: Tensor) -> Tensor:
    """Return the file in which each image is found."""
    files = torch.full_like(keys, UNKNOWN)
    for file, known in _files().items():
        files[torch.isin(keys, known)] = file
    return files


@functools.cache
def _files() -> dict[int, Tensor]:
    """Return the fingerprints of the book's two files; none if they cannot be had."""
    try:
        root = data.torchvision_root()
        return {
            file: _keys(datasets.MNIST(root, train=file == TRAINING).data)
            for file in (TEST, TRAINING)
        }
    except (data.DataError, RuntimeError, OSError):
        return {}


@functools.cache
def _labels_in(file: int) -> Tensor:
    return datasets.MNIST(data.torchvision_root(), train=file == TRAINING).targets


def labels_of_images(keys: Tensor) -> list[frozenset[int]]:
    """Return the labels that the book's files give to images with these fingerprints; none to one
    that is not there.
    """
    return [
        frozenset(
            int(label)
            for file, known in _files().items()
            for label in _labels_in(file)[known == key]
        )
        for key in keys
    ]


def _of_wrapper(dataset: Any) -> Contents | None:
    """Return the contents of a data set that hands out items of another one, as its labels show."""
    own = list(vars(dataset).values()) if hasattr(dataset, "__dict__") else []
    count = len(dataset)
    orders = [each for each in own if _is_order(each, count)] + [range(count)]
    for inner in (each for each in own if isinstance(each, Dataset)):
        for order in orders:
            if _hands_out(dataset, inner, order):
                found = contents_of(inner)
                return found and found.take(order)
    return None


def _is_order(value: Any, count: int) -> bool:
    """Tell whether a value may be the places of items: as many whole numbers as there are items."""
    if (
        not isinstance(value, list | tuple | range | Tensor | np.ndarray)
        or len(value) != count
        or not count
    ):
        return False
    return isinstance(value[0], int | np.integer) or (
        isinstance(value, Tensor) and not value.is_floating_point()
    )


def _hands_out(dataset: Any, inner: Any, order: Sequence[int]) -> bool:
    tried = range(0, len(order), max(1, len(order) // TRIED))
    if not len(order) or len(order) > MOST or int(max(order)) >= len(inner):
        return False
    return all(
        _label(dataset[place]) == _label(inner[int(order[place])]) is not None for place in tried
    )


def _label(item: Any) -> int | None:
    """Return the label of an item; None if it has none."""
    if not isinstance(item, tuple | list) or len(item) != 2:
        return None
    label = (
        item[1].item()
        if isinstance(item[1], Tensor | np.generic) and np.size(item[1]) == 1
        else item[1]
    )
    return int(label) if isinstance(label, int) else None


def _item_by_item(dataset: Any) -> Contents | None:
    """Return the contents of a data set by asking for every image, if that does not take too
    long.
    """
    began, keys = time.process_time(), []
    for image in _each_image(dataset):
        if time.process_time() - began > SECONDS or image.ndim < 2:
            return None
        keys.append(_keys(image[None]))
    if not keys:
        return None
    found = torch.cat(keys)
    return Contents(found, found * 1_000_003 + 1, _files_with(found))


def _each_image(dataset: Any) -> Iterator[Tensor]:
    for place in range(len(dataset)):
        item = dataset[place]
        image = item[0] if isinstance(item, tuple | list) and item else item
        yield (
            image
            if isinstance(image, Tensor)
            else torch.from_numpy(np.array(image, dtype=np.float64))
        )
