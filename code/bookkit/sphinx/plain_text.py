"""The words of a page, without marks: what a reader would read aloud of it."""

import re

from docutils import nodes
from sphinx.application import Sphinx

PAIRS = """
alpha α beta β gamma γ delta δ epsilon ε eta η theta θ lambda λ mu μ pi π rho ρ sigma σ tau τ phi φ
omega ω partial ∂ nabla ∇ sum ∑ prod ∏ sqrt √ times × cdot · div ÷ pm ± approx ≈ infty ∞ le ≤ leq ≤
ge ≥ geq ≥ ne ≠ neq ≠ to → rightarrow → leftarrow ← dots … ldots … cdots … lfloor ⌊ rfloor ⌋ in ∈
"""
SIGNS = dict(re.findall(r"(\w+) (\S)", PAIRS))
WORDS = ("ln", "log", "exp", "max", "min", "tanh", "sin", "cos", "arg", "argmax")
COMMAND = re.compile(r"\\([A-Za-z]+)")
LETTERS = r"[\daehijklmnoprstuvx]"  # that exist as small ones below the line
INDEX = re.compile(rf"_(?:\{{({LETTERS}+)\}}|({LETTERS}))")
POWER = re.compile(r"\^\{?([\dz-]+)\}?")
FRACTION = re.compile(r"\\[dt]?frac\{([^{}]*)\}\{([^{}]*)\}")
UNSEEN = {"visually-hidden", "claim", "how-made"}  # what goes with the text and is none of it
BELOW = str.maketrans("0123456789aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ")
ABOVE = str.maketrans("0123456789z-", "⁰¹²³⁴⁵⁶⁷⁸⁹ᶻ⁻")


def plain(node: nodes.Node) -> str:
    """Return the words of a paragraph or title, formulas in letters and signs."""
    if isinstance(node, nodes.Text):
        return " ".join(node.astext().split("\n"))
    if isinstance(node, nodes.math):
        return plain_formula(node.astext())
    if isinstance(node, nodes.raw | nodes.image | nodes.footnote_reference):
        return ""
    if isinstance(node, nodes.Element) and UNSEEN & set(node.get("classes", [])):
        return ""
    return "".join(map(plain, node.children)) if isinstance(node, nodes.Element) else ""


def plain_formula(tex: str) -> str:
    r"""Return a formula without TeX: ``\eta\,\partial L`` as ``η ∂L``."""
    text = FRACTION.sub(r"(\1)/(\2)", tex)
    text = re.sub(r"\\[,;:! ]", " ", text)
    text = COMMAND.sub(lambda found: _sign(found[1]), text)
    text = INDEX.sub(lambda found: (found[1] or found[2]).translate(BELOW), text)
    text = POWER.sub(lambda found: found[1].translate(ABOVE), text)
    return re.sub(r"\s+", " ", re.sub(r"[{}\\&]", "", text)).strip()


def _sign(name: str) -> str:
    if name in WORDS:
        return f"{name} "
    return SIGNS.get(name, "")


def numbered_title(app: Sphinx, name: str) -> str:
    """Return the title of a page, with its number if it has one."""
    number = ".".join(map(str, app.env.toc_secnumbers.get(name, {}).get("", ())))
    title = plain(app.env.titles[name])
    return f"{number}. {title}" if number else title
