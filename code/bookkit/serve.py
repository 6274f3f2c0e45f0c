"""Serve the finished site on this machine."""

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from bookkit.errors import BookError

ADDRESS = "127.0.0.1"


def server(folder: Path, port: int) -> ThreadingHTTPServer:
    """Return a server of a folder's files, reachable from this machine only.

    Parameters
    ----------
    folder : Path
    port : int
        0 takes any free one.

    Raises
    ------
    BookError
        If there is no site in the folder, or if the port is taken.
    """
    if not (folder / "index.html").is_file():
        raise BookError(f"There is no book in {folder} yet: run `make book` first.")
    try:
        return ThreadingHTTPServer((ADDRESS, port), partial(SimpleHTTPRequestHandler, directory=folder))
    except OSError as error:
        raise BookError(f"Port {port} cannot be used ({error.strerror}): try `make serve PORT=0`.") from error
