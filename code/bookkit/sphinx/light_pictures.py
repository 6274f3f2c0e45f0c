"""Light files that stand in for a picture: WebP in two widths, named by the picture's digest."""

import hashlib
import io
import math
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image, UnidentifiedImageError

SMALLEST_TEXT = 11  # points, in the figures of a book
LEGIBLE = 9  # pixels of a screen that letters need
POINTS = 72  # in an inch
HALVED = 800  # pixels from which a picture comes in half its width, too
STEP = 8  # of the 256 levels of a colour: what differs by half of that looks the same
LIGHTER = 0.8  # of the wide file: a narrow one has to be smaller to be kept
GAIN = 0.7  # of a lossless file: a lossy one has to be smaller to be taken, as for photographs
INK = 0.03  # of a chart: more black is an image
COLOURS = {0.75: 20, 0.5: 10}  # a chart has at most, by how much of it is white at least
LARGE = 1 / 2000  # of a picture: more than the edges of letters and lines have in one colour
EFFORT = 2  # of 6: more takes far longer and makes files hardly smaller
CHART = "chart"
RECIPE = f"2 {EFFORT} {HALVED} {STEP} {LIGHTER} {GAIN} {INK} {COLOURS} {LARGE}"


@dataclass(frozen=True)
class Picture:
    """What a page has to know of a picture.

    Attributes
    ----------
    size : tuple of int
        Width and height in its own pixels.
    legible : int
        How many pixels of a screen it has to be wide for its smallest letters to be read; 0 if
        nothing tells how large they are.
    is_chart : bool
        Whether it is lines, bars and letters on white paper: such a one may be drawn on black.
    light : dict
        The names of the files that stand in for it, by their width.
    """

    size: tuple[int, int]
    legible: int = 0
    is_chart: bool = False
    light: dict[int, str] = field(default_factory=dict)


def look_at(file: Path, earlier: Path) -> Picture | None:
    """Return what a page has to know of a picture, and put light files beside it.

    Parameters
    ----------
    file : Path
    earlier : Path
        A folder with light files that were made before. It need not exist.

    Returns
    -------
    Picture or None
        None if it is no picture that has pixels. One that moves, or lets what is behind it shine
        through, gets no light files.
    """
    try:
        image = Image.open(file)
    except UnidentifiedImageError:
        return None
    with image:
        digest = hashlib.sha256(file.read_bytes() + RECIPE.encode()).hexdigest()[:24]
        names = kept(digest, earlier, file.parent)
        if not names and is_whole_still_and_opaque(image):
            names = make(image.convert("RGB"), digest, file.parent)
        light = {int(name.split("-")[2].removesuffix(".webp")): name for name in names}
        is_chart = any(f"-{CHART}-" in name for name in names)
        return Picture(image.size, legible_width(image), is_chart, light)


def is_whole_still_and_opaque(image: Image.Image) -> bool:
    """Tell whether all of a picture can be read, it does not move, and nothing shines through
    it.
    """
    try:
        image.load()
    except OSError:
        return False
    if getattr(image, "is_animated", False) or "transparency" in image.info:
        return False
    return "A" not in image.getbands() or image.getchannel("A").getextrema()[0] == 255


def legible_width(image: Image.Image) -> int:
    """Return how many pixels of a screen a picture has to be wide for letters of `SMALLEST_TEXT` to
    be read; 0 if it does not say how many of its pixels are an inch.
    """
    dots = image.info.get("dpi", (0,))[0]
    if not dots:
        return 0
    return min(math.ceil(image.width * LEGIBLE * POINTS / (SMALLEST_TEXT * dots)), image.width)


def kept(digest: str, earlier: Path, folder: Path) -> list[str]:
    """Take the light files of a picture over that were made before; return their names."""
    files = sorted(earlier.glob(f"{digest}-*.webp"))
    for file in files:
        shutil.copyfile(file, folder / file.name)
    return [file.name for file in files]


def make(image: Image.Image, digest: str, folder: Path) -> list[str]:
    """Make the light files of a picture, a narrow one only if it is lighter; return their names."""
    kind = CHART if looks_like_a_chart(image) else "picture"
    files = {image.width: encoded(image)}
    if image.width > HALVED:
        half = image.reduce(2)
        narrow = encoded(half)
        if len(narrow) < LIGHTER * len(files[image.width]):
            files[half.width] = narrow
    names = {f"{digest}-{kind}-{width}.webp": content for width, content in files.items()}
    for name, content in names.items():
        (folder / name).write_bytes(content)
    return list(names)


def looks_like_a_chart(image: Image.Image) -> bool:
    """Tell whether a picture is for the most part white paper, with few colours and no black
    areas.
    """
    pixels = image.width * image.height
    shares = {colour: count / pixels for count, colour in image.getcolors(pixels)}
    areas = sum(share > LARGE for share in shares.values())
    white, black = shares.get((255,) * 3, 0), shares.get((0,) * 3, 0)
    most = next((most for paper, most in COLOURS.items() if white >= paper), 0)
    return black <= INK and areas <= most


def encoded(image: Image.Image) -> bytes:
    """Return a picture as WebP: lossless, with colours that look the same made one, or lossy where
    that is far smaller.
    """
    levels = [max(255 - STEP * round((255 - level) / STEP), 0) for level in range(256)]
    lossless = webp(image.point(levels * 3), lossless=True, quality=80)
    lossy = webp(image, quality=80)
    return lossy if len(lossy) < GAIN * len(lossless) else lossless


def webp(image: Image.Image, **options: int) -> bytes:
    """Return a picture as a WebP file."""
    stream = io.BytesIO()
    image.save(stream, "WEBP", method=EFFORT, **options)
    return stream.getvalue()
