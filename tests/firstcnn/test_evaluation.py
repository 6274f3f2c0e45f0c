"""Evaluation, on cases small enough for paper."""

import math

import numpy as np
import pandas as pd
import pytest
import torch
from firstcnn import evaluation
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from torch import nn

#        predicted:      0          0          1          2          0          1
PROBABILITIES = [
    [0.7, 0.2, 0.1],
    [0.5, 0.1, 0.4],
    [0.2, 0.6, 0.2],
    [0.0, 0.1, 0.9],
    [0.8, 0.1, 0.1],
    [0.05, 0.95, 0.0],
]
LABELS = torch.tensor([0, 0, 1, 1, 2, 2])
LOGITS = (
    torch.log(torch.tensor(PROBABILITIES) + 1e-9) + 3
)  # a constant does not change probabilities


class Noting(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)
        self.dropout = nn.Dropout(0.9)
        self.sizes = []

    def forward(self, x):
        self.sizes.append(len(x))
        return self.dropout(self.fc(x.flatten(1)))


def test_predictions_are_logits_in_order_whatever_the_batches():
    torch.manual_seed(0)
    model, images = Noting().train(), torch.randn(7, 1, 2, 2)
    expected = images.flatten(1) @ model.fc.weight.T + model.fc.bias
    for size, sizes in ((3, [3, 3, 1]), (1000, [7])):
        model.sizes.clear()
        found = evaluation.predict(model, images, batch_size=size)
        torch.testing.assert_close(found, expected.detach())
        assert model.sizes == sizes
    assert found.dtype == torch.float32
    assert not found.requires_grad
    assert model.training and model.dropout.training


def test_predictions_are_in_float32_even_inside_autocast():
    torch.manual_seed(0)
    model, images = Noting(), torch.randn(7, 1, 2, 2)
    with torch.autocast("cpu", torch.bfloat16):
        inside = evaluation.predict(model, images)
    assert torch.equal(inside, evaluation.predict(model, images))


def test_nothing_to_predict():
    with pytest.raises(ValueError, match="no images"):
        evaluation.predict(Noting(), torch.zeros(0, 1, 2, 2))


def test_accuracy_counts():
    found = evaluation.accuracy(LOGITS, LABELS)
    assert (found.count, found.total, found.value) == (3, 6, 0.5)


def wilson(count, total):
    """Wilson (1927): the p for which count lies 1.96 standard errors away, solved for p."""
    z = 1.959963984540054
    share = count / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = (
        z
        / (1 + z * z / total)
        * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    )
    return middle - half, middle + half


@settings(deadline=None)
@given(
    st.integers(1, 20_000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total)))
)
def test_the_interval_is_wilsons(case):
    count, total = case
    labels = torch.zeros(total, dtype=torch.int64)
    logits = torch.zeros(total, 2)
    logits[:count, 0], logits[count:, 1] = 1, 1
    found = evaluation.accuracy(logits, labels)
    assert (found.low, found.high) == pytest.approx(wilson(count, total), abs=1e-9)
    assert 0 <= found.low <= found.value <= found.high <= 1


def test_confusion_matrix_rows_are_true_classes():
    assert evaluation.confusion_matrix(LOGITS, LABELS).tolist() == [[2, 0, 0], [0, 1, 1], [1, 1, 0]]


def test_confusion_matrix_has_all_classes_even_those_that_do_not_occur():
    found = evaluation.confusion_matrix(LOGITS[:2], LABELS[:2])
    assert found.tolist() == [[2, 0, 0], [0, 0, 0], [0, 0, 0]]


def test_classification_report():
    report = evaluation.classification_report(LOGITS, LABELS)
    expected = pd.DataFrame(
        {
            "precision": [2 / 3, 1 / 2, 0, 7 / 18, 7 / 18],
            "recall": [1, 1 / 2, 0, 1 / 2, 1 / 2],
            "f1": [4 / 5, 1 / 2, 0, 13 / 30, 13 / 30],
            "support": [2, 2, 2, 6, 6],
        },
        index=["0", "1", "2", "macro average", "weighted average"],
    )
    pd.testing.assert_frame_equal(report, expected)


def test_the_two_averages_weigh_differently():
    report = evaluation.classification_report(
        LOGITS[[0, 1, 2, 4]], LABELS[[0, 1, 2, 4]]
    )  # recalls 1, 1, 0
    assert report.loc["macro average", "recall"] == pytest.approx(2 / 3)
    assert report.loc["weighted average", "recall"] == pytest.approx((2 * 1 + 1 * 1 + 1 * 0) / 4)


def test_what_has_no_cases_is_not_a_number():
    report = evaluation.classification_report(LOGITS[:2], LABELS[:2])
    assert report.loc["0", "recall"] == 1
    assert math.isnan(report.loc["1", "recall"]) and math.isnan(report.loc["1", "precision"])
    assert report.loc["1", "support"] == 0


def test_most_confused_pairs():
    confusion = np.array([[9, 0, 3], [1, 8, 0], [5, 1, 7]])
    found = evaluation.most_confused_pairs(confusion)
    assert found.to_dict("list") == {
        "true": [2, 0, 1, 2],
        "predicted": [0, 2, 0, 1],
        "errors": [5, 3, 1, 1],
    }
    assert len(evaluation.most_confused_pairs(confusion, count=2)) == 2


def test_no_confusion():
    found = evaluation.most_confused_pairs(np.diag([3, 4]))
    assert list(found.columns) == ["true", "predicted", "errors"]
    assert found.empty


def test_most_confident_errors():
    assert evaluation.most_confident_errors(LOGITS, LABELS).tolist() == [5, 3, 4]  # 0.95, 0.9, 0.8
    assert evaluation.most_confident_errors(LOGITS, LABELS, count=1).tolist() == [5]
    assert evaluation.most_confident_errors(LOGITS[:3], LABELS[:3]).tolist() == []


def test_most_disputed_images_come_first_and_unanimous_ones_not_at_all():
    one = torch.tensor([[0.9, 0.1, 0.0], [0.6, 0.3, 0.1], [0.9, 0.05, 0.05], [0.4, 0.3, 0.3]])
    other = torch.tensor([[0.8, 0.1, 0.1], [0.3, 0.5, 0.2], [0.05, 0.9, 0.05], [0.4, 0.3, 0.3]])
    logits = torch.stack([one, other]).log()
    assert evaluation.most_disputed(logits).tolist() == [1, 2]  # favoured with 0.45 and 0.475
    assert evaluation.most_disputed(logits, count=1).tolist() == [1]
    assert evaluation.most_disputed(logits[[0, 0]]).tolist() == []


@pytest.mark.parametrize("shape", [(4, 3), (1, 4, 3)])
def test_one_network_cannot_disagree(shape):
    with pytest.raises(ValueError, match="at least two networks"):
        evaluation.most_disputed(torch.zeros(shape))


def test_very_confident_errors_keep_their_order():
    logits = torch.tensor([[20.0, 0.0], [30.0, 0.0], [25.0, 0.0]])  # all 1.0 in float32
    assert evaluation.most_confident_errors(logits, torch.ones(3, dtype=torch.int64)).tolist() == [
        1,
        2,
        0,
    ]


def test_calibration():
    """Confidences 0.7, 0.5, 0.6, 0.9, 0.8, 0.95, of which the first three are right."""
    table = evaluation.calibration(LOGITS, LABELS, bins=4)
    assert list(table.columns) == ["low", "high", "confidence", "accuracy", "count"]
    assert list(table["low"]) == [0, 0.25, 0.5, 0.75]
    assert list(table["high"]) == [0.25, 0.5, 0.75, 1]
    assert list(table["count"][[0, 3]]) == [0, 3]
    assert table["confidence"][3] == pytest.approx((0.9 + 0.8 + 0.95) / 3)
    assert table["accuracy"][3] == 0
    assert table["accuracy"][2] == 1
    assert math.isnan(table["confidence"][0]) and math.isnan(table["accuracy"][0])


def test_expected_calibration_error_by_hand():
    table = evaluation.calibration(LOGITS, LABELS, bins=1)
    assert table.iloc[0].tolist() == pytest.approx([0, 1, 4.45 / 6, 0.5, 6])
    assert evaluation.expected_calibration_error(table) == pytest.approx(4.45 / 6 - 0.5)
    two = pd.DataFrame(
        {"confidence": [0.3, np.nan, 0.8], "accuracy": [0.5, np.nan, 0.7], "count": [1, 0, 3]}
    )
    assert evaluation.expected_calibration_error(two) == pytest.approx(0.25 * 0.2 + 0.75 * 0.1)


def test_an_edge_belongs_to_the_bin_below():
    logits = torch.log(torch.tensor([[0.75, 0.25], [0.5, 0.5]]).double())
    table = evaluation.calibration(logits, torch.tensor([0, 0]), bins=4)
    assert list(table["count"]) == [0, 1, 1, 0]


def test_full_certainty_is_in_the_last_bin():
    table = evaluation.calibration(torch.tensor([[1000.0, 0.0]]), torch.tensor([0]), bins=3)
    assert list(table["count"]) == [0, 0, 1]


def test_no_bins():
    with pytest.raises(ValueError, match="at least one"):
        evaluation.calibration(LOGITS, LABELS, bins=0)


@pytest.mark.parametrize(
    "function",
    [
        evaluation.accuracy,
        evaluation.confusion_matrix,
        evaluation.classification_report,
        evaluation.most_confident_errors,
        evaluation.calibration,
    ],
)
@pytest.mark.parametrize(
    "logits, labels, message",
    [
        (LOGITS, LABELS[:4], "Expected logits"),
        (LOGITS[:0], LABELS[:0], "at least one image"),
        (LOGITS[0], LABELS, "Expected logits"),
        (LOGITS, LABELS + 1, "between 1 and 3, .* 0 to 2"),
        (LOGITS, LABELS - 1, "between -1 and 1"),
    ],
)
def test_logits_and_labels_that_do_not_fit(function, logits, labels, message):
    with pytest.raises(ValueError, match=message):
        function(logits, labels)


# --------------------------------------------------------------------------------------------------
# over seeds and images


def by_definition(*tables):
    """The variance of a mean, or of a difference of means, from the two-way analysis of variance as
    textbooks have it, and the interval's quantile: Cochran and Cox (1957), with Satterthwaite's
    degrees of freedom for the seeds of both sides together.
    """
    images = tables[0].shape[1]
    of_seeds, degrees, residuals = [], [], []
    for table in tables:
        y, seeds = table.astype(float), len(table)
        rows, columns = y.mean(axis=1, keepdims=True), y.mean(axis=0, keepdims=True)
        seed_square = images * ((rows - y.mean()) ** 2).sum() / (seeds - 1)
        residual_square = ((y - rows - columns + y.mean()) ** 2).sum() / ((seeds - 1) * images)
        of_seeds.append(seed_square / y.size)
        residuals.append(residual_square / y.size)
        degrees.append(seeds - 1)
    mean = tables[0].mean(axis=0) - (tables[1].mean(axis=0) if len(tables) > 1 else 0)
    of_images = max(((mean - mean.mean()) ** 2).sum() / images**2 - sum(residuals), 0)
    both = sum(of_seeds)
    freedom = both**2 / sum(part**2 / free for part, free in zip(of_seeds, degrees, strict=True))
    return of_images, both, stats.t.ppf(0.975, freedom)


def answers(seeds, images, share, spread=0.0, seed=0):
    """Truth values (seeds, images): some images are harder than others, some seeds worse than
    others.
    """
    random = np.random.default_rng(seed)
    ease = random.beta(2, 2 * (1 - share) / share, size=images)
    return random.random((seeds, images)) < ease + random.normal(0, spread, size=(seeds, 1))


@pytest.mark.parametrize(
    "seeds, images, share, spread", [(5, 400, 0.9, 0.0), (4, 300, 0.7, 0.1), (2, 200, 0.8, 0.02)]
)
def test_an_accuracy_over_seeds_has_the_interval_of_the_two_way_analysis(
    seeds, images, share, spread
):
    right = answers(seeds, images, share, spread)
    found = evaluation.over_seeds(right)
    of_images, of_seeds, student = by_definition(right)
    total = of_images + of_seeds
    standard_errors = (1.959964 * of_images + student * of_seeds) / total
    assert found.value == right.mean()
    assert (found.seeds, found.images) == (seeds, images)
    for end in (found.low, found.high):  # Wilson's: so many standard errors, as they are at the end
        at_the_end = total * end * (1 - end) / (found.value * (1 - found.value))
        assert abs(end - found.value) == pytest.approx(
            standard_errors * math.sqrt(at_the_end), rel=1e-5
        )


@pytest.mark.parametrize("spread", [0.0, 0.02])
def test_a_difference_has_the_interval_of_the_two_way_analysis(spread):
    first, second = answers(5, 300, 0.9, spread, seed=0), answers(3, 300, 0.85, spread, seed=0)
    found = evaluation.difference(first, second)
    of_images, of_seeds, student = by_definition(first, second)
    total = of_images + of_seeds
    half = (1.959964 * of_images + student * of_seeds) / math.sqrt(total)
    assert found.value == pytest.approx(first.mean() - second.mean())
    assert [found.low, found.high] == pytest.approx([found.value - half, found.value + half])


def test_of_one_seed_it_is_wilsons_interval():
    right = np.arange(10_000)[None] < 9_000
    found = evaluation.over_seeds(right)
    assert [found.low, found.high] == pytest.approx(wilson(9_000, 10_000), abs=1e-9)


def test_without_an_error_it_is_wilsons_interval_of_the_images():
    for seeds in (1, 3):
        for right, count in ((True, 20), (False, 0)):
            found = evaluation.over_seeds(np.full((seeds, 20), right))
            assert [found.low, found.high] == pytest.approx(wilson(count, 20), abs=1e-9)


def test_two_seeds_that_contradict_each_other_say_next_to_nothing():
    right = np.array([[True] * 4, [False] * 4])
    found = evaluation.over_seeds(right)
    assert found.value == 0.5 and found.low < 0.01 and found.high > 0.99
    assert evaluation.difference(right, ~right) == (0.0, -1.0, 1.0, "not shown different")
    assert evaluation.difference(right[:1], right[1:])[2:] == (1.0, "higher")
    lower = evaluation.difference(right[1:], right[:1])
    assert lower == (-1.0, -1.0, pytest.approx(-1 + 1.959964 / 4), "lower")


def test_both_sides_of_a_difference_are_asked_about_the_same_images():
    """The first errs where the second does, and on 2 % more: over other images each varies far more
    than that.
    """
    first, second = np.arange(1000)[None] < 680, np.arange(1000)[None] < 700
    found = evaluation.difference(first, second)
    assert found.verdict == "lower"
    half = 1.959964 * math.sqrt(0.02 * 0.98 / 1000)
    assert [found.low, found.high] == pytest.approx([-0.02 - half, -0.02 + half], abs=0.05 * half)
    assert evaluation.over_seeds(first).high > evaluation.over_seeds(second).low


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 6), st.integers(1, 3), st.integers(1, 60), st.integers(0, 10**6))
def test_equal_networks_are_not_shown_different_and_no_interval_is_without_width(
    seeds, others, images, seed
):
    one = np.random.default_rng(seed).random(images) < 0.6
    found = evaluation.difference(np.tile(one, (seeds, 1)), np.tile(one, (others, 1)))
    assert found.value == 0.0 and found.verdict == "not shown different"
    assert -1 <= found.low < 0 < found.high <= 1
    right = np.random.default_rng(seed).random((seeds, images)) < 0.6
    assert evaluation.difference(right, right).verdict == "not shown different"
    alone = evaluation.over_seeds(right)
    assert 0 <= alone.low <= alone.value <= alone.high <= 1 and alone.low < alone.high


@pytest.mark.parametrize(
    "right",
    [np.zeros((0, 3), bool), np.zeros((3, 0), bool), np.zeros(3, bool), np.zeros((2, 3), int)],
)
def test_what_is_no_table_of_answers(right):
    with pytest.raises(ValueError, match="Expected truth values"):
        evaluation.over_seeds(right)
    with pytest.raises(ValueError, match="Expected truth values"):
        evaluation.difference(np.zeros((1, 3), bool), right)


def test_differences_that_cannot_be():
    with pytest.raises(ValueError, match="about 3 images, the second about 4"):
        evaluation.difference(np.zeros((1, 3), bool), np.zeros((1, 4), bool))
