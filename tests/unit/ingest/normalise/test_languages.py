"""A language is known by its small words or its script."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.normalise.languages import PROFILES, SCRIPTS, language_of

SENTENCES = {
    "en": "The heart is a muscle that pumps the blood through all of the body, and it does this from the first day to the last.",
    "de": "Das Herz ist ein Muskel, der das Blut durch den ganzen Körper pumpt, und es tut das vom ersten bis zum letzten Tag.",
    "fr": "Le cœur est un muscle qui pompe le sang dans tout le corps, et il le fait du premier jour de la vie jusqu'au dernier.",
    "es": "El corazón es un músculo que bombea la sangre por todo el cuerpo, y lo hace desde el primer día de la vida hasta el último.",
    "it": "Il cuore è un muscolo che pompa il sangue in tutto il corpo, e lo fa dal primo giorno della vita fino all'ultimo.",
    "pt": "O coração é um músculo que bombeia o sangue por todo o corpo, e não para de o fazer desde o primeiro dia até ao último.",
    "nl": "Het hart is een spier die het bloed door het hele lichaam pompt, en dat doet het van de eerste dag tot de laatste dag.",
    "sv": "Hjärtat är en muskel som pumpar blod genom hela kroppen, och det gör den från den första dagen till den sista dagen.",
    "pl": "Serce jest mięśniem, który pompuje krew przez całe ciało, i nie przestaje od pierwszego dnia życia do ostatniego, a to się nie zmienia.",
    "tr": "Kalp, kanı tüm vücuda pompalayan bir kas ve bu işi ilk günden son güne kadar yapar, ne bir gün ne de bir gece için durur.",
    "ru": "Сердце это мышца, которая качает кровь по всему телу, и она делает это с первого дня жизни и до последнего, как часы на стене.",
    "uk": "Серце це м'яз, який качає кров по всьому тілу, і він робить це від першого дня життя до останнього, як і годинник на стіні.",
    "ja": "心臓は全身に血液を送り出す筋肉であり、最初の日から最後の日まで動き続ける。",
    "zh": "心脏是一块肌肉，它将血液泵送到全身，从第一天到最后一天。",
    "ko": "심장은 온몸에 피를 보내는 근육이다.",
    "ar": "القلب عضلة تضخ الدم في جميع أنحاء الجسم.",
    "el": "Η καρδιά είναι ένας μυς που αντλεί το αίμα σε όλο το σώμα.",
}


@pytest.mark.parametrize("language", SENTENCES)
def test_one_sentence_is_enough(language: str) -> None:
    """Seventeen languages by a sentence of about twenty words."""
    assert language == language_of(SENTENCES[language])


@pytest.mark.parametrize(
    "text", ["", "Herz", "12 34", "Ngo Thi Tinh, Yuan Bian, Zhang Wei, Kim Min, Park Ji, Lee Su, Chen Yu, Wang Fang"]
)
def test_what_cannot_be_told_is_english(text: str) -> None:
    """Too short, or names only."""
    assert "en" == language_of(text)


@given(st.text())
def test_any_text_has_a_language(text: str) -> None:
    """One that we know."""
    assert language_of(text) in {*PROFILES, *SCRIPTS}
