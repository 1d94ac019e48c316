"""Tokenizers that users pass: functions that cannot be copied, and names."""

import copy
import pickle
import threading

import pytest
from sklearn.base import clone

from sktransfer import CrossLingualMapper, TransferClassifier
from sktransfer.crosslingual import DictionaryTranslation
from sktransfer.embedding import EmbeddingVectorizer
from sktransfer.recommend import SequenceEncoder
from sktransfer.transfer import crosslingual_candidates, default_candidates


class Segmenter:
    """Holds a lock, as jieba does."""

    def __init__(self):
        self.lock = threading.RLock()

    def cut(self, text):
        with self.lock:
            return text.split("|")


segmenter = Segmenter()
cut = segmenter.cut
NAME = f"{__name__}:cut"
TEXTS = ["good|book", "bad|film", "gut|buch", "schlecht|film"] * 10
DOMAIN = [1, 1, -1, -1] * 10
PAIRS = [("good", "gut"), ("bad", "schlecht"), ("book", "buch")]


def mapper(tokenizer):
    return CrossLingualMapper(
        PAIRS, word_space=DictionaryTranslation(), tokenizer=tokenizer
    )


@pytest.mark.parametrize("tokenizer", [NAME, {"source": NAME, "target": NAME}])
def test_a_name_is_the_function(tokenizer):
    mapped = mapper(tokenizer).fit(TEXTS, sample_domain=DOMAIN)
    by_function = mapper(cut).fit(TEXTS, sample_domain=DOMAIN)
    assert mapped.target_vocabulary_.tolist() == by_function.target_vocabulary_.tolist()
    for twin in (pickle.loads(pickle.dumps(mapped)), copy.deepcopy(mapped)):
        assert twin.tokenizer_["target"]("gut|film") == ["gut", "film"]


@pytest.mark.parametrize("strategy", ["pool", "distill"])
def test_a_named_tokenizer_can_be_distilled_and_pickled(strategy):
    model = TransferClassifier(mapper=mapper(NAME), strategy=strategy)
    y = [1, 0, None, None] * 10
    model = clone(model).fit(TEXTS, y, sample_domain=DOMAIN)
    assert pickle.loads(pickle.dumps(model)).predict(["gut|buch"]) == [1]


@pytest.mark.parametrize("estimator", [mapper, EmbeddingVectorizer, SequenceEncoder])
def test_what_cannot_be_copied_is_to_be_named(estimator):
    if estimator is mapper:
        parts = [mapper(cut), mapper({"target": cut})]
        parts.append(TransferClassifier(mapper=mapper(cut)))
    else:
        parts = [estimator(tokenizer=cut)]
    for part in parts:
        message = r"tokenizer of \w+ cannot be copied .*Lock.*'module:function'"
        with pytest.raises(TypeError, match=message):
            clone(part)


def test_other_parameters_that_cannot_be_copied_are_told_too():
    with pytest.raises(TypeError, match="negators of CrossLingualMapper cannot be"):
        clone(CrossLingualMapper(PAIRS, negators=iter(threading.enumerate())))


def test_names_wherever_a_tokenizer_is_taken():
    vectorizer = EmbeddingVectorizer(tokenizer=NAME).fit(TEXTS * 3)
    assert "good" in vectorizer.vocabulary_
    encoder = SequenceEncoder(tokenizer=NAME).fit(TEXTS * 3)
    assert "good" in encoder.vocabulary_
    for _, candidate in crosslingual_candidates(PAIRS, tokenizer=NAME)[1:]:
        assert candidate.mapper.tokenizer == NAME
    for name, candidate in default_candidates(TEXTS, tokenizer=NAME):
        found = [
            value("gut|buch")
            for key, value in candidate.get_params().items()
            if key.endswith("__tokenizer") and value is not None
        ]
        assert ["gut", "buch"] in found, name
        clone(candidate)


@pytest.mark.parametrize("estimator", [mapper, EmbeddingVectorizer, SequenceEncoder])
def test_a_class_of_tokens_is_a_function_and_other_classes_are_not(estimator):
    def fit(tokenizer):
        part = clone(estimator(tokenizer=tokenizer))
        letters = [" ".join(text).split() + ["good"] for text in TEXTS]
        texts = ["".join(text) for text in letters]
        domain = {"sample_domain": DOMAIN} if estimator is mapper else {}
        return part.fit(texts * 3, **{k: v * 3 for k, v in domain.items()})

    fitted = fit(list)
    name = "vocabulary_" if estimator is not mapper else "source_vocabulary_"
    assert {len(word) for word in getattr(fitted, name)} == {1}
    with pytest.raises(TypeError, match="tokenizer"):
        fit(Segmenter)


def test_jieba_and_fugashi_by_name():
    pytest.importorskip("jieba")
    texts = ["good book", "bad book", "很好的书", "很差的书"] * 5
    pairs = [("good", "好"), ("bad", "差"), ("book", "书")]
    model = CrossLingualMapper(
        pairs, word_space=DictionaryTranslation(), tokenizer={"target": "jieba:lcut"}
    )
    clone(model).fit(texts, sample_domain=[1, 1, -1, -1] * 5)
