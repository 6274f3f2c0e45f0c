"""What chapter 6 runs: every challenge gives its numbers, and none of them looks at the test set."""

import re
from pathlib import Path

import pytest
from bookkit.editions import sections
from bookkit.pages import code_of, read_page

PAGE = Path(__file__).parents[2] / "chapters" / "6-challenges.md"
CHALLENGES = ("sec-beat", "sec-optimisers", "sec-architecture-challenge", "sec-augmentation-challenge")


@pytest.fixture(scope="module")
def six(chapter):
    return chapter("chapters/6-challenges")


def ranges(alt: str) -> dict[str, tuple[float, float]]:
    """The lowest and the highest accuracy of each case that an alternative text names."""
    found = re.findall(r"(?:^|[;.] )([^;.]*(?:\.\d+)?[^;.]*): (\d+\.\d)% to (\d+\.\d)%", alt)
    return {name.strip(): (float(low), float(high)) for name, low, high in found}


def test_all_challenges_are_for_after_class():
    noted = sections(PAGE.read_text(encoding="utf-8"))
    assert len(noted) == 6
    assert all(minutes is None for _, minutes in noted)


def test_each_challenge_asks_for_a_hypothesis_before_it_runs_and_ends_with_a_question():
    text = PAGE.read_text(encoding="utf-8")
    parts = dict(re.findall(r"^\((sec-[\w-]+)\)=\n(.*?)(?=^\(sec-|\Z)", text, flags=re.M | re.S))
    for label in CHALLENGES:
        part = parts[label]
        assert part.index("Write down first") < part.index("experiments.", part.index("Write down first"))
        assert part.count("**Question.**") == 1
        assert "glue:figure" in part
    investigations = parts["sec-analysis-challenge"]
    assert investigations.count("Write down first") == investigations.count("**Question.**") == 3


def test_the_test_set_stays_closed():
    code = code_of(read_page(PAGE))
    assert "open_test_set" not in code
    assert "test_image" not in code


def test_the_network_to_beat_has_learned(six):
    assert 88 < six.values["target-low"] < six.values["target"] < six.values["target-high"] <= 100
    wrong = six.values["target-errors"] / six.values["n"]
    assert six.values["target"] == pytest.approx(100 * (1 - wrong))


def test_two_optimisers_ran_at_three_learning_rates(six):
    _, alt = six.figures["fig-optimisers"]
    measured = {
        (optimiser, float(rate)): (float(low), float(high))
        for optimiser, rate, low, high in re.findall(r"(sgd|adam) ([\d.]+): ([\d.]+)% to ([\d.]+)%", alt)
    }
    assert set(measured) == {(o, r) for o in ("sgd", "adam") for r in (0.0001, 0.001, 0.01)}
    assert measured["adam", 0.001][0] > measured["sgd", 0.0001][1], "SGD hardly moves at 0.0001"
    assert {six.values["best-sgd"], six.values["best-adam"]} <= {0.0001, 0.001, 0.01}


def test_every_variant_of_the_architecture_learns(six):
    _, alt = six.figures["fig-architectures"]
    measured = ranges(alt)
    assert len(measured) == 5
    assert all(high > 30 for _, high in measured.values()), "three times as good as guessing"


def test_augmentations_are_measured_on_digits_as_they_are(six):
    assert len(ranges(six.figures["fig-augmentations"][1])) == 5
    assert 0 <= six.values["diagonal"] <= 5


def test_confused_pairs_are_pairs_of_different_digits(six):
    for pairs in (six.values["top-simple"], six.values["top-tiny"]):
        found = re.findall(r"(\d) and (\d)", pairs)
        assert len(found) >= 3
        assert all(int(a) < int(b) for a, b in found)


def test_more_different_images_are_better_than_few(six):
    _, alt = six.figures["fig-sizes"]
    found = re.findall(r"([\d,]+) images: ([\d.]+)% to ([\d.]+)%", alt)
    counts = [int(count.replace(",", "")) for count, _, _ in found]
    assert counts == sorted(counts)
    assert counts[-1] == six.values["few"]
    assert float(found[-1][2]) > float(found[0][1])


def test_batch_norm_is_compared_at_three_learning_rates(six):
    _, alt = six.figures["fig-norm"]
    assert len(re.findall(r"(?:with|without) at [\d.]+: ", alt)) == 6


def test_the_template_runs(six):
    assert set(ranges(six.figures["fig-mine"][1])) == {"as it is", "weight decay"}
