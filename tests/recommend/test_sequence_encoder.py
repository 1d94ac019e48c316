"""SequenceEncoder beside the recurrence run step by step."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import StandardScaler

from sktransfer.datasets import make_bilingual_reviews
from sktransfer.embedding import WordVectors
from sktransfer.recommend import SequenceEncoder, SessionVectorizer

WORDS = ["red", "blue", "green"]


@pytest.fixture
def vectors(rng):
    return WORDS, rng.normal(size=(3, 4)).astype(np.float32)


def run(tokens, vectors, weights, decay):
    """The recurrence, and the sum of its weights, token by token."""
    h, total = np.zeros(vectors.shape[1]), 0.0
    for k in tokens:
        h = decay * h + weights[k] * vectors[k]
        total = decay * total + weights[k]
    return h / total


@pytest.mark.parametrize("idf", [False, True])
def test_states_are_those_of_the_recurrence(vectors, idf):
    texts = ["red blue red", "green red blue green blue", "blue", "unknown"]
    encoder = SequenceEncoder(vectors=vectors, decays=(0.3, 0.0, 1.0), idf=idf)
    Z = encoder.fit_transform(texts)
    assert Z.shape == (4, 5 * 4)
    assert Z.dtype == np.float32
    weights = encoder.token_weights_
    assert_allclose(
        weights, np.log(5 / np.array([3, 4, 2])) + 1 if idf else 1, rtol=1e-6
    )
    for row, text in zip(Z, texts[:3]):
        ids = [WORDS.index(t) for t in text.split()]
        states = [
            run(order, vectors[1], weights, decay)
            for decay, ways in ((0.3, 2), (0.0, 2), (1.0, 1))
            for order in (ids, ids[::-1])[:ways]
        ]
        assert_allclose(row, np.concatenate(states), rtol=1e-4, atol=1e-6)
    assert not Z[3].any()


def test_one_direction(vectors):
    texts = ["red blue", "green"]
    both = SequenceEncoder(vectors=vectors, decays=(0.5,)).fit_transform(texts)
    one = SequenceEncoder(vectors=vectors, decays=(0.5,), bidirectional=False)
    assert_array_equal(one.fit_transform(texts), both[:, :4])
    assert list(one.get_feature_names_out()[:2]) == [
        "sequenceencoder0",
        "sequenceencoder1",
    ]
    assert len(one.get_feature_names_out()) == 4


def test_the_mean_does_not_know_the_order_and_the_states_do(vectors):
    texts = ["red blue green", "green blue red"]
    mean = SequenceEncoder(vectors=vectors, decays=(1.0,)).fit_transform(texts)
    assert_allclose(mean[0], mean[1], atol=1e-6)
    forward, backward = np.split(
        SequenceEncoder(vectors=vectors, decays=(0.5,)).fit_transform(texts), 2, axis=1
    )
    assert_allclose(forward[0], backward[1], atol=1e-6)
    assert np.abs(forward[0] - forward[1]).max() > 0.1


def test_events_are_looked_up_by_their_name(vectors):
    numbers = ["1", "2", "3"], vectors[1]
    Z = SequenceEncoder(vectors=numbers).fit_transform([[1, 2], (3,), np.array([2])])
    expected = SequenceEncoder(vectors=vectors).fit_transform(
        [["red", "blue"], ["green"], ["blue"]]
    )
    assert_array_equal(Z, expected)


@pytest.mark.parametrize("model", ["ppmi", "skipgram", "glove"])
def test_same_seed_same_result(model):
    texts = make_bilingual_reviews(60).data
    trained = WordVectors(model, vector_size=8, epochs=2, random_state=3)
    encoder = SequenceEncoder(vectors=trained)
    Z = encoder.fit_transform(texts)
    assert_array_equal(clone(encoder).fit_transform(texts), Z)
    assert_array_equal(encoder.fit(texts).transform(texts), Z)
    assert_array_equal(pickle.loads(pickle.dumps(encoder)).transform(texts), Z)


def test_a_row_depends_on_its_own_text():
    texts = list(make_bilingual_reviews(60).data)
    encoder = SequenceEncoder(vectors=WordVectors("ppmi", vector_size=8)).fit(texts)
    together = encoder.transform([*texts[:5], ""])
    for text, row in zip([*texts[:5], ""], together):
        assert_allclose(encoder.transform([text])[0], row, atol=1e-6)


def test_a_tokenizer_of_ones_own(vectors):
    encoder = SequenceEncoder(vectors=vectors, tokenizer=lambda text: text.split("|"))
    assert encoder.fit_transform(["red|blue", "a b"]).any(axis=1).tolist() == [
        True,
        False,
    ]
    assert not encoder.transform(["red blue"]).any()


def test_order_is_learned_in_a_pipeline(rng):
    sessions = [rng.permutation(8).tolist() for _ in range(300)]
    y = [s.index(0) > s.index(1) for s in sessions]
    eye = [str(i) for i in range(8)], np.eye(8)

    def accuracy(decays):
        encoder = SequenceEncoder(vectors=eye, decays=decays)
        model = make_pipeline(encoder, StandardScaler(), LogisticRegression())
        return cross_val_score(model, sessions, y, cv=3).mean()

    assert accuracy((0.7,)) > 0.9
    assert accuracy((1.0,)) < 0.65


def test_beside_sparse_features():
    reviews = make_bilingual_reviews(100)
    tokens = [t.split() for t in reviews.data]
    encoder = SequenceEncoder(vectors=WordVectors("ppmi", vector_size=5))
    union = make_union(encoder, SessionVectorizer(min_count=2))
    Z = union.fit_transform(tokens)
    assert Z.shape[0] == len(tokens)
    assert len(union.get_feature_names_out()) == Z.shape[1]


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"decays": ()}, "decays must hold"),
        ({"decays": (1.5,)}, "decays must hold"),
        ({"decays": ("a",)}, "decays must hold"),
        ({"decays": (True,)}, "decays must hold"),
        ({"vectors": WordVectors("lstm")}, "model"),
        ({"vectors": WordVectors(vector_size=0)}, "vector_size"),
        ({"tokenizer": 5}, "tokenizer"),
        ({"vectors": (["zzz"], [[1.0]])}, "None of the tokens"),
        ({"vectors": WordVectors("ppmi", min_count=99)}, "min_count"),
    ],
)
def test_bad_parameters(settings, error):
    with pytest.raises(ValueError, match=error):
        SequenceEncoder(**settings).fit(["red blue", "blue red"])


def test_bad_input(vectors):
    encoder = SequenceEncoder(vectors=vectors)
    with pytest.raises(TypeError, match="texts or sequences, not both"):
        encoder.fit(["red", 5])
    with pytest.raises(TypeError, match="takes a list of sequences"):
        encoder.fit([1, 2])
    with pytest.raises(NotFittedError):
        encoder.transform(["red"])
    with pytest.raises(TypeError, match="list of tokens"):
        SequenceEncoder(vectors=vectors, tokenizer=str.lower).fit(["red"])
