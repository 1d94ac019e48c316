"""AutoTransferRegressor: errors from disagreement, the scale, and the guard."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.linear_model import LinearRegression, Ridge

from sktransfer import AutoTransferRegressor, DomainScaler, TransferRegressor
from sktransfer.transfer.auto._regression_runs import excess_errors

SMALL = [
    ("source only", TransferRegressor(Ridge())),
    ("scaled", TransferRegressor(Ridge(), mapper=DomainScaler())),
    ("linear", TransferRegressor(LinearRegression(), mapper=DomainScaler())),
]


def rescaled(n=300, factor=4.0):
    """Stars by two columns; the target measures them on another scale."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2 * n, 3))
    stars = np.clip(np.round(3 + X[:, 0] + X[:, 1] / 2), 1, 5)
    d = np.repeat([1, -1], n)
    X[d < 0] *= factor
    return X, stars, d


def hidden(y, d, filler=np.nan):
    return np.where(d > 0, y, filler)


class Says(RegressorMixin, BaseEstimator):
    """Predicts the first column and a number."""

    def __init__(self, more=0.0):
        self.more = more

    def fit(self, X, y):
        self.n_features_in_ = np.shape(X)[1]
        return self

    def predict(self, X):
        return np.asarray(X, dtype=float)[:, 0] + self.more


class TestExcessErrors:
    def test_independent_errors_are_found(self):
        rng = np.random.default_rng(0)
        true, spreads = rng.normal(size=(200_000, 1)), np.array([0.5, 1.0, 2.0, 1.5])
        first, second = (
            true + spreads * rng.normal(size=(len(true), 4)) for _ in range(2)
        )
        found = excess_errors(first, second, np.zeros((4, 4)))
        assert_allclose(found, spreads**2, rtol=0.03)

    def test_two_are_judged_by_their_own_halves(self):
        first, second = np.array([[0.0, 1.0]]), np.array([[2.0, 1.0]])
        assert_allclose(excess_errors(first, second, np.eye(2)), [2.0, 0.0])

    def test_what_two_share_on_the_source_is_added(self):
        rng = np.random.default_rng(0)
        n = 200_000
        own, shared = rng.normal(size=(2, n, 4)), rng.normal(size=(n, 1))
        own[:, :, :2] += shared  # the first two err together
        products = np.eye(4)
        products[:2, :2] += 1
        found = excess_errors(*own, products)
        # up to what all pairs share on average, which no one can know
        assert_allclose(found[:2] - found[2:], [1, 1], atol=0.05)


class TestChoice:
    def test_another_scale_is_adapted_to(self):
        X, y, d = rescaled()
        auto = AutoTransferRegressor(SMALL).fit(X, hidden(y, d), sample_domain=d)
        assert auto.decision_.adapt
        alone = auto.estimators_["source only"].predict(X[d < 0])
        served = auto.predict(X[d < 0])
        error, before = (np.abs(p - y[d < 0]).mean() for p in (served, alone))
        assert error < 0.5 < before
        assert auto.best_estimator_ is auto.estimators_[auto.decision_.candidate]

    def test_expected_errors_are_near_the_true_ones(self):
        X, y, d = rescaled()
        auto = AutoTransferRegressor(SMALL, bounds=None, keep_candidates=True)
        auto.fit(X, hidden(y, d), sample_domain=d)
        for name, expected in zip(
            auto.report_["candidate"], auto.report_["expected_rmse"]
        ):
            p = auto.estimators_[name].predict(X[d < 0])
            assert expected == pytest.approx(np.std(p - y[d < 0]), rel=0.5)

    def test_equal_domains_are_not_adapted(self):
        X, y, d = rescaled(factor=1.0)
        auto = AutoTransferRegressor(SMALL).fit(X, hidden(y, d), sample_domain=d)
        assert not auto.decision_.adapt
        assert "no classifier tells" in auto.decision_.reason

    def test_one_shift_of_all_predictions_is_left_to_labels(self):
        X, y, d = rescaled()
        X[d < 0, 0] += 9
        more = [("source only", Says()), *((f"{k}", Says(3 + k / 9)) for k in range(3))]
        auto = AutoTransferRegressor(more, bounds=None)
        auto.fit(X, hidden(y, d), sample_domain=d)
        assert not auto.decision_.adapt
        assert "the same way" in auto.decision_.reason
        free = AutoTransferRegressor(more, bounds=None, guard=False)
        assert free.fit(X, hidden(y, d), sample_domain=d).decision_.adapt

    def test_labels_settle_it(self):
        X, y, d = rescaled()
        X[d < 0, 0] += 9
        y = X[:, 0] + np.where(d < 0, 3.0, 0.0)
        some = hidden(y, d)
        some[-40:] = y[-40:]
        more = [("source only", Says()), ("right", Says(3.0)), ("wrong", Says(-3.0))]
        auto = AutoTransferRegressor(more, bounds=None, target_labels="use")
        auto.fit(X, some, sample_domain=d)
        assert auto.decision_.candidate == "right"
        assert_allclose(auto.report_["label_rmse"], [3, 0, 6], atol=1e-9)
        assert_allclose(auto.predict(X[d < 0]), y[d < 0])

    def test_linear_winners_are_trained_on_labels(self):
        X, y, d = rescaled(factor=1.0)
        y = X[:, 0] + np.where(d < 0, 2 * X[:, 2], 0)
        some = hidden(y, d)
        some[-60:] = y[-60:]
        auto = AutoTransferRegressor(SMALL, target_labels="use").fit(X, some, d)
        alone = auto.estimators_["source only"].predict(X[d < 0])
        error = np.mean((auto.predict(X[d < 0]) - y[d < 0]) ** 2)
        assert error < 0.2 * np.mean((alone - y[d < 0]) ** 2)


class TestBounds:
    def test_stars_stay_on_their_scale(self):
        X, y, d = rescaled()
        auto = AutoTransferRegressor(SMALL).fit(X, hidden(y, d), sample_domain=d)
        assert auto.bounds_ == (1.0, 5.0)
        predicted = auto.predict(9 * X)
        assert predicted.min() == 1
        assert predicted.max() == 5
        raw = auto.best_estimator_.predict(9 * X)
        assert_array_equal(predicted, np.clip(raw, 1, 5))

    @pytest.mark.parametrize(
        ("bounds", "expected"),
        [("scale", (-np.inf, np.inf)), (None, (-np.inf, np.inf)), ((0, 9), (0.0, 9.0))],
    )
    def test_numbers_that_are_no_scale(self, bounds, expected):
        X, y, d = rescaled()
        auto = AutoTransferRegressor(SMALL, bounds=bounds)
        assert auto.fit(X, y + 0.5 * X[:, 0], d).bounds_ == expected


class TestInput:
    @pytest.mark.parametrize("filler", [np.nan, 1e9, None])
    def test_target_labels_are_not_read(self, filler):
        X, y, d = rescaled()
        expected = AutoTransferRegressor(SMALL).fit(X, y, d).predict(X)
        y = np.array([v if k > 0 else filler for v, k in zip(y, d)], dtype=object)
        assert_array_equal(
            AutoTransferRegressor(SMALL).fit(X, y, d).predict(X), expected
        )

    def test_without_domains_the_source_alone_is_served(self):
        X, y, _ = rescaled()
        auto = AutoTransferRegressor(SMALL).fit(X, y)
        assert auto.decision_.candidate == "source only"
        assert_allclose(auto.predict(X), np.clip(Ridge().fit(X, y).predict(X), 1, 5))

    def test_tables_and_texts(self):
        pd = pytest.importorskip("pandas")
        X, y, d = rescaled(60)
        table = pd.DataFrame(X, columns=[*"abc"]).assign(
            kind=np.where(X[:, 2] > 0, "up", "down")
        )
        auto = AutoTransferRegressor(keep_candidates=True)
        auto.fit(table, hidden(y, d), sample_domain=d)
        assert list(auto.report_["status"]) == ["fitted"] * 5
        assert_array_equal(auto.predict(table[[*table][::-1]]), auto.predict(table))
        words = np.array(["poor", "weak", "fair", "fine", "good"])
        texts = [f"{words[int(s) - 1]} pan {i % 7}" for i, s in enumerate(y)]
        auto = AutoTransferRegressor(guard=False).fit(texts, hidden(y, d), d)
        assert list(auto.report_["status"]) == ["fitted"] * 5

    @pytest.mark.parametrize(
        ("parameters", "error", "message"),
        [
            ({"bounds": (5, 1)}, ValueError, "bounds of AutoTransferRegressor must be"),
            ({"guard": -1}, ValueError, "guard of AutoTransferRegressor must be"),
            ({"candidates": [("a", 1)]}, TypeError, "must be a regressor"),
        ],
    )
    def test_clear_errors(self, parameters, error, message):
        X, y, d = rescaled(20)
        with pytest.raises(error, match=message):
            AutoTransferRegressor(**parameters).fit(X, y, d)

    def test_source_rows_alone(self):
        X, y, d = rescaled(20)
        with pytest.raises(ValueError, match="compares candidates on target rows"):
            AutoTransferRegressor().fit(X, y, np.abs(d))
