"""Pure. Who is told of an event: the deliveries and the ledger's line that follow from it, as one step."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from services.webhooks.filters import Facts, facts_of
from services.webhooks.items import Notice
from services.webhooks.partner import Partner
from shared.events import Event
from shared.notices import PUBLISHED, RELATED_CHANGED, VERSION, data_of, encoded, envelope, kind_of
from shared.steps import Command, Step

Heard = Mapping[str, Collection[str]]
"""Of partners with a filter, the documents that they were told of."""


def announce(
    event: Event,
    place: int,
    partners: Collection[Partner],
    heard: Heard,
    base_url: str,
    planned: Callable[[Notice, Sequence[str], Sequence[str]], tuple[Command, ...]],
) -> tuple[Step, tuple[str, ...]]:
    """The step, and the partners with a filter that hear of the document from now on. `place`: the event's in the stream.

    A partner that was told of a document hears what becomes of it, also when it no longer fits: that it was corrected, moved, taken back.
    """
    kind = kind_of(event)
    if not kind or not _of_interest(kind, partners):
        return Step("told_nobody", quiet=True), ()
    data = data_of(event, base_url)
    told = _told(event, kind, data, partners, heard)
    names, ordered = [partner.id for partner in told], [partner.id for partner in told if partner.ordered]
    notice = Notice(
        event.event_id, kind, _bodies(event, data, told, base_url), event.document_id, event.correlation_id, place
    )
    step = Step("announced", writes=planned(notice, names, ordered), facts={"partners": len(told), "type": kind})
    return step, tuple(partner.id for partner in told if not partner.filter.empty)


def _of_interest(kind: str, partners: Collection[Partner]) -> bool:
    """Whether the event enters the ledger. Each new document changes about five lists: six of seven lines would be about what nobody reads."""
    return kind != RELATED_CHANGED or any(kind in partner.events for partner in partners)


def _told(
    event: Event, kind: str, data: dict[str, object], partners: Collection[Partner], heard: Heard
) -> list[Partner]:
    wanting = [partner for partner in partners if partner.wants(kind)]
    if all(partner.filter.empty for partner in wanting):
        return wanting
    facts = facts_of(data)
    return [
        partner for partner in wanting if hears(partner, kind, facts, event.document_id in heard.get(partner.id, ()))
    ]


def hears(partner: Partner, kind: str, facts: Facts, known: bool) -> bool:  # noqa: FBT001 - a fact about the document
    """Whether a partner hears of an event. `known`: it was told of the document before."""
    if partner.filter.empty:
        return True
    if known and kind != PUBLISHED:
        return True
    # A changed list says nothing of the document itself.
    return kind != RELATED_CHANGED and partner.filter.passes(facts)


def _bodies(event: Event, data: dict[str, object], told: Sequence[Partner], base_url: str) -> dict[str, bytes]:
    """Thin in the newest version for the ledger, and each other form that somebody takes and that says something else."""
    forms = {partner.form for partner in told}
    thin = envelope(event, data, base_url)
    bodies = {str(VERSION): encoded(thin)}
    for form in forms - bodies.keys():
        version, full = int(form[0]), form.endswith("f")
        told_thinly = thin if version == VERSION else envelope(event, data, base_url, version)
        bodies[form] = encoded(told_thinly, full=event if full else None)
    return bodies
