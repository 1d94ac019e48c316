"""TransferRegressor: pooling, parts, strategies, what it refuses."""

import pickle

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsRegressor
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor

from sktransfer.adaptation import CORAL
from sktransfer.model_selection import TargetKFold
from sktransfer.transfer import TransferRegressor
from sktransfer.transfer.strategies import Boosting, Distillation, FineTuning
from sktransfer.weighting import KMMInstanceWeighter

STRATEGIES = ["pool", "augment", "fine_tune", "distill", "boost"]
every_strategy = pytest.mark.parametrize("strategy", STRATEGIES)


def model_of(strategy, **parameters):
    if strategy == "boost":
        strategy = Boosting(n_estimators=3, n_stages=3)
    return TransferRegressor(strategy=strategy, **{"target_labels": "use"} | parameters)


@pytest.fixture
def ratings(rng):
    """Two sources, and a target with 40 ratings in which another feature counts."""
    X = rng.normal(size=(240, 4))
    d = np.repeat([1, 2, -3], 80)
    truth = 3 + X[:, 0] + np.where(d < 0, X[:, 1], 0) + 0.1 * rng.normal(size=240)
    return X, np.where(np.arange(240) < 200, truth, np.nan), d, truth


def test_pooling_is_the_estimator_on_the_source_rows(ratings):
    X, y, d, _ = ratings
    model = TransferRegressor().fit(X, y, sample_domain=d)
    plain = Ridge().fit(X[d > 0], y[d > 0])
    assert_array_equal(model.predict(X), plain.predict(X))
    assert_array_equal(model.sample_weight_, (d > 0).astype(float))
    assert model.n_features_in_ == 4


def test_labels_of_the_target_are_not_read_unless_asked_for(ratings):
    X, y, d, _ = ratings
    rubbish = y.astype(object)
    rubbish[d < 0] = ["no number", None] * 40
    one, two = (TransferRegressor().fit(X, v, sample_domain=d) for v in (y, rubbish))
    assert_array_equal(one.predict(X), two.predict(X))


def test_minus_one_is_a_number(ratings):
    X, y, d, _ = ratings
    y[160:200] = -1.0
    model = model_of("pool").fit(X, y, sample_domain=d)
    assert model.sample_weight_.sum() == 200


@pytest.mark.parametrize("strategy", ["augment", "fine_tune", "boost"])
def test_labels_of_the_target_help(ratings, strategy):
    X, y, d, truth = ratings
    model = model_of(strategy).fit(X, y, sample_domain=d)
    source = TransferRegressor().fit(X, y, sample_domain=d)
    assert model.score(X[200:], truth[200:]) > source.score(X[200:], truth[200:]) + 0.2


def test_augmentation_is_ridge_on_copies(ratings):
    X, y, d, _ = ratings
    model = model_of("augment").fit(X, y, sample_domain=d)
    Z = np.hstack([X] + [X * (d == k)[:, None] for k in (1, 2, -3)])
    plain = Ridge().fit(Z[:200], y[:200])
    assert_allclose(model.predict(X, sample_domain=d), plain.predict(Z))


def test_a_student_learns_what_the_teacher_says(ratings):
    X, y, d, _ = ratings
    model = TransferRegressor(mapper=CORAL(), strategy=Distillation(Ridge()))
    model.fit(X, y, sample_domain=d)
    said = model.estimator_.predict(model.mapper_.transform(X[d < 0]))
    plain = Ridge().fit(X[d < 0], said)
    assert_allclose(model.predict(X), plain.predict(X))
    mixed = model.predict(X, sample_domain=d)
    Z = model.mapper_.transform(X, sample_domain=d)
    assert_allclose(mixed[d > 0], model.estimator_.predict(Z)[d > 0])
    assert_allclose(mixed[d < 0], plain.predict(X[d < 0]))
    source = model.predict(X[d > 0], sample_domain=d[d > 0])
    assert_allclose(source, mixed[d > 0])


def test_a_student_keeps_known_ratings(ratings):
    X, y, d, truth = ratings
    student = DecisionTreeRegressor(random_state=0)
    model = model_of(Distillation(student)).fit(X, y, sample_domain=d)
    assert_allclose(model.predict(X[160:200]), truth[160:200])
    w = np.ones(240)
    again = model.fit(X, y, sample_domain=d, sample_weight=w)
    assert_allclose(again.predict(X[160:200]), truth[160:200])


@every_strategy
def test_sparse_equals_dense(ratings, strategy):
    X, y, d, _ = ratings
    X = np.where(np.abs(X) > 0.4, X, 0)
    dense = model_of(strategy).fit(X, y, sample_domain=d).predict(X)
    for make in (sp.csr_matrix, sp.csr_array):
        model = model_of(strategy).fit(make(X), y, sample_domain=d)
        assert_allclose(model.predict(make(X)), dense, atol=5e-2)


@every_strategy
def test_any_order_of_rows_and_nothing_is_written_to(ratings, strategy, rng):
    X, y, d, _ = ratings
    copies = X.copy(), y.copy(), d.copy()
    order = rng.permutation(240)
    one = model_of(strategy).fit(X, y, sample_domain=d)
    two = model_of(strategy).fit(X[order], y[order], sample_domain=d[order])
    assert_allclose(one.predict(X), two.predict(X), rtol=1e-6)
    for a, b in zip((X, y, d), copies):
        assert_array_equal(a, b)


@every_strategy
def test_weights_reach_the_estimator(ratings, strategy, rng):
    X, y, d, _ = ratings
    plain = model_of(strategy).fit(X, y, sample_domain=d)
    w = rng.uniform(0.2, 2, size=240)
    model = model_of(strategy, target_weight=3.0).fit(X, y, d, sample_weight=w)
    assert not np.allclose(model.predict(X), plain.predict(X))
    if strategy != "boost":
        known = np.arange(240) < 200
        assert_allclose(model.sample_weight_, w * np.where(d < 0, 3, 1) * known)


@every_strategy
@pytest.mark.parametrize("change", ["zero", "int", "float16", "float32", "duplicates"])
def test_odd_numbers_give_finite_answers(ratings, strategy, change):
    X, y, d, _ = ratings
    if change == "zero":
        X = np.where((np.arange(240) % 3 == 0)[:, None], 0, X)
    elif change == "duplicates":
        X, y, d = (np.repeat(a, 2, axis=0) for a in (X, y, d))
    else:
        X = (10 * X).astype(change)
    model = model_of(strategy).fit(X, y, sample_domain=d)
    assert np.isfinite(model.predict(X)).all()


@every_strategy
@pytest.mark.parametrize("n_known", [1, 2])
def test_one_or_two_ratings_are_enough(ratings, strategy, n_known):
    X, y, d, _ = ratings
    y[160 + n_known :] = np.nan
    model = model_of(strategy).fit(X, y, sample_domain=d)
    assert np.isfinite(model.predict(X)).all()


@pytest.mark.parametrize("routing", [False, True])
def test_every_part_is_searchable(ratings, routing):
    X, y, d, _ = ratings
    known = np.arange(200)
    grid = [
        {
            "strategy": [*STRATEGIES[:-1], Boosting(2, n_stages=2)],
            "mapper": [None, StandardScaler()],
        },
        {"weighter": [KMMInstanceWeighter()], "estimator__alpha": [0.1, 1]},
    ]
    model = model_of("pool", estimator=Ridge())
    with config_context(enable_metadata_routing=routing):
        extra = {} if routing else {"groups": d[known]}
        search = GridSearchCV(model, grid, cv=TargetKFold(2), error_score="raise")
        search.fit(X[known], y[known], sample_domain=d[known], **extra)
    assert len(search.cv_results_["params"]) == 12


def test_frames_and_pickles(ratings):
    X, y, d, _ = ratings
    frame = pd.DataFrame(X, columns=list("abcd"))
    for strategy in STRATEGIES:
        model = model_of(strategy).fit(frame, y, sample_domain=d)
        assert model.feature_names_in_.tolist() == list("abcd")
        again = pickle.loads(pickle.dumps(model))
        assert_array_equal(again.predict(frame), model.predict(frame))


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"strategy": "self_train"}, ValueError, "SelfTraining is for classes"),
        (
            {"strategy": "magic"},
            ValueError,
            r"strategy of \w+ must be one of .*'boost'",
        ),
        (
            {"strategy": Boosting(n_stages=0)},
            ValueError,
            "n_stages of Boosting must be an integer of at least 1; got 0",
        ),
        ({"strategy": FineTuning(-2.0)}, ValueError, "strength of FineTuning must be"),
        (
            {"strategy": Distillation(shared_directions=True)},
            ValueError,
            "shared_directions of Distillation is for classes only",
        ),
        (
            {"strategy": Distillation(match_shares=True)},
            ValueError,
            "match_shares of Distillation is for classes only",
        ),
        (
            {"strategy": Distillation(strength=1.0)},
            ValueError,
            "strength of Distillation is for classes only",
        ),
        (
            {"estimator": KNeighborsRegressor(), "target_weight": 2.0},
            TypeError,
            "KNeighborsRegressor cannot be weighted",
        ),
    ],
)
def test_bad_parameters_are_explained(ratings, parameters, error, message):
    X, y, d, _ = ratings
    with pytest.raises(error, match=message):
        model_of("pool").set_params(**parameters).fit(X, y, sample_domain=d)


def test_bad_labels_are_explained(ratings):
    X, y, d, _ = ratings
    model = TransferRegressor(strategy="fine_tune")
    with pytest.raises(ValueError, match="requires y to be passed"):
        model.fit(X, None)
    with pytest.raises(ValueError, match="labelled target rows; got none"):
        model.fit(X, y, sample_domain=d)
    with pytest.raises(ValueError, match="needs numbers for y; got 'good'"):
        model.fit(X, np.full(240, "good"))
    y[3] = np.inf
    with pytest.raises(ValueError, match="infinity in 1 of the labelled rows"):
        model.fit(X, y, sample_domain=d)
    with pytest.raises(ValueError, match="needs target rows to learn from"):
        TransferRegressor(strategy="distill").fit(X[4:], y[4:] * 0, np.ones(236))
    w = (d > 0).astype(float)
    y[3] = 3.0
    with pytest.raises(ValueError, match="all 40 have weight 0"):
        model_of("boost").fit(X, y, sample_domain=d, sample_weight=w)


@pytest.mark.parametrize("strategy", ["fine_tune", "boost"])
def test_star_ratings_of_equal_rows_are_dealt_alike_in_any_order(strategy):
    rng = np.random.default_rng(0)
    d = np.repeat([1, -1], [160, 80])
    X = np.rint(rng.normal(size=(240, 4)))
    z = X[:, 0] + np.where(d < 0, X[:, 1], -X[:, 1] / 2) + rng.normal(size=240) / 2
    y = np.where(np.arange(240) < 200, np.rint(2 * z).clip(-2, 2) + 3, np.nan)
    tree = DecisionTreeRegressor(max_depth=2, random_state=0)
    model = TransferRegressor(
        tree if strategy == "boost" else None, strategy=strategy, target_labels="use"
    )
    expected = model.fit(X, y, sample_domain=d).predict(X)
    for _ in range(4):
        order = rng.permutation(240)
        model.fit(X[order], y[order], sample_domain=d[order])
        assert_allclose(model.predict(X), expected, atol=1e-8)
