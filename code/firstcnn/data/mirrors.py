"""MNIST from torchvision's mirrors."""

from collections.abc import Iterator
from concurrent.futures import Future
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from threading import Thread
from urllib.request import Request, urlopen

from firstcnn.data import idx
from firstcnn.data.errors import UnavailableError
from firstcnn.progress import progress_bar

MIRROR_SECONDS = 4  # until a mirror begins to answer
STALL_SECONDS = 10  # without a single byte in the middle of a download


def from_mirror(mirror: str, names: list[str], staging: Path) -> Iterator[tuple[str, bytes]]:
    """Yield each file's name and content, gzipped, from the mirror at an address.

    Raises
    ------
    UnavailableError
        If the mirror does not answer, breaks off, or sends too much.
    """
    for name in names:
        try:
            yield name, _download(f"{mirror}{name}.gz")
        except (OSError, HTTPException, ValueError) as error:
            reason = str(error) or type(error).__name__
            raise UnavailableError(f"{name}.gz cannot be downloaded: {reason}") from None


def _download(url: str) -> bytes:
    request = Request(url, headers={"User-Agent": "firstcnn"})
    parts, size = [], 0
    with _open(request) as response:
        total = int(response.headers.get("Content-Length") or 0) or None
        with progress_bar(
            total=total, desc=url.rpartition("/")[2], unit="B", unit_scale=True, leave=False
        ) as bar:
            while part := response.read1(2**16):
                parts.append(part)
                size += len(part)
                bar.update(len(part))
                if size > idx.LARGEST_FILE:
                    raise ValueError(f"the answer is larger than {idx.LARGEST_FILE:,} bytes")
    return b"".join(parts)


def _open(request: Request) -> HTTPResponse:
    """Open a request within MIRROR_SECONDS: urlopen's own timeout holds for each address of a host,
    and there may be many.
    """
    answer = Future()

    def run() -> None:
        try:
            answer.set_result(urlopen(request, timeout=STALL_SECONDS))
        except Exception as error:
            answer.set_exception(error)

    Thread(target=run, daemon=True).start()
    try:
        return answer.result(timeout=MIRROR_SECONDS)
    except TimeoutError:
        raise TimeoutError(f"no answer within {MIRROR_SECONDS} s") from None
