"""AutoTransferClassifier says where nothing links texts of two languages."""

import numpy as np
import pytest

from sktransfer.adaptation import MultiViewMapper
from sktransfer.crosslingual import CrossLingualMapper
from sktransfer.datasets import make_bilingual_reviews
from sktransfer.embedding import EncoderFeatures
from sktransfer.transfer import (
    AutoTransferClassifier,
    TransferClassifier,
    crosslingual_candidates,
)


def decision(reviews, candidates=None):
    auto = AutoTransferClassifier(candidates)
    auto.fit(reviews.data, reviews.target, sample_domain=reviews.sample_domain)
    return auto.decision_


@pytest.mark.parametrize(
    "languages", [("en/books", "de/books"), ("de/books", "en/books")]
)
def test_without_a_dictionary_two_languages_are_said(languages):
    reviews = make_bilingual_reviews(60, source=languages[0], target=languages[1])
    found = decision(reviews)
    assert not found.adapt
    assert found.candidate == "source only"
    assert f"{languages[0][:2]!r}, the target texts in {languages[1][:2]!r}" in str(
        found
    )
    assert "give a dictionary" in str(found)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("beside_words", [False, True])
def test_an_encoder_links_languages_without_a_dictionary(beside_words):
    reviews = make_bilingual_reviews(60, source="en/books", target="de/books")
    says = dict(zip(reviews.data, reviews.target == "positive"))
    mapper = EncoderFeatures(lambda texts: [[says[t], 1.0] for t in texts])
    if beside_words:
        words = CrossLingualMapper([("a", "b")])
        mapper = MultiViewMapper([("words", words), ("encoder", mapper)])
    auto = AutoTransferClassifier([("encoder", TransferClassifier(mapper=mapper))])
    auto.fit(reviews.data, reviews.target, sample_domain=reviews.sample_domain)
    assert "nothing links" not in str(auto.decision_)


def test_one_language_is_compared_as_ever():
    reviews = make_bilingual_reviews(60, source="en/books", target="en/music")
    assert "give a dictionary" not in str(decision(reviews))


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_dictionary_of_another_language_links_nothing():
    reviews = make_bilingual_reviews(60, source="en/books", target="de/books")
    wrong = [(e, f"mot{k}") for k, (e, _) in enumerate(reviews.dictionary)]
    found = decision(reviews, crosslingual_candidates(wrong)[:2])
    assert not found.adapt
    assert "nothing links the texts" in str(found)
    assert "covers" in str(found)
    right = decision(reviews, crosslingual_candidates(reviews.dictionary)[:2])
    assert "nothing links" not in str(right)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_choice_by_labels_or_without_guard_is_not_overruled():
    reviews = make_bilingual_reviews(60, source="en/books", target="de/books")
    candidates = crosslingual_candidates([("a", "b")])[:2]
    auto = AutoTransferClassifier(candidates, guard=False)
    auto.fit(reviews.data, reviews.target, sample_domain=reviews.sample_domain)
    assert "nothing links" not in str(auto.decision_)
    labelled = AutoTransferClassifier(candidates, target_labels="use")
    labelled.fit(reviews.data, reviews.target, sample_domain=reviews.sample_domain)
    assert "nothing links" not in str(labelled.decision_)
    assert np.isfinite(labelled.predict_proba(reviews.data[:2])).all()
