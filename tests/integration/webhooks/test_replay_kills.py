"""A replay whose processes are killed with -9."""

from __future__ import annotations

from tests.benchmarks.replay import Replay


def test_a_replay_goes_on_where_its_killed_process_left_it() -> None:
    """Over several pages and kills every event comes again, under its own id, and the job counts each once."""
    run = Replay(events=1_200, kills=2, rate=400)
    try:
        run.open()
        run.deliver()
        found = run.replay()
    finally:
        run.close()
    assert (0, 0, 1_200, 1_200, "done") == (found.lost, found.unknown, found.counted, found.planned, found.state)
