"""How much a client may say before its request begins to make sense: without a limit one header would hold up everybody.

The parser puts each header together from what comes in, and copies what it has each time: 400 MB took it 200 s, in which nobody else was
answered. Uvicorn has such a limit for its other parser only (h11_max_incomplete_event_size).
"""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LONGEST_HEAD = 65_536
"""Bytes, beside those that came at once; as much as uvicorn's other parser takes."""
REFUSAL = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: text/plain; charset=utf-8\r\n"
    b"content-length: 45\r\nconnection: close\r\n\r\nThe head of the request is longer than 64 kB."
)
"""RFC 6585, section 5."""


class LimitedHeads(HttpToolsProtocol):
    """HTTP/1.1 as uvicorn speaks it. Whoever sends a longer head, or as much behind a body, is told so and cut off."""

    _unread = 0
    """Bytes since a head or a body went on."""
    _went_on = False

    def data_received(self, data: bytes) -> None:
        """Take what has come, unless nothing has come of too much before it."""
        if self._unread > LONGEST_HEAD:
            return
        self._went_on = False
        super().data_received(data)
        self._unread = 0 if self._went_on else self._unread + len(data)
        if self._unread > LONGEST_HEAD and not self.transport.is_closing():
            if self.cycle is None or self.cycle.response_complete:
                self.transport.write(REFUSAL)
            self.transport.close()

    def on_message_begin(self) -> None:
        """A request begins."""
        self._went_on = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Its head is whole."""
        self._went_on = True
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of its body has come."""
        self._went_on = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """It is whole."""
        self._went_on = True
        super().on_message_complete()
