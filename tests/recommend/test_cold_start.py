"""New items: leave-one-out, laws of content, calibration, and those of recommenders."""

import pickle
from itertools import combinations, product
from typing import ClassVar

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from recommender_laws import RecommenderLaws, checkerboard, random_interactions
from scipy import sparse
from sklearn.kernel_ridge import KernelRidge

from sktransfer.recommend import ColdStartRecommender, EASERecommender


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


def standardized(scores, over):
    """Rows shifted and scaled by mean and deviation of some columns."""
    deviation = scores[:, over].std(axis=1, keepdims=True)
    centred = scores - scores[:, over].mean(axis=1, keepdims=True)
    return np.where(deviation > 1e-12, centred / np.maximum(deviation, 1e-12), 0)


def kernel(F, degree):
    """Similarity of contents: lengths times the mean of odd powers of the cosine."""
    length = np.linalg.norm(F, axis=1)
    cosine = F @ F.T / np.outer(length, length)
    powers = range(1, degree + 1, 2)
    return np.outer(length, length) * sum(cosine**p for p in powers) / len(powers)


def predicted_by_content(values, K, known, l2):
    """Values of known items regressed on content, each without its own, and of all."""
    found = np.zeros((len(values), len(K)))
    for j in range(len(K)):
        from_ = known[known != j]
        ridge = KernelRidge(alpha=l2, kernel="precomputed")
        ridge.fit(K[np.ix_(from_, from_)], values[:, np.isin(known, from_)].T)
        found[:, j] = ridge.predict(K[[j]][:, from_])[0]
    return found


def scaled(content, known):
    """Contents of a mean square length of 1 over known items, none longer than 3."""
    F = content / np.sqrt((content[known] ** 2).sum(axis=1).mean())
    return F * np.minimum(1, 3 / np.linalg.norm(F, axis=1))[:, None]


def by_kernel_inverse(values, K, known, l2):
    """The same by one inverse: leave-one-out values of known items in closed form."""
    P = np.linalg.inv(K[np.ix_(known, known)] + l2 * np.eye(known.size))
    found = values @ P @ K[known]
    found[:, known] = values - values @ P / P.diagonal()
    return found


def parts_by_hand(X, F, users, w, p, predicted_by_content=predicted_by_content):
    """Collaborative and content scores of all items, and counts, as documented."""
    counts = w @ (X != 0)
    known = np.flatnonzero(counts)
    A = X[:, known]
    P = np.linalg.inv(A.T @ (w[:, None] * A) + p["l2"] * np.eye(known.size))
    B = -P / np.diag(P)
    np.fill_diagonal(B, 0)
    E = A @ B
    unit = np.sqrt((w @ A**2).sum() / (w @ E**2).sum())
    # the typical deviation over items that a row has not taken: a geometric mean
    spreads = np.array([e[a == 0].std() if (a == 0).any() else 0 for e, a in zip(E, A)])
    there = (spreads > 1e-12) & (w > 0)
    spread = np.exp(np.average(np.log(spreads[there]), weights=w[there]))
    K = kernel(F, p["degree"])
    rarity = counts[known] ** -p["popularity_power"]
    rarity /= np.exp(np.log(rarity).mean())
    share, x = p["interaction_share"], users[:, known]
    values = x @ (((1 - share) * unit * B + share * np.eye(known.size)) * rarity)
    C = standardized(predicted_by_content(values, K, known, p["content_l2"]), known)
    logs = np.log1p(counts[known])
    prior = predicted_by_content((logs - logs.mean())[None], K, known, p["content_l2"])
    prior = standardized(prior, known)
    E = np.zeros(users.shape)
    for row, taken in enumerate(x != 0):
        if not taken.any():
            E[row, known] = (logs - logs.mean()) / logs.std()
            C[row] = prior[0]
            continue
        e = x[row] @ B
        deviation = e[~taken].std() if not taken.all() else 0
        if deviation > 1e-12:
            unit = deviation**0.75 * spread**0.25  # who is known well keeps a part
            E[row, known] = (e - e[~taken].mean()) / unit
    return E, C + p["popularity_weight"] * prior, counts


def blended(E, C, counts, scale, offset, shrinkage):
    share = counts / (counts + shrinkage)
    return share * E + (1 - share) * (scale * C + offset)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"degree": 1},
        {"popularity_power": 0.0},
        {"popularity_power": 1.0, "interaction_share": 1.0},
        {"shrinkage": 1e9, "popularity_weight": 0.7},
        {"calibration": (2.0, -1.5), "content_l2": 0.1, "interaction_share": 0.0},
    ],
)
def test_scores_are_those_of_the_documentation(rng, changed, weighted):
    X, content, _ = shop(rng)
    content[7] *= 30  # longer than three times what is usual
    X = without(X, [5, 6]) * 2.0
    w = rng.uniform(0.5, 2, 150) if weighted else np.ones(150)
    given = {**CHOSEN, "popularity_power": 0.25, "l2": 20.0, **changed}
    model = ColdStartRecommender(content, **given).fit(X, sample_weight=w)
    users = np.vstack([X.toarray()[:40], np.zeros((1, 30)), np.ones((1, 30))])
    F = scaled(content, model.known_)
    E, C, counts = parts_by_hand(X.toarray(), F, users, w, given)
    expected = blended(E, C, counts, *given["calibration"], given["shrinkage"])
    assert_allclose(model.predict(users), expected, atol=1e-8)


@pytest.mark.parametrize("degree", [1, 5])
@pytest.mark.parametrize("n_columns", [3, 30])
def test_few_users_of_many_items_are_served_by_the_same_formulas(
    rng, degree, n_columns
):
    X, content, _ = shop(rng, 60, 50)
    X, w = X.toarray()[50:], rng.uniform(0.5, 2, 10)
    X[:, 7] = 0
    w[3] = 0
    content = np.hstack([content, rng.random((50, n_columns))])
    given = {**CHOSEN, "degree": degree, "popularity_power": 0.25, "l2": 5.0}
    model = ColdStartRecommender(content, **given).fit(X, sample_weight=w)
    assert 2 * X.shape[0] < model.known_.size < 50
    expected = EASERecommender(5.0).fit(X[:, model.known_], sample_weight=w)
    assert_allclose(model.item_weights_, expected.item_weights_, atol=1e-12)
    E, C, counts = parts_by_hand(X, scaled(content, model.known_), X, w, given)
    expected = blended(E, C, counts, *given["calibration"], given["shrinkage"])
    assert_allclose(model.predict(X), expected, atol=1e-8)


def test_a_penalty_too_small_for_the_users_is_left_to_the_items(rng):
    X = random_interactions(rng)[:6]
    expected = EASERecommender(1e-6).fit(X).predict(X)
    assert_allclose(ColdStartRecommender(l2=1e-6).fit(X).predict(X), expected)


def test_scores_that_differ_by_rounding_alone_are_equal():
    pairs = np.array(
        [np.isin(np.arange(7), pair) for pair in combinations(range(7), 2)]
    )
    model = ColdStartRecommender(np.eye(7), **CHOSEN, l2=0.3).fit(0.1 * pairs)
    scores = model.predict(0.1 * np.eye(7))
    others = scores[~np.eye(7, dtype=bool)]
    assert_allclose(others, others[0], atol=1e-9)


def trials_of(model, X, monkeypatch, **fit):
    """What the recommender trains on to choose, with the items of its columns."""
    seen, fit_ease = [], EASERecommender.fit

    def spy(self, X, y=None, sample_weight=None):
        seen.append(X.toarray())
        return fit_ease(self, X, y, sample_weight)

    with monkeypatch.context() as patch:
        patch.setattr(EASERecommender, "fit", spy)
        model.fit(X, **fit)
    *trials, last = seen
    assert_array_equal(last, X.toarray()[:, model.known_])
    found = []
    for given in trials:
        within = (given[:, :, None] <= X.toarray()[:, None]).all(axis=0)
        assert_array_equal(within.sum(axis=1), 1)
        found.append((given, within.argmax(axis=1)))
    return found


def test_trials_hold_back_items_and_interactions_whatever_their_order(rng, monkeypatch):
    X, content, _ = shop(rng, 300, 40)
    trials = trials_of(ColdStartRecommender(content), X, monkeypatch)
    assert len(trials) == 5
    held_back = [np.setdiff1d(np.arange(40), items) for _, items in trials]
    assert_array_equal(np.sort(np.concatenate(held_back)), np.arange(40))
    for given, items in trials:
        assert items.size == 32
        share = 1 - given.sum() / X.toarray()[:, items].sum()
        assert 0.15 < share < 0.25
    order = rng.permutation(40)
    again = trials_of(ColdStartRecommender(content[order]), X[:, order], monkeypatch)
    for (_, items), (_, known) in zip(trials, again):
        assert_array_equal(np.sort(order[known]), items)
    rows = rng.permutation(300)
    again = trials_of(ColdStartRecommender(content), X[rows], monkeypatch)
    for (given, items), (same, known) in zip(trials, again):
        assert_array_equal(known, items)
        assert_array_equal(same, given[rows])


def quality(scores, relevant, gains):
    """Mean nDCG@10 over rows with a relevant item."""
    gain = relevant * gains
    best = np.argsort(-scores, axis=1, kind="stable")[:, :10]
    shown = np.take_along_axis(scores, best, axis=1) > -np.inf
    discount = 1 / np.log2(np.arange(2, best.shape[1] + 2))
    found = (np.take_along_axis(gain, best, axis=1) * shown) @ discount
    ideal = -np.sort(-gain, axis=1)[:, :10] @ discount
    return np.mean(found[ideal > 0] / ideal[ideal > 0])


@pytest.mark.parametrize(
    ("degrees", "penalties"),
    [
        ((5,), (1.0,)),
        pytest.param((1, 5), (0.3, 1.0, 3.0, 10.0), marks=pytest.mark.slow),
    ],
)
def test_the_setting_is_the_best_of_all(rng, degrees, penalties, monkeypatch):
    """All settings on five trials, each by its own inverse."""
    X, content, _ = shop(rng, 200, 30)
    given = {"degree": 5, "content_l2": 1.0} if len(degrees) == 1 else {}
    model = ColdStartRecommender(content, l2=20.0, **given)
    trials, F = trials_of(model, X, monkeypatch), scaled(content, model.known_)
    values = {}
    for kept, items in trials:
        new = np.setdiff1d(np.arange(30), items)
        train = np.zeros(X.shape)
        train[:, items] = kept
        relevant = X.toarray()[:, new]
        rows = np.flatnonzero(relevant.any(axis=1) & kept.any(axis=1))
        for degree, l2 in product(degrees, penalties):
            for share in (0.1, 0.3, 0.5, 1.0):
                setting = {
                    "degree": degree,
                    "content_l2": l2,
                    "interaction_share": share,
                    "popularity_power": 0.25,
                    "l2": 20.0,
                }
                parts = [
                    parts_by_hand(
                        train,
                        F,
                        train[rows],
                        np.ones(200),
                        {**setting, "popularity_weight": weight},
                        by_kernel_inverse,
                    )[1]
                    for weight in (0.0, 1.0)
                ]
                for weight in (0.0, 0.1, 0.2, 0.4):
                    scores = parts[0] + weight * (parts[1] - parts[0])
                    key = (degree, l2, share, weight)
                    value = quality(scores[:, new], relevant[rows], 1) / 5
                    values[key] = values.get(key, 0) + value
    b = model.blend_
    key = (b.degree, b.content_l2, b.interaction_share, b.popularity_weight)
    assert key == max(values, key=values.get)
    assert model.validation_scores_["new"] == pytest.approx(values[key], abs=1e-8)


@pytest.mark.slow
def test_many_items_choose_in_any_order(rng):
    n_items = 4200
    kind, taste = np.arange(n_items) % 6, rng.integers(0, 6, 300)
    p = np.where(taste[:, None] == kind, 0.1, 0.01) * rng.uniform(0.2, 1, n_items)
    X = sparse.csr_array((rng.random(p.shape) < p).astype(float))
    content = np.eye(6)[kind] + 0.2 * rng.random((n_items, 6))
    expected = ColdStartRecommender(content, degree=1).fit(X)
    assert expected.known_.size > 4000
    rows, items = rng.permutation(300), rng.permutation(n_items)
    model = ColdStartRecommender(content[items], degree=1).fit(X[rows][:, items])
    assert model.blend_ == expected.blend_
    assert model.validation_scores_ == pytest.approx(expected.validation_scores_)


# shops where 0, .5 and 2 %, a hundredth as a difference, or no gain of known items
# would take another offset
@pytest.mark.parametrize(
    "seed", [6, *(pytest.param(k, marks=pytest.mark.slow) for k in (11, 19, 41))]
)
def test_the_offset_is_the_largest_within_a_hundredth_of_the_best(seed, monkeypatch):
    """The choice by brute force, from what each trial trains on."""
    rng = np.random.default_rng(seed)
    X, content, _ = shop(rng, 200, 30)
    given = {
        "degree": 1,
        "content_l2": 1.0,
        "interaction_share": 0.3,
        "popularity_power": 0.25,
        "popularity_weight": 0.1,
        "shrinkage": 10.0,
        "l2": 20.0,
    }
    model = ColdStartRecommender(content, **given)
    trials, F = trials_of(model, X, monkeypatch), scaled(content, model.known_)
    scales, offsets = (0.8, 1, 1.25, 1.6, 2), (-0.5, 0, 0.5, 1, 1.5, 2, 2.5, 3)
    values = np.zeros((5, 8))
    together = {}
    for kept, items in trials:
        train = np.zeros(X.shape)
        train[:, items] = kept
        relevant = X.toarray() - train
        rows = np.flatnonzero(relevant.any(axis=1) & kept.any(axis=1))
        parts = parts_by_hand(train, F, train[rows], np.ones(200), given)
        gains = np.where(np.isin(np.arange(30), items), 1.25, 1)  # others may come yet
        for i, j in np.ndindex(5, 8):
            scores = blended(*parts, scales[i], offsets[j], 10.0)
            scores[train[rows] > 0] = -np.inf
            values[i, j] += quality(scores, relevant[rows], gains) / 5
            value = quality(scores, relevant[rows], 1) / 5
            together[i, j] = together.get((i, j), 0) + value
    i = np.argmax(values.max(axis=1))
    best = offsets.index(model.blend_.offset)
    assert model.blend_.scale == scales[i]
    assert best == np.flatnonzero(values[i] >= 0.99 * values.max())[-1]
    score = model.validation_scores_["together"]
    assert score == pytest.approx(together[i, best], abs=1e-8)


def test_weights_of_rows_count_in_the_trials(rng):
    X, content, _ = shop(rng)
    w = np.arange(150) % 3
    weighted = ColdStartRecommender(content).fit(X, sample_weight=w)
    repeated = ColdStartRecommender(content).fit(X[np.repeat(np.arange(150), w)])
    assert weighted.blend_ == repeated.blend_
    assert weighted.validation_scores_ == pytest.approx(repeated.validation_scores_)


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
    values = (0.8 * unit * B + 0.2 * np.eye(3))[:, 0]
    n = np.array([4.0, 2, 2])
    expected = values * (np.prod(n) ** (1 / 3) / 4) ** 0.25 / 2  # (K + 1)^-1 = 1/2
    assert_allclose(model.content_weights_[:, 3], expected)
    # known items have contents that no other has: nothing is predicted of them
    assert_allclose(model.content_weights_[:, :3], 0, atol=1e-12)


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


def test_one_block_is_the_content_itself(rng):
    X, content, _ = shop(rng)
    expected = ColdStartRecommender(content, l2=20.0).fit(X)
    model = ColdStartRecommender({"text": content}, l2=20.0).fit(X)
    assert model.block_weights_ == {"text": 1.0}
    assert model.blend_ == expected.blend_
    assert_allclose(model.predict(X), expected.predict(X), atol=1e-9)


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
def test_weights_multiply_blocks_of_length_one(rng, kind):
    X, content, _ = shop(rng)
    image = rng.normal(size=(30, 4))
    image[5:] = 0  # the few items with an image say how long its rows are
    lengths = [
        np.sqrt((B**2).sum(axis=1)[:n].mean()) for B, n in ((content, 30), (image, 5))
    ]
    joined = np.hstack([content / lengths[0], 0.5 * image / lengths[1]])
    expected = ColdStartRecommender(joined, **CHOSEN).fit(X).predict(X)
    blocks = {"text": kind(content), "image": image * 1e3}
    weights = {"image": 0.5, "text": 1.0}
    model = ColdStartRecommender(blocks, block_weights=weights, **CHOSEN).fit(X)
    assert_allclose(model.predict(X), expected, atol=1e-9)
    weights = {"image": 0.0, "text": 3.0}
    model = ColdStartRecommender(blocks, block_weights=weights, **CHOSEN).fit(X)
    expected = ColdStartRecommender(content, **CHOSEN).fit(X).predict(X)
    assert_allclose(model.predict(X), expected, atol=1e-9)


def test_a_block_that_tells_nothing_gets_less_weight():
    rng = np.random.default_rng(0)
    kind, taste = np.arange(60) % 10, rng.integers(10, size=200)
    X = (rng.random((200, 60)) < np.where(taste[:, None] == kind, 0.6, 0.05)) * 1.0
    blocks = {"noise": np.eye(4)[rng.integers(4, size=60)], "kind": np.eye(10)[kind]}
    model = ColdStartRecommender(blocks, l2=20.0).fit(X)
    assert model.block_weights_["noise"] < model.block_weights_["kind"]
    equal = ColdStartRecommender(
        blocks, block_weights=dict.fromkeys(blocks, 1.0), l2=20.0
    ).fit(X)
    assert model.validation_scores_["new"] > equal.validation_scores_["new"]
    other = dict(reversed(blocks.items()))
    again = ColdStartRecommender(other, l2=20.0).fit(X)
    assert again.block_weights_ == model.block_weights_
    assert_array_equal(again.predict(X), model.predict(X))


def test_blocks_of_items_added_later(rng):
    X, content, _ = shop(rng)
    X = without(X, [28, 29])
    blocks = {"a": content[:, :1], "b": sparse.csr_array(content[:, 1:])}
    given = {**CHOSEN, "block_weights": {"a": 1.0, "b": 2.0}}
    expected = ColdStartRecommender(blocks, **given).fit(X).predict(X)
    part = {name: block[:28] for name, block in blocks.items()}
    model = ColdStartRecommender(part, **given).fit(X[:, :28])
    new = {"b": blocks["b"][28:], "a": blocks["a"][28:]}
    assert_allclose(model.add_items(new).predict(X), expected, atol=1e-9)
    for wrong in (content[:2], {"a": content[:2, :1]}):
        with pytest.raises(ValueError, match="the blocks given to fit, \\['a', 'b'\\]"):
            model.add_items(wrong)


@pytest.mark.parametrize(
    ("features", "weights", "message"),
    [
        ({}, None, "empty dict"),
        ({"a": np.eye(20), "b": np.eye(3)}, None, "a row for each column of X, 20"),
        ({"a": np.eye(20)}, {"b": 1.0}, "expected \\['a'\\]"),
        ({"a": np.eye(20)}, {"a": -1.0}, "0 or more for each block"),
        ({"a": np.eye(20)}, {"a": 0.0}, "one above 0"),
        (np.eye(20), {"a": 1.0}, "item_features a dict"),
    ],
)
def test_bad_blocks(features, weights, message):
    model = ColdStartRecommender(features, block_weights=weights)
    with pytest.raises(ValueError, match=message):
        model.fit(checkerboard())


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


def test_what_is_given_is_not_chosen(rng):
    X, content, _ = shop(rng)
    free = ColdStartRecommender(content).fit(X).blend_
    model = ColdStartRecommender(content, calibration=(0.7, 0.1), degree=3).fit(X)
    assert (model.blend_.scale, model.blend_.offset) == (0.7, 0.1)
    assert model.blend_.degree == 3
    assert free.degree in (1, 5)
    assert free.popularity_power == 0.25
    assert 0.3 <= free.content_l2 <= 10
    assert -0.5 <= free.offset <= 3


def test_of_offsets_as_good_the_largest_is_taken(rng):
    X, content, _ = shop(rng)
    model = ColdStartRecommender(content).fit(X)
    best = model.validation_scores_["together"]
    b = model.blend_
    again = ColdStartRecommender(
        content,
        calibration=(b.scale, b.offset),
        **{name: getattr(b, name) for name in b._fields[:6]},
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
    assert model.blend_ == (1, 3.0, 0.3, 0.25, 0.1, 3.0, 1.0, 1.0)
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
