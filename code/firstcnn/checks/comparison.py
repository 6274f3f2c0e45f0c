"""Checks on intervals and comparisons of networks."""

import itertools
import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from firstcnn import models
from firstcnn.checks.answers import array, equals, function, kind_of, network, number, same, several, word
from firstcnn.checks.verdict import Exercise, Unreadable, Wrong

# -------------------------------------------------------------------------------------------------- an interval by hand

Wilson = Callable[[int, int, float], Any]
COUNTS = ((9, 10, 1.96), (8, 10, 2.0), (0, 12, 1.5), (37, 37, 1.96), (641, 1000, 2.6))  # right, of so many, q


def _is_wilson(answer: Wilson) -> bool:
    """Whether the ends are the p from which the share is q standard deviations away; 1.96 if no q is given."""
    given = all(same(array(answer(*case)), _ends(*case), 1e-6) for case in COUNTS)
    return given and same(array(answer(9, 10)), _ends(9, 10, 1.96), 1e-4)


def _ends(count: int, total: int, q: float) -> Tensor:
    """The roots of (share - p)² = q² p (1 - p) / total."""
    share, square = count / total, q**2 / total
    return torch.tensor(sorted(np.roots([1 + square, -2 * share - square, share**2]).real))


def _varies_by(variance: Callable[[float, int], float]) -> Callable[[Wilson], bool]:
    """Test for Wilson's formula with something else in place of the variance of a share."""

    def ends(count: int, total: int, q: float) -> Tensor:
        share = count / total
        half = q * math.sqrt(variance(share, total) + q**2 / (4 * total**2))
        sides = torch.tensor([-half, half], dtype=torch.float64)
        return (share + q**2 / (2 * total) + sides) / (1 + q**2 / total)

    return lambda answer: all(same(array(answer(*case)), ends(*case)) for case in COUNTS)


WILSON = Exercise(
    id="wilson",
    read=function,
    right=_is_wilson,
    praise="The ends stay between 0 and 1, even where all answers are right.",
    wrong=(
        Wrong(
            name="the variance of a single answer",
            typed=("share * (1 - share)",),
            hint="So far an answer scatters, and not a share of many: your interval hardly shrinks with more images. "
            "Compare with the formula above.",
            shows=_varies_by(lambda share, total: share * (1 - share)),
        ),
        Wrong(
            name="only the right answers scatter",
            typed=("share / total",),
            hint="Near 100 % right there is hardly anything left to scatter, but here your interval is widest. "
            "Which other share has a say?",
            shows=_varies_by(lambda share, total: share / total),
        ),
        Wrong(
            name="the root is taken twice",
            typed=("math.sqrt(share * (1 - share) / total)",),
            hint="Look at what stands around the blank: a root is taken there already. Do not take it twice.",
            shows=_varies_by(lambda share, total: math.sqrt(share * (1 - share) / total)),
        ),
        Wrong(
            name="the variance of a count",
            typed=("total * share * (1 - share)",),
            hint="That is how the number of right answers scatters. A share is this number over the total: "
            "what becomes of its square?",
            shows=_varies_by(lambda share, total: total * share * (1 - share)),
        ),
        Wrong(
            name="the total is squared",
            typed=("share * (1 - share) / total**2",),
            hint="The square belongs to the other term under the root. Read the formula above once more, term by term.",
            shows=_varies_by(lambda share, total: share * (1 - share) / total**2),
        ),
    ),
    otherwise="Set nine of ten into the formula above, term by term, and compare with what SciPy gave.",
)

# ------------------------------------------------------------------------------------------- a draw of seeds and images

Draw = Callable[[np.ndarray, np.random.Generator], float]
EVERYTHING_BY_SEED = np.array([[True, True, True], [False, False, False]])
EVERYTHING_BY_IMAGE = EVERYTHING_BY_SEED.T
TABLES = (
    EVERYTHING_BY_SEED,
    EVERYTHING_BY_IMAGE,
    np.array([[1, 1, 0], [0, 1, 0]], dtype=bool),
    np.array([[1, 0], [1, 1], [0, 0]], dtype=bool),
    np.array([[0, 1, 0, 0]], dtype=bool),
)
DRAWS = 2500


def _draws_seeds_and_images(answer: Draw) -> bool:
    return all(_is_as_often(_drawn(answer, table), _chances(table)) for table in TABLES)


def _drawn(answer: Draw, table: np.ndarray, count: int = DRAWS) -> Counter:
    generator = np.random.default_rng(0)
    return Counter(round(number(answer(table.copy(), generator)), 6) for _ in range(count))


def _chances(table: np.ndarray) -> Counter:
    """How probable each share is, from all the ways to draw rows and columns of a small table."""
    rows, columns = (list(itertools.product(range(size), repeat=size)) for size in table.shape)
    shares = Counter()
    for row, column in itertools.product(rows, columns):
        shares[round(table[np.ix_(row, column)].mean(), 6)] += 1 / (len(rows) * len(columns))
    return shares


def _is_as_often(found: Counter, chances: Counter) -> bool:
    """Whether no share comes up more or less often than five standard deviations allow, and none that cannot."""
    total = sum(found.values())
    scatter = {share: 5 * math.sqrt(p * max(1 - p, 0) / total) + 1e-9 for share, p in chances.items()}
    return set(found) <= set(chances) and all(abs(found[s] / total - p) <= scatter[s] for s, p in chances.items())


def _is_constant(answer: Draw, table: np.ndarray) -> bool:
    return len(_drawn(answer, table, 100)) == 1


def _pairs_rows_with_columns(answer: Draw) -> bool:
    try:
        _drawn(answer, EVERYTHING_BY_SEED, 1)
    except IndexError as error:
        return "broadcast" in str(error)
    return False


DRAW = Exercise(
    id="draw",
    read=function,
    right=_draws_seeds_and_images,
    praise="A seed is drawn with all its answers and an image with the answers of all seeds, as they would come again.",
    wrong=(
        Wrong(
            name="rows and columns are taken in pairs",
            typed=("table[rows, columns]",),
            hint="With a comma NumPy pairs each row with one column. You want every drawn row at every drawn column: "
            "take them one after the other.",
            shows=_pairs_rows_with_columns,
        ),
        Wrong(
            name="the images are not drawn",
            typed=("table[rows]",),
            hint="You drew the seeds, and every image stays. On other images the share would differ, too.",
            shows=lambda answer: (
                _is_constant(answer, EVERYTHING_BY_IMAGE) and not _is_constant(answer, EVERYTHING_BY_SEED)
            ),
        ),
        Wrong(
            name="the seeds are not drawn",
            typed=("table[:, columns]",),
            hint="You drew the images, and every seed stays: in the friend's own case nothing varies at all.",
            shows=lambda answer: (
                _is_constant(answer, EVERYTHING_BY_SEED) and not _is_constant(answer, EVERYTHING_BY_IMAGE)
            ),
        ),
        Wrong(
            name="nothing is drawn",
            typed=("table",),
            hint="This is the share in the whole table, the same every time. Pick out of it what was drawn.",
            shows=lambda answer: all(_is_constant(answer, table) for table in TABLES),
        ),
        Wrong(
            name="single answers are drawn",
            typed=("table.flatten()[generator.integers(table.size, size=table.size)]",),
            hint="That is the friend's draw again: half of one seed, half of another. Can half a seed come up?",
            shows=lambda answer: not set(_drawn(answer, EVERYTHING_BY_SEED)) <= {0.0, 0.5, 1.0},
        ),
    ),
    otherwise="Try it on the friend's case: a draw takes whole rows and whole columns, as often as they came up.",
)

# ----------------------------------------------------------------------------------------------------- the deep network

Design = tuple[nn.Module, Callable[[int], nn.Module] | None]


def _design(answer: Any) -> Design:
    """Read a network and, if it is a class, how to build one with another number of classes."""
    return network(answer), answer if isinstance(answer, type) else None


def _is_complex_cnn(answer: Design) -> bool:
    model, build = answer
    images = torch.rand(3, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    return _computes_the_same(model, images) and (build is None or build(7).eval()(images).shape == (3, 7))


def _computes_the_same(model: nn.Module, images: Tensor) -> bool:
    """Whether a network with the reference's layers in the same order answers alike, at work and in training."""
    reference = models.ComplexCNN()
    own, given = _with_parameters(reference), _layers_in_use(model, images[:1])
    if [_shapes(layer) for layer in own] != [_shapes(layer) for layer in given]:
        return False
    for source, target in zip(given, own, strict=True):
        for name, value in target.named_parameters():
            value.data.copy_(getattr(source, name))
    return all(
        same(_answer(model.train(mode), batch), _answer(reference.train(mode), batch))
        for mode, batch in ((False, images[:2]), (True, images))
    )


def _answer(model: nn.Module, images: Tensor) -> Tensor:
    torch.manual_seed(1)  # of dropout
    with torch.no_grad():
        return model(images).double()


def _layers_in_use(model: nn.Module, images: Tensor) -> list[nn.Module]:
    """The layers with parameters of their own, in the order in which images meet them."""
    met: list[nn.Module] = []
    hooks = [layer.register_forward_hook(lambda layer, *_: met.append(layer)) for layer in _with_parameters(model)]
    with torch.no_grad():
        model.eval()(images)
    for hook in hooks:
        hook.remove()
    return met


def _with_parameters(model: nn.Module) -> list[nn.Module]:
    return [layer for layer in model.modules() if list(layer.parameters(recurse=False))]


def _shapes(layer: nn.Module) -> dict[str, tuple[int, ...]]:
    return {name: tuple(value.shape) for name, value in layer.named_parameters()}


def _convolutions(answer: Design) -> list[tuple[int, int]]:
    return [(m.in_channels, m.out_channels) for m in answer[0].modules() if isinstance(m, nn.Conv2d)]


def _connected(answer: Design) -> list[tuple[int, int]]:
    return [(m.in_features, m.out_features) for m in answer[0].modules() if isinstance(m, nn.Linear)]


def _first_reads(count: int) -> Callable[[Design], bool]:
    return lambda answer: _connected(answer)[0][0] == count


COMPLEX_CNN = Exercise(
    id="complex-cnn",
    read=_design,
    right=_is_complex_cnn,
    praise="It has 1,010,666 parameters: six convolutions, and far fewer than SimpleCNN.",
    wrong=(
        Wrong(
            name="two poolings in place of three",
            typed=(None, None, "128 * 7 * 7", None, None),
            hint="That is what two poolings leave. Count how often forward pools, and follow the side from 28 down.",
            shows=_first_reads(128 * 7 * 7),
        ),
        Wrong(
            name="half of 7 is rounded up",
            typed=(None, None, "128 * 4 * 4", None, None),
            hint="Half of 7 is no whole number. A window of 2 that does not fit any more is left out: "
            "how many do fit along 7 pixels?",
            shows=_first_reads(128 * 4 * 4),
        ),
        Wrong(
            name="the channels without their positions",
            typed=(None, None, "128", None, None),
            hint="This counts the maps. Each of them still has several positions when it is flattened.",
            shows=_first_reads(128),
        ),
        Wrong(
            name="channels in and out are swapped",
            typed=("128", "64", None, None, None),
            hint="The first number is what comes in. How many maps does the layer before hand over?",
            shows=lambda answer: (128, 64) in _convolutions(answer),
        ),
        Wrong(
            name="the channels do not grow",
            typed=(None, "64", None, None, None),
            hint="Nothing fits behind it: look at how many channels the sixth convolution expects.",
            shows=lambda answer: _convolutions(answer).count((64, 64)) == 2 and (64, 128) not in _convolutions(answer),
        ),
        Wrong(
            name="ten classes, whatever was asked for",
            typed=(None, None, None, None, "10"),
            hint="For ten digits this works. Somebody who asks for seven classes gets ten all the same.",
            shows=lambda answer: answer[1](7).eval()(torch.zeros(1, 1, 28, 28)).shape == (1, 10),
        ),
        Wrong(
            name="the last layer reads the first one's values",
            typed=(None, None, None, "512", None),
            hint="Which layer stands before the last one, and how many values leave it?",
            shows=lambda answer: _connected(answer)[-1][0] == 512,
        ),
    ),
    otherwise="Follow one image through forward: the comments there say the shape after every step.",
)

# ---------------------------------------------------------------------------------------- same images, and other images

HIGHER, UNDECIDED = "higher", "not shown different"

PAIRED = Exercise(
    id="paired",
    read=several(word, word),
    right=lambda answer: answer == (HIGHER, UNDECIDED),
    praise="Twenty errors fewer both times: what they are worth depends on how many images the two have in common.",
    wrong=(
        Wrong(
            name="overlapping intervals decide nothing",
            typed=('"not shown different"', '"not shown different"'),
            hint="The two single intervals do overlap. But where every image that B misses is missed by A, "
            "does any image speak for A?",
            shows=lambda answer: answer == (UNDECIDED, UNDECIDED),
        ),
        Wrong(
            name="fewer errors are always better",
            typed=('"higher"', '"higher"'),
            hint="If no image is missed by both, 180 coins are tossed. How far apart do the two counts lie by chance?",
            shows=lambda answer: answer == (HIGHER, HIGHER),
        ),
        Wrong(
            name="common errors blur the comparison",
            typed=('"not shown different"', '"higher"'),
            hint="Ask of each case how many images speak for A, and how many for B. Where are they of one mind?",
            shows=lambda answer: answer == (UNDECIDED, HIGHER),
        ),
        Wrong(
            name="errors are taken for accuracy",
            typed=('"lower"', None),
            hint="B minus A is about right answers. Who has more of these?",
            shows=lambda answer: "lower" in answer,
        ),
    ),
    otherwise='Each of the two is one of "higher", "lower" and "not shown different", in quotes.',
)

# ---------------------------------------------------------------------------------------------------- a network to take

NAMES = ("dense(128)", "TinyCNN", "SimpleCNN", "pooled SimpleCNN", "ComplexCNN")
SMALL = (1_000, 2_000_000, 2_000_001, 94_410, 1_999_999)  # parameters


def _offer(low: tuple, accuracy: tuple, high: tuple, parameters: tuple = SMALL) -> pd.DataFrame:
    """A table as that of the chapter."""
    rest = {"multiply–accumulates": 10_000, "milliseconds": 0.5, "seconds": 20.0}
    measured = {"accuracy": accuracy, "low": low, "high": high}
    return pd.DataFrame({"name": NAMES, "parameters": parameters, **rest, **measured}, index=list(NAMES))


LUCKY = _offer((0.985, 0.98, 0.99, 0.979, 0.96), (0.99, 0.985, 0.995, 0.981, 0.975), (0.995, 0.99, 0.999, 0.99, 0.984))
NONE = _offer((0.5,) * 5, (0.6,) * 5, (0.7,) * 5)
ALL = _offer((0.981,) * 5, (0.99,) * 5, (0.999,) * 5)
OTHER = _offer((0.97, 0.99, 0.981, 0.9801, 0.95), (0.98,) * 5, (0.99,) * 5, (5, 6, 7, 3_310_026, 8))


def _chosen(answer: Callable, table: pd.DataFrame) -> frozenset[str]:
    names = answer(table.copy())
    names = names.tolist() if hasattr(names, "tolist") else names
    if not isinstance(names, list | tuple | set | frozenset):
        raise Unreadable(f"Your function should return the names as a list, but it returned {kind_of(names)}.")
    return frozenset(names)


def _chooses(answer: Callable) -> bool:
    expected = (
        (LUCKY, {"dense(128)", "TinyCNN"}),
        (NONE, set()),
        (ALL, set(NAMES) - {"SimpleCNN"}),
        (OTHER, {"TinyCNN", "SimpleCNN"}),
    )
    return all(_chosen(answer, table) == names for table, names in expected)


def _takes_also(*names: str) -> Callable[[Callable], bool]:
    """Test for a choice from the table of lucky networks, beyond the two that are safe."""
    return lambda answer: _chosen(answer, LUCKY) == {"dense(128)", "TinyCNN", *names}


def _ignores_its_table(answer: Callable) -> bool:
    """Whether accuracies of 0 and of 1 come to the same."""
    nothing, everything = (_offer(*[(share,) * 5] * 3, parameters=(9,) * 5) for share in (0.0, 1.0))
    return _chosen(answer, nothing) == _chosen(answer, everything)


CHOOSE = Exercise(
    id="choose",
    read=function,
    right=_chooses,
    praise="Even if luck raised the figure, the network is likely to be good enough.",
    wrong=(
        Wrong(
            name="any table gives the same",
            typed=('comparison["low"]',),
            hint="Your column stands outside the function: whatever table it is given, it looks at that one.",
            shows=_ignores_its_table,
        ),
        Wrong(
            name="percent for shares",
            typed=('100 * table["low"]',),
            hint="Every network passes, however bad. Is 98 % in this table the number 98?",
            shows=lambda answer: len(_chosen(answer, NONE)) > 0,
        ),
        Wrong(
            name="the accuracy that was measured",
            typed=('table["accuracy"]',),
            hint="What was measured may be luck. Read question 1 again: which end of an interval is the safe one?",
            shows=_takes_also("pooled SimpleCNN"),
        ),
        Wrong(
            name="the hopeful end of the interval",
            typed=('table["high"]',),
            hint="That is the best that may be true of the network. The post office wants to be safe if it is worse.",
            shows=_takes_also("pooled SimpleCNN", "ComplexCNN"),
        ),
    ),
    otherwise="Read the first of the six questions again: which networks are to be struck out?",
)


# -------------------------------------------------------------------------------------------------- pooled and shuffled

POOL_SHIFT = Exercise(
    id="pool-shift",
    read=lambda answer: array(answer).flatten(),
    right=lambda answer: same(answer, torch.tensor([9.0, 0.0])),
    praise="Pooled once, the answer had moved by one place; pooled twice, the shift of two is gone.",
    wrong=(
        Wrong(
            name="pooled once",
            typed=("[0., 9., 0., 0.]",),
            hint="So it is after one pooling. The row is pooled once more.",
            shows=lambda answer: same(answer, torch.tensor([0.0, 9.0, 0.0, 0.0])),
        ),
        Wrong(
            name="the answer moves along",
            typed=("[0., 9.]",),
            hint="A convolution would move its answer along. Here take the larger of two neighbours, "
            "and then once more: where is the 9 each time?",
            shows=lambda answer: same(answer, torch.tensor([0.0, 9.0])),
        ),
        Wrong(
            name="the mean in place of the largest",
            typed=("[2.25, 0.]",),
            hint="That averages the pixels. Max pooling keeps one of them as it is.",
            shows=lambda answer: same(answer, torch.tensor([2.25, 0.0])),
        ),
        Wrong(
            name="pooled three times",
            typed=("[9.]",),
            hint="One number is left after three poolings. How many are left after two?",
            shows=lambda answer: same(answer, torch.tensor([9.0])),
        ),
        Wrong(
            name="not pooled",
            typed=("[0., 0., 9., 0., 0., 0., 0., 0.]",),
            hint="This is the row before any pooling. Go through it in pairs of neighbours.",
            shows=lambda answer: same(answer, torch.tensor([0.0, 0, 9, 0, 0, 0, 0, 0])),
        ),
    ),
    otherwise="Write the eight numbers in pairs and keep the larger of each. Then do the same with the four.",
)

Twin = Callable[[nn.Module, Tensor], nn.Module]


def _dense(seed: int) -> tuple[models.DenseNetwork, Tensor]:
    """A dense network, and an order of the pixels."""
    torch.manual_seed(seed)
    return models.DenseNetwork().eval(), torch.randperm(784)


def _is_twin(answer: Twin) -> bool:
    return all(_reads_shuffled(answer, seed) for seed in (0, 1))


def _reads_shuffled(answer: Twin, seed: int) -> bool:
    """Whether the twin says of shuffled images what the network says of them in place, and leaves it as it was."""
    dense, order = _dense(seed)
    images = torch.randn(5, 1, 28, 28)
    with torch.no_grad():
        expected = dense(images)
        found = answer(dense, order.clone())(images.flatten(1)[:, order].view_as(images))
        return same(found.double(), expected) and same(dense(images).double(), expected)


def _weights_are(change: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Twin], bool]:
    def shows(answer: Twin) -> bool:
        dense, order = _dense(2)
        expected = change(dense.fc1.weight.detach().clone(), order)
        return same(answer(dense, order.clone()).fc1.weight.detach().double(), expected)

    return shows


def _stops_with(error: type[Exception], words: str) -> Callable[[Twin], bool]:
    def shows(answer: Twin) -> bool:
        try:
            answer(*_dense(3))
        except error as stopped:
            return words in str(stopped)
        return False

    return shows


TWIN = Exercise(
    id="twin",
    read=function,
    right=_is_twin,
    praise="The same products are added up in another order, so nothing changes but the rounding.",
    wrong=(
        Wrong(
            name="the rows in place of the columns",
            typed=("dense.fc1.weight[order]",),
            hint="A row of this matrix belongs to a hidden unit, and there are 128. On which axis are the 784 pixels?",
            shows=_stops_with(IndexError, "dimension 0"),
        ),
        Wrong(
            name="the matrix stays transposed",
            typed=("dense.fc1.weight.T[order]",),
            hint="The pixels are in the right order, but the matrix now stands on its side. The twin wants (128, 784).",
            shows=_stops_with(RuntimeError, "size of tensor"),
        ),
        Wrong(
            name="the inverse order",
            typed=("dense.fc1.weight[:, order.argsort()]",),
            hint="The right axis, but the way back. Which pixel stands in first place after permute, "
            "and whose weight does it need?",
            shows=_weights_are(lambda weight, order: weight[:, order.argsort()]),
        ),
        Wrong(
            name="the weights as they were",
            typed=("dense.fc1.weight",),
            hint="So the twin still expects every pixel in its old place. Its pixels have moved.",
            shows=_weights_are(lambda weight, order: weight),
        ),
    ),
    otherwise="Each pixel has to meet the weight that it met before. Try it with 2, 5 and 7 and three pixels on paper.",
)

# ---------------------------------------------------------------------------------------------------------- calibration


def _second_bin(value: float) -> Callable[[float], bool]:
    """Test for the sum with some value in place of what the second bin adds."""
    return equals(6 / 10 * 0.05 + value)


CALIBRATION = Exercise(
    id="calibration",
    read=number,
    right=_second_bin(4 / 10 * 0.2),
    praise="The second bin holds fewer answers, and yet most of the error is from there.",
    wrong=(
        Wrong(
            name="the bin is not weighted",
            typed=("abs(0.7 - 0.5)",),
            hint="The distance is right. But this bin does not hold all the answers: weight it as the first one is.",
            shows=_second_bin(0.2),
        ),
        Wrong(
            name="the accuracy of the other bin",
            typed=("4 / 10 * abs(0.7 - 1.0)",),
            hint="In this bin not everything was right. How many of its answers were, and which share is that?",
            shows=_second_bin(4 / 10 * 0.3),
        ),
        Wrong(
            name="distances of either sign cancel",
            typed=("4 / 10 * (0.5 - 0.7)",),
            hint="A distance is never negative. So too sure in one bin cannot make up for too unsure in another.",
            shows=_second_bin(-4 / 10 * 0.2),
        ),
        Wrong(
            name="both bins weigh the same",
            typed=("5 / 10 * abs(0.7 - 0.5)",),
            hint="Bins are not weighted alike. How many of the ten answers are in this one?",
            shows=_second_bin(0.1),
        ),
        Wrong(
            name="the count in place of the share",
            typed=("4 * abs(0.7 - 0.5)",),
            hint="Here a count is the weight, in the first bin a share of all answers. Weights should add up to one.",
            shows=_second_bin(0.8),
        ),
    ),
    otherwise="In this bin: how sure was the network, how often was it right, and which share of the answers is here?",
)

EXERCISES: tuple[Exercise, ...] = (WILSON, DRAW, COMPLEX_CNN, PAIRED, CHOOSE, POOL_SHIFT, TWIN, CALIBRATION)
