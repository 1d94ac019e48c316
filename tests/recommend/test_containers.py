"""Items, candidates and sessions in the containers that people have them in."""

from collections import deque

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sktransfer.metrics import make_ranking_scorer, ndcg_at_k, recall_at_k
from sktransfer.model_selection import split_interactions
from sktransfer.recommend import (
    AutoTransferRecommender,
    EASERecommender,
    NewItemLimiter,
    PopularityRecommender,
    SequentialRecommender,
    SessionVectorizer,
    TransferRecommender,
)

pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")
pa = pytest.importorskip("pyarrow")

X = np.array([[1, 1, 0, 0, 1, 0], [0, 1, 1, 0, 0, 1], [1, 0, 1, 1, 0, 0]], dtype=float)
IDS = [1, 4, 5]

FOR_ALL = {
    "set": set(IDS),
    "frozenset": frozenset(IDS),
    "tuple": tuple(IDS),
    "whole floats": [1.0, 4.0, 5.0],
    "keys": dict.fromkeys(IDS).keys(),
    "generator": lambda: (i for i in IDS),
    "pandas": pd.Series(IDS),
    "pandas index": pd.Index(IDS),
    "pandas Int64": pd.Series(IDS, dtype="Int64"),
    "pandas mask": pd.Series(np.isin(range(6), IDS), dtype="boolean"),
    "pandas category": pd.Series(IDS, dtype="category"),
    "polars": pl.Series(IDS),
    "polars floats": pl.Series([1.0, 4.0, 5.0]),
    "pyarrow": pa.array(IDS),
    "chunked": pa.chunked_array([[1], [4, 5]]),
    "8 bits": np.array(IDS, dtype=np.uint8),
    "swapped": np.array(IDS, dtype=">i4"),
}
BY_ROW = {
    "sets": [set(IDS)] * 3,
    "tuples": (tuple(IDS),) * 3,
    "whole floats": [[1.0, 4.0, 5.0]] * 3,
    "of several kinds": [IDS, (1, 4, 5, 4), {4, 1, 5}],
    "generator": lambda: (IDS for _ in range(3)),
    "series": [pd.Series(IDS), pl.Series(IDS), pa.array(IDS)],
    "pandas": pd.Series([IDS] * 3),
    "polars": pl.Series([IDS] * 3),
    "pyarrow": pa.array([IDS] * 3),
    "frame": pd.DataFrame([[*IDS, -1]] * 3),
    "polars frame": pl.DataFrame({str(i): [i] * 3 for i in IDS}),
    "table": pa.table({str(i): [i] * 3 for i in IDS}),
    "8 bits stored 256 times": sparse.coo_array(
        (
            np.ones(256 * 9, np.int8),
            (np.repeat(range(3), 256 * 3), np.tile(IDS, 256 * 3)),
        ),
        shape=(3, 6),
    ),
}
ROWS = {
    "pandas": pd.DataFrame(X),
    "pandas Int64": pd.DataFrame(X).astype("Int64"),
    "pandas boolean": pd.DataFrame(X).astype("boolean"),
    "pandas sparse": pd.DataFrame.sparse.from_spmatrix(sparse.csr_matrix(X)),
    "polars": pl.DataFrame(X),
    "pyarrow": pa.table({str(j): column for j, column in enumerate(X.T)}),
    "lists": X.tolist(),
    "tuples": tuple(map(tuple, X)),
    "objects": X.astype(object),
    "masked, none hidden": np.ma.array(X),
    "generator": lambda: (row for row in X.tolist()),
}
RECOMMENDERS = [
    EASERecommender(),
    TransferRecommender(EASERecommender(), catalogue="all"),
    NewItemLimiter(EASERecommender()),
    AutoTransferRecommender([("EASE", EASERecommender())], catalogue="all"),
]


@pytest.mark.parametrize("form", [*FOR_ALL, *(f"{name} by row" for name in BY_ROW)])
@pytest.mark.parametrize("recommender", RECOMMENDERS, ids=lambda r: type(r).__name__)
def test_candidates(recommender, form):
    given = FOR_ALL[form] if form in FOR_ALL else BY_ROW[form.removesuffix(" by row")]
    given = given() if callable(given) else given
    model = recommender.fit(X)
    found, expected = (
        model.recommend(X, 3, candidates=c)[0] for c in (given, np.array(IDS))
    )
    assert_array_equal(found, expected)
    assert (found[:, 0] >= 0).all()


@pytest.mark.parametrize(
    "candidates",
    [
        "abc",
        ["pen"],
        {1: 4},
        [0.5],
        pd.Series([1, None, 5]),
        pa.array([1, None, 5]),
        np.ma.array([1, 4], mask=[False, True]),
        [[1], None, [2]],
        {"pen"},
        np.ones(X.shape[1], dtype=int),
        np.ones(X.shape),
    ],
    ids=lambda candidates: type(candidates).__name__,
)
def test_what_is_no_candidate_is_refused(candidates):
    with pytest.raises(ValueError, match="candidates must be"):
        EASERecommender().fit(X).recommend(X, candidates=candidates)


@pytest.mark.parametrize("form", [set, tuple, pl.Series, pa.array])
def test_catalogue(form):
    model = TransferRecommender(EASERecommender(), catalogue=form(IDS)).fit(X)
    assert_array_equal(np.flatnonzero(model.catalogue_), IDS)


@pytest.mark.filterwarnings("ignore:X (has|does not have) .*feature names")
@pytest.mark.parametrize("form", ROWS)
@pytest.mark.parametrize("recommender", RECOMMENDERS, ids=lambda r: type(r).__name__)
def test_interactions(recommender, form):
    def given():
        return ROWS[form]() if callable(ROWS[form]) else ROWS[form]

    expected = recommender.fit(X).predict(X)
    model = recommender.fit(given())
    assert_allclose(model.predict(given()), expected, atol=1e-6)
    items = model.recommend(given(), 3)[0]
    assert ndcg_at_k(given(), items) == ndcg_at_k(X, items)
    held_out = split_interactions(given(), last=1, time=given(), random_state=0)[1]
    same = split_interactions(X, last=1, time=X, random_state=0)[1]
    assert_array_equal(held_out.toarray(), same.toarray())


class TestPlaces:
    """More places than there are items."""

    @pytest.mark.parametrize(
        "recommender", RECOMMENDERS, ids=lambda r: type(r).__name__
    )
    def test_no_padding_without_end(self, recommender):
        model = recommender.fit(X)
        assert model.recommend(X, 40)[0].shape == (3, 40)
        with pytest.raises(ValueError, match=r"Pass k=6 to rank all of them"):
            model.recommend(X, 10**9)

    @pytest.mark.parametrize("metric", [ndcg_at_k, recall_at_k])
    def test_scorers_rank_all_items(self, metric):
        model = PopularityRecommender().fit(X)
        held_out = np.fliplr(X)
        found, expected = (
            make_ranking_scorer(metric, k=k)(model, X, held_out) for k in (10**9, 6)
        )
        assert found == pytest.approx(expected, abs=1e-15)

    def test_ndcg_of_a_short_list(self):
        # one of three relevant items is ranked, first: 1 / (1 + 1/log2(3) + 1/2)
        ideal = 1 + 1 / np.log2(3) + 1 / 2
        for k in (3, 10, 10**9):
            found = ndcg_at_k([[1, 1, 1, 0]], [[0]], k)
            assert found == pytest.approx(1 / ideal, abs=1e-15)
        assert ndcg_at_k([[1, 1, 1, 0]], [[0]], 2) == pytest.approx(1 / (ideal - 0.5))


class TestRawIds:
    """Ids that are no column numbers."""

    ids = (214_536_502, 7)

    @pytest.mark.parametrize(
        "recommender", RECOMMENDERS, ids=lambda r: type(r).__name__
    )
    def test_in_a_matrix(self, recommender):
        wide = sparse.csr_array(
            (np.ones(2), ([0, 1], self.ids)), shape=(2, self.ids[0] + 1)
        )
        with pytest.raises(ValueError, match=r"raw ids .* numpy.unique\(raw_ids"):
            recommender.fit(wide)

    def test_in_sessions(self):
        with pytest.raises(ValueError, match=r"raw ids .* numpy.unique\(raw_ids"):
            SequentialRecommender().fit([self.ids])

    def test_fewer_are_warned_of(self):
        with pytest.warns(UserWarning, match="200001 columns of items for 2 inter"):
            PopularityRecommender().fit(
                sparse.csr_array(([1.0, 1], ([0, 1], [7, 200_000])))
            )


SESSIONS = [[3, 1, 1], [0, 2, 2], [1, 3, 0]]
SESSION_FORMS = {
    "tuples": tuple(map(tuple, SESSIONS)),
    "whole floats": [[float(i) for i in row] for row in SESSIONS],
    "arrays": [np.array(row) for row in SESSIONS],
    "arrays of floats": [np.array(row, dtype=float) for row in SESSIONS],
    "deques": list(map(deque, SESSIONS)),
    "series": [pd.Series(SESSIONS[0]), pl.Series(SESSIONS[1]), pa.array(SESSIONS[2])],
    "generator": lambda: (row for row in SESSIONS),
    "generators": lambda: [(i for i in row) for row in SESSIONS],
    "pandas": pd.Series(SESSIONS),
    "pandas of arrays": pd.Series([np.array(row) for row in SESSIONS]),
    "a pandas column": pd.DataFrame({"items": SESSIONS}),
    "polars": pl.Series(SESSIONS),
    "a polars column": pl.DataFrame({"items": SESSIONS}),
    "pyarrow": pa.array(SESSIONS),
    "chunked": pa.chunked_array([SESSIONS[:1], SESSIONS[1:]]),
}


@pytest.mark.parametrize("form", SESSION_FORMS)
def test_sessions(form):
    def given():
        made = SESSION_FORMS[form]
        return made() if callable(made) else made

    expected = SequentialRecommender().fit(SESSIONS).predict(SESSIONS)
    model = SequentialRecommender().fit(given())
    assert model.n_features_in_ == 4
    assert_array_equal(model.predict(given()), expected)
    assert_array_equal(
        SessionVectorizer().fit_transform(given()).toarray(),
        SessionVectorizer().fit_transform(SESSIONS).toarray(),
    )


@pytest.mark.parametrize(
    ("sessions", "message"),
    [
        ([[0, 1], [0.5]], "got 0.5"),
        ([[0, None]], "got None"),
        ([[0, np.nan], [1, 2, 3]], "got nan"),
        ([[0.5, 1.5], [2.5, 1.0]], "got 0.5.*Pass rows of a matrix as an array"),
        ([[True, False], [False, True]], "got True"),
        ([{0, 1}, {2, 3}], "got set in row 0"),
        (["pen", "ink"], "got str in row 0"),
        ([[0, 1], None], "got NoneType in row 1"),
        ([[0, 1], {2, 3}], "got set in row 1"),
        ([[0, 1], {2: 3}], "got dict in row 1"),
        (pl.Series([[0, 1], None]), "got NoneType in row 1"),
    ],
    ids=repr,
)
def test_what_is_no_sequence_of_item_numbers_is_refused(sessions, message):
    with pytest.raises(
        TypeError, match=rf"(?s)^SequentialRecommender takes.*{message}"
    ):
        SequentialRecommender().fit(sessions)


@pytest.mark.parametrize(
    "sessions", [[["a", "b"], ["b"]], [np.array(["a"]), np.array(["b"])]], ids=repr
)
def test_a_model_of_numbers_knows_no_texts(sessions):
    model = SequentialRecommender().fit(SESSIONS)
    with pytest.raises(TypeError, match=r"(?s)got .*'a'.*Number the items first"):
        model.recommend(sessions)
    assert SequentialRecommender().fit(sessions).n_features_in_ == 2
