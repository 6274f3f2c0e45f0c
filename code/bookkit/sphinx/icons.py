"""The theme's icons, drawn into the pages when they are made: Font Awesome's own script, a table of
2,000 icons, leaves the site, and its font keeps the signs that styles and scripts use.
"""

import base64
import logging
import re
from functools import cache
from io import BytesIO
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from sphinx.application import Sphinx

from bookkit.system.files import change_texts

SCRIPT = "scripts/fontawesome.js"
FONTS = "vendor/fontawesome"
PACK = re.compile(r'\w+\("fa[brs]",\w+\),\w+\("fa-(brands|regular|solid)",')  # at the end of each
ICON = re.compile(r'[{,]"?([\w-]+)"?:\[(\d+),(\d+),\[([^]]*)\],"[0-9a-f]+",("[^"]*"|\["[^]]*\])\]')
PLACE = re.compile(r'<(i|span)\b([^>]*)\bclass="([^"]*\bfa[\w-]*\b[^"]*)"([^>]*)>\s*</\1>')
STYLES = {"fas": "solid", "fa": "solid", "far": "regular", "fab": "brands"}
STYLES |= {f"fa-{style}": style for style in ("solid", "regular", "brands")}
DRAWN = (
    '<svg class="{classes}" aria-hidden="true" focusable="false"{more}'
    ' viewBox="0 0 {width} {height}">{paths}</svg>'
)
FACE = re.compile(r"@font-face\{[^}]*vendor/fontawesome/webfonts/fa-(\w+)-\d+\.[^}]*\}")
SOURCE = re.compile(r"src:[^;}]*")
SIGN = re.compile(r"""(--[\w-]+|content):\s*["']\\(f[0-9a-f]{3})["']""")
OF_ICON = re.compile(r'(?:\.fa-[\w-]+::?before\s*,?\s*)+\{\s*content:\s*"[^"]*";?\s*\}')
NAME = re.compile(r"\.(fa-[\w-]+)")
ANY_NAME = re.compile(r"\bfa-[\w-]+")
USED_STYLES = re.compile(r"\.fa-(regular|brands)\b")


@cache
def icons(script: Path) -> dict[tuple[str, str], tuple[str, str, list[str]]]:
    """Return width, height and paths of all icons of Font Awesome's script, by style and name."""
    parts = PACK.split(script.read_text(encoding="utf-8"))
    found = {}
    for pack, style in zip(parts[::2], parts[1::2], strict=False):
        for name, width, height, others, drawn in ICON.findall(pack):
            for each in (name, *re.findall(r'"([\w-]+)"', others)):
                found[style, each] = width, height, re.findall(r'"([^"]*)"', drawn)
    return found


def with_icons(page: str, script: Path) -> str:
    """Return a page with its icons drawn; one that the script does not know stays as it is."""

    def draw(place: re.Match) -> str:
        names = place[3].split()
        style = next((STYLES[name] for name in names if name in STYLES), "")
        known = [icons(script).get((style, name.removeprefix("fa-"))) for name in names]
        width, height, paths = next(filter(None, known), ("", "", []))
        if not paths:
            return place[0]
        return DRAWN.format(
            classes=" ".join(["svg-inline--fa", *(name for name in names if name not in STYLES)]),
            more="".join(f" {part.strip()}" for part in (place[2], place[4]) if part.strip()),
            width=width,
            height=height,
            paths="".join(f'<path fill="currentColor" d="{path}"/>' for path in paths),
        )

    return PLACE.sub(draw, page)


def without_signs_of_drawn(sheet: str, scripts: str) -> str:
    """Return a style sheet without the signs of icons that no script puts on a page."""
    drawn = set(ANY_NAME.findall(scripts))
    return OF_ICON.sub(
        lambda rule: "" if drawn.isdisjoint(NAME.findall(rule[0])) else rule[0], sheet
    )


def with_small_fonts(sheet: str, static: Path) -> str:
    """Return a style sheet whose fonts of icons have the signs that it uses, and lie in it.

    Fonts of styles that it does not use are taken out.
    """
    found = SIGN.findall(sheet)
    signs = {int(code, 16) for name, code in found if name == "content" or f"var({name}" in sheet}
    styles = {"solid", *USED_STYLES.findall(sheet)}

    def shrink(face: re.Match) -> str:
        (file,) = (static / FONTS / "webfonts").glob(f"fa-{face[1]}-*.ttf")
        small = subset(file, signs) if face[1] in styles else b""
        if not small:
            return ""
        data = base64.b64encode(small).decode()
        return SOURCE.sub(f'src:url(data:font/woff;base64,{data}) format("woff")', face[0])

    return FACE.sub(shrink, sheet)


def subset(file: Path, signs: set[int]) -> bytes:
    """Return a font with some signs alone, as WOFF; nothing if it has none of them."""
    logging.getLogger("fontTools").setLevel(logging.WARNING)
    font = TTFont(file, recalcTimestamp=False)  # else each build has other bytes
    wanted = signs & set(font.getBestCmap())
    if not wanted:
        return b""
    subsetter = Subsetter(Options(hinting=False, layout_features=[], notdef_outline=False))
    subsetter.populate(unicodes=wanted)
    subsetter.subset(font)
    font.flavor = "woff"
    font.save(stream := BytesIO())
    return stream.getvalue()


def draw_icons(app: Sphinx, pages: list[Path]) -> None:
    """Draw the icons of finished pages, and take Font Awesome's script away."""
    static = Path(app.outdir, "_static")
    script = static / SCRIPT
    if script.is_file():
        change_texts(pages, lambda page: with_icons(page, script))
        for file in script.parent.glob(f"{script.name}*"):
            file.unlink()
