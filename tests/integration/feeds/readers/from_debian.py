"""The readers that Debian brings: newsboat, rss2email, sfeed."""

from __future__ import annotations

import email
import email.policy
import sqlite3
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

from shared.syndication.addresses import Format
from tests.integration.feeds.readers.seen import Seen, program, told


class Newsboat:
    """A reader for the terminal. Keeps no categories; asks conditionally from the third time on, and takes deltas."""

    def __init__(self, address: str, _: Format, folder: Path) -> None:
        self._cache = folder / "cache.db"
        (folder / "urls").write_text(f"{address}\n")
        (folder / "config").write_text("")
        files = ["-u", folder / "urls", "-c", self._cache, "-C", folder / "config"]
        self._command = [program("newsboat"), *map(str, files), "-x", "reload"]

    def reload(self) -> list[Seen]:
        """Everything in its cache."""
        told(self._command)
        with sqlite3.connect(self._cache) as cache:
            rows = cache.execute("SELECT guid, title, url, pubDate, author, content FROM rss_item").fetchall()
        return [
            Seen(guid, title, url, published, authors, None, text)
            for guid, title, url, published, authors, text in rows
        ]


class Rss2Email:
    """Sends a mail for each entry; `anew`: for each correction too, which it leaves out by itself."""

    def __init__(self, address: str, _: Format, folder: Path, *, anew: bool = False) -> None:
        self._mails = folder / "mails"
        for name in ("cur", "new", "tmp"):
            (self._mails / "feeds" / name).mkdir(parents=True)
        (folder / "rss2email.cfg").write_text(
            f"[DEFAULT]\nfrom = none@none.example\nto = me@none.example\nemail-protocol = maildir\nactive = True\n"
            f"maildir-path = {self._mails}\nmaildir-mailbox = feeds\nname-format = {{author}}\ndate-header = True\n"
            f"trust-guid = {not anew}\n"
        )
        self._command = [program("r2e"), "-c", str(folder / "rss2email.cfg"), "-d", str(folder / "data.json")]
        told([*self._command, "add", "feed", address])

    def reload(self) -> list[Seen]:
        """Every mail that was sent so far."""
        told([*self._command, "run"])
        files = sorted((self._mails / "feeds" / "new").iterdir(), key=lambda path: path.stat().st_mtime_ns)
        return [self._read(path.read_bytes()) for path in files]

    def _read(self, mail: bytes) -> Seen:
        message = email.message_from_bytes(mail, _class=EmailMessage, policy=email.policy.default)
        sender = message["From"].addresses[0].display_name
        published = int(parsedate_to_datetime(message["Date"]).timestamp())
        tags = frozenset(filter(None, str(message["X-RSS-TAGS"] or "").split(",")))
        text = str(message.get_content())
        return Seen(
            str(message["X-RSS-ID"]), message["Subject"], str(message["X-RSS-URL"]), published, sender, tags, text
        )


class Sfeed:
    """A parser for the shell: a line for each entry. It keeps nothing and never asks conditionally."""

    def __init__(self, address: str, _: Format, folder: Path) -> None:
        program("sfeed_update")
        self._feeds = folder / "feeds"
        self._rc = folder / "sfeedrc"
        self._rc.write_text(f'sfeedpath="{self._feeds}"\nfeeds() {{\n  feed "feed" "{address}"\n}}\n')

    def reload(self) -> list[Seen]:
        """The lines of its file."""
        told([program("sfeed_update"), str(self._rc)])
        return [self._line(line) for line in (self._feeds / "feed").read_text().splitlines()]

    def _line(self, line: str) -> Seen:
        published, title, link, text, _, name, authors, _, tags = line.split("\t")
        return Seen(name, title, link, int(published), authors, frozenset(filter(None, tags.split("|"))), text)
