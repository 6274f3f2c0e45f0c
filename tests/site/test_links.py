"""The links that lead out of the book are found, and dead ones are named with where they stand."""

import re

import links
from static_site import served


def test_addresses_are_read_without_the_marks_of_their_sentence():
    line = (
        "See [it](https://a.org/b_(c)), <https://d.org/e>, **https://f.org**. `https://x.example/`"
    )
    assert list(links.addresses_in(line)) == [
        "https://a.org/b_(c)",
        "https://d.org/e",
        "https://f.org",
    ]
    assert list(links.addresses_in("  doi = {10.1/2},")) == ["https://doi.org/api/handles/10.1/2"]


def test_the_book_has_links_and_none_is_cut_short():
    found = links.addresses(links.ROOT)
    assert "https://d2l.ai" in found and all(len(address) > 10 for address in found)
    assert not [address for address in found if address[-1] in ".,)*_"]


def test_a_dead_link_is_named_with_where_it_stands_and_a_living_one_is_not(
    tmp_path, capsys, monkeypatch
):
    (tmp_path / "there.html").write_text("here")
    monkeypatch.setattr(links, "HERE", re.compile("$^"))  # the site of this test is on this machine
    with served(tmp_path) as site:
        (tmp_path / "one.md").write_text(
            f"One.\n\n([this]({site}/there.html)), **{site}/gone.html**."
        )
        assert links.main(tmp_path, pauses=(0,)) == 1
    said = capsys.readouterr().out
    assert "one.md:3" in said and "gone.html: 404" in said and "there.html" not in said
