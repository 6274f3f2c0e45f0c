"""Cures of the ward's data and reports, as other people write them, and what is no cure."""

import numpy as np
import pytest
import torch
from lessons.checks import check
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, RandomSampler, TensorDataset
from torchvision import transforms

NAMES = {
    "torch": torch, "nn": nn, "F": F, "np": np, "transforms": transforms,
    "DataLoader": DataLoader, "RandomSampler": RandomSampler, "TensorDataset": TensorDataset,
}  # fmt: skip

RIGHT = {
    "ward-one-answer-cure": [
        "def cure(pixels): return pixels.unsqueeze(1) / 255",
        "def cure(pixels):\n    x = pixels.float().view(-1, 1, 28, 28)\n    return (x - 33) / 79",
        "def cure(pixels): return pixels[:, None, :, :].to(torch.float32).mul(2 / 255).sub(1)",
        "cure = lambda p: transforms.Normalize((0.1307,), (0.3081,))(p[:, None].float() / 255)",
    ],
    "ward-chance-cure": [
        "def cure(x, y):\n    p = np.random.permutation(len(x))\n    return x[p], y[p]",
        "def cure(x, y):\n    rows = torch.rand(len(y)).argsort()\n    return [x[rows], y[rows]]",
        "def cure(x, y):\n    pairs = list(zip(x, y))\n    np.random.shuffle(order := list(range(len(y))))\n"
        "    return (torch.stack([pairs[k][0] for k in order]),"
        " torch.stack([pairs[k][1] for k in order]))",
    ],
    "ward-jumps-cure": [
        "def cure(x, y):\n    for rows in torch.randperm(len(y)).split(64):\n"
        "        yield x[rows], y[rows]",
        "def cure(x, y):\n    s = TensorDataset(x, y)\n"
        "    return DataLoader(s, 64, sampler=RandomSampler(s))",
        "def cure(x, y):\n    p = torch.randperm(len(y))\n"
        "    return list(zip(x[p].split(64), y[p].split(64)))",
    ],
    "ward-too-good-cure": [
        "def cure(x, y):\n    n = 3 * len(y) // 4\n    return (x[:n], y[:n]), (x[n:], y[n:])",
        "def cure(x, y):\n    p = torch.randperm(len(y))\n    a, b = p[len(y) // 4:], p[:len(y) // 4]\n"
        "    return [(x[a], y[a]), (x[b], y[b])]",
        "def cure(x, y):\n    t = torch.arange(len(y)) % 4 == 0\n"
        "    return (x[~t], y[~t]), (x[t], y[t])",
    ],
    "ward-changes-cure": [
        "def cure(n, x, y):\n    n.train(False)\n    return (n(x).max(1).indices == y).sum() / len(y)",
        "def cure(n, x, y):\n    mode = n.training\n    n.eval()\n    with torch.inference_mode():\n"
        "        share = (n(x).argmax(-1) == y).double().mean()\n    n.train(mode)\n    return share",
        "@torch.no_grad()\ndef cure(n, x, y):\n    return np.mean((n.eval()(x).argmax(1) == y).numpy())",
    ],
    "ward-ten-percent-cure": [
        "def cure(n, x, y): return (n.eval()(x).max(dim=1)[1] == y).sum().item() / len(y)",
        "def cure(n, x, y):\n    a = n.eval()(x).argmax(1, keepdim=True)\n"
        "    return (a.squeeze(1) == y).float().mean()",
        "def cure(n, x, y):\n    a = n.eval()(x).argmax(1, keepdim=True)\n"
        "    return (a == y[:, None]).float().mean().item()",
    ],
    "ward-tiny-loss-cure": [
        "def cure(n, x, y, batch_size=64): return F.cross_entropy(n.eval()(x), y).item()",
        "def cure(n, x, y, batch_size=64):\n    n.eval()\n    t = 0\n"
        "    for a, b in zip(x.split(batch_size), y.split(batch_size)):\n"
        "        t += F.cross_entropy(n(a), b).item() * len(b)\n    return t / len(y)",
        "def cure(n, x, y, batch_size=64):\n    n.eval()\n"
        "    each = [F.cross_entropy(n(a), b, reduction='none')\n"
        "            for a, b in zip(x.split(batch_size), y.split(batch_size))]\n"
        "    return torch.cat(each).mean()",
    ],
}  # fmt: skip

NO_CURE = {
    "ward-one-answer-cure": [
        ("def cure(p): return p[:, None]", "still 255"),
        ("def cure(p): return p.float() / 255", "28, 28), but it returned a tensor"),
        ("def cure(p): return p[:, None].double() / 255", "torch.float64"),
        ("def cure(p): return p[:, None].float() * 0", "go from 0 to 0"),
    ],
    "ward-chance-cure": [
        ("def cure(x, y): return x", "should be images and labels"),
        ("def cure(x, y): return x[:40], y[:40]", "returned 40"),
    ],
    "ward-jumps-cure": [
        ("def cure(x, y): return TensorDataset(x, y)", "Each batch should be images"),
        ("def cure(x, y): return 64", "should return batches, but it returned an int"),
    ],
    "ward-too-good-cure": [
        ("def cure(x, y): return x, y", "should be images and labels"),
        ("def cure(x, y): return (x[1:], y[1:]), (x[:1], y[:1])", "1 to test with; 0 are in both"),
    ],
    "ward-changes-cure": [
        ("def cure(n, x, y): n.eval()", "This asks for a number, but got None"),
        ("def cure(n, x, y): return 0.9", "your function says 0.9"),
    ],
    "ward-tiny-loss-cure": [
        ("def cure(n, x, y, batch_size=64): return 1", "your function says 1"),
    ],
}


def made(source):
    names = dict(NAMES)
    exec(source, names)
    return names["cure"]


@pytest.mark.parametrize(
    ("exercise", "source"), [(id, source) for id, sources in RIGHT.items() for source in sources]
)
def test_a_cure_in_another_form_is_right(exercise, source):
    assert check(exercise, made(source))


@pytest.mark.parametrize(
    ("exercise", "source", "said"),
    [(id, source, said) for id, cases in NO_CURE.items() for source, said in cases],
)
def test_what_is_no_cure_is_told_what_was_seen(exercise, source, said):
    verdict = check(exercise, made(source))
    assert not verdict and said in verdict.text
