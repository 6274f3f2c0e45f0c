"""The page for readers who are stuck knows the messages that PyTorch gives, and what it says of
numbers is so.
"""

import math
import re

import pytest
import torch
import torch.nn.functional as F
from bookkit.sphinx.help_page import pattern_of
from the_book import ROOT
from torch import nn

PAGE = (ROOT / "book" / "start" / "stuck.md").read_text(encoding="utf-8")
IMAGES, LABELS = torch.zeros(4, 1, 28, 28), torch.tensor([0, 1, 2, 9])
LOGITS = torch.zeros(4, 10, requires_grad=True)


class Plain(nn.Module):
    """Layers in a plain list, which PyTorch does not see."""

    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(1, 1)]


class Early(nn.Module):
    def __init__(self):
        self.layer = nn.Linear(1, 1)


def twice() -> None:
    loss = LOGITS.square().sum()
    loss.backward()
    loss.backward()


def summed() -> None:
    total = 0
    for _ in range(2):
        total = total + LOGITS.square().sum()
        total.backward()


CASES = {  # the beginning of the entry, and what goes wrong
    "mat1 and mat2 shapes": [
        lambda: nn.Linear(25088, 512)(torch.zeros(1, 6272)),
        lambda: nn.Linear(784, 10)(IMAGES),
    ],
    "Expected 3D (unbatched)": [lambda: nn.Conv2d(1, 4, 3)(IMAGES[0, 0])],
    "Given groups=1": [
        lambda: nn.Conv2d(1, 4, 3)(torch.zeros(64, 28, 28)),
        lambda: nn.Conv2d(32, 64, 3)(torch.zeros(4, 16, 28, 28)),
    ],
    "Calculated padded input": [
        lambda: nn.Conv2d(1, 4, 3)(torch.zeros(4, 1, 2, 2)),
        lambda: nn.MaxPool2d(2)(torch.zeros(4, 1, 1, 1)),
    ],
    "Expected input batch_size": [
        lambda: F.cross_entropy(nn.Linear(1568, 10)(IMAGES.view(-1, 1568)), LABELS)
    ],
    "The size of tensor a": [lambda: torch.zeros(4, 10) + torch.zeros(4, 9)],
    "shape '": [lambda: IMAGES.reshape(5, -1)],
    "expected target dtype": [lambda: F.cross_entropy(LOGITS, LABELS.float())],
    "0D or 1D": [
        lambda: F.cross_entropy(LOGITS, LABELS[:, None]),
        lambda: F.cross_entropy(LOGITS, F.one_hot(LABELS, 10)),
    ],
    "Target 9": [lambda: F.cross_entropy(LOGITS[:, :9], LABELS)],
    "Input type": [
        lambda: nn.Conv2d(1, 4, 3)(IMAGES.byte()),
        lambda: nn.Conv2d(1, 4, 3)(IMAGES.double()),
        lambda: nn.Linear(28, 4)(IMAGES.double()),
    ],
    "Trying to backward": [twice, summed],
    "element 0 of tensors": [
        lambda: F.cross_entropy(LOGITS.detach(), LABELS).backward(),
        lambda: LOGITS.argmax(1).float().mean().backward(),
    ],
    "grad can be implicitly": [lambda: LOGITS.square().backward()],
    "Can't call numpy": [lambda: LOGITS.numpy()],
    "optimizer got an empty": [lambda: torch.optim.SGD(Plain().parameters(), lr=0.1)],
    "cannot assign module": [Early],
    "Expected more than 1": [lambda: nn.BatchNorm1d(3)(torch.zeros(1, 3))],
    "Error(s) in loading": [
        lambda: nn.Linear(2, 2).load_state_dict(nn.Linear(3, 2).state_dict()),
        lambda: nn.Linear(2, 2).load_state_dict({"other": torch.zeros(1)}),
    ],
    "Expected all tensors": [lambda: nn.Linear(4, 2)(torch.zeros(1, 4, device="meta"))],
    "CUDA out of memory": [lambda: torch.empty(10**15)],
    "NameError: name '…'": [lambda: undefined],  # noqa: F821
    "Exercise 3.1": [lambda: _____________],  # noqa: F821
}


def entries() -> list[tuple[str, str]]:
    """The patterns of all messages and the entry of each, in the order in which cells try them."""
    terms = re.findall(r"^(`.+)\n: ", PAGE, flags=re.M)
    found = [(text.strip("… "), term) for term in terms for text in re.findall("`([^`]+)`", term)]
    found.sort(key=lambda each: -len(re.sub(r"\d+|…", "", each[0])))
    return [(pattern_of(text), term) for text, term in found]


def said(fails) -> str:
    with pytest.raises(Exception) as caught:
        fails()
    return f"{caught.type.__name__}: {caught.value}"


@pytest.mark.parametrize("entry", CASES)
def test_the_messages_of_pytorch_lead_to_their_entries(entry):
    for fails in CASES[entry]:
        message = said(fails)
        term = next((term for pattern, term in entries() if re.search(pattern, message)), "")
        assert term.startswith(f"`{entry}"), message


def test_every_message_on_the_page_is_tried():
    terms = dict.fromkeys(term for _, term in entries())
    assert [term for term in terms if not any(term.startswith(f"`{each}") for each in CASES)] == []


def test_softmax_twice_stops_at_1_46_and_rows_of_softmax_add_up_to_one():
    sure = torch.tensor([[100.0] + 9 * [0.0]]).softmax(dim=1)
    assert math.isclose(F.cross_entropy(sure, torch.tensor([0])), 1.46, abs_tol=0.005)
    assert torch.allclose(LOGITS.softmax(1).sum(1), torch.ones(4))


def test_ten_equal_answers_lose_2_30_and_probabilities_make_nll_negative():
    assert math.isclose(F.cross_entropy(LOGITS, LABELS).item(), 2.30, abs_tol=0.005)
    assert F.nll_loss(LOGITS.softmax(1), LABELS) < 0


def test_a_convolution_has_a_weight_for_each_pixel_and_channel_and_a_bias_times_kernels():
    layer = nn.Conv2d(1, 32, 3)
    assert sum(p.numel() for p in layer.parameters()) == (3 * 3 * 1 + 1) * 32 == 320


def test_what_was_saved_answers_the_same_when_it_is_loaded(tmp_path):
    first, second = nn.Linear(784, 10), nn.Linear(784, 10)
    torch.save(first.state_dict(), tmp_path / "my-cnn.pt")
    second.load_state_dict(torch.load(tmp_path / "my-cnn.pt"))
    assert torch.equal(first(IMAGES.flatten(1)), second.eval()(IMAGES.flatten(1)))


def test_functional_dropout_draws_in_evaluation_mode_too():
    ones = torch.ones(1000)
    assert (F.dropout(ones) == 0).any() and not (nn.Dropout().eval()(ones) == 0).any()


def test_a_loss_by_hand_takes_the_logarithm_of_0_and_cross_entropy_does_not():
    logits, wanted = torch.tensor([[200.0, 0.0]]), torch.tensor([[1.0, 0.0]])
    assert (-(wanted * logits.softmax(1).log()).sum()).isnan()
    assert F.cross_entropy(logits, torch.tensor([0])) == 0


def test_a_column_of_answers_is_compared_with_every_label():
    assert (LOGITS.argmax(1, keepdim=True) == LABELS).shape == (4, 4)


def test_a_log_softmax_of_a_log_softmax_changes_no_loss_and_a_second_softmax_does():
    scores = torch.randn(4, 10, generator=torch.Generator().manual_seed(0))
    loss = F.cross_entropy(scores, LABELS)
    assert torch.isclose(F.cross_entropy(scores.log_softmax(dim=1), LABELS), loss)
    assert not torch.isclose(F.cross_entropy(scores.softmax(dim=1), LABELS), loss, rtol=0.01)


def test_behind_a_relu_the_smallest_score_is_exactly_0():
    scores = torch.randn(4, 10, generator=torch.Generator().manual_seed(0))
    assert scores.min() < 0 and F.relu(scores).min() == 0


def test_means_over_images_halve_with_batches_of_twice_the_size():
    scores = torch.randn(64, 10, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(64) % 10

    def over_images(size):
        pairs = zip(scores.split(size), labels.split(size), strict=True)
        return sum(F.cross_entropy(*pair) for pair in pairs) / len(labels)

    assert torch.isclose(over_images(16), over_images(8) / 2)


def test_an_optimiser_made_first_holds_another_network():
    network = nn.Linear(2, 2)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    held = optimizer.param_groups[0]["params"][0]
    assert held is next(network.parameters()) and held is not next(nn.Linear(2, 2).parameters())


def test_every_patient_of_the_ward_is_where_a_reader_looks_for_its_symptom():
    pages = (ROOT / "chapters" / "4-training").glob("ward-*.md")
    found = [
        re.findall(r"^\((sec-ward-[\w-]+)\)=$", page.read_text("utf-8"), re.M) for page in pages
    ]
    labels = {label for each in found for label in each}
    assert len(labels) > 8 and labels == set(re.findall(r"\{ref\}`(sec-ward-[\w-]+)`", PAGE))
