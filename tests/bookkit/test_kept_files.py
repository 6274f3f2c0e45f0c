"""What a build says of its files to browsers that keep them, and writes for pages from the disk."""

import base64
import hashlib
import json

import pytest
from bookkit.book.settings import Offline
from bookkit.sphinx import from_disk, offline

HEAD = '<html data-content_root="{up}"><head><link rel="stylesheet" href="{up}_static/a.css?v=1"></head>'


def told(site) -> dict:
    """What the worker of a site knows: its build, and digest, size and time of each file."""
    first = (site / "service-worker.js").read_text(encoding="utf-8").splitlines()[0]
    return json.loads(first.removeprefix("const BOOK = ").removesuffix(";"))


@pytest.fixture
def site(tmp_path):
    files = {
        "index.html": "<html><head></head></html>",
        "deep/page.html": HEAD.format(up="../"),
        "search.html": HEAD.format(up=""),
        "_static/a.css": "p { color: red }",
        "_static/offline/visit.js": "1",
        "_static/live/main.js": 'import { x } from "./other.js";\nexport const y = x;',
        "_static/plain.js": "// export nothing\nvar x;",
        "files/data.bin": "data",
        "notebooks/one.ipynb": "{}",
        "book.pdf": "%PDF",
        "live.json": "{}",
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    return tmp_path


def test_the_list_has_what_pages_show_with_digests_and_sizes(site):
    offline.write(site, Offline(first=("deep/*",), when_asked=("files/*",)))
    files = told(site)["files"]
    assert not {"notebooks/one.ipynb", "book.pdf", "live.json", "service-worker.js"} & set(files)
    for name, (digest, size, _) in files.items():
        content = (site / name).read_bytes()
        expected = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode()
        assert (expected[:22], len(content)) == (digest, size)
    when = {name: about[2] for name, about in files.items()}
    first = {
        "index.html",
        "search.html",
        "deep/page.html",
        "_static/a.css",
        "_static/offline/visit.js",
    }
    assert {name for name in when if when[name] == offline.FIRST} == first
    assert when["_static/plain.js"] == offline.WHOLE
    assert when["files/data.bin"] == when["_static/live/main.js"] == offline.ASKED


CHOICE = (
    '<picture><source type="image/webp" srcset="small.webp 640w, large.webp 1280w" />'
    '<img alt="" src="{}.png" /></picture>'
)


def test_pictures_for_old_browsers_are_kept_when_asked_alone(site):
    for name in ("small.webp", "large.webp", "old.png", "both.png", "alone.png"):
        (site / name).write_text(name)
    text = CHOICE.format("old") + '<img src="alone.png"><img src="data:,">' + CHOICE.format("both")
    (site / "index.html").write_text(f"<html><head></head>{text}</html>")
    (site / "deep" / "page.html").write_text('<html><img src="../both.png"></html>')
    offline.write(site, Offline())
    when = {name: about[2] for name, about in told(site)["files"].items()}
    assert when["old.png"] == offline.ASKED and when["both.png"] == offline.WHOLE
    assert {when[name] for name in ("small.webp", "large.webp", "alone.png")} == {offline.FIRST}


def test_pages_of_the_theme_load_the_script_once_from_where_it_is(site):
    offline.write(site, Offline())
    build = told(site)["build"]
    offline.write(site, Offline())
    page = (site / "deep" / "page.html").read_text(encoding="utf-8")
    assert page.count("<script") == 1 and 'src="../_static/offline/visit.js?v=' in page
    assert "<script" not in (site / "index.html").read_text(encoding="utf-8")
    assert told(site)["build"] == build


def test_a_build_has_another_name_as_soon_as_one_file_differs(site):
    offline.write(site, Offline())
    before = told(site)
    (site / "files" / "data.bin").write_text("date", encoding="utf-8")
    offline.write(site, Offline())
    now = told(site)
    assert now["build"] != before["build"]
    assert [name for name in now["files"] if now["files"][name] != before["files"][name]] == [
        "files/data.bin"
    ]


def test_modules_and_made_files_are_there_as_plain_scripts_which_no_reader_online_keeps(site):
    from_disk.write(site)
    offline.write(site, Offline())
    modules = (site / "_static" / "modules.disk.js").read_text(encoding="utf-8")
    sources = json.loads(modules.removeprefix("fromDisk.sources = ").removesuffix(";\n"))
    assert set(sources) == {"_static/live/main.js"}
    assert 'from "book:_static/live/other.js"' in sources["_static/live/main.js"]
    script = (site / "files" / "data.bin.disk.js").read_text(encoding="utf-8")
    assert script == f'fromDisk.files["files/data.bin"] = "{base64.b64encode(b"data").decode()}";\n'
    assert not [name for name in told(site)["files"] if name.endswith(".disk.js")]


def test_a_built_book_has_its_worker(built):
    site = built.root / "_build" / "html"
    assert "one.html" in told(site)["files"]
    assert "offline/visit.js" in (site / "one.html").read_text(encoding="utf-8")
