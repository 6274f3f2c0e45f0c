"""How numbers from the run are written."""

import pytest
from bookkit.notebook import show, with_minus_signs
from matplotlib.figure import Figure


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from -0.42 to 2.82", "from −0.42 to 2.82"),
        ("(-3 to -1)", "(−3 to −1)"),
        ("9 of 10, 3-8, 1e-5, bfloat-16, two-digit", "9 of 10, 3-8, 1e-5, bfloat-16, two-digit"),
        ("- no number", "- no number"),
    ],
)
def test_negative_numbers_get_a_minus_sign_and_hyphens_stay(text, expected):
    assert with_minus_signs(text) == expected


def test_a_figure_without_words_is_refused():
    with pytest.raises(ValueError, match=r"fig-one.*alternative text"):
        show(Figure(), "fig-one", alt=" ")
