"""A process that has imported what builds of a book import, and forks one for every build.

What a build does is the same as in a new process; only the imports, which take longer than a small
book, have been done, and templates of pages that did not change are compiled once for all builds.
Builds that are stopped or killed are started as `make book` starts them.
"""

import atexit
import gc
import json
import os
import runpy
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache, partialmethod
from importlib import import_module
from pathlib import Path

import soupsieve
from sphinx.application import builtin_extensions

IMPORTED = (
    *("bookkit.run.build", "bookkit.run.making", "bookkit.sphinx.extension", "typer"),
    *("jupyter_book.sphinx", "sphinx.builders.html", "sphinx_book_theme", "sphinx_comments"),
    *("sphinx_copybutton", "sphinx_design", "sphinx_external_toc", "sphinx_jupyterbook_latex"),
    *("sphinx_multitoc_numbering", "sphinx_thebe", "sphinx_togglebutton", "sphinxcontrib.bibtex"),
    *("bookkit.sphinx.outdated", "bookkit.sphinx.render", "docutils.languages.en", "email.policy"),
    *("jinja2.ext", "myst_nb.core.lexers", "myst_nb.ext.execution_tables", "myst_nb.sphinx_ext"),
    *("a11y_pygments", "pydantic.type_adapter", "sphinx.ext.mathjax", "sphinx_design.extension"),
    *("sphinx_external_toc.collectors", "sphinx_jupyterbook_latex.events", "xml.dom.minidom"),
    *builtin_extensions,
)
SELECTOR = "a[href]:not(.b, #c) > d"  # as pages are searched with: what reads one is ready then


def run(
    command: Sequence[str], folder: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess:
    """Run ``python -m bookkit`` with these words in a folder, as `subprocess.run` would."""
    with tempfile.TemporaryDirectory() as place:
        said = [str(Path(place, name)) for name in ("stdout", "stderr")]
        request = {"command": list(command), "folder": str(folder), "said": said}
        process = server()
        process.stdin.write(json.dumps(request | {"environment": dict(environment)}) + "\n")
        process.stdin.flush()
        code = int(process.stdout.readline())
        texts = [Path(file).read_text(encoding="utf-8", errors="replace") for file in said]
    return subprocess.CompletedProcess(command, code, *texts)


@cache
def server() -> subprocess.Popen:
    """The process, started when it is first needed; it ends with the tests."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    templates = tempfile.mkdtemp()
    process = subprocess.Popen([sys.executable, __file__, templates], **pipes)
    atexit.register(shutil.rmtree, templates)
    atexit.register(process.communicate)  # comes before the other
    return process


def serve() -> None:
    """Fork a process for every request, and print its exit code."""
    for line in sys.stdin:
        if (child := os.fork()) == 0:
            become(**json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def become(
    command: Sequence[str], folder: str, environment: Mapping[str, str], said: Sequence[str]
) -> None:
    """Go on as a new Python would with ``-m bookkit`` in a folder and an environment."""
    redirect(*said)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[:1] = [folder, *environment["PYTHONPATH"].split(os.pathsep)]
    sys.argv = ["bookkit", *command]
    fork_programs()
    runpy.run_module("bookkit", run_name="__main__", alter_sys=True)
    sys.exit()


def redirect(*files: str) -> None:
    """Let standard output and error lead to files, and standard input be empty."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, file in enumerate(files, start=1):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT), number)


def fork_programs() -> None:
    """Let the build fork the program that runs Sphinx as well."""
    from bookkit.system import processes

    start = processes.run

    def fork(command: list[str], folder: Path, environment: Mapping[str, str] | None = None):
        if command[1] != "-c":
            return start(command, folder, environment)
        with tempfile.TemporaryDirectory() as place:
            files = [Path(place, name) for name in ("stdout", "stderr")]
            if (child := os.fork()) == 0:
                redirect(*map(str, files))
                execute(*command[2:])
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            texts = [file.read_text(encoding="utf-8", errors="replace") for file in files]
        return subprocess.CompletedProcess(command, code, *texts)

    processes.run = fork


def compile_templates_once(folder: str) -> None:
    """Let Jinja keep in a folder what it compiles, under a digest of the template's text."""
    import jinja2

    kept = jinja2.FileSystemBytecodeCache(folder)
    jinja2.Environment.__init__ = partialmethod(jinja2.Environment.__init__, bytecode_cache=kept)


def execute(program: str, *arguments: str) -> None:
    """Go on as a new Python would with ``-c``; does not return."""
    sys.argv = ["-c", *arguments]
    code = 1
    try:
        exec(program, {"__name__": "__main__"})
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    for name in IMPORTED:
        import_module(name)
    soupsieve.compile(SELECTOR)
    compile_templates_once(sys.argv[1])
    gc.freeze()  # or each child would walk through all that has been imported
    serve()
