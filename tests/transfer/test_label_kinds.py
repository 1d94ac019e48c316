"""Labels in all their forms: masked, of NumPy's strings, -1, mixed, with domains."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn import config_context
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import GridSearchCV, KFold

from sktransfer import (
    CORAL,
    AutoTransferClassifier,
    CrossLingualMapper,
    DomainScaler,
    LabelShiftInstanceWeighter,
    TransferClassifier,
    TransferRegressor,
)
from sktransfer.datasets import make_bilingual_reviews
from sktransfer.inspection import (
    TransferGainDisplay,
    supervised_bound,
    transfer_conclusion,
)
from sktransfer.metrics import circular_validation_scorer, few_label_scorer
from sktransfer.model_selection import TargetKFold, TargetShuffleSplit
from sktransfer.transfer import BiasedRidge, BiasedRidgeClassifier

STRATEGIES = ["pool", "augment", "fine_tune", "self_train", "distill", "boost"]
KNOWN = np.r_[np.ones(80, bool), np.arange(60) < 20]


@pytest.fixture
def shop(rng):
    d = np.repeat([1, -2], [80, 60])
    X = rng.normal(size=(140, 3))
    return X, (X[:, 0] > 0).astype(int), d


def masked(y):
    """Labels of which some are hidden, wrong ones under the mask."""
    return np.ma.array(np.where(KNOWN, y, y[::-1]), mask=~KNOWN)


def with_none(y):
    return np.array([v if k else None for v, k in zip(y.tolist(), KNOWN)], object)


def string_dtype(y, na):
    if not hasattr(np.dtypes, "StringDType"):
        pytest.skip("this NumPy has no strings of variable width")
    return np.array(
        [v if k else na for v, k in zip(y.tolist(), KNOWN)],
        dtype=np.dtypes.StringDType(na_object=na),
    )


FORMS = {
    "masked integers": (None, masked),
    "masked strings": (np.array(["no", "yes"]), masked),
    "StringDType, None": (np.array(["no", "yes"]), lambda y: string_dtype(y, None)),
    "StringDType, NaN": (np.array(["no", "yes"]), lambda y: string_dtype(y, np.nan)),
    "-1": (None, lambda y: np.where(KNOWN, y, -1)),
}


@pytest.fixture(params=FORMS)
def labels(request, shop):
    """Labels some of which are missing, in a form of their own, and with None."""
    names, form = FORMS[request.param]
    y = shop[1] if names is None else names[shop[1]]
    return form(y), with_none(y)


@pytest.mark.parametrize(
    "model",
    [
        *(
            TransferClassifier(strategy=s, target_labels="use", mapper=CORAL())
            for s in STRATEGIES
        ),
        TransferClassifier(weighter=LabelShiftInstanceWeighter(), target_labels="use"),
        pytest.param(
            AutoTransferClassifier(target_labels="use"), marks=pytest.mark.slow
        ),
    ],
    ids=lambda m: f"{type(m).__name__}-{getattr(m, 'strategy', '')}",
)
def test_a_missing_label_is_missing_in_every_form(shop, labels, model):
    X, _, d = shop
    given, plain = labels
    found = model.fit(X, given, sample_domain=d)
    assert found.classes_.tolist() in ([0, 1], ["no", "yes"])
    assert found.classes_.dtype.kind in "iU"
    predicted = found.predict_proba(X)
    assert_array_equal(model.fit(X, plain, sample_domain=d).predict_proba(X), predicted)


@pytest.mark.parametrize("strategy", ["pool", "augment", "fine_tune", "boost"])
def test_masked_numbers(shop, strategy):
    X, _, d = shop
    y = X[:, 0] - X[:, 1]
    model = TransferRegressor(strategy=strategy, target_labels="use")
    found = model.fit(X, masked(y), sample_domain=d).predict(X)
    plain = model.fit(X, np.where(KNOWN, y, np.nan), sample_domain=d).predict(X)
    assert_array_equal(found, plain)


def test_scorers_and_splitters(shop, labels):
    X, _, d = shop
    given, plain = labels
    strata = given if np.asarray(given).dtype.kind == "i" else plain  # -1 is a class
    for split in (TargetKFold(3), TargetShuffleSplit(3, random_state=0)):
        for found, expected in zip(split.split(X, given, d), split.split(X, strata, d)):
            assert_array_equal(found[1], expected[1])
    model = TransferClassifier(LogisticRegression(C=0.01))
    model.fit(X, plain, sample_domain=d)
    rows = KNOWN & (d < 0)
    right = np.mean(model.predict(X[rows]) == plain[rows])
    assert few_label_scorer()(model, X, given, d) == pytest.approx(right)
    circular = circular_validation_scorer()
    assert circular(model, X, given, d) == circular(model, X, plain, d)


def test_minus_one_is_a_label_where_it_is_a_class(shop):
    """Of a classifier of -1 and 1, no test label of -1 is missing."""
    X, y, d = shop
    model = TransferClassifier().fit(X, 2 * y - 1, sample_domain=d)
    right = np.mean(model.predict(X[d < 0]) == 1)
    ones = np.where(KNOWN, 1, -1)
    expected = accuracy_score(ones[d < 0], model.predict(X[d < 0]))
    assert few_label_scorer()(model, X, ones, d) == pytest.approx(expected)
    assert expected != pytest.approx(right)


def test_a_search_over_folds_with_minus_one(shop):
    X, y, d = shop
    search = GridSearchCV(
        TransferClassifier(target_labels="use"),
        {"estimator__C": [1.0]},
        cv=TargetKFold(2),
        scoring=few_label_scorer(),
    )
    search.estimator.set_params(estimator=LogisticRegression())
    search.fit(X, np.where(KNOWN, y, -1), groups=d, sample_domain=d)
    assert search.best_score_ >= 0.85  # were -1 a class, at most 1 / 3


@pytest.mark.parametrize("as_list", [False, True])
@pytest.mark.parametrize(
    "model",
    [
        TransferClassifier(),
        TransferClassifier(mapper=CORAL(), strategy="distill"),
        TransferRegressor(),
        AutoTransferClassifier(),
        LabelShiftInstanceWeighter(),
        BiasedRidgeClassifier(),
    ],
    ids=lambda m: type(m).__name__,
)
def test_strings_next_to_numbers_are_refused(shop, model, as_list):
    X, y, d = shop
    mixed = np.where(y == 1, np.array("yes", object), 0)
    domains = {} if type(model) is BiasedRidgeClassifier else {"sample_domain": d}
    with pytest.raises(ValueError, match=r"labels of one type.*'yes' next to 0"):
        model.fit(X, mixed.tolist() if as_list else mixed, **domains)


def test_the_filler_of_target_rows_may_be_of_another_type(shop):
    X, y, d = shop
    names = [("yes" if v else "no") if k > 0 else 0 for v, k in zip(y, d)]
    model = TransferClassifier().fit(X, names, sample_domain=d)
    assert model.classes_.tolist() == ["no", "yes"]
    names = [("yes" if v else "no") if k else -1 for v, k in zip(y, KNOWN)]
    model = TransferClassifier(target_labels="use").fit(X, names, sample_domain=d)
    assert model.classes_.tolist() == ["no", "yes"]


def test_models_without_domains_refuse_a_mask(shop):
    X, y, _ = shop
    for model in (BiasedRidge(), BiasedRidgeClassifier()):
        with pytest.raises(ValueError, match=r"y has 40 missing entries among 140"):
            model.fit(X, masked(y))
    with pytest.raises(ValueError, match="40 missing"):
        model.fit(X, y).score(X, masked(y))
    for call in (
        lambda: supervised_bound(LogisticRegression(), X, masked(y)),
        lambda: transfer_conclusion(masked(y), {"source only": y, "b": y}, "b"),
        lambda: TransferGainDisplay.from_predictions(
            masked(y), {"source only": y, "b": y}
        ),
    ):
        with pytest.raises(ValueError, match="40 missing"):
            call()


def test_a_source_text_without_a_label_is_no_text_of_the_label_nan():
    r = make_bilingual_reviews(60)
    y = [np.nan if i % 3 == 0 else v for i, v in enumerate(r.target.tolist())]
    given = np.array([None if v != v else v for v in y], dtype=object)
    mapper = CrossLingualMapper(r.dictionary)
    first = mapper.fit_transform(r.data, y, sample_domain=r.sample_domain)
    second = mapper.fit_transform(r.data, given, sample_domain=r.sample_domain)
    assert np.abs(first - second).max() == 0


# --------------------------------------------------------------------- score(X, y, d)


@pytest.mark.parametrize("model", [TransferClassifier, AutoTransferClassifier])
def test_rows_are_scored_by_their_own_domain(shop, model):
    """The target is shifted: taken for target rows, source rows are predicted wrong."""
    X, y, d = shop
    X = X + np.where(d < 0, 5.0, 0)[:, None]
    if model is TransferClassifier:
        fitted = TransferClassifier(mapper=DomainScaler())
    else:
        candidate = TransferClassifier(mapper=DomainScaler())
        fitted = AutoTransferClassifier([("source only", candidate)])
    fitted.fit(X, y, sample_domain=d)
    predicted = fitted.predict(X, sample_domain=d)
    weights = np.arange(140.0)
    expected = accuracy_score(y, predicted, sample_weight=weights)
    found = fitted.score(X, y, sample_weight=weights, sample_domain=d)
    assert found == expected > 0.9
    assert fitted.score(X, y) == accuracy_score(y, fitted.predict(X)) < found
    some = d < 0
    assert fitted.score(X[some], y[some], sample_domain=d[some]) == fitted.score(
        X[some], y[some]
    )


def test_numbers_are_scored_by_their_own_domain(shop):
    X, _, d = shop
    y = X[:, 0]
    X = X + np.where(d < 0, 5.0, 0)[:, None]
    model = TransferRegressor(mapper=DomainScaler()).fit(X, y, sample_domain=d)
    expected = r2_score(y, model.predict(X, sample_domain=d))
    assert model.score(X, y, sample_domain=d) == expected > 0.9
    assert model.score(X, y) < 0


def test_a_search_with_routing_scores_rows_by_their_own_domain(shop):
    X, y, d = shop
    X = X + np.where(d < 0, 5.0, 0)[:, None]
    with config_context(enable_metadata_routing=True):
        search = GridSearchCV(
            TransferClassifier(mapper=DomainScaler()),
            {"target_weight": [1.0]},
            cv=KFold(2, shuffle=True, random_state=0),
        ).fit(X, y, sample_domain=d)
    assert search.best_score_ > 0.9
