"""SessionVectorizer: weights counted by hand."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sktransfer.recommend import SessionVectorizer

SESSIONS = [["b", "a", "b"], ["c", "a"], []]


def test_recency_weights_by_hand():
    Z = SessionVectorizer(decay=0.5).fit_transform(SESSIONS)
    assert sparse.isspmatrix_csr(Z)
    assert Z.dtype == np.float32
    assert_array_equal(Z.toarray(), [[0.5, 1.25, 0], [1, 0, 0.5], [0, 0, 0]])


@pytest.mark.parametrize(
    ("settings", "row"),
    [
        ({"decay": 1.0}, [1, 2, 0]),
        ({"decay": 0.0}, [0, 1, 0]),
        ({"decay": 0.5, "aggregate": "last"}, [0.5, 1, 0]),
        ({"decay": 1.0, "aggregate": "last"}, [1, 1, 0]),
    ],
)
def test_decay_and_aggregate(settings, row):
    Z = SessionVectorizer(**settings).fit_transform(SESSIONS)
    assert_array_equal(Z[[0]].toarray()[0], row)


def test_zero_weights_are_not_stored():
    assert SessionVectorizer(decay=0.0).fit_transform(SESSIONS).nnz == 2


def test_windows_count_the_last_events():
    vectorizer = SessionVectorizer(windows=(1, 2)).fit(SESSIONS)
    Z = vectorizer.transform(SESSIONS).toarray()
    assert_array_equal(Z[:, 3:6], [[0, 1, 0], [1, 0, 0], [0, 0, 0]])
    assert_array_equal(Z[:, 6:], [[1, 1, 0], [1, 0, 1], [0, 0, 0]])
    assert vectorizer.get_feature_names_out()[7] == "b in last 2"


def test_pairs_are_ordered_and_the_most_frequent_kept():
    sessions = [["a", "b"], ["a", "b"], ["b", "c", "a"], ["a", "x", "b"]]
    vectorizer = SessionVectorizer(decay=0.5, n_pairs=1, pair_window=2).fit(sessions)
    assert_array_equal(vectorizer.get_feature_names_out()[4:], ["a > b"])
    Z = vectorizer.transform([*sessions, ["b", "a"], ["a", "b", "a"]])
    assert_allclose(Z.toarray()[:, 4], [1, 1, 0, 0.5, 0, 0.5])
    names = SessionVectorizer(n_pairs=99).fit(sessions).get_feature_names_out()
    assert "c > a" in names
    assert "a > c" not in names


def test_rare_and_unknown_items_are_left_out():
    vectorizer = SessionVectorizer(decay=0.5, min_count=2).fit(SESSIONS)
    assert_array_equal(vectorizer.items_, ["a", "b"])
    # c has no place: a is the only event
    assert_array_equal(vectorizer.transform([["a", "c"]]).toarray(), [[1, 0]])
    with pytest.raises(ValueError, match="no item that occurs 9"):
        SessionVectorizer(min_count=9).fit(SESSIONS)


def test_ids_of_any_kind():
    numbers = SessionVectorizer().fit([[10, 2], np.array([2, 5])])
    assert numbers.items_.dtype.kind == "i"
    assert_array_equal(numbers.items_, [2, 5, 10])
    mixed = SessionVectorizer().fit([["b", 3], [("t", 1), "a"]])
    assert list(mixed.items_) == ["b", 3, ("t", 1), "a"]
    assert mixed.transform([[("t", 1)]]).toarray()[0, 2] == 1


def test_long_sessions_keep_their_first_items_and_their_order():
    Z = SessionVectorizer(aggregate="last").fit_transform([list(range(800))])
    assert Z.nnz == 800
    assert (np.diff(Z.toarray()[0]) >= 0).all()


def test_a_row_depends_on_its_own_session(rng):
    sessions = [rng.integers(0, 9, n).tolist() for n in (3, 0, 5, 1)]
    vectorizer = SessionVectorizer(windows=(2,), n_pairs=5).fit(sessions)
    together = vectorizer.transform(sessions).toarray()
    for row, session in zip(together, sessions):
        assert_array_equal(vectorizer.transform([session]).toarray()[0], row)
    again = pickle.loads(pickle.dumps(vectorizer)).transform(sessions)
    assert_array_equal(again.toarray(), together)
    assert_array_equal(clone(vectorizer).fit_transform(sessions).toarray(), together)


def test_inside_a_pipeline(rng):
    sessions = [rng.permutation(6).tolist() for _ in range(200)]
    y = [s.index(0) > s.index(1) for s in sessions]
    order = make_pipeline(SessionVectorizer(), LogisticRegression(C=100))
    counts = make_pipeline(SessionVectorizer(decay=1.0), LogisticRegression(C=100))
    assert order.fit(sessions[:100], y[:100]).score(sessions[100:], y[100:]) > 0.9
    assert counts.fit(sessions[:100], y[:100]).score(sessions[100:], y[100:]) < 0.7


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"decay": 1.5}, "decay"),
        ({"aggregate": "mean"}, "aggregate"),
        ({"windows": (0,)}, "windows must be"),
        ({"windows": (2.5,)}, "windows must be"),
        ({"n_pairs": -1}, "n_pairs"),
        ({"pair_window": 0}, "pair_window"),
        ({"min_count": 0}, "min_count"),
    ],
)
def test_bad_parameters(settings, error):
    with pytest.raises(ValueError, match=error):
        SessionVectorizer(**settings).fit(SESSIONS)


def test_forms_of_sequences():
    expected = SessionVectorizer().fit_transform([["a", 1], [], ["b"]]).toarray()
    X = [("a", 1), [], np.array(["b"], dtype=object)]
    column = np.empty((3, 1), dtype=object)
    column[:, 0] = [["a", 1], [], ["b"]]
    forms = [X, column]
    pandas = pytest.importorskip("pandas")
    forms += [pandas.Series(X), pandas.DataFrame({"s": X})]
    for form in forms:
        vectorizer = SessionVectorizer()
        assert_array_equal(vectorizer.fit_transform(form).toarray(), expected)
        assert list(vectorizer.items_) == ["a", 1, "b"]
    table = SessionVectorizer().fit_transform(np.array([[1, 2], [3, 4]]))
    lists = SessionVectorizer().fit_transform([[1, 2], [3, 4]])
    assert_array_equal(table.toarray(), lists.toarray())


@pytest.mark.parametrize(
    "X",
    [
        "ab",
        5,
        np.array(3),
        {"a": [1]},
        sparse.csr_array((2, 2)),
        ["ab"],
        [[1], 2],
        [[None]],
        [[float("nan")]],
        [[[1]]],
    ],
)
def test_what_is_no_list_of_sequences(X):
    with pytest.raises(TypeError, match=r"^SessionVectorizer takes"):
        SessionVectorizer().fit(X)


def test_weights_of_very_long_sessions_do_not_vanish():
    session = ["first", *["other"] * 100_000]
    Z = SessionVectorizer(decay=0.5, aggregate="last").fit_transform([session])
    assert 0 < Z.toarray()[0, 0] < 1e-30
    assert SessionVectorizer().fit([["a"]]).transform([]).shape == (0, 1)


def test_bad_input():
    with pytest.raises(TypeError, match="takes a list of sequences"):
        SessionVectorizer().fit(["abc"])
    with pytest.raises(NotFittedError):
        SessionVectorizer().transform(SESSIONS)
    with pytest.raises(NotFittedError):
        SessionVectorizer().get_feature_names_out()
