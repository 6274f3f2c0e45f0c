"""What pages need when they are opened from the disk, where browsers let scripts fetch nothing and
load no modules: the same as plain scripts, which only such pages load.
"""

import base64
import json
import posixpath
import re
from pathlib import Path, PurePosixPath

from bookkit.book.mime import FILES
from bookkit.system.files import write_if_changed

MODULES = "_static/modules.disk.js"
SUFFIX = ".disk.js"  # behind the name of a file
IS_MODULE = re.compile(r"^(?:import|export)\b", re.MULTILINE)
SPECIFIER = re.compile(r"""(\bfrom\s+|\bimport\s*\(\s*|^import\s+)(["'])(\.{1,2}/[^"']+)\2""", re.M)


def write(site: Path) -> None:
    """Write the modules of a complete site into one script, and each made file into one."""
    modules = {}
    for file in sorted((site / "_static").rglob("*.js")):
        text = file.read_text(encoding="utf-8")
        if IS_MODULE.search(text):
            name = file.relative_to(site).as_posix()
            modules[name] = with_names(text, PurePosixPath(name).parent)
    if modules:
        script = f"fromDisk.sources = {json.dumps(modules, ensure_ascii=False)};\n"
        write_if_changed(site / MODULES, script)
    made = [file for file in sorted((site / FILES).rglob("*")) if file.is_file()]
    for file in made:
        if not file.name.endswith(SUFFIX):
            name = json.dumps(file.relative_to(site).as_posix())
            content = base64.b64encode(file.read_bytes()).decode()
            script = f'fromDisk.files[{name}] = "{content}";\n'
            write_if_changed(file.with_name(file.name + SUFFIX), script)


def with_names(text: str, folder: PurePosixPath) -> str:
    """Return a module that imports others by their paths in the site, as ``book:_static/x.js``."""

    def named(found: re.Match[str]) -> str:
        begin, quote, address = found.groups()
        return f"{begin}{quote}book:{joined(folder, address)}{quote}"

    return SPECIFIER.sub(named, text)


def joined(folder: PurePosixPath, address: str) -> str:
    """Return the path that an address in a file of a folder leads to."""
    return posixpath.normpath(posixpath.join(folder, address))
