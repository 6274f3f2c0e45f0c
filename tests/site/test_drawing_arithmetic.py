"""The part that reads drawings computes what PyTorch computes, and refuses files that it cannot
read.
"""

import json
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from bookkit.system.processes import tool
from drawing_fixtures import run_under_node, write_all, write_zoo
from firstcnn.export.page import PAGE_LIMITS
from network_zoo import DAILY
from playwright.sync_api import Route

ROOT = Path(__file__).parents[2]
RUNTIME = ROOT / "node_modules" / "onnxruntime-web" / "dist"


@pytest.fixture(scope="module")
def cases(tmp_path_factory, quick_exports) -> Path:
    return write_all(tmp_path_factory.mktemp("drawing"))


@pytest.mark.parametrize("name", ["onnx", "operators", "network", "inside"])
def test_networks_in_the_page(name, cases):
    run_under_node(name, cases)


def test_networks_in_many_styles_are_opened_and_answer_as_pytorch_does(quick_exports, tmp_path):
    run_under_node("zoo", write_zoo(tmp_path, DAILY.split()))


def test_the_page_and_the_export_know_the_same_limits():
    show = 'import("./limits.js").then(({ LIMITS }) => console.log(JSON.stringify(LIMITS)))'
    command = [tool("node"), "--eval", show]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT / "book" / "assets" / "draw", check=True
    )
    assert json.loads(done.stdout).items() >= PAGE_LIMITS.items()


@pytest.fixture
def page(cases, chromium):
    """An empty page of a server that has the page's code, onnxruntime and the cases."""
    folders = {"draw": ROOT / "book" / "assets" / "draw", "runtime": RUNTIME, "cases": cases}

    def answer(route: Route) -> None:
        folder, _, name = urlsplit(route.request.url).path[1:].partition("/")
        if folder in folders:
            route.fulfill(path=folders[folder] / name)
        else:
            route.fulfill(body="<!doctype html><title>Empty</title>", content_type="text/html")

    context = chromium.new_context()
    context.route("**/*", answer)
    page = context.new_page()
    page.goto("http://localhost:1/")
    yield page
    context.close()


OPEN = """async (name) => {
  const { openNetwork } = await import("/draw/network.js");
  window.load ??= (await import("/draw/runtime.js")).onnxruntime("/runtime/");
  const bytes = new Uint8Array(await (await fetch(`/cases/${name}`)).arrayBuffer());
  const told = [];
  const runtime = () => window.load((loaded, total) => told.push([loaded, total]));
  try {
    const network = await openNetwork(bytes, { name, runtime });
    const { logits } = await network.run(new Float32Array(784).fill(0.5));
    return { engine: network.engine, finite: logits.every(Number.isFinite), told };
  } catch ({ name, message, advice }) {
    return { name, message, advice, told };
  }
}"""


def test_onnxruntime_is_fetched_when_it_is_needed_and_again_after_a_failure(page):
    fetched = []
    page.on("request", lambda request: fetched.append(request.url.rpartition("/")[2]))
    assert page.evaluate(OPEN, "small-network.onnx")["engine"] == "page"
    assert not [name for name in fetched if name.startswith("ort")]
    for missing in ("wasm", "mjs*"):
        page.route(f"**/runtime/*.{missing}", lambda route: route.abort())
        problem = page.evaluate(OPEN, "unusual.onnx")
        assert (
            problem["name"] == "NetworkProblem"
            and "could not be loaded" in problem["message"]
            and problem["advice"]
        )
        page.unroute(f"**/runtime/*.{missing}")
    opened = page.evaluate(OPEN, "unusual.onnx")
    size = (RUNTIME / "ort-wasm-simd-threaded.wasm").stat().st_size
    assert opened["engine"] == "onnxruntime" and opened["finite"]
    assert (
        problem["told"][-1] == [size, size] and opened["told"] == []
    )  # it was there but for the module
    before = len(fetched)
    assert page.evaluate(OPEN, "unusual.onnx")["told"] == []
    assert [name for name in fetched[before:] if not name.endswith(("js", "?"))] == ["unusual.onnx"]


IMPATIENT = OPEN.replace(
    'onnxruntime("/runtime/")', 'onnxruntime("/runtime/", { load: 60, open: 60, run: 1 })'
)


def test_a_network_that_does_not_end_is_ended_and_the_page_goes_on_meanwhile(page):
    page.evaluate("window.turns = 0; setInterval(() => { window.turns += 1; }, 10)")
    problem = page.evaluate(IMPATIENT, "endless.onnx")
    assert problem["name"] == "NetworkProblem" and "did not end within 1 s" in problem["message"]
    assert problem["advice"] and page.evaluate("window.turns") > 30
    assert page.evaluate(IMPATIENT, "unusual.onnx")["finite"]
