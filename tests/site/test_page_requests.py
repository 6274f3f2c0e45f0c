"""What a page asks for is waited for, and what never comes is named."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import page_requests
import pytest
from page_requests import PageRequests

PAGE = """<title>A page</title><script>
addEventListener("load", () => setTimeout(() => fetch("later").then(() => { window.there = 1; }), 100));
</script>"""


@contextmanager
def served(go: threading.Event):
    """The address of a page that asks for something, which comes when it may."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            later = self.path == "/later"
            if later:
                go.wait(30)
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"" if later else PAGE.encode())

        def log_message(self, *arguments):
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}/"
    go.set()
    running.shutdown()
    running.server_close()


def test_what_a_page_asks_for_late_is_waited_for(chromium):
    page, go = chromium.new_page(), threading.Event()
    traffic = PageRequests(page)
    with served(go) as address:
        page.goto(address, wait_until="load")
        threading.Timer(1, go.set).start()
        traffic.wait_until_still()
    assert page.evaluate("window.there") == 1
    assert f"{address}later" in traffic.addresses
    page.close()


def test_what_never_comes_is_named_and_a_new_page_does_not_wait_for_it(chromium, monkeypatch):
    monkeypatch.setattr(page_requests, "PATIENCE", 1)
    page, go = chromium.new_page(), threading.Event()
    traffic = PageRequests(page)
    with served(go) as address:
        page.goto(address, wait_until="load")
        with pytest.raises(TimeoutError, match=f"after 1 seconds: {address}later"):
            traffic.wait_until_still()
        page.goto("data:text/html,<title>Another</title>")
        traffic.wait_until_still()
    page.close()
