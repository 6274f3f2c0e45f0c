"""The same augmentation, batch by batch and image by image: stored images in, normalised batches
out.
"""

import time

import torch
from contenders import RECIPE, Sets, augment_one_by_one
from firstcnn import augment, data
from PIL import Image

BATCH = RECIPE.batch_size


def measure() -> dict:
    """Return microseconds an image, the fastest of several rounds, for both ways and one or all
    threads.
    """
    sets, found = Sets(), {}
    for threads in sorted({1, torch.get_num_threads()}):
        found[str(threads)] = timed(sets, threads)
    return found


def timed(sets: Sets, threads: int) -> dict[str, float]:
    """Return the microseconds of both ways on so many threads; the two take turns."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    images = sets.train.images[: 20 * BATCH]
    batched, single = [], []
    for _ in range(5):
        batched.append(seconds(lambda: by_batch(sets, images)) / len(images))
        single.append(seconds(lambda: by_image(sets, images[: 4 * BATCH])) / (4 * BATCH))
    torch.set_num_threads(before)
    return {
        "batched": 1e6 * min(batched),
        "one by one": 1e6 * min(single),
        "ratio": min(single) / min(batched),
    }


def by_batch(sets: Sets, images: torch.Tensor) -> None:
    """Augment and normalise as `firstcnn` does."""
    affine = RECIPE.augmentation
    moved = augment.Affine(affine.rotation, affine.translation, fill=-sets.mean / sets.std)
    for batch in images.split(BATCH):
        moved(data.prepare(batch, sets.mean, sets.std))


def by_image(sets: Sets, images: torch.Tensor) -> None:
    """Augment and normalise as a DataLoader over torchvision's transforms does."""
    move = augment_one_by_one(RECIPE.augmentation, sets.mean, sets.std)
    for batch in images.split(BATCH):
        torch.stack([move(Image.fromarray(image.numpy())) for image in batch])


def seconds(work) -> float:
    """Return how long a call takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
