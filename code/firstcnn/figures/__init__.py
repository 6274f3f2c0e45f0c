"""The book's figures: every function takes data and returns a ``matplotlib.figure.Figure``.

One hand throughout. All figures are 6.4 inches wide and no text is smaller than 11 points, so that
it can be read on a phone. Digits are shown as MNIST stores them, white ink on black, on a fixed
scale, without a frame. Signed values go from blue (negative) through white (zero, always) to orange
(positive) on symmetric limits; the blue end is the darker one, so that the signs differ in grey
print as well.

A network, a set of images and a part of a network each have one colour everywhere; what is none of
these is drawn in slate. Colours are told apart with red-green blindness too, and never alone: lines
differ in marker and dash, and labels stand beside what they name. An estimate is a point with a
bar, its 95 % interval; single runs are small and pale. A hollow point was not shown to differ from
0. Shares are written in percent, their differences in percentage points.

Nothing is drawn through pyplot: no figure is shown twice, and the reader's own matplotlib settings
neither change the figures nor are changed by them.
"""

from firstcnn.figures.comparisons import (
    accuracy_lines,
    accuracy_rows,
    comparison,
    difference_rows,
    effect_grid,
    error_lines,
)
from firstcnn.figures.convolution import (
    best_matches,
    colour_channels,
    compare_layer_outputs,
    feature_maps,
    filters,
    filters_by_channel,
    kernel_places,
    kernel_rows,
    layer_outputs,
    learned_kernel,
    response,
    sliding_window,
)
from firstcnn.figures.data import (
    augmented,
    before_after_normalisation,
    class_counts,
    digits,
    distributions,
    image_pair,
    intensity_histogram,
    padding_order,
    permuted,
)
from firstcnn.figures.evaluation import (
    accuracy_intervals,
    calibration,
    confusion,
    digits_with_errors,
)
from firstcnn.figures.network import (
    architecture,
    batch_norm_effect,
    dense_network,
    dropout_masks,
    named_bars,
    parameter_growth,
    parameter_totals,
    parameters_by_tensor,
    receptive_field,
    softmax_bars,
)
from firstcnn.figures.shifts import reading_map, shift_bands
from firstcnn.figures.style import NETWORKS, SERIES, SIGNED
from firstcnn.figures.training import (
    descent,
    loss_curves,
    sweep,
    time_and_accuracy,
    training_curves,
)

__all__ = [
    "NETWORKS",
    "SERIES",
    "SIGNED",
    "accuracy_intervals",
    "accuracy_lines",
    "accuracy_rows",
    "architecture",
    "augmented",
    "batch_norm_effect",
    "before_after_normalisation",
    "best_matches",
    "calibration",
    "class_counts",
    "colour_channels",
    "compare_layer_outputs",
    "comparison",
    "confusion",
    "dense_network",
    "descent",
    "difference_rows",
    "digits",
    "digits_with_errors",
    "distributions",
    "dropout_masks",
    "effect_grid",
    "error_lines",
    "feature_maps",
    "filters",
    "filters_by_channel",
    "image_pair",
    "intensity_histogram",
    "kernel_places",
    "kernel_rows",
    "layer_outputs",
    "learned_kernel",
    "loss_curves",
    "named_bars",
    "padding_order",
    "parameter_growth",
    "parameter_totals",
    "parameters_by_tensor",
    "permuted",
    "reading_map",
    "receptive_field",
    "response",
    "shift_bands",
    "sliding_window",
    "softmax_bars",
    "sweep",
    "time_and_accuracy",
    "training_curves",
]
