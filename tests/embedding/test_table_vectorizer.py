"""TableVectorizer: kinds of columns, libraries of frames, and what is left out."""

import datetime as dt

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

from sktransfer.embedding import TableVectorizer

pd = pytest.importorskip("pandas")
N = 60
KINDS = {
    "title": "text",
    "brand": "category",
    "colour": "category",
    "price": "number",
    "sold": "date",
    "since": "date",
    "flag": "number",
}


def columns():
    """A column of each kind, in plain Python."""
    rng = np.random.default_rng(0)
    price = rng.lognormal(size=N).tolist()
    price[5] = price[50] = None
    start = dt.datetime(2024, 1, 1, 12)
    return {
        "title": [
            f"a pan of size {i} that is {'not' * (i % 2)} good" for i in range(N)
        ],
        "brand": ["Acme", "Bolt", None] * (N // 3),
        "colour": ["red", "blue"] * (N // 2),
        "price": price,
        "sold": [start + dt.timedelta(hours=7 * i) for i in range(N)],
        "since": [f"2023-0{i % 9 + 1}-15" for i in range(N)],
        "flag": [i % 5 == 0 for i in range(N)],
        "same": [1] * N,
        "empty": [None] * N,
    }


def frames():
    """The same table in each library, and in types of pandas."""
    table = pd.DataFrame(columns())
    found = {
        "pandas": table,
        "pandas, nullable": table.convert_dtypes(),
        "pandas, objects": table.astype(object),
        "pandas, categories": table.astype({"brand": "category", "colour": "category"}),
        "pandas, float32": table.astype({"price": "float32"}),
        "pandas, sparse": table.assign(
            flag=pd.arrays.SparseArray(table["flag"].astype(float), fill_value=0.0)
        ),
        "array of objects": table.astype(object).to_numpy(),
        "list": table.astype(object).to_numpy().tolist(),
    }
    if polars := _module("polars"):
        found["polars"] = polars.DataFrame(columns())
        found["polars, categories"] = found["polars"].cast(
            {"brand": polars.Categorical}
        )
    if pyarrow := _module("pyarrow"):
        found["pyarrow"] = pyarrow.table(columns())
        found["pyarrow batch"] = pyarrow.record_batch(columns())
    return found


def _module(name):
    try:
        return __import__(name)
    except ImportError:
        return None


FRAMES = frames()


def dense(Z):
    return Z.toarray() if sparse.issparse(Z) else Z


@pytest.mark.parametrize("library", FRAMES)
def test_every_library_gives_the_same_features(library):
    expected = TableVectorizer().fit_transform(FRAMES["pandas"])
    vectorizer = TableVectorizer()
    found = vectorizer.fit_transform(FRAMES[library])
    assert list(vectorizer.kinds_.values()) == list(KINDS.values())
    assert_allclose(dense(found), dense(expected), atol=1e-6)
    assert found.shape[1] == len(vectorizer.get_feature_names_out())


def test_kinds_and_what_is_left_out():
    vectorizer = TableVectorizer().fit(FRAMES["pandas"])
    assert vectorizer.kinds_ == KINDS
    assert vectorizer.left_out_ == {"same": "a single value", "empty": "no value"}


@pytest.mark.parametrize("library", [k for k in FRAMES if k[:2] in ("pa", "po", "py")])
def test_columns_go_by_name(library):
    X = FRAMES[library]
    vectorizer = TableVectorizer().fit(FRAMES["pandas"])
    expected = vectorizer.transform(FRAMES["pandas"])
    names = list(columns())
    if hasattr(X, "to_pandas"):
        turned = X.select(names[::-1])
    else:
        turned = X[names[::-1]].assign(more="unseen")
    assert_allclose(dense(vectorizer.transform(turned)), dense(expected), atol=1e-6)


def test_numbers_have_mean_0_and_variance_1_and_missing_ones_the_mean():
    X = pd.DataFrame({"a": [1.0, 3.0, np.nan], "b": [10.0, 20.0, 60.0]})
    Z = TableVectorizer().fit_transform(X)
    b = (X["b"] - 30) / np.std(X["b"])
    assert_allclose(Z, np.column_stack([[-1, 1, 0], [0, 0, 1], b]))


def test_ranks_are_those_of_the_values():
    values = np.array([3.0, 1.0, 1e6, 2.0, np.nan])
    Z = TableVectorizer(scale="rank").fit_transform(pd.DataFrame({"a": values}))
    assert_allclose(Z[:, 0], [2 / 3, 0, 1, 1 / 3, 0.5], atol=1e-6)
    assert_array_equal(Z[:, 1], [0, 0, 0, 0, 1])


def test_levels_by_hand():
    X = pd.DataFrame({"c": ["a", "a", "b", "b", "rare", "odd", None, None]})
    vectorizer = TableVectorizer().fit(X)
    names = vectorizer.get_feature_names_out().tolist()
    assert names == ["c_a", "c_b", "c_missing", "c_infrequent_sklearn"]
    new = pd.DataFrame({"c": ["b", "unseen", "odd", None]})
    expected = [[0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]]
    assert_array_equal(vectorizer.transform(new), expected)


def test_parts_of_dates_by_hand():
    days = ["2024-02-29T06:30:00", "1969-12-31T00:00:00", "2000-07-02T23:00:00"]
    X = pd.DataFrame({"d": days})
    vectorizer = TableVectorizer().fit(X)
    names = ["d", "d_month", "d_day", "d_weekday", "d_hour"]
    assert vectorizer.get_feature_names_out().tolist() == names
    parsed = [dt.datetime.fromisoformat(d) for d in days]
    since = [(d - dt.datetime(1970, 1, 1)).total_seconds() for d in parsed]
    raw = [
        [s / 86400, d.month, d.day, d.weekday(), d.hour] for s, d in zip(since, parsed)
    ]
    expected = (raw - np.mean(raw, axis=0)) / np.std(raw, axis=0)
    for table in (X, X.astype("datetime64[s]"), X.astype("datetime64[ns, UTC]")):
        assert_allclose(TableVectorizer().fit_transform(table), expected)


def test_an_offset_is_the_same_moment():
    here = pd.DataFrame({"d": ["2024-05-01T02:00:00+02:00", "2024-06-01T00:00:00"]})
    there = pd.DataFrame({"d": ["2024-05-01T00:00:00", "2024-06-01T00:00:00"]})
    vectorizer = TableVectorizer().fit(there)
    assert_allclose(vectorizer.transform(here), vectorizer.transform(there))


def test_texts_are_words_with_negations_and_ngrams():
    X = pd.DataFrame({"t": [f"it is not good {i}" for i in range(N)], "x": range(N)})
    names = TableVectorizer().fit(X).get_feature_names_out()
    assert {"t_not_good", "t_it is", "t_char ' goo'", "x"} <= set(names)


def test_few_strings_of_several_words_are_texts():
    X = pd.DataFrame({"t": ["a long text", "another long text", "this is the third"]})
    assert TableVectorizer().fit(X.assign(c=["a", "b", "c"])).kinds_ == {
        "t": "text",
        "c": "category",
    }


class TestDomains:
    d = np.repeat([1, -1], 4)

    def test_columns_of_one_side_are_left_out(self):
        X = pd.DataFrame(
            {
                "s": [1.0, 2, 3, 4] + [None] * 4,
                "t": [None] * 4 + list("abab"),
                "x": self.d,
            }
        )
        vectorizer = TableVectorizer().fit(X, sample_domain=self.d)
        assert vectorizer.left_out_ == {
            "s": "no value in the target",
            "t": "no value in the source",
        }
        assert set(TableVectorizer().fit(X).kinds_) == {"s", "t", "x"}

    @pytest.mark.parametrize(("gap", "flagged"), [([0], False), ([0, 7], True)])
    def test_what_one_side_lacks_raises_no_flag(self, gap, flagged):
        x = np.arange(8.0)
        x[gap] = np.nan
        X = pd.DataFrame({"x": x})
        vectorizer = TableVectorizer().fit(X, sample_domain=self.d)
        assert ("x_missing" in vectorizer.get_feature_names_out()) == flagged

    def test_a_pipeline_hands_the_domain_over(self):
        from sktransfer import TransferClassifier

        X = pd.DataFrame({"x": range(8), "s": [1, 2, 3, 4] + [None] * 4})
        mapper = make_pipeline(TableVectorizer())
        model = TransferClassifier(mapper=mapper).fit(X, [0, 1] * 4, self.d)
        assert set(model.mapper_[0].left_out_) == {"s"}


class TestClearErrors:
    X = FRAMES["pandas"]

    @pytest.mark.parametrize(
        ("change", "error", "message"),
        [
            ({"price": "dear"}, ValueError, "column 'price' was a number in fit; got"),
            (
                {"sold": 3.0},
                ValueError,
                "column 'sold' was a date in fit; got a number",
            ),
            ({"price": np.inf}, ValueError, "column 'price' holds infinity"),
            (
                {"title": [[1]] * N},
                TypeError,
                "column 'title' must hold numbers, texts",
            ),
        ],
    )
    def test_other_values_than_in_fit(self, change, error, message):
        vectorizer = TableVectorizer().fit(self.X)
        with pytest.raises(error, match=message):
            vectorizer.transform(self.X.assign(**change))

    def test_missing_column(self):
        vectorizer = TableVectorizer().fit(self.X)
        with pytest.raises(ValueError, match=r"should match .* no column 'brand'"):
            vectorizer.transform(self.X.drop(columns="brand"))
        # what was left out is not missed
        vectorizer.transform(self.X.drop(columns=["same", "empty"]))

    def test_no_rows(self):
        with pytest.raises(ValueError, match=r"0 sample\(s\)"):
            TableVectorizer().fit(self.X[:0])

    def test_parameters(self):
        with pytest.raises(ValueError, match="scale of TableVectorizer"):
            TableVectorizer(scale="log").fit(self.X)


def test_a_column_that_is_all_missing_later():
    X = FRAMES["pandas"]
    vectorizer = TableVectorizer().fit(X)
    rows = X.assign(title=None, brand=None, price=None, sold=None)
    Z = dense(vectorizer.transform(rows))
    names = vectorizer.get_feature_names_out()
    assert Z[:, names == "price_missing"].all()
    assert Z[:, names == "brand_missing"].all()
    gone = [str(n).startswith(("title_", "sold")) for n in names]
    assert not Z[:, gone].any()


def test_an_array_after_a_frame_is_read_by_place():
    X = FRAMES["pandas"]
    vectorizer = TableVectorizer().fit(X)
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        found = vectorizer.transform(FRAMES["array of objects"])
    assert_allclose(dense(found), dense(vectorizer.transform(X)))


def test_rows_are_encoded_one_by_one():
    X = FRAMES["pandas"]
    vectorizer = clone(TableVectorizer(scale="rank")).fit(X)
    parts = [dense(vectorizer.transform(X[i : i + 1])) for i in range(N)]
    assert_array_equal(np.vstack(parts), dense(vectorizer.transform(X)))
