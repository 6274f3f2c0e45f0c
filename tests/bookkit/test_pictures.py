"""Pictures of a site: their size, the light files that stand in for them, and which are charts."""

import io
from pathlib import Path

import numpy as np
import pytest
from bookkit.sphinx.pictures import Album
from bs4 import BeautifulSoup, Tag
from matplotlib.figure import Figure
from PIL import Image

LONG = "word " * 600


def drawn(kind: str) -> Figure:
    """A figure of lines, of bars, or of a map."""
    figure = Figure(figsize=(6.4, 3))
    axes = figure.subplots()
    if kind == "lines":
        axes.plot([1, 3, 2], "o-")
    elif kind == "bars":
        axes.barh(["a", "b"], [1, 2], height=0.2)
    elif kind == "digits":
        axes.imshow(np.random.default_rng(0).random((8, 24)), cmap="gray", aspect="auto")
    elif kind == "map":
        axes.imshow(np.linspace(-1, 1, 64).reshape(8, 8), cmap="RdBu", aspect="auto")
    return figure


def photograph() -> Image.Image:
    """Soft colours everywhere, as a camera gives them, with some noise."""
    rows, columns = np.mgrid[:400, :900] / 400
    light = np.stack([np.sin(3 * rows), np.cos(2 * columns), np.sin(rows + columns)], axis=-1)
    noise = np.random.default_rng(0).normal(0, 3, light.shape)
    return Image.fromarray(np.clip(128 + 100 * light + noise, 0, 255).astype(np.uint8))


class Site:
    """A folder with a page that shows pictures, completed as a build does."""

    def __init__(self, root: Path):
        self.folder, self.earlier = root / "html.new", root / "html"
        (self.folder / "_images").mkdir(parents=True)

    def add(self, name: str, picture: Figure | Image.Image | bytes) -> str:
        """Put a picture into the folder; return its tag."""
        file = self.folder / "_images" / name
        if isinstance(picture, Figure):
            picture.savefig(file, dpi=200)
        elif isinstance(picture, bytes):
            file.write_bytes(picture)
        else:
            picture.save(file)
        return f'<img alt="A &lt;b&gt; picture." src="_images/{name}" />'

    def complete(self, *parts: str) -> Tag:
        """Return the article of a page that holds these parts."""
        page = self.folder / "page.html"
        page.write_text(f"<html><body><article>{' '.join(parts)}</article></body></html>")
        Album(self.folder, self.earlier).complete(page)
        return BeautifulSoup(page.read_text(), "html.parser").article


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


def light_files(picture: Tag) -> dict[int, str]:
    """The files that stand in for a picture on a screen, by their widths."""
    source = picture.find_parent("picture").select_one("source:not([media])")
    pairs = [entry.split() for entry in source["srcset"].split(",")]
    return {int(width.removesuffix("w")): name for name, width in pairs}


def opened(site: Site, name: str) -> Image.Image:
    return Image.open(site.folder / name).convert("RGB")


def test_a_page_knows_the_size_of_a_picture_and_keeps_its_words(site):
    image = site.complete(site.add("a.png", drawn("lines"))).img
    assert (image["width"], image["height"]) == ("1280", "600")
    assert image["alt"] == "A <b> picture." and image["src"] == "_images/a.png"


def test_a_picture_comes_when_it_is_near_unless_the_first_screen_shows_it(site):
    tag = site.add("a.png", drawn("lines"))
    first, second = site.complete("<nav>", LONG, "</nav>", tag, LONG, tag).find_all("img")
    assert first.get("loading") is None and first["fetchpriority"] == "high"
    assert second["loading"] == "lazy" and second["decoding"] == "async"


def test_light_files_are_far_smaller_and_look_the_same(site):
    image = site.complete(site.add("a.png", drawn("lines"))).img
    png = site.folder / image["src"]
    files = light_files(image)
    assert list(files) == [640, 1280]
    assert (site.folder / files[1280]).stat().st_size < png.stat().st_size / 2
    seen, meant = (np.asarray(opened(site, name), int) for name in (files[1280], image["src"]))
    assert np.abs(seen - meant).max() <= 4 and (seen[meant == 255] == 255).all()
    half = np.asarray(opened(site, image["src"]).reduce(2), int)
    assert np.abs(np.asarray(opened(site, files[640]), int) - half).max() <= 4


def test_paper_gets_the_wide_file(site):
    image = site.complete(site.add("a.png", drawn("lines"))).img
    paper = image.find_parent("picture").select_one("source[media=print]")
    assert paper["srcset"] == light_files(image)[1280]


def test_a_photograph_is_packed_as_one(site):
    image = site.complete(site.add("a.png", photograph())).img
    wide = site.folder / light_files(image)[900]
    assert wide.stat().st_size < (site.folder / image["src"]).stat().st_size / 5
    difference = np.asarray(opened(site, light_files(image)[900]), int) - np.asarray(photograph())
    assert np.abs(difference).mean() < 3


@pytest.mark.parametrize("kind", ["lines", "bars", "digits", "map"])
def test_lines_and_bars_are_charts_and_maps_are_not(site, kind):
    box = site.complete(site.add("a.png", drawn(kind))).select_one(".picture")
    assert ("chart" in box["class"]) == (kind in ("lines", "bars"))


def test_letters_of_eleven_points_have_nine_pixels_at_the_least_width(site):
    box = site.complete(site.add("a.png", drawn("lines"))).select_one(".picture")
    least = int(box["style"].removeprefix("--legible: ").removesuffix("px"))
    assert 9 <= 11 / 72 * 200 * least / 1280 < 9.1


def test_a_picture_made_before_is_taken_over_and_not_made_again(site, tmp_path):
    figure = drawn("lines")
    image = site.complete(site.add("a.png", figure)).img
    files = light_files(image).values()
    site.folder.rename(site.earlier)
    for name in files:
        (site.earlier / name).write_bytes(b"made before")
    again = Site(tmp_path)
    taken = light_files(again.complete(again.add("b.png", figure)).img)
    assert set(taken.values()) == set(files)
    assert all((again.folder / name).read_bytes() == b"made before" for name in files)


def test_of_the_site_before_only_what_pages_show_is_taken(site, tmp_path):
    site.complete(site.add("a.png", drawn("lines")), site.add("b.png", drawn("bars")))
    site.folder.rename(site.earlier)
    again = Site(tmp_path)
    shown = light_files(again.complete(again.add("b.png", drawn("bars"))).img)
    there = {file.name for file in (again.folder / "_images").glob("*.webp")}
    assert there == {Path(name).name for name in shown.values()}


def moving() -> bytes:
    """A picture of two frames."""
    stream, frames = io.BytesIO(), [Image.new("RGB", (900, 90), color) for color in ("red", "blue")]
    frames[0].save(stream, "GIF", save_all=True, append_images=frames[1:])
    return stream.getvalue()


@pytest.mark.parametrize(
    "picture", [moving(), Image.new("RGBA", (900, 90), (9, 9, 9, 99))], ids=["moving", "glass"]
)
def test_what_moves_or_lets_light_through_stays_and_has_its_size(site, picture):
    name = "a.gif" if isinstance(picture, bytes) else "a.png"
    image = site.complete(site.add(name, picture)).img
    assert image.find_parent("picture") is None and image["width"] == "900"


def test_a_file_that_ends_too_early_is_shown_as_it_is(site):
    stream = io.BytesIO()
    photograph().save(stream, "PNG")
    image = site.complete(site.add("a.png", stream.getvalue()[:5000])).img
    assert image.find_parent("picture") is None and image["height"] == "400"


@pytest.mark.parametrize(
    "tag",
    [
        '<img src="data:image/png;base64,AA==" alt="Words." />',
        '<img src="https://example.org/a.png" alt="Words." />',
        '<img src="_images/missing.png" alt="Words." />',
        '<img src="../secret.png" alt="Words." />',
        '<img src="_images/a.svg" alt="Words." />',
        '<img alt="Words." />',
    ],
)
def test_what_is_no_picture_of_the_site_is_left_alone(site, tag):
    (site.folder.parent / "secret.png").write_bytes(b"no picture")
    (site.folder / "_images" / "a.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    article = site.complete(tag)
    assert set(article.img.attrs) <= {"src", "alt"} and article.picture is None


def test_a_size_that_the_page_gives_is_kept(site):
    tag = site.add("a.png", drawn("lines")).replace("<img", '<img width="300"')
    image = site.complete(tag).img
    assert image["width"] == "300" and "height" not in image.attrs


def test_a_built_book_has_its_figures_so(full):
    page = BeautifulSoup(full.page("one"), "html.parser")
    image = page.select_one("figure picture > img")
    assert (image["width"], image["height"]) == ("400", "200")
    for name in light_files(image).values():
        assert (full.root / "_build" / "html" / name).is_file()
    styles = [link["href"].partition("?")[0] for link in page.select("link[rel=stylesheet]")]
    assert any(name.endswith("pictures.css") for name in styles)
