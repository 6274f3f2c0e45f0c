"""What chapter 1 and its pages show, against arithmetic and libraries that they do not use."""

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
PAGES = ("counting", "neighbours", "one-position", "shifted", "people", "summary")


@pytest.fixture(scope="module")
def one(chapter):
    return chapter("chapters/1-why-convolution")


@pytest.fixture(scope="module")
def below(chapter):
    """The pages below the chapter, by name."""
    return {name: chapter(f"chapters/1-why-convolution/{name}") for name in PAGES}


@pytest.fixture(scope="module")
def records(below) -> dict[str, dict]:
    """What the pages recorded: claim to values."""
    outputs = [output for page in below.values() for output in page.outputs]
    kept = [output.data[RECORD] for output in outputs if RECORD in output.get("data", {})]
    return {record["claim"]: record["values"] for record in kept}


@pytest.fixture(scope="module")
def train():
    return data.open_training_sets(profile=profiles.TRIAL)[0]


def shown(page, start: str) -> str:
    """What the first cell whose code begins like this shows or prints."""
    cell = next(
        each for each in page.notebook.cells if each.cell_type == "code" and start in each.source
    )
    return "".join(
        output.get("text", "") or output.get("data", {}).get("text/plain", "")
        for output in cell.outputs
    )


def dense_parameters(side: int) -> int:
    with torch.device("meta"):  # shapes without memory
        network = nn.Sequential(nn.Linear(side * side, 128), nn.ReLU(), nn.Linear(128, 10))
    return sum(parameter.numel() for parameter in network.parameters())


def shifted(digit: np.ndarray) -> np.ndarray:
    return np.pad(digit, ((0, 0), (3, 0)))[:, :28]


def test_the_twenty_digits_are_disputed_and_each_has_its_answer(one):
    answers = f"{one.values['first_row']} {one.values['second_row']}".split()
    assert len(answers) == one.values["disputed"] == 20
    assert {int(answer) for answer in answers} <= set(range(10))
    assert one.values["networks"] >= 5 and one.values["unanimous"] == 0
    assert 0 <= one.values["one_right"] < 20


def test_the_picture_of_the_twenty_digits_does_not_give_the_answers_away(one):
    _, alt = one.figures["fig-twenty"]
    assert not any(character.isdigit() for character in alt.removeprefix("20 "))


def test_twenty_right_out_of_twenty_leave_room_for_errors(below):
    values, z = below["people"].values, 1.959964  # Wilson's lower bound for n of n: n / (n + z²)
    assert values["lowest_plausible"] == pytest.approx(100 * 20 / (20 + z**2), abs=0.01)
    assert values["lucky"] == pytest.approx(12.2, abs=0.05)


def test_parameters_of_dense_networks_are_those_that_pytorch_makes(one, below):
    values = below["counting"].values
    assert values["dense_parameters"] == values["dense_28"] == dense_parameters(28) == 101_770
    assert values["dense_256"] == one.values["dense_256"] == dense_parameters(256)
    assert values["doubling"] == pytest.approx(dense_parameters(256) / dense_parameters(128))
    assert values["megabytes"] == pytest.approx(dense_parameters(256) * 4 / 1e6)
    assert values["kernel_layer"] == one.values["kernel_layer"] == 320


def test_the_picture_of_the_growth_is_described_with_all_four_numbers(below):
    _, alt = below["counting"].figures["fig-growth"]
    assert all(f"{dense_parameters(side):,}" in alt for side in (28, 64, 128, 256))


def test_a_billion_begins_where_the_page_says(below):
    side = below["counting"].values["billion_side"]
    assert dense_parameters(side - 1) < 10**9 <= dense_parameters(side)


def test_the_twin_with_permuted_weights_gives_the_same_answer(below):
    assert shown(below["neighbours"], "permutation = ") == "True"


def test_the_response_is_the_one_of_scipy(one, below, train):
    digit, values = train.images[1].numpy() / 255, below["one-position"].values
    inside = signal.correlate2d(digit, KERNEL, mode="valid")
    _, alt = one.figures["fig-response"]
    assert f"up to {inside.max():.1f}" in alt and f"{inside.size} positions" in alt
    padded = signal.correlate2d(digit, KERNEL, mode="same")
    assert padded[values["row"], values["column"]] == pytest.approx(padded.max(), abs=1e-5)
    assert values["largest"] == pytest.approx(padded.max(), abs=1e-5)


def test_nine_random_weights_become_the_kernel(one):
    _, alt = one.figures["fig-learned-kernel"]
    said = alt.rpartition(": ")[2].rstrip(".").replace("−", "-").split(", ")
    learned = np.array([float(number) for number in said]).reshape(3, 3)
    assert np.abs(learned - KERNEL).max() == pytest.approx(one.values["farthest"], abs=0.006)
    assert one.values["farthest"] < 0.3
    assert one.values["times_smaller"] > 100


def test_two_convolutions_are_one_only_without_relu(one):
    without, with_relu = (
        float(line.split()[-1]) for line in shown(one, "joined = ").strip().splitlines()
    )
    assert without < 1e-4 < 0.1 < with_relu
    assert 5 < one.values["unexplained"] < 100


def test_the_response_moves_along_with_the_digit(one, below):
    assert shown(one, "torch.roll(digit, 3") == "True"
    assert shown(below["shifted"], "after[:, 4:27]") == "True"


def test_a_shifted_digit_is_far_from_itself(below, train):
    digit, values = train.images[1].numpy() / 255, below["shifted"].values
    assert values["label"] == train.labels[1]
    assert values["changed"] == (shifted(digit) != digit).sum()
    others = train.images[train.labels != train.labels[1]].flatten(1).numpy() / 255
    distances = pairwise_distances(digit.reshape(1, -1), others)[0]
    nearer = (distances < np.linalg.norm(shifted(digit) - digit)).sum()
    assert values["others"] == len(others)
    assert values["nearer"] == pytest.approx(nearer, abs=1)
    assert values["nearer_share"] == pytest.approx(100 * nearer / len(others), abs=0.1)
    assert below["summary"].values["nearer_share"] == values["nearer_share"]


def test_claims_stand_on_what_the_text_says(below, records):
    assert set(records) == {"C09", "C23"}
    assert all(claims.verdict(name, values) for name, values in records.items())
    assert 100 * records["C09"]["low"] == pytest.approx(below["people"].values["lowest_plausible"])
    assert records["C23"]["billion_side"] == below["counting"].values["billion_side"]


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
        ("convolve", lambda image, kernel: signal.correlate2d(image, kernel, mode="valid")),
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
        *(
            ("convolve", lambda image, kernel, mode=mode: signal.correlate2d(image, kernel, mode))
            for mode in ("full", "same")
        ),
        ("convolve", lambda image, kernel: signal.convolve2d(image, kernel, mode="valid")),
    ],
)
def test_other_answers_are_not(exercise, answer):
    assert check(exercise, answer).kind == "wrong"


@pytest.mark.parametrize("weights", [SEES_COLUMNS, SOBEL])
def test_turned_kernels_do_what_the_text_asks_for(weights):
    begins, ends = np.array([[0, 0, 4]] * 3), np.array([[4, 0, 0]] * 3)
    assert [(weights * patch).sum() for patch in (begins, ends)] == [12, -12]
    assert [(weights * patch).sum() for patch in (begins.T, ends.T, np.full((3, 3), 4))] == [
        0,
        0,
        0,
    ]
