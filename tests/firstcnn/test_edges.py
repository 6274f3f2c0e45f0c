"""The measure of edge detectors, on detectors that come from elsewhere than its family, and on
random kernels.
"""

import numpy as np
import pytest
import torch
from firstcnn import edges
from scipy import ndimage


def impulse_response(operator, **options):
    """The kernel (3, 3) of an operator of SciPy: what it makes of a single bright pixel."""
    impulse = np.zeros((3, 3))
    impulse[1, 1] = 1.0
    return operator(impulse, mode="constant", **options)


def compass(kernel):
    """A kernel in four directions, its border turned by an eighth each time."""
    border = [(0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0)]
    turned = [np.array(kernel, dtype=float) for _ in range(4)]
    for steps, version in enumerate(turned):
        for place, other in zip(border, border[steps:] + border[:steps], strict=True):
            version[other] = kernel[place[0]][place[1]]
    return turned


def painted_edge(degrees, offset):
    """What three by three pixels show of a straight edge, and answer 0 to an even area."""
    fine = (np.arange(90) + 0.5) / 30 - 1.5
    turn = np.radians(degrees)
    bright = np.cos(turn) * fine + np.sin(turn) * fine[:, None] > offset
    pixels = bright.reshape(3, 30, 3, 30).mean(axis=(1, 3))
    return pixels - pixels.mean()


DETECTORS = [
    *(impulse_response(ndimage.sobel, axis=axis) for axis in (0, 1)),
    *(impulse_response(ndimage.prewitt, axis=axis) for axis in (0, 1)),
    impulse_response(ndimage.laplace),
    *compass([[1, 1, 1], [0, 0, 0], [-1, -1, -1]]),  # Prewitt
    *compass([[1, 2, 1], [0, 0, 0], [-1, -2, -1]]),  # Sobel
    *compass([[3, 10, 3], [0, 0, 0], [-3, -10, -3]]),  # Scharr
    *compass([[5, 5, 5], [-3, 0, -3], [-3, -3, -3]]),  # Kirsch
    *compass([[1, 1, 1], [1, -2, 1], [-1, -1, -1]])[:1],  # Prewitt's compass
    *compass([[-1, 2, -1], [-1, 2, -1], [-1, 2, -1]]),  # lines
    *(np.outer([1, 1, 1], row) for row in ([-1, 1, 0], [0, -1, 1], [1, 0, -1])),
    *(np.outer(column, [1, 1, 1]) for column in ([1, -1, 0], [0, 1, -1])),
    [[0, -1, 1], [-1, 1, 0], [1, 0, 0]],  # the two diagonals of a well-known course
    [[1, -1, 0], [0, 1, -1], [0, 0, 1]],
    [[1, 0, 0], [0, -1, 0], [0, 0, 0]],  # Roberts, with zeros around it
    [[0, 1, 0], [-1, 0, 0], [0, 0, 0]],
    [[0, 0, 0], [0, 1, 0], [0, 0, -1]],
    [[0, 0, 0], [0, 0, 1], [0, -1, 0]],
    8 * np.eye(9)[4].reshape(3, 3) - (1 - np.eye(9)[4].reshape(3, 3)),  # Laplace, 8 neighbours
    *(painted_edge(angle, 0) for angle in (0, 10, 35, 63, 81, 110, 144, 170)),
    *(painted_edge(angle, 0.5) for angle in (0, 17, 52, 98, 200, 230, 299, 333)),
]


def tensor(kernels):
    return torch.tensor(np.array(kernels, dtype=np.float32))  # (N, 3, 3)


def noisy(kernels, share, seed=0):
    """Kernels of random size and sign, with noise of a share of their length."""
    drawn = np.random.default_rng(seed)
    flat = np.array(kernels, dtype=float).reshape(len(kernels), 9)
    flat = flat / np.linalg.norm(flat, axis=1, keepdims=True)
    flat = flat + share / 3 * drawn.normal(size=flat.shape)
    return tensor((flat * drawn.choice([-3, -0.2, 0.2, 3], (len(flat), 1))).reshape(-1, 3, 3))


def cosines(kernels):
    return edges.best_match(kernels).cosine


@pytest.fixture(scope="module")
def threshold():
    return torch.quantile(cosines(edges.random_kernels(10_000, seed=0)), 0.95).item()


def share_above(kernels, threshold):
    return (cosines(kernels) > threshold).double().mean().item()


def test_known_detectors_are_found(threshold):
    assert len(DETECTORS) > 50
    assert share_above(tensor(DETECTORS), threshold) > 0.95


def test_they_are_found_at_any_size_and_sign_and_with_some_noise(threshold):
    assert share_above(noisy(DETECTORS, 0), threshold) == share_above(tensor(DETECTORS), threshold)
    assert share_above(noisy(20 * DETECTORS, 0.1), threshold) > 0.9
    assert share_above(noisy(20 * DETECTORS, 0.2), threshold) > 0.85


def test_one_random_kernel_in_twenty_is_taken_for_a_detector(threshold):
    drawn = np.random.default_rng(1).uniform(-1 / 3, 1 / 3, (1000, 3, 3))  # not PyTorch's generator
    assert 0.03 < share_above(tensor(drawn), threshold) < 0.07


def test_detectors_stand_clearly_above_random_kernels():
    assert cosines(tensor(DETECTORS)).median() > 0.95
    assert cosines(edges.random_kernels(1000, seed=2)).median() < 0.8


@pytest.mark.parametrize("kernel", [np.ones((3, 3)), np.outer([1, 2, 1], [1, 2, 1])])
def test_a_blur_is_no_detector(kernel):
    assert cosines(tensor([kernel])) < 0.5


def test_zeros_match_nothing():
    assert cosines(torch.zeros(2, 3, 3)).tolist() == [0, 0]


def test_the_cosine_is_that_with_the_detector_that_is_returned():
    kernels = noisy(DETECTORS, 0.5)
    found = edges.best_match(kernels[:, None])
    for kernel, detector, cosine in zip(kernels, found.detector, found.cosine, strict=True):
        expected = (kernel * detector).sum() / kernel.norm() / detector.norm()
        assert cosine.item() == pytest.approx(expected.item(), abs=1e-5)


def test_edges_lines_and_spots_are_told_apart():
    kernels = tensor([painted_edge(30, 0), [[-1, 2, -1]] * 3, [[1, 1, 1], [1, -8, 1], [1, 1, 1]]])
    assert edges.best_match(kernels).kind == ["edge", "line", "spot"]


def test_every_detector_of_the_family_answers_nothing_to_an_even_area():
    for planes in edges.detectors().values():
        assert planes.sum(dim=(1, 2)).abs().max() < 1e-5
        assert (planes.square().sum(dim=(1, 2)) - 1).abs().max() < 1e-5


def test_the_twenty_known_detectors_of_the_book_are_twenty():
    kernels = torch.stack(list(edges.known_detectors().values())).flatten(1)
    ones = torch.nn.functional.normalize(kernels)
    assert kernels.shape == (20, 9)
    assert ((ones @ ones.T).abs() > 0.999).sum() == 20, "no two are one kernel"


def test_random_kernels_are_those_of_a_new_layer_and_leave_the_generator_alone():
    torch.manual_seed(5)
    expected = torch.nn.Conv2d(1, 7, 3).weight
    torch.manual_seed(8)
    state = torch.get_rng_state()
    assert torch.equal(edges.random_kernels(7, seed=5), expected)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("shape", [(3, 3), (4, 5, 5), (4, 2, 3, 3), (9,)])
def test_kernels_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=r"but \(N, 3, 3\) or \(N, 1, 3, 3\) is expected"):
        edges.best_match(torch.zeros(shape))
