"""New and old items ranked together, from content and interactions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.preprocessing import normalize
from sklearn.utils.validation import check_is_fitted

from sktransfer._core.logs.views import with_new_items
from sktransfer._core.parameters import integer, number
from sktransfer._core.progress import begin_step
from sktransfer._core.sparse import is_sparse
from sktransfer.recommend._base import BaseRecommender
from sktransfer.recommend._explanations import weighted_entries
from sktransfer.recommend.content._blend_search import (
    Blend,
    blend_scores,
    choose_blend,
    scale_over_untaken,
    standardize_over_known,
)
from sktransfer.recommend.content._content_blocks import (
    ContentBlocks,
    check_block_weights,
    choose_block_weights,
    joined_like,
)
from sktransfer.recommend.content._ease_sides import ItemSide, UserSide, fit_ease
from sktransfer.recommend.content._item_weights import ContentValues, known_weights
from sktransfer.recommend.content._kernel_ridge import (
    Ridge,
    content_kernel,
    leave_one_out,
    ridge_on_content,
    scaled_content,
)
from sktransfer.recommend.content._values import prediction_scale, rarity_factors


class ColdStartRecommender(BaseRecommender):
    r"""Recommender of items that nobody has taken yet, beside those that are known.

    Known items are scored by EASE [1]_. Every item, known or new, is also scored by its
    content: one kernel ridge regression over the known items predicts the item's
    weights from its content, in closed form. As interactions arrive, their score takes
    over from that of the content.

    Parameters
    ----------
    item_features : {array-like, sparse matrix, dict}, default=None
        Content, of shape (n_items, n_content), a row for each column of X: tf-idf of
        titles, embeddings, features of a :class:`~sktransfer.CrossLingualMapper`,
        attributes.
        The lengths of the rows count: a row of zeros is an item without content. New
        items have a column without interactions in X, or come later by
        :meth:`add_items`. None: no content, the scores are those of EASE. A dict holds
        blocks by name, such as texts, images and attributes: each is brought to rows of
        a mean square length of 1, then multiplied by its weight.
    l2 : float, default=300.0
        Penalty of EASE, in the unit of squared entries of X.
    degree : int, default=None
        Odd: the highest power in the kernel of contents. 1 is linear, with 5 near twins
        count more than many items that have little in common.
    content_l2 : float, default=None
        Penalty of the regression on content, whose kernel of an item with itself is 1
        on average.
    interaction_share : float, default=None
        From 0 to 1: share of the user's own interactions in the values that the content
        predicts; the rest is what EASE predicts for the user, in the same unit.
    popularity_power : float, default=0.25
        Values of known items are divided by this power of their number of interactions:
        an item that everybody takes tells less about a user.
    popularity_weight : float, default=None
        Weight of the popularity that the content predicts.
    shrinkage : float, default=None
        Number n of interactions at which those of an item count as much as its content:
        a known item with m has the share m / (m + n) of its collaborative score.
    calibration : pair of float, default=None
        Scale and offset, in standard deviations of the scores of a user, that make
        scores by content comparable with collaborative ones. A larger offset shows more
        new items. (1, 0) leaves them as they are.
    block_weights : dict of str to float, default=None
        Weight of each block of `item_features`, 0 or more. None: chosen; 1 where that
        is as good.

    Attributes
    ----------
    item_weights_ : ndarray of shape (n_known, n_known)
        Weights of EASE among the known items.
    content_weights_ : ndarray of shape (n_known, n_items)
        Weights of the known items in the content score of every item, that of each
        known item without its own interactions.
    known_ : ndarray of int64 of shape (n_known,)
        Columns of X with an interaction in `fit`.
    interactions_ : ndarray of shape (n_items,)
        Interactions of each item in `fit`, weighted.
    blend_ : namedtuple
        The values of the parameters from `degree` on that are used.
    block_weights_ : dict of str to float
        Weights of the blocks that are used; set where `item_features` is a dict.
    validation_scores_ : dict of str to float
        nDCG@10 on simulated new items: "new" of the new items alone, "together" of all
        items, "collaborative" of all items where new ones are never shown. Empty where
        nothing was chosen.
    n_features_in_ : int
        Number of items, those of :meth:`add_items` too.
    feature_names_in_ : ndarray of shape (n_items,)
        Names of the items, where X has string column names.

    See Also
    --------
    EASERecommender : Known items alone.
    sktransfer.CrossLingualMapper : Texts of two languages as features.

    Notes
    -----
    A parameter that is None is chosen on new items simulated inside the training data:
    every fifth item is held out whole, and about every fifth interaction of the others
    (five such trials of 600 users each below 4000 items, else one of 2000 users).
    First `degree`, `content_l2`, `interaction_share` and `popularity_weight` are
    chosen: the setting of 128 that ranks the held-out items best. After two trials the
    three best pairs of `degree` and `content_l2` are left; from 4000 items on these two
    are chosen on a shop of 3000 of the items. Then `calibration` (40 pairs) and
    `shrinkage`, by the ranking of all items. There a held-out interaction with a known
    item counts 1.25: other interactions with known items are still to come, and the
    trial takes them for errors. Of offsets whose quality is at most 1 % below the best,
    the largest is taken. Before all that, weights of blocks are multiplied by 0, .5 or
    2, each time the one that gains most on the new items, as long as that is above its
    standard error over the trials. No random numbers are drawn. In a trial about half
    of the held-out interactions are with new items: give `calibration` by hand where
    the share of yours is far from that.

    With the cosine c of two contents and their lengths s and t (in units of the root
    mean square), :math:`K = s t c` or :math:`s t (c + c^3 + c^5) / 3`. With :math:`P =
    (K + \lambda I)^{-1}` and a user's values r (her row x of X blended with x B in the
    unit of x, B the weights of EASE; each divided by the popularity of its item to the
    given power), a new item has the score :math:`r P k`, and a known item its
    leave-one-out score :math:`r_j - (rP)_j / P_{jj}`: that of an item nobody has taken.
    So scores by content are comparable between known and new items, and are
    standardised for each user over the known ones. Collaborative scores are centred and
    divided by :math:`d^{3/4} \bar{d}^{1/4}`, d their deviation over the known items
    she has not taken and :math:`\bar{d}` its geometric mean over the users of `fit`:
    of a user whose taste EASE knows well, known items rank somewhat higher. Then both
    are blended; a user without interactions is served by popularity, known or
    predicted.

    Two dense matrices of known items by items are held, as EASE holds one, and a third
    while fitting; where users are at most half as many as known items, EASE is solved
    by a matrix of users, and the third is not needed. Sparse content stays sparse. What
    a user took of new items is not scored with until the next `fit`.

    References
    ----------
    .. [1] H. Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", WWW 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer import ColdStartRecommender
    >>> X = np.array([[1, 1, 0, 0, 0], [1, 1, 0, 0, 0], [0, 0, 1, 1, 0]])
    >>> content = [[1, 0], [1, 0], [0, 1], [0, 1], [1, 0]]  # the last item is new
    >>> model = ColdStartRecommender(content, l2=1.0).fit(X)
    >>> items, scores = model.recommend(X[:1], k=1)
    >>> items
    array([[4]])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "item_features": ["array-like", "sparse matrix", dict, None],
        "l2": [number(above=0)],
        "degree": [integer(1), None],
        "content_l2": [number(above=0), None],
        "interaction_share": [number(0, 1), None],
        "popularity_power": [number(0)],
        "popularity_weight": [number(0), None],
        "shrinkage": [number(above=0), None],
        "calibration": ["array-like", None],
        "block_weights": [dict, None],
    }

    def __init__(
        self,
        item_features: Any = None,
        *,
        l2: float = 300.0,
        degree: int | None = None,
        content_l2: float | None = None,
        interaction_share: float | None = None,
        popularity_power: float = 0.25,
        popularity_weight: float | None = None,
        shrinkage: float | None = None,
        calibration: tuple[float, float] | None = None,
        block_weights: dict[str, float] | None = None,
    ) -> None:
        self.item_features = item_features
        self.l2 = l2
        self.degree = degree
        self.content_l2 = content_l2
        self.interaction_share = interaction_share
        self.popularity_power = popularity_power
        self.popularity_weight = popularity_weight
        self.shrinkage = shrinkage
        self.calibration = calibration
        self.block_weights = block_weights

    def fit_interactions(self, X: Any, sample_weight: NDArray[np.floating]) -> None:
        """Learn from the interactions and the content.

        Parameters
        ----------
        X : {ndarray, CSR matrix} of shape (n_rows, n_items)
            Interactions of users or sessions.
        sample_weight : ndarray of shape (n_rows,)
            Weights of the rows.
        """
        w = sample_weight
        given = self._given_choices()
        begin_step("read the content", of=4)
        A: Any = sparse.csr_array(X, copy=True)
        A.eliminate_zeros()
        counts = (A != 0).T @ w
        self.interactions_ = counts.astype(X.dtype)
        self.known_ = np.flatnonzero(counts > 0)
        A, w = A[w > 0][:, self.known_], w[w > 0]
        self._features: Any = None
        if self.item_features is not None:
            content = self._joined_content(A, w, given, X.shape[1])
            self._features, self._unit = scaled_content(
                content, X.dtype, n_items=X.shape[1], known=self.known_
            )
        begin_step("choose the blend on simulated new items")
        self.validation_scores_: dict[str, float] = {}
        self.blend_, ridge = Blend()._replace(**given), None
        has_content = self._features is not None and self.known_.size > 0
        if has_content:
            self.blend_, self.validation_scores_, ridge = choose_blend(
                A, self._features[self.known_], w, given, self.l2
            )
        begin_step("fit the interactions")
        ease = fit_ease(A, w, self.l2)
        self._scale = prediction_scale(A, ease.predict, w)
        begin_step("fit the content")
        if has_content:
            self._fit_content(ease, ridge)
            if isinstance(ease, UserSide):  # its inverse is not needed any more
                ease = ease._replace(inverse=np.empty((0, 0), dtype=X.dtype))
        else:
            shape = self.known_.size, X.shape[1]
            self.content_weights_ = np.zeros(shape, dtype=X.dtype)
        self.item_weights_ = ease.item_weights()

    def _joined_content(
        self, A: Any, w: NDArray[np.floating], given: dict[str, Any], n_items: int
    ) -> Any:
        """The content, its blocks side by side with their weights."""
        weights = check_block_weights(self.block_weights, self.item_features)
        self._block_units: dict[str, float] | None = None
        if not isinstance(self.item_features, Mapping):
            return self.item_features
        content = ContentBlocks.scaled(
            self.item_features, A.dtype, n_items=n_items, known=self.known_
        )
        if weights is None:
            weights = choose_block_weights(A, content, self.known_, w, given, self.l2)
        self.block_weights_, self._block_units = weights, content.units
        return content.join(weights)

    def _given_choices(self) -> dict[str, Any]:
        """Fields of the blend that the user gave."""
        given = {
            name: getattr(self, name)
            for name in Blend._fields[:6]
            if getattr(self, name) is not None
        }
        if self.degree is not None and self.degree % 2 == 0:
            raise ValueError(
                f"degree must be odd, so that signs are kept; got {self.degree}."
            )
        if self.calibration is not None:
            pair = np.asarray(self.calibration)
            if (
                pair.shape != (2,)
                or pair.dtype.kind not in "iuf"
                or not np.isfinite(pair).all()
                or pair[0] <= 0
            ):
                raise ValueError(
                    "calibration must be a pair of numbers, a scale above 0 and an "
                    f"offset; got {self.calibration!r}."
                )
            given["scale"], given["offset"] = pair.astype(float).tolist()
        return given

    def _fit_content(self, ease: ItemSide | UserSide, ridge: Ridge | None) -> None:
        """Weights of the known items in the content score of every item."""
        blend, known, n = self.blend_, self.known_, self.n_features_in_
        F, new = self._features[known], np.setdiff1d(np.arange(n), known)
        if ridge is None:
            ridge = ridge_on_content(F, blend.degree, blend.content_l2)
        self._diagonal = ridge.diagonal
        k = content_kernel(F, self._features[new], degree=blend.degree)
        logs = np.log1p(self.interactions_[known])
        logs -= logs.mean()
        self._solved_logs = ridge.solve(logs)
        self._popularity = np.empty(n, dtype=k.dtype)
        self._popularity[known] = leave_one_out(logs, self._solved_logs, self._diagonal)
        self._popularity[new] = self._solved_logs @ k
        values = self._content_values()
        of_new = values.times(ridge.solve(k.T).T, ease.multiply)
        of_known = known_weights(values, ease, ridge)
        if new.size:
            self.content_weights_ = np.empty((known.size, n), dtype=k.dtype)
            self.content_weights_[:, known] = of_known
            self.content_weights_[:, new] = of_new
        else:
            self.content_weights_ = of_known

    def _content_values(self) -> ContentValues:
        """The values that content predicts, for a user of each known item alone."""
        share, counts = self.blend_.interaction_share, self.interactions_[self.known_]
        factors = rarity_factors(counts, self.blend_.popularity_power)
        return ContentValues((1 - share) * self._scale.unit, share, factors)

    def add_items(
        self, item_features: Any, *, names: ArrayLike | None = None
    ) -> ColdStartRecommender:
        """Append items that nobody has taken, without a new fit.

        From then on X has a column more for each, the last ones, and they are
        recommended.

        Parameters
        ----------
        item_features : {array-like, sparse matrix} of shape (n_new, n_content), or dict
            Their content, in the columns of the content given to `fit`; a dict of the
            same blocks where that was one.
        names : array-like of str of shape (n_new,), default=None
            Their names, where X had column names in `fit`; their ids, where `fit` was
            given Interactions.

        Returns
        -------
        self : ColdStartRecommender
            The recommender, changed in place.

        Raises
        ------
        ValueError
            If `fit` had no content or interactions, or columns or names do not fit.
        """
        check_is_fitted(self)
        if self._features is None or not self.known_.size:
            raise ValueError(
                "Items are added by their content; the recommender was fitted with "
                f"item_features={'None' if self._features is None else '...'} and "
                f"{self.known_.size} items with interactions. Fit with the content of "
                "the known items."
            )
        dtype = self._features.dtype
        if self._block_units is not None:
            item_features = joined_like(
                item_features, dtype, self.block_weights_, self._block_units
            )
        F, _ = scaled_content(item_features, dtype, unit=self._unit)
        if F.shape[1] != self._features.shape[1]:
            raise ValueError(
                "item_features must have the columns of the content given to fit, "
                f"{self._features.shape[1]}; got shape {F.shape}. Transform the new "
                "items with the fitted vectorizer of the old ones."
            )
        if hasattr(self, "log_"):
            self._add_to_log(names, F.shape[0])
            names = None
        named = hasattr(self, "feature_names_in_")
        if named or names is not None:
            listed = np.asarray([] if names is None else names, dtype=object)
            if not named or listed.shape != (F.shape[0],):
                raise ValueError(
                    "names must be one name for each new item where X had column names "
                    f"in fit, else None; got {names!r}."
                )
            self.feature_names_in_ = np.concatenate([self.feature_names_in_, listed])
        known = self._features[self.known_]
        if is_sparse(known) and not is_sparse(F):
            F = sparse.csr_array(F)
        elif is_sparse(F) and not is_sparse(known):
            F = F.toarray()
        k = content_kernel(known, F, degree=self.blend_.degree)
        # values @ P k, from the leave-one-out weights
        scaled = self._diagonal[:, None] * k
        of_new = self._content_values().times(scaled, self._multiply)
        of_new -= self.content_weights_[:, self.known_] @ scaled
        self.content_weights_ = np.hstack([self.content_weights_, of_new])
        self._popularity = np.append(self._popularity, self._solved_logs @ k)
        if is_sparse(known):
            self._features = sparse.vstack([self._features, F], format="csr")
        else:
            self._features = np.vstack([self._features, F])
        zeros = np.zeros(F.shape[0], dtype=self.interactions_.dtype)
        self.interactions_ = np.append(self.interactions_, zeros)
        self.n_features_in_ += F.shape[0]
        return self

    def _add_to_log(self, ids: Any, n_new: int) -> None:
        """Columns of new items in the log of `fit`."""
        log = None
        if ids is not None and len(ids) == n_new:
            log = with_new_items(self.log_, ids)
        if log is None or log.shape[1] != self.log_.shape[1] + n_new:
            raise ValueError(
                f"names must be {n_new} ids of items that the log of fit does not "
                f"have, each once; got {ids!r:.100}."
            )
        self.log_ = log

    def _multiply(self, factors: NDArray, Q: NDArray) -> NDArray[np.floating]:
        return self.item_weights_ @ (factors[:, None] * Q)

    def score_items(self, X: Any) -> NDArray[np.floating]:
        """Score all items for some rows.

        Parameters
        ----------
        X : {ndarray, CSR matrix} of shape (n_rows, n_items)
            What the users to serve have interacted with so far.

        Returns
        -------
        scores : ndarray of shape (n_rows, n_items)
            By interactions and content, of known and new items.
        """
        B, known, n = self.item_weights_, self.known_, self.known_.size
        x = sparse.csr_array(X).astype(B.dtype, copy=False)[:, known]
        scores = np.zeros(X.shape, dtype=B.dtype)
        E = x @ B
        if self._features is None or n == 0:
            scores[:, known] = E
            return scores
        order = np.concatenate([known, np.setdiff1d(np.arange(X.shape[1]), known)])
        C = standardize_over_known((x @ self.content_weights_)[:, order], n)
        E = scale_over_untaken(E, x.toarray() != 0, self._scale.spread)
        prior = standardize_over_known(self._popularity[order][None], n)
        counts = self.interactions_[known]
        nothing = np.diff(x.indptr) == 0
        E[nothing] = standardize_over_known(np.log1p(counts)[None], n)
        C[nothing] = prior
        C += self.blend_.popularity_weight * prior
        new = scores.shape[1] - n
        E = np.pad(E, ((0, 0), (0, new)))
        counts = np.append(counts, np.zeros(new, dtype=counts.dtype))
        scores[:, order] = blend_scores(E, C, counts, self.blend_)
        return scores

    @property
    def symmetric_similarity_(self) -> bool:
        """Whether similarities of items are symmetric: those of contents are."""
        return self._features is not None

    def _similar_scores(self, rows: Any) -> NDArray[np.floating] | None:
        """Kernel of contents of unit length, from -1 to 1; without content EASE."""
        if self._features is None:
            return super()._similar_scores(rows)
        F = normalize(self._features)
        return content_kernel(F[rows.indices], F, degree=self.blend_.degree)

    def _contributions(self, X: Any, item: int) -> NDArray[np.float64]:
        """Terms of both scores of an item, in the units that the whole row has."""
        known, n = self.known_, self.known_.size
        x = sparse.csr_array(X).astype(self.item_weights_.dtype, copy=False)[:, known]
        weights = np.zeros(n)
        if item in known:
            weights += self.item_weights_[:, np.searchsorted(known, item)]
        if self._features is not None and x.nnz:
            E, C = x @ self.item_weights_, x @ self.content_weights_
            scaled = scale_over_untaken(E, x.toarray() != 0, self._scale.spread)
            content = standardize_over_known(
                C[:, np.r_[known, np.setdiff1d(np.arange(X.shape[1]), known)]], n
            )
            count = self.interactions_[item]
            share = count / (count + self.blend_.shrinkage)
            weights *= share * _scale_between(E, scaled)
            weights += (
                (1 - share)
                * self.blend_.scale
                * _scale_between(C, content)
                * self.content_weights_[:, item]
            )
        contributions = np.zeros(X.shape[1])
        contributions[known] = weighted_entries(x, weights)
        return contributions


def _scale_between(raw: NDArray[np.floating], scaled: NDArray[np.floating]) -> float:
    """Factor by which the scores of a row were scaled, whatever was subtracted."""
    spread = float(np.ptp(raw))
    return float(np.ptp(scaled)) / spread if spread > 0 else 0.0
