"""What chapter 1 shows, against arithmetic and libraries that it does not use."""

import numpy as np
import pytest
import torch
from bookkit.book.mime import RECORD
from firstcnn import data, profiles
from lessons import claims
from lessons.checks import check
from scipy import signal
from sklearn.metrics import pairwise_distances
from torch import nn

KERNEL = np.array([[-1, -1, -1], [0, 0, 0], [1, 1, 1]])


@pytest.fixture(scope="module")
def one(chapter):
    return chapter("chapters/1-why-convolution")


@pytest.fixture(scope="module")
def records(one) -> dict[str, dict]:
    """What the chapter recorded: claim to values."""
    kept = [output.data[RECORD] for output in one.outputs if RECORD in output.get("data", {})]
    return {record["claim"]: record["values"] for record in kept}


@pytest.fixture(scope="module")
def train():
    return data.open_training_sets(profile=profiles.TRIAL)[0]


def dense_parameters(side: int) -> int:
    with torch.device("meta"):  # shapes without memory
        network = nn.Sequential(nn.Linear(side * side, 128), nn.ReLU(), nn.Linear(128, 10))
    return sum(parameter.numel() for parameter in network.parameters())


def shifted(digit: np.ndarray) -> np.ndarray:
    return np.pad(digit, ((0, 0), (3, 0)))[:, :28]


def test_the_twenty_digits_are_the_first_of_the_training_set(one, train):
    answers = f"{one.values['first_row']} {one.values['second_row']}".split()
    assert [int(answer) for answer in answers] == train.labels[:20].tolist()


def test_the_picture_of_the_twenty_digits_does_not_give_the_answers_away(one):
    _, alt = one.figures["fig-twenty"]
    assert not any(character.isdigit() for character in alt.removeprefix("20 "))


def test_twenty_right_out_of_twenty_leave_room_for_errors(one):
    z = 1.959964  # Wilson's lower bound for n of n is n / (n + z²)
    assert one.values["lowest_plausible"] == pytest.approx(100 * 20 / (20 + z**2), abs=0.01)
    assert one.values["lucky"] == pytest.approx(12.2, abs=0.05)


def test_parameters_of_dense_networks_are_those_that_pytorch_makes(one):
    assert one.values["dense_parameters"] == dense_parameters(28) == 101_770
    assert one.values["dense_28"] == dense_parameters(28)
    assert one.values["dense_256"] == dense_parameters(256)
    assert one.values["doubling"] == pytest.approx(dense_parameters(256) / dense_parameters(128))
    assert one.values["megabytes"] == pytest.approx(dense_parameters(256) * 4 / 1e6)


def test_the_picture_of_the_growth_is_described_with_all_four_numbers(one):
    _, alt = one.figures["fig-growth"]
    assert all(f"{dense_parameters(side):,}" in alt for side in (28, 64, 128, 256))


def test_a_billion_begins_where_the_chapter_says(one):
    side = one.values["billion_side"]
    assert dense_parameters(side - 1) < 10**9 <= dense_parameters(side)


def test_the_window_answers_what_scipy_answers(one, train):
    answers = signal.correlate2d(train.images[1].numpy() / 255, KERNEL, mode="same")
    place = one.values["row"], one.values["column"]
    assert answers[place] == pytest.approx(answers.max(), abs=1e-5)
    assert one.values["largest"] == pytest.approx(answers.max(), abs=1e-5)


def test_a_shifted_digit_is_far_from_itself(one, train):
    digit = train.images[1].numpy() / 255
    assert one.values["label"] == train.labels[1]
    assert one.values["changed"] == (shifted(digit) != digit).sum()
    others = train.images[train.labels != train.labels[1]].flatten(1).numpy() / 255
    distances = pairwise_distances(digit.reshape(1, -1), others)[0]
    nearer = (distances < np.linalg.norm(shifted(digit) - digit)).sum()
    assert one.values["others"] == len(others)
    assert one.values["nearer"] == pytest.approx(nearer, abs=1)
    assert one.values["nearer_share"] == pytest.approx(100 * nearer / len(others), abs=0.1)


def test_claims_stand_on_what_the_text_says(one, records):
    assert set(records) == {"C09", "C23"}
    assert all(claims.verdict(name, values) for name, values in records.items())
    assert 100 * records["C09"]["low"] == pytest.approx(one.values["lowest_plausible"])
    assert records["C23"]["billion_side"] == one.values["billion_side"]


SEES_COLUMNS = np.array([[-1, 0, 1]] * 3)
SOBEL = 0.75 * np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
MILLIONS_AT_512 = dense_parameters(512) / 1e6


@pytest.mark.parametrize(
    ("exercise", "answer"),
    [
        ("dense-parameters", dense_parameters(28)),
        ("dense-parameters", np.float32(dense_parameters(28))),
        ("dense-parameters", torch.tensor([dense_parameters(28)])),
        ("side-doubles", 2 * 28 * 2 * 28 / (28 * 28)),
        ("side-doubles", torch.tensor(4)),
        ("one-mark-further", MILLIONS_AT_512),
        ("one-mark-further", round(MILLIONS_AT_512, 1)),
        ("one-mark-further", np.float64(33.6)),
        (
            "window-by-hand",
            (torch.tensor([[4.0], [4.0], [0.0]]).repeat(1, 3) * torch.tensor(KERNEL)).sum(),
        ),
        ("window-by-hand", signal.correlate2d([[4] * 3, [4] * 3, [0] * 3], KERNEL, mode="valid")),
        ("turned-window", SEES_COLUMNS),
        ("turned-window", torch.tensor(KERNEL, dtype=torch.float16).T),
        ("turned-window", torch.tensor(SEES_COLUMNS)[None, None]),
        ("turned-window", SOBEL.tolist()),
    ],
)
def test_right_answers_are_right_in_any_form(exercise, answer):
    assert check(exercise, answer).kind == "right"


@pytest.mark.parametrize(
    ("exercise", "answer"),
    [
        *(("dense-parameters", dense_parameters(28) + off) for off in (-1, 1, 0.5)),
        *(("side-doubles", answer) for answer in (3, 5, 4.01, "4", True, (2, 2))),
        *(("one-mark-further", answer) for answer in (32.5, 34.5, 8.39, 4)),
        *(("window-by-hand", answer) for answer in (-11, -13, np.full((3, 3), -12))),
        *(("turned-window", SEES_COLUMNS + change) for change in np.eye(9).reshape(9, 3, 3)),
        ("turned-window", SOBEL / 0.75),
        ("turned-window", SEES_COLUMNS[:2]),
    ],
)
def test_other_answers_are_not(exercise, answer):
    assert check(exercise, answer).kind == "wrong"


@pytest.mark.parametrize("weights", [SEES_COLUMNS, SOBEL])
def test_turned_windows_do_what_the_text_asks_for(weights):
    begins, ends = np.array([[0, 0, 4]] * 3), np.array([[4, 0, 0]] * 3)
    assert [(weights * patch).sum() for patch in (begins, ends)] == [12, -12]
    assert [(weights * patch).sum() for patch in (begins.T, ends.T, np.full((3, 3), 4))] == [
        0,
        0,
        0,
    ]
