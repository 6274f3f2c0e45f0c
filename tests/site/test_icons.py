"""The fonts of icons, cut down to what a site shows."""

import io
from pathlib import Path

import matplotlib
from bookkit.sphinx.icons import subset
from fontTools.ttLib import TTFont

FONT = Path(matplotlib.get_data_path(), "fonts/ttf/DejaVuSans.ttf")


def test_a_font_of_some_signs_has_these_and_the_same_bytes_at_any_time(monkeypatch):
    made = []
    for moment in ("1000000000", "1700000000"):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", moment)  # what fontTools takes for the time
        made.append(subset(FONT, {ord("A"), ord("é"), 0xE000}))
    assert made[0] == made[1]
    assert set(TTFont(io.BytesIO(made[0])).getBestCmap()) == {ord("A"), ord("é")}
    assert subset(FONT, {0xE000}) == b""
