"""Lines that are put in order: every order that a page takes is right for the check, and every order
near to one that the check finds right is taken.
"""

from functools import cache
from textwrap import dedent, indent

import pytest
import torch
from bookkit.exercises.parsons import Arrangement, Problem, read_problem
from lessons.checks import EXERCISES
from lessons.checks.ordering import EXERCISES as ORDERED
from the_book import lecture
from torch import nn
from torch.nn import functional as F
from torch.utils.data import TensorDataset
from typed_answers import verdict_on

CELLS = {
    each.id: each.source for page in lecture() for each in page.exercises if each.kind == "parsons"
}
NAMES = {"torch": torch, "nn": nn, "F": F, "TensorDataset": TensorDataset}


@cache
def kind_of(id: str, code: str) -> str:
    """The verdict on lines in some order: right, wrong, or the name of an error."""
    try:
        compile(f"def f():\n{indent(code, '    ')}", "", "exec")
    except SyntaxError:
        return "SyntaxError"
    verdict = verdict_on(CELLS[id], (code,), NAMES)
    return getattr(verdict, "kind", verdict)


def moved(problem: Problem, order: Arrangement) -> set[Arrangement]:
    """All orders that differ from one by one line: where it stands, how far it is indented, which
    distractor stands in its place, or that it is left out.
    """
    found = set()
    for place, (level, index) in enumerate(order):
        rest = order[:place] + order[place + 1 :]
        found.add(rest)
        for goal in range(len(order)):
            for other in range(max(level - 2, 0), level + 2):
                found.add((*rest[:goal], (other, index), *rest[goal:]))
        for number in range(len(problem.distractors)):
            found.add((*order[:place], (level, len(problem.lines) + number), *order[place + 1 :]))
    return found - set(problem.orders)


def code_of(problem: Problem, order: Arrangement) -> str:
    return "\n".join(
        "\n".join(" " * 4 * level + row for row in problem.text(index).split("\n"))
        for level, index in order
    )


def test_the_book_has_four_such_problems_and_checks_for_them():
    assert set(CELLS) == {exercise.id for exercise in ORDERED} and len(CELLS) >= 4


@pytest.mark.parametrize("id", CELLS)
def test_every_order_that_a_page_takes_is_right(id):
    problem = read_problem(CELLS[id])
    for order in problem.orders:
        assert kind_of(id, problem.code(order)) == "right", problem.code(order)


@pytest.mark.parametrize("id", CELLS)
def test_no_right_order_near_to_one_that_a_page_takes_is_refused(id):
    problem = read_problem(CELLS[id])
    refused = {
        code
        for order in problem.orders
        for each in moved(problem, order)
        if kind_of(id, code := code_of(problem, each)) == "right"
    }
    assert refused == set(), "write ### ALSO or less in ### ORDER for these"


@pytest.mark.parametrize("id", CELLS)
def test_every_named_wrong_order_draws_its_own_hint(id):
    said = {wrong.name: verdict_on(CELLS[id], wrong.typed, NAMES) for wrong in EXERCISES[id].wrong}
    assert {
        wrong.name: said[wrong.name]
        for wrong in EXERCISES[id].wrong
        if not getattr(said[wrong.name], "text", "").endswith(wrong.hint)
    } == {}


RIGHT = {  # written by hand, in other words than the book's lines
    "order-training": [
        """
        for batch in batches:
            model.zero_grad(set_to_none=False)
            size = len(batch[0]) // parts
            for start in range(0, len(batch[0]), size):
                part = slice(start, start + size)
                criterion = nn.CrossEntropyLoss(reduction="sum")
                (criterion(model(batch[0][part]), batch[1][part]) / len(batch[0])).backward()
            optimizer.step()
        """,
        """
        for images, labels in batches:
            total = 0
            for some, own in zip(torch.chunk(images, parts), torch.chunk(labels, parts)):
                total = total + F.cross_entropy(model(some), own)
            optimizer.zero_grad()
            (total / parts).backward()
            optimizer.step()
        """,
        """
        optimizer.zero_grad()
        for images, labels in batches:
            for k in range(parts):
                loss = F.cross_entropy(model(images.chunk(parts)[k]), labels.chunk(parts)[k])
                (loss / parts).backward()
            optimizer.step()
            optimizer.zero_grad()
        """,
    ],
    "order-forward": [
        """
        x = self.pool(self.conv1(x)).relu()
        x = self.pool(self.conv2(x)).relu()
        x = self.conv3(x).relu()
        return self.fc2(self.fc1(x.view(len(x), -1)).relu())
        """,
        """
        for conv in (self.conv1, self.conv2):
            x = self.pool(torch.relu(conv(x)))
        x = torch.flatten(torch.relu(self.conv3(x)), 1)
        return self.fc2(torch.relu(self.fc1(x)))
        """,
        "y = self.pool(F.relu(self.conv1(x)))\ny = self.pool(F.relu(self.conv2(y)))\n"
        "y = F.relu(self.conv3(y)).reshape(x.shape[0], 144)\nreturn self.fc2(F.relu(self.fc1(y)))",
    ],
    "order-evaluation": [
        """
        model.train(False)
        for images, labels in loader:
            answers = model(images).argmax(1)
            total += torch.bincount(labels, minlength=10)
            right += torch.bincount(labels[answers == labels], minlength=10)
        """,
        """
        for images, labels in loader:
            model.eval()
            answers = model(images).max(dim=1).indices
            for k in range(10):
                right[k] += ((answers == k) & (labels == k)).sum()
                total[k] += (labels == k).sum()
        """,
        """
        model.eval()
        for images, labels in loader:
            for image, label in zip(images, labels):
                total[label] += 1
                if model(image[None]).argmax() == label:
                    right[label] += 1
        """,
    ],
    "order-split": [
        """
        train, other = pixels[:count, None] / 255, pixels[count:, None] / 255
        mean, std = train.mean(), train.std()
        return (TensorDataset((train - mean) / std, labels[:count]),
                TensorDataset((other - mean) / std, labels[count:]))
        """,
        """
        images = pixels.double().unsqueeze(1)
        own = images[:count]
        images = ((images - own.mean()) / own.std(correction=0)).float()
        return [TensorDataset(images[:count], labels[:count]), (images[count:], labels[count:])]
        """,
        """
        images = pixels.reshape(len(pixels), 1, *pixels.shape[1:]) / 255
        std, mean = torch.std_mean(images[:count])
        sets = [TensorDataset((images[part] - mean) / std, labels[part])
                for part in (slice(count), slice(count, None))]
        return sets[0], sets[1]
        """,
    ],
}


@pytest.mark.parametrize("id", RIGHT)
def test_right_answers_in_other_words_are_right(id):
    for typed in RIGHT[id]:
        assert kind_of(id, dedent(typed).strip("\n")) == "right", typed
