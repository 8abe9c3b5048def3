"""The seed documents are read as people would read them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from services.ingest.documents import read
from tests.unit.ingest.samples import seed

GOLDEN = {
    "000": (
        "What is the significance of lymph node involvement in cancer?",
        (
            "Lymph node involvement in cancer is a critical factor influencing prognosis, staging, and treatment decisions, "
            "affecting patient care and understanding of cancer biology."
        ),
    ),
    "001": (
        "Why is Lymph Node Metastasis Bad? Understanding the Implications for Cancer Progression and Treatment",
        (
            "Lymph node metastasis is bad because it signifies that cancer cells have spread from their original location to "
            "other parts of the body, making the disease…"
        ),
    ),
    "002": (
        "Immunotherapy for cancer in lymph nodes",
        (
            "Immunotherapy for cancer in lymph nodes has emerged as a promising frontier in oncology, offering hope for "
            "patients with metastatic or locally advanced disease."
        ),
    ),
    "003": (
        "Liver cancer with lymph node metastasis occurs when hepatocellular carcinoma cells…",
        (
            "Liver cancer with lymph node metastasis occurs when hepatocellular carcinoma cells spread via the lymphatic "
            "system to regional or distant lymph nodes."
        ),
    ),
    "004": (
        "Case report: Giant lymph node metastases: a new opportunity for cancer radioimmunotherapy?",
        (
            "Background: Despite the significant progress made in radiotherapy and chemotherapy for the treatment of "
            "cervical cancer, patients with lymph node metastasis…"
        ),
    ),
}


@pytest.mark.parametrize("number", GOLDEN)
def test_the_seeds_have_their_titles_and_summaries(number: str) -> None:
    """Whether the sender says what they are or not."""
    for media_type in (None, "text/plain", "application/octet-stream"):
        draft = read(seed(number), media_type)

        assert (draft.title, draft.summary) == GOLDEN[number]


def test_the_first_seed_is_read_from_its_answer() -> None:
    """Its article stands in a field, its line breaks are spelled out, its address is relative."""
    draft = read(seed("000"))

    assert draft.subject == "Medicine"
    assert draft.authors == ("QuickTakes",)
    assert draft.published_at == datetime(2024, 11, 22, tzinfo=UTC)
    assert (draft.given_id, draft.url, draft.language) == ("18424", None, "en")
    assert draft.keywords[:2] == ("lymph node involvement", "cancer significance")
    assert len(draft.keywords) == 8
    assert draft.html.count("<li>") == 5
    assert "\\n" not in draft.text
    assert draft.text.startswith("Lymph node involvement in cancer is a critical factor that")


@pytest.mark.parametrize("number", ["001", "002", "003", "004"])
def test_the_other_seeds_say_nothing_of_themselves(number: str) -> None:
    """No subject, no keywords, no address is made up for plain text; each line is a paragraph."""
    draft = read(seed(number))

    assert (draft.subject, draft.keywords, draft.authors, draft.url, draft.given_id) == (None, (), (), None, None)
    assert draft.html.count("<p>") == draft.text.count("\n") + 1
