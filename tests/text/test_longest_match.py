"""Tokenizers of the generated reviews."""

import pickle

from hypothesis import given, settings
from hypothesis import strategies as st

from sktransfer.text import LongestMatchTokenizer, split_words


def test_longest_word_wins():
    tokenize = LongestMatchTokenizer(["人", "人物", "物"])
    assert tokenize("人物人") == ["人物", "人"]


def test_unknown_characters_stand_alone_and_latin_words_stay_whole():
    tokenize = LongestMatchTokenizer([])
    assert tokenize("我买Veska300，好！") == ["我", "买", "veska", "300", "好"]
    assert tokenize("") == []


def test_split_words():
    assert split_words("Das Ärgernis - 3 Sterne!") == ["das", "ärgernis", "3", "sterne"]


def test_equality_and_pickle():
    a = LongestMatchTokenizer(["好", "不好"])
    assert a == LongestMatchTokenizer(["不好", "好"])
    assert a != LongestMatchTokenizer(["好"])
    assert hash(a) == hash(pickle.loads(pickle.dumps(a)))
    assert "2 words" in repr(a)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.text("好不人物天气", min_size=1, max_size=4)),
    st.text("好不人物天气 ab1，"),
)
def test_tokens_join_to_the_text(words, text):
    tokens = LongestMatchTokenizer(words)(text)
    assert "".join(tokens) == "".join(c for c in text if c.isalnum())
