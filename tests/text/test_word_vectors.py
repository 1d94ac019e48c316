"""WordVectors: training, alone and as a part of others."""

import os
import pickle
import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import BaseEstimator, clone
from sklearn.linear_model import LogisticRegression

from sktransfer import SequenceEncoder, WordVectors
from sktransfer.crosslingual import AlignedEmbeddings, CrossLingualMapper
from sktransfer.datasets import make_bilingual_reviews
from sktransfer.embedding import EmbeddingVectorizer

MODELS = ("skipgram", "cbow", "glove", "ppmi")


def trained(documents, model="skipgram", **settings):
    found = WordVectors(model, **settings).fit(documents)
    return found.words_, found.vectors_


def two_topics(n=300, seed=0):
    """Documents about food or about music; words of one topic keep company."""
    rng = np.random.default_rng(seed)
    documents = []
    topics = [
        "bread soup cheese salt oven".split(),
        "guitar drum choir tune bass".split(),
    ]
    words = [*topics[0], *topics[1], "the", "of"]
    for k in range(n):
        # some words of the other topic: GloVe learns nothing from counts of 0
        chances = [*np.repeat([9, 1] if k % 2 else [1, 9], 5), 10, 5]
        chances = np.array(chances) / np.sum(chances)
        documents.append(rng.choice(words, 24, p=chances).tolist())
    return documents, topics


class TestTraining:
    def test_words_by_frequency_then_alphabet(self):
        documents = [["b", "a", "c", ""], ["b", "a"], ["d"]]
        found = WordVectors("ppmi", min_count=1).fit(documents)
        assert found.words_.tolist() == ["a", "b", "c", "d"]
        found = WordVectors("ppmi", min_count=2).fit(documents)
        assert found.words_.tolist() == ["a", "b"]

    @pytest.mark.parametrize("model", MODELS)
    def test_words_of_a_topic_are_neighbours(self, model):
        documents, topics = two_topics()
        settings = {"epochs": 30} if model in ("skipgram", "cbow") else {}
        words, V = trained(documents, model, vector_size=3, random_state=0, **settings)
        assert V.dtype == np.float32
        assert V.shape == (12, 3)
        content = [k for k, w in enumerate(words) if w in topics[0] + topics[1]]
        # words of everywhere are what all have in common
        Z = V[content] - V[content].mean(axis=0)
        Z /= np.linalg.norm(Z, axis=1, keepdims=True)
        same = np.equal.outer(*[[words[k] in topics[0] for k in content]] * 2)
        C = Z @ Z.T
        assert C[same].mean() > C[~same].mean() + 0.5

    @pytest.mark.parametrize("model", MODELS)
    def test_one_worker_is_reproducible(self, model):
        documents, _ = two_topics(60)
        runs = [
            trained(documents, model, vector_size=6, random_state=s)[1]
            for s in (3, 3, 4)
        ]
        assert_array_equal(runs[0], runs[1])
        if model != "ppmi":
            assert np.abs(runs[0] - runs[2]).max() > 1e-3

    @pytest.mark.slow
    def test_reproducible_in_another_process(self):
        code = (
            "import sys; sys.path.insert(0, sys.argv[1])\n"
            "from test_word_vectors import trained, two_topics\n"
            "V = trained(two_topics(40)[0], vector_size=5, random_state=0)[1]\n"
            "print(V.tobytes().hex())"
        )
        outputs = [
            subprocess.run(
                [sys.executable, "-c", code, os.path.dirname(__file__)],
                env=os.environ | {"PYTHONHASHSEED": seed},
                capture_output=True,
                check=True,
            ).stdout
            for seed in ("1", "2")
        ]
        assert outputs[0] == outputs[1] != b""

    def test_ppmi_has_at_most_as_many_features_as_words(self):
        _, V = trained([["a", "b", "a"]], "ppmi", min_count=1)
        assert V.shape == (2, 2)

    def test_callbacks_and_workers_reach_gensim(self):
        CallbackAny2Vec = pytest.importorskip("gensim.models.callbacks").CallbackAny2Vec

        class Count(CallbackAny2Vec):
            epochs = 0

            def on_epoch_end(self, model):
                assert model.workers == 2
                self.epochs += 1

        count = Count()
        documents, _ = two_topics(40)
        settings = {"vector_size": 5, "epochs": 3, "workers": 2, "callbacks": [count]}
        trained(documents, **settings)
        assert count.epochs == 3
        # the same objects, not copies, where it is a part
        EmbeddingVectorizer(WordVectors(**settings), tokenizer=str.split).fit(
            [" ".join(tokens) for tokens in documents]
        )
        assert count.epochs == 6

    def test_long_documents_are_read_to_their_end(self):
        # gensim itself stops at 10000 tokens
        tail = ["x", "y"] * 500
        documents = [["a", "b"] * 5000 + tail]
        words, V = trained(
            documents, vector_size=5, window=2, epochs=20, random_state=0
        )
        V = dict(zip(words, V / np.linalg.norm(V, axis=1, keepdims=True)))
        assert V["x"] @ V["y"] > V["x"] @ V["a"]

    def test_no_word_left(self):
        with pytest.raises(ValueError, match=r"occurs 2 times.*Lower min_count"):
            trained([["a"], ["b"]])

    def test_gensim_is_asked_for_by_name(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "gensim.models", None)
        with pytest.raises(ImportError, match="pip install gensim"):
            trained([["a", "a"]])
        trained([["a", "a"]], "glove", vector_size=2)


class TestAlone:
    def test_texts_are_split_into_words(self):
        texts = ["A sharp KNIFE!", "a blunt knife", "sharp"]
        tokens = [["sharp", "knife"], ["blunt", "knife"], ["sharp"]]
        settings = {"vector_size": 2, "min_count": 1, "random_state": 0}
        words, V = trained(texts, "ppmi", **settings)
        assert words.tolist() == ["knife", "sharp", "blunt"]
        for documents in (tokens, tuple(map(tuple, tokens)), iter(tokens)):
            again, same = trained(documents, "ppmi", **settings)
            assert_array_equal(again, words)
            assert_array_equal(same, V)

    @pytest.mark.parametrize(
        ("X", "error", "message"),
        [
            ("one text", ValueError, "Wrap it in a list"),
            (["a text", None], TypeError, "NoneType .* in row 1"),
            ([["a"], ["b", 3]], TypeError, "as str; got int .3. in row 1"),
            ([5, 6], TypeError, "texts, or the tokens of each text; got int in row 0"),
            ([], ValueError, "none of 0 texts"),
        ],
    )
    def test_what_is_no_text(self, X, error, message):
        with pytest.raises(error, match=message):
            WordVectors("ppmi").fit(X)

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            (
                {"model": "lstm"},
                r"model of \w+ must be one of 'cbow', 'glove', 'ppmi', 'skip",
            ),
            (
                {"vector_size": 0},
                r"vector_size of \w+ must be an integer of at least 1; got 0",
            ),
            ({"window": 1.5}, "window"),
            ({"min_count": True}, "min_count"),
            ({"epochs": 0}, "epochs"),
            ({"workers": None}, "workers"),
            ({"random_state": "a"}, "random_state"),
        ],
    )
    def test_parameters_are_checked(self, settings, message):
        with pytest.raises(ValueError, match=message):
            WordVectors(**settings).fit([["a", "a"]])

    def test_clone_and_pickle(self):
        vectors = WordVectors("ppmi", vector_size=2, random_state=0)
        assert clone(vectors).get_params() == vectors.get_params()
        again = pickle.loads(pickle.dumps(vectors.fit([["a", "b", "a", "b"]])))
        assert_array_equal(again.vectors_, vectors.vectors_)


class OneHot(BaseEstimator):
    """A trainer that is no WordVectors: each word has a feature of its own."""

    def fit(self, documents):
        self.words_ = sorted({t for tokens in documents for t in tokens})
        self.vectors_ = np.eye(len(self.words_))
        return self


class TestAsAPart:
    TEXTS = ("good book", "bad book", "good good")

    def test_it_is_the_same_as_giving_its_vectors(self):
        part = WordVectors("ppmi", vector_size=2, random_state=0)
        alone = clone(part).fit(self.TEXTS)
        given = alone.words_, alone.vectors_
        for estimator in (EmbeddingVectorizer(), SequenceEncoder()):
            Z = [
                clone(estimator).set_params(vectors=v).fit_transform(self.TEXTS)
                for v in (part, given)
            ]
            assert_array_equal(*Z)
        assert not hasattr(part, "words_")

    def test_any_trainer_of_that_kind(self):
        Z = EmbeddingVectorizer(OneHot(), pooling="mean").fit_transform(self.TEXTS)
        assert_array_equal(Z, [[0, 0.5, 0.5], [0.5, 0.5, 0], [0, 0, 1]])
        Z = SequenceEncoder(vectors=OneHot(), decays=[1], idf=False).fit_transform(
            self.TEXTS
        )
        assert_array_equal(Z, [[0, 0.5, 0.5], [0.5, 0.5, 0], [0, 0, 1]])
        # both sides need as many words here: one hot vectors have no other size
        texts, d = (
            ["good book", "bad book", "gut buch", "schlecht buch"],
            [1, 1, -1, -1],
        )
        mapper = CrossLingualMapper(
            [("good", "gut"), ("bad", "schlecht"), ("book", "buch")],
            word_space=AlignedEmbeddings(vectors=OneHot()),
            min_df=1,
        )
        mapper.fit(texts, sample_domain=d)
        assert mapper.word_space_.source_coverage_ == 1

    def test_no_trainer(self):
        class NoVectors(BaseEstimator):
            def fit(self, documents):
                return self

        with pytest.raises(TypeError, match="no words_ and vectors_ after it"):
            EmbeddingVectorizer(NoVectors()).fit(self.TEXTS)

    @pytest.mark.parametrize(
        ("vectors", "error", "message"),
        [
            ("ppmi", FileNotFoundError, r"To train vectors: WordVectors\('ppmi'\)"),
            (WordVectors, TypeError, r"an instance of .* Give WordVectors\(\)"),
            (LogisticRegression(), TypeError, r"got LogisticRegression\(\)\. Give"),
        ],
    )
    def test_what_trains_no_vectors(self, vectors, error, message):
        with pytest.raises(error, match=message):
            EmbeddingVectorizer(vectors).fit(self.TEXTS)

    def test_its_parameters_are_those_of_the_whole(self):
        encoder = SequenceEncoder(vectors=WordVectors("ppmi"))
        encoder.set_params(vectors__vector_size=3)
        assert encoder.fit(self.TEXTS).token_vectors_.shape[1] <= 3
        assert clone(encoder).vectors is not encoder.vectors

    def test_both_sides_of_a_mapper_share_one_seed(self):
        reviews = make_bilingual_reviews(100, source="en/books", target="de/books")
        seeds = (0, np.random.RandomState(0), 1)
        Z = [
            CrossLingualMapper(
                reviews.dictionary,
                word_space=AlignedEmbeddings(
                    vectors=WordVectors("glove", vector_size=5, random_state=seed)
                ),
            ).fit_transform(reviews.data, sample_domain=reviews.sample_domain)
            for seed in seeds
        ]
        assert_array_equal(Z[0], Z[1])
        assert np.abs(Z[0] - Z[2]).max() > 1e-3
