"""Claims about what networks are built of: parameters, layers, operations."""

import math

from lessons.claims.registry import claim, is_near


@claim("C01")
def flattening_costs_parameters(
    simple: int, dense: int, pooled: int, fc1_share: float, convolution_share: float
) -> bool:
    """SimpleCNN has eight times the parameters of a dense network; flattening costs them, pooling
    saves them.

    Parameters
    ----------
    simple, dense, pooled : int
        Parameters of SimpleCNN, of the dense network 784 → 512 → 10, of SimpleCNN with global
        average pooling.
    fc1_share, convolution_share : float
        Shares of SimpleCNN's parameters in its first fully connected layer and in its convolutions.
    """
    return simple > 8 * dense > 32 * pooled and fc1_share > 0.95 and convolution_share < 0.05


@claim("C10")
def time_is_not_operations(
    timings: list, warm_up: int, threads: int, work_ratio: float, time_ratios: list
) -> bool:
    """An answer takes a median time with a spread, one image at a time or many; counting operations
    is not timing.

    Parameters
    ----------
    timings : list of dict
        With ``name`` of the network, ``images`` in the batch, ``milliseconds`` (median) and
        ``spread`` (width of the middle half). Each network with one image, and with a hundred or
        more.
    warm_up : int
        Runs before the clock started.
    threads : int
        Threads that were allowed.
    work_ratio : float
        Multiply–accumulates of ComplexCNN over those of the dense network.
    time_ratios : list of float
        Time of the one over the time of the other: for one image; for many. One of them is at least
        twice, or at most half, what counting would say.
    """
    sizes = {
        row["name"]: {other["images"] for other in timings if other["name"] == row["name"]}
        for row in timings
    }
    both = len(sizes) >= 2 and all(1 in images and max(images) >= 100 for images in sizes.values())
    timed = all(row["milliseconds"] > 0 and row["spread"] >= 0 for row in timings)
    one, many = (abs(math.log(ratio / work_ratio)) for ratio in time_ratios)
    return both and timed and warm_up >= 1 and threads >= 1 and max(one, many) > math.log(2)


@claim("C15")
def bars_on_one_scale(parameters: list, lengths: list) -> bool:
    """The bars of all tensors are drawn on one scale.

    Parameters
    ----------
    parameters : list of int
        Parameters of each tensor of SimpleCNN.
    lengths : list of float
        Lengths of their bars in the figure, in the same order.
    """
    drawn = [length / count for length, count in zip(lengths, parameters, strict=True)]
    return len(drawn) > 1 and min(drawn) > 0 and is_near(min(drawn), max(drawn), 1e-6)


@claim("C21")
def deeper_is_smaller(
    simple: int, complex: int, tiny: int, simple_work: int, complex_work: int, batch_norms: dict
) -> bool:
    """ComplexCNN has a third of SimpleCNN's parameters and computes more; and it lacks batch norm.

    Parameters
    ----------
    simple, complex, tiny : int
        Parameters of SimpleCNN, ComplexCNN and TinyCNN.
    simple_work, complex_work : int
        Multiply–accumulates of SimpleCNN and ComplexCNN for one image.
    batch_norms : dict
        Batch norm layers of "SimpleCNN" and "ComplexCNN".
    """
    lacking = batch_norms["ComplexCNN"] == 0 < batch_norms["SimpleCNN"]
    return simple > 3 * complex > 15 * tiny and complex_work > 2 * simple_work and lacking


@claim("C23")
def dense_growth(at_28: int, at_256: int, billion_side: int, window_layer: int) -> bool:
    """A dense network has 101,770 parameters at 28 × 28, 8.4 million at 256 × 256, a billion at
    2,796 × 2,796.

    Parameters
    ----------
    at_28, at_256 : int
        Parameters of a dense network with 128 hidden units for images of 28 × 28 and of 256 × 256.
    billion_side : int
        The first side at which there are a billion.
    window_layer : int
        Parameters of a layer of 32 windows of 3 × 3, at any side.
    """
    known = at_28 == 101_770 and round(at_256 / 1e6, 1) == 8.4 and window_layer == 320
    return known and billion_side**2 * 128 + 1418 >= 10**9 > (billion_side - 1) ** 2 * 128 + 1418
