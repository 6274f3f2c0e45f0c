"""The files of a finished site over HTTP: compressed, cached as long as they stay the same, with
errors in words.
"""

import gzip
import hashlib
import html
import os
import re
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.base.handlers import JupyterHandler
from tornado import web

YEAR = 365 * 24 * 3600  # seconds
DIGEST = re.compile(r"(?<![0-9a-z])[0-9a-f]{20,128}(?![0-9a-z])")  # in the name of a file
DIGEST_IN_QUERY = re.compile(r"[0-9a-f]{8,128}")
TEXT = re.compile(r"text/.*|application/(javascript|json|.*\+json|xml|.*\+xml)|image/svg\+xml")
WORTH_COMPRESSING = 1024  # bytes
METHODS = ("GET", "HEAD")
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title></head>
<body style="font: 1.1rem/1.5 sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem">
<h1>{title}</h1><p>{words}</p>
<p>The book begins at <a href="/">its first page</a>. To look for something, use its
<a href="/search.html">search</a>.</p></body></html>
"""
WORDS = {
    400: "The server cannot read this address.",
    403: "The server refuses this request: {reason}.",
    404: "There is no {path} in this book.",
    405: "The pages of the book can only be read (GET, HEAD); {method} is not possible here.",
    416: "The file has no such part.",
}


class SiteHandler(JupyterHandler, web.StaticFileHandler):
    """The site's files, for every reader on this machine; an address with a token logs in and loses
    it.
    """

    SUPPORTED_METHODS = web.StaticFileHandler.SUPPORTED_METHODS

    @allow_unauthenticated
    async def get(self, path: str, include_body: bool = True) -> None:
        """Answer with a file, or send on an address that carries a token."""
        self.xsrf_token  # noqa: B018 (sets the cookie without which a logged-in page may not start kernels)
        if "token" in self.request.query_arguments:
            self.redirect(on_this_host(path))
            return
        await web.StaticFileHandler.get(self, path, include_body)

    @allow_unauthenticated
    async def head(self, path: str) -> None:
        """Answer with the headers of a file."""
        await self.get(path, include_body=False)

    @allow_unauthenticated
    def read_only(self, path: str) -> None:
        """Answer methods that would change something."""
        self.set_header("Allow", ", ".join(METHODS))
        raise web.HTTPError(405)

    post = put = patch = delete = options = read_only

    def check_xsrf_cookie(self) -> None:
        """Let every method through: none changes anything here."""

    def validate_absolute_path(self, root: str, absolute_path: str) -> str | None:
        """Return the path of a file of the site.

        Raises
        ------
        HTTPError
            404 for all that is none: nobody needs to know what lies elsewhere.
        """
        named_as_folder = self.request.path.endswith("/")
        if os.path.isdir(absolute_path) and not named_as_folder:
            self.redirect(f"{on_this_host(self.path)}/")
            return None
        if named_as_folder and os.path.isfile(absolute_path):
            raise web.HTTPError(404)
        try:
            return super().validate_absolute_path(root, absolute_path)
        except (
            OSError,
            ValueError,
            web.HTTPError,
        ) as error:  # a name that no file can have, or a place outside
            raise web.HTTPError(404) from error

    @classmethod
    def get_absolute_path(cls, root: str, path: str) -> str:
        """Return where a file would be."""
        try:
            return super().get_absolute_path(root, path.lstrip("/"))
        except (ValueError, web.HTTPError) as error:
            raise web.HTTPError(404) from error

    @property
    def signature(self) -> tuple[str, int, int, int]:
        """What changes when the file does: its path, size, time in nanoseconds and place on the
        disk.
        """
        about = self._stat()
        return self.absolute_path, about.st_size, about.st_mtime_ns, about.st_ino

    @property
    def compressed(self) -> bool:
        """Whether this answer is compressed: a whole text, for a browser that can unpack it."""
        accepted = self.request.headers.get("Accept-Encoding", "")
        return (
            is_text(self.get_content_type(), self._stat().st_size)
            and takes_gzip(accepted)
            and not self.asks_part
        )

    @property
    def asks_part(self) -> bool:
        """Whether the browser asks for a part of the file."""
        return "Range" in self.request.headers

    def compute_etag(self) -> str:
        """Return a digest of the file as it is now, another one for its compressed form."""
        return f'"{digest_of(*self.signature)}{"-gzip" if self.compressed else ""}"'

    def get_content_size(self) -> int:
        """Return how many bytes are sent."""
        return len(gzipped(*self.signature)) if self.compressed else super().get_content_size()

    def get_content(self, abspath: str, start: int | None = None, end: int | None = None) -> Any:
        """Return what is sent."""
        return (
            gzipped(*self.signature)
            if self.compressed
            else super().get_content(abspath, start, end)
        )

    def set_extra_headers(self, path: str) -> None:
        """Let the browser keep what has a digest in its address, and ask each time whether the rest
        has changed.
        """
        for_ever = (
            has_digest(path, self.request.query_arguments)
            and self.get_content_type() != "text/html"
        )
        self.set_header(
            "Cache-Control", f"public, max-age={YEAR}, immutable" if for_ever else "no-cache"
        )
        if is_text(self.get_content_type(), self._stat().st_size):
            self.set_header("Vary", "Accept-Encoding")
        if self.compressed:
            self.set_header("Content-Encoding", "gzip")

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Say in words what is wrong, and where the book begins."""
        refused = "it reached this server under a name other than 127.0.0.1 or localhost"
        words = WORDS.get(
            status_code, "The server failed; `make serve` may have said more in its terminal."
        )
        words = words.format(path=self.request.path, method=self.request.method, reason=refused)
        title = f"{status_code}: {HTTPStatus(status_code).phrase}"
        self.set_header("Content-Type", "text/html; charset=utf-8")
        if status_code == 405:
            self.set_header("Allow", ", ".join(METHODS))
        self.finish(PAGE.format(title=title, words=html.escape(words)))


def on_this_host(path: str) -> str:
    """Return the address of a path on this host, whatever the path looks like.

    Two slashes or backslashes at its beginning would name another host, and browsers leave tabs and
    line ends out; here there is one slash, and everything that is not plain is encoded.
    """
    return "/" + quote(path.lstrip("/\\"), safe="/")


def has_digest(path: str, query: dict[str, list[bytes]]) -> bool:
    """Tell whether an address names one state of a file, as ``_images/<digest>.png`` and Sphinx's
    ``?v=`` do.
    """
    values = [value.decode("latin-1") for name in ("v", "digest") for value in query.get(name, [])]
    return bool(DIGEST.search(Path(path).stem) or any(map(DIGEST_IN_QUERY.fullmatch, values)))


def is_text(content_type: str, size: int) -> bool:
    """Tell whether compression makes a file much shorter."""
    return size >= WORTH_COMPRESSING and bool(TEXT.fullmatch(content_type))


def takes_gzip(accepted: str) -> bool:
    """Tell whether the header Accept-Encoding names gzip, and not with a weight of 0."""
    offers = (offer.replace(" ", "").lower().partition(";") for offer in accepted.split(","))
    return any(
        name in ("gzip", "*") and not re.fullmatch(r"q=0(\.0*)?", weight)
        for name, _, weight in offers
    )


@lru_cache(maxsize=4096)
def digest_of(path: str, size: int, modified: int, place: int) -> str:
    """Return a digest of a file's content; the other arguments say whether it is still the same
    file.
    """
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:32]


@lru_cache(maxsize=128)
def gzipped(path: str, size: int, modified: int, place: int) -> bytes:
    """Return a file's content, compressed; arguments as for `digest_of`."""
    return gzip.compress(Path(path).read_bytes(), compresslevel=6, mtime=0)
