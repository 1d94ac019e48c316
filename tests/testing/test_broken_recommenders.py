"""Each law of recommenders catches the recommender that breaks it."""

import numpy as np
import pytest
from laws import broken_laws, names_of_laws
from plain_parts import PlainRecommender, source_mask
from scipy import sparse

from sktransfer import EASERecommender, Interactions, ItemKNNRecommender
from sktransfer.recommend import Explanation
from sktransfer.testing import check_recommender, recommender_checks_generator


class Popularity(PlainRecommender):
    """The same ranking for all."""

    def scores(self, X):
        return np.tile(self.together_.sum(axis=0), (X.shape[0], 1))


class Markets(PlainRecommender):
    """Takes domains, and learns from all of them."""

    __metadata_request__fit = {"sample_domain": True}  # noqa: RUF012

    def fit(self, X, y=None, sample_weight=None, sample_domain=None):
        if sample_domain is not None:
            self.source(sample_domain, X.shape[0])
        return super().fit(X, y, sample_weight)

    def source(self, sample_domain, n_rows):
        return source_mask(sample_domain, n_rows)


class ItemsOfFloats(PlainRecommender):
    def ranked(self, scores, k):
        items, scores = super().ranked(scores, k)
        return items.astype(float), scores


class WorstOfTheBestFirst(PlainRecommender):
    def ranked(self, scores, k):
        items, scores = super().ranked(scores, k)
        return items[:, ::-1], scores[:, ::-1]


class TiesToTheLast(PlainRecommender):
    def ranked(self, scores, k):
        items, best = super().ranked(scores[:, ::-1], k)
        return np.where(items >= 0, scores.shape[1] - 1 - items, -1), best


class SixthItemFifth(PlainRecommender):
    def ranked(self, scores, k):
        items, scores = super().ranked(scores, k)
        if k > 5:
            both = (items[:, 4:6] >= 0).all(axis=1)
            items[both, 4:6] = items[both, 5:3:-1]
        return items, scores


class SeenItemsToo(PlainRecommender):
    def recommend(self, X, k=10, *, candidates=None, exclude_seen=False):
        return super().recommend(X, k, candidates=candidates, exclude_seen=exclude_seen)


class NoPadding(PlainRecommender):
    def ranked(self, scores, k):
        return super().ranked(scores, min(k, scores.shape[1]))


class IgnoresCandidates(PlainRecommender):
    def allowed(self, candidates, shape):
        given = super().allowed(candidates, shape)
        return given if candidates is None else np.ones(shape, dtype=bool)


class AnyCandidates(PlainRecommender):
    def allowed(self, candidates, shape):
        try:
            return super().allowed(candidates, shape)
        except (ValueError, IndexError):
            return np.ones(shape, dtype=bool)


class AnyK(PlainRecommender):
    def check_k(self, k):
        return None

    def ranked(self, scores, k):
        return super().ranked(scores, max(int(k), 1))


class NaNForEmptyRows(PlainRecommender):
    def scores(self, X):
        scores = super().scores(X)
        empty = np.asarray((X != 0).sum(axis=1)).ravel() == 0
        scores[empty] = np.nan
        return scores


class ScoresByOtherRows(PlainRecommender):
    def scores(self, X):
        scores = super().scores(X)
        return scores / max(scores.max(), 1)


class FirstItemAhead(PlainRecommender):
    def counts(self, X, w):
        counts = super().counts(X, w)
        counts[:, 0] += 5 * (counts.shape[0] < 20)
        return counts


class SharesOfAllRows(PlainRecommender):
    def counts(self, X, w):
        return super().counts(X, w) / X.dtype.type(w.sum())


class RoundsUp(PlainRecommender):
    def validated(self, X, reset):
        if sparse.issparse(X):
            X = X.tocsr().copy()
            if X.dtype.kind == "f":
                X.data[:] = np.where(np.isfinite(X.data), np.ceil(X.data), X.data)
        return super().validated(X, reset)


class SumsInTheirOwnBits(PlainRecommender):
    def validated(self, X, reset):
        return super().validated(X.tocsr() if sparse.issparse(X) else X, reset)


class WideIndicesCountTwice(PlainRecommender):
    def fit(self, X, y=None, sample_weight=None):
        super().fit(X, y, sample_weight)
        if sparse.issparse(X) and X.format == "csr" and X.indices.dtype == np.int64:
            self.together_ = 2 * self.together_
        return self


class BooleansCountTwice(PlainRecommender):
    def fit(self, X, y=None, sample_weight=None):
        if sparse.issparse(X) and X.dtype == bool:
            X = X.astype(np.float32) * 2
        return super().fit(X, y, sample_weight)


class WeightsSquared(PlainRecommender):
    def counts(self, X, w):
        return super().counts(X, w**2)


class FirstRowTwice(PlainRecommender):
    def counts(self, X, w):
        if w.size == 64:  # the law repeats four rows
            w = w * (1 + (np.arange(64) == 0))
        return super().counts(X, w.astype(X.dtype))


class CscCountsTwice(PlainRecommender):
    def fit(self, X, y=None, sample_weight=None):
        super().fit(X, y, sample_weight)
        if sparse.issparse(X) and X.format == "csc":
            self.together_ = 2 * self.together_
        return self


class AlwaysFloat64(PlainRecommender):
    def scores(self, X):
        return super().scores(X).astype(np.float64)


class Nameless(PlainRecommender):
    def fit(self, X, y=None, sample_weight=None):
        super().fit(X, y, sample_weight)
        vars(self).pop("feature_names_in_", None)
        return self


class WritesToX(PlainRecommender):
    def fit(self, X, y=None, sample_weight=None):
        super().fit(X, y, sample_weight)
        if isinstance(X, np.ndarray) and X.flags.writeable:
            X *= 2
        return self


class ResolvesParameters(PlainRecommender):
    def fit(self, X, y=None, sample_weight=None):
        self.mode = "auto"
        return super().fit(X, y, sample_weight)


class KeysOfPairs(PlainRecommender):
    def fit(self, X, y=None, sample_weight=None):
        self.losses_ = {(0.1, 2): 0.5}
        return super().fit(X, y, sample_weight)


class KeepsLambda(PlainRecommender):
    def fit(self, X, y=None, sample_weight=None):
        self.function_ = lambda x: x
        return super().fit(X, y, sample_weight)


class WarmStart(PlainRecommender):
    def counts(self, X, w):
        self.n_fits_ = getattr(self, "n_fits_", 0) + 1
        return super().counts(X, w) / X.dtype.type(self.n_fits_)


class AddsToOldCounts(PlainRecommender):
    def counts(self, X, w):
        counts = super().counts(X, w)
        old = getattr(self, "together_", np.zeros((0, 0)))
        return counts + X.dtype.type(0.5) * old if old.shape == counts.shape else counts


class DomainAsQuantity(Markets):
    def fit(self, X, y=None, sample_weight=None, sample_domain=None):
        super().fit(X, y, sample_weight, sample_domain)
        if sample_domain is not None:
            self.together_ = self.together_ * float(np.abs(sample_domain).max())
        return self


class ZeroIsTarget(Markets):
    def source(self, sample_domain, n_rows):
        d = np.asarray(sample_domain)
        if d.dtype.kind == "i":
            d = np.where(d == 0, -1, d)
        return super().source(d, n_rows)


class NotRouted(Markets):
    __metadata_request__fit = {"sample_domain": None}  # noqa: RUF012


class LearnsFromRelevance(PlainRecommender):
    def fit(self, X, y=None, sample_weight=None):
        super().fit(X, y, sample_weight)
        if y is not None and not np.array_equal(y, np.abs(y)):
            self.together_ = self.together_ + 1
        return self


class Recall(PlainRecommender):
    def score(self, X, y):
        return 0.5 * super().score(X, y)


class ScoreAbove1(PlainRecommender):
    def score(self, X, y):
        return super().score(X, y) if sparse.issparse(y) else 7.0


class AnyNumberOfItems(PlainRecommender):
    def validated(self, X, reset):
        if not reset and X.shape[1] < self.n_features_in_:
            X = sparse.csr_array(sparse.hstack([X, X[:, :1]]))
        return super().validated(X, reset)


class NaNIsZero(PlainRecommender):
    def validated(self, X, reset):
        if sparse.issparse(X) and X.dtype.kind == "f":
            X = X.copy()
            X.data = np.nan_to_num(X.data)
        return super().validated(X, reset)


class ZeroBeforeFit(PlainRecommender):
    def predict(self, X):
        if not hasattr(self, "together_"):
            return np.zeros(X.shape)
        return super().predict(X)


class RefusesMarketWeights(PlainRecommender):
    def counts(self, X, w):
        if not np.all(w == 1) and w.max() < 1.5:
            raise ValueError("Weights of markets are not for this one.")
        return super().counts(X, w)


class LogWithoutItsLastUser(ItemKNNRecommender):
    def fit(self, X, y=None, sample_weight=None):
        X = X[:-1] if isinstance(X, Interactions) else X
        return super().fit(X, y, sample_weight)


class FrameFromTheSecondOn(ItemKNNRecommender):
    def recommend(self, X, k=10, *, as_frame=False, **options):
        found = super().recommend(X, k, as_frame=as_frame, **options)
        return found[1:] if as_frame else found


class NeverAges(EASERecommender):
    def fit_interactions(self, X, sample_weight):
        super().fit_interactions((X != 0).astype(X.dtype), sample_weight)

    def score_items(self, X):
        return super().score_items((X != 0).astype(X.dtype))


class BaseLeftOut(EASERecommender):
    def score_items(self, X):
        return super().score_items(X) + 1

    def explain(self, X, item):
        items, contributions, _ = super().explain(X, item)
        return Explanation(items, contributions, 0.0)


class EqualContributions(EASERecommender):
    def explain(self, X, item):
        items, contributions, base = super().explain(X, item)
        mean = contributions.sum() / max(items.size, 1)
        return Explanation(items, np.full(items.size, mean), base)


class SimilarToItself(EASERecommender):
    def similar_items(self, items, k=10):
        found, scores = super().similar_items(items, k)
        return np.c_[np.asarray(items), found[:, :-1]], scores


class NumbersOfItemsCount(EASERecommender):
    def _similar_scores(self, rows):
        return super()._similar_scores(rows) + 1e-3 * np.arange(rows.shape[1])


class WalksBothWays(ItemKNNRecommender):
    symmetric_similarity_ = True

    def _similar_scores(self, rows):
        scores = super()._similar_scores(rows)
        return scores / scores.sum(axis=1, keepdims=True)


class AnySimilarItems(EASERecommender):
    def similar_items(self, items, k=10):
        try:
            return super().similar_items(items, k)
        except ValueError:
            return super().similar_items([0], k)


class ForgetsEarlierRows(PlainRecommender):
    def partial_fit(self, X, y=None, sample_weight=None):
        return self.fit(X, y, sample_weight)


class LearnsOnlyNewUsers(EASERecommender):
    def partial_fit(self, X, y=None, sample_weight=None):
        if isinstance(X, Interactions) and hasattr(self, "log_"):
            X = X[self.log_.user_rows(X.user_ids) < 0]
        return super().partial_fit(X, y, sample_weight)


class OnlyLikesOfGuests(EASERecommender):
    def recommend(self, X, k=10, *, as_frame=False, **options):
        if isinstance(X, Interactions):
            user, item = X.matrix.nonzero()
            liked = {"user": X.user_ids[user], "item": X.item_ids[item]}
            X = Interactions.from_frame(liked, user="user", item="item")
        return super().recommend(X, k, as_frame=as_frame, **options)


class ForgetsLaterDislikes(EASERecommender):
    def partial_fit(self, X, y=None, sample_weight=None):
        if isinstance(X, Interactions) and hasattr(self, "log_"):
            X = X[np.diff(X.matrix.indptr) > 0]
        return super().partial_fit(X, y, sample_weight)


class LogAsMatrix(EASERecommender):
    def partial_fit(self, X, y=None, sample_weight=None):
        if isinstance(X, Interactions) and not hasattr(self, "log_"):
            X = X.matrix
        return super().partial_fit(X, y, sample_weight)


BROKEN = [
    ("check_ranking_shapes", ItemsOfFloats),
    ("check_ranking_shapes", WorstOfTheBestFirst),
    ("check_ranking_of_scores", TiesToTheLast),
    ("check_ranking_of_scores", SixthItemFifth),
    ("check_seen_items", SeenItemsToo),
    ("check_more_items_than_there_are", NoPadding),
    ("check_candidates", IgnoresCandidates),
    ("check_bad_candidates", AnyCandidates),
    ("check_bad_k", AnyK),
    ("check_missing_item", Popularity),
    ("check_finite_scores", NaNForEmptyRows),
    ("check_rows_alone", ScoresByOtherRows),
    ("check_item_order", FirstItemAhead),
    ("check_empty_rows", SharesOfAllRows),
    ("check_stored_entries", RoundsUp),
    ("check_narrow_counts", SumsInTheirOwnBits),
    ("check_wide_indices", WideIndicesCountTwice),
    ("check_number_types", BooleansCountTwice),
    ("check_sample_weight", WeightsSquared),
    ("check_row_order", FirstRowTwice),
    ("check_sparse_equals_dense", CscCountsTwice),
    ("check_float32", AlwaysFloat64),
    ("check_frames", Nameless),
    ("check_input_is_kept", WritesToX),
    ("check_parameters", ResolvesParameters),
    ("check_pickle", KeepsLambda),
    ("check_keys", KeysOfPairs),
    ("check_refit", WarmStart),
    ("check_refit", AddsToOldCounts),
    ("check_domain_names", DomainAsQuantity),
    ("check_bad_domains", ZeroIsTarget),
    ("check_relevance_unread", LearnsFromRelevance),
    ("check_score", Recall),
    ("check_search", ScoreAbove1),
    ("check_logs", LogWithoutItsLastUser),
    ("check_ranked_frame", FrameFromTheSecondOn),
    ("check_low_ratings", OnlyLikesOfGuests),
    ("check_half_life", NeverAges),
    ("check_partial_fit_equals_refit", ForgetsEarlierRows),
    ("check_partial_fit_of_later_logs", LearnsOnlyNewUsers),
    ("check_partial_fit_of_low_ratings", ForgetsLaterDislikes),
    ("check_partial_fit_in_the_form_of_fit", LogAsMatrix),
    ("check_explanations", BaseLeftOut),
    ("check_linear_explanations", EqualContributions),
    ("check_similar_items", SimilarToItself),
    ("check_similar_twins", NumbersOfItemsCount),
    ("check_symmetric_similarity", WalksBothWays),
    ("check_bad_items", AnySimilarItems),
    ("check_n_features", AnyNumberOfItems),
    ("check_not_finite", NaNIsZero),
    ("check_not_fitted", ZeroBeforeFit),
    ("check_routing", NotRouted),
    ("check_transfer_recommender", RefusesMarketWeights),
]
# what else a broken recommender breaks
SIDE_EFFECTS = {
    ItemsOfFloats: {"check_score", "check_search", "check_seen_items"},
    WorstOfTheBestFirst: {
        "check_candidates",
        "check_missing_item",
        "check_ranking_of_scores",
    },
    TiesToTheLast: {"check_candidates"},
    SeenItemsToo: {
        "check_candidates",
        "check_more_items_than_there_are",
        "check_ranking_of_scores",
    },
    RoundsUp: {"check_narrow_counts"},
    LogWithoutItsLastUser: {"check_partial_fit_of_later_logs", "check_ranked_frame"},
    LearnsOnlyNewUsers: {"check_partial_fit_of_low_ratings"},
    WideIndicesCountTwice: {"check_sparse_equals_dense", "check_stored_entries"},
    BaseLeftOut: {"check_linear_explanations"},
    SimilarToItself: {"check_similar_twins"},
    WritesToX: {"check_frames", "check_sparse_equals_dense"},
}


@pytest.mark.parametrize("recommender", [PlainRecommender(), Markets()])
def test_a_plain_recommender_keeps_all_laws(recommender):
    check_recommender(recommender)


def test_one_ranking_for_all_is_allowed_where_it_is_said():
    check_recommender(Popularity(), personalized=False)


@pytest.mark.parametrize(("law", "recommender"), BROKEN)
def test_a_broken_recommender_is_caught_by_its_law(law, recommender):
    assert broken_laws(recommender_checks_generator(recommender()), only=law) == {law}


@pytest.mark.slow
@pytest.mark.parametrize(("law", "recommender"), BROKEN)
def test_and_by_no_other(law, recommender):
    expected = {law} | SIDE_EFFECTS.get(recommender, set())
    assert broken_laws(recommender_checks_generator(recommender())) == expected


def test_every_law_has_caught_a_recommender():
    laws = names_of_laws("recommender", recommender_checks_generator, BROKEN)
    assert {law for law, _ in BROKEN} == laws
