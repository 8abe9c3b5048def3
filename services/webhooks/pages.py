"""Pages on which operators administer the service: one file each, which holds nothing until it is given the operator's token."""

from __future__ import annotations

from pathlib import Path

from fastapi.responses import HTMLResponse

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def page(file: Path) -> HTMLResponse:
    """The page in the file, which may speak with this service and with nobody else."""
    return HTMLResponse(file.read_text(), headers=HEADERS)
