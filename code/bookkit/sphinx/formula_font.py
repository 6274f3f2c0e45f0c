"""The style sheet of formulas: a mathematical font, cut down to the signs that a site shows, and
what browsers still lack to draw TeX.
"""

import io
import re
import unicodedata
from base64 import b64encode
from collections.abc import Iterable
from html import unescape
from pathlib import Path

FONT = "@fontsource/stix-two-math/files/stix-two-math-latin-400-normal.woff"
STYLE = "temml/dist/Temml-STIX2.css"
OWN_STYLE = Path(__file__).parent / "tex" / "style.css"
FACE = re.compile(r"@font-face\s*{[^}]*}\s*")
TAG = re.compile(r"<[^>]*>")
SLANTED = {  # the letters and signs that browsers draw in another form where they stand alone
    unicodedata.normalize("NFKC", chr(code)): chr(code)
    for code in (*range(0x1D434, 0x1D468), *range(0x1D6E2, 0x1D71C))
    if code != 0x1D455  # the place of h, which is an older sign
} | {"h": "ℎ"}
FEATURES = ["ssty", "dtls", "flac", "ss01", "ss04"]  # forms for exponents, accents and primes


def style_sheet(packages: Path, formulas: Iterable[str]) -> str:
    """Return the style sheet of formulas, with the font in it: so no line of a page moves when a
    font arrives.

    Parameters
    ----------
    packages : Path
        The folder ``node_modules``.
    formulas : iterable of str
        MathML of all formulas of the site.
    """
    font = b64encode(cut_down(packages / FONT, signs_of(formulas))).decode()
    face = f"@font-face {{ font-family: Formulas; src: url(data:font/woff;base64,{font}); }}\n"
    theirs = FACE.sub("", (packages / STYLE).read_text(encoding="utf-8"))
    return face + theirs + OWN_STYLE.read_text(encoding="utf-8")


def signs_of(formulas: Iterable[str]) -> set[str]:
    """Return the signs that formulas show, letters upright and slanted."""
    signs = set(unescape("".join(TAG.sub("", formula) for formula in formulas))) | {" "}
    return signs | {SLANTED[sign] for sign in signs & SLANTED.keys()}


def cut_down(file: Path, signs: set[str]) -> bytes:
    """Return a font with these signs alone, and with all forms into which they stretch."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    font = TTFont(file, recalcTimestamp=False)
    options = Options(layout_features=FEATURES, hinting=False, notdef_outline=True)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=map(ord, signs))
    subsetter.subset(font)
    font.flavor = "woff"
    written = io.BytesIO()
    font.save(written, reorderTables=False)
    return written.getvalue()
