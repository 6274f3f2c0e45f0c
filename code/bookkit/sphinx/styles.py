"""One style sheet for all pages: the sheets of the theme, the extensions and the book, joined in
their order, without the rules that no page and no script can use.
"""

import json
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

from sphinx.application import Sphinx

from bookkit.book.project import project_above
from bookkit.sphinx.icons import FONTS, SCRIPT, with_small_fonts, without_signs_of_drawn
from bookkit.system.errors import BookError
from bookkit.system.files import change_texts, digest_of, write_if_changed
from bookkit.system.processes import tool

LATER = ("formulas.css",)  # scripts load it where live cells put out the first formula
NAME = "site.css"  # in the folder of static files
PROGRAM = Path(__file__).parent / "node" / "purge.mjs"
LINK = re.compile(r'[ \t]*<link\b(?=[^>]*\brel="stylesheet")[^>]*\bhref="([^"?]*)[^"]*"[^>]*>\n?')
MEDIA = re.compile(r'\bmedia="([^"]*)"')
IMPORT = re.compile(r'@import\s+(?:url\()?["\']?([^"\')]+)["\']?\)?\s*;')
CHARSET = re.compile(r'@charset\s+"[^"]*";')
ADDRESS = re.compile(r"""url\((["']?)(?!data:|#|/|\w+:)([^"')]+)\1\)""")
KEPT = (  # classes that kernels and the editors of live cells bring
    r"^(ansi|cm|CodeMirror|dataframe|jp|lm|thebe)(-|$)",
)


def join_styles(app: Sphinx, pages: list[Path]) -> None:
    """Give finished pages one style sheet in place of all theirs.

    PurgeCSS takes out what is of no use; a book whose packages from npm lack it keeps its sheets as
    they are.
    """
    static = Path(app.outdir, "_static")
    root = project_above(Path(app.srcdir)).root
    if not (root / "node_modules" / "purgecss").is_dir():
        return
    sheets = in_order([sheets_of(page) for page in pages])
    joined = "".join(text_of(file, static, media) for file, media in sheets)
    sheet = with_small_fonts(purged(joined, root, static, pages), static)
    write_if_changed(static / NAME, sheet)
    version = digest_of(sheet.encode())[:8]
    for page in pages:
        place = "../" * (len(page.relative_to(app.outdir).parts) - 1)
        link = f'<link rel="stylesheet" type="text/css" href="{place}_static/{NAME}?v={version}" />'
        change_texts([page], lambda text, link=link: with_one_sheet(text, link))
    remove(static, [file for file, _ in sheets if file.name not in LATER])


def sheets_of(page: Path) -> list[tuple[Path, str]]:
    """Return the files of a page's style sheets, each with the media that it is for."""
    found = []
    for link in LINK.finditer(page.read_text(encoding="utf-8")):
        media = MEDIA.search(link[0])
        found.append(((page.parent / link[1]).resolve(), media[1] if media else ""))
    return found


def in_order(lists: Iterable[list[tuple[Path, str]]]) -> list[tuple[Path, str]]:
    """Return what stands in any list, once, behind what stands before it in a list."""
    order: list[tuple[Path, str]] = []
    for each in lists:
        place = 0
        for entry in each:
            if entry not in order:
                order.insert(place, entry)
            place = order.index(entry) + 1
    return order


def text_of(file: Path, static: Path, media: str = "") -> str:
    """Return a style sheet with what it imports, as it reads in the folder of static files."""
    text = CHARSET.sub("", file.read_text(encoding="utf-8"))
    text = IMPORT.sub(lambda found: text_of((file.parent / found[1]).resolve(), static), text)

    def moved(found: re.Match) -> str:
        target = (file.parent / found[2]).resolve()
        return f"url({found[1]}{target.relative_to(static.resolve()).as_posix()}{found[1]})"

    text = ADDRESS.sub(moved, text)
    return f"@media {media} {{\n{text}\n}}\n" if media else f"{text}\n"


def purged(sheet: str, root: Path, static: Path, pages: list[Path]) -> str:
    """Return a style sheet without the rules that neither pages nor scripts can use.

    Scripts of others that are bundles are not read: `KEPT` has what they need.
    """
    bundles = {folder.name for folder in (root / "book" / "browser").glob("*")}
    scripts = [
        file
        for file in static.rglob("*.js")
        if file.relative_to(static).parts[0] not in bundles and file != static / SCRIPT
    ]
    of_scripts = "".join(file.read_text(encoding="utf-8") for file in scripts)
    asked = {
        "root": str(root),
        "css": without_signs_of_drawn(sheet, of_scripts),
        "pages": [str(page) for page in pages],
        "scripts": [str(file) for file in scripts],
        "keep": KEPT,
    }
    done = subprocess.run(
        [tool("node"), str(PROGRAM)], input=json.dumps(asked), capture_output=True, text=True
    )
    if done.returncode:
        raise BookError(f"The style sheets could not be joined: {done.stderr.strip()}")
    return done.stdout


def with_one_sheet(page: str, link: str) -> str:
    """Return a page with this sheet alone, where its first one stood."""
    first = LINK.search(page)
    if not first:
        return page
    rest = LINK.sub("", page[first.end() :])
    return f"{page[: first.start()]}  {link}\n{rest}"


def remove(static: Path, sheets: Iterable[Path]) -> None:
    """Remove files that are in the joined sheet now: sheets, their maps, fonts of icons."""
    maps = [sheet.with_name(f"{sheet.name}.map") for sheet in sheets]
    fonts = [file for file in (static / FONTS).rglob("*") if file.is_file()]
    for file in (*sheets, *maps, *fonts):
        file.unlink(missing_ok=True)
