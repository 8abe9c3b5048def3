"""A subscriber of other hands, as its users run it: Flask-WebSub in a Flask application, and TLS in front of the hub for its secrets."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from flask_websub.subscriber import (
    SQLite3SubscriberStorage,
    SQLite3TempSubscriberStorage,
    Subscriber,
    discover,
)
from werkzeug.serving import make_server

from tests.integration.hub.reading import until


@dataclass
class Foreign:
    """Flask-WebSub's subscriber, and what it told its listeners. Only what passed its own check of the signature gets to them."""

    app: Flask
    subscriber: Any
    origin: str
    successes: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    heard: list[bytes] = field(default_factory=list)

    async def follow(self, feed: str, **asked: Any) -> str:
        """Discover a feed's hub and topic, and subscribe; the name of the subscription."""
        found = await asyncio.to_thread(discover, feed)
        return str(await self.do("subscribe", "subscribe", **(found | asked)))

    async def do(self, what: str, outcome: str, *words: str, **asked: Any) -> Any:
        """Ask the hub for something, and wait until it was verified."""
        before = len(self.successes)
        answer = await asyncio.to_thread(self._do, what, *words, **asked)
        await until(lambda: outcome in self.successes[before:])
        return answer

    def _do(self, what: str, *words: str, **asked: Any) -> Any:
        with self.app.test_request_context(base_url=self.origin):
            return getattr(self.subscriber, what)(*words, **asked)


@contextmanager
def flask_websub(folder: Path) -> Iterator[Foreign]:
    """Flask-WebSub at work on a port of its own."""
    store = str(folder / "subscriber.db")
    subscriber = Subscriber(SQLite3SubscriberStorage(store), SQLite3TempSubscriberStorage(store))
    app = Flask("subscriber")
    app.register_blueprint(subscriber.build_blueprint(url_prefix="/callbacks"))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    found = Foreign(app, subscriber, f"http://127.0.0.1:{server.server_port}")
    subscriber.add_success_handler(lambda _topic, _name, mode: found.successes.append(mode))
    subscriber.add_error_handler(lambda _topic, _name, reason: found.errors.append(reason))
    subscriber.add_listener(lambda _topic, _name, body: found.heard.append(body))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


@asynccontextmanager
async def behind_tls(hub: str, folder: Path) -> AsyncIterator[tuple[str, str]]:
    """The hub under an https address, and the file of the certificate to trust."""
    certificate = _certified(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    parts = urlsplit(hub)

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner, outer = await asyncio.open_connection(parts.hostname, parts.port)
        await asyncio.gather(_flow(reader, outer), _flow(inner, writer))

    server = await asyncio.start_server(pass_on, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    yield f"https://localhost:{port}{parts.path}", str(certificate)
    server.close()


async def _flow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError, ssl.SSLError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


def _certified(folder: Path) -> Path:
    """A key and a certificate for localhost, in one file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=True)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "hub.pem"
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path
