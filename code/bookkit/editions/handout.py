"""What is handed out of a chapter: one zip with its notebooks and the packages that they need."""

import io
import zipfile
from collections.abc import Iterable
from pathlib import Path

from bookkit.system.files import write_if_changed

EARLIEST = (1980, 1, 1, 0, 0, 0)  # the same notebooks give the same bytes


def write_zip(file: Path, contents: Iterable[Path], folder: str) -> Path:
    """Write files into a zip, side by side in one folder.

    Parameters
    ----------
    file : Path
        The zip; it stays untouched if nothing has changed.
    contents : iterable of Path
        Their names have to differ.
    folder : str
        Its name in the zip, the same for all chapters: their notebooks then share what they keep.
    """
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for each in contents:
            member = zipfile.ZipInfo(f"{folder}/{each.name}", EARLIEST)
            member.compress_type, member.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            packed.writestr(member, each.read_bytes())
    write_if_changed(file, made.getvalue())
    return file
