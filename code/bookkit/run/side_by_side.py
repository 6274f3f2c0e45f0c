"""Do several things at once, so that all of them end when one fails or a signal comes."""

from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from threading import Event
from typing import TypeVar

from bookkit.system import stopping

Done = TypeVar("Done")


def all_done(
    tasks: Iterable[Callable[[Event], Done]], at_a_time: int, use: Callable[[Done], None]
) -> None:
    """Do tasks in threads.

    Parameters
    ----------
    tasks : iterable of function
        Each is called with an event, and ends soon after that is set.
    at_a_time : int
    use : function
        Called in this thread with what each task returns, as soon as it does.

    Raises
    ------
    Exception
        The first that a task or ``use`` raises; the other tasks have ended then.
    """
    enough = Event()
    with ThreadPoolExecutor(at_a_time) as pool:
        waiting = {pool.submit(task, enough) for task in tasks}
        try:
            while waiting:
                stopping.check()
                done, waiting = wait(waiting, timeout=0.2, return_when=FIRST_COMPLETED)
                for future in done:
                    use(future.result())
        except BaseException:
            enough.set()
            for future in waiting:
                future.cancel()
            raise
