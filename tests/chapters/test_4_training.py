"""What chapter 4 measures, against arithmetic, SciPy and its own tables."""

import math
import re
from copy import deepcopy

import numpy as np
import pytest
import torch
from bookkit.book.mime import RECORD
from bs4 import BeautifulSoup
from firstcnn import augment, data, models, profiles, training
from lessons import claims
from lessons.checks import check
from scipy import special, stats
from torch.nn import functional as F


@pytest.fixture(scope="module")
def below(chapter):
    """A function from the name of a page below the chapter to that page."""
    return lambda name: chapter(f"chapters/4-training/{name}")


@pytest.fixture(scope="module")
def four(chapter):
    return chapter("chapters/4-training")


@pytest.fixture(scope="module")
def rates(below):
    return below("learning-rate")


@pytest.fixture(scope="module")
def augmented(below):
    return below("augmentation")


@pytest.fixture(scope="module")
def wrong(below):
    return below("errors")


@pytest.fixture(scope="module")
def inside(below):
    return below("inside")


@pytest.fixture(scope="module")
def records(four, rates, augmented, wrong, inside) -> dict[str, dict]:
    """What the chapter and its pages recorded: claim to values."""
    outputs = [each for page in (four, rates, augmented, wrong, inside) for each in page.outputs]
    kept = [output.data[RECORD] for output in outputs if RECORD in output.get("data", {})]
    return {record["claim"]: record["values"] for record in kept}


@pytest.fixture(scope="module")
def sets():
    return data.open_training_sets(profile=profiles.TRIAL)


def said(page) -> str:
    """What the cells of a page print."""
    return "".join(output.text for output in page.outputs if output.output_type == "stream")


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


def test_softmax_and_cross_entropy_are_those_of_scipy(four):
    _, alt = four.figures["fig-softmax"]
    assert all(f"{probability:.3f}" in alt for probability in special.softmax([3.0, 1.0, 0.0]))
    sure = special.softmax([20.0] + 9 * [0.0])
    assert four.values["sure_twice"] == pytest.approx(-special.log_softmax(sure)[0], abs=1e-5)
    assert four.values["sure_once"] == pytest.approx(0, abs=1e-5)


def test_one_step_goes_downhill_from_the_loss_of_a_guess(four):
    assert four.values["loss_before"] == pytest.approx(math.log(10), abs=0.2)
    assert four.values["loss_after"] < four.values["loss_before"]
    assert 0 < abs(four.values["weight_after"] - four.values["weight_before"]) < 0.01


def test_a_shared_weight_gets_the_sum_of_its_positions(four):
    pixels, rises = np.array([2.0, 0.0, 3.0]), np.array([0.5, 2.0, -1.0])
    assert four.values["shared_gradient"] == f"{pixels @ rises:.0f}".replace("-", "−")


def test_of_a_network_of_zeros_ten_numbers_move(four):
    assert "fc2.bias 10\n" in said(four)


def test_one_batch_is_learned_by_heart(four):
    assert four.values["heart_first"] == pytest.approx(math.log(10), abs=0.2)
    assert four.values["heart_last"] < 0.1


def test_the_students_network_learns_is_kept_and_answers_alike(four, sets):
    images = len(sets[1].labels)
    right = round(four.values["own_reached"] / 100 * images)
    interval = stats.binomtest(right, images).proportion_ci(0.95, method="wilson")
    assert four.values["before_reached"] < 35 < four.values["own_reached"]
    assert four.values["own_interval"] == f"{100 * interval.low:.2f} to {100 * interval.high:.2f}"
    assert four.values["errors"] == images - right
    assert four.values["own_steps"] == 2 * math.ceil(profiles.TRIAL.train / 64)
    assert "the same answers: True" in said(four)


def test_the_students_network_can_be_shown_on_the_pad_of_the_page(four):
    shown = [output.data.get("text/html", "") for output in four.outputs if "data" in output]
    (offered,) = [html for html in shown if "exported-network" in html]
    assert 'download="my-first-cnn.onnx"' in offered
    cells = [cell.source for cell in four.notebook.cells]
    assert any("{page-part} drawing-pad" in source for source in cells)


def test_torchvision_draws_once_for_a_batch(augmented):
    assert "8 copies: 1 version from torchvision, 8 from Affine" in said(augmented)


def test_padding_is_normalised_black(augmented, sets):
    pixels = sets[0].images.numpy() / 255
    black = -pixels.mean() / pixels.std()
    assert augmented.values["black"] == f"{black:.2f}".replace("-", "−")


def test_the_recipe_reaches_far_more_than_a_guess(four, sets):
    images = len(sets[1].labels)
    right = round(four.values["reached"] / 100 * images)
    interval = stats.binomtest(right, images).proportion_ci(0.95, method="wilson")
    assert four.values["validation_images"] == images
    assert four.values["reached"] > 35
    expected = f"{100 * interval.low:.2f} to {100 * interval.high:.2f}"
    assert four.values["reached_interval"] == expected


def test_steps_are_those_of_the_profile(four, rates):
    batches = math.ceil(profiles.TRIAL.train / profiles.TRIAL.batch_size)
    assert four.values["steps"] == rates.values["steps"] == batches * profiles.TRIAL.epochs
    assert rates.values["lecture_steps"] == 3 * 938


def test_taking_dropout_and_augmentation_away_raises_the_training_accuracy(rates, four):
    values = rates.values
    assert values["running"] == pytest.approx(four.values["running"])
    assert values["reached"] == pytest.approx(four.values["reached"])
    assert values["running"] < values["plain"]
    assert values["dropped"] <= values["moved"] + 1 <= values["plain"] + 2
    assert values["gap"] == pytest.approx(values["plain"] - values["reached"])


def test_the_verdict_on_the_gap_follows_from_its_interval(rates):
    low, high = (float(end) for end in rates.values["gap_interval"].replace("−", "-").split(" to "))
    assert low < rates.values["gap"] < high
    expected = "above 0" if low > 0 else "below 0" if high < 0 else "holds 0"
    assert expected in rates.values["gap_verdict"]


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


def test_the_learning_rate_was_measured(rates, records):
    found = {row["learning_rate"]: row for row in records["C02"]["rates"]}
    assert {0.0001, 0.0005, 0.001, 0.005, 0.01} < set(found)
    assert {(row["seeds"], row["images"]) for row in found.values()} == {
        (2, profiles.TRIAL.validation)
    }
    assert all(row["low"] <= row["accuracy"] <= row["high"] for row in found.values())
    best, worst = float(rates.values["best_rate"]), float(rates.values["worst_rate"])
    assert (best, worst) == (records["C02"]["best"], records["C02"]["worst"])
    assert found[best]["accuracy"] == max(row["accuracy"] for row in found.values()) > 0.5
    assert rates.values["best_lead"] == pytest.approx(
        100 * (found[best]["accuracy"] - found[worst]["accuracy"])
    )
    low, high = ends(rates.values["best_lead_interval"])
    assert low <= rates.values["best_lead"] <= high


def test_the_rates_are_compared_with_the_best(rates):
    compared = table(rates, "minus the best (points)")
    verdicts = {
        rate: verdict
        for rate, verdict in zip(compared[""], compared["verdict"], strict=True)
        if verdict
    }
    assert verdicts.pop(rates.values["best_rate"]) == "the best"
    open_rates = [rate for rate, verdict in verdicts.items() if verdict == "not shown different"]
    assert (
        f": {', '.join(open_rates)}. " if open_rates else "is shown to be lower"
    ) in rates.values["undecided"]


def test_the_flat_end_is_that_of_the_schedule(records):
    assert records["C26"]["final_rate"] < 1e-6 < records["C26"]["peak_rate"] <= 0.003


def test_augmentation_is_judged_on_every_kind_of_digit(augmented, records):
    sets = ["clean", "rotated", "shifted", "scaled", "noisy"]
    judged = table(augmented, "clean")
    assert [name for name in judged if name in sets] == sets
    assert all(len(judged[name]) >= 6 for name in sets)
    assert [row["judged_on"] for row in records["C05"]["effects"]] == sets
    assert [row["judged_on"] for row in records["C05"]["own"]] == sets[1:]


@pytest.mark.parametrize(
    "effect", ["own_rotation", "own_translation", "own_scaling", "own_noise", "all_clean"]
)
def test_what_is_said_of_augmentation_follows_from_its_interval(augmented, effect):
    told = augmented.values[effect]
    low, high = ends(told)
    expected = (
        "it helped" if low > 0 else "it harmed" if high < 0 else "neither help nor harm is shown"
    )
    assert told.endswith(expected)


def test_a_six_on_its_head_is_asked_about(augmented, sets, records):
    assert augmented.values["sixes"] == (sets[1].labels == 6).sum() == records["C20"]["sixes"]
    assert 0 <= augmented.values["six_upright"] < augmented.values["six_upside_down"] <= 100
    assert records["C20"]["warped_first"] == pytest.approx(records["C20"]["black"], abs=1e-4)
    shown = table(augmented, "180°")["180°"]
    assert f"{augmented.values['six_upside_down']:.1f}%" in shown


def test_confusions_are_counted_over_several_networks(wrong, records):
    counted = table(wrong, "together")
    parts = [counts(counted[name]) for name in counted if name.startswith(("SimpleCNN", "TinyCNN"))]
    assert len(parts) == 1 + wrong.values["tiny_seeds"]
    assert counts(counted["together"]) == [sum(row) for row in zip(*parts, strict=True)]
    pairs = records["C25"]["pairs"]
    assert len({frozenset(digits) for *digits, _ in pairs}) == 45
    assert pairs[0][2] == wrong.values["most_confused_count"] == counts(counted["together"])[0]
    place = {tuple(digits): place for place, (*digits, _) in enumerate(pairs, 1)}
    assert wrong.values["four_nine_rank"] == place[4, 9]


def test_the_report_counts_every_validation_image(wrong, sets):
    report = table(wrong, "recall")
    support = counts(report["support"])[:10]
    assert support == np.bincount(sets[1].labels.numpy()).tolist()
    found = [round(float(recall) * n) for recall, n in zip(report["recall"], support, strict=False)]
    assert sum(found) == len(sets[1].labels) - wrong.values["errors"]


def test_the_measure_of_edges_is_tested_before_it_is_used(inside, records):
    values = inside.values
    assert values["hits"] >= 18 and 20 <= values["alarms"] <= 80 and values["noisy"] > 85
    found = re.search(r"threshold ([\d.]+); above it (\d+) of 20 known, (\d+) of", said(inside))
    assert [int(count) for count in found.groups()[1:]] == [values["hits"], values["alarms"]]
    assert values["random_median"] < float(found[1]) < values["known_median"]
    assert records["C11"]["hits"] == values["hits"]
    assert records["C11"]["false_alarms"] == pytest.approx(values["alarms"] / 1000)


def test_trained_filters_are_compared_with_random_ones_and_with_what_they_were(inside, records):
    values = inside.values
    found = re.search(r"threshold: (\d+) of 32 before training, (\d+) after", said(inside))
    assert [int(count) for count in found.groups()] == [
        values["found_before"],
        values["found_after"],
    ]
    assert records["C11"]["found"] == values["found_after"] and records["C11"]["filters"] == 32
    low, high = ends(values["moved_interval"])
    assert low <= float(values["moved"].replace("−", "-")) <= high
    expected = "by a small step" if low > 0 else "away from" if high < 0 else "is not shown"
    assert values["moved_verdict"].endswith(
        f"{expected} detectors." if high < 0 else f"{expected}."
    )
    assert records["C11"]["networks"] == values["moved_networks"] == 2
    assert -1 <= values["similarity_low"] <= values["similarity"] <= 1
    assert values["similarity"] > 0.87 > 0.5 > values["unrelated"]


def test_the_untrained_network_knows_nothing_and_its_maps_something(four, inside):
    assert four.values["chance"] < 35 < inside.values["nearest_untrained"]
    assert inside.values["nearest_trained"] > 35


def test_a_covered_digit_is_less_of_itself(below):
    values = below("occlusion").values
    assert 0 < values["changed"] <= values["asked"]
    found = re.search(
        r"probability of a 3: ([\d.]+), covered at worst ([\d.]+)", said(below("occlusion"))
    )
    whole, covered = map(float, found.groups())
    assert 0 <= covered < whole <= 1


def test_the_first_checks_of_a_network_find_nothing_wrong_with_it(below):
    assert "without gradient: []" in said(below("debugging"))


def test_a_loop_in_the_wrong_order_learns_nothing_and_the_right_one_does(below):
    found = re.findall(r"first step ([\d.]+), before the last ([\d.]+)", said(below("debugging")))
    (start, same), (_, end) = [tuple(map(float, pair)) for pair in found]
    assert same == pytest.approx(start, abs=1e-3) and end < start / 2


def defined(page, *names):
    """The functions of these names that the cells of a chapter define."""
    cells = [cell.source for cell in page.notebook.cells if cell.cell_type == "code"]
    sources = [source for name in names for source in cells if f"def {name}(" in source]
    known = {"torch": torch, "F": F, "check": lambda *_: None}
    for source in sources:
        exec(source, known)
    return [known[name] for name in names]


def trained_by(epoch, model, batches):
    """The losses of one epoch and the network after it."""
    torch.manual_seed(0)
    losses = epoch(model, batches, torch.optim.Adam(model.parameters(), lr=0.001))
    return losses, model


def test_the_loop_that_is_taught_trains_as_that_of_the_package(four):
    train_epoch, evaluate = defined(four, "train_epoch", "evaluate")
    draw = torch.Generator().manual_seed(1)
    images, labels = torch.randn(40, 1, 28, 28, generator=draw), torch.arange(40) % 10
    batches = list(zip(images.split(16), labels.split(16), strict=True))
    torch.manual_seed(3)
    network = models.TinyCNN()
    own, mine = trained_by(train_epoch, deepcopy(network), batches)
    (taught, _), theirs = trained_by(training.train_epoch, deepcopy(network), batches)
    assert own == taught
    assert evaluate(mine, batches) == pytest.approx(training.evaluate(theirs, images, labels))


def other_epoch(model, batches, optimizer):
    """One epoch, written in another way: gradients are forgotten at the end, losses are a
    tensor.
    """
    losses, place = [], next(model.parameters())
    for images, labels in batches:
        loss = F.cross_entropy(model.train()(images.to(place)), labels.to(place.device))
        loss.backward()
        optimizer.step()
        model.zero_grad(set_to_none=False)
        losses.append(loss.detach())
    return torch.stack(losses)


def last_loss(*arguments):
    losses = other_epoch(*arguments)
    return losses[-1:].expand(len(losses))


def first_batch_only(model, batches, *arguments):
    return other_epoch(model, list(batches)[:1], *arguments)


def twice(model, batches, *arguments):
    return other_epoch(model, [batch for batch in batches for _ in range(2)], *arguments)


def mode_of_the_end(model, batches, *arguments):
    result = other_epoch(model, batches, *arguments)
    model.eval()
    return result


def other_evaluate(model, loader):
    """The same evaluation with all logits together, in inference mode, the mode restored."""
    was_training = model.training
    with torch.inference_mode():
        there = next(model.parameters()).device
        batches = ((images.to(there), labels.to(there)) for images, labels in loader)
        answered = [(model.eval()(images), labels) for images, labels in batches]
    model.train(was_training)
    logits, labels = (torch.cat(part) for part in zip(*answered, strict=True))
    return F.cross_entropy(logits, labels), (logits.argmax(dim=1) == labels).double().mean()


def mean_of_means(model, loader):
    results = [other_evaluate(model, [batch]) for batch in loader]
    return tuple(
        torch.stack([torch.as_tensor(r[k]).double() for r in results]).mean() for k in range(2)
    )


PROBABILITIES = special.softmax([3.0, 1.0, 0.0])
BLACK = -0.42
TURNED, MOVED = augment.Affine(rotation=10, fill=BLACK), augment.Affine(translation=0.1, fill=BLACK)
RIGHT = [
    ("cross-entropy", (PROBABILITIES, -math.log(PROBABILITIES[1]))),
    ("cross-entropy", [PROBABILITIES.tolist(), np.float32(2.1698)]),
    ("one-step", lambda before, after, rate: (torch.tensor(after) - before) / np.float64(-rate)),
    ("three-steps", torch.tensor(0.5)),
    ("train-epoch", other_epoch),
    ("evaluate", other_evaluate),
    ("loop-order", other_epoch),
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
    ("one-step", lambda before, after, rate: abs(before - after) / rate),
    ("train-epoch", last_loss),
    ("train-epoch", first_batch_only),
    ("train-epoch", twice),
    ("train-epoch", mode_of_the_end),
    ("train-epoch", lambda *arguments: other_epoch(*arguments).mean()),
    ("evaluate", mean_of_means),
    ("evaluate", lambda *arguments: other_evaluate(*arguments)[::-1]),
    ("loop-order", first_batch_only),
    ("loop-order", twice),
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


def test_sum_and_mean_differ_in_one_step_as_the_exercise_says(below):
    assert below("debugging").values["longer_SGD"] == pytest.approx(64, rel=0.02)
    assert below("debugging").values["longer_Adam"] == pytest.approx(1, abs=0.5)


def test_patient_9_and_its_suspects_look_alike(below):
    values = below("ward-data").values
    for name in ("9", "fast", "started"):
        assert values[f"end_{name}"] < 5 and values[f"right_{name}"] < 50
