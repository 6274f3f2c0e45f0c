"""The bug ward: each illness shows, and only there; one observation tells it apart; its cure cures.

The code of the patients, of their suspects, observations and cures is that of the pages.
"""

import ast
from functools import cache
from pathlib import Path

import pytest
import torch
from bookkit.book.pages import read_page
from bookkit.exercises.forms import solution_form
from lessons import ward
from lessons.checks import EXERCISES, check
from lessons.checks.ward import judged
from torch import nn
from torch.nn import functional as F
from typed_answers import cells, verdict_on

PAGES = Path(__file__).parents[2] / "chapters" / "4-training"
SEEDS = (0, 1, 2)
DEFINITIONS = (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)

SGD = "optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)"


def epoch(after):
    """What may be typed for an epoch of patient 8, with its last lines."""
    return (
        "for x, y in ward.batches(images, labels):\n    optimizer.zero_grad()\n"
        "    loss = F.cross_entropy(net(x), y)\n    loss.backward()\n    optimizer.step()\n"
        f"    losses.append(loss.item())\n{after}"
    )


each_patient = pytest.mark.parametrize("number", ward.PATIENTS)
each_seed = pytest.mark.parametrize(
    "seed", [SEEDS[0], *(pytest.param(seed, marks=pytest.mark.soak) for seed in SEEDS[1:])]
)


@cache
def healthy(seed, steps=60, well=ward.trained):
    return ward.course(well, seed, ward.small(steps=steps))


@cache
def page(name, seed):
    """What a page of the ward defines, with the images and the healthy training of a seed."""
    (images, labels), validation = ward.small().train, ward.small().validation
    names = {
        "images": images, "labels": labels, "validation": validation, "healthy": healthy(seed)
    }  # fmt: skip
    for cell in read_page(PAGES / f"{name}.md").code_cells:
        source = solution_form(cell.source) if cell.is_exercise else cell.source
        kept = [node for node in ast.parse(source).body if is_definition(node)]
        exec(compile(ast.Module(kept, []), f"{name}.md", "exec"), names)
    return names


def is_definition(node):
    """Whether a statement defines a function, a class, an import or the suspects of a patient."""
    target = node.targets[0] if isinstance(node, ast.Assign) else None
    return isinstance(node, DEFINITIONS) or getattr(target, "id", "").startswith("suspects_")


@cache
def taken(name, number, seed):
    """What comes of a patient, or of its cure."""
    patient = ward.PATIENTS[number]
    code = page(patient.page, seed)[f"{name}_{number}"]
    return patient.take(code, seed, ward.small(steps=patient.steps))


@each_seed
@each_patient
def test_an_illness_shows_and_no_healthy_training_shows_it(number, seed):
    patient = ward.PATIENTS[number]
    well = healthy(seed, patient.steps, patient.well)
    assert patient.symptom(taken("patient", number, seed), well) == patient.is_ill
    assert not patient.symptom(well, well)


@pytest.mark.parametrize("seed", range(6))
def test_patient_9_ends_with_the_loss_of_a_guess_whatever_the_seed(seed):
    course = taken("patient", 9, seed)
    assert 2.2 < course.end < 2.5 and course.accuracy < 0.2


@each_seed
@each_patient
def test_one_observation_tells_a_patient_from_its_look_alikes(number, seed):
    patient = ward.PATIENTS[number]
    names = page(patient.page, seed)
    told = {}
    for name, suspect in names[f"suspects_{number}"].items():
        torch.manual_seed(seed)
        told[name] = bool(patient.tells(names[f"observe_{number}"](suspect)))
    assert [name for name, is_it in told.items() if is_it] == [f"patient {number}"] and len(
        told
    ) > 1


@each_seed
@each_patient
def test_a_cure_comes_within_a_point_of_the_healthy_training(number, seed):
    patient = ward.PATIENTS[number]
    well = healthy(seed, patient.steps, patient.well)
    assert patient.is_cured(taken("cured", number, seed), well)
    assert patient.is_cured(taken("patient", number, seed), well) != patient.is_ill


@pytest.fixture(scope="module")
def compared():
    """What checks compare with is there, as on a page whose first check has run."""
    return [judged.healthy(), judged.healthy(ward.PATIENTS[8].well)]


@pytest.mark.parametrize(
    ("id", "typed"),
    [
        ("ward-floor-cure", "loss = nn.CrossEntropyLoss()(net(x), y)"),
        ("ward-floor-cure", "loss = F.nll_loss(F.log_softmax(net(x), dim=1), y)"),
        (
            "ward-floor-cure",
            "scores = net(x)\nloss = (scores.logsumexp(1) - scores.gather(1, y[:, None])[:, 0]).mean()",
        ),
        ("ward-twice-shorter", "loss = F.nll_loss(F.log_softmax(net(x), dim=1), y)"),
        ("ward-twice-shorter", "loss = F.nll_loss(net(x).log_softmax(-1), y)"),
        ("ward-twice-shorter", "scores = net(x)\nloss = nn.CrossEntropyLoss()(scores, y)"),
        ("ward-negative-cure", "loss = F.cross_entropy(net(x), y)"),
        ("ward-negative-cure", "loss = F.nll_loss(net(x).softmax(dim=1).log(), y)"),
        ("ward-negative-cure", "loss = -net(x).log_softmax(1)[range(len(y)), y].mean()"),
        ("ward-silent-cure", f"net = nn.Sequential(ward.Network())\n{SGD}"),
        ("ward-silent-cure", f"net = ward.Network().train()\n{SGD}"),
        ("ward-silent-cure", f"net = ward.Network()\nnet = ward.Network()\n{SGD}"),
        ("ward-still-cure", "net.zero_grad()\nloss.backward()\noptimizer.step()"),
        ("ward-still-cure", "loss.backward()\noptimizer.step()\noptimizer.zero_grad()"),
        (
            "ward-still-cure",
            "optimizer.zero_grad(set_to_none=False); loss.backward(); optimizer.step()",
        ),
        ("ward-other-cure", f"net = ward.Network()\nnet = ward.Network()\n{SGD}"),
        (
            "ward-other-cure",
            "net = ward.Network()\noptimizer = torch.optim.SGD([*net.parameters()], 0.05, 0.9)",
        ),
        (
            "ward-other-cure",
            f"net = ward.Network()\n{SGD}\nother = ward.Network()",
        ),
        ("ward-climbs-cure", "optimizer.zero_grad()\nloss.backward()\noptimizer.step()"),
        (
            "ward-climbs-cure",
            "for p in net.parameters():\n    p.grad = None\nloss.backward()\noptimizer.step()",
        ),
        ("ward-climbs-cure", "net.zero_grad(); loss.backward(); optimizer.step()"),
        ("ward-freezes-cure", epoch("scheduler.step()")),
        ("ward-freezes-cure", epoch("if epoch < epochs:\n    scheduler.step()")),
        ("ward-freezes-cure", epoch("for _ in [None]: scheduler.step()")),
    ],
)
def test_a_cure_is_right_in_whatever_form(compared, id, typed):
    names = {"torch": torch, "nn": nn, "F": F, "ward": ward}
    assert verdict_on(cells("4-training")[id], (typed,), names)


def test_a_network_that_was_trained_elsewhere_is_no_cure():
    ready = healthy(0)

    def fake(images, labels, epochs):
        _, _, losses = ward.trained(images, labels, epochs)
        return ready.net, ready.optimizer, losses

    for id in EXERCISES:
        if id.startswith("ward-") and id.endswith("-cure"):
            assert check(id, fake).kind == "wrong"


def test_scores_cut_at_0_cost_some_seeds_much_and_others_little():
    lags = [healthy(seed).accuracy - taken("patient", 4, seed).accuracy for seed in SEEDS]
    assert max(lags) > 0.2


@pytest.mark.parametrize("number", [9, 10, 11])
def test_a_cure_that_draws_other_batches_comes_within_a_point_on_average(number):
    cured = sum(taken("cured", number, seed).accuracy for seed in SEEDS)
    well = sum(healthy(seed, ward.PATIENTS[number].steps).accuracy for seed in SEEDS)
    assert cured / len(SEEDS) > well / len(SEEDS) - 0.01
