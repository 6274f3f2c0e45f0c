"""All maps of a network and the arithmetic of one number: what the page shows, against PyTorch's
own numbers.
"""

import copy
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from accessibility import accessibility_faults, too_wide
from bookkit.system.processes import tool
from drawing_fixtures import NetworkFile
from drawing_page import lay_out
from firstcnn import figures
from static_site import served
from torch import Tensor, nn
from torch.nn import functional as F

WIDE, PHONE = 1300, 390
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ROUNDED = re.compile(r"As shown, rounded to \d decimals, .*add up to (\S+)\.$")
PART = """
import { createLook } from "./_static/draw/look.js";
import { createMaps } from "./_static/draw/maps.js";
import { openNetwork } from "./_static/draw/network.js";

const part = { choice: null };
const place = document.querySelector(".outputs");
const show = () => (part.choice ? look.show(part.network, part.result, part.choice) : look.hide());
const onChoose = ({ layer, channel, row, column }) => maps.choose(layer, channel, row, column);
const look = createLook(place, { onChoose, onClose: () => maps.clear() });
const maps = createMaps(place, { onChoose: (choice) => { part.choice = choice; show(); } });
maps.hold(look.node);
part.open = async (name) => {
  const file = await fetch(`networks/${name}.onnx`);
  part.network = await openNetwork(new Uint8Array(await file.arrayBuffer()), { name });
};
part.draw = async (image) => {
  part.result = await part.network.run(Float32Array.from(image));
  maps.show(part.network, part.result);
  if (part.choice) show();
};
window.part = Object.assign(part, { maps, look });
"""
torch.manual_seed(0)
CONVOLUTIONAL = {
    "conv1": nn.Conv2d(1, 6, 3, padding=1),
    "bn1": nn.BatchNorm2d(6),
    "relu1": nn.ReLU(),
    "pool1": nn.MaxPool2d(2),
    "conv2": nn.Conv2d(6, 16, 5, padding=2),
    "pool2": nn.MaxPool2d(2),
    "conv3": nn.Conv2d(16, 20, 3, padding=1),
    "relu3": nn.ReLU(),
    "flat": None,
    "fc1": nn.Linear(20 * 7 * 7, 24),
    "relu4": nn.ReLU(),
    "fc2": nn.Linear(24, 10),
}
UNUSUAL = {
    "conv1": nn.Conv2d(1, 6, 3, stride=2, padding=1, bias=False),
    "conv2": nn.Conv2d(6, 8, 3, padding=2, dilation=2, groups=2),
    "counting": nn.AvgPool2d(3, stride=2, padding=1),
    "tanh": "Tanh",
    "max": nn.MaxPool2d(3, stride=2, padding=1),
    "mean": nn.AdaptiveAvgPool2d(1),
    "flat": None,
    "fc": nn.Linear(8, 3),
}
DENSE = {"flat": None, "fc1": nn.Linear(784, 5), "fc2": nn.Linear(5, 2)}
for part in ("running_mean", "running_var", "weight", "bias"):
    getattr(CONVOLUTIONAL["bn1"], part).data.uniform_(0.5, 1.5)
NETWORKS = {
    "convolutional": CONVOLUTIONAL,
    "again": CONVOLUTIONAL,
    "unusual": UNUSUAL,
    "dense": DENSE,
}


def strokes() -> Tensor:
    """Two drawings, (2, 28, 28), from 0 to 1: a 7 and a box, in pixels that are black, white and
    grey.
    """
    images = torch.zeros(2, 28, 28)
    images[0, 6:8, 6:20], images[0, 5, 6:20] = 1, 0.4
    for row in range(8, 24):
        images[0, row, 22 - row // 2 : 25 - row // 2] = torch.tensor([0.3, 1, 0.7])
    images[1, 4:24, 4:24], images[1, 7:21, 7:21] = 0.9, 0
    return images


def written(modules: dict) -> NetworkFile:
    """A network file of modules, one after the other; a name without one flattens, a word is an
    operator of ONNX.
    """
    file, name = NetworkFile(strokes()), "image"
    for layer, module in modules.items():
        if module is None:
            name = file.flatten(name)
        elif isinstance(module, str):
            name = file.operator(layer, module, [name], torch.tanh(file.values[name]))
        else:
            name = file.add(layer, module, name)
    return file


@pytest.fixture(scope="module")
def files() -> dict[str, NetworkFile]:
    return {name: written(modules) for name, modules in NETWORKS.items()}


@pytest.fixture(scope="module")
def address(tmp_path_factory, files):
    site = lay_out(tmp_path_factory.mktemp("look"))
    (site / "part.js").write_text(PART, encoding="utf-8")
    for name, file in files.items():
        file.save(site / "networks" / f"{name}.onnx")
    with served(site) as address:
        yield address


@pytest.fixture(scope="module")
def windows(chromium, address):
    """Windows by their width, opened when first asked for."""
    opened = {}

    def of(width: int) -> "Reader":
        if width not in opened:
            opened[width] = Reader(chromium, address, width)
        return opened[width]

    yield of
    for each in opened.values():
        each.context.close()


@pytest.fixture
def reader(windows):
    """A reader who has opened a network with the first drawing and chosen nothing; ends with no
    error reported.
    """
    readers = []

    def new(network: str = "convolutional", width: int = WIDE) -> "Reader":
        readers.append(windows(width))
        readers[-1].page.evaluate(
            "part.maps.clear(), document.documentElement.dataset.theme = 'light'"
        )
        readers[-1].open(network)
        return readers[-1]

    yield new
    assert [fault for each in readers for fault in each.faults] == []


class Reader:
    """The maps and the look of a network, in a window of their own."""

    def __init__(self, chromium, address: str, width: int):
        self.context = chromium.new_context(
            viewport={"width": width, "height": 900}, reduced_motion="reduce"
        )
        self.page = self.context.new_page()
        self.faults = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.goto(f"{address}/index.html", wait_until="load")
        self.page.evaluate("import('./part.js')")

    def open(self, network: str, drawing: int = 0) -> None:
        self.page.evaluate("name => part.open(name)", network)
        self.draw(drawing)

    def draw(self, drawing: int) -> None:
        self.page.evaluate("image => part.draw(image)", strokes()[drawing].flatten().tolist())

    def choose(self, layer: str, channel: int, row: int = 0, column: int = 0) -> "Reader":
        self.page.evaluate("choice => part.maps.choose(...choice)", [layer, channel, row, column])
        return self

    @property
    def choice(self) -> list | None:
        return self.page.evaluate(
            "part.choice && ['layer', 'channel', 'row', 'column'].map(key => part.choice[key])"
        )

    @property
    def look(self):
        return self.page.get_by_role("region", name="How this number is computed")

    @property
    def title(self) -> str:
        return self.look.get_by_role("heading").inner_text().split(":")[0].strip()

    @property
    def value(self) -> str:
        return self.look.locator(".look-value").inner_text()

    @property
    def spoken(self) -> str:
        return self.page.locator(".maps").get_by_role("status").inner_text()

    @property
    def sums(self) -> list[str]:
        """The lines of sums, each with what is said about it."""
        return [
            text.replace("\n\n", "\n")
            for text in self.look.locator("div:has(> .look-sum)").all_inner_texts()
        ]

    def table(self, name: str) -> list[list[str]]:
        """The numbers of a table, row by row."""
        rows = self.look.get_by_role("table", name=name, exact=True).locator("tbody tr").all()
        return [row.locator("td").all_inner_texts() for row in rows]

    def map(self, layer: str):
        return self.page.get_by_role("application", name=re.compile(f"^{layer}:"))


def number(text: str) -> float:
    return float(text.strip("()").replace("−", "-").replace(",", ""))


def is_rounded(text: str, value: float) -> bool:
    """Whether a text is a number rounded to the decimals that it has; a bare 0 says that nothing is
    there at all.
    """
    decimals = len(text.partition(".")[2])
    return (
        value == 0
        if text == "0"
        else abs(number(text) - float(value)) <= 0.5 * 10**-decimals + 2e-5
    )


def assert_shown(texts: list, values: Tensor) -> None:
    """Check a table against the numbers that it should show."""
    texts = np.array(texts)
    assert texts.shape == tuple(values.shape)
    wrong = [(text, float(value)) for text, value in zip(texts.flat, values.flatten(), strict=True)]
    assert [pair for pair in wrong if not is_rounded(*pair)] == []


def assert_parts(said: str, parts: list[float], total: float) -> None:
    """Check a sum against its parts, and with a pencil: what is shown adds up, or what it adds up
    to is said.
    """
    line, _, note = said.partition("\n")
    left, sign, right = re.fullmatch(r"(?:Channel \d+: )?(.*) ([=≈]) (\S+)", line).groups()
    shown = [part.split()[-1] for part in left.split(" + ")]
    assert [
        pair
        for pair in zip(shown, parts, strict=True)
        if not is_rounded(*(pair[0].strip("()"), pair[1]))
    ] == []
    assert is_rounded(right, total)
    as_shown = round(sum(map(number, shown)), len(right.partition(".")[2]))
    assert sign == ("=" if as_shown == number(right) else "≈")
    if sign == "≈":
        assert number(ROUNDED.search(note)[1]) == as_shown


def patch_of(x: Tensor, module: nn.Module, row: int, column: int, beyond: float = 0) -> Tensor:
    """What lies under a window for one of its answers, (C, K, K)."""
    size, step, reach, padding = (
        value if isinstance(value := getattr(module, name, 1), int) else value[0]
        for name in ("kernel_size", "stride", "dilation", "padding")
    )
    padded, along = F.pad(x[0], [padding] * 4, value=beyond), reach * torch.arange(size)
    return padded[:, row * step + along][:, :, column * step + along]


def convolution(module: nn.Conv2d, x: Tensor, channel: int, row: int, column: int) -> dict:
    """PyTorch's own numbers for one answer of a convolution: a plane for each input channel of its
    group.
    """
    module = copy.deepcopy(module).double()
    each = module.in_channels // module.groups
    first = channel // (module.out_channels // module.groups) * each
    patch = patch_of(x, module, row, column)[first : first + each]
    kernel = module.weight[channel].detach()
    value = module(x)[0, channel, row, column].item()
    bias = None if module.bias is None else module.bias[channel].item()
    return {
        "first": first,
        "patch": patch,
        "kernel": kernel,
        "products": patch * kernel,
        "value": value,
        "bias": bias,
    }


@pytest.mark.parametrize(
    ("network", "layer", "below", "place"),
    [
        ("convolutional", "conv1", "image", (2, 8, 18)),
        ("convolutional", "conv1", "image", (0, 0, 0)),
        ("convolutional", "conv2", "pool1", (9, 6, 7)),
        ("convolutional", "conv2", "pool1", (3, 13, 0)),
        ("convolutional", "conv3", "pool2", (19, 3, 6)),
        ("unusual", "conv1", "image", (5, 4, 9)),
        ("unusual", "conv2", "conv1", (1, 6, 6)),
        ("unusual", "conv2", "conv1", (7, 0, 13)),
    ],
)
def test_a_convolution_is_patch_times_kernel_added_up(reader, files, network, layer, below, place):
    expected = convolution(NETWORKS[network][layer], files[network].values[below], *place)
    shown = reader(network).choose(layer, *place)
    sums, bias = (
        expected["products"].sum((1, 2)),
        [] if expected["bias"] is None else [expected["bias"]],
    )
    for index in {int(sums.abs().argmax()), len(sums) - 1}:
        if len(sums) > 1:
            shown.look.locator(".look-choice").nth(index).click()
        words = (
            "the drawing"
            if below == "image"
            else f"{below}, channel {expected['first'] + index + 1}"
        )
        assert_shown(shown.table(f"patch of {words}"), expected["patch"][index])
        assert_shown(shown.table("kernel"), expected["kernel"][index])
        assert_shown(shown.table("products"), expected["products"][index])
        products = [
            float(product) for product in expected["products"][index].flatten() if product != 0
        ]
        if len(sums) == 1:
            assert_parts(shown.sums[0], [*products, *bias], expected["value"])
        else:
            assert_parts(shown.sums[0], products or [0], float(sums[index]))
    if len(sums) > 1:
        assert_shown(shown.look.locator(".look-sum-of").all_inner_texts(), sums)
        listed = (
            [float(total) for total in sums if total != 0]
            if len(sums) <= 12
            else [float(sums.sum())]
        )
        assert_parts(shown.sums[1], [*(listed or [0]), *bias], expected["value"])
    assert is_rounded(shown.value, expected["value"])


def test_pointing_at_a_number_writes_out_its_product(reader, files):
    expected = convolution(CONVOLUTIONAL["conv2"], files["convolutional"].values["pool1"], 9, 6, 7)
    shown = reader().choose("conv2", 9, 6, 7)
    index = int(expected["products"].sum((1, 2)).abs().argmax())
    for name in ("kernel", "products"):
        shown.look.get_by_role("table", name=name).locator("td:not(:empty)").nth(7).hover()
        texts = re.fullmatch(
            r"(\S+) × (\S+) [=≈] (\S+)", shown.look.locator(".look-pair").inner_text()
        ).groups()
        values = [expected[part][index].flatten()[7] for part in ("patch", "kernel", "products")]
        assert [
            is_rounded(text.strip("()"), value) for text, value in zip(texts, values, strict=True)
        ] == [True] * 3
        assert shown.look.locator("td.look-lit").count() == 3


def test_batch_normalisation_goes_step_by_step(reader, files):
    x, norm = files["convolutional"].values["conv1"][0, 2, 8, 18].item(), CONVOLUTIONAL["bn1"]
    mean, variance, scale, shift = (
        getattr(norm, name)[2].item() for name in ("running_mean", "running_var", "weight", "bias")
    )
    distance, deviation = x - mean, (variance + norm.eps) ** 0.5
    value = files["convolutional"].values["bn1"][0, 2, 8, 18].item()
    expected = [
        [x, mean, distance],
        [variance, norm.eps, deviation],
        [distance, deviation, distance / deviation],
        [distance / deviation, scale, shift, value],
    ]
    shown = reader().choose("bn1", 2, 8, 18)
    rows = shown.table("batch normalisation, step by step")
    for [text], values in zip(rows, expected, strict=True):
        numbers = re.findall(r"−?[0-9][0-9.]*", text.replace(" − ", " – "))
        assert [pair for pair in zip(numbers, values, strict=True) if not is_rounded(*pair)] == []
    assert is_rounded(shown.value, value)


def test_relu_lets_through_what_is_positive(reader, files):
    before = files["convolutional"].values["bn1"][0, 2]
    shown = reader()
    for index in (before.argmax(), before.argmin()):
        row, column = divmod(int(index), 28)
        shown.choose("relu1", 2, row, column)
        text = shown.look.locator(".look-sum").inner_text()
        put_in, result = re.fullmatch(r"max\(0, (\S+)\) = (\S+)", text).groups()
        assert is_rounded(put_in, before[row, column]) and is_rounded(
            result, max(0, before[row, column].item())
        )
        assert is_rounded(shown.value, max(0, before[row, column].item()))


def test_max_pooling_takes_the_largest_and_leaves_out_what_lies_beyond_the_border(reader, files):
    x, value = (
        files["convolutional"].values["relu1"],
        files["convolutional"].values["pool1"][0, 4, 3, 7],
    )
    shown = reader().choose("pool1", 4, 3, 7)
    patch = patch_of(x, CONVOLUTIONAL["pool1"], 3, 7)[4]
    assert_shown(shown.table("patch of relu1, channel 5"), patch)
    winner = shown.look.locator("td.look-winner")
    assert (
        winner.count() == 1
        and is_rounded(winner.inner_text(), value)
        and is_rounded(shown.value, value)
    )

    x, value = files["unusual"].values["tanh"], files["unusual"].values["max"][0, 1, 0, 2]
    shown = reader("unusual").choose("max", 1, 0, 2)
    texts = shown.table("patch of tanh, channel 2")
    assert len(texts) == 3 and texts[0] == ["", "", ""]
    assert_shown(texts[1:], patch_of(x, UNUSUAL["max"], 0, 2)[1, 1:])
    line = shown.sums[0]
    assert max(map(number, re.search(r"max\((.*)\) =", line)[1].split(", "))) == number(
        line.split(" = ")[1]
    )
    assert is_rounded(shown.value, value)


@pytest.mark.parametrize(
    ("layer", "below", "place", "divisor"),
    [("counting", "conv2", (3, 0, 2), 9), ("mean", "max", (7, 0, 0), 16)],
)
def test_average_pooling_adds_up_and_divides(reader, files, layer, below, place, divisor):
    values, module = files["unusual"].values, UNUSUAL[layer]
    patch = values[below][0] if layer == "mean" else patch_of(values[below], module, *place[1:])
    patch, value = patch[place[0]], values[layer][0][place].item()
    shown = reader("unusual").choose(layer, *place)
    assert_shown(shown.table(f"patch of {below}, channel {place[0] + 1}"), patch)
    line, quotient = re.fullmatch(r"(.*); (.*)", shown.sums[0].split("\n")[0]).groups()
    note = shown.sums[0].partition("\n")[2]
    assert_parts(
        f"{line}\n{note}",
        [number for number in patch.flatten().tolist() if number != 0],
        patch.sum().item(),
    )
    total, by, result = re.fullmatch(r"(\S+) / (\d+) [=≈] (\S+)", quotient).groups()
    assert is_rounded(total, patch.sum()) and int(by) == divisor and is_rounded(result, value)


@pytest.mark.parametrize(
    ("network", "layer", "below", "unit"),
    [
        ("convolutional", "fc1", "relu3", 5),
        ("convolutional", "fc2", "relu4", 7),
        ("unusual", "fc", "mean", 2),
        ("dense", "fc1", "image", 1),
    ],
)
def test_a_fully_connected_layer_shows_its_largest_products_and_where_they_come_from(
    reader, files, network, layer, below, unit
):
    maps = files[network].values[below][0]
    weight, bias = (
        NETWORKS[network][layer].weight[unit].detach().double(),
        NETWORKS[network][layer].bias[unit].item(),
    )
    products = maps.flatten() * weight
    order = products.abs().argsort(descending=True, stable=True)[:10]
    value = (products.sum() + bias).item()
    shown = reader(network).choose(layer, unit)
    table = shown.look.get_by_role("table", name=re.compile("largest of"))
    rows = [row.locator("td").all_inner_texts() for row in table.locator("tbody tr").all()]
    assert_shown(rows, torch.stack([maps.flatten()[order], weight[order], products[order]], dim=1))
    for text, index in zip(table.locator("tbody th").all_inner_texts(), order, strict=True):
        assert [int(found) - 1 for found in re.findall(r"\d+", text)] == place_of(maps, int(index))
    others = [] if len(products) <= 10 else [(products.sum() - products[order].sum()).item()]
    assert_parts(shown.sums[0], [*products[order].tolist(), *others, bias], value)
    if below == "relu3":
        assert_shown(
            shown.table("what each place adds: its products in all 20 channels"),
            products.view(20, 7, 7).sum(0),
        )


def place_of(maps: Tensor, index: int) -> list[int]:
    """Where a number lies, as the page says it: the drawing has one channel, and maps of one pixel
    no rows.
    """
    place = [int(part) for part in np.unravel_index(index, maps.shape)]
    return place[1:] if maps.shape[0] == 1 else place[:1] if maps.shape[-1] == 1 else place


def test_of_other_layers_the_value_is_shown(reader, files):
    shown = reader("unusual").choose("tanh", 3, 2, 5)
    assert is_rounded(shown.value, files["unusual"].values["tanh"][0, 3, 2, 5])
    assert (
        "How a layer of the kind “Tanh” does that, this page cannot show."
        in shown.look.inner_text()
    )


def colours(values: Tensor) -> np.ndarray:
    """The colours that the book's figures give numbers, (…, 3) from 0 to 255."""
    array = values.numpy()
    return figures.SIGNED(0.5 + array / np.abs(array).max() / 2)[..., :3] * 255


@pytest.mark.parametrize(("layer", "gap"), [("conv1", 1), ("pool2", 1), ("fc1", 0)])
def test_maps_are_drawn_in_the_colours_of_the_figures(reader, files, layer, gap):
    values = files["convolutional"].values[layer][0]
    maps = values.reshape(values.shape[0], *(values.shape[1:] or (1, 1)))
    height, width = maps.shape[1:]
    canvas = reader().map(layer)
    across = canvas.evaluate("canvas => canvas.width")
    pixels = canvas.evaluate(
        "canvas => [...canvas.getContext('2d').getImageData(0, 0, canvas.width,"
        " canvas.height).data]"
    )
    drawn = np.array(pixels).reshape(-1, across, 4)[..., :3]
    columns = (across - gap) // (width + gap)
    for channel, expected in enumerate(colours(maps)):
        top, left = (
            gap + part * (side + gap)
            for part, side in zip(divmod(channel, columns), (height, width), strict=True)
        )
        assert np.abs(drawn[top : top + height, left : left + width] - expected).max() < 3


def test_a_layer_says_what_it_is_and_how_large_its_largest_number_is(reader, files):
    shown = reader()
    layer = shown.page.locator(".maps-layer", has=shown.map("conv2"))
    assert layer.get_by_role("heading").first.inner_text() == "conv2 convolution"
    text = layer.locator(".maps-range").inner_text()
    assert text.startswith("16 maps of 14 × 14, largest ")
    assert is_rounded(text.split()[-1], files["convolutional"].values["conv2"][0].abs().max())


def place_on_page(
    shown: Reader, layer: str, channel: int, row: int, column: int, size: int
) -> tuple[float, float]:
    """The middle of a number in the window as it is scrolled; the maps have this many rows and
    columns.
    """
    canvas = shown.map(layer)
    box, pixels = canvas.bounding_box(), canvas.evaluate("canvas => canvas.width")
    down, across = divmod(channel, (pixels - 1) // (size + 1))
    zoom = box["width"] / pixels
    return (
        box["x"] + zoom * (1 + across * (size + 1) + column + 0.5),
        box["y"] + zoom * (1 + down * (size + 1) + row + 0.5),
    )


@pytest.mark.parametrize("width", [WIDE, PHONE])
def test_a_number_is_chosen_by_pointing_at_it_and_framed_without_moving_away(reader, width):
    shown = reader(width=width)
    shown.page.add_style_tag(
        content="* { overflow-anchor: none }"
    )  # as in browsers that do not know it
    for layer, size, place in [
        ("conv1", 28, (5, 27, 0)),
        ("conv1", 28, (0, 3, 19)),
        ("conv3", 7, (19, 6, 2)),
    ]:
        shown.map(layer).scroll_into_view_if_needed()
        at = place_on_page(shown, layer, *place, size)
        shown.page.mouse.click(*at)
        assert shown.choice[:2] == [layer, place[0]]
        beside = np.abs(np.subtract(shown.choice[2:], place[1:])).max()
        assert beside <= (width == PHONE)  # where a number is three pixels wide
        assert place_on_page(shown, layer, *place, size) == pytest.approx(at, abs=1)
        place = shown.choice[1:]
        frame = shown.page.locator(".maps-frame-pixel:visible").bounding_box()
        assert (frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2) == pytest.approx(
            place_on_page(shown, layer, *place, size), abs=1
        )
        assert shown.page.locator(".maps-layer", has=shown.map(layer)).locator(".look").count() == 1


def test_a_number_can_be_followed_in_the_enlarged_map(reader):
    shown = reader().choose("conv1", 2, 8, 18)
    own = shown.look.get_by_role("img", name="conv1, channel 3; framed: row 9, column 19")
    own.scroll_into_view_if_needed()
    box = own.bounding_box()
    at = [
        (box["x"] + (column + 0.5) / 28 * box["width"], box["y"] + (row + 0.5) / 28 * box["height"])
        for row, column in [(3, 4), (20, 11)]
    ]
    shown.page.mouse.move(*at[0])
    shown.page.mouse.down()
    assert shown.choice == ["conv1", 2, 3, 4]
    shown.page.mouse.move(*at[1])
    shown.page.mouse.up()
    assert shown.choice == ["conv1", 2, 20, 11]


def test_a_number_is_chosen_by_keyboard_and_said(reader, files):
    shown, values = reader(), files["convolutional"].values["pool1"][0]
    canvas = shown.map("pool1")
    assert canvas.get_attribute("aria-label") == "pool1: max pooling, 6 maps of 14 × 14"
    assert (
        "Arrow keys"
        in shown.page.locator(f"#{canvas.get_attribute('aria-describedby')}").inner_text()
    )
    canvas.focus()
    shown.page.keyboard.press("ArrowRight")
    place = [int(part) for part in np.unravel_index(int(values.abs().argmax()), values.shape)]
    assert shown.choice == ["pool1", *place]  # the keyboard begins at the largest number
    shown.choose("pool1", 2, 12, 0)
    for key, expected in [
        ("ArrowDown", (2, 13, 0)),
        ("ArrowDown", (2, 13, 0)),
        ("ArrowLeft", (2, 13, 0)),
        ("ArrowRight", (2, 13, 1)),
        ("ArrowUp", (2, 12, 1)),
        ("PageDown", (3, 12, 1)),
        ("End", (5, 12, 1)),
        ("PageDown", (5, 12, 1)),
        ("PageUp", (4, 12, 1)),
        ("Home", (0, 12, 1)),
    ]:
        shown.page.keyboard.press(key)
        assert shown.choice == ["pool1", *expected]
        channel, row, column = expected
        words, said = shown.spoken.split(": ")
        assert (
            words
            == f"pool1, channel {channel + 1} of 6, row {row + 1}, column {column + 1}"
            == shown.title
        )
        assert is_rounded(said, values[expected])
    shown.map("fc2").focus()
    shown.page.keyboard.press("Enter")
    shown.page.keyboard.press("Home")
    shown.page.keyboard.press("ArrowRight")
    assert shown.choice == ["fc2", 1, 0, 0] and shown.spoken.startswith("fc2, logit of “1”: ")


def test_input_channels_are_chosen_by_keyboard(reader, files):
    shown = reader().choose("conv3", 4, 2, 2)
    channels = shown.look.get_by_role(
        "group", name=re.compile("^The sums of all 16 input channels")
    )
    sums = convolution(CONVOLUTIONAL["conv3"], files["convolutional"].values["pool2"], 4, 2, 2)[
        "products"
    ].sum((1, 2))
    first = int(sums.abs().argmax())
    chosen = channels.get_by_role("radio", checked=True)
    assert chosen.count() == 1
    words = chosen.evaluate("input => input.labels[0].textContent")
    assert words.startswith(f"channel {first + 1}: ") and is_rounded(
        words.split(": ")[1], sums[first]
    )
    chosen.focus()
    shown.page.keyboard.press("ArrowRight")
    after = (first + 1) % 16
    assert channels.get_by_role("radio").nth(after).is_checked()
    assert shown.look.get_by_role("table", name=f"patch of pool2, channel {after + 1}").count() == 1
    shown.choose("conv3", 5, 2, 3)
    assert channels.get_by_role("radio").nth(after).is_checked()  # what a reader has chosen stays


def test_one_number_leads_to_another_and_back_to_none(reader):
    shown = reader().choose("fc1", 3)
    way = shown.look.get_by_role("rowheader").get_by_role("button").first
    channel, row, column = map(int, re.findall(r"\d+", way.inner_text()))
    way.focus()
    shown.page.keyboard.press("Enter")
    assert shown.choice == ["relu3", channel - 1, row - 1, column - 1]
    shown.look.get_by_role(
        "button", name=f"Go on to conv3, channel {channel}, row {row}, column {column}"
    ).focus()
    shown.page.keyboard.press("Enter")
    assert shown.choice == ["conv3", channel - 1, row - 1, column - 1]
    box = shown.page.locator(".maps-frame-pixel:visible").bounding_box()
    assert 0 <= box["y"] < 900  # in sight
    shown.look.get_by_role("button", name="Close").click()
    assert (
        shown.choice is None
        and shown.look.count() == 0
        and shown.page.locator(".maps-frame:visible").count() == 0
    )


def test_the_look_follows_the_drawing_without_being_built_anew(reader, files):
    for layer, place, table in [
        ("conv1", (2, 8, 18), "products"),
        ("conv2", (9, 6, 7), "products"),
    ]:
        below = "image" if layer == "conv1" else "pool1"
        shown = reader().choose(layer, *place)
        index = shown.page.evaluate(
            "[...document.querySelectorAll('.look-choice input')].findIndex(each => each.checked)"
        )
        cell = shown.look.get_by_role("table", name=table).locator("td").nth(5).element_handle()
        shown.draw(1)
        expected = convolution(
            CONVOLUTIONAL[layer], files["convolutional"].values[below][1:], *place
        )
        assert cell.evaluate("cell => cell.isConnected")
        assert_shown(shown.table(table), expected["products"][max(index, 0)])
        assert is_rounded(shown.value, expected["value"]) and shown.choice == [layer, *place]


def test_a_choice_outlives_a_change_of_network_where_there_is_such_a_place(reader):
    shown = reader().choose("conv2", 15, 13, 13)
    shown.open("again")
    assert shown.choice == ["conv2", 15, 13, 13] and shown.title.startswith(
        "conv2, channel 16 of 16"
    )
    shown.open("unusual")
    assert shown.choice is None and shown.look.count() == 0


@pytest.mark.parametrize("width", [WIDE, PHONE])
def test_everyone_can_read_it(reader, width):
    faults, measured = {}, set()
    for network, layers in [
        ("convolutional", ["conv1", "bn1", "relu1", "pool1", "conv3", "fc1"]),
        ("unusual", ["counting"]),
    ]:
        shown = reader(network, width)
        for layer in layers:
            shown.choose(layer, 1)
            for theme, rules in {"light": RULES, "dark": ["color-contrast"]}.items():
                shown.page.evaluate(
                    "theme => document.documentElement.dataset.theme = theme", theme
                )
                faults[layer, theme] = accessibility_faults(
                    shown.page, rules, ".maps", measured=measured
                )
                faults[layer, theme] += ["wider than the window"] * too_wide(shown.page)
            boxes = shown.look.get_by_role("region")
            assert all(boxes.nth(i).get_attribute("tabindex") == "0" for i in range(boxes.count()))
    assert {name: found for name, found in faults.items() if found} == {}


def test_its_words_and_sums_hold_without_a_page():
    command = [tool("node"), "--test", str(Path(__file__).parent / "draw" / "arithmetic.test.mjs")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
