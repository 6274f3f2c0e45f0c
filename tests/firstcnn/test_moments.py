"""The measures against images whose size, place, slant and stroke are known because they were drawn
so.
"""

import math

import numpy as np
import pytest
import torch
from firstcnn import moments
from hypothesis import given
from hypothesis import strategies as st


def blank(count=1):
    return torch.zeros(count, 28, 28, dtype=torch.uint8)


def bar(top, left, height, width):
    image = blank()
    image[0, top : top + height, left : left + width] = 255
    return image


def leaning_bar(degrees, width=3.0, supersampling=16):
    """Draw a bar 20 pixels high whose top leans to the right by an angle, from samples finer than
    its pixels.
    """
    fine = (np.arange(28 * supersampling) + 0.5) / supersampling - 0.5
    rows, columns = np.meshgrid(fine, fine, indexing="ij")
    middle = 13.5 + (13.5 - rows) * math.tan(math.radians(degrees))
    ink = (abs(columns - middle) <= width / 2) & (abs(rows - 13.5) <= 10)
    pixels = ink.reshape(28, supersampling, 28, supersampling).mean(axis=(1, 3))
    return torch.from_numpy((255 * pixels).round().astype(np.uint8))[None]


boxes = st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(1, 8), st.integers(1, 8))


@given(boxes)
def test_the_bounding_box_is_the_box_that_was_drawn(box):
    height, width = moments.bounding_box(bar(*box))
    assert (height.item(), width.item()) == box[2:]


@given(boxes)
def test_the_centre_of_mass_of_a_box_is_its_middle(box):
    row, column = moments.centre_of_mass(bar(*box))
    assert row.item() == pytest.approx(box[0] + (box[2] - 1) / 2)
    assert column.item() == pytest.approx(box[1] + (box[3] - 1) / 2)


def test_faint_ink_counts_in_the_box_and_weighs_little():
    image = bar(10, 10, 1, 1)
    image[0, 10, 20] = 1
    assert moments.bounding_box(image)[1].item() == 11
    assert moments.centre_of_mass(image)[1].item() == pytest.approx(10 + 10 / 256)


@pytest.mark.parametrize("degrees", [-40, -15, 0, 5, 30])
def test_a_sheared_bar_leans_by_the_angle_it_was_drawn_with(degrees):
    assert moments.slant(leaning_bar(degrees)).item() == pytest.approx(degrees, abs=0.5)


def test_the_slant_of_a_mirrored_image_is_the_opposite():
    image = leaning_bar(20)
    torch.testing.assert_close(moments.slant(image.flip(2)), -moments.slant(image))


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_the_stroke_of_a_bar_is_as_wide_as_the_bar(width):
    assert moments.stroke_width(bar(4, 12, 20, width)).item() == pytest.approx(width, rel=0.08)


@pytest.mark.parametrize("degrees", [-30, 20])
def test_the_stroke_of_a_leaning_bar_is_measured_across_it(degrees):
    across = 3 * math.cos(math.radians(degrees))
    assert moments.stroke_width(leaning_bar(degrees)).item() == pytest.approx(across, rel=0.12)


def test_ink_up_to_the_border_ends_there():
    assert moments.stroke_width(bar(0, 0, 28, 3)).item() == pytest.approx(3, rel=0.08)


def test_images_without_ink_have_no_size_and_no_measure():
    assert [side.item() for side in moments.bounding_box(blank())] == [0, 0]
    assert all(side.isnan().all() for side in moments.centre_of_mass(blank()))
    assert moments.slant(blank()).isnan().all()
    assert moments.stroke_width(blank()).isnan().all()


@pytest.mark.parametrize(
    "measure", [moments.bounding_box, moments.centre_of_mass, moments.slant, moments.stroke_width]
)
def test_each_image_of_a_batch_is_measured_by_itself(measure):
    images = torch.cat([bar(2, 3, 20, 3), blank(), leaning_bar(25), bar(5, 5, 6, 2)])
    together = torch.stack([torch.as_tensor(part) for part in _parts(measure(images))])
    alone = torch.cat([torch.stack(_parts(measure(image[None]))) for image in images], dim=1)
    torch.testing.assert_close(together, alone, equal_nan=True)


def test_the_batch_size_changes_no_stroke_width():
    images = torch.cat([bar(4, 12, 20, width) for width in (1, 2, 3, 4, 5)])
    torch.testing.assert_close(
        moments.stroke_width(images, batch_size=2), moments.stroke_width(images)
    )


@pytest.mark.parametrize(
    "measure", [moments.bounding_box, moments.centre_of_mass, moments.slant, moments.stroke_width]
)
def test_a_batch_with_another_number_of_axes_is_refused(measure):
    with pytest.raises(ValueError, match=r"\(2, 1, 28, 28\); expected \(N, H, W\)"):
        measure(torch.zeros(2, 1, 28, 28, dtype=torch.uint8))


def _parts(measured):
    return list(measured) if isinstance(measured, tuple) else [measured]
