"""Words of texts without spaces are learned wherever no tokenizer is given."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from sktransfer import TransferClassifier
from sktransfer.datasets import make_bilingual_reviews
from sktransfer.embedding import EmbeddingVectorizer, WordVectors
from sktransfer.recommend import SequenceEncoder
from sktransfer.text import WordSegmenter, split_characters
from sktransfer.transfer import default_candidates


@pytest.fixture(scope="module")
def reviews():
    return make_bilingual_reviews(80, source="zh/books", target="zh/music")


def embedding(reviews):
    return EmbeddingVectorizer().fit(reviews.data).vocabulary_, reviews.data


def vectors(reviews):
    return WordVectors("ppmi").fit(reviews.data).words_, reviews.data


def encoder(reviews):
    return SequenceEncoder().fit(list(reviews.data)).vocabulary_, reviews.data


def alone(reviews):
    model = dict(default_candidates(reviews.data))["source only"]
    return model.mapper[0].fit(reviews.data).vocabulary_, reviews.data


def student(reviews):
    d = reviews.sample_domain
    mapper = TfidfVectorizer(analyzer="char", ngram_range=(1, 2))
    model = TransferClassifier(mapper=mapper, strategy="distill")
    model.fit(reviews.data, reviews.target, sample_domain=d)
    vectorizer = model.strategy_.student_["native"].transformer_list[0][1]
    return vectorizer.vocabulary_, reviews.data[d < 0]


@pytest.mark.parametrize("kind", [embedding, vectors, encoder, alone, student])
def test_words_of_chinese(kind, reviews):
    found, texts = kind(reviews)
    segment = WordSegmenter().fit(texts)
    learned = {word for text in texts for word in segment(text)}
    assert {word for pair in found for word in pair.split()} <= learned
    assert np.sum([len(word) == 2 for word in found]) > 20


@pytest.mark.parametrize("cls", [EmbeddingVectorizer, SequenceEncoder])
def test_a_tokenizer_is_taken_as_given(cls, reviews):
    found = cls(tokenizer=split_characters).fit(list(reviews.data)).vocabulary_
    assert set(map(len, found)) == {1, 2}


@pytest.mark.parametrize("cls", [EmbeddingVectorizer, SequenceEncoder])
def test_words_that_have_a_vector_are_found_whole(cls):
    texts = ["หนังสือดีมาก", "น้ำใสมาก", "หนังสือดีน้ำใส"]
    vectors = {"หนังสือดี": [1.0, 0], "น้ำใส": [0, 1.0], "มาก": [0, 0]}
    Z = cls(vectors=vectors).fit_transform(texts)
    assert Z.any(axis=1).all()
