"""Pure. An HTTP/1.1 answer read as it arrives: status, headers, the beginning of the body, and where it ends.

What is said about the length is taken literally or not at all: an answer that could be read in two ways ends its connection.
Limits: 32 kB for the head and those of interim answers together, and `most` bytes of body, behind which nothing is read.
Source: RFC 9112 sections 4 to 7 and 9.3.
"""

from __future__ import annotations

MOST_HEAD_BYTES = 32_000
MOST_LINE_BYTES = 1_000
END_OF_LINE = b"\r\n"
END_OF_HEAD = b"\r\n\r\n"
HEX = frozenset(b"0123456789abcdefABCDEF")
NO_BODY = (204, 304)
SWITCHING = 101
FINAL = 200


class BadAnswer(ValueError):
    """What came is no HTTP/1.x answer."""


class Answering:
    """One answer under way. `kept`: bytes of the body that are kept; `most`: bytes that are read at all."""

    def __init__(self, *, kept: int, most: int) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""
        self.reusable = False
        """Whether another request may go over the same connection; known at the end."""
        self._kept = kept
        self._most = most
        self._size = 0
        self._heads_size = 0
        self._buffer = bytearray()
        self._left: int | None = None
        self._chunked = False
        self._in_trailer = False
        self._ended = False

    @property
    def begun(self) -> bool:
        """Whether the final head has come."""
        return self.status >= FINAL

    def feed(self, data: bytes) -> bool:
        """Take what came; True at the end of the answer. Raises BadAnswer."""
        self._buffer += data
        while not self.begun:
            if not self._head():
                return False
        self._size += len(data)
        self._take_body()
        if self._size > self._most or (self._ended and self._buffer):
            self.reusable = False
        return self._ended or self._size > self._most

    def close(self) -> bool:
        """The connection ended; True if that is how the answer may end. Raises BadAnswer in the middle of a head."""
        self.reusable = False
        if not self.begun:
            raise BadAnswer("the connection ended within the head")
        return self._ended or (self._left is None and not self._chunked)

    def _head(self) -> bool:
        end = self._buffer.find(END_OF_HEAD)
        if self._heads_size + (len(self._buffer) if end < 0 else end) > MOST_HEAD_BYTES:
            raise BadAnswer("the head has no end")
        if end < 0:
            return False
        self._read_head(bytes(self._buffer[:end]))
        self._heads_size += end + len(END_OF_HEAD)
        del self._buffer[: end + len(END_OF_HEAD)]
        return True

    def _read_head(self, head: bytes) -> None:
        first, *lines = head.decode("latin-1").split("\r\n")
        version, _, told = first.partition(" ")
        if version not in {"HTTP/1.1", "HTTP/1.0"} or not (told[:3].isascii() and told[:3].isdigit()):
            raise BadAnswer("the first line is none of HTTP/1.x")
        self.status = int(told[:3])
        if self.status < FINAL:
            if self.status == SWITCHING:
                raise BadAnswer("the protocol was switched")
            return
        self.headers = _fields(lines)
        wishes = {word.strip().lower() for word in self.headers.get("connection", "").split(",")}
        self.reusable = "close" not in wishes and (version == "HTTP/1.1" or "keep-alive" in wishes)
        self._frame()

    def _frame(self) -> None:
        length, coding = self.headers.get("content-length"), self.headers.get("transfer-encoding", "").lower()
        if self.status in NO_BODY:
            self._left = 0
            self._ended = True
        elif coding:
            self._chunked = coding == "chunked"
            self.reusable &= self._chunked and length is None
        elif length is not None:
            values = {value.strip() for value in length.split(",")}
            if len(values) != 1 or not (value := values.pop()).isascii() or not value.isdigit():
                raise BadAnswer("the length makes no sense")
            self._left = int(value[:15])
            self._ended = not self._left
        else:
            self.reusable = False

    def _take_body(self) -> None:
        while not self._ended and self._buffer:
            if self._chunked and not self._left:
                if not self._next_chunk():
                    return
                continue
            taken = len(self._buffer) if self._left is None else min(self._left, len(self._buffer))
            if (room := self._kept - len(self.body)) > 0:
                self.body += self._buffer[: min(room, taken)]
            del self._buffer[:taken]
            if self._left is not None:
                self._left -= taken
                self._ended = not self._left and not self._chunked

    def _next_chunk(self) -> bool:
        """Read the line before a chunk, or a line of the trailer; False if it is not all there yet."""
        if self._left == 0 and not self._in_trailer:  # the end of the chunk before
            if len(self._buffer) < len(END_OF_LINE):
                return False
            if not self._buffer.startswith(END_OF_LINE):
                raise BadAnswer("a chunk is longer than it said")
            del self._buffer[: len(END_OF_LINE)]
            self._left = None
        end = self._buffer.find(END_OF_LINE)
        if max(end, len(self._buffer) if end < 0 else 0) > MOST_LINE_BYTES:
            raise BadAnswer("a line between chunks has no end")
        if end < 0:
            return False
        line = bytes(self._buffer[:end])
        del self._buffer[: end + len(END_OF_LINE)]
        if self._in_trailer:
            self._ended = not line
        else:
            self._begin_chunk(line.partition(b";")[0].strip())
        return True

    def _begin_chunk(self, size: bytes) -> None:
        if not size or len(size) > len("ffffffff") or not HEX.issuperset(size):
            raise BadAnswer("a chunk has no size")
        self._left = int(size, 16)
        self._in_trailer = self._left == 0


def _fields(lines: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise BadAnswer("a header is none")
        key = name.lower()
        found[key] = f"{found[key]}, {value.strip()}" if key in found else value.strip()
    return found
