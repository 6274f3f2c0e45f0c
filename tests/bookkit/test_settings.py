"""The settings of a book: taken once, checked once, and refused in a sentence."""

from dataclasses import FrozenInstanceError

import pytest
from bookkit.book.editions import EDITIONS, edition_named
from bookkit.book.project import Project
from bookkit.book.settings import read_settings
from bookkit.serve.server import folder_of_work
from bookkit.system.errors import BookError
from toy_book import PYPROJECT


def test_what_a_book_does_not_say_has_its_usual_value():
    settings = read_settings(PYPROJECT)
    assert (settings.code, settings.packages, settings.assets) == ("code", ("toy",), ("book",))
    assert (settings.claims, settings.prepare, settings.inputs) == ("", "", {})
    assert (settings.live.kernels, settings.live.profile, settings.publish.branch) == (
        8,
        "",
        "published",
    )
    with pytest.raises(FrozenInstanceError):
        settings.code = "elsewhere"


def test_the_books_own_profile_is_its_first_and_one_with_a_banner_is_a_preview():
    settings = read_settings(PYPROJECT)
    assert settings.profile_named().name == "full" and not settings.profile_named().is_preview
    quick = settings.profile_named("quick")
    assert quick.is_preview and quick.banner == "Only a preview of the toy book."
    other = read_settings(PYPROJECT.replace("full =", "whole ="))
    assert other.profile_named().name == "whole"


def test_live_pages_keep_what_readers_write_in_a_folder_of_the_book_and_a_build_has_none_of_it(
    tmp_path,
):
    text = with_line('work = "TOY_WORK"', "tool.bookkit.environment")
    settings = read_settings(f'{text}\n[tool.bookkit.live]\nwork = "mine"\n')
    project = Project(tmp_path, settings, settings.profile_named())
    assert folder_of_work(project) == {"TOY_WORK": str(tmp_path / "mine")}
    assert project.environment()["TOY_WORK"] == ""
    plain = read_settings(PYPROJECT)
    assert folder_of_work(Project(tmp_path, plain, plain.profile_named())) == {}


def with_line(line: str, table: str = "tool.bookkit") -> str:
    """The settings of the toy book with one more line in a table."""
    head = f"[{table}]\n"
    return (
        PYPROJECT.replace(head, f"{head}{line}\n") if head in PYPROJECT else PYPROJECT + head + line
    )


REFUSED = {
    with_line("assts = []"): r"\[tool\.bookkit\] has assts: expected one of code, .*take it out",
    with_line('date = "X"', "tool.bookkit.environment"): r"environment\] has date: expected one of",
    with_line("claims = 3"): r"\] has claims = 3: expected a text in quotation marks; correct it",
    with_line("output_megabytes = 0"): "has output_megabytes = 0: expected a number above 0",
    with_line("live = 3"): "has live = 3: expected a table",
    with_line(
        'files = "code"', "tool.bookkit.publish"
    ): "publish.*has files = 'code': expected a l",
    with_line('repository = "x"', "tool.bookkit.publish"): "repository = 'x': expected owner/name",
    with_line('profile = "slow"', "tool.bookkit.live"): "'slow': expected one of full, quick",
    with_line("pkg = 1", "tool.bookkit.browser-parts"): "browser-parts = .*expected a table of l",
    PYPROJECT.replace('packages = ["toy"]', ""): r"\] needs packages, a list of texts: add it",
    PYPROJECT.replace('packages = ["toy"]', "packages = [1]"): r"packages = \[1\]: expected a list",
    PYPROJECT.replace("full =", "full = 1 #"): "has profiles = .*expected a table of texts, at",
    PYPROJECT.replace('profile = "TOY_PROFILE"', ""): r"environment\] needs profile, a text",
}


@pytest.mark.parametrize("text", REFUSED, ids=list(REFUSED.values()))
def test_a_setting_that_cannot_be_is_refused_with_what_was_expected(text):
    with pytest.raises(BookError, match=rf"^pyproject\.toml: .*{REFUSED[text]}") as raised:
        read_settings(text)
    assert "\n" not in str(raised.value)


def test_every_edition_has_a_folder_of_its_own_and_one_has_no_solutions():
    assert len({edition.folder for edition in EDITIONS.values()}) == len(EDITIONS)
    assert [edition_named(name).solutions for name in ("open", "course")] == [True, False]
    with pytest.raises(BookError, match="no edition 'teacher': choose one of open, course"):
        edition_named("teacher")
