"""Kernels that are forked from a process which has imported what takes long: each is as a new one."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from bookkit.book.pages import read_page
from bookkit.run.execution import execute
from bookkit.system import forked_kernels
from bookkit.system.forked_kernels import lasting, let_fork
from jupyter_client.manager import KernelManager
from toy_book import CODE, FRONT

IMPORTS = ["colorsys", "numpy.random", "no_such_module"]
QUIET = ["--IPKernelApp.log_level=ERROR"]


class Kernel:
    """A kernel with what it answers."""

    def __init__(self, folder: Path, **options):
        self.manager = KernelManager(kernel_name="python3")
        let_fork(self.manager.kernel_spec, IMPORTS)
        self.manager.start_kernel(cwd=str(folder), extra_arguments=QUIET, **options)
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=120)

    def run(self, code: str) -> str:
        """Run code; return what it printed, or the name of its error."""
        said: list[str] = []

        def hear(message: dict) -> None:
            content = message["content"]
            said.append(content.get("text") or content.get("ename") or "")

        self.client.execute_interactive(code, output_hook=hear, timeout=120)
        return "".join(said)

    def end(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@contextmanager
def kernel_in(folder: Path, **options) -> Iterator[Kernel]:
    kernel = Kernel(folder, **options)
    try:
        yield kernel
    finally:
        kernel.end()


def test_no_other_program_can_be_quicker_at_the_address_of_a_kernel(tmp_path):
    with kernel_in(tmp_path) as kernel:
        process = psutil.Process(int(kernel.run("import os; print(os.getpid())")))
        names = {one.laddr for one in process.net_connections("unix") if "@bookkit" in one.laddr}
        assert len(names) == 5  # a channel each; ports, which are chosen first, are anybody's
        kernel.manager.restart_kernel(now=True)
        kernel.client.wait_for_ready(timeout=120)
        assert kernel.run("print(6 * 7)").strip() == "42"


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    """A kernel for tests that leave it as it was."""
    environment = {**os.environ, "IPYTHONDIR": str(tmp_path_factory.mktemp("own"))}
    with kernel_in(tmp_path_factory.mktemp("work"), env=environment) as running:
        yield running


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    """A second one beside it."""
    with kernel_in(tmp_path_factory.mktemp("other")) as running:
        yield running


def test_a_kernel_finds_the_modules_that_take_long_and_none_of_the_kit(kernel):
    said = kernel.run(
        "import sys; print('colorsys' in sys.modules, [name for name in sys.modules if"
        " name.startswith('bookkit')])"
    )
    assert said == "True []\n"


def test_a_kernel_has_folder_environment_arguments_and_group_of_its_own(kernel, other):
    code = (
        "import os, sys; print([os.getcwd(), os.environ.get('IPYTHONDIR'), sys.path[0],"
        " os.getsid(0) == os.getpgid(0) == os.getpid(), sys.stdin.closed, len(sys.argv)])"
    )
    ours, others = eval(kernel.run(code)), eval(other.run(code))
    assert "work" in ours[0] and "own" in ours[1] and "other" in others[0]
    assert others[1] == os.environ.get("IPYTHONDIR")
    assert ours[2:] == others[2:] and ours[3] is True


def test_what_imports_for_kernels_does_not_ask_cuda_for_cards_and_kernels_may(kernel):
    asked = 'import os; print(os.environ.get("PYTORCH_NVML_BASED_CUDA_CHECK"))'
    server = Path(forked_kernels.__file__).with_name("fork_server.py")
    script = f"import runpy; runpy.run_path({str(server)!r})['warm_up']([]); {asked}"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.stdout.strip(), kernel.run(asked).strip()) == ("1", "None")


def test_kernels_draw_other_random_numbers(kernel, other):
    code = "import random, numpy; print(random.random(), numpy.random.random())"
    ours, others = kernel.run(code).split(), other.run(code).split()
    assert ours[0] != others[0] and ours[1] != others[1]


def test_a_kernel_is_interrupted_and_goes_on(kernel):
    code = "import os, signal; os.kill(os.getpid(), signal.SIGINT); import time; time.sleep(60)"
    kernel.run("kept = 6")
    assert kernel.run(code) == "KeyboardInterrupt"
    wait = "import time; print('begun', flush=True); time.sleep(120)"
    kernel.client.execute(wait, stop_on_error=False)  # else it may pass over what follows at once
    said = ""  # a line may come in two messages
    while "begun" not in said:
        said += kernel.client.get_iopub_msg(timeout=60)["content"].get("text", "")
    time.sleep(0.3)  # Python sees a signal that comes right before it sleeps only when it wakes
    kernel.manager.interrupt_kernel()
    assert kernel.client.get_shell_msg(timeout=60)["content"]["ename"] == "KeyboardInterrupt"
    assert kernel.run("print(kept * 7)") == "42\n"


def test_the_end_of_a_kernel_is_told_with_its_cause_and_a_new_one_takes_its_place(tmp_path):
    with kernel_in(tmp_path) as kernel:
        for code, cause in (("os._exit(7)", 7), ("os.kill(os.getpid(), 9)", -signal.SIGKILL)):
            process = kernel.manager.provisioner.process
            kernel.client.execute(f"import os; {code}")
            assert process.wait() == cause
            assert not kernel.manager.is_alive()
            kernel.manager.restart_kernel(now=True)
            kernel.client.wait_for_ready(timeout=120)
            assert kernel.run("print('os' in globals())") == "False\n"


def test_a_kernel_that_is_asked_to_end_ends_in_order(tmp_path):
    with kernel_in(tmp_path) as kernel:
        kernel.run("import atexit; atexit.register(lambda: open('done', 'w').close())")
        process = kernel.manager.provisioner.process
        kernel.manager.shutdown_kernel()
        assert process.returncode == 0 and (tmp_path / "done").exists()


def test_kernels_end_with_what_forks_them_and_the_next_one_starts_all_the_same(tmp_path):
    with kernel_in(tmp_path) as kernel:
        process = kernel.manager.provisioner.process
        both = [psutil.Process(process.pid), psutil.Process(process.pid).parent()]
        both[1].kill()
        assert process.wait() == -signal.SIGKILL
        assert psutil.wait_procs(both, timeout=30)[1] == []
    with kernel_in(tmp_path) as kernel:
        assert kernel.run("print(6 * 7)") == "42\n"


STARTS = """
    import time
    from jupyter_client.manager import KernelManager
    from bookkit.system.forked_kernels import let_fork
    manager = KernelManager(kernel_name="python3")
    let_fork(manager.kernel_spec, {imports})
    manager.start_kernel()
    print(manager.provisioner.pid, flush=True)
    time.sleep(300)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_kernels_and_what_forks_them_end_with_the_process_that_wanted_them(number):
    command = [sys.executable, "-c", textwrap.dedent(STARTS.format(imports=IMPORTS))]
    environment = {**os.environ, "PYTHONPATH": CODE}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        kernel = psutil.Process(int(process.stdout.readline()))
        both = [kernel, kernel.parent()]
        process.send_signal(number)
        assert psutil.wait_procs(both, timeout=30)[1] == []


def test_one_that_still_imports_ends_too(tmp_path):
    (tmp_path / "slow.py").write_text("open('begun', 'w').close()\nimport time; time.sleep(300)\n")
    command = [sys.executable, "-c", textwrap.dedent(STARTS.format(imports=["slow"]))]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([CODE, str(tmp_path)])}
    with subprocess.Popen(command, env=environment, cwd=tmp_path) as process:
        while not (tmp_path / "begun").exists():
            assert process.poll() is None
        importing = psutil.Process(process.pid).children()
        process.kill()
        assert len(importing) == 1 and psutil.wait_procs(importing, timeout=30)[1] == []


def page_of(folder: Path, code: str):
    """A page of one cell, executed; return what it printed."""
    (folder / "page.md").write_text(
        f"{FRONT}# A page\n\n```{{code-cell}} python\n{code}\n```\n", encoding="utf-8"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([CODE, str(folder / "code")])}
    imports = lasting(["colorsys", "toy.tools", "bookkit.notebook"], ["toy"])
    page = read_page(Path("page.md"), folder)
    done = execute(page, "digest", environment, {}, imports=imports)
    return done.cells[-1].outputs[0].text


def test_a_page_after_an_edit_of_the_books_code_is_executed_with_the_new_code(tmp_path):
    package = tmp_path / "code" / "toy"
    package.mkdir(parents=True)
    for number in (1, 2):
        (package / "tools.py").write_text(f"NUMBER = {number}  {'#' * number}\n")
        said = page_of(tmp_path, "import os\nfrom toy import tools\nprint(tools.NUMBER)")
        assert said == f"{number}\n"


def test_where_kernels_cannot_be_forked_they_start_in_the_ordinary_way(tmp_path, monkeypatch):
    parent = "import os\nprint(os.getppid())"
    assert page_of(tmp_path, parent) != f"{os.getpid()}\n"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not forked_kernels.can_fork()
    assert page_of(tmp_path, parent) == f"{os.getpid()}\n"


def test_pages_that_begin_at_once_are_forked_from_one_process(tmp_path):
    folders = [tmp_path / str(number) for number in range(4)]
    for folder in folders:
        folder.mkdir()
    environment = {**os.environ, "OF_THIS_TEST": str(tmp_path)}

    def parent(folder: Path) -> str:
        with kernel_in(folder, env=environment) as kernel:
            return kernel.run("import os; print(os.getppid())")

    with ThreadPoolExecutor(len(folders)) as several:
        assert len(set(several.map(parent, folders))) == 1
