"""What the search and the heads of pages say of formulas: letters and signs, no TeX."""

import re

import pytest
from bookkit.sphinx.plain_text import plain_formula


@pytest.mark.parametrize(
    ("tex", "text"),
    {
        r"w \leftarrow w - \eta \, \partial L / \partial w": "w ← w - η ∂ L / ∂ w",
        r"p_k = e^{z_k} / \sum_j e^{z_j}": "pₖ = eᶻₖ / ∑ⱼ eᶻⱼ",
        r"\sqrt{4^2 + 0^2} = 4": "√4² + 0² = 4",
        r"\frac{a}{b} \times 10^{-5}": "(a)/(b) × 10⁻⁵",
        r"\ln 10 \approx 2.30": "ln 10 ≈ 2.30",
    }.items(),
)
def test_a_formula_is_read_in_letters_and_signs(tex, text):
    assert plain_formula(tex) == text
    assert not re.search(r"[\\{}$]", text)
