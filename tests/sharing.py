"""How two processes share the tests: whole files, in their order, and all that need the containers in one process."""

from __future__ import annotations

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

TOGETHER = "tests/end_to_end/"
"""One project of Compose for all of it; it comes first, because it takes longest and mostly waits."""


class ByFile(LoadScopeScheduling):  # type: ignore[misc]  # xdist tells no types
    """A file's tests stay together, and so do the fixtures that they share."""

    def __init__(self, config: pytest.Config, log: Producer | None = None) -> None:
        config.option.loadscopereorder = False  # the many small files at the end leave neither process idle
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return TOGETHER if file.startswith(TOGETHER) else file
