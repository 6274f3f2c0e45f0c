"""Every figure is drawn and looked at: blank, cut off, overlapping, too small or unlabelled ones
fail.

``CASES`` holds at least one call for each public function of `firstcnn.figures`; a function without
one fails.
"""

import functools
import importlib.util
import inspect
import itertools
import pkgutil
import re
import warnings

import matplotlib
import matplotlib.style
import numpy as np
import pandas as pd
import pytest
import torch
from bookkit.sphinx.light_pictures import SMALLEST_TEXT
from firstcnn import evaluation, figures, layers, models
from firstcnn.training import History
from matplotlib import pyplot
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text


def strokes(count):
    """Draw images (N, 28, 28), uint8, of one soft stroke each, somewhere in the middle."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:28, :28]
    middle = rng.uniform(8, 20, (count, 2, 1, 1))
    lean = rng.uniform(-0.5, 0.5, (count, 1, 1))
    across = abs(columns - middle[:, 0] + lean * (rows - 14))
    ink = np.clip(2.5 - across, 0, 1) * (abs(rows - 14) < 10)
    return torch.from_numpy((255 * ink).astype(np.uint8))


def random(*shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


rng = np.random.default_rng(0)
IMAGES = strokes(24)
LABELS = torch.arange(24) % 10
DIGIT = IMAGES[0]
UNIT = IMAGES / 255
EDGE = torch.tensor([[-1.0, 0.0, 1.0]] * 3)
STAGES = {
    "input": random(1, 28, 28),
    "convolution": random(4, 28, 28),
    "max pooling": random(4, 14, 14),
}
CNN = models.SimpleCNN()
HISTORY = History(
    step_loss=list(np.geomspace(2.3, 0.05, 60) * rng.uniform(0.7, 1.3, 60)),
    train_accuracy=[0.91, 0.975, 0.982],
    validation_loss=[0.12, 0.07, 0.06],
    validation_accuracy=[0.968, 0.981, 0.983],
)
RUNS = pd.DataFrame(
    [
        {"learning_rate": rate, "optimizer": name, "seed": seed}
        for name, rate, seed in itertools.product(("adam", "sgd"), (1e-4, 1e-3, 1e-2), range(3))
    ]
).assign(validation_accuracy=rng.uniform(0.96, 0.99, 18))
LOGITS, TRUTH = 4 * random(500, 10), torch.from_numpy(rng.integers(0, 10, 500))
LOGITS[torch.arange(450), TRUTH[:450]] += 8
NETWORKS = pd.DataFrame(
    {
        "name": ["TinyCNN", "SimpleCNN", "PooledSimpleCNN"],
        "parameters": [114_314, 3_310_026, 94_410],
        "accuracy": [0.9876, 0.9921, 0.9905],
        "low": [0.9852, 0.9901, 0.9884],
        "high": [0.9896, 0.9937, 0.9922],
        "milliseconds": [0.12, 0.8, 0.71],
    }
)
SHIFTS = np.arange(9)
INTERVALS = pd.DataFrame(
    [
        {"optimiser": name, "rate": rate, "accuracy": value, "low": low, "high": value + 0.004}
        for name, rate, value, low in [
            ("adam", 1e-4, 0.91, 0.90),
            ("adam", 1e-2, 0.97, 0.967),
            ("sgd", 1e-4, 0.55, 0.42),
            ("sgd", 1e-2, 0.968, 0.962),
        ]
    ]
).assign(case=["adam 0.0001", "adam 0.01", "sgd 0.0001", "sgd 0.01"])
DIFFERENCES = pd.DataFrame(
    {
        "case": ["twice the filters", "batch norm", "dropout"],
        "difference": [0.004, -0.0021, 0.0001],
        "low": [0.002, -0.003, -0.001],
        "high": [0.0055, -0.0011, 0.0013],
        "verdict": ["higher", "lower", "not shown different"],
    }
)
LONGER = pd.DataFrame(
    [
        {"network": name, "epochs": epochs, "accuracy": 1 - errors / epochs**slope / 10_000}
        for name, errors, slope in [
            ("dense(128)", 600, 0.3),
            ("TinyCNN", 200, 0.3),
            ("SimpleCNN", 110, 0.2),
            ("pooled SimpleCNN", 400, 0.5),
            ("ComplexCNN", 150, 0.3),
        ]
        for epochs in (1, 2, 5, 15)
    ]
)
LONGER = LONGER.assign(low=LONGER["accuracy"] - 0.002, high=LONGER["accuracy"] + 0.002)
BUDGETS = pd.DataFrame(
    [
        ("FastCNN", 1, 2.5, 0.9901),
        ("FastCNN", 2, 4.8, 0.992),
        ("TinyCNN", 1, 4.2, 0.981),
        ("TinyCNN", 2, 8.1, 0.987),
    ],
    columns=["network", "epochs", "seconds", "accuracy"],
)
PLANE = range(-12, 13, 2)
HILL = np.exp(-np.add.outer(np.square(PLANE), np.square(PLANE)) / 100)
MAPS = {
    "dense(128)": HILL,
    "untaught SimpleCNN": HILL**8,
    "SimpleCNN": HILL**0.2,
    "pooled SimpleCNN": HILL**0.02,
}
EFFECTS = pd.concat(
    [
        DIFFERENCES.assign(judged_on=name)
        for name in ("clean", "shifted", "rotated", "scaled", "noisy")
    ]
)

CASES = {
    "digits": {
        "labelled": lambda: figures.digits(IMAGES[:20], LABELS[:20]),
        "bare": lambda: figures.digits(UNIT[:20]),
        "titled": lambda: figures.digits(
            IMAGES[:3, None], columns=5, titles=["one", "two\nlines", "three"]
        ),
    },
    "class_counts": {"": lambda: figures.class_counts(LABELS.repeat(2600), LABELS.repeat(400))},
    "intensity_histogram": {"": lambda: figures.intensity_histogram(IMAGES)},
    "before_after_normalisation": {
        "": lambda: figures.before_after_normalisation(DIGIT, 0.1307, 0.3081)
    },
    "distributions": {
        "": lambda: figures.distributions(
            {"height (pixels)": torch.tensor([18, 20, 20, 19]), "slant (degrees)": random(300) * 20}
        ),
        "one, with NaN": lambda: figures.distributions(
            {"stroke width (pixels)": [2.5, 3.1, float("nan"), 2.2]}
        ),
    },
    "parameter_growth": {
        "": lambda: figures.parameter_growth([28, 64, 128, 256], [101770, 525706, 2098570, 8390026])
    },
    "image_pair": {"": lambda: figures.image_pair(IMAGES[0], IMAGES[1], ("before", "after"))},
    "permuted": {"": lambda: figures.permuted(DIGIT, DIGIT.flatten().flip(0).view(28, 28))},
    "response": {
        "by hand": lambda: figures.response(UNIT[0], EDGE, random(1, 1, 28, 28)),
        "learned": lambda: figures.response(UNIT[0][None], random(1, 1, 3, 3) / 3, random(26, 26)),
    },
    "learned_kernel": {
        "": lambda: figures.learned_kernel([2.0, 0.5, 0.1, 0.01], random(1, 1, 3, 3), EDGE)
    },
    "sliding_window": {
        "bytes": lambda: figures.sliding_window(DIGIT, 12, 14, EDGE),
        "floats at the border": lambda: figures.sliding_window(UNIT[0], 0, 27, random(3, 3)),
    },
    "colour_channels": {
        "": lambda: figures.colour_channels(random(3, 8, 12).abs() % 1, random(6, 10))
    },
    "layer_outputs": {"": lambda: figures.layer_outputs(STAGES)},
    "compare_layer_outputs": {"": lambda: figures.compare_layer_outputs(STAGES, STAGES)},
    "filters": {"": lambda: figures.filters(CNN.conv1.weight, random(32, 1, 3, 3))},
    "kernel_rows": {
        "": lambda: figures.kernel_rows(
            {"before training": random(8, 3, 3), "after": random(8, 3, 3)}, [*"abcdefgh"]
        )
    },
    "best_matches": {
        "": lambda: figures.best_matches(
            {"random kernels": rng.uniform(0.4, 1, 1000), "filters": rng.uniform(0.4, 1, 32)}, 0.9
        )
    },
    "filters_by_channel": {"": lambda: figures.filters_by_channel(CNN.conv2.weight)},
    "feature_maps": {
        "": lambda: figures.feature_maps(
            {**STAGES, "conv2": random(64, 14, 14), "fc1": random(512)}
        )
    },
    "parameters_by_tensor": {"": lambda: figures.parameters_by_tensor(layers.parameter_table(CNN))},
    "parameter_totals": {
        "": lambda: figures.parameter_totals({"SimpleCNN": 3_310_026, "dense": 407_050})
    },
    "architecture": {
        "SimpleCNN": lambda: figures.architecture(layers.layer_table(CNN)),
        "ComplexCNN": lambda: figures.architecture(layers.layer_table(models.ComplexCNN())),
        "flattened": lambda: figures.architecture(
            pd.DataFrame({"name": ["pool", "flatten"], "output_shape": [(128, 7, 7), (6272,)]})
        ),
    },
    "receptive_field": {
        "inside": lambda: figures.receptive_field(DIGIT, {"conv1": 3, "pool1": 4, "conv2": 8}),
        "beyond the digit": lambda: figures.receptive_field(DIGIT, {"conv6": 36, "conv1": 3}),
    },
    "dropout_masks": {
        "": lambda: figures.dropout_masks(
            torch.ones(12), torch.nn.functional.dropout(torch.ones(5, 12))
        )
    },
    "batch_norm_effect": {
        "maps": lambda: figures.batch_norm_effect(random(20, 8, 7, 7) * 3 + 1, random(20, 8, 7, 7)),
        "vectors": lambda: figures.batch_norm_effect(random(20, 3), random(20, 3)),
    },
    "softmax_bars": {"": lambda: figures.softmax_bars(LOGITS[0], LOGITS[0].softmax(0))},
    "augmented": {"": lambda: figures.augmented(UNIT.view(3, 8, 28, 28), torch.tensor([4, 0, 9]))},
    "padding_order": {
        "": lambda: figures.padding_order((UNIT[:1] - 0.13) / 0.31, UNIT[1] / 0.31 - 0.42)
    },
    "training_curves": {
        "": lambda: figures.training_curves(HISTORY),
        "one epoch": lambda: figures.training_curves(
            History([2.3, 1.1, 0.4], [0.9], [0.8], [0.5], [0.9], [1.0])
        ),
    },
    "loss_curves": {
        "two": lambda: figures.loss_curves(
            {"healthy": 2.3 / (1 + np.arange(60) / 9), "patient 1": 2.3 - np.arange(60) / 120}
        ),
        "far apart": lambda: figures.loss_curves(
            {"healthy": 2.3 / (1 + np.arange(60)), "patient 7": 2.3 + np.arange(60.0) ** 2}
        ),
        "negative": lambda: figures.loss_curves(
            {"healthy": 2.3 / (1 + np.arange(60)), "patient 3": -0.1 - np.arange(60) / 60}
        ),
    },
    "sweep": {
        "seeds": lambda: figures.sweep(
            RUNS[RUNS["optimizer"] == "adam"], "learning_rate", x_label="peak"
        ),
        "one seed": lambda: figures.sweep(
            RUNS[RUNS["seed"] == 0], "learning_rate", group="optimizer"
        ),
        "linear": lambda: figures.sweep(RUNS, "seed", y="learning_rate", log_x=False),
    },
    "confusion": {
        "": lambda: figures.confusion(evaluation.confusion_matrix(LOGITS, TRUTH)),
        "no errors": lambda: figures.confusion(np.diag(np.full(10, 1000))),
    },
    "digits_with_errors": {
        "": lambda: figures.digits_with_errors(
            IMAGES[:10], LABELS[:10], LABELS[1:11], torch.linspace(0.4, 1, 10)
        )
    },
    "calibration": {"": lambda: figures.calibration(evaluation.calibration(LOGITS, TRUTH))},
    "accuracy_intervals": {
        "": lambda: figures.accuracy_intervals(
            ["all", "a half"],
            [evaluation.accuracy(LOGITS, TRUTH), evaluation.accuracy(LOGITS[:250], TRUTH[:250])],
        )
    },
    "comparison": {"": lambda: figures.comparison(NETWORKS)},
    "accuracy_rows": {"": lambda: figures.accuracy_rows(INTERVALS)},
    "named_bars": {
        "": lambda: figures.named_bars(
            {"the whole recipe": 14.4, "without bfloat16": 38.2}, "time (s)"
        )
    },
    "time_and_accuracy": {"": lambda: figures.time_and_accuracy(BUDGETS, (0.98, 0.99))},
    "dense_network": {
        "": lambda: figures.dense_network({"pixels": 3, "hidden units": 2, "output": 1})
    },
    "difference_rows": {"": lambda: figures.difference_rows(DIFFERENCES)},
    "descent": {
        "": lambda: figures.descent((SHIFTS, SHIFTS**2), {"forgotten": ([4, 2, 1], [16, 4, 1])}),
        "two paths": lambda: figures.descent(
            (SHIFTS, SHIFTS**2),
            {"forgotten": ([4, 2, 1], [16, 4, 1]), "kept": ([4, 2, 0], [16, 4, 0])},
        ),
    },
    "accuracy_lines": {
        "groups": lambda: figures.accuracy_lines(
            INTERVALS, "rate", "optimiser", "learning rate, constant"
        ),
        "one line": lambda: figures.accuracy_lines(INTERVALS[:2], "rate"),
    },
    "error_lines": {
        "five networks": lambda: figures.error_lines(LONGER, "epochs", "network"),
        "without an error": lambda: figures.error_lines(
            LONGER[:4].assign(accuracy=1.0, high=1.0), "epochs", "network", "epochs of training"
        ),
    },
    "shift_bands": {
        "": lambda: figures.shift_bands(
            INTERVALS.assign(case=["dense"] * 2 + ["TinyCNN"] * 2, shift=[0, 4, 0, 4]), 2
        )
    },
    "reading_map": {
        "": lambda: figures.reading_map(MAPS, PLANE, DIGIT, 4),
        "nowhere and everywhere": lambda: figures.reading_map(
            {"dense": 0.5 * HILL, "CNN": 1 - 0.01 * HILL}, PLANE, UNIT[1]
        ),
    },
    "effect_grid": {
        "": lambda: figures.effect_grid(EFFECTS, "judged_on", {"batch norm": "noisy"}),
        "a column": lambda: figures.effect_grid(EFFECTS[:3], "judged_on"),
    },
    "kernel_places": {
        "two kernels": lambda: figures.kernel_places(
            torch.arange(16).view(4, 4),
            {"as it is": (EDGE, 0, 1), "turned": (EDGE.flip(0, 1), 0, 1)},
        ),
        "padding and stride": lambda: figures.kernel_places(
            -torch.arange(16.0).view(4, 4) % 4,
            {"bare": (EDGE, 0, 1), "one\nround": (EDGE, 1, 1), "by two": (EDGE, 1, 2)},
        ),
    },
}

every_case = pytest.mark.parametrize(
    "draw",
    [
        pytest.param(draw, id=f"{name}-{case}")
        for name, cases in CASES.items()
        for case, draw in cases.items()
    ],
)


def public_functions():
    members = inspect.getmembers(figures, inspect.isfunction)
    return {
        name for name, function in members if function.__module__.startswith(f"{figures.__name__}.")
    }


@functools.cache
def drawn(draw):
    """Call a case and look at what it draws; the warnings and settings that this left behind come
    along.
    """
    before = settings()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        figure = draw()
        picture = rendered(figure)
    return figure, picture, caught, before == settings()


def settings():
    return {name: matplotlib.rcParams[name] for name in matplotlib.rcParams if name != "backend"}


def rendered(figure):
    """Render the figure and return the picture (H, W, 3), 0 to 1."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3] / 255


def written(figure):
    """Return the texts that a reader sees: of axes that are shown, ticks within their limits."""
    hidden = {
        text
        for axes in figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        for text in axis.findobj(Text)
        if not axes.axison or not _within(text, axis)
    }
    texts = [
        text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()
    ]
    return [text for text in texts if text not in hidden]


def _within(text, axis):
    """Whether a text of an axis is its label, or the label of a tick that is drawn."""
    ticks = [
        tick for tick in (*axis.majorTicks, *axis.minorTicks) if text in (tick.label1, tick.label2)
    ]
    low, high = sorted(axis.get_view_interval())
    return all(low <= tick.get_loc() <= high and tick.get_visible() for tick in ticks)


def test_every_function_has_a_case():
    assert set(CASES) == public_functions()


@every_case
def test_a_figure_is_drawn_on_white_paper_without_warnings(draw):
    figure, picture, caught, settings_kept = drawn(draw)
    assert isinstance(figure, Figure)
    assert not caught
    assert settings_kept
    assert not pyplot.get_fignums()
    assert figure.get_figwidth() == 6.4
    assert picture.std() > 0.05, "the figure is blank"
    edge = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    assert (edge == 1).all(), "something touches the border"


@every_case
def test_no_text_is_cut_off_too_small_or_under_another(draw):
    figure = drawn(draw)[0]
    tight, paper = figure.get_tightbbox(), figure.get_size_inches()
    assert tight.x0 >= -0.01 and tight.y0 >= -0.01
    assert tight.x1 <= paper[0] + 0.01 and tight.y1 <= paper[1] + 0.01
    texts = written(figure)
    assert all(text.get_fontsize() >= SMALLEST_TEXT for text in texts), (
        "on a phone, smaller is under nine pixels"
    )
    assert not any(re.search(r"\$.*[_^].*\$", text.get_text()) for text in texts), (
        "an exponent is smaller still"
    )
    boxes = [(text.get_text(), text.get_window_extent().padded(-1)) for text in texts]
    assert not [
        (a, b) for (a, box), (b, other) in itertools.combinations(boxes, 2) if box.overlaps(other)
    ]


@every_case
def test_every_chart_names_its_axes(draw):
    for axes in drawn(draw)[0].axes:
        for axis in (axes.xaxis, axes.yaxis) if axes.axison else ():
            ticks = [tick.label1 for tick in axis.get_major_ticks() if tick.label1.get_visible()]
            ticks = [tick.get_text() for tick in ticks if tick.get_text()]
            speaks = not ticks or any(character.isalpha() for character in "".join(ticks))
            assert axis.get_label_text() or speaks, f"numbers without a name: {ticks}"


@every_case
def test_a_logarithmic_axis_says_so(draw):
    for axes in drawn(draw)[0].axes:
        for axis in (axes.xaxis, axes.yaxis):
            assert (axis.get_scale() == "log") == ("log scale" in axis.get_label_text())


@pytest.mark.parametrize("name", ["training_curves", "confusion", "feature_maps"])
def test_the_readers_style_changes_no_pixel(name):
    draw = next(iter(CASES[name].values()))
    expected = drawn(draw)[1]
    with matplotlib.style.context(["dark_background", {"font.size": 20, "xtick.labelsize": 25}]):
        seen = rendered(draw())
    np.testing.assert_array_equal(seen, expected)


def test_importing_the_modules_changes_no_setting():
    before, modules = settings(), list(pkgutil.iter_modules(figures.__path__))
    assert {"style", "network"} <= {module.name for module in modules}
    for module in modules:
        spec = module.module_finder.find_spec(module.name)
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
    assert settings() == before


def test_the_package_hands_every_figure_on():
    modules = [vars(figures)[module.name] for module in pkgutil.iter_modules(figures.__path__)]
    drawn = {
        name
        for module in modules
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if hasattr(function, "__wrapped__")  # in the book's style
    }
    assert drawn <= set(figures.__all__)
    assert public_functions() <= set(figures.__all__)


def test_the_map_of_signed_values_is_white_at_zero_and_only_there():
    colors = figures.SIGNED(np.linspace(-1, 1, 257) / 2 + 0.5)[:, :3]
    lightness = colors @ [0.299, 0.587, 0.114]
    assert lightness[128] > 0.99
    assert (np.diff(lightness[:128]) >= 0).all() and (np.diff(lightness[129:]) <= 0).all()
    assert lightness[0] < lightness[-1] - 0.1, "the signs cannot be told apart in grey print"


@pytest.mark.parametrize(
    ("name", "case"),
    [
        ("response", "by hand"),
        ("layer_outputs", ""),
        ("filters", ""),
        ("filters_by_channel", ""),
        ("kernel_rows", ""),
        ("dropout_masks", ""),
    ],
)
def test_signed_values_are_shown_on_symmetric_limits_shared_with_the_colour_bar(name, case):
    figure, *_ = drawn(CASES[name][case])
    signed = [
        image
        for axes in figure.axes
        for image in axes.images
        if image.cmap.name == figures.SIGNED.name
    ]
    assert signed
    assert all(image.norm.vmin == -image.norm.vmax for image in signed)


def test_matches_above_the_threshold_are_counted():
    figure = figures.best_matches({"known": [0.95, 1.0, 0.5, 0.92], "others": [0.3, 0.8]}, 0.9)
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.texts] == ["75 % above", "0 % above"]
    drawn_points = [line.get_xdata().tolist() for line in axes.lines[1:]]
    assert drawn_points == [[0.95, 1.0, 0.5, 0.92], [0.3, 0.8]]


def contrast_to_white(color):
    """Return the contrast ratio of WCAG 2.1."""
    channels = np.array(to_rgb(color))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return 1.05 / (linear @ [0.2126, 0.7152, 0.0722] + 0.05)


@every_case
def test_text_can_be_read_on_white(draw):
    for axes in drawn(draw)[0].axes:
        names = {text for text in axes.texts if not axes.images}
        assert all(contrast_to_white(text.get_color()) >= 4.5 for text in names)


def test_networks_have_a_colour_of_their_own():
    colors = [color for color, *_ in figures.NETWORKS.values()]
    assert len(set(colors)) == len(colors)
    assert not set(colors) & {color for color, *_ in figures.SERIES}


def test_a_network_has_one_colour_in_every_figure():
    dense, tiny = to_rgb(figures.NETWORKS["dense"][0]), to_rgb(figures.NETWORKS["tinycnn"][0])
    rows = INTERVALS[:2].assign(case=["TinyCNN", "dense(128)"], shift=[0, 0])
    bars = figures.parameter_totals({"TinyCNN": 3, "dense": 2}).axes[0].patches
    assert [bar.get_facecolor()[:3] for bar in bars] == [tiny, dense]
    for figure in (figures.accuracy_rows(rows), figures.shift_bands(rows, 2)):
        points = [line for line in figure.axes[0].lines if line.get_marker() in "^s"]
        assert [to_rgb(point.get_color()) for point in points] == [tiny, dense]


def test_what_was_not_shown_different_is_hollow_and_the_figure_says_so():
    figure = figures.difference_rows(DIFFERENCES)
    points = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert [point.get_markerfacecolor() == "white" for point in points] == [False, False, True]
    assert "hollow: not shown different" in figure.axes[0].get_xlabel()
    assert "hollow" not in figures.difference_rows(DIFFERENCES[:2]).axes[0].get_xlabel()


def test_errors_are_drawn_with_their_intervals_on_two_logarithmic_axes():
    rows = pd.DataFrame({"network": "A", "epochs": [1, 4], "accuracy": [0.98, 0.99]})
    figure = figures.error_lines(
        rows.assign(low=[0.97, 0.98], high=[0.985, 0.996]), "epochs", "network"
    )
    (axes,) = figure.axes
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    ((line, _, (bars,)),) = axes.containers
    np.testing.assert_allclose(line.get_ydata(), [200, 100])
    ends = [segment[:, 1] for segment in bars.get_segments()]
    np.testing.assert_allclose(ends, [[150, 300], [40, 200]])


def test_digits_keep_one_scale_whatever_their_contrast():
    pale = figures.digits(IMAGES[:2] // 4)
    limits = {(image.norm.vmin, image.norm.vmax) for image in pale.axes[0].images}
    assert limits == {(0, 1)}


def test_bytes_and_floats_of_the_same_digits_look_the_same():
    np.testing.assert_array_equal(
        rendered(figures.digits(IMAGES[:1])), rendered(figures.digits(UNIT[:1]))
    )


def test_normalised_digits_are_refused_where_they_would_be_cut_off():
    with pytest.raises(ValueError, match="Undo the normalisation"):
        figures.digits((UNIT - 0.1307) / 0.3081)


def test_several_images_are_refused_where_one_is_shown():
    with pytest.raises(ValueError, match="expected one image"):
        figures.image_pair(UNIT[:2], UNIT[0])


def test_a_title_is_needed_for_each_image():
    with pytest.raises(ValueError, match="Got 3 labels or titles for 4 images"):
        figures.digits(IMAGES[:4], LABELS[:3])


def test_networks_with_other_stages_are_not_compared():
    with pytest.raises(ValueError, match="same layers"):
        figures.compare_layer_outputs(STAGES, {"input": STAGES["input"]})


def test_no_curve_is_left_out_however_many_there_are():
    rows = INTERVALS[:2].assign(shift=[0, 4])
    table = pd.concat([rows.assign(case=f"network {index}") for index in range(8)])
    figure = figures.shift_bands(table, 4)
    assert len(figure.axes[0].containers) == 8
    assert {f"network {index}" for index in range(8)} <= set(texts_of(figure))


def texts_of(figure):
    return [text.get_text() for text in written(figure)]


def test_the_window_shows_what_a_convolution_computes():
    image = random(28, 28).sigmoid()
    expected = torch.nn.functional.conv2d(image[None, None], EDGE[None, None], padding=1)[0, 0]
    for row, column in ((12, 14), (27, 0)):
        total = f"sum {expected[row, column]:.2f}".replace("-", "−")
        assert total in texts_of(figures.sliding_window(image, row, column, EDGE))


def test_parameters_are_drawn_on_one_scale_and_shares_add_up():
    table = layers.parameter_table(CNN)
    figure = figures.parameters_by_tensor(table)
    widths = [patch.get_width() for patch in figure.axes[0].patches]
    assert widths == table["parameters"].tolist()
    assert "fully connected: 3,216,906 (97.19 %)" in texts_of(figure)


def test_the_architecture_is_drawn_to_one_scale():
    axes = figures.architecture(layers.layer_table(CNN)).axes[0]
    fronts = [
        np.ptp(patch.get_xy()[:4], axis=0) for patch in axes.patches if len(patch.get_xy()) == 5
    ][2::3]
    shapes = [(1, 28), (32, 28), (32, 14), (64, 14), (64, 7), (128, 7)]
    np.testing.assert_allclose(fronts, shapes)
    bars = [patch.get_width() for patch in axes.patches if len(patch.get_xy()) == 2]
    assert bars == [512, 10]
    assert axes.get_aspect() == 1


def test_intervals_are_drawn_and_named_only_where_several_seeds_ran():
    runs = RUNS[RUNS["optimizer"] == "sgd"]
    one, three = (
        texts_of(figures.sweep(some, "learning_rate")) for some in (runs[runs["seed"] == 0], runs)
    )
    assert any("1 seed each, no interval" in text for text in one)
    assert any("3 seeds each, pale; bars: 95 % interval of the mean" in text for text in three)


def test_the_interval_of_a_sweep_is_students():
    runs = RUNS[(RUNS["optimizer"] == "sgd") & (RUNS["learning_rate"] == 1e-3)]
    figure = figures.sweep(runs, "learning_rate")
    low, high = figure.axes[0].collections[0].get_segments()[0][:, 1]
    values = 100 * runs["validation_accuracy"]
    half = 4.302653 * values.std() / np.sqrt(3)  # t(0.975; 2), from a table
    assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half))


def test_the_confusion_matrix_shows_every_count_once_and_scales_by_errors():
    matrix = np.diag(np.full(10, 900)) + np.eye(10, k=3, dtype=int) * 7
    axes = figures.confusion(matrix).axes[0]
    cells = {
        (int(t.get_position()[1]), int(t.get_position()[0])): t.get_text()
        for t in axes.texts
        if t.get_text()
    }
    assert cells == {
        (row, column): str(matrix[row, column])
        for row, column in zip(*matrix.nonzero(), strict=True)
    }
    assert axes.images[0].norm.vmax == 7


def test_calibration_draws_wilson_intervals():
    table = pd.DataFrame(
        {"low": [0.9], "high": [1.0], "confidence": [0.97], "accuracy": [0.9], "count": [10]}
    )
    figure = figures.calibration(table)
    low, high = figure.axes[0].collections[0].get_segments()[0][:, 1]
    assert (low, high) == pytest.approx(
        (59.58, 98.21), abs=0.01
    )  # percent; Wilson (1927) for 9 of 10


def test_dropped_units_are_crossed_out_and_zeros_of_relu_are_not():
    figure = figures.dropout_masks(
        [2.0, 0.0, 1.0, 3.0], [[4.0, 0.0, 0.0, 6.0], [0.0, 0.0, 2.0, 0.0]]
    )
    (crosses,) = figure.axes[0].lines
    assert set(zip(*crosses.get_data(), strict=True)) == {(2, 1), (0, 2), (3, 2)}


def test_receptive_fields_have_the_sides_that_were_asked_for():
    axes = drawn(CASES["receptive_field"]["beyond the digit"])[0].axes[0]
    sides = {patch.get_width() for patch in axes.patches if patch.get_linewidth() == 2}
    assert sides == {36, 3}


def test_what_has_no_channels_is_left_out_of_the_feature_maps():
    figure, *_ = drawn(CASES["feature_maps"][""])
    assert not any("fc1" in text for text in texts_of(figure))


def test_the_places_of_a_kernel_show_what_a_convolution_computes():
    figure = figures.kernel_places(
        [[1, 2, 0], [0, 3, 0], [4, 0, 7]], {"": ([[1, 0], [0, 2]], 1, 2)}
    )
    assert texts_of(figure)[-4:] == ["2", "0", "8", "17"]  # 2·1, 2·0, 2·4, 3 + 2·7
    frames = [patch for patch in figure.axes[0].patches if patch.get_linewidth() == 2.5]
    assert [patch.get_width() for patch in frames] == [2, 1, 2, 1]
    assert frames[2].get_x() - frames[0].get_x() == frames[2].get_y() - frames[0].get_y() == 2


def test_a_reading_map_counts_the_shifts_and_draws_the_line_where_they_are():
    accuracy = np.full((13, 13), 0.2)
    accuracy[4:9, 5:11] = torch.full((5, 6), 0.9)  # float32: 100 times that is less than 90
    figure = figures.reading_map({"CNN": torch.tensor(accuracy, dtype=torch.float32)}, PLANE, DIGIT)
    assert "reads 9 of 10 at 30 of 169 shifts" in texts_of(figure)
    axes = figure.axes[0]
    assert axes.get_xlim() == (-12, 12) and axes.get_ylim() == (12, -12), "down is down"
    assert axes.images[0].get_extent() == [-12, 12, 12, -12]
    shown = np.asarray(axes.images[0].get_array())
    assert 19.99 < shown.min() < shown.max() < 90.01, "nothing overshoots"
    down, right = (np.arange(241) / 10 - 12)[np.argwhere(shown > 89.9)].T
    assert (right.min(), right.max()) == pytest.approx((-2, 8), abs=0.2)
    assert (down.min(), down.max()) == pytest.approx((-4, 4), abs=0.2)


def test_a_map_of_another_size_is_refused():
    with pytest.raises(ValueError, match="a row for each shift down"):
        figures.reading_map({"CNN": HILL[:, 1:]}, PLANE, DIGIT)
