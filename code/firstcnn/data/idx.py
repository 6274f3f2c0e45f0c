"""The IDX format: gzip taken away, header and length checked, the values as an array."""

import math
import re
import zlib

import numpy as np

IMAGE_MAGIC, LABEL_MAGIC = 2051, 2049
LARGEST_FILE = 256 * 2**20  # bytes, compressed or not: MNIST's largest file has 47 MB

_GZIP_MAGIC, _ZEROS = b"\x1f\x8b", re.compile(rb"\0*")
_PIECE = 2**12  # bytes; deflate unpacks one to 1,032 at most, so no piece can fill the memory


def values_of(content: bytes) -> np.ndarray:
    """Return the values of a checked IDX file: uint8, (N, 28, 28) or (N,), read-only."""
    shape = header(content)[1:]
    return np.frombuffer(content, np.uint8, offset=4 + 4 * len(shape)).reshape(shape)


def header(content: bytes) -> tuple[int, ...]:
    """Return the magic number and the size of each dimension.

    Raises
    ------
    ValueError
        If the content ends earlier. The magic number's last byte is the number of dimensions.
    """
    dimensions = content[3] if len(content) >= 4 else 0
    if len(content) < 4 + 4 * dimensions:
        raise ValueError(f"is truncated: it has {len(content)} bytes, not even a whole header")
    return tuple(np.frombuffer(content, ">u4", count=1 + dimensions).tolist())


def unpack(content: bytes) -> bytes:
    """Return the content of a file that may be gzipped: its first bytes decide, not its name.

    Gzip data may have several members (RFC 1952), and zeros behind each, as tapes and blocks do.

    Raises
    ------
    ValueError
        If it is a web page, or gzip data that are damaged, too large or followed by something else.
    """
    if content[:1000].lstrip()[:1] == b"<":
        raise ValueError(
            "is a web page (HTML), not a data file: what was downloaded was a notice or a login"
        )
    if not content.startswith(_GZIP_MAGIC):
        return content
    unpacked, position = bytearray(), 0
    while content.startswith(_GZIP_MAGIC, position):
        position = _unpack_member(content, position, unpacked)
        position = _ZEROS.match(content, position).end()
    if position < len(content):
        raise ValueError(f"has {len(content) - position:,} trailing bytes after its gzip data")
    return bytes(unpacked)


def _unpack_member(content: bytes, position: int, unpacked: bytearray) -> int:
    """Add what the gzip member at a position holds, and return the position behind it."""
    unpacker = zlib.decompressobj(wbits=31)  # 31 = gzip, with its checksum
    while not unpacker.eof:
        piece = content[position : position + _PIECE]
        if not piece:
            raise ValueError("is truncated: its gzip data ends early")
        try:
            unpacked += unpacker.decompress(piece)
        except zlib.error as error:
            raise ValueError(f"is damaged: its gzip data cannot be unpacked ({error})") from None
        if len(unpacked) > LARGEST_FILE:
            raise ValueError(f"is too large: it unpacks to more than {LARGEST_FILE:,} bytes")
        position += len(piece) - len(unpacker.unused_data)
    return position


def check_idx(name: str, content: bytes) -> None:
    """Require the images or labels that the file's name promises.

    Raises
    ------
    ValueError
        Otherwise; the message goes on where the file's name ends, as in "is truncated".
    """
    expected = IMAGE_MAGIC if "images" in name else LABEL_MAGIC
    kinds = {IMAGE_MAGIC: " (images)", LABEL_MAGIC: " (labels)"}
    magic = int.from_bytes(content[:4], "big")
    if len(content) >= 4 and magic != expected:
        raise ValueError(
            f"has the magic number {magic}{kinds.get(magic, '')}, expected"
            f" {expected}{kinds[expected]}: it is another file"
        )
    _, *shape = header(content)
    if shape[1:] not in ([], [28, 28]):
        raise ValueError(f"holds images of {shape[1]} × {shape[2]} pixels, expected 28 × 28")
    if shape[0] == 0:
        raise ValueError("holds nothing: its count is 0")
    _check_length(len(content), 4 + 4 * len(shape) + math.prod(shape))
    if expected == LABEL_MAGIC and values_of(content).max() > 9:
        raise ValueError(f"holds the label {values_of(content).max()}, expected 0 to 9")


def _check_length(actual: int, expected: int) -> None:
    if actual < expected:
        raise ValueError(f"is truncated: {actual:,} bytes, expected {expected:,} by its header")
    if actual > expected:
        raise ValueError(
            f"has {actual - expected:,} trailing bytes: {actual:,}, expected {expected:,} by its"
            " header"
        )
