import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sktransfer.text.forms import word_tokens
from sktransfer.text.word_tokenizer import WordTokenizer, words_and_marks


def test_words_alone_are_those_of_scikit_learn():
    plain = WordTokenizer(marks=False, negation=0)
    texts = [
        "A Große Übung, isn't 7 42!",
        "u\u0308ber snake_case x1 I can't -- 3.5 'tis don\u2019t n't ''",
        "日本語のレビュー。とても良い！",
        "",
    ]
    for text in texts:
        assert plain(text) == word_tokens(text)


def test_marks_are_words():
    marks = WordTokenizer(negation=0)
    assert marks("Wow! 5 of 10?? No way!!!!") == "wow ! 5 of 10 ?? no way !!".split()
    assert marks("what?!?! hm... so \u2026 a.b") == [
        "what",
        "!?",
        "hm",
        "...",
        "so",
        "...",
    ]


def test_a_mark_ends_what_is_negated():
    tokenizer = WordTokenizer(negation=2)
    assert tokenizer("not very good really") == "not not_very not_good really".split()
    assert tokenizer("not good, really")[:3] == ["not", "not_good", "really"]
    assert tokenizer("no! good") == ["no", "!", "good"]
    assert tokenizer("not 5 of them") == ["not", "not_5", "not_of", "them"]
    # a second negation starts anew and is not negated itself
    assert (
        tokenizer("not never so good ever") == "not never not_so not_good ever".split()
    )


@pytest.mark.parametrize("apostrophe", ["'", "\u2019"])
def test_a_cut_not_negates_what_follows(apostrophe):
    tokenizer = WordTokenizer(negation=1)
    for verb in ("can", "don", "won", "needn"):
        text = f"I {verb}{apostrophe}t like it"
        assert tokenizer(text) == [verb, "not_like", "it"]
    # the same words without it do not negate
    assert tokenizer("they won prizes") == ["they", "won", "prizes"]
    assert tokenizer("Don likes") == ["don", "likes"]


def test_negators_of_another_language():
    tokenizer = WordTokenizer(negation=1, negators=["nicht", "kein"])
    assert (
        tokenizer("das ist nicht gut, not good")
        == "das ist nicht not_gut not good".split()
    )
    assert WordTokenizer(negators=())("not good") == ["not", "good"]


def test_bad_parameters():
    for negation in (-1, 1.5, True, None):
        with pytest.raises(
            ValueError, match="negation of WordTokenizer must be an int"
        ):
            WordTokenizer(negation=negation)("text")
    with pytest.raises(TypeError, match="got a str"):
        WordTokenizer(negators="not")("text")


def test_copies_split_alike():
    tokenizer = WordTokenizer(negation=1, negators=("hardly",))
    text = "Hardly any good!!"
    for copy in (clone(tokenizer), pickle.loads(pickle.dumps(tokenizer))):
        assert copy(text) == tokenizer(text) == ["hardly", "not_any", "good", "!!"]


def test_its_parameters_can_be_searched():
    """Only marking what is negated tells the classes apart."""
    rng = np.random.default_rng(0)
    fillers = np.array(["on", "the", "way", "home", "we", "saw"])
    texts, y = [], []
    for k in range(60):
        good, bad = ("good", "bad") if k % 2 else ("bad", "good")
        filler = " ".join(rng.permutation(fillers))
        texts.append(f"{good} {filler}, not {bad} today")
        y.append(k % 2)
    model = make_pipeline(
        TfidfVectorizer(tokenizer=WordTokenizer(), token_pattern=None),
        LogisticRegression(),
    )
    search = GridSearchCV(model, {"tfidfvectorizer__tokenizer__negation": [0, 1]}, cv=3)
    search.fit(texts, y)
    assert search.best_params_ == {"tfidfvectorizer__tokenizer__negation": 1}
    assert search.best_score_ == 1.0
    assert search.cv_results_["mean_test_score"][0] < 0.7


def test_words_digits_and_marks():
    found = words_and_marks("Isn't it GOOD!! 5 stars\u2026 (a b), 10.")
    assert found == "isn't it good ! ! 5 stars ... ( ) , 10 .".split()
    assert words_and_marks("isn\u2019t can't rock'n'roll 't") == (
        "isn't can't rock roll".split()
    )
    # the same marks in any width
    assert words_and_marks("\u3088\u3044\uff01") == ["\u3088\u3044", "!"]
    assert words_and_marks("") == []
