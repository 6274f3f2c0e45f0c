"""How long a network takes to answer."""

import logging
from typing import NamedTuple

from torch import Tensor, nn

from firstcnn import profiles
from firstcnn.layers import evaluating

WARM_UP = 2  # calls that are thrown away


class Milliseconds(NamedTuple):
    """The median time of one call, and the width of the middle half of all calls."""

    median: float
    spread: float


def milliseconds(model: nn.Module, images: Tensor) -> Milliseconds:
    """Time a network on one thread, after a warm-up: for half a second, in a trial for less.

    Parameters
    ----------
    model : Module
        A network, trained or not; it is timed in evaluation mode.
    images : Tensor (N, C, H, W)
        What it answers in each call.

    Returns
    -------
    Milliseconds
        For one call with all the images.
    """
    # It would say that there is no GPU.
    logging.getLogger("torch.utils.cpp_extension").setLevel("ERROR")
    from torch.utils import benchmark

    names = {"model": model, "images": images}
    timer = benchmark.Timer("model(images)", globals=names, num_threads=1)
    with evaluating(model):
        timer.timeit(WARM_UP)
        measured = timer.blocked_autorange(min_run_time=profiles.current().timing_seconds)
    return Milliseconds(1000 * measured.median, 1000 * measured.iqr)
