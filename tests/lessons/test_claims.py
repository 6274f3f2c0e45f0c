"""Every checker on the results of a full build, and on the same results with one thing
falsified.
"""

import inspect
import json
from pathlib import Path

import pytest
from firstcnn.statistics import verdict_of
from lessons import claims

RESULTS = json.loads(
    Path(__file__).with_name("results-of-a-full-build.json").read_text(encoding="utf-8")
)
TRUE = {name: record["values"] for name, record in RESULTS.items()}
VERDICTS = ("higher", "lower", "not shown different")


def difference(value: float, low: float, high: float, **more) -> dict:
    return {
        "difference": value,
        "low": low,
        "high": high,
        "verdict": verdict_of(low, high),
        **more,
    }


def unlike(verdict: str) -> str:
    """Another verdict."""
    return next(other for other in VERDICTS if other != verdict)


def misjudged(row: dict) -> dict:
    """A difference under a verdict that its interval does not give."""
    return row | {"verdict": unlike(row["verdict"])}


def first(rows: list, **changes) -> list:
    """The same rows with changes in the first."""
    return [rows[0] | changes, *rows[1:]]


def on(effects: list, digits: str, row: dict) -> list:
    """The same effects with another one for some digits."""
    return [
        row | {"judged_on": digits} if effect["judged_on"] == digits else effect
        for effect in effects
    ]


NIL = difference(0.0, -0.001, 0.001)

# What must not pass: for each claim the changes, each a function from the true record to the values
# that are falsified.
FALSE = {
    "C01": [
        lambda r: {"simple": r["dense"]},
        lambda r: {"dense": r["simple"]},
        lambda r: {"pooled": r["dense"]},
        lambda r: {"fc1_share": 0.5},
        lambda r: {"convolution_share": 0.5},
    ],
    "C02": [
        lambda r: {"rates": r["rates"][:4]},
        lambda r: {"rates": first(r["rates"], seeds=1)},
        lambda r: {"rates": first(r["rates"], low=r["rates"][0]["accuracy"] + 0.01)},
        lambda r: {"best": r["worst"]},
        lambda r: {"worst": r["best"]},
        lambda r: {"low": -0.001},
        lambda r: {"high": -0.001},
    ],
    "C03": [
        lambda r: {"networks": first(r["networks"], seeds=1)},
        lambda r: {"networks": first(r["networks"], high=0.0)},
        lambda r: {"networks": r["networks"][:1]},
        lambda r: {"differences": [misjudged(r["differences"][0]), *r["differences"][1:]]},
        lambda r: {"differences": r["differences"][:1]},
        lambda r: {"not_shown_different": [*r["not_shown_different"], "one more"]},
        lambda r: {
            "differences": [row | NIL for row in r["differences"]],
            "not_shown_different": [row["case"] for row in r["differences"]],
        },
    ],
    "C04": [
        lambda r: {"running": 1.0},
        lambda r: {"plain": 0.5},
        lambda r: {"images": 20},
        lambda r: {"validation": 0.5},
        lambda r: {"low": 0.5},
        lambda r: {"high": -0.5},
        lambda r: {"says": unlike(r["says"])},
    ],
    "C05": [
        lambda r: {"seeds": 1},
        lambda r: {"effects": r["effects"][1:]},
        lambda r: {"effects": [misjudged(r["effects"][0]), *r["effects"][1:]]},
        lambda r: {"effects": on(r["effects"], "shifted", difference(0.01, -0.01, 0.03))},
        lambda r: {"effects": on(r["effects"], "clean", difference(0.5, -0.01, 0.03))},
        lambda r: {"own": r["own"][1:]},
        lambda r: {"own": [misjudged(r["own"][0]), *r["own"][1:]]},
        lambda r: {"own": on(r["own"], "shifted", difference(0.01, -0.01, 0.03))},
        lambda r: {"own": r["own"][1:]},
        lambda r: {"own": [misjudged(r["own"][0]), *r["own"][1:]]},
        lambda r: {"own": on(r["own"], "shifted", difference(0.01, -0.01, 0.03))},
    ],
    "C06": [
        lambda r: {"convolution_error": 0.3},
        lambda r: {"pixels": 0},
        lambda r: {"intact": 3},
        lambda r: {"low": 0.1},
        lambda r: {"high": 0.01},
    ],
    "C07": [
        lambda r: {"logit_sum": 1.0},
        lambda r: {"softmax_sum": r["logit_sum"]},
        lambda r: {"calibration_error": -0.1},
        lambda r: {"chance_low": 0.9},
        lambda r: {"chance_high": -0.1},
        lambda r: {"chance_low": 0.0, "chance_high": 0.5, "says": "not shown different"},
        lambda r: {"says": unlike(r["says"])},
        lambda r: {"nonsense": 0.1},
    ],
    "C08": [
        lambda r: {"train": r["validation"]},
        lambda r: {"validation": r["train"]},
        lambda r: {"mean_score": r["best_score"]},
        lambda r: {"best_score": r["mean_score"]},
        lambda r: {"again_score": r["best_score"]},
    ],
    "C09": [lambda r: {"right": 19}, lambda r: {"total": 21}, lambda r: {"low": 0.99}],
    "C10": [
        lambda r: {"timings": [row for row in r["timings"] if row["images"] == 1]},
        lambda r: {"timings": first(r["timings"], milliseconds=0.0)},
        lambda r: {"timings": first(r["timings"], spread=-1.0)},
        lambda r: {"warm_up": 0},
        lambda r: {"threads": 0},
        lambda r: {"work_ratio": 50.0, "time_ratios": [50.0, 60.0]},
    ],
    "C11": [
        lambda r: {"hits": 17},
        lambda r: {"known": 40},
        lambda r: {"filters": 2 * r["found"]},
        lambda r: {"false_alarms": 0.2},
        lambda r: {"false_alarms": 0.0},
        lambda r: {"found": r["filters"] // 2},
        lambda r: {"found": r["filters"]},
        lambda r: {"networks": 1},
        lambda r: {"moved": r["high"] + 0.1},
        lambda r: {"low": -0.1},
        lambda r: {"high": -0.1},
        lambda r: {"says": unlike(r["says"])},
        lambda r: {"similarity": r["unrelated"]},
        lambda r: {"similarity": 0.8},
        lambda r: {"similarity": -1.0},
        lambda r: {"unrelated": 0.99},
    ],
    "C12": [
        lambda r: {"guess": 0.9},
        lambda r: {"untrained_low": 0.05},
        lambda r: {"untrained_high": r["trained_high"]},
        lambda r: {"trained_low": r["untrained_low"]},
        lambda r: {"trained_high": 1.1},
    ],
    "C13": [
        lambda r: {"batch_norms": r["batch_norms"] | {"SimpleCNN": 0}},
        lambda r: {"batch_norms": r["batch_norms"] | {"TinyCNN": 2}},
        lambda r: {"seeds": 1},
        lambda r: {"low": r["high"] + 0.1},
        lambda r: {"high": r["low"] - 0.1},
        lambda r: {"low": -0.2, "high": 0.2, "says": "not shown different"},
        lambda r: {"says": unlike(r["says"])},
    ],
    "C14": [
        lambda r: {"seeds": 1},
        lambda r: {"simple": misjudged(r["simple"])},
        lambda r: {"simple": difference(0.9, 0.8, 1.0)},
        lambda r: {"dense": misjudged(r["dense"])},
        lambda r: {"tiny": misjudged(r["tiny"])},
    ],
    "C15": [
        lambda r: {"parameters": [10 * r["parameters"][0], *r["parameters"][1:]]},
        lambda r: {"lengths": [r["lengths"][0] / 100, *r["lengths"][1:]]},
    ],
    "C16": [
        lambda r: {"images": 1},
        lambda r: {"pixels": 784},
        lambda r: {"black": 0.0},
        lambda r: {"black_least": r["black_greatest"]},
        lambda r: {"black_greatest": r["black_least"]},
    ],
    "C17": [
        lambda r: {"fewest": r["most"]},
        lambda r: {"most": 10 * r["fewest"]},
        lambda r: {"majority_accuracy": 0.5},
    ],
    "C18": [
        lambda r: {"accuracy": 0.98},
        lambda r: {"images": 1000},
        lambda r: {"standard_error": 0.1},
        lambda r: {"one": r["standard_error"]},
        lambda r: {"difference": r["one"]},
        lambda r: {"seeds": 1},
        lambda r: {"seeds_deviation": 0.0},
    ],
    "C19": [
        lambda r: {"disputed": 5},
        lambda r: {"images": 10**6},
        lambda r: {"agreed": r["disputed"] + 1},
        lambda r: {"says": "not known"},
    ],
    "C20": [
        lambda r: {"black": 0.0},
        lambda r: {"warped_first": 0.0},
        lambda r: {"normalised_first": r["black"]},
        lambda r: {"sixes": 3},
        lambda r: {"as_written": r["upside_down"]},
        lambda r: {"upside_down": r["as_written"]},
    ],
    "C21": [
        lambda r: {"simple": r["complex"]},
        lambda r: {"complex": r["simple"]},
        lambda r: {"tiny": r["complex"]},
        lambda r: {"simple_work": r["complex_work"]},
        lambda r: {"complex_work": r["simple_work"]},
        lambda r: {"batch_norms": r["batch_norms"] | {"ComplexCNN": 6}},
        lambda r: {"batch_norms": r["batch_norms"] | {"SimpleCNN": 0}},
    ],
    "C22": [
        lambda r: {"seeds": 1},
        lambda r: {"dense": difference(-0.05, -0.06, -0.04)},
        lambda r: {"dense": misjudged(r["dense"])},
        lambda r: {"convolutional": difference(0.0, -0.01, 0.01)},
        lambda r: {"convolutional": misjudged(r["convolutional"])},
        lambda r: {"twin_error": 1.0},
    ],
    "C23": [
        lambda r: {"at_28": 100_480},
        lambda r: {"at_256": 10**9},
        lambda r: {"billion_side": r["billion_side"] - 1},
        lambda r: {"billion_side": r["billion_side"] + 1},
        lambda r: {"window_layer": 288},
    ],
    "C24": [
        lambda r: {"images": 1},
        lambda r: {"longer_side_is_20": 0.5},
        lambda r: {"centres": [5.0, *r["centres"][1:]]},
        lambda r: {"slant": [-5.0, 5.0]},
        lambda r: {"stroke": [2.0, 2.1]},
    ],
    "C25": [
        lambda r: {"networks": 1},
        lambda r: {"seeds": 1},
        lambda r: {"pairs": r["pairs"][::-1]},
        lambda r: {"named": [r["pairs"][0][:2]], "found": []},
        lambda r: {"first": 0, "found": [r["pairs"][0][:2]]},
        lambda r: {"found": [*r["found"], [0, 10]]},
    ],
    "C26": [
        lambda r: {"peak_rate": r["final_rate"]},
        lambda r: {"final_rate": r["peak_rate"]},
        lambda r: {"best": r["other"], "low": 0.1, "high": 0.2, "says": "higher"},
        lambda r: {"other": 0.002},
        lambda r: {"low": r["high"] + 0.1},
        lambda r: {"high": r["low"] - 0.1},
        lambda r: {"says": unlike(r["says"])},
    ],
    "C27": [
        lambda r: {"images": 100},
        lambda r: {"errors": r["errors"] + 1},
        lambda r: {"accuracy": 0.5},
        lambda r: {"low": r["high"]},
        lambda r: {"high": r["low"]},
        lambda r: {"recalls": r["recalls"][:9]},
        lambda r: {"recalls": [0.1] * 10},
    ],
}


def reversed_(row: dict) -> dict:
    """A difference with its sign turned."""
    turned = difference(-row["difference"], -row["high"], -row["low"])
    return row | turned


def alike(rates: list) -> list:
    """The same rates, all of them as good as the first."""
    same = ("accuracy", "low", "high")
    return [row | {name: rates[0][name] for name in same} for row in rates]


# Of each claim about an effect: the same measurement where there is none, and where it is reversed.
NO_EFFECT = {
    "C02": (
        lambda r: {"rates": alike(r["rates"]), "low": -0.002, "high": 0.002},
        lambda r: {"best": r["worst"], "worst": r["best"], "low": -r["high"], "high": -r["low"]},
    ),
    "C03": (
        lambda r: {
            "differences": [row | NIL for row in r["differences"]],
            "not_shown_different": [row["case"] for row in r["differences"]],
        },
        lambda r: {"not_shown_different": [row["case"] for row in r["differences"]]},
    ),
    "C04": (lambda r: {"running": r["plain"]}, lambda r: {"running": 1 - (1 - r["plain"]) / 2}),
    "C05": (
        lambda r: {"effects": on(r["effects"], "shifted", NIL)},
        lambda r: {"own": [reversed_(row) for row in r["own"]]},
    ),
    "C06": (lambda r: {"low": -0.01, "high": 0.01}, lambda r: {"low": 0.5, "high": 0.6}),
    "C07": (lambda r: {"nonsense": 0.1}, lambda r: {"nonsense": 0.0}),
    "C08": (
        lambda r: {"best_score": r["again_score"]},
        lambda r: {"best_score": r["mean_score"] - 0.05},
    ),
    "C09": (
        lambda r: {"right": 100, "total": 100, "low": 0.963},
        lambda r: {"low": 0.95},
    ),
    "C10": (
        lambda r: {"time_ratios": [r["work_ratio"]] * 2},
        lambda r: {"work_ratio": 100.0, "time_ratios": [110.0, 90.0]},
    ),
    "C12": (
        lambda r: {"trained_low": r["untrained_low"], "trained_high": r["untrained_high"]},
        lambda r: {
            "untrained_low": r["trained_low"],
            "untrained_high": r["trained_high"],
            "trained_low": r["untrained_low"],
            "trained_high": r["untrained_high"],
        },
    ),
    "C14": (
        lambda r: {name: r[name] | NIL for name in ("simple", "dense", "tiny")},
        lambda r: {"simple": r["dense"], "dense": r["simple"], "tiny": r["simple"]},
    ),
    "C18": (lambda r: {"seeds_deviation": 1e-6}, lambda r: {"seeds_deviation": -0.001}),
    "C11": (lambda r: {"similarity": r["unrelated"]}, lambda r: {"found": r["filters"]}),
    "C19": (lambda r: {"disputed": 0, "agreed": 0}, lambda r: {"disputed": 9}),
    "C20": (
        lambda r: {"upside_down": r["as_written"]},
        lambda r: {"as_written": r["upside_down"], "upside_down": r["as_written"]},
    ),
    "C22": (
        lambda r: {"convolutional": r["convolutional"] | NIL},
        lambda r: {"convolutional": r["dense"], "dense": r["convolutional"]},
    ),
}
COMPUTED = {  # counts, and sentences that the page computes from a verdict
    *("C01", "C13", "C15", "C16", "C17", "C21", "C23", "C24", "C25", "C26", "C27")
}
FALSIFIED = [(name, change(TRUE[name])) for name, changes in FALSE.items() for change in changes]


def test_every_claim_has_a_checker_and_a_result():
    expected = {f"C{number:02}" for number in range(1, 28)}
    assert set(claims.CLAIMS) == set(TRUE) == set(FALSE) == expected


@pytest.mark.parametrize("name", sorted(TRUE))
def test_the_results_of_a_full_build_bear_out_the_claim(name):
    assert claims.verdict(name, TRUE[name]) is True


@pytest.mark.parametrize(
    ("name", "changes"), FALSIFIED, ids=[f"{n}-{'-'.join(c)}" for n, c in FALSIFIED]
)
def test_falsified_results_do_not(name, changes):
    assert claims.verdict(name, TRUE[name] | changes) is False


@pytest.mark.parametrize("name", sorted(NO_EFFECT))
def test_a_claim_about_an_effect_passes_for_the_effect_alone(name):
    assert claims.verdict(name, TRUE[name]) is True
    for which, change in zip(("none", "reversed"), NO_EFFECT[name], strict=True):
        assert claims.verdict(name, TRUE[name] | change(TRUE[name])) is False, which


def test_every_claim_is_about_an_effect_or_computed():
    assert set(NO_EFFECT) | COMPUTED == set(TRUE)
    assert not set(NO_EFFECT) & COMPUTED


@pytest.mark.parametrize("name", sorted(TRUE))
def test_every_value_matters(name):
    falsified = {value for other, changes in FALSIFIED if other == name for value in changes}
    assert falsified == set(inspect.signature(claims.CLAIMS[name]).parameters)


@pytest.mark.parametrize("name", sorted(TRUE))
def test_a_checker_says_its_claim_and_what_it_asks_for(name):
    text = inspect.getdoc(claims.CLAIMS[name])
    claim = text.partition("\n\n")[0]
    assert claim.endswith(".") and len(claim.split()) > 6
    described = text.partition("Parameters")[2]
    assert all(value in described for value in TRUE[name])


def test_nothing_is_known_of_the_doubtful_labels_of_other_data():
    others = {"disputed": 0, "images": 300, "agreed": 0, "says": "not known"}
    assert claims.verdict("C19", others)
    assert not claims.verdict("C19", others | {"says": "more"})


def test_wrong_questions_are_named():
    with pytest.raises(ValueError, match=r"no claim 'C99': choose one of C01, C02"):
        claims.verdict("C99", {})
    values = TRUE["C09"] | {"left": 3}
    values.pop("low")
    with pytest.raises(
        ValueError, match=r"C09 takes low, right, total: missing \['low'\], surplus \['left'\]"
    ):
        claims.verdict("C09", values)
    with pytest.raises(ValueError, match="Two checkers for the claim C01"):
        claims.claim("C01")(lambda: True)
