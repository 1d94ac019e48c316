"""New items: leave-one-out, laws of content, calibration, and those of recommenders."""

import pickle
from typing import ClassVar

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from recommender_laws import RecommenderLaws, checkerboard, random_interactions
from scipy import sparse
from sklearn.kernel_ridge import KernelRidge

from sktransfer.recommend import ColdStartRecommender, EASERecommender
from sktransfer.recommend.content._blend_search import (
    OPTIONS,
    Blend,
    blend_known_and_new,
    largest_as_good,
    scale_over_untaken,
    standardize_over_known,
    weigh_known_items,
)
from sktransfer.recommend.content._kernel_ridge import (
    ContentRidge,
    LinearContentRidge,
    content_kernel,
    content_ridge,
    leave_one_out,
    ridge_on_content,
    scaled_content,
)
from sktransfer.recommend.content._simulated_new_items import mean_ndcg, new_item_trial
from sktransfer.recommend.content._values import (
    blend_values,
    moments_over_untaken,
    popularity,
    prediction_scale,
    rarity_factors,
)


class TestWithoutContent(RecommenderLaws):
    grid: ClassVar = {"l2": [0.5, 50.0]}

    def model(self):
        return ColdStartRecommender(l2=2.0)


CHOSEN = {
    "degree": 5,
    "content_l2": 1.0,
    "interaction_share": 0.2,
    "popularity_weight": 0.1,
    "shrinkage": 3.0,
    "calibration": (1.0, 0.5),
}


def shop(rng, n_rows=150, n_items=30):
    """Items of three kinds, told by their content; users take those of one kind."""
    kind = np.arange(n_items) % 3
    taste = rng.integers(0, 3, n_rows)
    p = np.where(taste[:, None] == kind, 0.5, 0.05) * rng.uniform(0.4, 1, n_items)
    X = (rng.random((n_rows, n_items)) < p).astype(np.float64)
    X[np.arange(n_items), np.arange(n_items)] = 1
    content = np.eye(3)[kind] + 0.2 * rng.random((n_items, 3))
    return sparse.csr_array(X), content, kind


def without(X, items):
    mask = np.ones(X.shape[1])
    mask[items] = 0
    A = sparse.csr_array(X.multiply(mask[None]))
    A.eliminate_zeros()
    return A


def test_without_content_it_is_ease(rng):
    X = random_interactions(rng)
    expected = EASERecommender(5.0).fit(X).predict(X)
    assert_allclose(ColdStartRecommender(l2=5.0).fit(X).predict(X), expected)


def test_content_tells_which_users_take_a_new_item(rng):
    X, content, kind = shop(rng)
    new = [3, 10, 20]
    model = ColdStartRecommender(content, l2=10.0).fit(without(X, new))
    scores = model.predict(without(X, new))
    assert_array_equal(model.known_, np.setdiff1d(np.arange(30), new))
    for item in new:
        taken = X[:, [item]].toarray().ravel() > 0
        likely = X.toarray()[:, kind == kind[item]].sum(axis=1) >= 3
        assert scores[likely, item].mean() > scores[~likely, item].mean() + 1
        assert scores[taken, item].mean() > scores[~taken, item].mean()
    values = model.validation_scores_
    assert values["together"] > values["collaborative"]
    assert 0 < values["new"] <= 1


def test_a_new_item_with_the_content_of_an_old_one_scores_like_it(rng):
    X, content, _ = shop(rng)
    X = sparse.hstack([X, sparse.csr_array((150, 1))]).tocsr()
    content = np.vstack([content, content[4]])
    # an old item that nobody has taken yet has no collaborative score, so all that
    # differs is that the regression has seen the values of the old one
    model = ColdStartRecommender(content, **{**CHOSEN, "shrinkage": 1e9}).fit(X)
    scores = model.predict(X)
    unseen = X[:, [4]].toarray().ravel() == 0
    correlation = np.corrcoef(scores[unseen, 4], scores[unseen, 30])[0, 1]
    assert correlation > 0.95
    twins = ColdStartRecommender(np.vstack([content, content[30]]), **CHOSEN).fit(
        sparse.hstack([X, sparse.csr_array((150, 1))]).tocsr()
    )
    found = twins.predict(sparse.hstack([X, sparse.csr_array((150, 1))]).tocsr())
    assert_allclose(found[:, 30], found[:, 31])


def test_leave_one_out_is_the_regression_without_the_item(rng):
    F, _ = scaled_content(rng.normal(size=(12, 4)), np.float64)
    K = content_kernel(F, degree=5)
    values = rng.normal(size=(3, 12))
    P, diagonal = content_ridge(K.copy(), 0.7)
    found = leave_one_out(values, values @ P, diagonal)
    for j in range(12):
        others = np.arange(12) != j
        ridge = KernelRidge(alpha=0.7, kernel="precomputed")
        ridge.fit(K[np.ix_(others, others)], values[:, others].T)
        assert_allclose(found[:, j], ridge.predict(K[[j]][:, others])[0])


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
def test_few_columns_of_content_give_the_same_regression(rng, kind):
    F = rng.normal(size=(40, 5)) * (rng.random((40, 5)) < 0.5)
    F[3] = 0
    expected = content_ridge(content_kernel(F), 0.3)
    found = ridge_on_content(kind(F), 1, 0.3)
    assert isinstance(found, LinearContentRidge)
    assert_allclose(found.diagonal, expected.diagonal)
    values = rng.normal(size=(7, 40))
    assert_allclose(found.solve(values), values @ expected.inverse)
    assert_allclose(found.solve(values[0]), values[0] @ expected.inverse)
    assert isinstance(ridge_on_content(kind(F), 5, 0.3), ContentRidge)
    wide = ridge_on_content(kind(F[:9]), 1, 0.3)
    assert isinstance(wide, ContentRidge)
    assert_allclose(wide.inverse, content_ridge(content_kernel(F[:9]), 0.3).inverse)


def test_predictions_are_brought_to_the_size_of_interactions(rng):
    X = sparse.csr_array(np.array([[3.0, 0], [0, 4]]))
    B = np.array([[0, 1.0], [0.5, 0]])  # X B has the rows (0, 3) and (2, 0)
    assert prediction_scale(X, B, np.ones(2)).unit == pytest.approx(5 / np.sqrt(13))
    w = np.array([2.0, 0])
    assert prediction_scale(X, B, w).unit == pytest.approx(1)  # the first row alone
    assert prediction_scale(X, 7 * B, w).unit == pytest.approx(1 / 7)
    assert prediction_scale(X, 0 * B, w) == (1, 1)
    many = random_interactions(rng).astype(np.float32)
    twice = sparse.vstack([many, many], format="csr")
    B, w = rng.normal(size=(many.shape[1],) * 2), np.full(many.shape[0], 2.0)
    expected = prediction_scale(twice, B, np.ones(twice.shape[0]))
    assert prediction_scale(many, B, w) == pytest.approx(expected)


def test_spread_of_predictions_is_that_of_items_not_taken():
    X = sparse.csr_array(np.array([[2.0, 0, 0], [0, 1, 0], [1, 1, 1]]))
    B = np.array([[0, 1.0, 3], [2, 9, 10], [1, 1, 1]])
    # deviations of (2, 6) and of (2, 10); nothing is left for the last row
    assert prediction_scale(X, B, np.ones(3)).spread == pytest.approx(np.sqrt(2 * 4))
    w = np.array([3.0, 1, 5])
    assert prediction_scale(X, B, w).spread == pytest.approx(2**0.75 * 4**0.25)
    mean, deviation = moments_over_untaken(X @ B, X.toarray() != 0)
    assert_allclose(mean.ravel(), [4, 6, 0])
    assert_allclose(deviation.ravel(), [2, 4, 0])
    assert moments_over_untaken(np.full((1, 3), 0.1), np.eye(1, 3, dtype=bool))[1] == 0


def test_users_who_are_known_well_keep_a_part_of_it():
    E = np.array([[1.0, 5, 9], [10, 50, 90], [3, 3, 3]])
    taken = np.array([[0, 0, 1], [0, 0, 1], [0, 0, 0]], dtype=bool)
    found = scale_over_untaken(E, taken, 2.0)
    assert_allclose(found[0], [-1, 1, 3])
    assert_allclose(found[1], 10**0.25 * found[0])
    assert_array_equal(found[2], 0)


def test_rarity_by_hand():
    assert_allclose(rarity_factors(np.array([1.0, 4, 16]), 0.5), [2, 1, 0.5])
    assert_allclose(rarity_factors(np.array([1.0, 4, 16]) * 7, 0.5), [2, 1, 0.5])
    assert_array_equal(rarity_factors(np.array([1.0, 4, 16]), 0), 1)
    assert rarity_factors(np.ones(2, dtype=np.float32), 0.5).dtype == np.float32
    assert rarity_factors(np.array([]), 0.5).size == 0


def test_popularity_is_the_regression_on_its_logarithm(rng):
    F, _ = scaled_content(rng.normal(size=(10, 3)), np.float64)
    K = content_kernel(F[:8])
    logs = rng.normal(size=8)
    found = popularity(logs, content_ridge(K.copy(), 0.5), content_kernel(F[:8], F[8:]))
    ridge = KernelRidge(alpha=0.5, kernel="precomputed").fit(K, logs - logs.mean())
    assert_allclose(found[8:], ridge.predict(content_kernel(F[8:], F[:8])))


def test_score_of_a_new_item_by_hand():
    # orthogonal contents: the new item is like the first one only, k = (c, 0, 0)
    X = np.array([[1.0, 1, 0, 0], [1, 0, 1, 0], [1, 1, 1, 0], [1, 0, 0, 0]])
    content = np.array([[1, 0, 0.0], [0, 1, 0], [0, 0, 1], [1, 0, 0]])
    model = ColdStartRecommender(
        content,
        **{**CHOSEN, "degree": 1, "content_l2": 1.0, "interaction_share": 0.2},
        l2=2.0,
    ).fit(X)
    B = EASERecommender(2.0).fit(X[:, :3]).item_weights_
    unit = np.linalg.norm(X) / np.linalg.norm(X[:, :3] @ B)
    values = blend_values(unit * B, np.eye(3), 0.2)[:, 0]
    n = np.array([4.0, 2, 2])
    expected = values * (np.prod(n) ** (1 / 3) / 4) ** 0.25 / 2  # (K + 1)^-1 = 1/2
    assert_allclose(model.content_weights_[:, 3], expected)
    # known items have contents that no other has: nothing is predicted of them
    assert_allclose(model.content_weights_[:, :3], 0, atol=1e-12)


def test_power_makes_popular_items_count_less(rng):
    X, content, _ = shop(rng)
    counts = np.asarray(without(X, [3]).sum(axis=0)).ravel()
    most = int(np.argmax(counts))
    share = []
    for power in (0.0, 0.25, 1.0):
        model = ColdStartRecommender(content, popularity_power=power, **CHOSEN)
        W = np.abs(model.fit(without(X, [3]))._values())
        share.append(W[:, np.searchsorted(model.known_, most)].sum() / W.sum())
    assert share[0] > share[1] > share[2]


def test_kernel_by_hand():
    F = np.array([[2.0, 0], [0, 1], [1, 1], [0, 0]])
    assert_allclose(content_kernel(F), F @ F.T)
    c = np.sqrt(0.5)
    K = content_kernel(F, degree=5)
    assert_allclose(K[0, 2], 2 * np.sqrt(2) * (c + c**3 + c**5) / 3)
    assert_allclose(np.diag(K), [4, 1, 2, 0])
    assert_allclose(content_kernel(F, F[2:], degree=5), K[:, 2:])
    assert_allclose(content_kernel(-F, F, degree=5), -K)  # unlike items stay unlike
    assert np.linalg.eigvalsh(K).min() > -1e-12
    S = sparse.csr_array(F)
    assert_allclose(content_kernel(S, degree=5), K)
    assert_allclose(
        content_kernel(S, S[2:], degree=3), content_kernel(F, F[2:], degree=3)
    )


def test_content_is_scaled_to_a_mean_square_length_of_one(rng):
    F = rng.normal(size=(20, 3)) * 1e30
    F[3] = 0
    Z, unit = scaled_content(F, np.float64)
    assert_allclose((Z**2).sum() / 20, 1)
    assert_allclose(Z * unit, F)
    S, same = scaled_content(sparse.csr_matrix(F), np.float64)
    assert_allclose(S.toarray(), Z)
    assert same == pytest.approx(unit)
    long, _ = scaled_content(F * 100, np.float64, unit=unit)
    assert_allclose(np.linalg.norm(long, axis=1)[[0, 3]], [3, 0])
    zero, unit = scaled_content(np.zeros((3, 2)), np.float32)
    assert zero.dtype == np.float32
    assert (zero == 0).all()
    assert unit == 1


@pytest.mark.parametrize("given", [{}, CHOSEN])
def test_scale_of_content_and_order_of_rows_and_items(rng, given):
    X, content, _ = shop(rng)
    X = without(X, [5, 6])
    expected = ColdStartRecommender(content, l2=20.0, **given).fit(X)
    scores = expected.predict(X)
    rows, items = rng.permutation(150), rng.permutation(30)
    scaled = ColdStartRecommender(1e3 * content, l2=20.0, **given).fit(X[rows])
    assert scaled.blend_ == expected.blend_
    assert_allclose(scaled.predict(X), scores, atol=1e-9)
    renamed = ColdStartRecommender(content[items], l2=20.0, **given).fit(X[:, items])
    assert renamed.blend_ == expected.blend_
    assert_allclose(renamed.predict(X[:, items]), scores[:, items], atol=1e-9)


def test_sparse_content_and_interactions_equal_dense(rng):
    X, content, _ = shop(rng)
    content[content < 0.1] = 0
    expected = ColdStartRecommender(content).fit(X).predict(X)
    for kind in (sparse.csr_matrix, sparse.csc_array, sparse.coo_array):
        model = ColdStartRecommender(kind(content)).fit(kind(X))
        assert sparse.issparse(model._features)
        assert_allclose(model.predict(kind(X)), expected, atol=1e-9)
    single = ColdStartRecommender(content).fit(X.astype(np.float32))
    assert single.content_weights_.dtype == np.float32
    found = single.predict(X.astype(np.float32))
    assert found.dtype == np.float32
    assert_allclose(found, expected, atol=1e-3)


def test_a_weight_of_two_is_the_row_twice(rng):
    X, content, _ = shop(rng)
    w = np.arange(150) % 3
    weighted = ColdStartRecommender(content, **CHOSEN).fit(X, sample_weight=w)
    twice = X[np.repeat(np.arange(150), w)]
    repeated = ColdStartRecommender(content, **CHOSEN).fit(twice)
    assert_allclose(weighted.predict(X), repeated.predict(X), atol=1e-9)


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
def test_items_added_later_score_as_if_they_had_been_there(rng, kind):
    X, content, _ = shop(rng)
    new = np.array([27, 28, 29])
    X = without(X, new)
    content = kind(content)
    whole = ColdStartRecommender(content, **CHOSEN).fit(X)
    model = ColdStartRecommender(content[:27], **CHOSEN).fit(X[:, :27])
    before = model.predict(X[:, :27])
    assert model.add_items(content[27:28]) is model
    other = content[28:]  # may be dense or sparse, whatever the first was
    other = sparse.csr_array(other) if kind is np.asarray else other.toarray()
    found = model.add_items(other).predict(X)
    assert model.n_features_in_ == 30
    assert_allclose(found[:, :27], before)
    assert_allclose(found, whole.predict(X))
    again = pickle.loads(pickle.dumps(model))
    assert_allclose(again.predict(X), found)
    with pytest.raises(ValueError, match="features"):
        model.predict(X[:, :27])


def test_names_of_added_items(rng):
    pandas = pytest.importorskip("pandas")
    X, content, _ = shop(rng)
    frame = pandas.DataFrame(X.toarray(), columns=[f"P{i}" for i in range(30)])
    model = ColdStartRecommender(content, **CHOSEN).fit(frame)
    with pytest.raises(ValueError, match="names must be one name"):
        model.add_items(content[:2])
    model.add_items(content[:2], names=["N0", "N1"])
    assert list(model.feature_names_in_[-2:]) == ["N0", "N1"]
    frame["N0"], frame["N1"] = 0.0, 0.0
    assert model.predict(frame).shape == (150, 32)
    plain = ColdStartRecommender(content, **CHOSEN).fit(X)
    with pytest.raises(ValueError, match="names must be one name"):
        plain.add_items(content[:2], names=["a", "b"])


def test_interactions_take_over_from_content():
    E, C = np.array([[2.0, 0.0]]), np.array([[0.0, 2.0, 1.0]])
    blend = Blend(shrinkage=10.0, scale=2.0, offset=0.5)
    few = blend_known_and_new(E, C, np.array([0.0, 0.0]), blend)
    assert_allclose(few, [[0.5, 4.5, 2.5]])  # content alone
    some = blend_known_and_new(E, C, np.array([10.0, 30.0]), blend)
    assert_allclose(some, [[0.5 * 2 + 0.5 * 0.5, 0.25 * 4.5, 2.5]])
    many = blend_known_and_new(E, C, np.array([1e12, 1e12]), blend)
    assert_allclose(many, [[2.0, 0.0, 2.5]], atol=1e-9)


def test_offset_shows_more_new_items(rng):
    X, content, _ = shop(rng)
    X = without(X, np.arange(24, 30))
    shown = []
    for offset in (-3.0, 0.0, 3.0):
        given = {**CHOSEN, "calibration": (1.0, offset)}
        model = ColdStartRecommender(content, **given).fit(X)
        shown.append((model.recommend(X, 5)[0] >= 24).mean())
    assert shown[0] < shown[1] < shown[2]


def test_users_without_interactions_get_what_is_popular(rng):
    X, content, _ = shop(rng)
    model = ColdStartRecommender(content, **{**CHOSEN, "shrinkage": 1e-9}).fit(X)
    scores = model.predict(sparse.csr_array((2, 30)))
    popular = np.asarray(X.sum(axis=0)).ravel()
    assert_array_equal(scores[0], scores[1])
    assert (np.diff(scores[0][np.argsort(popular, kind="stable")]) >= -1e-8).all()


def test_standardized_by_hand():
    found = standardize_over_known(np.array([[1.0, 3, 5], [2, 2, 9]]), 2)
    assert_allclose(found, [[-1, 1, 3], [0, 0, 0]])


def test_trial_holds_back_items_and_interactions_whatever_their_order(rng):
    X, content, _ = shop(rng, 300, 40)
    w = np.ones(300)
    trial = new_item_trial(X, content, w)
    assert trial.new.size == 8
    assert_array_equal(np.union1d(trial.known, trial.new), np.arange(40))
    share = 1 - trial.given.nnz / X[:, trial.known].nnz
    assert 0.15 < share < 0.25
    own = trial.given[trial.rows].toarray()
    held_out = trial.held_out.toarray()
    assert (own * held_out[:, :32] == 0).all()
    assert_array_equal(own + held_out[:, :32], X[trial.rows].toarray()[:, trial.known])
    assert_array_equal(held_out[:, 32:], X[trial.rows].toarray()[:, trial.new])
    # users who took none of the new items are ranked for too
    assert (held_out[:, 32:].sum(axis=1) == 0).any()
    items = rng.permutation(40)
    renamed = new_item_trial(X[:, items], content[items], w)
    assert_array_equal(np.sort(items[renamed.new]), trial.new)
    places = [set(new_item_trial(X, content, w, place=p).new) for p in range(5)]
    assert set.union(*places) == set(range(40))
    assert new_item_trial(X[:, :4], content[:4], w) is None
    assert new_item_trial(X, content, np.zeros(300)) is None


def test_ndcg_of_a_trial_is_weighted():
    held_out = sparse.csr_array(np.array([[1, 0, 0], [0, 0, 1.0]]))
    scores = np.array([[3.0, 2, 1], [3, 2, 1]])
    expected = (1 * 1 + 3 * 0.5) / 4
    assert mean_ndcg(scores, held_out, np.array([1.0, 3.0])) == expected
    # a row without a relevant item tells nothing
    more = sparse.csr_array(np.vstack([held_out.toarray(), np.zeros((1, 3))]))
    found = mean_ndcg(np.vstack([scores, scores[:1]]), more, np.array([1.0, 3, 9]))
    assert found == expected
    assert mean_ndcg(scores, 0 * held_out, np.ones(2)) == 0


def test_gains_of_known_items():
    held_out = sparse.csr_array(np.array([[1.0, 0, 1], [0, 1, 1]]))
    found = weigh_known_items(held_out, 2, 1.5)
    assert_array_equal(found.toarray(), [[1.5, 0, 1], [0, 1.5, 1]])
    assert_array_equal(held_out.data, 1)


def test_what_is_given_is_not_chosen(rng):
    X, content, _ = shop(rng)
    free = ColdStartRecommender(content).fit(X).blend_
    model = ColdStartRecommender(content, calibration=(0.7, 0.1), degree=3).fit(X)
    assert (model.blend_.scale, model.blend_.offset) == (0.7, 0.1)
    assert model.blend_.degree == 3
    for name, options in OPTIONS.items():
        assert getattr(free, name) in (*options, getattr(Blend(), name))


def test_of_offsets_at_most_one_percent_below_the_best_the_largest_is_taken():
    values = {-0.5: 0.5, 0.0: 1.0, 0.5: 0.98, 1.0: 0.9901, 1.5: 0.9899, 2.0: 0.3}
    assert largest_as_good(values) == 1.0
    tenth = {offset: 0.1 * value for offset, value in values.items()}
    assert largest_as_good(tenth) == 1.0  # 1 % of the best, whatever its size
    assert largest_as_good({0.0: 0.0, 3.0: 0.0}) == 3.0


def test_of_offsets_as_good_the_largest_is_taken(rng):
    X, content, _ = shop(rng)
    model = ColdStartRecommender(content).fit(X)
    best = model.validation_scores_["together"]
    b = model.blend_
    again = ColdStartRecommender(
        content,
        calibration=(b.scale, b.offset),
        **{name: getattr(b, name) for name in Blend._fields[:6]},
    )
    assert again.fit(X).validation_scores_ == {}  # nothing is left to choose
    larger = ColdStartRecommender(
        content,
        calibration=(b.scale, 9.0),
        **{
            name: getattr(b, name)
            for name in ("degree", "content_l2", "interaction_share")
        },
    ).fit(X)
    assert larger.validation_scores_["together"] < best


def test_too_few_items_to_choose_on_use_the_defaults():
    X = np.array([[1, 1, 0], [1, 1, 0], [0, 1, 0]])
    model = ColdStartRecommender(np.eye(3), l2=1.0).fit(X)
    assert model.blend_ == Blend()
    assert model.validation_scores_ == {}
    assert np.isfinite(model.predict(X)).all()


def test_no_interactions_at_all():
    model = ColdStartRecommender(np.eye(4)).fit(np.zeros((3, 4)))
    assert_array_equal(model.predict(np.ones((2, 4))), 0)
    with pytest.raises(ValueError, match="added by their content"):
        model.add_items(np.eye(4))


@pytest.mark.parametrize("kind", ["zero", "constant", "huge", "ints", "bool"])
def test_unusual_content_gives_finite_scores(rng, kind):
    X, content, _ = shop(rng)
    content = {
        "zero": np.zeros((30, 2)),
        "constant": np.ones((30, 2)),
        "huge": content * 1e30,
        "ints": (content * 10).astype(np.int8),
        "bool": content > 0.5,
    }[kind]
    scores = ColdStartRecommender(content).fit(X).predict(X)
    assert np.isfinite(scores).all()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (np.eye(4), "a row for each column of X, 20"),
        (np.full((20, 2), np.nan), "item_features contains NaN"),
        (np.full((20, 2), np.inf), "infinity"),
        (np.ones(20), "2D array"),
        (np.full((20, 1), "a"), "could not convert"),
    ],
)
def test_bad_content(content, message):
    with pytest.raises(ValueError, match=message):
        ColdStartRecommender(content).fit(checkerboard())


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"degree": 2}, "degree must be odd"),
        ({"content_l2": 0}, "content_l2"),
        ({"interaction_share": 1.5}, "interaction_share"),
        ({"popularity_power": -1}, "popularity_power"),
        ({"shrinkage": 0}, "shrinkage"),
        ({"calibration": (0, 1)}, "calibration must be a pair"),
        ({"calibration": [1]}, "calibration must be a pair"),
        ({"calibration": (1, np.nan)}, "calibration must be a pair"),
    ],
)
def test_bad_parameters(parameters, message):
    with pytest.raises(ValueError, match=message):
        ColdStartRecommender(np.eye(20), **parameters).fit(checkerboard())


def test_added_items_must_have_the_columns_of_the_content():
    model = ColdStartRecommender(np.eye(20), **CHOSEN).fit(checkerboard())
    with pytest.raises(ValueError, match="columns of the content given to fit, 20"):
        model.add_items(np.eye(3))
    with pytest.raises(ValueError, match="added by their content"):
        ColdStartRecommender().fit(checkerboard()).add_items(np.eye(20))


def test_inputs_and_parameters_stay(rng):
    X, content, _ = shop(rng)
    before, features = X.toarray(), content.copy()
    model = ColdStartRecommender(content).fit(X)
    model.recommend(X)
    model.add_items(content[:2])
    assert model.item_features is content
    assert_array_equal(content, features)
    assert_array_equal(X.toarray(), before)
