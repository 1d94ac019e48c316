"""How checks are named, run, expected to fail, and what they say."""

import pickle

import numpy as np
import pytest
from plain_parts import PlainMapper, PlainRecommender, PlainWeighter
from sklearn.base import BaseEstimator
from sklearn.feature_extraction.text import CountVectorizer

import sktransfer.testing as testing

CHECKS = sorted(n for n in testing.__all__ if n.startswith("check_"))
GENERATORS = sorted(n for n in testing.__all__ if n.endswith("_checks_generator"))


class TwiceTheMean(PlainWeighter):
    def fit(self, X, y=None, sample_domain=None):
        super().fit(X, y, sample_domain)
        if sample_domain is not None:
            self.weights_[np.asarray(sample_domain) > 0] *= 2
        return self


class Threes(PlainWeighter):
    def fit(self, X, y=None, sample_domain=None):
        super().fit(X, y, sample_domain)
        self.weights_ = np.full_like(self.weights_, 3)
        return self


class Raises(PlainWeighter):
    def fit(self, X, y=None, sample_domain=None):
        raise RuntimeError("Not today.")


def test_each_kind_has_a_check_and_a_generator():
    kinds = {n.removeprefix("check_") for n in CHECKS}
    assert kinds == {n.removesuffix("_checks_generator") for n in GENERATORS}
    assert {"weighter", "mapper", "recommender"} <= kinds


def test_checks_have_names_that_tests_can_be_called_by():
    pairs = list(testing.weighter_checks_generator(PlainWeighter()))
    names = [check.__name__ for _, check in pairs]
    assert names[0] == repr(pairs[0][1]) == "check_unit_mean"
    assert len(set(names)) == len(names) > 15
    assert all(isinstance(estimator, PlainWeighter) for estimator, _ in pairs)


def test_checks_can_be_sent_to_other_processes():
    estimator, check = next(testing.weighter_checks_generator(PlainWeighter()))
    again = pickle.loads(pickle.dumps(check))
    assert again.__name__ == check.__name__
    again(estimator)


def test_a_message_names_the_law_what_was_got_and_what_to_do():
    with pytest.raises(AssertionError) as caught:
        testing.check_weighter(TwiceTheMean())
    message = str(caught.value)
    assert message.startswith("TwiceTheMean breaks check_unit_mean: Weights are finite")
    assert "Got a mean of 2 over the source rows." in message
    assert "Divide the weights of source rows by their mean" in message


def broken_check_names(weighter):
    names = []
    for estimator, check in testing.weighter_checks_generator(weighter):
        try:
            check(estimator)
        except AssertionError:
            names.append(check.__name__)
    return names


def test_laws_broken_by_one_error_share_a_line_that_names_all():
    with pytest.raises(AssertionError) as caught:
        testing.check_weighter(Raises())
    first, *others = broken_check_names(Raises())
    assert len(others) > 10
    line, *rest = str(caught.value).splitlines()
    assert line.startswith(f"Raises breaks {first}: ")
    assert "Got RuntimeError: Not today. It was raised in fit (" in line
    assert f"test_checks.py, line {Raises.fit.__code__.co_firstlineno + 1})" in line
    assert line.endswith(
        f"The same error breaks {len(others)} other checks: {', '.join(others)}."
    )
    assert not rest
    assert isinstance(caught.value.__cause__.__cause__, RuntimeError)


def test_laws_broken_by_answers_have_a_line_each():
    names = broken_check_names(Threes())
    assert len(names) > 1
    with pytest.raises(AssertionError) as caught:
        testing.check_weighter(Threes())
    lines = str(caught.value).splitlines()
    assert [line.split(":")[0].split()[-1] for line in lines] == names


def test_laws_may_be_expected_to_fail():
    expected = {"check_unit_mean": "weights are odds"}
    testing.check_weighter(TwiceTheMean(), expected_failed_checks=expected)
    with pytest.raises(AssertionError, match=r"keeps check_unit_mean.*Remove it"):
        testing.check_weighter(PlainWeighter(), expected_failed_checks=expected)
    with pytest.raises(ValueError, match=r"got \['check_all'\]"):
        testing.check_weighter(
            PlainWeighter(), expected_failed_checks={"check_all": "all of them"}
        )


def test_the_estimator_that_is_checked_stays_unfitted():
    for check, part in (
        (testing.check_weighter, PlainWeighter()),
        (testing.check_mapper, PlainMapper()),
        (testing.check_recommender, PlainRecommender()),
    ):
        before = dict(vars(part))
        check(part)
        assert vars(part) == before


def test_laws_of_sparse_rows_and_new_rows_follow_tags_and_methods():
    class DenseWeighter(PlainWeighter):
        score_samples = property()

        def __sklearn_tags__(self):
            tags = super().__sklearn_tags__()
            tags.input_tags.sparse = False
            tags.non_deterministic = True
            return tags

    every, fewer = (
        {check.__name__ for _, check in testing.weighter_checks_generator(weighter)}
        for weighter in (PlainWeighter(), DenseWeighter())
    )
    assert every - fewer == {
        "check_n_features",
        "check_refit",
        "check_repeated_entries",
        "check_row_order",
        "check_score_samples",
        "check_sparse_equals_dense",
        "check_sparse_scores",
    }


class CountsOfTexts(BaseEstimator):
    """Counts of words, divided by their mean in the target."""

    __metadata_request__fit = {"sample_domain": True}  # noqa: RUF012

    def fit(self, X, y=None, sample_domain=None):
        self.counter_ = CountVectorizer().fit(X)
        d = np.ones(len(X)) if sample_domain is None else np.asarray(sample_domain)
        if d.shape != (len(X),) or d.dtype.kind not in "if" or not np.all(d == d // 1):
            raise ValueError("sample_domain must be whole numbers, one for each text.")
        if not d.all() or (sample_domain is not None and np.abs(d.sum()) == d.size):
            raise ValueError("sample_domain must be positive and negative.")
        return self

    def fit_transform(self, X, y=None, sample_domain=None):
        return self.fit(X, y, sample_domain).transform(X)

    def transform(self, X):
        return self.counter_.transform(X)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        return tags


def test_mappers_of_texts_are_checked_on_given_texts():
    rng = np.random.default_rng(0)
    words = np.array("good bad fine old new book song film play disc".split())
    texts = np.array([" ".join(t) for t in rng.choice(words, size=(60, 6))])
    y = np.where([t.count("good") > t.count("bad") for t in texts], "+", "-")
    data = texts, y, np.repeat([1, -1], 30)
    testing.check_mapper(CountsOfTexts(), data=data)
    with pytest.raises(ValueError, match=r"Pass data=\(X, y, sample_domain\)"):
        testing.check_mapper(CountsOfTexts())


class NoEstimator:
    """Has the methods of all parts, and cannot be cloned."""

    def fit(self, X, y=None, sample_domain=None):
        return self


@pytest.mark.parametrize(
    "check",
    [
        testing.check_weighter,
        testing.check_mapper,
        testing.check_recommender,
        testing.check_strategy,
        testing.check_alignment,
    ],
)
def test_what_cannot_be_cloned_is_told_what_to_derive_from(check):
    with pytest.raises(TypeError, match=r"NoEstimator .* from sklearn.base.BaseEst"):
        check(NoEstimator())
    with pytest.raises(TypeError, match=r"got the class NoEstimator\. Pass NoEst"):
        check(NoEstimator)
