"""ComplexCNN: what is told of a network that does something else."""

from collections.abc import Callable

from firstcnn import models
from torch import nn

from lessons.checks.clashes import clash
from lessons.checks.networks import NetworkTrial, without


def conv5_is(reads: int, writes: int) -> Callable[[BaseException], bool]:
    """Return a test whether the fifth convolution is built so, and an error arose at it or behind
    it.
    """

    def evidence(error: BaseException) -> bool:
        found = clash(error)
        if found is None or not isinstance(found.layer, nn.Conv2d):
            return False
        if found.place == 5:
            return (found.reads(), found.layer.out_channels) == (reads, writes)
        return found.place == 6 and reads == 64 and found.arrived.shape[1] == writes

    return evidence


def about_complex_cnn(net: NetworkTrial) -> str:
    """Return in what a network differs from ComplexCNN."""
    for names in (("dropout1",), ("dropout2",), ("dropout1", "dropout2")):
        if net.answers_as(without(models.ComplexCNN, *names)):
            return f"In training mode it answers as a network without {' and '.join(names)}."
    return net.told(models.ComplexCNN)
