"""Checks on designs: whatever keeps to the specification is right, in whatever form, and the first
thing in which a design does not is named.
"""

import random

import pytest
import torch
from firstcnn import training
from lessons import setting
from lessons.checks import EXERCISES
from torch import nn
from torch.nn import functional as F
from typed_answers import cells, verdict_on

CELLS = {
    id: source
    for chapter in ("3-architecture", "5-comparison", "6-challenges")
    for id, source in cells(chapter).items()
    if id in ("wide-view", "same-answer", "small-network")
}
KNOWN = {"torch": torch, "nn": nn, "F": F, "training": training}


@pytest.fixture(autouse=True, scope="module")
def known():
    """The names of the pages, with the images of the smallest profile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIRSTCNN_PROFILE", "trial")
        train_set, validation_set = setting.normalised_sets()
        recipe = training.Recipe(epochs=3, batch_size=64)
        KNOWN.update(train_set=train_set, validation_set=validation_set, recipe=recipe)
        yield KNOWN


def on(exercise, typed=None):
    return verdict_on(CELLS[exercise], (typed,), KNOWN)


NAMED = [(id, wrong) for id in CELLS for wrong in EXERCISES[id].wrong]


@pytest.mark.parametrize(("exercise", "wrong"), NAMED, ids=[f"{i}: {w.name}" for i, w in NAMED])
def test_a_named_mistake_draws_its_own_hint(exercise, wrong):
    verdict = on(exercise, *wrong.typed)
    assert (verdict.kind, verdict.text) == ("wrong", wrong.hint)


@pytest.mark.parametrize("exercise", CELLS)
def test_the_books_own_design_is_right(exercise):
    assert on(exercise)


WIDE = {
    "dilated": """
wide = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(),
    nn.Conv2d(16, 16, 3, padding=2, dilation=2), nn.ReLU(),
    nn.Conv2d(16, 8, 3, padding=4, dilation=4), nn.ReLU())""",
    "a class with one layer used again and again": """
class Again(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(1, 12, kernel_size=(3, 3), padding="same")
        self.again = nn.Conv2d(12, 12, kernel_size=(3, 3), padding="same")
    def forward(self, images):
        maps = torch.tanh(self.first(images))
        for _ in range(8):
            maps = torch.tanh(self.again(maps))
        return maps
wide = Again""",
    "shortcuts, batch norm, no biases": """
class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.a, self.b = nn.Conv2d(c, c, 3, 1, 1, bias=False), nn.Conv2d(c, c, 3, 1, 1, bias=False)
        self.n, self.m = nn.BatchNorm2d(c), nn.BatchNorm2d(c)
    def forward(self, x):
        return F.relu(x + self.m(self.b(F.relu(self.n(self.a(x))))))
wide = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), *[Block(8) for _ in range(3)])""",
    "each channel by itself, then mixed": """
wide = nn.Sequential(nn.Conv2d(1, 20, 3, padding=1))
for _ in range(6):
    wide.extend([nn.LeakyReLU(), nn.Conv2d(20, 20, 3, padding=1, groups=20), nn.Conv2d(20, 20, 1)])""",
    "rows and columns one after the other": """
steps = [nn.Conv2d(1, 8, 1)]
for _ in range(9):
    steps += [nn.GELU(), nn.Conv2d(8, 8, (1, 3), padding=(0, 1)), nn.Conv2d(8, 8, (3, 1), padding=(1, 0))]
wide = nn.Sequential(*steps)""",
    "functions and parameters of its own": """
class Bare(nn.Module):
    def __init__(self):
        super().__init__()
        self.kernels = nn.ParameterList([nn.Parameter(torch.randn(8, c, 3, 3) / 9) for c in [1] + 7 * [8]])
    def forward(self, x):
        for k in self.kernels:
            x = F.relu(F.conv2d(x, k, padding=1)) if k is not self.kernels[-1] else F.conv2d(x, k, padding=1)
        return x
wide = Bare()""",
    "padding by a layer": """
wide = nn.Sequential(nn.ZeroPad2d(7), nn.Conv2d(1, 8, 3), *[
    layer for _ in range(6) for layer in (nn.ELU(), nn.Conv2d(8, 8, 3))])""",
}
ROLLED = {
    "largest value of each map": """
class SameAnswer(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(1, 20, 5, padding=2, padding_mode="circular"), nn.BatchNorm2d(20), nn.ReLU(),
            nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(20, 10))
    def forward(self, images):
        return self.net(images)""",
    "an instance without a class": """
SameAnswer = nn.Sequential(
    nn.Conv2d(1, 6, 3, padding="same", padding_mode="circular"), nn.Tanh(),
    nn.MaxPool2d(3, stride=1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 10))
SameAnswer[2] = nn.Identity()""",
    "the strengths of waves": """
class SameAnswer(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Sequential(nn.Linear(28 * 15, 50), nn.ReLU(), nn.Linear(50, 10))
    def forward(self, x):
        return self.head(torch.fft.rfft2(x[:, 0]).abs().flatten(1) / 28)""",
    "the mean over all shifts": """
class SameAnswer(nn.Module):
    def __init__(self):
        super().__init__()
        self.dense = nn.Sequential(nn.Flatten(), nn.Linear(784, 16), nn.ReLU(), nn.Linear(16, 10))
    def forward(self, x):
        return torch.stack([self.dense(x.roll((d, r), (2, 3))) for d in range(28) for r in range(28)]).mean(0)""",
    "padding by a function": """
class SameAnswer(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Conv2d(1, 8, 3), nn.Conv2d(8, 10, 3)
    def forward(self, x):
        x = F.relu(self.a(F.pad(x, (1, 1, 1, 1), mode="circular")))
        return self.b(F.pad(x, (1, 1, 1, 1), mode="circular")).amax(dim=(2, 3))""",
}
SMALL = {
    "a stack, trained by a loop": """
torch.manual_seed(1)
small = nn.Sequential(
    nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(8, 12, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(588, 10))
optimizer = torch.optim.Adam(small.parameters(), lr=0.003)
images, labels = train_set
for epoch in range(5):
    for batch in torch.randperm(len(labels)).split(32):
        optimizer.zero_grad()
        F.cross_entropy(small(images[batch]), labels[batch]).backward()
        optimizer.step()""",
    "large steps and pooled pixels, dense": """
class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden, self.out = nn.Linear(196, 32), nn.Linear(32, 10)
    def forward(self, x):
        return self.out(self.hidden(F.avg_pool2d(x, 2).flatten(1)).relu())
small = Small()
training.fit(small, train_set, validation_set, training.Recipe(epochs=8, batch_size=32))""",
    "logarithms of probabilities, left in training mode": """
small = nn.Sequential(
    nn.Conv2d(1, 16, 5, stride=2), nn.BatchNorm2d(16), nn.ReLU(), nn.Dropout(0.1),
    nn.Conv2d(16, 12, 3, stride=2), nn.BatchNorm2d(12), nn.ReLU(),
    nn.Flatten(), nn.Linear(300, 10), nn.LogSoftmax(dim=1))
training.fit(small, train_set, validation_set, training.Recipe(epochs=8, batch_size=32))
small.train()""",
}
RIGHT = [
    (id, name, text)
    for id, forms in (("wide-view", WIDE), ("same-answer", ROLLED), ("small-network", SMALL))
    for name, text in forms.items()
]


@pytest.mark.parametrize(
    ("exercise", "text"), [(id, text) for id, _, text in RIGHT], ids=[name for _, name, _ in RIGHT]
)
def test_another_design_that_keeps_to_the_specification_is_right(exercise, text):
    verdict = on(exercise, text.strip("\n"))
    assert verdict and verdict.kind == "right", verdict


@pytest.mark.parametrize(
    ("exercise", "text", "words"),
    [
        ("wide-view", "wide = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))", "a tensor of shape (2, 10)"),
        ("wide-view", "wide = nn.Conv2d(3, 8, 3, padding=1)", "Your answer stops with RuntimeError"),
        ("wide-view", "wide = [nn.Conv2d(1, 8, 3)]", "This asks for a network"),
        ("wide-view", "wide = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU())",
         "smaller square than 15 × 15"),
        ("wide-view", "wide = nn.Sequential(nn.Conv2d(1, 8, 3, 2, 1), nn.Upsample(scale_factor=2))",
         "Somewhere it skips positions"),
        ("same-answer", "SameAnswer = nn.Sequential(nn.Flatten(), nn.Linear(784, 11))", "(4, 10)"),
        ("same-answer", "SameAnswer = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))",
         "position by position"),
        ("same-answer", "SameAnswer = models", "NameError"),
        ("small-network", "small = nn.Linear(3, 2)", "Your answer stops with RuntimeError"),
        ("small-network", "small = 0.98", "This asks for a network"),
    ],
)  # fmt: skip
def test_what_is_no_such_design_is_told_why(exercise, text, words):
    verdict = on(exercise, text)
    assert not isinstance(verdict, str) or verdict in words
    assert isinstance(verdict, str) or (not verdict and words in verdict.text), verdict


def test_a_network_below_the_bar_is_told_how_many_images_it_reads(monkeypatch):
    monkeypatch.setattr(setting, "BARS", {**setting.BARS, "trial": 1.0})
    verdict = on("small-network", SMALL["large steps and pooled pixels, dense"].strip("\n"))
    assert not verdict and "parameters and reads" in verdict.text
    assert "of 300 validation images" in verdict.text
    assert "100 % are asked for" in verdict.text


def test_the_parameters_of_another_network_count_as_well():
    text = """
helper = nn.Sequential(nn.Flatten(), nn.Linear(784, 100), nn.ReLU(), nn.Linear(100, 10))
class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(10))
    def forward(self, x):
        return self.scale * helper(x)
small = Small()"""
    assert "lists fewer than it computes with" in on("small-network", text.strip("\n")).text


def a_stack(draw):
    """Return the code of a random stack of convolutions, and whether it keeps to the specification:
    by arithmetic, on one axis.
    """
    channels, count = draw.choice([4, 8, 8, 9, 12]), draw.randint(2, 9)
    kernels = [draw.choice([1, 3, 3, 3, 3, 5 if draw.random() < 0.1 else 3]) for _ in range(count)]
    gaps = [draw.choice([1, 1, 2, 3, 7]) if draw.random() < 0.3 else 1 for _ in range(count)]
    active = draw.random() < 0.8
    lines, seen, parameters, reads = [], {0}, 0, 1
    for kernel, gap in zip(kernels, gaps, strict=True):
        room = gap * (kernel - 1) // 2
        lines.append(f"nn.Conv2d({reads}, {channels}, {kernel}, padding={room}, dilation={gap})")
        seen = {a + gap * (b - kernel // 2) for a in seen for b in range(kernel)}
        parameters += channels * (reads * kernel**2 + 1)
        reads = channels
    run = longest_run({place for place in seen if -14 <= place <= 13})
    keeps = max(kernels) <= 3 and channels >= 8 and parameters < 5000 and run >= 15 and active
    between = ", nn.ReLU(), " if active else ", "
    return f"wide = nn.Sequential({between.join(lines)})", keeps


def longest_run(places):
    best = length = 0
    for place in range(min(places), max(places) + 1):
        length = length + 1 if place in places else 0
        best = max(best, length)
    return best


def test_a_stack_is_right_if_and_only_if_it_keeps_to_the_specification():
    draw = random.Random(1)
    verdicts = [(text, keeps, bool(on("wide-view", text))) for text, keeps in
                (a_stack(draw) for _ in range(80))]  # fmt: skip
    assert [text for text, keeps, right in verdicts if keeps != right] == []
    assert 10 < sum(keeps for _, keeps, _ in verdicts) < 70


@pytest.mark.parametrize("mode", ["zeros", "circular", "reflect"])
@pytest.mark.parametrize("kernel", [1, 3])
@pytest.mark.parametrize("pool", ["nn.Identity()", "nn.MaxPool2d(2)", "nn.AvgPool2d(3, 1)"])
@pytest.mark.parametrize("head", ["mean", "amax", "flatten"])
def test_an_answer_cannot_change_if_and_only_if_all_parts_follow(mode, kernel, pool, head):
    text = f"""
class SameAnswer(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, 8, {kernel}, padding={kernel // 2}, padding_mode="{mode}"), nn.ReLU(), {pool})
        self.head = nn.LazyLinear(10)

    def forward(self, x):
        maps = self.body(x)
        return self.head(maps.flatten(1) if "{head}" == "flatten" else maps.{head}((2, 3)))"""
    same_largest = head == "amax" and pool == "nn.MaxPool2d(2)"  # squares that cover everything
    follows = (mode == "circular" or kernel == 1) and (pool == "nn.Identity()" or same_largest)
    wanted = follows and kernel == 3 and head != "flatten"
    assert bool(on("same-answer", text.strip("\n"))) == wanted
