"""AutoTransferClassifier on tables with columns of several kinds."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone

from sktransfer import AutoTransferClassifier, TableVectorizer
from sktransfer.transfer import default_candidates

pd = pytest.importorskip("pandas")


def shop(n=160, *, texts=False):
    """Sales of two countries: the second has other prices, and lacks a column."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 2 * n)
    d = np.repeat([1, -1], n)
    price = rng.normal(size=2 * n) + 3 * y
    price[d < 0] = 10 + 5 * price[d < 0]
    price[::17] = np.nan
    table = pd.DataFrame(
        {
            "price": price,
            "brand": np.where(rng.random(2 * n) < 0.8, y, 1 - y),
            "day": pd.date_range("2024-01-01", periods=2 * n),
            "tax": np.where(d > 0, y + 0.0, np.nan),  # of the source alone
        }
    )
    table["brand"] = table["brand"].map({0: "Acme", 1: "Bolt"})
    if texts:
        words = {0: "poor thin pan", 1: "good heavy pan"}
        table["text"] = [f"{words[k]} number {i}" for i, k in enumerate(y)]
    return table, np.where(y == 1, "yes", "no"), d


def libraries(table):
    yield "pandas", table
    try:
        import polars as pl

        yield "polars", pl.DataFrame({k: _plain(table[k]) for k in table})
        import pyarrow as pa

        yield "pyarrow", pa.table({k: _plain(table[k]) for k in table})
    except ImportError:
        pass


def _plain(column):
    return [None if pd.isna(v) else v for v in column]


@pytest.mark.parametrize("texts", [False, True])
def test_frames_of_all_libraries_give_one_answer(texts):
    X, y, d = shop(60, texts=texts)
    y = np.where(d > 0, y, "unread")
    found = {}
    for name, table in libraries(X):
        auto = AutoTransferClassifier().fit(table, y, sample_domain=d)
        found[name] = auto.predict(table)
        assert list(auto.report_["status"]).count("fitted") > 1
    for predicted in found.values():
        assert_array_equal(predicted, found["pandas"])


def test_prices_of_another_scale_are_adapted_to():
    X, y, d = shop()
    # what it changes are moves one way, which the guard leaves to labels
    auto = AutoTransferClassifier(guard=False)
    auto.fit(X, np.where(d > 0, y, ""), sample_domain=d)
    right = auto.predict(X[d < 0]) == y[d < 0]
    alone = auto.estimators_["source only"].predict(X[d < 0]) == y[d < 0]
    assert auto.decision_.adapt
    assert right.mean() > max(0.85, alone.mean())


def test_column_order_unseen_levels_and_new_columns_at_predict():
    X, y, d = shop(60)
    auto = AutoTransferClassifier().fit(X, y, sample_domain=d)
    expected = auto.predict(X)
    turned = X[list(X)[::-1]].assign(id=range(len(X)))
    assert_array_equal(auto.predict(turned), expected)
    assert len(auto.predict(X.assign(brand="Unseen"))) == len(X)
    with pytest.raises(ValueError, match=r"should match .* no column 'price'"):
        auto.predict(X.drop(columns="price"))


@pytest.mark.parametrize("texts", [False, True])
def test_candidates_begin_with_one_encoder(texts):
    X, _, _ = shop(30, texts=texts)
    encoders = [
        model.mapper.steps[0][1]
        for _, model in default_candidates(X)
        if model.mapper is not None
    ]
    assert len(encoders) > 4
    assert {repr(e) for e in encoders} == {
        repr(TableVectorizer(scale="rank" if texts else "standard"))
    }


def test_the_encoder_is_fitted_once_for_all_candidates(monkeypatch):
    X, y, d = shop(60, texts=True)
    fits = []
    fit = TableVectorizer.fit

    def counted(self, X, y=None, sample_domain=None):
        fits.append(sample_domain is not None)
        return fit(self, X, y, sample_domain)

    monkeypatch.setattr(TableVectorizer, "fit", counted)
    AutoTransferClassifier(keep_candidates=True).fit(X, y, sample_domain=d)
    assert fits.count(True) == 1  # that of the mappers; students have no domains


def test_tables_of_numbers_are_compared_as_before():
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(40, 3)), columns=[*"abc"])
    as_frame, as_array = default_candidates(X), default_candidates(X.to_numpy())
    assert repr(as_frame) == repr(as_array)


def test_objects_with_strings_are_a_table():
    X, y, d = shop(60)
    X = X.drop(columns=["day"]).astype(object).to_numpy()
    auto = clone(AutoTransferClassifier()).fit(X, y, sample_domain=d)
    assert auto.predict(X).shape == y.shape
