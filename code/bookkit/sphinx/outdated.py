"""Which pages Sphinx reads again: those whose digest, or that of a file they depend on, is not the
one that it read.

Sphinx itself goes by time stamps, which say nothing after a clock was put back or a folder
restored.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment


def digest_of_page(env: BuildEnvironment, page: str) -> str:
    """Return a digest of a page and of the files on which it depends."""
    files = [
        Path(env.doc2path(page)),
        *(Path(env.srcdir, name) for name in sorted(env.dependencies[page])),
    ]
    whole = hashlib.sha256()
    for file in files:
        whole.update(hashlib.sha256(file.read_bytes() if file.is_file() else b"").digest())
    return whole.hexdigest()


def find_outdated(app: Sphinx, env: BuildEnvironment, *sets: Iterable[str]) -> list[str]:
    """Return the pages that have changed since they were read."""
    known = getattr(env, "bookkit_digests", {})
    return [
        page
        for page in env.all_docs
        if page in env.found_docs and known.get(page) != digest_of_page(env, page)
    ]


def note_digests(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Keep the digests of all pages with what Sphinx keeps of them."""
    env.bookkit_digests = {page: digest_of_page(env, page) for page in env.all_docs}
    return []


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect this part to Sphinx, which calls it."""
    app.connect("env-get-outdated", find_outdated)
    app.connect("env-updated", note_digests)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
