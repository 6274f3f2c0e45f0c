"""What chapter 4 measures, against arithmetic, SciPy and its own tables."""

import math
import re

import numpy as np
import pytest
import torch
from bookkit.book.mime import RECORD
from bs4 import BeautifulSoup
from firstcnn import augment, data, profiles
from lessons import claims
from lessons.checks import check
from scipy import special, stats
from torch.nn import functional as F


@pytest.fixture(scope="module")
def four(chapter):
    return chapter("chapters/4-training")


@pytest.fixture(scope="module")
def records(four) -> dict[str, dict]:
    """What the chapter recorded: claim to values."""
    kept = [output.data[RECORD] for output in four.outputs if RECORD in output.get("data", {})]
    return {record["claim"]: record["values"] for record in kept}


@pytest.fixture(scope="module")
def sets():
    return data.open_training_sets(profile=profiles.TRIAL)


@pytest.fixture(scope="module")
def said(four) -> str:
    return "".join(output.text for output in four.outputs if output.output_type == "stream")


def table(chapter, column: str) -> dict[str, tuple[str, ...]]:
    """The table among the chapter's outputs that has a column of this name: columns as they are
    read.
    """
    pages = (
        output.data["text/html"]
        for output in chapter.outputs
        if "text/html" in output.get("data", {})
    )
    for page in (page for page in pages if "<table" in page):
        rows = BeautifulSoup(page, "html.parser").find_all("tr")
        header, *body = [
            [cell.get_text(strip=True) for cell in row.find_all(["th", "td"])] for row in rows
        ]
        if column in header:
            return dict(zip(header, zip(*body, strict=True), strict=True))
    raise AssertionError(f"The chapter shows no table with a column {column!r}.")


def counts(cells: tuple[str, ...]) -> list[int]:
    return [int(cell.replace(",", "")) for cell in cells]


def test_cross_entropy_is_what_scipy_makes_of_the_logits(four, said):
    logits = np.array([3.0, 1.0, 0.0])
    assert f"{[f'{price:.4f}' for price in -special.log_softmax(logits)]}" in said
    _, alt = four.figures["fig-softmax"]
    assert all(f"{probability:.3f}" in alt for probability in special.softmax(logits))


def test_softmax_twice_leaves_a_price_that_cannot_be_paid_off(said):
    sure = special.softmax([20.0] + 9 * [0.0])
    assert f"with softmax before: {-special.log_softmax(sure)[0]:.4f}" in said


def test_one_step_goes_downhill_from_the_price_of_a_guess(four):
    assert four.values["loss_before"] == pytest.approx(math.log(10), abs=0.15)
    assert four.values["loss_after"] < four.values["loss_before"]
    assert 0 < abs(four.values["weight_after"] - four.values["weight_before"]) < 0.01


def test_torchvision_draws_once_for_a_batch(said):
    assert "8 copies: 1 version from torchvision, 8 from Affine" in said


def test_padding_is_normalised_black(four, sets):
    pixels = sets[0].images.numpy() / 255
    black = -pixels.mean() / pixels.std()
    assert four.values["black"] == f"{black:.2f}".replace("-", "−")


def test_the_network_reaches_far_more_than_a_guess(four, sets):
    images = len(sets[1].labels)
    right = round(four.values["reached"] / 100 * images)
    interval = stats.binomtest(right, images).proportion_ci(0.95, method="wilson")
    assert four.values["validation_images"] == images
    assert four.values["reached"] > 35
    assert four.values["reached_low"] == pytest.approx(100 * interval.low)
    assert four.values["reached_high"] == pytest.approx(100 * interval.high)
    assert four.values["errors"] == images - right


def test_steps_are_those_of_the_profile(four):
    batches = math.ceil(profiles.TRIAL.train / profiles.TRIAL.batch_size)
    assert four.values["steps"] == batches * profiles.TRIAL.epochs
    assert four.values["lecture_steps"] == 3 * 938


def test_the_summary_has_a_row_for_each_epoch(four):
    summary = table(four, "validation accuracy")
    assert counts(summary["epoch"]) == list(range(1, profiles.TRIAL.epochs + 1))
    assert summary["validation accuracy"][-1] == f"{four.values['reached']:.2f}%"
    assert summary["train accuracy"][-1] == f"{four.values['running']:.2f}%"


def test_taking_dropout_and_augmentation_away_raises_the_training_accuracy(four):
    assert four.values["running"] < four.values["plain"]
    assert four.values["dropped"] <= four.values["moved"] + 1 <= four.values["plain"] + 2
    assert four.values["gap"] == pytest.approx(four.values["plain"] - four.values["reached"])


def test_the_verdict_on_the_gap_follows_from_its_interval(four):
    low, high = (float(end) for end in four.values["gap_interval"].replace("−", "-").split(" to "))
    assert low < four.values["gap"] < high
    expected = "above 0" if low > 0 else "below 0" if high < 0 else "holds 0"
    assert expected in four.values["gap_verdict"]


def ends(text: str) -> tuple[float, float]:
    """The two ends of an interval as the text writes it."""
    low, high = re.search(r"([+−]\d+\.\d+) to ([+−]\d+\.\d+)", text).groups()
    return float(low.replace("−", "-")), float(high.replace("−", "-"))


def test_every_claim_of_the_chapter_is_recorded_as_its_checker_asks(records):
    assert set(records) == {"C02", "C04", "C05", "C11", "C12", "C20", "C25", "C26"}
    for name, values in records.items():
        claims.verdict(
            name, values
        )  # raises if a value is missing; of a preview its judgement is not asked


def test_claims_that_a_preview_can_bear_out_are_borne_out(records):
    assert all(claims.verdict(name, records[name]) for name in ("C04", "C11", "C26"))
    assert claims.verdict("C25", records["C25"] | {"seeds": 3})


def test_the_learning_rate_was_measured(four, records):
    rates = {row["learning_rate"]: row for row in records["C02"]["rates"]}
    assert {0.0001, 0.0005, 0.001, 0.005, 0.01} < set(rates)
    assert {(row["seeds"], row["images"]) for row in rates.values()} == {
        (2, profiles.TRIAL.validation)
    }
    assert all(row["low"] <= row["accuracy"] <= row["high"] for row in rates.values())
    best, worst = float(four.values["best_rate"]), float(four.values["worst_rate"])
    assert (best, worst) == (records["C02"]["best"], records["C02"]["worst"])
    assert rates[best]["accuracy"] == max(row["accuracy"] for row in rates.values()) > 0.5
    assert four.values["best_lead"] == pytest.approx(
        100 * (rates[best]["accuracy"] - rates[worst]["accuracy"])
    )
    low, high = ends(four.values["best_lead_interval"])
    assert low <= four.values["best_lead"] <= high


def test_the_rates_are_compared_with_the_best(four):
    compared = table(four, "minus the best (points)")
    verdicts = {
        rate: verdict
        for rate, verdict in zip(compared[""], compared["verdict"], strict=True)
        if verdict
    }
    assert verdicts.pop(four.values["best_rate"]) == "the best"
    open_rates = [rate for rate, verdict in verdicts.items() if verdict == "not shown different"]
    assert (
        f": {', '.join(open_rates)}. " if open_rates else "is shown to be lower"
    ) in four.values["undecided"]


def test_the_flat_end_is_that_of_the_schedule(records):
    assert records["C26"]["final_rate"] < 1e-6 < records["C26"]["peak_rate"] <= 0.003


def test_augmentation_is_judged_on_every_kind_of_digit(four, records):
    sets = ["clean", "rotated", "shifted", "scaled", "noisy"]
    judged = table(four, "clean")
    assert [name for name in judged if name in sets] == sets
    assert all(len(judged[name]) >= 6 for name in sets)
    assert [row["judged_on"] for row in records["C05"]["effects"]] == sets
    assert [row["judged_on"] for row in records["C05"]["own"]] == sets[1:]


@pytest.mark.parametrize(
    "effect", ["own_rotation", "own_translation", "own_scaling", "own_noise", "all_clean"]
)
def test_what_is_said_of_augmentation_follows_from_its_interval(four, effect):
    told = four.values[effect]
    low, high = ends(told)
    expected = (
        "it helped" if low > 0 else "it harmed" if high < 0 else "neither help nor harm is shown"
    )
    assert told.endswith(expected)


def test_a_six_on_its_head_is_asked_about(four, sets, records):
    assert four.values["sixes"] == (sets[1].labels == 6).sum() == records["C20"]["sixes"]
    assert 0 <= four.values["six_upright"] < four.values["six_upside_down"] <= 100
    assert records["C20"]["warped_first"] == pytest.approx(records["C20"]["black"], abs=1e-4)
    shown = table(four, "180°")["180°"]
    assert f"{four.values['six_upside_down']:.1f}%" in shown


def test_confusions_are_counted_over_several_networks(four, records):
    counted = table(four, "together")
    parts = [counts(counted[name]) for name in counted if name.startswith(("SimpleCNN", "TinyCNN"))]
    assert len(parts) == 1 + four.values["tiny_seeds"]
    assert counts(counted["together"]) == [sum(row) for row in zip(*parts, strict=True)]
    pairs = records["C25"]["pairs"]
    assert len({frozenset(digits) for *digits, _ in pairs}) == 45
    assert pairs[0][2] == four.values["most_confused_count"] == counts(counted["together"])[0]
    place = {tuple(digits): place for place, (*digits, _) in enumerate(pairs, 1)}
    assert four.values["four_nine_rank"] == place[4, 9]


def test_the_pairs_are_errors_and_come_in_order(four):
    pairs = table(four, "errors")
    errors = counts(pairs["errors"])
    assert all(true != said for true, said in zip(pairs["true"], pairs["predicted"], strict=True))
    assert errors == sorted(errors, reverse=True)
    assert sum(errors) <= four.values["errors"]


def test_the_report_counts_every_validation_image(four, sets):
    report = table(four, "recall")
    support = counts(report["support"])[:10]
    assert support == np.bincount(sets[1].labels.numpy()).tolist()
    found = [round(float(recall) * n) for recall, n in zip(report["recall"], support, strict=False)]
    assert sum(found) == len(sets[1].labels) - four.values["errors"]


def test_filters_are_compared_with_chance(four):
    assert four.values["edge_chance"] == pytest.approx(100 * 2 / 9)
    assert 0 <= four.values["edge_before"] <= 100 and 0 <= four.values["edge_after"] <= 100
    assert -1 <= four.values["similarity_low"] <= four.values["similarity"] <= 1
    assert four.values["similarity"] > 0.5, "before and after belong to the same filter"


def test_the_untrained_network_knows_nothing_and_its_maps_something(four):
    assert four.values["chance"] < 35 < four.values["nearest_untrained"]
    assert four.values["nearest_trained"] > 35


def other_epoch(model, batches, optimizer, loss_function=F.cross_entropy):
    """One epoch, written in another way: gradients are forgotten at the end, losses are a
    tensor.
    """
    losses, right = [], []
    for images, labels in batches:
        logits = model.train()(images)
        loss = loss_function(logits, labels)
        loss.backward()
        optimizer.step()
        model.zero_grad(set_to_none=False)
        losses.append(loss.detach())
        right += (logits.max(dim=1).indices == labels).tolist()
    return torch.stack(losses), np.mean(right)


def last_loss(*arguments):
    losses, accuracy = other_epoch(*arguments)
    return losses[-1:].expand(len(losses)), accuracy


def share_of_batches(*arguments):
    losses, accuracy = other_epoch(*arguments)
    return losses, accuracy / len(losses)


def first_batch_only(model, batches, *arguments):
    return other_epoch(model, list(batches)[:1], *arguments)


def twice(model, batches, *arguments):
    return other_epoch(model, [batch for batch in batches for _ in range(2)], *arguments)


def mode_of_the_end(model, batches, *arguments):
    result = other_epoch(model, batches, *arguments)
    model.eval()
    return result


def other_evaluate(model, images, labels, batch_size=1000):
    """The same evaluation with all logits together, in inference mode."""
    was_training = model.training
    with torch.inference_mode():
        logits = torch.cat([model.eval()(part) for part in images.split(batch_size)])
    model.train(was_training)
    return F.cross_entropy(logits, labels), (logits.argmax(dim=1) == labels).double().mean()


def left_in_evaluation(model, *arguments):
    result = other_evaluate(model, *arguments)
    model.eval()
    return result


def mean_of_means(model, images, labels, batch_size=1000):
    parts = zip(images.split(batch_size), labels.split(batch_size), strict=True)
    results = [other_evaluate(model, *part) for part in parts]
    return tuple(
        torch.stack([torch.as_tensor(r[k]).double() for r in results]).mean() for k in range(2)
    )


def losses_only(train):
    return lambda model, batches, optimizer: train(model, batches, optimizer)[0]


PROBABILITIES = special.softmax([3.0, 1.0, 0.0])
BLACK = -0.42
TURNED, MOVED = augment.Affine(rotation=10, fill=BLACK), augment.Affine(translation=0.1, fill=BLACK)
RIGHT = [
    ("cross-entropy", (PROBABILITIES, -math.log(PROBABILITIES[1]))),
    ("cross-entropy", [PROBABILITIES.tolist(), np.float32(2.1698)]),
    ("one-step", lambda before, rate, slope: torch.tensor(before) + rate * np.float64(-slope)),
    ("three-steps", torch.tensor(0.5)),
    ("train-epoch", other_epoch),
    ("evaluate", other_evaluate),
    ("loop-order", losses_only(other_epoch)),
    ("sum-or-mean", 64.0),
    ("augmentation", (augment.Chain((TURNED, MOVED)), BLACK)),
    ("augmentation", (augment.Affine(10.0, 0.1, fill=-0.42001), torch.tensor(BLACK))),
    ("stop-epoch", np.int64(4)),
    ("recall", lambda confusion, digit: confusion.diagonal()[digit] / confusion.sum(axis=1)[digit]),
    (
        "recall",
        lambda confusion, digit: torch.tensor(confusion)[digit, digit] / sum(confusion[digit]),
    ),
]
NOT_RIGHT = [
    ("cross-entropy", (PROBABILITIES, math.log(3))),
    ("one-step", lambda before, rate, slope: before + rate * abs(slope)),
    ("train-epoch", last_loss),
    ("train-epoch", share_of_batches),
    ("train-epoch", first_batch_only),
    ("train-epoch", twice),
    ("train-epoch", mode_of_the_end),
    ("train-epoch", losses_only(other_epoch)),
    ("evaluate", left_in_evaluation),
    ("evaluate", mean_of_means),
    ("evaluate", lambda *arguments: other_evaluate(*arguments)[::-1]),
    ("loop-order", losses_only(first_batch_only)),
    ("loop-order", losses_only(twice)),
    ("augmentation", (TURNED, BLACK)),
    ("augmentation", (augment.Affine(10, 0.1, scaling=0.1, fill=BLACK), BLACK)),
    ("augmentation", (augment.Affine(11, 0.1, fill=BLACK), BLACK)),
    ("augmentation", (lambda images: images, BLACK)),
    ("recall", lambda confusion, digit: confusion[8, 8] / confusion[8].sum()),
    ("recall", lambda confusion, digit: 1.0),
]


@pytest.mark.parametrize(("exercise", "answer"), RIGHT)
def test_a_right_answer_of_another_kind_is_right(exercise, answer):
    assert check(exercise, answer)


@pytest.mark.parametrize(("exercise", "answer"), NOT_RIGHT)
def test_a_wrong_answer_that_nobody_listed_is_not_right(exercise, answer):
    assert check(exercise, answer).kind == "wrong"


def test_sum_and_mean_differ_in_one_step_as_the_exercise_says(four):
    assert four.values["longer_SGD"] == pytest.approx(64, rel=0.02)
    assert four.values["longer_Adam"] == pytest.approx(1, abs=0.5)
