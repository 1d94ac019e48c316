"""Runs of a megabyte without a blank: codes, images and noise in texts."""

import random
import string
import tracemalloc

import numpy as np
import pytest

from sktransfer.crosslingual import (
    AlignedEmbeddings,
    CrossLingualMapper,
    DistributionalCorrespondence,
)
from sktransfer.embedding import EmbeddingVectorizer, WordVectors
from sktransfer.text import (
    LongestMatchTokenizer,
    ScriptNgramCounter,
    WordTokenizer,
    split_words,
)
from sktransfer.text.forms import word_form, word_tokens
from sktransfer.transfer import TransferClassifier

SIZE = 1_000_000
CODE = "".join(random.Random(0).choices(string.ascii_letters + string.digits, k=SIZE))
PAIRS = [("good", "gut"), ("bad", "schlecht"), ("book", "Buch"), ("red", "rot")]
D = np.repeat([1, -1], 12)


def texts():
    """Reviews of two languages, one of each side with a code."""
    found = []
    for side in zip(*PAIRS):
        found += [f"{side[k % 2]} {side[2 + k % 3 % 2]}" for k in range(12)]
    for k in (0, 12):
        found[k] += f" {CODE[: SIZE - k]}"
    return found


def mapper(space):
    return CrossLingualMapper(PAIRS, word_space=space, min_df=1)


ALIGNED = AlignedEmbeddings(vectors=WordVectors("ppmi", vector_size=2, min_count=1))
ESTIMATORS = {
    "ScriptNgramCounter": ScriptNgramCounter(),
    "EmbeddingVectorizer": EmbeddingVectorizer(WordVectors("ppmi", vector_size=2)),
    "pivots": mapper(DistributionalCorrespondence()),
    "aligned": mapper(ALIGNED),
    "distilled": TransferClassifier(mapper=mapper(None), strategy="distill"),
}


@pytest.mark.filterwarnings("ignore:. pivot", "ignore:The alignment")
@pytest.mark.parametrize("name", ESTIMATORS)
def test_memory_is_that_of_some_copies(name):
    X, y = texts(), np.arange(24) % 2
    estimator = ESTIMATORS[name]
    domain = {"sample_domain": D} if name in ("pivots", "aligned", "distilled") else {}
    tracemalloc.start()
    estimator.fit(X, y, **domain)
    getattr(estimator, "predict" if name == "distilled" else "transform")(X)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40 * SIZE


@pytest.mark.parametrize(
    "split",
    [WordTokenizer(), split_words, word_tokens, LongestMatchTokenizer(["書籍", "書"])],
    ids=lambda split: getattr(split, "__name__", type(split).__name__),
)
def test_a_code_is_one_token(split):
    letters = CODE.translate(str.maketrans("", "", string.digits))
    assert split(f"red {letters} book") == ["red", letters.lower(), "book"]
    signs = "書籍" * (SIZE // 2)
    expected = [signs]
    if isinstance(split, LongestMatchTokenizer):
        expected = ["書籍"] * (SIZE // 2)
    assert split(signs) == expected


def test_a_letter_has_some_marks_only():
    # composing them takes the square of their number
    assert len(word_form("x" + "\u0301\u0323" * SIZE)) == 31
    assert word_tokens("x" + "\u0301\u0323" * SIZE + "y good")[1:] == ["good"]


def test_no_known_word_is_longer_than_words_are():
    tokenize = LongestMatchTokenizer(["書" * SIZE, "書籍"])
    assert tokenize("書籍" * 1000) == ["書籍"] * 1000


def test_the_end_of_a_long_word_does_not_count():
    counter = ScriptNgramCounter(min_df=1)
    assert counter.fit([CODE[:1000]]).vocabulary_.keys() >= {CODE[:3].lower()}
    assert "xyz" not in counter.fit(["a" * 1000 + "xyz"]).vocabulary_
    # words of dense scripts are texts
    assert "籍" in counter.fit(["書" * 5000 + "籍"]).vocabulary_
