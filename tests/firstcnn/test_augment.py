"""Augmentation against torchvision, image by image, and what torchvision lacks: one transform for
each image.
"""

import pytest
import torch
from firstcnn.augment import Affine, Chain, Noise, add_noise, rotate, scale, shear, shift
from hypothesis import given, settings
from hypothesis import strategies as st
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as reference

CLOSE = {"rtol": 0, "atol": 2e-4}


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def pictures(count=1, height=28, width=28, channels=1):
    return torch.rand(count, channels, height, width, generator=generator(3))


def by_torchvision(images, degrees=0.0, right=0, down=0, factor=1.0, slant=0.0):
    """torchvision counts the angle of an affine transform clockwise. Its fill (None is black)
    darkens borders twice.
    """
    return reference.affine(
        images,
        angle=-degrees,
        translate=[right, down],
        scale=factor,
        shear=[slant, 0.0],
        interpolation=InterpolationMode.BILINEAR,
        fill=None,
    )


@given(degrees=st.floats(-180, 180), channels=st.integers(1, 3))
@settings(deadline=None, max_examples=20)
def test_rotation(degrees, channels):
    images = pictures(channels=channels)
    turned = rotate(images, degrees)
    torch.testing.assert_close(turned, by_torchvision(images, degrees), **CLOSE)
    again = reference.rotate(images, degrees, interpolation=InterpolationMode.BILINEAR)
    torch.testing.assert_close(turned, again, **CLOSE)


@given(factor=st.floats(0.3, 3))
@settings(deadline=None, max_examples=20)
def test_scaling(factor):
    torch.testing.assert_close(
        scale(pictures(), factor), by_torchvision(pictures(), factor=factor), **CLOSE
    )


@given(slant=st.floats(-60, 60))
@settings(deadline=None, max_examples=20)
def test_shearing(slant):
    torch.testing.assert_close(
        shear(pictures(), slant), by_torchvision(pictures(), slant=slant), **CLOSE
    )


def test_images_that_are_not_square():
    images = pictures(height=20, width=33)
    torch.testing.assert_close(rotate(images, 35), by_torchvision(images, 35), **CLOSE)
    torch.testing.assert_close(shear(images, 20), by_torchvision(images, slant=20), **CLOSE)


def test_a_quarter_turn_is_counter_clockwise():
    images = pictures()
    torch.testing.assert_close(rotate(images, 90), images.rot90(1, dims=(2, 3)), **CLOSE)


def test_an_angle_for_each_image():
    images = pictures(3)
    angles = torch.tensor([10.0, -20.0, 30.0])
    each = torch.cat(
        [
            by_torchvision(image[None], angle.item())
            for image, angle in zip(images, angles, strict=True)
        ]
    )
    torch.testing.assert_close(rotate(images, angles), each, **CLOSE)


@given(right=st.integers(-40, 40), down=st.integers(-40, 40))
@settings(deadline=None, max_examples=40)
def test_shifting_is_exact_and_nothing_comes_back(right, down):
    images = pictures(2)
    expected = torch.full_like(images, 0.25)
    for row in range(28):
        for column in range(28):
            if 0 <= row - down < 28 and 0 <= column - right < 28:
                expected[:, :, row, column] = images[:, :, row - down, column - right]
    assert torch.equal(shift(images, right, down, fill=0.25), expected)


@pytest.mark.parametrize("amounts", [{"right": 0.5}, {"down": -1.25}])
def test_shifting_by_part_of_a_pixel_is_an_error(amounts):
    with pytest.raises(ValueError, match="whole pixels"):
        shift(pictures(), **amounts)


@pytest.mark.parametrize("factor", [0, -1.0, torch.tensor([1.0, 0.0])])
def test_scaling_to_nothing_is_an_error(factor):
    with pytest.raises(ValueError, match="above 0"):
        scale(pictures(2), factor)


# --------------------------------------------------------------------------------------------------
# Affine

ALL = Affine(rotation=15, translation=0.2, scaling=0.3, shear=10)


def test_zero_ranges_change_nothing():
    torch.testing.assert_close(Affine(fill=-0.4)(pictures(4)), pictures(4), **CLOSE)


def test_each_image_gets_a_transform_of_its_own():
    images = pictures().expand(20, -1, -1, -1)
    for transform in (
        Affine(rotation=20),
        Affine(translation=0.2),
        Affine(scaling=0.2),
        Affine(shear=20),
        ALL,
    ):
        changed = transform(images, generator())
        distinct = torch.unique(changed.flatten(1), dim=0)
        assert len(distinct) == 20


def test_the_same_seed_gives_the_same_images_and_another_does_not():
    images = pictures(4)
    assert torch.equal(ALL(images, generator(1)), ALL(images, generator(1)))
    assert not torch.equal(ALL(images, generator(1)), ALL(images, generator(2)))


def test_with_a_generator_the_global_one_is_not_touched():
    state = torch.get_rng_state()
    Chain((ALL, Noise(0.1)))(pictures(4), generator=generator())
    assert torch.equal(state, torch.get_rng_state())


def test_without_a_generator_the_global_one_decides():
    torch.manual_seed(5)
    first = ALL(pictures(4))
    torch.manual_seed(5)
    assert torch.equal(ALL(pictures(4)), first)


def test_the_images_given_are_not_changed():
    images = pictures(4)
    copy = images.clone()
    Chain((ALL, Noise(0.1)))(images, generator())
    rotate(images, 10), shift(images, 3)
    assert torch.equal(images, copy)


def measured(transform, count=4000, height=20, width=40):
    """The matrices (count, 2, 2) and shifts (count, 2) in pixels of an Affine, read off images of
    coordinates.

    The images hold, at each pixel, where it is: after the transform the middle of the image tells
    where it came from.
    """
    down, right = torch.meshgrid(
        torch.arange(height) - (height - 1) / 2,
        torch.arange(width) - (width - 1) / 2,
        indexing="ij",
    )
    images = torch.stack([right, down])[None].expand(count, -1, -1, -1)
    came_from = transform(images, generator())  # (count, 2, H, W)
    middle = came_from[:, :, height // 2 - 1 : height // 2 + 1, width // 2 - 1 : width // 2 + 1]
    along = (middle[:, :, :, 1] - middle[:, :, :, 0]).mean(dim=2)
    downwards = (middle[:, :, 1, :] - middle[:, :, 0, :]).mean(dim=2)
    matrices = torch.linalg.inv(torch.stack([along, downwards], dim=2))
    return matrices, -(matrices @ middle.mean(dim=(2, 3))[:, :, None])[:, :, 0]


def assert_uniform(values, low, high):
    """Draws within the range that fill it evenly: the share below each tenth is a tenth more (4
    standard errors).
    """
    assert low - 1e-3 <= values.min() and values.max() <= high + 1e-3
    tenths = torch.linspace(low, high, 11, dtype=values.dtype)
    shares = torch.stack([(values <= edge).double().mean() for edge in tenths[1:-1]])
    assert (shares - torch.linspace(0.1, 0.9, 9)).abs().max() < 4 * (0.25 / len(values)) ** 0.5


def test_angles_are_uniform_within_the_range():
    matrices, _ = measured(Affine(rotation=30))
    assert_uniform(torch.rad2deg(torch.atan2(matrices[:, 0, 1], matrices[:, 0, 0])), -30, 30)


def test_shifts_are_uniform_within_the_range_of_each_side_and_independent():
    _, shifts = measured(Affine(translation=0.1))
    assert_uniform(shifts[:, 0], -4, 4)
    assert_uniform(shifts[:, 1], -2, 2)
    assert torch.corrcoef(shifts.T)[0, 1].abs() < 4 / len(shifts) ** 0.5


def test_factors_are_uniform_within_the_range():
    matrices, _ = measured(Affine(scaling=0.2))
    assert_uniform(matrices[:, 0, 0], 0.8, 1.2)
    torch.testing.assert_close(matrices[:, 0, 0], matrices[:, 1, 1], rtol=0, atol=1e-3)


def test_slants_are_uniform_within_the_range():
    matrices, _ = measured(Affine(shear=25))
    assert_uniform(torch.rad2deg(torch.atan(-matrices[:, 0, 1])), -25, 25)


def test_all_at_once_in_torchvisions_order():
    matrices, shifts = measured(ALL, count=5, height=28, width=28)
    images = pictures(5)
    changed = ALL(images, generator())
    for image, found, matrix, (right, down) in zip(images, changed, matrices, shifts, strict=True):
        factor = torch.linalg.det(matrix).sqrt()
        angle = torch.atan2(-matrix[1, 0], matrix[0, 0])
        turn = torch.tensor([[angle.cos(), angle.sin()], [-angle.sin(), angle.cos()]])
        slant = torch.atan(-(turn.T @ matrix / factor)[0, 1])
        expected = by_torchvision(
            image[None],
            torch.rad2deg(angle).item(),
            right=right.item(),
            down=down.item(),
            factor=factor.item(),
            slant=torch.rad2deg(slant).item(),
        )
        torch.testing.assert_close(found[None], expected, rtol=0, atol=5e-3)


FILLED = [
    lambda x, fill: rotate(x, 33, fill),
    lambda x, fill: scale(x, 0.6, fill),
    lambda x, fill: shear(x, 30, fill),
    lambda x, fill: shift(x, 3, -2, fill),
    lambda x, fill: Affine(rotation=15, translation=0.2, scaling=0.3, shear=10, fill=fill)(
        x, generator()
    ),
]


@pytest.mark.parametrize("change", FILLED)
def test_an_image_as_bright_as_the_fill_stays_as_it_is(change):
    images = torch.full((4, 1, 28, 28), -0.4)
    torch.testing.assert_close(change(images, -0.4), images, rtol=0, atol=1e-6)


@pytest.mark.parametrize("change", FILLED)
def test_what_comes_in_has_the_brightness_of_the_fill(change):
    changed = change(torch.ones(20, 1, 28, 28), -0.4)
    assert changed.min().item() == pytest.approx(-0.4, abs=1e-6)
    assert changed.max().item() == pytest.approx(1, abs=1e-6)


def test_the_corners_of_a_turned_image_are_filled():
    corners = rotate(torch.ones(2, 1, 28, 28), 45, fill=-0.4)[:, 0, [0, 0, -1, -1], [0, -1, 0, -1]]
    torch.testing.assert_close(corners, torch.full((2, 4), -0.4))


@pytest.mark.parametrize("change", FILLED)
def test_to_warp_and_normalise_is_to_normalise_and_warp_with_normalised_black(change):
    mean, std = 0.1307, 0.3081
    images = pictures(6)
    normalised_last = (change(images, 0.0) - mean) / std
    torch.testing.assert_close(
        normalised_last, change((images - mean) / std, (0 - mean) / std), **CLOSE
    )


@pytest.mark.parametrize(
    "settings",
    [
        {"rotation": -1},
        {"translation": -0.1},
        {"scaling": 1.0},
        {"shear": 90},
        {"rotation": float("nan")},
    ],
)
def test_impossible_ranges_are_errors(settings):
    with pytest.raises(ValueError, match=f"Affine\\({next(iter(settings))}="):
        Affine(**settings)


def test_a_fill_that_is_no_brightness_is_an_error():
    with pytest.raises(ValueError, match="fill"):
        Affine(fill=float("nan"))


# ------------------------------------------------------------------------------------------------
# noise and chains


def test_noise_has_the_deviation_and_no_bias():
    noise = add_noise(torch.full((100, 1, 28, 28), 0.5), 0.3, generator()) - 0.5
    assert noise.std().item() == pytest.approx(0.3, rel=0.02)
    assert noise.mean().item() == pytest.approx(0, abs=4 * 0.3 / noise.numel() ** 0.5)
    assert torch.equal(add_noise(pictures(), 0.0), pictures())


def test_noise_is_repeatable_and_differs_from_image_to_image():
    images = pictures().expand(2, -1, -1, -1)
    noisy = Noise(0.2)(images, generator(1))
    assert torch.equal(noisy, Noise(0.2)(images, generator(1)))
    assert torch.equal(noisy, add_noise(images, 0.2, generator(1)))
    assert not torch.equal(noisy[0], noisy[1])


@pytest.mark.parametrize("deviation", [-0.1, float("nan")])
def test_a_negative_deviation_is_an_error(deviation):
    with pytest.raises(ValueError, match="standard deviation"):
        Noise(deviation)


def test_a_chain_applies_its_transforms_in_order_from_one_generator():
    images, source = pictures(3), generator()
    by_hand = add_noise(ALL(images, source), 0.1, source)
    assert torch.equal(Chain((ALL, Noise(0.1)))(images, generator()), by_hand)


def test_equal_settings_are_equal_and_hashable():
    assert Chain([Affine(rotation=5), Noise(0.1)]) == Chain((Affine(rotation=5), Noise(0.1)))
    assert len({Affine(rotation=5), Affine(rotation=5), Affine(rotation=6)}) == 2


@pytest.mark.parametrize(
    "images",
    [
        torch.zeros(2, 1, 28, 28, dtype=torch.uint8),
        torch.zeros(2, 28, 28),
        torch.zeros(28, 28),
        [[0.0]],
    ],
)
@pytest.mark.parametrize(
    "change",
    [
        ALL,
        Noise(0.1),
        lambda x: rotate(x, 5),
        lambda x: shift(x, 1),
        lambda x: scale(x, 2),
        lambda x: shear(x, 2),
    ],
)
def test_what_is_no_batch_of_images_is_an_error(images, change):
    with pytest.raises(ValueError, match=r"floating-point tensor \(N, C, H, W\), got"):
        change(images)


def test_as_many_angles_as_images():
    with pytest.raises(ValueError, match="one for each of 3 images"):
        rotate(pictures(3), torch.tensor([1.0, 2.0]))
