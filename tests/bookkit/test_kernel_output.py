"""What the book's server sends on of a cell's output: joined, bounded, and counted where it leaves
something out.
"""

import pytest
from bookkit.serve.output import CHARACTERS, LEFT_OUT, SHOWN, Message, OutputQueue

NOTHING = {"characters": 0, "lines": 0, "outputs": 0}


@pytest.fixture
def queue():
    return OutputQueue()


def stream(text: str, cell: str = "one", name: str = "stdout") -> Message:
    return Message("stream", {"msg_id": cell}, {"name": name, "text": text}, raw=b"as it came")


def display(text: str, kind: str = "display_data", **transient: str) -> Message:
    content = {"data": {"text/plain": text}, "metadata": {}, "transient": transient}
    return Message(kind, {"msg_id": "one"}, content, raw=b"as it came")


def clear(wait: bool) -> Message:
    return Message("clear_output", {"msg_id": "one"}, {"wait": wait}, raw=b"as it came")


def texts(messages: list[Message]) -> list[str]:
    return [
        m.content.get("text") or m.content.get("data", {}).get("text/plain") or m.kind
        for m in messages
    ]


def left_out(messages: list[Message]) -> dict[str, int]:
    return messages[-1].content.get("data", {}).get(LEFT_OUT, NOTHING)


def test_small_outputs_pass_as_they_came_and_in_order(queue):
    for message in (sent := [stream("a"), display("b"), stream("c"), stream("d", name="stderr")]):
        queue.add(message)
    assert queue.take() == sent
    assert queue.take() == []


def test_many_texts_become_one(queue):
    for number in range(1000):
        queue.add(stream(f"{number}\n"))
    (message,) = queue.take()
    assert (
        message.content["text"].split() == [str(number) for number in range(1000)]
        and message.raw is None
    )


def test_text_beyond_the_limit_is_left_out_and_counted_once_more_each_time(queue):
    queue.add(stream("x" * (CHARACTERS + 10)))
    first = queue.take()
    assert len(first[0].content["text"]) == CHARACTERS and left_out(first) == NOTHING | {
        "characters": 10
    }
    queue.add(stream("y\ny\n"))
    assert left_out(queue.take()) == NOTHING | {"characters": 14, "lines": 2}
    assert queue.is_full("one") and not queue.is_full("two")
    queue.add(stream("another cell", cell="two"))
    assert texts(queue.take()) == ["another cell"]


def test_a_bar_that_is_written_over_never_fills_the_room(queue):
    for step in range(3000):
        queue.add(stream("\r" + f"{step:>1000}" * 2))
        messages = queue.take()
    assert left_out(messages) == NOTHING and texts(messages) == ["\r" + f"{2999:>1000}" * 2]


def test_of_a_flood_of_one_line_the_last_version_is_sent(queue):
    queue.add(stream("".join(f"{step}\r" for step in range(100_000))))
    assert texts(queue.take()) == ["\r99999\r"]


def test_displays_are_counted_and_clearing_begins_anew(queue):
    for number in range(SHOWN + 3):
        queue.add(display(str(number)))
    messages = queue.take()
    assert len(messages) == SHOWN + 1 and left_out(messages) == NOTHING | {"outputs": 3}
    queue.add(clear(wait=False))
    queue.add(display("again"))
    assert texts(queue.take())[:2] == ["clear_output", "again"]


def test_what_is_cleared_before_anybody_saw_it_is_not_sent(queue):
    for number in range(100):
        queue.add(display(str(number)))
        queue.add(clear(wait=True))
    assert texts(queue.take()) == ["clear_output", "99", "clear_output"]


def test_of_updates_of_one_display_the_last_is_sent(queue):
    for number in range(100):
        queue.add(display(str(number), "update_display_data", display_id="a"))
    queue.add(display("other", "update_display_data", display_id="b"))
    assert texts(queue.take()) == ["99", "other"]


def test_a_display_too_large_for_a_browser_makes_way_for_words(queue):
    message = display("small")
    message.content["data"] |= {"text/html": "x" * 6_000_000, "image/png": "y" * 6_000_000}
    queue.add(message)
    (sent,) = queue.take()
    assert sorted(sent.content["data"]) == ["image/png", "text/plain"]


def test_an_error_passes_whatever_was_printed_without_the_middle_of_endless_lines(queue):
    queue.add(stream("x" * (CHARACTERS + 1)))
    content = {
        "ename": "ValueError",
        "evalue": "y" * 100_000,
        "traceback": ["z" * 100_000, "ValueError"],
    }
    queue.add(Message("error", {"msg_id": "one"}, content, raw=b"as it came"))
    error = next(message for message in queue.take() if message.kind == "error")
    assert len(error.content["evalue"]) < 20_000 and error.content["traceback"][1] == "ValueError"
