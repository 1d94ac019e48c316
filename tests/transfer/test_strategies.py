"""Every strategy: bad inputs, orders, labels of any kind, searches."""

import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.utils.estimator_checks import parametrize_with_checks

from sktransfer import TransferClassifier
from sktransfer.model_selection import TargetKFold
from sktransfer.transfer import TransferRegressor
from sktransfer.transfer.strategies import (
    Boosting,
    Distillation,
    FineTuning,
    SelfTraining,
)
from sktransfer.weighting import KMMInstanceWeighter

STRATEGIES = ["pool", "augment", "fine_tune", "self_train", "distill", "boost"]
NEED_LABELS = ["augment", "fine_tune", "boost"]
every_strategy = pytest.mark.parametrize("strategy", STRATEGIES)


def model_of(strategy, **parameters):
    if strategy == "boost":
        strategy = Boosting(n_estimators=4)
    return TransferClassifier(strategy=strategy, target_labels="use", **parameters)


@pytest.fixture
def few(rng):
    """Two sources, and a target with 40 labels in which another feature counts."""
    X = rng.normal(size=(400, 4))
    d = np.repeat([1, 2, -3], [80, 80, 240])
    z = X[:, 0] + np.where(d < 0, X[:, 1], 0) + 0.2 * rng.normal(size=400)
    y = np.where(z > 0, "yes", "no").astype(object)
    hidden = np.where(np.arange(400) < 200, y, None)
    return X, hidden, d, y.astype(str)


@parametrize_with_checks(
    [TransferClassifier(strategy=s) for s in STRATEGIES[1:]]
    + [TransferRegressor(strategy=s) for s in ("augment", "fine_tune", "boost")]
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@every_strategy
def test_labels_of_the_target_help(few, strategy):
    X, y, d, truth = few
    model = model_of(strategy).fit(X, y, sample_domain=d)
    source = TransferClassifier().fit(X, y, sample_domain=d)
    right, before = (m.score(X[200:], truth[200:]) for m in (model, source))
    assert right >= before
    assert_allclose(model.predict_proba(X).sum(axis=1), 1)
    assert_allclose(
        np.exp(model.predict_log_proba(X)), model.predict_proba(X), atol=1e-12
    )
    by_score = model.classes_[(model.decision_function(X) > 0).astype(int)]
    assert_array_equal(by_score, model.predict(X))


@every_strategy
def test_without_domains_it_is_the_estimator(few, strategy):
    if strategy == "distill":
        pytest.skip("its student is fitted to all rows")
    X, _, _, truth = few
    plain = LogisticRegression(max_iter=1000).fit(X, truth)
    model = TransferClassifier(strategy=strategy).fit(X, truth)
    assert_array_equal(model.predict_proba(X), plain.predict_proba(X))


@every_strategy
@pytest.mark.parametrize("kind", ["integers", "several", "booleans"])
def test_labels_of_any_kind(few, strategy, kind):
    X, hidden, d, _ = few
    known = np.array([v is not None for v in hidden])
    values = {
        "integers": np.where(X[:, 0] > 0, 3, 7),
        "several": np.array(["a", "b", "c"])[np.argmax(X[:, :3], axis=1)],
        "booleans": X[:, 0] > 0,
    }[kind]
    y = np.where(known, values.astype(object), None)
    model = model_of(strategy).fit(X, y, sample_domain=d)
    assert_array_equal(model.classes_, np.unique(values))
    assert model.predict(X).dtype == values.dtype
    assert model.score(X[200:], values[200:]) > 0.6


@every_strategy
def test_sparse_equals_dense(few, strategy):
    X, y, d, _ = few
    X = np.where(np.abs(X) > 0.4, X, 0)
    dense = model_of(strategy).fit(X, y, sample_domain=d)
    for make in (sp.csr_matrix, sp.csr_array, sp.csc_array):
        model = model_of(strategy).fit(make(X), y, sample_domain=d)
        got = model.decision_function(make(X[200:]))
        assert_allclose(got, dense.decision_function(X[200:]), atol=1e-3)


@every_strategy
def test_any_order_of_rows_and_nothing_is_written_to(few, strategy, rng):
    X, y, d, _ = few
    copies = X.copy(), y.copy(), d.copy()
    order = rng.permutation(400)
    model = model_of(strategy).fit(X, y, sample_domain=d)
    again = model_of(strategy).fit(X[order], y[order], sample_domain=d[order])
    a, b = (m.decision_function(X[200:]) for m in (model, again))
    assert_allclose(a, b, atol=2e-3)
    for one, two in zip((X, y, d), copies):
        assert_array_equal(one, two)


@every_strategy
def test_weights_of_zero_leave_rows_out(few, strategy):
    X, y, d, _ = few
    w = (np.arange(400) % 4 > 0).astype(float)
    keep = w > 0
    model = model_of(strategy).fit(X, y, sample_domain=d, sample_weight=w)
    less = model_of(strategy).fit(
        X[keep], y[keep], sample_domain=d[keep], sample_weight=w[keep]
    )
    a, b = (m.decision_function(X) for m in (model, less))
    assert_allclose(a, b, atol=1e-2)
    assert not model.sample_weight_[~keep].any()


@every_strategy
@pytest.mark.parametrize(
    ("make", "dtype"),
    [(np.asarray, dtype) for dtype in ("i1", "O")]
    + [(sp.csr_array, "?")]
    + [
        pytest.param(make, dtype, marks=pytest.mark.slow)
        for make, dtypes in [
            (np.asarray, ("u1", "i2", ">i4", ">f8", "?")),
            (sp.csr_array, ("i1", "u1", "i2")),
        ]
        for dtype in dtypes
    ],
)
def test_numbers_of_any_type_are_the_same_numbers(few, strategy, make, dtype, rng):
    # more columns than labelled target rows: their products are summed
    _, y, d, _ = few
    X = np.rint(40 * rng.normal(size=(400, 250))).clip(
        0 if dtype == "u1" else -127, 127
    )
    if dtype == "?":
        X = (X > 0).astype(float)
    floats, other = make(X), make(X.astype(dtype))
    expected = model_of(strategy).fit(floats, y, sample_domain=d)
    got = model_of(strategy).fit(other, y, sample_domain=d)
    assert_allclose(got.predict_proba(other), expected.predict_proba(floats), atol=1e-9)


@every_strategy
def test_weighters_are_heard(few, strategy):
    X, y, d, _ = few
    plain = model_of(strategy).fit(X, y, sample_domain=d)
    X = X + 0.7 * (d == 2)[:, None]
    weighter = KMMInstanceWeighter(B=5.0)
    model = model_of(strategy, weighter=weighter).fit(X, y, sample_domain=d)
    assert np.ptp(model.weighter_.weights_[d > 0]) > 0.5
    assert not np.array_equal(model.predict_proba(X), plain.predict_proba(X))


@pytest.mark.parametrize("routing", [False, True])
def test_strategies_are_searched(few, routing):
    X, _, d, truth = few
    grid = [
        {"strategy": STRATEGIES},
        {"strategy": ["fine_tune"], "strategy__strength": [None, 1.0, np.inf]},
        {"source_shares": ["target"], "estimator__C": [0.1]},
    ]
    known = np.arange(200)
    model = TransferClassifier(LogisticRegression(), target_labels="use")
    with config_context(enable_metadata_routing=routing):
        search = GridSearchCV(model, grid, cv=TargetKFold(3), error_score="raise")
        extra = {} if routing else {"groups": d[known]}
        search.fit(X[known], truth[known], sample_domain=d[known], **extra)
    assert len(search.cv_results_["params"]) == 10


@pytest.mark.parametrize("strategy", NEED_LABELS)
def test_missing_target_labels_are_missed(few, strategy):
    X, y, d, _ = few
    model = TransferClassifier(strategy=strategy)
    with pytest.raises(ValueError, match="labelled target rows; got none"):
        model.fit(X, y, sample_domain=d)
    with pytest.raises(ValueError, match="needs target rows to learn from; got none"):
        model.fit(X[:160], y[:160], sample_domain=d[:160])


@every_strategy
@pytest.mark.parametrize("n_known", [1, 2, 3])
def test_one_to_three_labels_are_enough(few, strategy, n_known):
    X, y, d, _ = few
    y = y.copy()
    y[160 + n_known :] = None
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The . labelled target rows are all")
        model = model_of(strategy).fit(X, y, sample_domain=d)
    assert np.isfinite(model.predict_proba(X)).all()


@every_strategy
def test_one_target_row(few, strategy):
    X, y, d, _ = few
    rows = np.arange(161)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The 1 labelled target rows are all")
        model = model_of(strategy).fit(X[rows], y[rows], sample_domain=d[rows])
    assert np.isfinite(model.predict_proba(X)).all()


@every_strategy
def test_a_target_of_one_class(few, strategy):
    X, y, d, _ = few
    y = np.where((d < 0) & (y != "yes"), None, y)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The .* labelled target rows are all")
        model = model_of(strategy).fit(X, y, sample_domain=d)
    assert np.isfinite(model.predict_proba(X)).all()
    assert model.classes_.tolist() == ["no", "yes"]


def test_a_source_of_one_class_cannot_be_fine_tuned(few):
    X, y, d, _ = few
    y = np.where(d > 0, "yes", y)
    with pytest.raises(ValueError, match="source rows are all of one class, 'yes'"):
        model_of("fine_tune").fit(X, y, sample_domain=d)


@every_strategy
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_not_a_number_is_refused(few, strategy, value):
    X, y, d, _ = few
    X = X.copy()
    X[170, 1] = value
    with pytest.raises(ValueError, match=r"NaN|infinity"):
        model_of(strategy).fit(X, y, sample_domain=d)


@every_strategy
@pytest.mark.parametrize(
    "change",
    [
        "zero rows",
        "constant",
        "duplicates",
        "int",
        "bool",
        "float16",
        "float32",
        "1e30",
    ],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_odd_numbers_give_finite_answers(few, strategy, change):
    X, y, d, _ = few
    if change == "zero rows":
        X = np.where((np.arange(400) % 3 == 0)[:, None], 0, X)
    elif change == "constant":
        X = np.hstack([X, np.ones((400, 2))])
    elif change == "duplicates":
        X, y, d = (np.repeat(a, 2, axis=0) for a in (X, y, d))
    elif change == "1e30":
        X = X * np.array([1, 1, 1, 1e30])
    elif change == "int":
        X = (10 * X).astype(int)
    else:
        X = X > 0 if change == "bool" else X.astype(change)
    try:
        model = model_of(strategy).fit(X, y, sample_domain=d)
    except ValueError:  # of the estimator itself
        if change != "1e30":
            raise
        return
    assert np.isfinite(model.predict_proba(X)).all()
    assert np.isfinite(model.sample_weight_).all()


@every_strategy
def test_texts(strategy):
    texts = ["good book", "bad book", "good song", "bad song", "fine song"] * 6
    d = np.array([1, 1, -2, -2, -2] * 6)
    y = ["+", "-", "+", "-", None] * 6
    model = model_of(strategy, mapper=TfidfVectorizer()).fit(texts, y, sample_domain=d)
    assert model.predict(["good", "bad"]).tolist() == ["+", "-"]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"strategy": FineTuning(-1)}, r"strength of \w+ must be .* or None; got -1"),
        (
            {"strategy": FineTuning("auto")},
            r"strength of \w+ must be .* or None; got 'auto'",
        ),
        (
            {"strategy": Boosting(0)},
            r"n_estimators of \w+ must be .* of at least 1.*; got 0",
        ),
        (
            {"strategy": SelfTraining(2.5)},
            r"n_rounds of \w+ must be .* at least 1; got 2.5",
        ),
        (
            {"strategy": Distillation(teacher_weight=-1)},
            r"teacher_weight of \w+ must be",
        ),
        (
            {"source_shares": "best"},
            r"source_shares of \w+ must be one of 'equal', 'target'",
        ),
    ],
)
def test_bad_parameters_are_explained(few, parameters, message):
    X, y, d, _ = few
    with pytest.raises(ValueError, match=message):
        TransferClassifier(**parameters).fit(X, y, sample_domain=d)
