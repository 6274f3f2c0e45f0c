"""firstcnn.data against torchvision, NumPy and files written here, on MNIST itself and on small
data sets.
"""

import gzip
import hashlib
import pwd
import shutil
import struct
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from firstcnn import data, profiles
from firstcnn.data.__main__ import main
from firstcnn.data.known import FASHION_MD5, MNIST_MD5
from firstcnn.data.reading import LEAST_IMAGES
from hypothesis import given
from hypothesis import strategies as st
from torchvision import transforms
from torchvision.datasets import MNIST

NAMES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
TINY = replace(profiles.QUICK, name="tiny", train=600, validation=120, test=100)


def write_idx(path: Path, values: np.ndarray) -> None:
    """Write an IDX file as its description says, gzipped if the name says so."""
    header = struct.pack(f">HBB{values.ndim}I", 0, 8, values.ndim, *values.shape)
    content = header + values.astype(np.uint8).tobytes()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


def small_arrays() -> list[np.ndarray]:
    """Return 1,200 training and 90 test images, each with its own number in its first two
    pixels.
    """
    random = np.random.default_rng(3)
    arrays = []
    for count in (1200, 90):
        images = random.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        images[:, 0, 0], images[:, 0, 1] = np.divmod(np.arange(count), 256)
        labels = random.choice(10, count, p=np.arange(1, 11) / 55).astype(
            np.uint8
        )  # unequal classes
        labels[:10] = np.arange(10)
        arrays += [images, labels]
    return arrays


def write_folder(folder: Path, ending: str = "", spelling: str = "-") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, values in zip(NAMES, small_arrays(), strict=True):
        write_idx(folder / (name.replace("-idx", f"{spelling}idx") + ending), values)
    return folder


def numbers(images: torch.Tensor) -> list[int]:
    """Return the numbers that `small_arrays` wrote into the images."""
    return (images[:, 0, 0].int() * 256 + images[:, 0, 1].int()).tolist()


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    monkeypatch.delenv("FIRSTCNN_DATA", raising=False)
    monkeypatch.setenv("FIRSTCNN_PROFILE", "full")
    for name in LEAST_IMAGES:
        monkeypatch.setitem(LEAST_IMAGES, name, 50)  # the sets of these tests are small


@pytest.fixture
def folder(tmp_path):
    return write_folder(tmp_path / "mine")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("FIRSTCNN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def mnist():
    """Return MNIST as torchvision reads it: training and test part."""
    raw = data.fetch()
    assert raw == data.cache_folder() / "MNIST" / "raw"
    root = data.torchvision_root()
    return MNIST(root, train=True, download=False), MNIST(root, train=False, download=False)


# MNIST itself


def test_mnist_is_split_into_50000_and_10000_with_classes_in_proportion(mnist):
    train, validation = data.open_training_sets()
    assert train.images.shape == (50_000, 28, 28) and train.images.dtype == torch.uint8
    assert validation.images.shape == (10_000, 28, 28) and validation.labels.dtype == torch.int64
    whole = np.bincount(mnist[0].targets.numpy())
    assert whole.tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    held_out = np.bincount(validation.labels.numpy())
    assert np.abs(held_out - whole / 6).max() < 1
    assert (np.bincount(train.labels.numpy()) + held_out == whole).all()


def test_training_and_validation_are_together_the_training_file(mnist):
    def sorted_rows(images, labels):
        rows = np.concatenate(
            [images.reshape(-1, 784), labels.reshape(-1, 1).astype(np.uint8)], axis=1
        )
        return np.sort(rows.view("S785"), axis=0)

    train, validation = data.open_training_sets()
    images, labels = (torch.cat(both).numpy() for both in zip(train, validation, strict=True))
    assert (
        sorted_rows(images, labels) == sorted_rows(mnist[0].data.numpy(), mnist[0].targets.numpy())
    ).all()


def test_the_test_set_is_torchvisions(mnist):
    images, labels = data.open_test_set()
    assert torch.equal(images, mnist[1].data)
    assert torch.equal(labels, mnist[1].targets)
    assert torch.equal(data.test_labels(), mnist[1].targets)
    assert torch.equal(data.test_image(947), mnist[1].data[947])


def test_pixel_statistics_are_those_of_numpy_on_the_file(mnist):
    content = (data.fetch() / NAMES[0]).read_bytes()
    pixels = np.frombuffer(content, np.uint8, offset=16).astype(np.float32) / 255
    mean, std = data.pixel_statistics(mnist[0].data)
    assert mean == pytest.approx(pixels.mean(dtype=np.float64), rel=1e-6)
    assert std == pytest.approx(pixels.std(dtype=np.float64), rel=1e-6)
    assert (round(mean, 4), round(std, 4)) == (0.1307, 0.3081)


def test_prepare_is_torchvisions_to_tensor_and_normalize(mnist):
    mean, std = data.pixel_statistics(mnist[0].data)
    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((mean,), (std,))])
    reference = torch.stack([transform(mnist[1][index][0]) for index in range(1000)])
    prepared = data.prepare(mnist[1].data[:1000], mean, std)
    assert prepared.shape == (1000, 1, 28, 28)
    assert torch.equal(prepared, reference)


def test_mnist_in_the_cache_has_one_checksum(mnist):
    raw = data.fetch()
    whole = hashlib.sha256(b"".join((raw / name).read_bytes() for name in NAMES))
    assert data.checksum() == data.checksum(raw) == whole.hexdigest()


def test_the_disputed_labels_are_15_places_in_the_test_set(mnist):
    assert len(set(data.DISPUTED_TEST_LABELS)) == 15
    assert all(0 <= index < len(mnist[1]) for index in data.DISPUTED_TEST_LABELS)


# Arithmetic on pixels

every_level = torch.arange(256, dtype=torch.uint8).repeat(49).reshape(16, 28, 28)


@given(mean=st.floats(0, 1), std=st.floats(0.01, 1))
def test_prepare_equals_torchvision_at_every_level(mean, std):
    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((mean,), (std,))])
    reference = torch.stack([transform(image.numpy()) for image in every_level])
    assert torch.equal(data.prepare(every_level, mean, std), reference)


def test_prepare_leaves_the_stored_images_alone():
    before = every_level.clone()
    data.prepare(every_level, 0.5, 0.5)
    assert torch.equal(every_level, before)


def test_images_that_were_prepared_already_are_refused():
    prepared = data.prepare(every_level, 0.5, 0.5)
    with pytest.raises(ValueError, match="uint8"):
        data.prepare(prepared, 0.5, 0.5)
    with pytest.raises(ValueError, match="uint8"):
        data.pixel_statistics(prepared)


def test_images_without_contrast_are_refused():
    mean, std = data.pixel_statistics(torch.full((3, 28, 28), 7, dtype=torch.uint8))
    assert (mean, std) == (pytest.approx(7 / 255), 0)
    with pytest.raises(ValueError, match="all pixels the same"):
        data.prepare(every_level, mean, std)


def test_statistics_of_no_images_are_refused():
    with pytest.raises(ValueError, match="at least one image"):
        data.pixel_statistics(torch.empty(0, 28, 28, dtype=torch.uint8))


# The split, on images that carry their own number


def test_no_image_is_on_both_sides_and_none_is_lost(folder):
    train, validation = data.open_training_sets(folder)
    assert len(validation.labels) == 200
    assert sorted(numbers(train.images) + numbers(validation.images)) == list(range(1200))


def test_images_keep_their_labels(folder):
    labels = small_arrays()[1]
    for side in (*data.open_training_sets(folder), *data.open_training_sets(folder, profile=TINY)):
        assert side.labels.tolist() == labels[numbers(side.images)].tolist()


def test_the_split_follows_the_seed(folder):
    first, again, other = (data.open_training_sets(folder, seed=seed)[1] for seed in (5, 5, 6))
    assert numbers(first.images) == numbers(again.images)
    assert set(numbers(first.images)) != set(numbers(other.images))


def test_a_profile_takes_a_stratified_part_of_each_side(folder):
    whole, part = (
        data.open_training_sets(folder, profile=profile) for profile in (profiles.FULL, TINY)
    )
    for side, limited, size in zip(whole, part, (600, 120), strict=True):
        assert len(limited.labels) == size
        assert set(numbers(limited.images)) < set(numbers(side.images))
        share = np.bincount(side.labels.numpy()) * size / len(side.labels)
        assert np.abs(np.bincount(limited.labels.numpy()) - share).max() < 1


def test_a_profile_takes_a_stratified_part_of_the_test_set(folder):
    whole = data.open_test_set(folder)
    assert numbers(whole.images) == list(range(90))
    half = replace(profiles.FULL, name="half", test=45)
    limited = data.open_test_set(folder, profile=half)
    assert numbers(limited.images) == numbers(data.open_test_set(folder, profile=half).images)
    assert np.abs(np.bincount(limited.labels) - np.bincount(whole.labels) / 2).max() < 1
    assert whole.labels[numbers(limited.images)].tolist() == limited.labels.tolist()


def test_a_profile_larger_than_the_data_takes_all(folder):
    assert len(data.open_test_set(folder, profile=TINY).labels) == 90


def test_the_environment_names_the_profile(folder, monkeypatch):
    monkeypatch.setenv("FIRSTCNN_PROFILE", "quick")
    monkeypatch.setattr(profiles, "QUICK", replace(TINY, name="quick"))
    assert [len(side.labels) for side in data.open_training_sets(folder)] == [600, 120]
    assert len(data.test_labels(folder)) == 90


def test_what_is_done_to_a_set_does_not_reach_the_next(folder):
    for open_set in (
        lambda: data.open_training_sets(folder)[0],
        lambda: data.open_test_set(folder),
    ):
        open_set().images.zero_()
        assert open_set().images.any()
    data.test_image(3, folder).zero_()
    assert data.test_image(3, folder).any()


def test_one_test_image_is_at_its_place_in_the_file(folder):
    images = small_arrays()[2]
    assert np.array_equal(data.test_image(89, folder), images[89])
    for outside in (-1, 90):
        with pytest.raises(IndexError, match="from 0 to 89"):
            data.test_image(outside, folder)


# Folders of one's own


@pytest.mark.parametrize("ending", ["", ".gz"])
@pytest.mark.parametrize("spelling", ["-", "."])
@pytest.mark.parametrize("place", ["", "raw", "FashionMNIST/raw"])
def test_every_form_of_a_folder_is_the_same_data(tmp_path, folder, ending, spelling, place):
    other = tmp_path / "other"
    write_folder(other / place, ending, spelling)
    assert data.fetch(other) == other / place
    assert data.checksum(other) == data.checksum(folder)
    assert torch.equal(data.open_test_set(other).images, data.open_test_set(folder).images)


def test_raw_and_gzipped_files_may_stand_side_by_side(folder):
    before = data.checksum(folder)
    write_idx(folder / f"{NAMES[0]}.gz", small_arrays()[0])
    (folder / NAMES[0]).unlink()
    assert data.checksum(folder) == before


@pytest.mark.parametrize("place", ["~/mine", "~{user}/mine"])
def test_a_tilde_is_the_users_own_folder(folder, monkeypatch, place):
    monkeypatch.setenv("HOME", str(folder.parent))
    if "user" in place:
        monkeypatch.setattr(
            pwd, "getpwnam", lambda name: SimpleNamespace(pw_dir=str(folder.parent))
        )
        place = place.format(user="somebody")
    assert data.fetch(place) == folder
    monkeypatch.setenv("FIRSTCNN_DATA", place)
    assert data.fetch() == folder


@pytest.mark.parametrize("second", [".gz", "dotted", "raw", "MNIST/raw", "raw/.gz"])
def test_two_spellings_of_a_file_have_to_hold_the_same(folder, second):
    name, labels = NAMES[1], small_arrays()[1]
    other = folder / {
        ".gz": f"{name}.gz",
        "dotted": name.replace("-idx", ".idx"),
        "raw/.gz": f"raw/{name}.gz",
    }.get(second, f"{second}/{name}")
    other.parent.mkdir(parents=True, exist_ok=True)
    write_idx(other, labels)
    before = data.checksum(folder)
    assert data.files(folder)[name] == folder / name
    labels[7] = (labels[7] + 1) % 10
    write_idx(other, labels)
    with pytest.raises(data.DataError, match="hold different data") as refused:
        data.checksum(folder)
    assert str(folder / name) in str(refused.value) and str(other) in str(refused.value)
    other.write_bytes(other.read_bytes()[:-3])
    with pytest.raises(data.DataError, match=other.name.replace(".", r"\.")):
        data.open_test_set(folder)
    other.unlink()
    assert data.checksum(folder) == before


def known(monkeypatch, files: list[str]) -> None:
    """Let these files of `small_arrays` pass for MNIST's, and no others."""
    contents = {}
    for name, values in zip(NAMES, small_arrays(), strict=True):
        header = struct.pack(f">HBB{values.ndim}I", 0, 8, values.ndim, *values.shape)
        contents[name] = hashlib.md5(header + values.tobytes()).hexdigest()
    for name in NAMES:
        monkeypatch.setitem(MNIST_MD5, name, contents[name] if name in files else "another")


@pytest.mark.parametrize("of_mnist", [NAMES[:3], NAMES[1:], NAMES[1:2], (NAMES[0], NAMES[3])])
def test_a_file_of_another_set_that_took_the_place_of_one_is_found(folder, monkeypatch, of_mnist):
    known(monkeypatch, of_mnist)
    with pytest.raises(data.DataError, match="different sets") as refused:
        data.fetch(folder)
    mnist, others = str(refused.value).split(" of MNIST; ")
    assert all(
        (name in mnist) == (name in of_mnist) and (name in others) != (name in of_mnist)
        for name in NAMES
    )


@pytest.mark.parametrize("of_mnist", [NAMES, (), NAMES[:2], NAMES[2:], NAMES[::2], NAMES[1::2]])
def test_a_whole_part_of_mnist_and_its_images_or_labels_may_be_used_with_others(
    folder, monkeypatch, of_mnist
):
    known(monkeypatch, of_mnist)
    assert data.fetch(folder) == folder


def test_two_known_sets_are_never_mixed(folder, monkeypatch):
    known(monkeypatch, NAMES)
    monkeypatch.setitem(FASHION_MD5, NAMES[2], MNIST_MD5[NAMES[2]])
    monkeypatch.setitem(FASHION_MD5, NAMES[3], MNIST_MD5[NAMES[3]])
    for name in NAMES[2:]:
        monkeypatch.setitem(MNIST_MD5, name, "another")
    with pytest.raises(
        data.DataError, match=f"{NAMES[1]} of MNIST; {NAMES[2]}, {NAMES[3]} of Fashion-MNIST"
    ):
        data.fetch(folder)


@pytest.mark.parametrize("members", [2, 7])
@pytest.mark.parametrize("zeros", [0, 1, 512])
def test_gzip_of_several_members_and_filled_up_with_zeros_is_read(folder, members, zeros):
    before = data.checksum(folder)
    content = (folder / NAMES[0]).read_bytes()
    step = len(content) // members + 1
    parts = [gzip.compress(content[start : start + step]) for start in range(0, len(content), step)]
    (folder / f"{NAMES[0]}.gz").write_bytes(b"".join(parts) + bytes(zeros))
    (folder / NAMES[0]).unlink()
    assert data.checksum(folder) == before


def test_a_hundred_thousand_empty_members_are_no_trap(folder):
    content = (folder / NAMES[1]).read_bytes()
    (folder / f"{NAMES[1]}.gz").write_bytes(gzip.compress(b"") * 100_000 + gzip.compress(content))
    began = time.monotonic()
    data.fetch(folder)
    assert time.monotonic() - began < 60


@pytest.mark.parametrize("fill", ["few", "blank", "one grey", "too few drawn"])
@pytest.mark.parametrize("part", [0, 2])
def test_sets_with_too_little_in_them_are_refused_with_the_least_size(folder, part, fill):
    arrays = small_arrays()
    images, labels = arrays[part : part + 2]
    if fill == "few":
        images, labels = images[:49], labels[:49]
    elif fill == "too few drawn":
        images[49:] = images[49:, :1, :1]  # each image has one value
    else:
        images[:] = 0 if fill == "blank" else 77
    write_idx(folder / NAMES[part], images)
    write_idx(folder / NAMES[part + 1], labels)
    drawn = 0 if fill in ("blank", "one grey") else 49
    with pytest.raises(
        data.DataError, match=f"{NAMES[part]} .*{drawn} show anything.* need 50 at least"
    ):
        data.fetch(folder)


def test_the_least_sizes_are_those_of_the_readme(monkeypatch):
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    monkeypatch.undo()
    train, test = (LEAST_IMAGES[name] for name in (NAMES[0], NAMES[2]))
    assert f"{train:,}\n  to train and {test:,} to test" in readme


def test_the_checksum_changes_with_one_pixel(folder):
    before = data.checksum(folder)
    images = small_arrays()[2]
    images[4, 14, 14] ^= 1
    write_idx(folder / NAMES[2], images)
    assert data.checksum(folder) != before
    assert np.array_equal(data.test_image(4, folder), images[4])


def test_the_environment_names_a_folder_and_an_argument_wins(tmp_path, folder, monkeypatch):
    monkeypatch.setenv("FIRSTCNN_DATA", str(folder))
    assert data.fetch() == folder
    assert len(data.test_labels()) == 90
    other = write_folder(tmp_path / "other")
    assert data.fetch(other) == other
    assert data.fetch(str(other)) == other


def test_torchvision_reads_a_copy_of_ones_own_folder(tmp_path, cache):
    gzipped = write_folder(tmp_path / "gzipped", ".gz")
    root = data.torchvision_root(gzipped)
    assert cache in root.parents
    for train, (images, labels) in zip(
        (True, False), np.split(np.array(small_arrays(), object), 2), strict=True
    ):
        read = MNIST(root, train=train, download=False)
        assert np.array_equal(read.data, images) and np.array_equal(read.targets, labels)


def test_a_damaged_copy_for_torchvision_is_made_again(folder, cache):
    copy = data.torchvision_root(folder) / "MNIST" / "raw" / NAMES[0]
    sound = copy.read_bytes()
    copy.write_bytes(sound[:1000])
    data.torchvision_root(folder)
    assert copy.read_bytes() == sound


def test_ones_own_folder_is_never_written_to(tmp_path, cache):
    folder = write_folder(tmp_path / "mine", ".gz")

    def state():
        return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.rglob("*")}

    before = state()
    data.fetch(folder)
    data.open_training_sets(folder)
    data.checksum(folder)
    data.torchvision_root(folder)
    assert state() == before


def test_the_normalisation_comes_from_the_data_at_hand(folder):
    train, _ = data.open_training_sets(folder)
    mean, std = data.pixel_statistics(train.images)
    prepared = data.prepare(train.images, mean, std)
    assert prepared.mean().item() == pytest.approx(0, abs=1e-4)
    assert prepared.std().item() == pytest.approx(1, abs=1e-4)


# The command line


def test_the_command_says_where_the_data_is_and_which_files_were_read(tmp_path, capsys):
    folder = write_folder(tmp_path / "mine" / "raw", ".gz").parent
    assert main(["--data", str(folder)]) == 0
    shown = capsys.readouterr()
    assert str(folder / "raw") in shown.out and all(f"{name}.gz" in shown.out for name in NAMES)
    assert "1,200 images" in shown.out and "90 to test" in shown.out
    assert data.checksum(folder) in shown.out
    assert shown.err == ""


def test_a_build_is_told_which_files_were_read(folder, monkeypatch, capsys):
    monkeypatch.setenv("FIRSTCNN_DATA", str(folder))
    data.fetch_and_tell()
    assert capsys.readouterr().out.split("\n")[:-1] == [f"  {folder / name}" for name in NAMES]


def test_the_command_as_it_is_typed():
    done = subprocess.run(
        [sys.executable, "-m", "firstcnn.data"], capture_output=True, text=True, check=True
    )
    assert "60,000 images" in done.stdout and str(data.fetch()) in done.stdout


def test_the_command_fails_with_a_message_and_no_traceback(folder, capsys):
    shutil.rmtree(folder)
    assert main(["--data", str(folder)]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert str(folder) in printed.err and "Traceback" not in printed.err


def test_the_cache_is_where_the_environment_says(cache, monkeypatch):
    assert data.cache_folder() == cache
    monkeypatch.setenv("FIRSTCNN_CACHE", "~/digits")
    assert data.cache_folder() == Path.home() / "digits"
    monkeypatch.setenv("FIRSTCNN_CACHE", "~root/digits")
    assert data.cache_folder() == Path(pwd.getpwnam("root").pw_dir) / "digits"
    monkeypatch.setenv("FIRSTCNN_CACHE", "")
    assert data.cache_folder().name == "your-first-cnn"
