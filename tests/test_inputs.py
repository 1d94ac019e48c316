"""Kinds of input x public estimators and functions: equal answers, or a clear error.

The answer to plain arrays of float64 is the truth. What cannot be meant is refused
with what was got and what to pass.
"""

import warnings
from functools import cache

import containers
import numpy as np
import pytest
import scipy.sparse as sp
from needed import NEEDED, count_letters
from numpy.testing import assert_allclose
from sklearn.base import clone
from sklearn.decomposition import NMF
from sklearn.utils import get_tags

from sktransfer import (
    CORAL,
    AutoTransferClassifier,
    ConformalTransferClassifier,
    CrossLingualMapper,
    DomainScaler,
    EASERecommender,
    EmbeddingVectorizer,
    EncoderFeatures,
    SequentialRecommender,
    TransferClassifier,
    TransferRegressor,
    WordVectors,
    metrics,
    moments,
)
from sktransfer.crosslingual import (
    Procrustes,
    SelfLearningAlignment,
    csls_neighbors,
)
from sktransfer.datasets import make_bilingual_reviews
from sktransfer.model_selection import TargetKFold, split_interactions
from sktransfer.text import LogCountRatioScaler, ScriptNgramCounter
from sktransfer.utils.discovery import all_estimators

rng = np.random.default_rng(0)
N = 40
X = rng.poisson(np.where(np.arange(2 * N)[:, None] < N, 3.0, 4.0), (2 * N, 4))
X = (X * [1, 1, 1, 9]).clip(0, 100).astype(np.float64)
X[::7] = [300, 0, 2, 1]  # more than eight bits hold
Y = np.where(X[:, 0] + X[:, 1] > 6, "good", "bad")
RATING = X[:, 0] - X[:, 2]
D = np.repeat([1, -1], N)
W = rng.uniform(0.5, 2, 2 * N)
REVIEWS = make_bilingual_reviews(40)


def classifier(strategy="pool", **parameters):
    if strategy in ("augment", "fine_tune", "boost"):
        parameters["target_labels"] = "use"
    return TransferClassifier(strategy=strategy, **parameters)


MODELS = {
    **{
        f"classifier {name}": classifier(name, mapper=CORAL())
        for name in ("pool", "augment", "fine_tune", "self_train", "boost", "distill")
    },
    "classifier of plain rows": classifier(),
    "classifier distill, plain rows": classifier("distill"),
    "conformal": ConformalTransferClassifier(classifier(mapper=CORAL()), cv=2),
    "regressor": TransferRegressor(mapper=CORAL()),
    "regressor distill": TransferRegressor(strategy="distill"),
    "auto": AutoTransferClassifier(
        [("coral", classifier(mapper=CORAL()))], guard=False
    ),
}
PARAMETERS = NEEDED | {
    "ClusterInstanceSelector": {"random_state": 0},
    "TopicFeatureSelector": {"topic_model": NMF(3, max_iter=2000, random_state=0)},
    "GensimLDA": {"random_state": 0},
    "PLSA": {"n_components": 3, "random_state": 0},
    "GibbsLDA": {"n_components": 3, "random_state": 0},
}


def tables_of_domains():
    """Estimators of rows, labels and domains, by name."""
    named = dict(all_estimators("weighter") + all_estimators("mapper"))
    for name, estimator in all_estimators():
        if name.endswith(("Selector", "LDA", "PLSA", "Scaler")):
            named[name] = estimator
    for other in ("CrossLingualMapper", "EncoderFeatures", "GibbsLDA"):
        del named[other]  # of texts; of an optional package
    return {name: new(**PARAMETERS.get(name, {})) for name, new in named.items()}


ESTIMATORS = MODELS | tables_of_domains()


def answer(name, rows=X, labels=None, domain=D, weight=None, ask=None):
    """What an estimator gives for the rows X after a fit to rows in some container."""
    model = clone(ESTIMATORS[name])
    if labels is None:
        labels = RATING if "regressor" in name else Y
    given = {} if weight is None else {"sample_weight": weight}
    if takes(model, "sample_domain"):
        given["sample_domain"] = domain
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(rows, labels, **given)
        if ask is None:
            ask = X
        weights = getattr(model, "weights_", None)
        if isinstance(weights, np.ndarray):  # of rows
            return weights
        method = next(
            m for m in ("predict_proba", "predict", "transform") if hasattr(model, m)
        )
        found = getattr(model, method)(ask)
    return found.toarray() if sp.issparse(found) else np.asarray(found, float)


def takes(model, argument):
    from inspect import signature

    return argument in signature(model.fit).parameters


@cache
def truth(name, flags=False):
    return answer(name, rows=(X > 3).astype(float) if flags else X)


def require_same(found, expected, tolerance=1e-6):
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.slow
@pytest.mark.parametrize("name", ESTIMATORS)
def test_rows_in_every_container(name):
    for rows in containers.tables(X).values():
        require_same(answer(name, rows=rows), truth(name))


@pytest.mark.slow
@pytest.mark.parametrize("name", ESTIMATORS)
def test_new_rows_in_every_container(name):
    for ask in containers.tables(X).values():
        require_same(answer(name, ask=ask), truth(name))


@pytest.mark.slow
@pytest.mark.parametrize("name", ESTIMATORS)
def test_numbers_of_every_type(name):
    for dtype in containers.WHOLE_TYPES:
        if dtype == "?":
            require_same(answer(name, rows=X > 3), truth(name, flags=True))
            continue
        small = X.clip(0, 100)
        given = X if np.can_cast(np.int16, dtype) or dtype in ("f2", "O") else small
        expected = truth(name) if given is X else answer(name, rows=small)
        found = answer(name, rows=given.astype(dtype))
        require_same(found, expected, 1e-2 if dtype == "f4" else 1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("name", ESTIMATORS)
def test_repeated_entries_are_summed_in_full(name):
    if name == "DomainScaler":
        pytest.skip("it moves means, so it refuses sparse rows: see its own tests")
    if not get_tags(ESTIMATORS[name]).input_tags.sparse and name not in MODELS:
        with pytest.raises(TypeError, match=r"[Ss]parse"):
            answer(name, rows=sp.csr_array(X))
        return
    expected = answer(name, rows=sp.csr_array(X))
    for rows in containers.repeated(X).values():
        kept = [a.copy() for a in (rows.data, rows.nonzero()[0])]
        require_same(answer(name, rows=rows), expected)
        assert all(
            np.array_equal(a, b) for a, b in zip(kept, (rows.data, rows.nonzero()[0]))
        )


@pytest.mark.slow
@pytest.mark.parametrize("name", ESTIMATORS)
def test_labels_and_domains_in_every_container(name):
    labels = containers.columns(RATING if "regressor" in name else Y)
    domains = containers.columns(D)
    for kind in labels | domains:  # both in one fit
        found = answer(name, labels=labels.get(kind), domain=domains.get(kind, D))
        require_same(found, truth(name))


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [n for n, m in ESTIMATORS.items() if takes(m, "sample_weight")]
)
def test_weights_in_every_container(name):
    expected = answer(name, weight=W)
    for given in containers.columns(W).values():
        require_same(answer(name, weight=given), expected)


@pytest.mark.slow
@pytest.mark.parametrize("name", ESTIMATORS)
@pytest.mark.parametrize("argument", ["rows", "labels", "domain"])
def test_what_has_no_order_is_refused(name, argument):
    model = ESTIMATORS[name]
    if argument == "labels" and not reads_labels(name):
        return
    if argument == "domain" and not takes(model, "sample_domain"):
        return
    values = {"rows": X, "labels": Y, "domain": D}[argument]
    for kind, given in containers.unordered(values).items():
        with pytest.raises((TypeError, ValueError)) as caught:
            answer(name, **{argument: given})
        message = str(caught.value)
        word = {"set": "set", "dict": "dict", "text": "str"}[kind]
        assert word in message, message
        assert "Pass" in message or "list" in message, message


def reads_labels(name):
    return name in MODELS or name in (
        "LabelShiftInstanceWeighter",
        "LogCountRatioScaler",
        "TopicFeatureSelector",
        "TransferFeatureSelector",
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", ESTIMATORS)
def test_hidden_entries_of_rows_are_refused(name):
    with pytest.raises(ValueError, match=r"masked entries.*[Ff]ill"):
        answer(name, rows=np.ma.array(X, mask=X > 20))


HIDDEN = np.ma.array([[1, 2], [0, 2], [0, 1]], mask=[[0, 1]] * 3)
READERS = {
    "rows": lambda rows: DomainScaler().fit(rows, sample_domain=[1, 1, -1]),
    "interactions": lambda rows: EASERecommender().fit(rows),
    "states": lambda rows: moments.Moments.empty(2).update(rows),
    "candidates": lambda rows: (
        EASERecommender().fit(np.eye(3)).recommend(np.eye(3), candidates=rows)
    ),
    "rankings": lambda rows: metrics.ndcg_at_k(np.eye(3), rows, k=2),
    "sequences": lambda rows: SequentialRecommender().fit(rows),
}


@pytest.mark.parametrize("form", [list, tuple, iter])
@pytest.mark.parametrize("reader", READERS)
def test_what_rows_hide_is_not_read(reader, form):
    READERS[reader](form(HIDDEN.data.copy()))  # shown, all is read
    with pytest.raises((ValueError, TypeError)):
        READERS[reader](form(HIDDEN))


def test_rankings_that_hide_items_are_refused():
    with pytest.raises(ValueError, match="dtype object"):
        metrics.ndcg_at_k(np.eye(3), HIDDEN, k=2)


@pytest.mark.parametrize("name", [n for n, _ in all_estimators("recommender")])
def test_missing_interactions_are_refused(name):
    estimator = dict(all_estimators("recommender"))[name]()
    with pytest.raises((ValueError, TypeError), match=r"NaN|got None"):
        estimator.fit([[1, None, 2], [1, 1, 0], [2, 0, 1]])


def test_sparse_frames_may_leave_out_missing_values():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X).astype(pd.SparseDtype(float))  # fill value NaN
    rows = CORAL().fit(frame, sample_domain=D).transform(frame)
    assert_allclose(rows, CORAL().fit(X, sample_domain=D).transform(X))


def test_the_automatic_choice_is_that_of_the_sparse_matrix():
    pd = pytest.importorskip("pandas")
    for rows in (X - X.mean(0).round(), X):  # with values below 0, and counts
        M = sp.csr_array(rows * (X > 1))
        frame = pd.DataFrame.sparse.from_spmatrix(M)
        found, expected = (
            AutoTransferClassifier().fit(rows, Y, sample_domain=D)
            for rows in (frame, M)
        )
        assert list(found.estimators_) == list(expected.estimators_)
        require_same(found.predict_proba(frame), expected.predict_proba(M))


def test_sparse_frames_where_dense_ones_are_needed():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame.sparse.from_spmatrix(sp.csr_array(X))
    for reader in (Procrustes().fit, SelfLearningAlignment().fit, csls_neighbors):
        with pytest.raises(TypeError, match=r"Pass X.sparse.to_dense\(\)"):
            reader(frame, X)


@pytest.mark.parametrize("form", ["array", "Series"])
def test_whole_labels_beside_a_missing_one_stay_whole(form):
    pd = pytest.importorskip("pandas")
    big = 2**53
    labels = [big + int(v) for v in X[:, 0] > 6]
    labels[-1] = None
    labels = getattr(pd, form)(labels, dtype="Int64")
    classes = TransferClassifier().fit(X, labels, sample_domain=D).classes_
    assert classes.tolist() == [big, big + 1]


@pytest.mark.slow
@pytest.mark.parametrize("name", list(MODELS))
def test_hidden_labels_are_missing_labels(name):
    labels = RATING if "regressor" in name else Y
    known = np.ones(2 * N, bool)
    known[1:N:5] = False
    wrong = np.where(known, labels, -9.0 if "regressor" in name else "another")
    plain = labels.astype(object)
    plain[~known] = None
    expected = answer(name, labels=plain)
    require_same(answer(name, labels=np.ma.array(wrong, mask=~known)), expected)


# ------------------------------------------------------------------------------ texts


TEXT_MODELS = {
    "encoder": lambda: TransferClassifier(mapper=EncoderFeatures(count_letters)),
    "mapper": lambda: TransferClassifier(mapper=CrossLingualMapper(REVIEWS.dictionary)),
    "distill": lambda: TransferClassifier(
        mapper=CrossLingualMapper(REVIEWS.dictionary), strategy="distill"
    ),
    "vectors": lambda: TransferClassifier(
        mapper=EmbeddingVectorizer(WordVectors(vector_size=8, epochs=2, random_state=0))
    ),
    "n-grams": lambda: TransferClassifier(mapper=ScriptNgramCounter()),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", TEXT_MODELS)
def test_texts_in_every_container(name):
    texts, labels, d = list(REVIEWS.data), REVIEWS.target, REVIEWS.sample_domain
    expected = TEXT_MODELS[name]().fit(texts, labels, sample_domain=d)
    expected = expected.predict_proba(texts)
    for container, rows in containers.columns(texts).items():
        model = TEXT_MODELS[name]().fit(rows, labels, sample_domain=d)
        ask = containers.columns(texts)[container]
        require_same(model.predict_proba(ask), expected)
    for given in containers.unordered(texts).values():
        with pytest.raises(TypeError, match=r"list|Pass"):
            TEXT_MODELS[name]().fit(given, labels, sample_domain=d)


BYTE_READERS = TEXT_MODELS | {
    "auto": lambda: AutoTransferClassifier(),
    "word vectors": lambda: WordVectors(),
}
del BYTE_READERS["encoder"]  # which may be one of bytes


@pytest.mark.parametrize("rows", [slice(None), slice(1), slice(3, 4)], ids=repr)
@pytest.mark.parametrize("name", BYTE_READERS)
def test_bytes_among_texts_are_to_be_decoded(name, rows):
    texts, model = np.array(REVIEWS.data, dtype=object), BYTE_READERS[name]()
    texts[rows] = [text.encode() for text in texts[rows]]
    domains = takes(model, "sample_domain")
    given = {"sample_domain": REVIEWS.sample_domain} if domains else {}
    for container in (list, np.asarray):
        with pytest.raises(TypeError, match=r"got bytes.* Decode"):
            model.fit(container(texts), REVIEWS.target, **given)


# -------------------------------------------------------------------------- functions


SIDES = {
    "mmd": metrics.mmd,
    "coral_distance": metrics.coral_distance,
    "proxy_a_distance": metrics.proxy_a_distance,
}
STATES = {
    name: getattr(moments, name) for name in ("Moments", "ColumnMoments", "GramMoments")
}


@pytest.mark.parametrize("name", SIDES)
def test_distances_of_rows_in_every_container(name):
    distance, A, B = SIDES[name], X[:N], X[N:]
    expected = distance(A, B)
    for given in containers.tables(A).values():
        require_same(distance(given, B), expected)
    for kind, given in containers.repeated(A).items():
        (
            require_same(
                distance(given, sp.csr_array(B)),
                distance(sp.csr_array(A), sp.csr_array(B)),
            ),
            kind,
        )
    for given in containers.unordered(A).values():
        with pytest.raises((TypeError, ValueError), match=r"Pass|list"):
            distance(given, B)


@pytest.mark.parametrize("name", STATES)
def test_states_of_rows_in_every_container(name):
    def dump(rows):
        return STATES[name].empty(X.shape[1]).update(rows).to_bytes()

    expected = dump(X)
    for given in containers.tables(X).values():
        assert dump(given) == expected
    for dtype in ("i2", "i8", "f2", ">f8", "O"):
        assert dump(X.astype(dtype)) == expected
    for given in containers.repeated(X).values():
        assert dump(given) == dump(sp.csr_array(X))


def test_rows_whose_entries_stand_in_any_order():
    """Vectorizers leave rows unsorted; repeats may stand apart in them."""
    indptr = [0, 3, 5]
    once = sp.csr_array(([1.0, 2.0, 4.0, 3.0, 1.0], [2, 0, 1, 2, 1], indptr))
    apart = sp.csr_array(([1.0, 2.0, 4.0, 3.0, 1.0], [2, 0, 2, 2, 1], indptr))
    counter = LogCountRatioScaler()
    for rows in (once, apart):
        found = counter.fit_transform(rows, [0, 1])
        expected = counter.fit_transform(sp.csr_array(rows.toarray()), [0, 1])
        assert np.array_equal(found.toarray(), expected.toarray())
    kept = counter.fit_transform(once, [0, 1])  # nothing to sum: no copy is sorted
    assert kept.indices.tolist() == once.indices.tolist()


def test_chunks_and_tiles_sum_repeated_entries_in_full():
    for given in containers.repeated(X).values():
        chunks = list(moments.csr_chunks(given, 7))
        assert np.array_equal(sp.vstack(chunks).toarray(), X)
        for _, tile in moments.gram_tiles([given], X.shape[1]):
            assert np.array_equal(tile, X.T @ X)


def test_interactions_of_every_type_are_split_alike():
    times = sp.csr_array(np.where(X > 0, np.arange(X.size).reshape(X.shape) + 1.0, 0))
    expected = split_interactions(sp.csr_array(X), time=times, last=1)
    forms = [X.astype(t) for t in ("i2", "i8", "f4", ">f8")]
    forms += list(containers.repeated(X).values())
    for given in forms:
        found = split_interactions(given, time=times, last=1)
        for a, b in zip(found, expected):
            assert np.array_equal(sp.csr_array(a).toarray(), b.toarray())


def test_folds_take_every_container():
    expected = list(TargetKFold(3, shuffle=True, random_state=0).split(X, Y, D))
    for labels in containers.columns(Y).values():
        found = TargetKFold(3, shuffle=True, random_state=0).split(X, labels, D)
        for a, b in zip(found, expected):
            assert all(map(np.array_equal, a, b))
    for domain in containers.columns(D).values():
        found = TargetKFold(3, shuffle=True, random_state=0).split(X, Y, domain)
        for a, b in zip(found, expected):
            assert all(map(np.array_equal, a, b))


def test_augmented_rows_have_indices_that_liblinear_takes():
    """scikit-learn's liblinear, SVC, SGD and forests take 32 bits and no others."""
    from sklearn.svm import LinearSVC

    model = TransferClassifier(LinearSVC(), strategy="augment", target_labels="use")
    found = model.fit(sp.csr_array(X), Y, sample_domain=D).predict(sp.csr_array(X))
    assert np.array_equal(found, model.fit(X, Y, sample_domain=D).predict(X))
