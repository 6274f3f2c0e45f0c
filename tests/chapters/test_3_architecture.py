"""What chapter 3 computes, held against what can be worked out without it."""

import ast
import contextlib
import re
from pathlib import Path

import pytest
import torch
from bookkit.exercises import student_form
from bookkit.mime import RECORD
from bookkit.pages import read_page
from firstcnn import claims
from torch import nn

PAGE = "chapters/3-architecture"
SOURCE = Path(__file__).parents[2] / f"{PAGE}.md"

CONVOLUTIONS = 1 * 32 * 9 + 32 + 32 * 64 * 9 + 64 + 64 * 128 * 9 + 128
BATCH_NORMS = 2 * (32 + 64 + 128)
FC1, FC2 = 6272 * 512 + 512, 512 * 10 + 10
TOTAL = CONVOLUTIONS + BATCH_NORMS + FC1 + FC2


@pytest.fixture(scope="module")
def executed(chapter):
    return chapter(PAGE)


@pytest.fixture(scope="module")
def records(executed) -> dict[str, dict]:
    """What the chapter recorded: claim to values."""
    kept = [output.data[RECORD] for output in executed.outputs if RECORD in output.get("data", {})]
    return {record["claim"]: record["values"] for record in kept}


def exercises():
    cells = read_page(SOURCE).cells
    return {c.metadata.label: c.source for c in cells if "exercise" in c.metadata.get("tags", [])}


class Shell:
    """Stands for the notebook's shell, of which the chapter asks for short errors only."""

    def run_line_magic(self, *arguments):
        pass


def run_with(answers: dict[str, tuple[str, str]], last: str) -> None:
    """Execute the chapter, without pictures, up to the check below an exercise, with other answers in it."""
    names, checking = {"get_ipython": Shell}, False
    for cell in read_page(SOURCE).cells:
        tags = cell.metadata.get("tags", [])
        hidden = {"remove-output", "remove-cell"} & set(tags) and "import" not in cell.source
        if cell.cell_type != "code" or hidden:
            continue
        old, new = answers.get(cell.metadata.get("label"), ("", ""))
        assert old in cell.source
        with contextlib.suppress(*[RuntimeError] if "raises-exception" in tags else []):
            exec(cell.source.replace(old, new, 1), names)
        if checking:
            return
        checking = cell.metadata.get("label") == last


def test_counts_are_those_of_the_layers_by_hand(executed):
    assert executed.values["total"] == TOTAL == 3_310_026
    assert executed.values["simple_size"] == TOTAL
    assert executed.values["dense_size"] == 784 * 512 + 512 + 512 * 10 + 10
    assert executed.values["pooled_size"] == CONVOLUTIONS + BATCH_NORMS + 128 * 10 + 10
    assert executed.values["shared"] == 9 * 32 + 32
    assert executed.values["unshared"] == 784 * 25_088 + 25_088


def test_the_network_is_larger_than_the_dense_one_and_fc1_is_why(executed):
    values = executed.values
    assert values["times_larger"] == pytest.approx(TOTAL / 407_050)
    assert values["fc1_share"] == pytest.approx(100 * FC1 / TOTAL)
    assert values["conv_share"] == pytest.approx(100 * CONVOLUTIONS / TOTAL)
    assert values["times_smaller"] == pytest.approx(407_050 / 94_410)


def test_claims_stand_on_what_was_counted(records):
    assert set(records) == {"C01", "C15"}
    assert all(claims.verdict(name, values) for name, values in records.items())
    assert records["C01"]["convolution_share"] == pytest.approx(CONVOLUTIONS / TOTAL)
    assert sum(records["C15"]["parameters"]) == sum(records["C15"]["lengths"]) == TOTAL


def test_work_is_counted_place_by_place(executed):
    convolutions = 28**2 * 9 * 32 + 14**2 * 9 * 32 * 64 + 7**2 * 9 * 64 * 128
    total = convolutions + 6272 * 512 + 512 * 10
    assert executed.values["work"] == pytest.approx(total / 1e6)
    assert executed.values["work_conv"] == pytest.approx(100 * convolutions / total)


def test_the_number_of_values_on_the_way(executed):
    assert executed.values["values_conv1"] == 32 * 28 * 28
    assert executed.values["values_conv3"] == 128 * 7 * 7


def test_the_share_of_zeros_and_dropout_are_plausible(executed):
    assert 0 < executed.values["share_zero"] < 100
    assert executed.values["dropped_share"] == pytest.approx(25, abs=1)
    assert executed.values["dropped_mean"] == pytest.approx(1, abs=0.02)


def test_a_shift_leaves_a_trace_at_the_border_and_in_the_fully_connected_layer(executed):
    assert executed.values["black"] < 0
    assert executed.values["border"] > 0.01
    assert executed.values["fc_change"] > 0.1 * executed.values["fc_spread"] > 0


def test_logits_of_the_untrained_network_are_no_probabilities(executed):
    assert executed.values["logit_low"] < 0
    assert executed.values["logit_sum"] != pytest.approx(1, abs=0.01)
    assert 10 <= executed.values["probability_high"] < 20


def test_the_wrong_size_fails_before_the_class_is_written(executed):
    cells = executed.notebook.cells
    errors = {i: o for i, c in enumerate(cells) for o in c.get("outputs", []) if o.output_type == "error"}
    ((index, error),) = errors.items()
    written = next(i for i, c in enumerate(cells) if "class SimpleCNN" in c.source)
    assert index < written
    assert "1x6272 and 25088x512" in error.evalue


def test_receptive_fields_are_where_a_gradient_arrives():
    blocks = [nn.Conv2d(1, 4, 3, padding=1), nn.MaxPool2d(2), nn.Conv2d(4, 4, 3, padding=1)]
    blocks += [nn.MaxPool2d(2), nn.Conv2d(4, 1, 3, padding=1)]
    for layer in blocks:
        for parameter in layer.parameters():
            nn.init.ones_(parameter)
    smooth = [nn.AvgPool2d(2) if isinstance(layer, nn.MaxPool2d) else layer for layer in blocks]
    sides = []
    for depth in range(1, 6):
        image = torch.zeros(1, 1, 56, 56, requires_grad=True)
        maps = nn.Sequential(*smooth[:depth])(image)  # averages let every pixel of a window through
        maps[0, 0, maps.shape[2] // 2, maps.shape[3] // 2].backward()
        sides.append(int((image.grad[0, 0].abs().sum(dim=0) > 0).sum()))
    assert sides == [3, 4, 8, 10, 18]
    table = re.findall(r"^\| [\w ]+ \| \$.*?\$ \| (\d+) \|", SOURCE.read_text(encoding="utf-8"), flags=re.M)
    assert [int(side) for side in table] == sides


def test_tables_have_a_caption(executed):
    tables = [o.data["text/html"] for o in executed.outputs if "text/html" in o.get("data", {})]
    assert len(tables) == 2
    assert all("<caption>" in table for table in tables)


def test_blanks_hide_the_answer_and_leave_the_rest():
    for label, source in exercises().items():
        form = student_form(source)
        assert "_____________" in form, label
        ast.parse(form)


WRONG = {
    "ex-lower-right": ("5. + 4. - 6.", "5. + 4. + 6.", "last weight"),
    "ex-side-after": ("2 * padding", "padding", "both sides"),
    "ex-three-layers": ("pool(rectified)", "pool(convolved)", "what ReLU returned"),
    "ex-receptive-field": ("= 5", "= 6", "one pixel further"),
    "ex-batch-norm": (".sqrt()", "", "root"),
    "ex-dropout": ("1 / (1 - 0.25)", "1 / 0.25", "make up"),
    "ex-simple-cnn": ("128 * 7 * 7", "128 * 14 * 14", "7 × 7"),
    "ex-conv2-parameters": ("64 * 32 * 3 * 3 + 64", "64 * 3 * 3 + 64", "input channels"),
}


def test_every_exercise_has_a_wrong_answer_here():
    assert set(WRONG) == set(exercises())


@pytest.mark.parametrize("label", WRONG)
def test_a_likely_wrong_answer_is_told_what_to_look_at(label):
    old, new, hint = WRONG[label]
    with pytest.raises(AssertionError, match=hint):
        run_with({label: (old, new)}, last=label)
