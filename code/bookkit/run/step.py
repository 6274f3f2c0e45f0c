"""Say what a build is doing."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from bookkit.system import stopping


@contextmanager
def step(console: Console, title: str) -> Iterator[None]:
    """Print what is being done, and how long it took once it is done."""
    console.print(f"[bold]{title}[/bold] …")
    began = time.perf_counter()
    stopping.check()
    yield
    stopping.check()
    console.print(f"  done in {time.perf_counter() - began:.1f} s")
