"""Evaluation, on cases small enough for paper."""

import math

import numpy as np
import pandas as pd
import pytest
import torch
from firstcnn import evaluation
from hypothesis import given, settings
from hypothesis import strategies as st
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
LOGITS = torch.log(torch.tensor(PROBABILITIES) + 1e-9) + 3  # a constant does not change probabilities


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
    half = z / (1 + z * z / total) * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    return middle - half, middle + half


@settings(deadline=None)
@given(st.integers(1, 20_000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
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
    report = evaluation.classification_report(LOGITS[[0, 1, 2, 4]], LABELS[[0, 1, 2, 4]])  # recalls 1, 1, 0
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
    assert found.to_dict("list") == {"true": [2, 0, 1, 2], "predicted": [0, 2, 0, 1], "errors": [5, 3, 1, 1]}
    assert len(evaluation.most_confused_pairs(confusion, count=2)) == 2


def test_no_confusion():
    found = evaluation.most_confused_pairs(np.diag([3, 4]))
    assert list(found.columns) == ["true", "predicted", "errors"]
    assert found.empty


def test_most_confident_errors():
    assert evaluation.most_confident_errors(LOGITS, LABELS).tolist() == [5, 3, 4]  # 0.95, 0.9, 0.8
    assert evaluation.most_confident_errors(LOGITS, LABELS, count=1).tolist() == [5]
    assert evaluation.most_confident_errors(LOGITS[:3], LABELS[:3]).tolist() == []


def test_very_confident_errors_keep_their_order():
    logits = torch.tensor([[20.0, 0.0], [30.0, 0.0], [25.0, 0.0]])  # all 1.0 in float32
    assert evaluation.most_confident_errors(logits, torch.ones(3, dtype=torch.int64)).tolist() == [1, 2, 0]


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
    two = pd.DataFrame({"confidence": [0.3, np.nan, 0.8], "accuracy": [0.5, np.nan, 0.7], "count": [1, 0, 3]})
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
