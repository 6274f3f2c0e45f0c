"""What chapter 5 shows, against arithmetic and libraries that it does not use."""

import itertools
import math
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from bookkit.book.mime import COST, RECORD
from bookkit.book.pages import read_page
from firstcnn import data, models, profiles
from firstcnn.statistics import verdict_of
from lessons import claims
from lessons.checks import check
from scipy import stats
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from whole_chapter import as_one, page_code

CHAPTERS = Path(__file__).parents[2] / "chapters"
PAGE = CHAPTERS / "5-comparison.md"
BELOW = sorted((CHAPTERS / "5-comparison").glob("*.md"))
PAGES = [PAGE, *BELOW]
LEARNED = 35  # per cent: far more than a guess, with a few hundred images to learn from
NETWORKS = {
    "dense(128)": models.DenseNetwork,
    "TinyCNN": models.TinyCNN,
    "SimpleCNN": models.SimpleCNN,
    "pooled SimpleCNN": models.PooledSimpleCNN,
    "ComplexCNN": models.ComplexCNN,
}


@pytest.fixture(scope="module")
def five(chapter):
    return as_one(chapter, PAGES)


@pytest.fixture(scope="module")
def epochs(chapter):
    return chapter("chapters/5-comparison/epochs")


@pytest.fixture(scope="module")
def records(five):
    """What the chapter recorded: claim to values."""
    kept = [output["data"][RECORD] for output in five.outputs if RECORD in output.get("data", {})]
    return {record["claim"]: record["values"] for record in kept}


@pytest.fixture(scope="module")
def validation():
    return data.open_training_sets(profile=profiles.TRIAL)[1]


def multiply_accumulates(network: type[nn.Module]) -> int:
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network().eval()(torch.zeros(1, 1, 28, 28))
    return counter.get_total_flops() // 2


def shares(alt: str, name: str) -> list[float]:
    """The percentages that an alternative text gives for a name."""
    part = re.search(rf"(?:^|[:;.] ){re.escape(name)}: ([^;]+)", alt)[1]
    return [float(number) for number in re.findall(r"(\d+(?:\.\d+)?)%", part)]


def taught() -> dict[str, nn.Module]:
    """The two networks as the chapter's cells make them."""
    names = {"nn": nn, "check": lambda id, answer: None}
    for cell in read_page(PAGE).cells:
        if cell.is_code and ("tiny_cnn =" in cell.source or "def complex_cnn" in cell.source):
            exec(cell.source, names)
    return {"TinyCNN": names["tiny_cnn"], "ComplexCNN": names["complex_cnn"]()}


def solution(label: str, *changes: tuple[str, str]):
    """What an exercise hands to its check, with changes to its code; the last statement is the
    check.
    """
    cells = [
        cell
        for page in PAGES
        for cell in read_page(page).cells
        if cell.metadata.get("label") == f"ex-{label}"
    ]
    *code, _ = cells[0].source.rstrip().rsplit("\n", 1)
    for old, new in changes:
        assert old in code[0], old
        code[0] = code[0].replace(old, new)
    names = {
        "math": math,
        "np": np,
        "pd": pd,
        "torch": torch,
        "nn": nn,
        "F": nn.functional,
        "models": models,
    }
    names |= {"Tensor": torch.Tensor, "stats": stats}
    before = set(names)
    exec(code[0], names)
    return [value for name, value in names.items() if name not in before and callable(value)][-1]


OF_A_SHARE, TABLE = "share * (1 - share) / total", "table[rows][:, columns]"
LOW, SMALL, COLUMNS = (
    'table["low"] >= 0.98',
    'table["parameters"] <= 2_000_000',
    "dense.fc1.weight[:, order]",
)
AS_GOOD = [
    ("wilson", OF_A_SHARE, "count * (total - count) / total**3"),
    ("wilson", OF_A_SHARE, "torch.tensor((share - share**2) / total)"),
    ("wilson", "float = 1.96", "float = stats.norm.ppf(0.975)"),
    ("draw", TABLE, "table[:, columns][rows]"),
    ("draw", TABLE, "table[np.ix_(rows, columns)]"),
    ("draw", TABLE, "table[rows[:, None], columns]"),
    ("draw", TABLE, "torch.tensor(table)[rows][:, columns].double()"),
    ("draw", "generator.integers(images, size=images)", "generator.choice(images, images)"),
    ("complex-cnn", "padding=1", 'padding="same"'),
    ("complex-cnn", "nn.MaxPool2d(2)", "nn.Sequential(nn.Identity(), nn.MaxPool2d(2))"),
    ("complex-cnn", "nn.Linear(128 * 3 * 3, 512)", "nn.LazyLinear(512)"),
    ("complex-cnn", "second, nn.ReLU(), nn.MaxPool2d(2)", "second, nn.MaxPool2d(2), nn.ReLU()"),
    ("complex-cnn", "nn.Dropout(0.25)", "nn.Dropout(p=1 / 4)"),
    ("choose", LOW, "~(table.low < 0.98)"),
    ("choose", ".tolist()", ""),
    ("choose", ".tolist()", ".to_numpy()"),
    ("twin", COLUMNS, "dense.fc1.weight.index_select(1, order)"),
    ("twin", COLUMNS, "dense.fc1.weight.double().T[order].T"),
    ("twin", COLUMNS, "twin.fc1.weight[:, order.tolist()]"),
]
CHANGED = [
    ("wilson", OF_A_SHARE, "share * (1 + share) / total"),
    ("wilson", OF_A_SHARE, "share * (1 - share) / (total + 1)"),
    ("wilson", OF_A_SHARE, "share - (1 - share) / total"),
    ("wilson", OF_A_SHARE, "0.25 / total"),
    ("wilson", "float = 1.96", "float = 2"),
    ("wilson", "middle - half", "middle + half"),
    ("draw", TABLE, "table[rows][:, rows % images]"),
    ("draw", TABLE, "table[rows][:, columns[1:]]"),
    ("draw", TABLE, "~table[rows][:, columns]"),
    ("draw", "generator.integers(images, size=images)", "generator.permutation(images)"),
    ("draw", "generator.integers(count, size=count)", "np.arange(count)"),
    ("draw", "generator.integers(count, size=count)", "generator.integers(count - 1, size=count)"),
    ("complex-cnn", "nn.Dropout(0.25)", "nn.Dropout(0.5)"),
    ("complex-cnn", "nn.MaxPool2d(2)", "nn.AvgPool2d(2)"),
    ("complex-cnn", "first, nn.ReLU(), second", "first, second"),
    ("complex-cnn", "nn.Linear(256, 10)", "nn.Linear(256, 10), nn.Softmax(dim=1)"),
    ("complex-cnn", "kernel_size=3, padding=1", "kernel_size=5, padding=2"),
    ("complex-cnn", "nn.Linear(512, 256)", "nn.Linear(512, 256, bias=False)"),
    ("complex-cnn", "nn.Linear(256, 10)", "nn.Linear(256, 11)"),
    ("complex-cnn", "nn.MaxPool2d(2)", "nn.BatchNorm2d(channels_out), nn.MaxPool2d(2)"),
    (
        "complex-cnn",
        "block(64, 128), nn.Flatten()",
        "block(64, 128), nn.Dropout(0.1), nn.Flatten()",
    ),
    ("choose", LOW, 'table["low"] > 0.98'),
    ("choose", LOW, 'table["low"] >= 0.99'),
    ("choose", LOW, '(table["low"] + table["accuracy"]) / 2 >= 0.98'),
    ("choose", SMALL, 'table["parameters"] < 2_000_000'),
    ("choose", SMALL, 'table["low"] > 0'),
    ("choose", "good_enough & small_enough", "good_enough | small_enough"),
    ("twin", COLUMNS, "dense.fc1.weight.flip(1)"),
    ("twin", COLUMNS, "dense.fc1.weight[:, order.flip(0)]"),
    ("twin", COLUMNS, "dense.fc1.weight[:, order - 1]"),
    ("twin", COLUMNS, "-dense.fc1.weight[:, order]"),
    ("twin", "twin.load_state_dict(dense.state_dict())", "twin.eval()"),
    ("twin", "twin = models.DenseNetwork()", "twin = dense"),
]


@pytest.mark.parametrize(("label", "old", "new"), AS_GOOD)
def test_another_way_to_the_same_answer_is_right(label, old, new):
    assert check(label, solution(label, (old, new)))


@pytest.mark.parametrize(("label", "old", "new"), CHANGED)
def test_a_changed_solution_is_not_right(label, old, new):
    assert not check(label, solution(label, (old, new)))


@pytest.mark.parametrize(
    ("label", "answer"),
    [
        ("pool-shift", (9, 0)),
        ("pool-shift", torch.tensor([[9, 0]])),
        ("pool-shift", pd.Series([9.0, 0.0])),
        ("calibration", np.float32(0.032)),
        ("calibration", torch.tensor([0.032])),
        ("paired", ["Higher", "not shown different."]),
    ],
)
def test_an_answer_may_be_of_another_type(label, answer):
    assert check(label, answer)


@pytest.mark.parametrize("answer", [[9, 1], [8, 0], [9, 0, 0], [-9, 0], 9, [math.nan, 0]])
def test_other_numbers_are_not_what_pooling_leaves(answer):
    assert not check("pool-shift", answer)


@pytest.mark.parametrize("answer", [0.1, 0.12, 11, 0.05, -0.11])
def test_other_numbers_are_not_the_calibration_error(answer):
    assert not check("calibration", answer)


def test_a_prediction_has_one_right_answer_of_nine():
    said = ("higher", "lower", "not shown different")
    assert [pair for pair in itertools.product(said, said) if check("paired", pair)] == [
        ("higher", "not shown different")
    ]


def test_a_check_leaves_the_network_as_it_was():
    model = models.ComplexCNN()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    assert check("complex-cnn", model) and model.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_the_interval_is_wider_the_fewer_images_there_are(five):
    _, alt = five.figures["fig-intervals"]
    z = 1.96
    for total in (10, 100, 1000, 10_000):
        value, low, high = shares(alt, f"{total * 9 // 10:,} of {total:,}")
        assert value == 90
        for end in (
            low,
            high,
        ):  # Wilson: the ends are the p from which 0.9 lies z standard deviations away
            p = end / 100
            assert abs(0.9 - p) / np.sqrt(p * (1 - p) / total) == pytest.approx(z, rel=0.01)


def test_at_99_percent_of_10000_images_one_standard_error_is_a_tenth_of_a_point(five):
    assert five.values["standard-error"] == pytest.approx(0.0995, abs=5e-5)
    assert five.values["one-interval"] == pytest.approx(0.195, abs=5e-4)
    assert five.values["difference-interval"] == pytest.approx(0.276, abs=5e-4)


def test_seeds_differ(five):
    assert 0 < five.values["seeds-deviation"] < 25
    assert five.values["seeds-low"] < five.values["seeds-high"]


def test_the_networks_of_the_cells_are_those_of_the_package():
    images = torch.randn(3, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    for name, own in taught().items():
        reference = NETWORKS[name]().eval()
        values = dict(zip(reference.state_dict(), own.state_dict().values(), strict=True))
        reference.load_state_dict(values)
        assert torch.equal(own.eval()(images), reference(images)), name


def test_the_work_of_the_networks_is_what_pytorch_counts(five):
    work = {name: multiply_accumulates(network) for name, network in NETWORKS.items()}
    assert five.values["work-ratio"] == pytest.approx(work["ComplexCNN"] / work["SimpleCNN"])
    assert five.values["work-complex-dense"] == pytest.approx(
        work["ComplexCNN"] / work["dense(128)"]
    )
    assert five.values["uses-pooled"] == pytest.approx(work["pooled SimpleCNN"] / 94_410)
    shown = next(
        o for o in five.outputs if "multiply–accumulates" in o.get("data", {}).get("text/plain", "")
    )
    assert all(f"{number:,}" in shown.data["text/html"] for number in work.values())


def test_networks_learn_and_their_intervals_hold_the_accuracy(five):
    _, alt = five.figures["fig-comparison"]
    for name in ("dense(128)", "TinyCNN", "SimpleCNN"):
        value, low, high = shares(alt, name)
        assert LEARNED < value <= 100
        assert low < value < high
    assert all(re.search(rf"{re.escape(name)} \d+\.\d\d", alt) for name in NETWORKS), "the times"


def test_the_chapter_records_what_its_claims_stand_on(records):
    assert set(records) == {"C03", "C06", "C07", "C10", "C14", "C18", "C19", "C21", "C22", "C27"}
    for claim, values in records.items():
        assert isinstance(claims.verdict(claim, values), bool), (
            "with the values that the checker asks for"
        )
    assert all(claims.verdict(claim, records[claim]) for claim in ("C19", "C21")), (
        "whatever was trained"
    )


def test_the_chapter_claims_what_it_records_and_that_choices_are_made_before_the_test(records):
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert set(re.findall(r"\{claim\}`(C\d\d)`", text)) == {
        *records,
        "C05",
        "C08",
        "C25",
    }


def test_every_verdict_follows_from_its_interval(records):
    differences = [*records["C03"]["differences"]]
    differences += [records["C14"][name] for name in ("dense", "tiny", "simple")]
    differences += [records["C22"][name] for name in ("dense", "convolutional")]
    for row in differences:
        assert row["low"] <= row["difference"] <= row["high"]
        assert row["verdict"] == verdict_of(row["low"], row["high"])


def test_four_networks_are_compared_with_simple_cnn_over_seeds_and_images(five, records):
    readings = {row["case"]: row for row in records["C03"]["networks"]}
    assert list(readings) == list(NETWORKS)
    assert {row["images"] for row in readings.values()} == {five.values["n"]}
    assert {row["seeds"] for row in readings.values()} == {2}, "in a preview"
    assert five.values["seeds-told"] == "2 of each"
    differences = {row["case"]: row for row in records["C03"]["differences"]}
    assert set(differences) == set(NETWORKS) - {"SimpleCNN"}
    for name, row in differences.items():
        expected = readings[name]["accuracy"] - readings["SimpleCNN"]["accuracy"]
        assert row["difference"] == pytest.approx(expected)
        assert f"{name}: {row['verdict']}" in five.figures["fig-differences"][1]
        assert (name in five.values["undecided"]) == (row["verdict"] == "not shown different")


def test_five_networks_are_compared_after_every_number_of_epochs(epochs):
    _, alt = epochs.figures["fig-epochs"]
    for name in NETWORKS:
        for budget in (1, 2):
            value, low, high = shares(alt, f"{name} after {budget}")
            assert low <= value <= high
    assert epochs.values["curve-trainings"] == 2 * (4 * 2 + 1), "two seeds, one of ComplexCNN"
    assert epochs.values["one-seed"].startswith("2 of the 10 points rest on one seed")
    for order in ("first-order", "last-order"):
        assert sorted(epochs.values[order].split(", ")) == sorted(NETWORKS)


def test_each_network_but_simple_cnn_has_a_verdict_with_every_number_of_epochs(epochs):
    told = f"{epochs.values['same-verdict']}; {epochs.values['other-verdict']}"
    verdicts = dict(each.split(": ") for each in told.split("; ") if each != "none")
    assert set(verdicts) == set(NETWORKS) - {"SimpleCNN"}
    said = {"higher", "lower", "not shown different"}
    assert {word for each in verdicts.values() for word in each.split(", then ")} <= said


def test_what_the_chapter_has_trained_is_not_trained_again_for_more_epochs(chapter, epochs):
    core, longer = (
        {
            (network["case"], network["seed"]): network["network"]
            for output in page.outputs
            for comparison in output.get("data", {}).get(COST, ())
            for network in comparison["networks"]
        }
        for page in (chapter("chapters/5-comparison"), epochs)
    )
    for name in NETWORKS:  # in a preview the images are the same
        assert longer[f"{name} for 1", 0] == core[name, 0]
        assert longer[f"{name} for 2", 0] not in core.values()


def test_times_are_measured_for_one_image_and_for_many(records):
    timings = records["C10"]["timings"]
    assert {(row["name"], row["images"]) for row in timings} == {
        (name, size) for name in NETWORKS for size in (1, 256)
    }
    assert all(row["milliseconds"] > 0 for row in timings)
    assert (records["C10"]["threads"], records["C10"]["warm_up"]) == (1, 2)


def test_digits_are_cropped_from_where_the_first_percent_of_them_is(five, validation):
    ink = validation.images.numpy().max(axis=1) > 0  # (N, 28)
    margins = np.array([row[::-1].argmax() for row in ink])
    cropped = [100 * (margins < shift).mean() for shift in range(11)]
    begins = five.values["crop-begins"]
    assert cropped[begins - 1] < 1 <= cropped[begins] == pytest.approx(five.values["crop-share"])
    assert f"A line at {begins} pixels" in five.figures["fig-shifted"][1]


def test_networks_that_never_saw_a_shift_lose_by_it(five, records):
    for figure in ("fig-shifted", "fig-untaught"):
        curves = {name: shares(five.figures[figure][1], name) for name in list(NETWORKS)[:4]}
        assert {len(accuracy) for accuracy in curves.values()} == {7}
    for name in ("dense(128)", "TinyCNN"):
        assert curves[name][4] < curves[name][0] - 10, "four pixels to the right"
    assert records["C06"]["low"] < -0.1


def test_only_digits_that_lose_no_ink_count_against_invariance(five, validation, records):
    ink = validation.images[: five.values["n-shifted"]].numpy().max(axis=1) > 0  # (N, 28)
    assert records["C06"]["intact"] == five.values["intact"] == (~ink[:, -4:].any(axis=1)).sum()


def test_shuffled_pixels_hurt_the_convolution_and_not_the_dense_network(five, records):
    assert five.values["verdict-dense"].startswith("not shown different")
    lost = records["C22"]["convolutional"]["difference"], records["C22"]["dense"]["difference"]
    assert lost[0] < -0.1 and lost[0] < lost[1] - 0.1, "two seeds of each show no verdict"
    assert records["C22"]["twin_error"] < 1e-3
    _, alt = five.figures["fig-permuted-accuracy"]
    assert shares(alt, "TinyCNN, permuted")[0] > LEARNED, (
        "much better than guessing, as the discussion says"
    )


def test_batch_norm_takes_the_scale_of_the_input_away(five, records):
    said = "".join(output.get("text", "") for output in five.outputs)
    before, after = re.search(r"([\d.]+) before, ([\d.]+) behind batch norm", said).groups()
    assert float(after) < 0.05 < float(before)
    for short, name in {"dense": "dense(128)", "tiny": "TinyCNN", "simple": "SimpleCNN"}.items():
        assert f"{name}: {records['C14'][short]['verdict']}" in five.values["normalising-verdicts"]


def test_calibration_is_described_as_measured(five):
    values = five.values
    assert (values["lean"] == "less sure than right") == (
        values["mean-confidence"] < values["right"]
    )
    assert abs(values["mean-confidence"] - values["right"]) <= values["ece"] + 1e-6
    assert 0 < values["chance-low"] < values["chance-high"]
    assert (values["calibration-verdict"] == "more than chance explains") == (
        values["ece"] > values["chance-high"]
    )
    assert (values["calibration-verdict"].startswith("less")) == (
        values["ece"] < values["chance-low"]
    )
    assert 10 <= values["nonsense-mean"] <= 100


def test_the_test_set_is_opened_once_in_class_after_all_that_is_chosen():
    code = read_page(PAGE).code
    assert code.count("open_test_set(") == 1
    assert "experiments." not in code[code.index("open_test_set(") :], (
        "nothing is trained afterwards"
    )


def test_afterwards_one_page_looks_at_the_test_set_again_and_trains_nothing_new():
    opened = {page.stem: page_code(page) for page in BELOW if "open_test_set(" in page_code(page)}
    assert set(opened) == {"labels"}
    assert "experiments." in opened["labels"].partition("open_test_set(")[0]
    assert ".sweep(" not in opened["labels"].partition("open_test_set(")[2]
    assert "experiments.networks" not in opened["labels"].partition("open_test_set(")[2]


def test_the_reported_result_is_a_proportion_of_the_test_images(five):
    values = five.values
    assert values["n-test"] == profiles.TRIAL.test
    assert values["result"] == pytest.approx(100 - 100 * values["result-wrong"] / values["n-test"])
    assert LEARNED < values["result-low"] < values["result"] < values["result-high"] <= 100
    assert 0 <= values["recipe-low"] <= values["recipe-result"] <= values["recipe-high"] <= 100
    assert values["recipe-result"] > LEARNED
    assert values["worst-recall"] <= values["result"] <= values["best-recall"]


def test_the_recall_of_each_digit_is_measured_on_the_test_images(five, records):
    recalls, labels = records["C27"]["recalls"], data.open_test_set(profile=profiles.TRIAL).labels
    found = sum(recall * (labels == digit).sum().item() for digit, recall in enumerate(recalls))
    assert found == pytest.approx(records["C27"]["images"] - records["C27"]["errors"])


def test_disputed_images_are_shown_with_the_labels_of_the_file(five):
    _, alt = five.figures["fig-disputed"]
    labelled = [int(label) for label in re.findall(r"labelled (\d)", alt)]
    assert labelled == data.test_labels()[list(data.DISPUTED_TEST_LABELS)].tolist()
    assert len(labelled) == 15
    assert five.values["disputed-cost"].startswith("They are 15 of 10,000")
