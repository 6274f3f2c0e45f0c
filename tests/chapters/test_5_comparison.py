"""What chapter 5 shows, against arithmetic and libraries that it does not use."""

import ast
import math
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from bookkit.mime import RECORD
from bookkit.pages import code_of, read_page
from firstcnn import claims, data, evaluation, models, profiles
from scipy import stats
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

PAGE = Path(__file__).parents[2] / "chapters" / "5-comparison.md"
NETWORKS = {
    "dense(128)": models.DenseNetwork,
    "TinyCNN": models.TinyCNN,
    "SimpleCNN": models.SimpleCNN,
    "pooled SimpleCNN": models.PooledSimpleCNN,
    "ComplexCNN": models.ComplexCNN,
}


@pytest.fixture(scope="module")
def five(chapter):
    return chapter("chapters/5-comparison")


@pytest.fixture(scope="module")
def records(five):
    """What the chapter recorded: claim to values."""
    kept = [output["data"][RECORD] for output in five.outputs if RECORD in output.get("data", {})]
    return {record["claim"]: record["values"] for record in kept}


@pytest.fixture(scope="module")
def validation():
    return data.open_training_sets(profile=profiles.QUICK)[1]


def multiply_accumulates(network: type[nn.Module]) -> int:
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network().eval()(torch.zeros(1, 1, 28, 28))
    return counter.get_total_flops() // 2


def shares(alt: str, name: str) -> list[float]:
    """The percentages that an alternative text gives for a name."""
    part = re.search(rf"(?:^|[:;.] ){re.escape(name)}: ([^;]+)", alt)[1]
    return [float(number) for number in re.findall(r"(\d+(?:\.\d+)?)%", part)]


def taught() -> dict[str, type[nn.Module]]:
    """The two networks as the chapter's cells define them."""
    tree = ast.parse(code_of(read_page(PAGE)))
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    names = {"nn": nn, "F": nn.functional, "Tensor": torch.Tensor}
    exec(compile(ast.Module(classes, []), str(PAGE), "exec"), names)
    return {node.name: names[node.name] for node in classes}


def given() -> dict:
    """What the cells before an exercise have made, in small and untrained."""
    frozen = {"dense(128)": models.DenseNetwork().eval()}
    images, order = torch.randn(20, 1, 28, 28), torch.randperm(784)
    lows = {"good and small": 0.985, "lucky": 0.979, "large": 0.99}
    comparison = pd.DataFrame({"name": list(lows), "low": lows.values(), "accuracy": 0.99, "high": 0.999})
    parameters = {"good and small": 100_000, "lucky": 100_000, "large": 300_000}
    return {
        **{"math": math, "pd": pd, "stats": stats, "torch": torch, "nn": nn, "F": nn.functional},
        **{"Tensor": torch.Tensor, "evaluation": evaluation, "models": models, "glue": lambda *kept: None},
        **{"frozen": frozen, "few_images": images, "order": order, "networks": list(lows)},
        "permute": lambda pictures: pictures.flatten(1)[:, order].view_as(pictures),
        "measured": pd.DataFrame({"low": lows}),
        "comparison": comparison.assign(parameters=parameters.values()),
        "parameters": parameters,
    }


def run_exercise(label: str, old: str = "", new: str = "") -> None:
    """Execute an exercise, with another answer in place of its own, and the check below it."""
    cells = [cell for cell in read_page(PAGE).cells if cell.cell_type == "code"]
    index = next(i for i, cell in enumerate(cells) if cell.metadata.get("label") == label)
    names = given()
    assert old in cells[index].source
    exec(cells[index].source.replace(old, new, 1), names)
    exec(cells[index + 1].source, names)


LABELS = ("ex-wilson", "ex-complex-cnn", "ex-choose", "ex-pool-shift", "ex-twin", "ex-calibration")
WRONG = [
    ("ex-wilson", "share * (1 - share) / total", "share * (1 - share)", "an n-th of that"),
    ("ex-wilson", "share * (1 - share) / total", "share / total", "p \\(1 − p\\)"),
    ("ex-complex-cnn", "128 * 3 * 3", "128 * 7 * 7", ""),
    ("ex-complex-cnn", "64, 128", "64, 64", ""),
    ("ex-choose", 'comparison["low"]', 'comparison["accuracy"]', "Which end is safe"),
    ("ex-choose", 'comparison["low"]', 'comparison["high"]', "Which end is safe"),
    ("ex-pool-shift", "[9., 0.]", "[0., 9.]", "Pool that again"),
    ("ex-twin", "[:, order]", "[:, order.argsort()]", "reorder the columns"),
    ("ex-twin", "[:, order]", "", "reorder the columns"),
    ("ex-calibration", "4 / 10 * abs(0.7 - 0.5)", "abs(0.7 - 0.5)", "four of ten"),
    ("ex-calibration", "4 / 10 * abs(0.7 - 0.5)", "4 / 10 * abs(0.7 - 1.0)", "accuracy of 0.5"),
]


@pytest.mark.parametrize("label", LABELS)
def test_the_solution_passes_its_check(label, capsys):
    run_exercise(label)


@pytest.mark.parametrize(("label", "old", "new", "hint"), WRONG)
def test_a_wrong_answer_is_refused_with_a_hint(label, old, new, hint, capsys):
    with pytest.raises((AssertionError, RuntimeError), match=hint or None):
        run_exercise(label, old, new)


def test_the_interval_is_wider_the_fewer_images_there_are(five):
    _, alt = five.figures["fig-intervals"]
    z = 1.96
    for total in (10, 100, 1000, 10_000):
        value, low, high = shares(alt, f"{total * 9 // 10:,} of {total:,}")
        assert value == 90
        for end in (low, high):  # Wilson: the ends are the p from which 0.9 lies z standard deviations away
            p = end / 100
            assert abs(0.9 - p) / np.sqrt(p * (1 - p) / total) == pytest.approx(z, rel=0.01)


def test_at_99_percent_of_10000_images_one_standard_error_is_a_tenth_of_a_point(five):
    assert five.values["standard-error"] == pytest.approx(0.0995, abs=5e-5)
    assert five.values["one-interval"] == pytest.approx(0.195, abs=5e-4)
    assert five.values["difference-interval"] == pytest.approx(0.276, abs=5e-4)


def test_seeds_differ(five):
    assert 0 < five.values["seeds-deviation"] < 5
    assert five.values["seeds-low"] < five.values["seeds-high"]


def test_the_networks_of_the_cells_run_and_are_as_large_as_the_text_says():
    networks = taught()
    sizes = {name: sum(p.numel() for p in network().parameters()) for name, network in networks.items()}
    assert sizes == {"TinyCNN": 114_314, "ComplexCNN": 1_010_666}
    assert all(network()(torch.zeros(2, 1, 28, 28)).shape == (2, 10) for network in networks.values())


def test_the_work_of_the_networks_is_what_pytorch_counts(five):
    work = {name: multiply_accumulates(network) for name, network in NETWORKS.items()}
    assert five.values["work-ratio"] == pytest.approx(work["ComplexCNN"] / work["SimpleCNN"])
    assert five.values["work-complex-dense"] == pytest.approx(work["ComplexCNN"] / work["dense(128)"])
    assert five.values["uses-pooled"] == pytest.approx(work["pooled SimpleCNN"] / 94_410)
    shown = next(o for o in five.outputs if "multiply–accumulates" in o.get("data", {}).get("text/plain", ""))
    assert all(f"{number:,}" in shown.data["text/html"] for number in work.values())


def test_networks_learn_and_their_intervals_hold_the_accuracy(five):
    _, alt = five.figures["fig-comparison"]
    for name, floor in {"dense(128)": 65, "TinyCNN": 85, "SimpleCNN": 88}.items():
        value, low, high = shares(alt, name)
        assert floor < value <= 100
        assert low < value < high
    assert all(re.search(rf"{re.escape(name)} \d+\.\d\d", alt) for name in NETWORKS), "the times"


def test_the_chapter_records_what_its_claims_stand_on(records):
    assert set(records) == {"C03", "C06", "C07", "C10", "C14", "C18", "C19", "C21", "C22", "C27"}
    for claim, values in records.items():
        assert isinstance(claims.verdict(claim, values), bool), "with the values that the checker asks for"
    assert all(claims.verdict(claim, records[claim]) for claim in ("C07", "C19", "C21")), "whatever was trained"


def test_the_chapter_claims_what_it_records_and_that_choices_are_made_before_the_test(records):
    assert set(re.findall(r"\{claim\}`(C\d\d)`", PAGE.read_text(encoding="utf-8"))) == {*records, "C05", "C08", "C25"}


def test_every_verdict_follows_from_its_interval(records):
    differences = [*records["C03"]["differences"]]
    differences += [records["C14"][name] for name in ("dense", "tiny", "simple")]
    differences += [records["C22"][name] for name in ("dense", "convolutional")]
    for row in differences:
        assert row["low"] <= row["difference"] <= row["high"]
        assert row["verdict"] == claims.verdict_of(row["low"], row["high"])


def test_four_networks_are_compared_with_simple_cnn_over_seeds_and_images(five, records):
    readings = {row["case"]: row for row in records["C03"]["networks"]}
    assert list(readings) == list(NETWORKS)
    assert {(row["seeds"], row["images"]) for row in readings.values()} == {(five.values["seeds"], five.values["n"])}
    assert five.values["trainings"] == len(NETWORKS) * five.values["seeds"]
    differences = {row["case"]: row for row in records["C03"]["differences"]}
    assert set(differences) == set(NETWORKS) - {"SimpleCNN"}
    for name, row in differences.items():
        expected = readings[name]["accuracy"] - readings["SimpleCNN"]["accuracy"]
        assert row["difference"] == pytest.approx(expected)
        assert f"{name}: {row['verdict']}" in five.values["verdicts"]
        assert (name in five.values["undecided"]) == (row["verdict"] == "not shown different")


def test_times_are_measured_for_one_image_and_for_many(records):
    timings = records["C10"]["timings"]
    assert {(row["name"], row["images"]) for row in timings} == {(name, size) for name in NETWORKS for size in (1, 256)}
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
    assert records["C06"]["high"] < -0.05


def test_only_digits_that_lose_no_ink_count_against_invariance(five, validation, records):
    ink = validation.images[: five.values["n-shifted"]].numpy().max(axis=1) > 0  # (N, 28)
    assert records["C06"]["intact"] == five.values["intact"] == (~ink[:, -4:].any(axis=1)).sum()


def test_shuffled_pixels_hurt_the_convolution_and_not_the_dense_network(five, records):
    assert five.values["verdict-dense"].startswith("not shown different")
    assert five.values["verdict-tiny"].startswith("lower")
    assert records["C22"]["twin_error"] < 1e-3
    _, alt = five.figures["fig-permuted-accuracy"]
    assert shares(alt, "TinyCNN, permuted")[0] > 50, "much better than guessing, as the discussion says"


def test_batch_norm_takes_the_scale_of_the_input_away(five, records):
    assert five.values["left"] < 0.05 < five.values["before-norm"]
    for short, name in {"dense": "dense(128)", "tiny": "TinyCNN", "simple": "SimpleCNN"}.items():
        assert f"{name}: {records['C14'][short]['verdict']}" in five.values["normalising-verdicts"]


def test_calibration_is_described_as_measured(five):
    values = five.values
    assert (values["lean"] == "less sure than right") == (values["mean-confidence"] < values["right"])
    assert abs(values["mean-confidence"] - values["right"]) <= values["ece"] + 1e-6
    assert 0 < values["chance-low"] < values["chance-high"]
    assert (values["calibration-verdict"] == "more than chance explains") == (values["ece"] > values["chance-high"])
    assert (values["calibration-verdict"].startswith("less")) == (values["ece"] < values["chance-low"])
    assert 10 <= values["nonsense-mean"] <= 100


def test_the_test_set_is_opened_in_one_place_after_all_that_is_chosen():
    code = code_of(read_page(PAGE))
    assert code.count("open_test_set(") == 1
    assert "experiments." not in code[code.index("open_test_set(") :], "nothing is trained afterwards"


def test_the_reported_result_is_a_proportion_of_the_test_images(five):
    values = five.values
    assert values["n-test"] == profiles.QUICK.test
    assert values["result"] == pytest.approx(100 - 100 * values["result-wrong"] / values["n-test"])
    assert 88 < values["result-low"] < values["result"] < values["result-high"] <= 100
    assert 88 < values["recipe-low"] <= values["recipe-result"] <= values["recipe-high"] <= 100
    assert values["worst-recall"] <= values["result"] <= values["best-recall"]


def test_the_recall_of_each_digit_is_measured_on_the_test_images(five, records):
    recalls, labels = records["C27"]["recalls"], data.open_test_set(profile=profiles.QUICK).labels
    found = sum(recall * (labels == digit).sum().item() for digit, recall in enumerate(recalls))
    assert found == pytest.approx(records["C27"]["images"] - records["C27"]["errors"])


def test_disputed_images_are_shown_with_the_labels_of_the_file(five):
    _, alt = five.figures["fig-disputed"]
    labelled = [int(label) for label in re.findall(r"labelled (\d)", alt)]
    assert labelled == data.test_labels()[list(data.DISPUTED_TEST_LABELS)].tolist()
    assert len(labelled) == 15
    assert five.values["disputed-price"].startswith("They are 15 of 10,000")
