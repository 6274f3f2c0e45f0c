"""A file is replaced whole, or left as it was with nothing beside it."""

import errno
import os
import resource
import stat

import pytest
from sourcedigest.files import naming, write_whole


@pytest.fixture
def file(tmp_path):
    file = tmp_path / "result.bin"
    file.write_bytes(b"old")
    return file


def beside(file) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in file.parent.iterdir()}


def test_new_content_takes_the_place_of_the_old(file):
    write_whole(file, b"new")
    write_whole(file.with_name("another"), b"first")
    assert beside(file) == {"result.bin": b"new", "another": b"first"}


def test_a_file_is_as_readable_as_the_system_makes_new_files(file):
    before = os.umask(0o027)
    try:
        write_whole(file, b"new")
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_the_longest_name_that_a_file_can_have_fits(tmp_path):
    file = tmp_path / ("n" * 255)
    write_whole(file, b"new")
    assert file.read_bytes() == b"new"


def test_what_a_killed_process_left_under_the_temporary_name_is_overwritten(file):
    left_over = file.with_suffix(".partial")
    left_over.write_bytes(b"half of something longer")
    write_whole(file, b"new", left_over)
    assert beside(file) == {"result.bin": b"new"}


@pytest.mark.parametrize("name", [None, "result.partial"])
def test_a_full_disk_leaves_the_old_content_and_nothing_else(file, name):
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limit[1]))
    try:
        with pytest.raises(OSError) as error:
            write_whole(file, bytes(2000), name and file.with_name(name))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert (error.value.errno, error.value.filename) == (errno.EFBIG, str(file))
    assert beside(file) == {"result.bin": b"old"}


def test_whatever_stops_it_before_the_end_leaves_the_old_content(file, monkeypatch):
    def stop(descriptor):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", stop)
    with pytest.raises(KeyboardInterrupt):
        write_whole(file, b"new")
    assert beside(file) == {"result.bin": b"old"}


def test_a_folder_in_its_place_and_one_that_is_not_there_are_named(file):
    (file.parent / "folder" / "inside").mkdir(parents=True)
    for place in (file.parent / "folder", file.parent / "nowhere" / "file"):
        with pytest.raises(OSError) as error:
            write_whole(place, b"new")
        assert error.value.filename == str(place)
    assert sorted(each.name for each in file.parent.iterdir()) == ["folder", "result.bin"]


def test_the_reason_of_an_error_stays_when_it_is_named(file):
    with pytest.raises(PermissionError, match="Permission denied") as error, naming(file):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), "/another/name")
    assert error.value.filename == str(file)
