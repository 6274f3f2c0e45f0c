"""Checks on convolution with loops and on one step of learning: what they say to answers that are
not listed, and to right ones in unusual forms.
"""

import linecache
from itertools import count

import numpy as np
import pytest
import torch
from lessons.checks import check
from lessons.checks.sliding import EXERCISES
from torch.nn import functional as F

NUMBERS = count()
HEADS = {
    "convolve": "def answer(image, kernel):\n",
    "kernel-step": "def answer(weights, images, targets, rate):\n",
}


def said_to(exercise: str, body: str):
    """The verdict on a function with this body, as it stands in a cell."""
    source = HEADS[exercise] + body
    file = f"<sliding {next(NUMBERS)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    names = {"torch": torch, "F": F, "np": np}
    exec(compile(source, file, "exec"), names)
    return check(exercise, names["answer"])


@pytest.mark.parametrize(
    ("exercise", "wrong"),
    [(each.id, wrong) for each in EXERCISES for wrong in each.wrong],
    ids=lambda value: getattr(value, "name", value),
)
def test_every_named_wrong_answer_draws_its_own_hint(exercise, wrong):
    verdict = said_to(exercise, wrong.typed[0])
    assert verdict.kind == "wrong"
    assert verdict.text == wrong.hint or (
        verdict.text.startswith("Your answer stops with ") and verdict.text.endswith(wrong.hint)
    )


FOUR_LOOPS = """
    k = kernel.shape[0]
    h, w = image.shape
    out = [[0.0] * (w - k + 1) for _ in range(h - k + 1)]
    for r in range(h - k + 1):
        for c in range(w - k + 1):
            for i in range(k):
                for j in range(k):
                    out[r][c] += image[r + i][c + j] * kernel[i][j]
    return out
"""

APPENDED = """
    rows = []
    for r in range(len(image) - len(kernel) + 1):
        row = []
        for c in range(len(image[0]) - len(kernel) + 1):
            patch = image[r:r + len(kernel), c:c + len(kernel)]
            row.append(float((patch * kernel).sum()))
        rows.append(row)
    return torch.tensor(rows)
"""

SHIFTED_IMAGES = """
    k = len(kernel)
    h, w = image.shape[0] - k + 1, image.shape[1] - k + 1
    return sum(kernel[i, j] * image[i:i + h, j:j + w] for i in range(k) for j in range(k))
"""

NUMPY = """
    image, kernel = image.numpy(), kernel.numpy()
    patches = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return np.einsum('rcij,ij->rc', patches, kernel)
"""

ON_A_COPY = """
    k, image = len(kernel), image.clone()
    result = torch.empty(image.shape[0] - k + 1, image.shape[1] - k + 1)
    for r in range(result.shape[0]):
        for c in range(result.shape[1]):
            result[r, c] = torch.dot(image[r:r + k, c:c + k].flatten(), kernel.flatten())
    return result
"""


@pytest.mark.parametrize(
    "body",
    [
        FOUR_LOOPS,
        APPENDED,
        SHIFTED_IMAGES,
        NUMPY,
        ON_A_COPY,
        "    return F.conv2d(image[None, None], kernel[None, None])[0, 0]",
        "    return image.unfold(0, len(kernel), 1).unfold(1, len(kernel), 1)"
        ".mul(kernel).sum((2, 3)).double()",
    ],
    ids=["four loops", "appended", "shifted images", "NumPy", "on a copy", "conv2d", "unfold"],
)
def test_a_convolution_is_right_however_it_is_written(body):
    assert said_to("convolve", body)


LOOP = """
    k = len(kernel)
    rows, columns = image.shape[0] - k + 1, image.shape[1] - k + 1
    result = torch.zeros(rows, columns)
    for row in range(rows):
        for column in range(columns):
            patch = image[row:row + k, column:column + k]
            result[row, column] = (patch * kernel).sum()
    return result
"""


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "    return result",
            "    return result.round()",
            "the first wrong number is that in row 0",
        ),
        ("return result", "return result[None, None]", "the shape (1, 1, 4, 4), where (4, 4)"),
        ("return result", "return F.relu(result)", "column 0, counted from 0: 0, where"),
        ("return result", "return 'done'", "your function returns a str, where a tensor"),
        ("(patch * kernel)", "(patch * kernal)", "Did you mean `kernel`?"),
        ("torch.zeros(rows, columns)", "torch.zeros(rows)", "IndexError: too many indices"),
        ("rows, columns =", "columns, rows =", "Your answer stops with RuntimeError"),
        (
            "    return result",
            "    image -= 1\n    return result",
            "the numbers are right, but your function changed what it was given",
        ),
        (
            "(patch * kernel)",
            "(patch * kernel.T)",
            "The rows of the kernel are used as its columns",
        ),
        ("(patch * kernel)", "(patch * kernel.flip(0))", "the first wrong number"),
        ("k = len(kernel)", "k = 3", "It is right for kernels of 3 × 3"),
        ("torch.zeros(rows, columns)", "torch.zeros(28, 28)", "the shape (28, 28), where (4, 4)"),
        ("(patch * kernel).sum()", "(patch * kernel).sum(dim=0)", "Your answer stops with"),
        ("(patch * kernel).sum()", "(patch * kernel).max()", "the first wrong number"),
        ("in range(rows)", "in rows", "'int' object is not iterable"),
    ],
)
def test_a_wrong_convolution_is_told_what_was_seen(old, new, words):
    assert old in LOOP
    verdict = said_to("convolve", LOOP.replace(old, new))
    assert not verdict and words in verdict.text


def test_the_line_of_an_error_is_shown_and_no_hint_of_another_slip():
    said = said_to("convolve", LOOP.replace("(patch * kernel)", "(patch * kernels)")).text
    assert "in the line `result[row, column] = (patch * kernels).sum()`" in said
    assert not any(wrong.hint in said for each in EXERCISES for wrong in each.wrong)


def test_one_result_for_all_images_is_not_right():
    kept = F.conv2d(torch.ones(1, 1, 6, 6), torch.ones(1, 1, 3, 3))[0, 0]
    assert "the first wrong number" in check("convolve", lambda image, kernel: kept).text
    assert "cannot be called" in check("convolve", lambda image: kept).text


@pytest.mark.parametrize(
    "body",
    [
        "    loss = F.mse_loss(F.conv2d(images, weights), targets)\n"
        "    (gradient,) = torch.autograd.grad(loss, weights)\n"
        "    weights.data -= rate * gradient\n"
        "    return loss.detach()",
        "    optimizer = torch.optim.SGD([weights], lr=rate)\n"
        "    optimizer.zero_grad()\n"
        "    loss = (F.conv2d(images, weights) - targets).square().mean()\n"
        "    loss.backward()\n"
        "    optimizer.step()\n"
        "    return float(loss)",
        "    loss = ((targets - F.conv2d(images, weights)) ** 2).mean()\n"
        "    loss.backward()\n"
        "    with torch.no_grad():\n"
        "        weights.sub_(weights.grad, alpha=rate)\n"
        "        weights.grad.zero_()\n"
        "    return loss",
        "    difference = F.conv2d(images, weights).detach() - targets\n"
        "    n, k = images.shape[0], weights.shape[-1]\n"
        "    side = difference.shape[-1]\n"
        "    for i in range(k):\n"
        "        for j in range(k):\n"
        "            slope = 2 * (difference * images[:, :, i:i + side, j:j + side]).mean()\n"
        "            weights.data[0, 0, i, j] -= rate * slope\n"
        "    return (difference ** 2).mean().item()",
    ],
    ids=["autograd.grad", "an optimiser", "zero_", "slopes by hand"],
)
def test_a_step_is_right_however_it_is_written(body):
    assert said_to("kernel-step", body)


STEP = """
    predictions = F.conv2d(images, weights)
    loss = ((predictions - targets) ** 2).mean()
    loss.backward()
    with torch.no_grad():
        weights -= rate * weights.grad
    weights.grad = None
    return loss.item()
"""


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("rate * weights.grad", "2 * rate * weights.grad", "the first weight that differs is"),
        ("rate * weights.grad", "0.1 * weights.grad", "After one step with a rate of 0.03"),
        ("rate * weights.grad", "rate * weights", "the first weight that differs is"),
        ("rate * weights.grad", "rate / weights.grad", "the first weight that differs is"),
        ("F.conv2d(images, weights)", "F.conv2d(weights, images)", "stops with RuntimeError"),
        ("F.conv2d(images, weights)", "F.conv2d(images, weights, padding=1)", "RuntimeError"),
        (".mean()", "", "grad can be implicitly created only for scalar outputs"),
        ("loss.backward()", "loss.backwards()", "Did you mean `backward`?"),
        ("loss.backward()", "losses.backward()", "name 'losses' is not defined"),
        (
            "    return loss.item()",
            "    return ((F.conv2d(images, weights) - targets) ** 2).mean().item()",
            "The weights move as they should.",
        ),
        ("return loss.item()", "return weights", "The weights move as they should."),
        ("    weights.grad = None\n", "    weights.grad.fill_(1)\n", "After 2 steps"),
        (
            "    with torch.no_grad():\n        weights -=",
            "    with torch.no_grad():\n        images -=",
            "stops with RuntimeError",
        ),
    ],
)
def test_a_wrong_step_is_told_what_was_seen(old, new, words):
    assert old in STEP
    verdict = said_to("kernel-step", STEP.replace(old, new))
    assert not verdict and words in verdict.text


@pytest.mark.parametrize("product", ["rate * weights.grad", "weights.grad * rate"])
@pytest.mark.parametrize("call", ["", "    loss.backward\n"])
def test_slopes_that_nothing_has_computed_are_missed_where_they_are_used(product, call):
    body = STEP.replace("    loss.backward()\n", call).replace("rate * weights.grad", product)
    assert "`weights.grad` holds nothing at this point" in said_to("kernel-step", body).text


def test_another_none_is_not_called_a_missing_slope():
    body = STEP.replace("    loss.backward()\n", "").replace("weights.grad\n", "loss.backward()\n")
    said = said_to("kernel-step", body).text
    assert said.startswith("Your answer stops with") and "holds nothing" not in said


@pytest.mark.parametrize("body", ["    return 0.0", "    pass", "    return None"])
def test_a_step_that_does_nothing_is_told_so(body):
    said = said_to("kernel-step", body).text
    assert "the weights are what they were before" in said


def test_a_gradient_that_is_kept_is_told_after_the_second_step_only():
    wrong = next(w for w in EXERCISES[1].wrong if w.name == "the gradient is not reset")
    assert said_to("kernel-step", STEP.replace("    weights.grad = None\n", "")).text == wrong.hint
    assert said_to("kernel-step", STEP.replace(".grad = None", ".grad.mul_(0)"))
