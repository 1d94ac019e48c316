"""Reviews across the Chinese border: the same whichever characters write them."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sktransfer import CrossLingualMapper, TransferClassifier
from sktransfer.datasets import make_bilingual_reviews

TRADITIONAL = str.maketrans(
    "书这说爱写页节结论战争乐无闷对觉给从买卖读动语优单词",
    "書這說愛寫頁節結論戰爭樂無悶對覺給從買賣讀動語優單詞",
)


def traditional(texts):
    return np.array([text.translate(TRADITIONAL) for text in texts], dtype=object)


@pytest.mark.parametrize(
    ("source", "target"), [("en/books", "zh/books"), ("zh/books", "en/books")]
)
def test_either_way_to_write_gives_the_same_model(source, target):
    made = make_bilingual_reviews(80, source=source, target=target)
    X, y, d = made.data, made.target, made.sample_domain
    assert np.sum(traditional(X) != X) > 70

    def fitted(texts, pairs):
        model = TransferClassifier(mapper=CrossLingualMapper(pairs), strategy="distill")
        return model.fit(texts, y, sample_domain=d)

    words, translations = (traditional(side) for side in zip(*made.dictionary))
    both = [
        fitted(X, made.dictionary),
        fitted(traditional(X), list(zip(words, translations))),
        fitted(np.where(np.arange(160) % 2, traditional(X), X), made.dictionary),
    ]
    expected = both[0].predict_proba(X[d < 0])
    for model in both:
        assert_array_equal(model.predict_proba(X[d < 0]), expected)
        assert_array_equal(model.predict_proba(traditional(X[d < 0])), expected)
