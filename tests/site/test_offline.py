"""Pages without a network, in a real Chromium with a real service worker: a small site of three
pages, and the book.
"""

import shutil
from collections.abc import Callable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from bookkit.book.settings import Offline
from bookkit.sphinx import offline

ASSETS = Path(offline.__file__).parent / "assets" / "offline"
HEAD = """<!doctype html><html lang="en" data-content_root="./"><head><title>{name}</title>
<link rel="stylesheet" href="_static/look.css?v=1"><script src="_static/{name}.js"></script>
</head><body><article><h1>{name} of build {build}</h1>{body}</article></body></html>"""
PAD = """<button onclick="import('./_static/pad/main.js').then(({read}) => read())">Draw</button>
<p id="says"></p>"""
MODULE = """export async function read() {{
  const network = await fetch("files/network.bin").then((answer) => answer.text());
  document.getElementById("says").textContent = "{build} read " + network;
}}"""
SETTINGS = Offline(first=("pad.html", "_static/pad/*", "files/*"), when_asked=("_static/rare/*",))
HANG = 60_000  # milliseconds
UNTIL_KEPT = "document.documentElement.dataset.kept === ''"


def make(site: Path, build: str) -> None:
    """Write a site of a build in place of another one: pages, a pad that loads its module when it
    is pressed, a search, and a box to keep it all.
    """
    shutil.rmtree(site, ignore_errors=True)
    shutil.copytree(ASSETS, site / "_static" / "offline")
    picture = '<img src="picture.svg" loading="lazy" style="margin-top: 9000px" alt="A square">'
    box = '<div class="keep-book">Needs a server.</div><script src="_static/offline/keep.js"></script>'
    bodies = {"one": picture, "two": "", "three": box, "pad": PAD, "search": ""}
    for name, body in bodies.items():
        page = HEAD.format(name=name, build=build, body=body)
        (site / f"{name}.html").write_text(page, encoding="utf-8")
        (site / "_static" / f"{name}.js").write_text(f"window.build = '{build}';", encoding="utf-8")
    for name, content in {
        "index.html": "<meta http-equiv='refresh' content='0; url=one.html'>",
        "picture.svg": f"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9' id='{build}'/>",
        "live.json": '{"kernels": "here"}',
        "_static/look.css": f"h1 {{ content: '{build}' }}",
        "_static/pad/main.js": MODULE.format(build=build),
        "_static/rare/large.bin": "x" * 5000,
        "files/network.bin": f"network {build}",
        "notebooks/one.ipynb": "{}",
    }.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(content, encoding="utf-8")
    offline.write(site, SETTINGS)


class Host:
    """A server of pages below ``/repo/``, which can be stopped, and notes what it was asked for."""

    def __init__(self, folder: Path):
        self.asked: list[str] = []
        host = self

        class Handler(SimpleHTTPRequestHandler):
            def log_message(self, *arguments):
                host.asked.append(self.path)

            def send_header(self, keyword, value):
                if keyword != "Last-Modified":  # to the second: two builds in one would be the same
                    super().send_header(keyword, value)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=folder))
        self.address = f"http://127.0.0.1:{self.server.server_port}/repo"
        Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class Visitor:
    """A reader with a browser that keeps what workers keep."""

    def __init__(self, chromium, host: Host):
        self.host = host
        self.context = chromium.new_context(service_workers="allow")
        self.context.set_default_timeout(HANG)
        self.page = self.context.new_page()

    def visit(self, name: str, page=None):
        """Open a page and wait until it is kept."""
        page = page or self.page
        page.goto(f"{self.host.address}/{name}", wait_until="load")
        page.wait_for_function(UNTIL_KEPT)
        return page

    def cut(self) -> None:
        """Take the network away, and the server too."""
        self.context.set_offline(True)
        self.host.stop()

    def open(self, name: str):
        self.page.goto(f"{self.host.address}/{name}", wait_until="load")
        return self.page

    def says(self) -> str:
        return self.page.locator("h1").inner_text()

    def kept(self) -> dict[str, list[str]]:
        """The paths in every cache, by its name."""
        return self.page.evaluate(
            """async () => Object.fromEntries(await Promise.all((await caches.keys()).map(
              async (name) => [name, (await (await caches.open(name)).keys())
                .map(({url}) => url.split("/repo/")[1])])))"""
        )

    def builds(self) -> dict[str, list[str]]:
        """The paths in the cache of every build."""
        return {name: paths for name, paths in self.kept().items() if not name.endswith("notes")}

    def meet_new_build(self, name: str) -> None:
        """Open a page of a build that has replaced another one, and wait until that one is gone."""
        (before,) = self.builds()
        self.open(name)
        self.wait_until(lambda: [name != before for name in self.builds()] == [True])

    def wait_until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds, but not for ever."""
        for _ in range(HANG // 100):
            if holds():
                return
            self.page.wait_for_timeout(100)
        raise TimeoutError("this never came to hold")

    def press(self, button: str) -> None:
        self.page.get_by_role("button", name=button).click()


@pytest.fixture
def site(tmp_path):
    """The folder of a small site, build A."""
    make(tmp_path / "repo", "A")
    return tmp_path / "repo"


@pytest.fixture
def host(site):
    running = Host(site.parent)
    yield running
    running.stop()


@pytest.fixture
def visitor(chromium, host):
    reader = Visitor(chromium, host)
    yield reader
    reader.context.close()


def test_after_one_visit_the_page_the_search_and_the_pad_work_without_a_network(visitor):
    visitor.visit("one.html")
    visitor.cut()
    visitor.open("one.html#place")
    assert visitor.says() == "one of build A"
    assert visitor.page.evaluate("window.build") == "A"
    visitor.page.locator("img").scroll_into_view_if_needed()  # lazy: never shown before
    visitor.page.wait_for_function("document.images[0].naturalWidth > 0")
    visitor.open("search.html?q=word")
    assert visitor.says() == "search of build A"
    visitor.open("pad.html")
    visitor.press("Draw")
    visitor.page.get_by_text("A read network A").wait_for()
    visitor.open("")
    visitor.page.wait_for_url("**/one.html")


def test_a_page_that_is_open_loads_its_parts_after_the_network_went(visitor):
    visitor.visit("pad.html")
    visitor.cut()
    visitor.press("Draw")
    visitor.page.get_by_text("A read network A").wait_for()


def test_a_page_that_was_not_visited_says_so_and_names_those_that_were(visitor):
    visitor.visit("one.html")
    visitor.cut()
    visitor.open("two.html")
    assert visitor.says() == "This page is not kept on this device"
    visitor.page.get_by_role("link", name="one").click()
    visitor.page.wait_for_url("**/one.html")
    assert visitor.says() == "one of build A"


def test_a_new_build_replaces_what_was_kept_and_forgets_the_old_one(visitor, site):
    visitor.visit("one.html")
    visitor.visit("two.html")
    visitor.page.evaluate("localStorage.setItem('typed', 'answer')")
    make(site, "B")
    visitor.meet_new_build("one.html")
    assert (visitor.says(), visitor.page.evaluate("window.build")) == ("one of build B", "B")
    assert visitor.page.evaluate("localStorage.getItem('typed')") == "answer"
    visitor.cut()
    for name in ("two", "pad"):
        visitor.open(f"{name}.html")
        assert (visitor.says(), visitor.page.evaluate("window.build")) == (
            f"{name} of build B",
            "B",
        )
    visitor.press("Draw")
    visitor.page.get_by_text("B read network B").wait_for()


def test_a_page_gets_no_script_of_another_build(visitor, site):
    visitor.visit("pad.html")
    other = visitor.visit("one.html", visitor.context.new_page())
    (kept,) = visitor.builds().values()
    make(site, "B")
    other.reload()
    visitor.page.locator(".made-anew").wait_for()  # build B is there and in charge of all pages
    visitor.press("Draw")
    visitor.page.get_by_text("A read network A").wait_for()
    other.goto(f"{visitor.host.address}/pad.html")
    other.get_by_role("button", name="Draw").click()
    other.get_by_text("B read network B").wait_for()
    assert "_static/pad/main.js" in kept


def test_a_page_of_an_old_build_rather_goes_without_a_script_than_take_a_new_one(visitor, site):
    visitor.visit("one.html")
    make(site, "B")
    assert (
        visitor.page.evaluate("fetch('_static/two.js').then(() => 'came', () => 'refused')")
        == "refused"
    )
    visitor.page.locator(".made-anew").wait_for()
    visitor.press("Load the new page")
    visitor.page.get_by_role("heading", name="one of build B").wait_for()


def test_one_click_keeps_the_whole_book_and_another_removes_it(visitor):
    visitor.visit("three.html")
    visitor.press("Keep the whole book on this device (1 MB)")
    visitor.page.get_by_text("The whole book is on this device (1 MB)").wait_for()
    (kept,) = visitor.builds().values()
    assert {"two.html", "_static/two.js", "picture.svg"} < set(kept)
    assert not {"live.json", "notebooks/one.ipynb", "_static/rare/large.bin"} & set(kept)
    visitor.press("Remove it from this device")
    visitor.page.get_by_role("button", name="Keep the whole book").wait_for()
    (kept,) = visitor.builds().values()
    assert "two.html" not in kept and "pad.html" in kept


def test_the_whole_book_can_be_read_without_a_network_also_in_its_next_build(visitor, site):
    visitor.visit("three.html")
    visitor.press("Keep the whole book")
    visitor.page.get_by_text("The whole book is on this device").wait_for()
    make(site, "B")
    visitor.meet_new_build("three.html")
    visitor.page.get_by_text("The whole book is on this device").wait_for()
    visitor.cut()
    for name in ("one", "two", "three", "pad", "search"):
        visitor.open(f"{name}.html")
        assert (visitor.says(), visitor.page.evaluate("window.build")) == (
            f"{name} of build B",
            "B",
        )


def test_what_is_no_file_of_the_book_goes_past_the_worker(visitor, host):
    visitor.visit("one.html")
    visitor.visit("one.html")
    host.asked.clear()
    for _ in range(2):
        assert visitor.page.evaluate(
            "fetch('live.json', {cache: 'no-store'}).then((answer) => answer.json())"
        ) == {"kernels": "here"}
    assert visitor.page.evaluate("fetch('api/kernels').then(({status}) => status)") == 404
    assert host.asked.count("/repo/live.json") == 2 and "/repo/api/kernels" in host.asked
    kept = [path for paths in visitor.kept().values() for path in paths]
    assert not {"live.json", "api/kernels", "notebooks/one.ipynb"} & set(kept)


def test_where_another_program_has_the_address_now_the_worker_leaves(visitor, site):
    visitor.visit("one.html")
    shutil.rmtree(site)
    site.mkdir()
    (site / "one.html").write_text("<h1>Another program</h1>", encoding="utf-8")
    visitor.open("one.html")
    assert visitor.says() == "Another program"
    visitor.wait_until(
        lambda: not visitor.page.evaluate("navigator.serviceWorker.getRegistrations()")
    )


def test_a_host_that_changes_files_on_their_way_loses_nothing(visitor, site):
    (site / "_static" / "look.css").write_text("h1 { color: rgb(1, 2, 3) }", encoding="utf-8")
    visitor.page.goto(f"{visitor.host.address}/one.html")
    visitor.page.wait_for_function("navigator.serviceWorker.controller")
    visitor.open("one.html")
    colour = "getComputedStyle(document.querySelector('h1')).color"
    assert visitor.page.evaluate(colour) == "rgb(1, 2, 3)"
