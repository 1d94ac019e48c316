"""Tokens of scripts without blanks between words."""

from sktransfer.text import split_characters
from sktransfer.text.characters import words_and_sign_pairs, words_and_signs


def test_characters_are_taken_singly_and_in_pairs():
    assert split_characters("好 书A") == ["好", "书", "a", "好书", "书a"]
    assert split_characters(" ") == []


def test_words_and_signs():
    assert words_and_sign_pairs("A Red-Shoe 42") == ["red", "shoe", "42"]
    assert words_and_sign_pairs("书包 red") == ["red", "书", "包", "书包"]


def test_words_and_signs_in_order():
    assert words_and_signs("A Red 书包 x9") == ["red", "书", "包", "x9"]
