"""Edge detectors of 3 × 3 weights: a family of them, and how close a kernel comes to its best one.

Nine weights are a direction in nine dimensions, and two directions are compared by their cosine.
With so few dimensions the best of many cosines is high by chance, so a match means something only
beside the matches of random kernels.
"""

from itertools import product
from typing import NamedTuple

import torch
from torch import Tensor

ANGLES = 8  # of a line, over half a turn
PARTS = ((1e3, 0.0), (0.7, 0.0), (0.4, -0.7), (0.4, 0.0), (0.4, 0.7))
SPOTS = ([[0, 1, 0], [1, -4, 1], [0, 1, 0]], [[1, 1, 1], [1, -8, 1], [1, 1, 1]])

_KNOWN = {
    "Prewitt": [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]],
    "Prewitt, diagonal": [[0, 1, 1], [-1, 0, 1], [-1, -1, 0]],
    "Sobel": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
    "Sobel, diagonal": [[-2, -1, 0], [-1, 0, 1], [0, 1, 2]],
    "Scharr": [[-3, 0, 3], [-10, 0, 10], [-3, 0, 3]],
    "Scharr, diagonal": [[0, 3, 10], [-3, 0, 3], [-10, -3, 0]],
    "Kirsch": [[5, 5, 5], [-3, 0, -3], [-3, -3, -3]],
    "Kirsch, diagonal": [[5, 5, -3], [5, 0, -3], [-3, -3, -3]],
    "Prewitt's compass kernel": [[1, 1, 1], [1, -2, 1], [-1, -1, -1]],
    "Roberts": [[1, 0, 0], [0, -1, 0], [0, 0, 0]],
    "Roberts, the other diagonal": [[0, 1, 0], [-1, 0, 0], [0, 0, 0]],
    "left of the middle": [[-1, 1, 0], [-1, 1, 0], [-1, 1, 0]],
    "below the middle": [[0, 0, 0], [1, 1, 1], [-1, -1, -1]],
    "diagonal, above": [[0, -1, 1], [-1, 1, 0], [1, 0, 0]],
    "diagonal, below": [[1, -1, 0], [0, 1, -1], [0, 0, 1]],
    "line": [[-1, 2, -1], [-1, 2, -1], [-1, 2, -1]],
    "line, diagonal": [[2, -1, -1], [-1, 2, -1], [-1, -1, 2]],
    "line at the border": [[2, 2, 2], [-1, -1, -1], [-1, -1, -1]],
    "Laplace": [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
    "Laplace, 8 neighbours": [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
}


class Match(NamedTuple):
    """What `best_match` found for each of N kernels.

    Attributes
    ----------
    cosine : Tensor (N,)
        From 0 to 1, whatever the sign and the size of the kernel.
    detector : Tensor (N, 3, 3)
        The detector with this cosine, of length 1, with the sign that the kernel has.
    kind : list of str
        Its kind: "edge", "line" or "spot".
    """

    cosine: Tensor
    detector: Tensor
    kind: list[str]


def known_detectors() -> dict[str, Tensor]:
    """Return twenty kernels (3, 3) that are known to find edges, lines or spots, by name.

    They come from image processing, and four from the usual first example of a course.
    """
    return {name: torch.tensor(rows, dtype=torch.float32) for name, rows in _KNOWN.items()}


def detectors() -> dict[str, Tensor]:
    """Return the family with which kernels are compared: kind to Tensor (N, 3, 3).

    An "edge" is bright on one side of a straight line and dark on the other, a "line" is bright on
    it and dark on both sides; both have all angles, pass through the middle or beside it, and fade
    with the distance as the derivatives of a Gaussian do. An edge is compared over its whole length
    or a part of it. A "spot" is bright in the middle. Each has the sum 0, so that it answers 0 to
    an even area, and the length 1.
    """
    edges = [
        _across(angle, offset, width, *part)[0]
        for angle, offset, width, part in product(
            range(ANGLES), (-0.5, 0.0, 0.5), (0.5, 1.0), PARTS
        )
    ]
    lines = [
        _across(angle, offset, 0.6, *PARTS[0])[1]
        for angle, offset in product(range(ANGLES), (-1.0, 0.0, 1.0))
    ]
    spots = torch.tensor(SPOTS, dtype=torch.float32)
    return {
        "edge": _standardised(torch.stack(edges)),
        "line": _standardised(torch.stack(lines)),
        "spot": _standardised(spots),
    }


def best_match(kernels: Tensor) -> Match:
    """Find for each kernel the detector of the family that has the largest cosine with it.

    A kernel of zeros matches nothing: its cosine is 0. The largest of many cosines is high by
    chance: compare it with that of random kernels, as `random_kernels` draws them.

    Parameters
    ----------
    kernels : Tensor (N, 3, 3) or (N, 1, 3, 3)
        Weights of any size and sign.

    Raises
    ------
    ValueError
        If they have another shape.
    """
    if kernels.shape[-2:] != (3, 3) or kernels.numel() != 9 * len(kernels):
        raise ValueError(
            f"kernels have the shape {tuple(kernels.shape)}, but (N, 3, 3) or (N, 1, 3, 3) is"
            " expected: one plane of 3 × 3 weights for each kernel."
        )
    kinds = [(kind, plane) for kind, planes in detectors().items() for plane in planes]
    family = torch.stack([plane for _, plane in kinds])  # (M, 3, 3)
    weights = torch.nn.functional.normalize(kernels.reshape(-1, 9).float())
    cosines = weights @ family.flatten(1).T  # (N, M)
    best = cosines.abs().argmax(dim=1)
    found = cosines.gather(1, best[:, None])  # (N, 1)
    signed = family[best] * found.sign()[:, :, None]
    return Match(found[:, 0].abs(), signed, [kinds[index][0] for index in best])


def random_kernels(count: int, seed: int) -> Tensor:
    """Draw kernels (count, 1, 3, 3) as PyTorch draws the initial weights of a first layer."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return torch.nn.Conv2d(1, count, 3).weight.detach()


def _across(
    angle: int, offset: float, width: float, length: float, along: float
) -> tuple[Tensor, Tensor]:
    """Return first and second derivative (3, 3) of a Gaussian across a line.

    ``offset`` is the distance of the line from the middle, ``width`` the reach across it; what is
    further than ``length`` from the point ``along`` the line counts little.
    """
    turn = torch.tensor(torch.pi * angle / ANGLES)
    steps = torch.arange(-1.0, 2.0)
    distance = (turn.cos() * steps + turn.sin() * steps[:, None] - offset) / width
    position = (turn.cos() * steps[:, None] - turn.sin() * steps - along) / length
    weight = torch.exp(-(distance.square() + position.square()) / 2)
    return distance * weight, (1 - distance.square()) * weight


def _standardised(kernels: Tensor) -> Tensor:
    """Return kernels (N, 3, 3) with the sum 0 and the length 1."""
    centred = kernels - kernels.mean(dim=(1, 2), keepdim=True)
    return centred / centred.square().sum(dim=(1, 2), keepdim=True).sqrt()
