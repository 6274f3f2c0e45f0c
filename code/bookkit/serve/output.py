"""Bound what a cell can send to a page: a flood of messages alone freezes a browser's tab.

Outputs wait a moment, so that many small ones become few, and what a later one replaces is never
sent. Of text and of displays, each cell has so much; what is left out is counted, and the page is
told. Errors, replies, and figures up to a size that a browser can show always pass.
"""

from dataclasses import dataclass, field
from typing import Any

from jupyter_server.services.kernels.connection.base import serialize_msg_to_ws_v1
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from tornado.ioloop import IOLoop

LEFT_OUT = "application/vnd.output-left-out+json"  # tells the page how much was left out
DISPLAYS = {"display_data", "execute_result"}
OUTPUTS = {"stream", "clear_output", "update_display_data", "error", *DISPLAYS}
SECONDS = 0.05  # that outputs wait for others
CHARACTERS = 2_000_000  # of text for each cell
SHOWN = 500  # displays for each cell
LARGEST_TEXT = 5_000_000  # characters of one kind of a display
LARGEST_IMAGE = 64_000_000
CELLS = 20  # as many are remembered: threads of an earlier cell may still print
# characters; of a longer text, only the last version of a line that is written over is sent
MANY = 10_000
EXIT_CODE = "exit_code"  # in the message that tells that a kernel is being restarted


@dataclass
class CellOutput:
    """How much one cell has put out, and how much of it was left out.

    Attributes
    ----------
    room : int
        Characters of text that may still be sent.
    line : int
        Characters in the last line.
    displays : int
        Displays sent since the output was last cleared.
    left_out : dict of int
        "characters" and "lines" of text, and "outputs" of other kinds.
    """

    room: int = CHARACTERS
    line: int = 0
    displays: int = 0
    left_out: dict[str, int] = field(
        default_factory=lambda: {"characters": 0, "lines": 0, "outputs": 0}
    )

    def text(self, text: str) -> str:
        """Return as much of a text as there is room for; count the rest."""
        growth, line = self._growth(text)
        if growth <= self.room and self.left_out["characters"] == 0:
            self.room, self.line = self.room - growth, line
            return text
        kept = text[: self.room] if self.left_out["characters"] == 0 else ""
        self.leave_out(len(text) - len(kept), text.count("\n") - kept.count("\n"))
        return kept

    def _growth(self, text: str) -> tuple[int, int]:
        """Return by how many characters a text makes the output longer, and how long its last line
        is then.
        """
        first, newline, rest = text.partition("\n")
        before, back, over = first.rpartition("\r")
        line = max(self.line + len(before), len(over)) if back else self.line + len(over)
        if newline:
            return line - self.line + 1 + len(rest), len(rest.rpartition("\n")[2])
        return line - self.line, line

    def leave_out(self, characters: int, lines: int) -> None:
        """Count text that is not sent."""
        self.left_out["characters"] += characters
        self.left_out["lines"] += lines

    def display(self) -> bool:
        """Tell whether one more display may be sent; count it, one way or the other."""
        sent = self.displays < SHOWN
        self.displays += sent
        self.left_out["outputs"] += not sent
        return sent

    def clear(self) -> None:
        """Begin anew: what was sent is no longer shown."""
        self.room, self.line, self.displays = CHARACTERS, 0, 0
        self.left_out = dict.fromkeys(self.left_out, 0)


def shortened(content: dict[str, Any]) -> dict[str, Any]:
    """Return the content of a display or an error without texts that no browser can show."""
    if "traceback" in content:
        lines = [_middle_left_out(line) for line in content["traceback"]]
        return {**content, "evalue": _middle_left_out(content["evalue"]), "traceback": lines}
    sizes = {
        kind: len(value if isinstance(value, str) else str(value))
        for kind, value in content["data"].items()
    }
    large = {kind: size for kind, size in sizes.items() if size > _largest(kind)}
    if not large:
        return content
    said = ", ".join(f"{kind} of {size:,} characters" for kind, size in large.items())
    kept = {kind: value for kind, value in content["data"].items() if kind not in large}
    return {**content, "data": {"text/plain": f"Too large to be shown: {said}.", **kept}}


def _largest(kind: str) -> int:
    return LARGEST_IMAGE if kind.startswith("image/") else LARGEST_TEXT


def _middle_left_out(line: str) -> str:
    return line if len(line) <= MANY else f"{line[: MANY // 2]} … {line[-MANY // 2 :]}"


@dataclass
class Message:
    """An output on its way from the kernel to a page.

    Attributes
    ----------
    kind : str
        Jupyter's type of the message.
    parent : dict
        The header of the request that it belongs to.
    content : dict
    raw : object
        The message as it came; None if it has been changed.
    """

    kind: str
    parent: dict[str, Any]
    content: dict[str, Any]
    raw: Any = None

    @property
    def cell(self) -> str:
        """Which execution it belongs to."""
        return self.parent.get("msg_id", "")


class OutputQueue:
    """Outputs that wait to be sent: those that later ones replace are dropped, texts joined, all of
    it bounded.
    """

    def __init__(self) -> None:
        self._waiting: list[Message] = []
        self._cells: dict[str, CellOutput] = {}
        self._told: dict[str, dict[str, int]] = {}

    def is_full(self, cell: str) -> bool:
        """Tell whether there is no room for more text of a cell."""
        return bool(cell in self._cells and self._cells[cell].left_out["characters"])

    def leave_out(self, cell: str, characters: int, lines: int) -> None:
        """Count text that was not even read."""
        self._cells[cell].leave_out(characters, lines)

    def add(self, message: Message) -> None:
        """Let an output wait, in place of those that it replaces."""
        if message.kind == "clear_output" and not message.content.get("wait"):
            self._drop(message.cell, len(self._waiting))
        elif message.kind != "clear_output":
            cleared = [
                i
                for i, m in enumerate(self._waiting)
                if (m.cell, m.kind) == (message.cell, "clear_output")
            ]
            self._drop(message.cell, cleared[-1] if cleared else 0)
        last = self._waiting[-1] if self._waiting else None
        if message.kind == "stream" and last and _joins(last, message):
            last.content["text"] += message.content["text"]
            last.raw = None
            return
        if message.kind == "update_display_data":
            self._waiting = [
                other for other in self._waiting if not _updates_the_same(other, message)
            ]
        self._waiting.append(message)

    def _drop(self, cell: str, before: int) -> None:
        """Drop what waits of a cell, up to a place in the queue."""
        if before:
            kept = [message for message in self._waiting[:before] if message.cell != cell]
            self._waiting = kept + self._waiting[before:]

    def take(self) -> list[Message]:
        """Return what is to be sent now; for a cell of which more was left out since, with a
        message that says so.
        """
        waiting, self._waiting = self._waiting, []
        sent = [message for message in map(self._bounded, waiting) if message]
        parents = {message.cell: message.parent for message in waiting}
        return sent + [
            message for cell in self._cells if (message := self._left_out(cell, parents.get(cell)))
        ]

    def _bounded(self, message: Message) -> Message | None:
        """Return an output as far as there is room for it; None if there is none."""
        cell, content = self._cell(message.cell), message.content
        if message.kind == "clear_output":
            cell.clear()
        if message.kind == "stream":
            text = content["text"]
            text = cell.text(
                "\n".join(map(_last_version, text.split("\n"))) if len(text) > MANY else text
            )
            unchanged = text == content["text"]
            return (
                message
                if unchanged
                else Message("stream", message.parent, {**content, "text": text})
                if text
                else None
            )
        if message.kind in DISPLAYS and not cell.display():
            return None
        if message.kind in {"error", "update_display_data", *DISPLAYS}:
            content = shortened(content)
            return (
                message
                if content == message.content
                else Message(message.kind, message.parent, content)
            )
        return message

    def _cell(self, name: str) -> CellOutput:
        if name not in self._cells:
            self._cells[name] = CellOutput()
            for old in [*self._cells][:-CELLS]:
                del self._cells[old]
        return self._cells[name]

    def _left_out(self, cell: str, parent: dict[str, Any] | None) -> Message | None:
        left_out = self._cells[cell].left_out
        if left_out == self._told.get(cell, dict.fromkeys(left_out, 0)):
            return None
        self._told = {
            **{name: self._told[name] for name in self._told if name in self._cells},
            cell: dict(left_out),
        }
        words = (
            f"The server left out {left_out['characters']:,} characters of text"
            f" and {left_out['outputs']:,} other outputs."
        )
        data = {LEFT_OUT: dict(left_out), "text/plain": words}
        return Message(
            "display_data",
            parent or {"msg_id": cell},
            {"data": data, "metadata": {}, "transient": {}},
        )


def _last_version(line: str) -> str:
    """Return of a line that was written over again and again what was written last."""
    written = line.rstrip("\r")
    _, back, last = written.rpartition("\r")
    return back + last + line[len(written) :]


def _joins(last: Message, message: Message) -> bool:
    return (last.kind, last.cell, last.content.get("name")) == (
        "stream",
        message.cell,
        message.content["name"],
    )


def _updates_the_same(other: Message, message: Message) -> bool:
    name = message.content.get("transient", {}).get("display_id")
    return (
        other.kind == message.kind and other.content.get("transient", {}).get("display_id") == name
    )


class BoundedConnection(ZMQChannelsWebsocketConnection):
    """Takes what a kernel says to a page; of outputs, as much as a page can show.

    It takes the place of Jupyter's own limit on the rate of messages, which leaves out figures too.
    """

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._outputs = OutputQueue()
        self._flush_later: object | None = None
        self._speaker = ""  # the kernel's own name for its session

    def _limit_rate(self, channel: str, msg: dict[str, Any], msg_list: list[bytes]) -> bool:
        """Let an output wait until `flush`; send all that waits before any other message."""
        if channel != "iopub":
            return False
        header = self.get_part("header", msg["header"], msg_list)
        kind, self._speaker = header["msg_type"], header["session"]
        if kind not in OUTPUTS:
            self.flush()
            return False
        parent = self.get_part("parent_header", msg["parent_header"], msg_list)
        if (
            kind == "stream"
            and msg["content"] is None
            and self._outputs.is_full(parent.get("msg_id", ""))
        ):
            self._outputs.leave_out(parent["msg_id"], len(msg_list[3]), msg_list[3].count(b"\\n"))
        else:
            raw = msg_list if msg["content"] is None else {**msg}
            self._outputs.add(
                Message(kind, parent, self.get_part("content", msg["content"], msg_list), raw)
            )
        if self._flush_later is None:
            self._flush_later = IOLoop.current().call_later(SECONDS, self.flush)
        return True

    def flush(self) -> None:
        """Send the outputs that wait."""
        if self._flush_later is not None:
            IOLoop.current().remove_timeout(self._flush_later)
            self._flush_later = None
        messages = self._outputs.take()
        if self.websocket_handler.ws_connection is None:
            return
        for message in messages:
            self._send(message)

    def _send(self, message: Message) -> None:
        if message.raw is not None:
            self._on_zmq_reply(self.channels["iopub"], message.raw)
            return
        made = self.session.msg(message.kind, content=message.content, parent=message.parent)
        made["header"]["session"] = (
            self._speaker
        )  # a page drops what another session than the latest has said
        self._write(made)

    def _write(self, made: dict[str, Any]) -> None:
        """Send a message of the server's own on the channel of outputs."""
        if self.subprotocol == "v1.kernel.websocket.jupyter.org":
            self.write_message(
                serialize_msg_to_ws_v1(made, "iopub", self.session.pack), binary=True
            )
        else:
            self.write_message(self._reserialize_reply({**made, "buffers": []}, channel="iopub"))

    def on_kernel_restarted(self) -> None:
        """Tell the page that a new kernel takes the place of one that ended, and with which code
        that one ended.
        """
        if iopub := self.channels.get("iopub"):
            iopub.flush()  # what the old kernel said comes first
        self.flush()
        process = getattr(self.kernel_manager.provisioner, "process", None)
        code = process.poll() if process else None
        self._write(self.session.msg("status", {"execution_state": "restarting", EXIT_CODE: code}))
