"""Loan words are alike in spelling, or in sound across alphabets."""

import pytest

from sktransfer.text.spelling import consonants, latin_letters, spelling_similarity


@pytest.mark.parametrize(
    ("word", "latin"),
    [
        ("Müller", "muller"),
        ("straße", "strasse"),
        ("футбол", "futbol"),
        ("φίλος", "filos"),
        ("ピアノ", "piano"),
        ("피아노", "piano"),
        ("café", "cafe"),
        ("音楽", "音楽"),
    ],
)
def test_letters(word, latin):
    assert latin_letters(word) == latin


@pytest.mark.parametrize(
    ("word", "loan"),
    [
        ("album", "アルバム"),
        ("piano", "ピアノ"),
        ("football", "футбол"),
        ("video", "ビデオ"),
    ],
)
def test_a_loan_keeps_its_consonants(word, loan):
    assert consonants(word) == consonants(loan)


def test_the_loan_is_the_most_similar_word():
    english = ["album", "piano", "guitar", "studio", "book"]
    for loans in (
        ["アルバム", "ピアノ", "ギター", "スタジオ", "本"],
        ["альбом", "пиано", "гитара", "студио", "книга"],
        ["Album", "Piano", "Gitarre", "Studio", "Fachtext"],
    ):
        S = spelling_similarity(english, loans)
        assert S[:4].argmax(axis=1).tolist() == [0, 1, 2, 3]
        assert S.max() <= 1 + 1e-6
        assert (S[4] < 0.3).all()
