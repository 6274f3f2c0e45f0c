"""What the site brings along from other people is named on the page of licences, with the text of
each licence.
"""

import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "book" / "reference" / "licences.md"
MADE = {
    "found/index.js",
    "found/terms-text.js",
    "found/help.json",
    "modules.disk.js",
}  # by the build


@pytest.fixture(scope="module")
def patterns() -> dict[str, list[str]]:
    """The files that the page names, by whose they are."""
    rows = re.findall(
        r"^\| ([^|]+) \| [^|]+ \| ([^|]+) \|$", PAGE.read_text(encoding="utf-8"), flags=re.M
    )
    return {whose: re.findall(r"`([^`]+)`", files) for whose, files in rows[1:] if "`" in files}


def foreign(site: Path) -> list[str]:
    """Files of the site's static folder that are not the book's own."""
    static, own = (
        site / "_static",
        (ROOT / "book" / "assets", ROOT / "code" / "bookkit" / "sphinx" / "assets"),
    )
    files = {file.relative_to(static).as_posix() for file in static.rglob("*") if file.is_file()}
    mine = {
        file.relative_to(folder).as_posix()
        for folder in own
        for file in folder.rglob("*")
        if file.is_file()
    }
    return sorted(files - mine - MADE)


def test_everything_that_the_site_brings_along_is_named(site, patterns):
    named = [pattern for files in patterns.values() for pattern in files]
    assert [
        file for file in foreign(site) if not any(fnmatch(file, pattern) for pattern in named)
    ] == []


def test_every_package_of_npm_that_the_site_serves_is_named(patterns):
    packages = [folder.name for folder in (ROOT / "book" / "browser").iterdir()]
    named = {pattern for files in patterns.values() for pattern in files}
    assert packages and {f"{package}/*" for package in packages} <= named


def test_licences_lie_beside_what_they_belong_to(site):
    for file in (
        "thebe/LICENSE.txt",
        "temml/LICENSE",
        "@fontsource/stix-two-math/LICENSE",
        "@fontsource/atkinson-hyperlegible-next/LICENSE",
        "@fontsource/ibm-plex-mono/LICENSE",
        "draw/onnxruntime-LICENSE.txt",
        "licences/theme.txt",
    ):
        assert len((site / "_static" / file).read_text(encoding="utf-8")) > 1000
    thebe = (site / "_static" / "thebe" / "LICENSE.txt").read_text(encoding="utf-8")
    for whose in (
        "Executable Books Project",
        "Project Jupyter",
        "PhosphorJS",
        "Marijn Haverbeke",
        "JS Foundation",
    ):
        assert whose in thebe


def test_the_page_holds_the_texts_of_the_licences(site):
    text = (site / "book" / "reference" / "licences.html").read_text(encoding="utf-8")
    for words in (
        "the Sphinx team",
        "PyData",
        "The Bootstrap Authors",
        "SIL OPEN FONT LICENSE",
        "The STIX Fonts Project Authors",
        "Ron Kok",
        "The Atkinson Hyperlegible Next Project Authors",
        "IBM Corp.",
        "Lumino",
    ):
        assert words in text, words
