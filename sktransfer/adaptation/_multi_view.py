"""MultiViewMapper: several mappers of the same rows, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.base import TransformerMixin, clone
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.utils import get_tags
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import _num_samples, check_is_fitted

from sktransfer._core.document_scaling import ROW_LENGTH, used_source_rows
from sktransfer._core.domains import (
    DomainMasks,
    check_sample_domain,
    domain_masks,
    require_both_sides,
)
from sktransfer._core.inputs import row_container
from sktransfer._core.labels import (
    known_labels,
    mask_labels,
    missing_labels,
    row_labels,
)
from sktransfer._core.output import sparse_stays_sparse
from sktransfer._core.parameters import check_value, number, one_of, part
from sktransfer._core.parts import copy_features, fit_mapper, map_rows, reads_texts
from sktransfer._core.parts.named_parts import NamedParts
from sktransfer._core.parts.terms import (
    Terms,
    additive_outputs,
    side_by_side,
    split_columns,
)
from sktransfer._core.progress import reports_progress
from sktransfer._core.sparse import is_sparse
from sktransfer.adaptation._view_weights import (
    best_length,
    carried_over,
    deal_folds,
    new_scores,
    regression_weights,
    shares,
    stacking_weights,
)

FEWEST_LABELS = 10
# numbers of more values than that, one of them of a single row, are no classes
MOST_NUMBERED_CLASSES = 20


@sparse_stays_sparse
class MultiViewMapper(TransformerMixin, NamedParts):
    r"""Several mappers of the same rows, side by side, so that none drowns the other.

    Each mapper gives a view of the rows: a dictionary one of texts of two languages, an
    encoder another. What they get wrong differs, so a model of both is better than one
    of either. The views are scaled to one length and concatenated.

    Parameters
    ----------
    views : list of (str, mapper)
        Names, which are none of the parameters and hold no "__", and mappers or
        Pipelines of such. A parameter of one is reached as ``name__parameter``.
    weights : "validated" or mapping of str to float, default=None
        How much each view weighs. None: all the same. A mapping from names to numbers
        of at least 0; 1 where a name is missing. "validated": chosen without a target
        label, see Notes; all the same where fewer than 10 source rows or one of two
        rows of a class are labelled.
    fusion : {"features", "scores"}, default="features"
        "features": the scaled views side by side. "scores": a model of each view
        (logistic regression, of numbers ridge regression) is fitted to the labelled
        source rows, and a row is the weighted mean of their
        scores, a column for each class. A model that learns from all views at once
        leans on what goes together in the source; a mean of models does not. For
        ``strategy="distill"``: the source rows were seen by the models, so
        probabilities of other strategies are too sure. Needs labels.

    Attributes
    ----------
    views_ : list of (str, mapper)
        The fitted mappers.
    weights_ : dict of str to float
        The weights, of sum 1.
    scales_ : dict of str to float
        What the features of each view were multiplied by.
    agreement_ : float or None
        Share of the target rows that the models of all views put into the same class;
        only with "validated" and classes.
    n_features_in_ : int
        Number of columns seen in ``fit``; only for tables.
    feature_names_in_ : ndarray of shape (n_columns,)
        Names of the columns, where they are all strings.

    See Also
    --------
    sktransfer.embedding.EncoderFeatures : An encoder as a view.
    sktransfer.crosslingual.CrossLingualMapper : A dictionary as a view.
    sklearn.pipeline.FeatureUnion : Views as they are, without domains.

    Notes
    -----
    The spread of a view is the root of the summed variances of its columns, the mean
    of both sides; of the source the labelled rows count, if they are at least 50. View
    v is divided by it and multiplied by :math:`2 \sqrt{w_v}`, with weights of sum 1, so
    that squared distances and the scores of linear models are weighted means over the
    views.

    "validated" fits ridge regression on each view, scores each labelled source row
    by a model that was fitted without it (5 folds), and takes the weights whose
    summed scores have the smallest log-loss, or squared error of numbers. A view whose
    held-out error is least with rows of a half or a quarter of their length, which is a
    stronger penalty, is shortened so relative to the others (not where its scores
    are those of logistic regression). What a view
    says rightly in the source may be wrong in the target. What is true of a row shows
    in all views [1]_, so the scores of a view are predicted from the other views, held
    out, in the source and in the target: its weight is multiplied by the share of the
    squared correlation that is left, at most 1, and relative to the best view. No
    target label is read.

    All views see the same rows. For columns of a frame let a view be a
    :class:`~sklearn.compose.ColumnTransformer`.

    References
    ----------
    .. [1] A. Blum, T. Mitchell, "Combining labeled and unlabeled data with
           co-training", COLT 1998.

    Examples
    --------
    >>> from sktransfer import CrossLingualMapper, EncoderFeatures, MultiViewMapper
    >>> from sktransfer import TransferClassifier
    >>> from sktransfer.datasets import make_bilingual_reviews
    >>> from sklearn.feature_extraction.text import HashingVectorizer
    >>> reviews = make_bilingual_reviews(150)
    >>> characters = HashingVectorizer(analyzer="char", ngram_range=(3, 3),
    ...                                n_features=256)
    >>> def encoder(texts):
    ...     return characters.transform(texts).toarray()
    >>> mapper = MultiViewMapper([
    ...     ("words", CrossLingualMapper(reviews.dictionary)),
    ...     ("encoder", EncoderFeatures(encoder))], weights="validated")
    >>> model = TransferClassifier(mapper=mapper, strategy="distill")
    >>> d = reviews.sample_domain
    >>> model = model.fit(reviews.data, reviews.target, sample_domain=d)
    >>> model.predict(["Ein tolles Album"])
    array(['positive'], dtype='<U8')
    """

    __metadata_request__fit: ClassVar[dict[str, bool]] = {"sample_domain": True}
    __metadata_request__transform: ClassVar[dict[str, bool]] = {"sample_domain": True}

    _list_name: ClassVar[str] = "views"
    _part_name: ClassVar[str] = "mapper"

    def __init__(
        self,
        views: Sequence[tuple[str, Any]],
        *,
        weights: str | Mapping[str, float] | None = None,
        fusion: str = "features",
    ) -> None:
        self.views = views
        self.weights = weights
        self.fusion = fusion

    @reports_progress
    def fit(
        self,
        X: Any,
        y: ArrayLike | None = None,
        sample_domain: ArrayLike | None = None,
    ) -> Self:
        """Fit each view, and weigh them.

        Parameters
        ----------
        X : array-like, sparse matrix or sequence of texts, of n_samples rows
            Rows of the source and the target.
        y : array-like of shape (n_samples,), default=None
            Labels; those of target rows are not read. A missing label is None or NaN.
        sample_domain : array-like of shape (n_samples,), default=None
            Signed integers: positive = source, negative = target. None: every row is
            both.

        Returns
        -------
        self : MultiViewMapper
            Fitted.

        Raises
        ------
        ValueError
            If one side has no row, `y` has another length, names, weights or `fusion`
            are no such, a view cannot be fitted, or ``fusion="scores"`` lacks labels.
        """
        self.fit_transform(X, y, sample_domain)
        return self

    def fit_transform(
        self,
        X: Any,
        y: ArrayLike | None = None,
        sample_domain: ArrayLike | None = None,
    ) -> Any:
        """Fit each view, weigh them, and map each row by its own domain.

        Parameters
        ----------
        X : array-like, sparse matrix or sequence of texts, of n_samples rows
            Rows of the source and the target.
        y : array-like of shape (n_samples,), default=None
            As in ``fit``.
        sample_domain : array-like of shape (n_samples,), default=None
            As in ``fit``.

        Returns
        -------
        Z : {ndarray, csr_array} of shape (n_samples, n_features)
            The views of each row side by side; sparse if one of them is.
        """
        check_value("fusion", self.fusion, one_of("features", "scores"))
        weights = self._check_views()
        X = row_container(X)
        n = _num_samples(X)
        domain = check_sample_domain(sample_domain, n)
        masks = domain_masks(domain, n)
        require_both_sides(masks, type(self).__name__)
        labels = row_labels(y, n)
        if labels is not None:
            labels = mask_labels(labels, masks.source & ~missing_labels(labels))
        self.views_ = [(name, clone(view)) for name, view in self.views]
        Z = [_plain(fit_mapper(v, X, labels, domain)) for _, v in self.views_]
        sides = [_counted_source(labels, masks), masks.target]
        lengths = np.array([ROW_LENGTH / _spread(z, sides) for z in Z])
        self.agreement_: float | None = None
        shorter = np.ones(len(Z))
        if weights is None:
            scaled = [z * length for z, length in zip(Z, lengths)]
            weights, shorter = self._validated_weights(scaled, labels, masks)
        names = [name for name, _ in self.views_]
        self.weights_ = dict(zip(names, weights.tolist()))
        self._models = None
        if self.fusion == "features":
            lengths *= shorter / shorter.max() * np.sqrt(weights)
        else:
            # the shorter length is a penalty of ridge regression
            lengths *= shorter if _outputs(labels, masks)[1] is None else 1.0
            scaled = [z * length for z, length in zip(Z, lengths)]
            self._models = self._fit_models(scaled, labels, masks)
        self.scales_ = dict(zip(names, lengths.tolist()))
        self._sizes = [z.shape[1] for z in Z]
        counted = [v for _, v in self.views_ if hasattr(v, "n_features_in_")]
        copy_features(counted[0] if counted else None, self)
        return self._stack(Z)

    def transform(self, X: Any, sample_domain: ArrayLike | None = None) -> Any:
        """Map rows by each view.

        Parameters
        ----------
        X : array-like, sparse matrix or sequence of texts, of n_samples rows
            Rows.
        sample_domain : array-like of shape (n_samples,), default=None
            Signed integers: positive = source, negative = target. None: all are target
            rows.

        Returns
        -------
        Z : {ndarray, csr_array} of shape (n_samples, n_features)
            The views of each row side by side; sparse if one of them is.
        """
        check_is_fitted(self, "views_")
        X = row_container(X)
        domain = check_sample_domain(sample_domain, _num_samples(X))
        return self._stack([_plain(map_rows(v, X, domain)) for _, v in self.views_])

    def _map_terms(self, given: Terms) -> Terms:
        """Terms of a row through each view, or through the models of the views."""
        if not reads_texts(self):
            given = split_columns(self, given)
        views = zip(self.views_, self.scales_.values())
        branches = [(name, view, scale, given) for (name, view), scale in views]
        if self._models is None:
            return side_by_side(branches, given)
        found = [
            self._scored_terms([branch], given, model, factor)
            for branch, (model, factor) in zip(branches, self._models)
        ]
        if given.values is not None:
            whole = replace(given, values=sum(terms.values for terms in found))
        else:
            whole = given.split(
                np.concatenate([terms.values for terms in found]),
                [name for terms in found for name in terms.names],
                [b[0] for b, terms in zip(branches, found) for _ in terms.names],
                [amount for terms in found for amount in terms.amounts],
            )
        row = None if given.row is None else sum(terms.row for terms in found)
        return replace(whole, row=row, rest=sum(terms.rest for terms in found))

    def _scored_terms(self, branch: Any, given: Terms, model: Any, factor: Any) -> Any:
        """Terms of a row through a view and its model."""
        terms = side_by_side(branch, given)

        def scores(Z: Any) -> NDArray[np.float64]:
            return factor * _view_scores(model, Z)

        values, rest = additive_outputs(scores, terms, model)
        row = None if given.row is None else scores(terms.row)
        return replace(terms, row=row, values=values, rest=rest)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Names of the features.

        Parameters
        ----------
        input_features : object
            Handed to the views.

        Returns
        -------
        names : ndarray of object of shape (n_features,)
            Name of the view and of its feature, such as "words__cosine(good, gut)"; a
            number where the view has no names. "score0", ... with
            ``fusion="scores"``.
        """
        check_is_fitted(self, "views_")
        if self._models is not None:
            model = self._models[0][0]
            n_scores = np.size(getattr(model, "classes_", model.intercept_))
            return np.array([f"score{k}" for k in range(n_scores)], dtype=object)
        names: list[str] = []
        for (name, view), size in zip(self.views_, self._sizes):
            own = range(size)
            if hasattr(view, "get_feature_names_out"):
                own = view.get_feature_names_out(input_features)
            names += [f"{name}__{feature}" for feature in own]
        return np.array(names, dtype=object)

    def _check_views(self) -> NDArray[np.float64] | None:
        """Validate; return the given weights of the views, None if to be validated."""
        names = self._checked_names()
        for name, view in self.views:
            mapper = part("a mapper, such as CORAL()", method="transform")
            check_value(f"views: the one named {name!r}", view, mapper)
        if isinstance(self.weights, str) and self.weights == "validated":
            return None
        found = self._checked_weights(names, number(0), "'validated', None, or ")
        if not found.any():
            raise ValueError(f"weights must not all be 0; got {self.weights!r}.")
        return shares(found)

    def _validated_weights(
        self, Z: list[Any], labels: NDArray[Any] | None, masks: DomainMasks
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Weights that predict held-out source labels, and carry over; lengths."""
        known, codes, Y = _outputs(labels, masks)
        if Y is None:
            return np.full(len(Z), 1 / len(Z)), np.ones(len(Z))
        folds = deal_folds(codes, Y.shape[0])
        source = [z[np.flatnonzero(known)] for z in Z]
        target = [z[np.flatnonzero(masks.target)] for z in Z]
        found = [best_length(z, Y, folds) for z in source]
        on_source = [scores for _, scores in found]
        lengths = np.array([length for length, _ in found])
        source = [z * length for z, length in zip(source, lengths)]
        target = [z * length for z, length in zip(target, lengths)]
        on_target = [new_scores(z, Y, t) for z, t in zip(source, target)]
        if codes is None:
            weights = regression_weights(on_source, Y)
        else:
            weights = stacking_weights(on_source, codes)
            answers = np.array([scores.argmax(axis=1) for scores in on_target])
            self.agreement_ = float((answers == answers[0]).all(axis=0).mean())
        left = carried_over(source, on_source, target, on_target, folds)
        return shares(weights * left), lengths

    def _fit_models(
        self, Z: list[Any], labels: NDArray[Any] | None, masks: DomainMasks
    ) -> list[tuple[Any, float]]:
        """Model of each view, and the factor of its scores."""
        known, codes, Y = _outputs(labels, masks)
        if Y is None:
            raise ValueError(
                "fusion='scores' fits a model to the labelled source rows of each "
                f"view; got fewer than {FEWEST_LABELS} labels, or a class with less "
                "than two. Pass y, or fusion='features'."
            )
        rows, target = np.flatnonzero(known), np.flatnonzero(masks.target)
        measured = target if target.size > 1 else np.arange(known.size)
        found = []
        for z, weight in zip(Z, self.weights_.values()):
            if codes is None:
                model = Ridge().fit(z[rows], Y)
            else:
                model = LogisticRegression(max_iter=1000).fit(z[rows], codes)
            spread = float(np.std(_view_scores(model, z[measured])))
            found.append((model, weight / spread if spread > 0 else 0.0))
        return found

    def _stack(self, Z: list[Any]) -> Any:
        """Scaled views side by side, sparse if one of them is; or their scores."""
        scaled = [z * scale for z, scale in zip(Z, self.scales_.values())]
        if self._models is not None:
            models = zip(self._models, scaled)
            return sum(factor * _view_scores(m, z) for (m, factor), z in models)
        if not any(map(is_sparse, scaled)):
            return np.concatenate(scaled, axis=1)
        return sparse.csr_array(sparse.hstack(scaled, format="csr"))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        pairs = self.views if self._holds_pairs() else []
        views = [view for _, view in pairs if not isinstance(view, type)]
        texts = [view for view in views if reads_texts(view)]
        if views and hasattr((texts or views)[0], "__sklearn_tags__"):
            tags.input_tags = get_tags((texts or views)[0]).input_tags
        tags.input_tags.sparse = all(
            hasattr(v, "__sklearn_tags__") and get_tags(v).input_tags.sparse
            for v in views
        )
        tags.transformer_tags.preserves_dtype = []
        return tags


def _outputs(
    labels: NDArray[Any] | None, masks: DomainMasks
) -> tuple[NDArray[np.bool_], NDArray[np.intp] | None, NDArray[np.float64] | None]:
    """Labelled source rows, their classes, and what is predicted: None if too few."""
    if labels is None:
        return masks.source, None, None
    known = masks.source & ~missing_labels(labels)
    y = known_labels(labels, known)
    if y.size < FEWEST_LABELS:
        return known, None, None
    if type_of_target(y).startswith("continuous"):
        return known, None, y.astype(np.float64)[:, None]
    codes = np.unique(y, return_inverse=True)[1]
    sizes = np.bincount(codes)
    numbers = np.asarray(y).dtype.kind in "iuf"
    if numbers and sizes.size > MOST_NUMBERED_CLASSES and sizes.min() < 2:
        return known, None, y.astype(np.float64)[:, None]
    if sizes.size < 2 or sizes.min() < 2:
        return known, codes, None
    return known, codes, 2.0 * (codes[:, None] == np.arange(sizes.size)) - 1


def _view_scores(model: Any, Z: Any) -> NDArray[np.float64]:
    """Scores of each class by the model of a view, or a column of numbers."""
    if not hasattr(model, "decision_function"):
        return np.reshape(model.predict(Z), (Z.shape[0], -1))
    scores = model.decision_function(Z)
    return scores if scores.ndim == 2 else np.column_stack([-scores, scores])


def _plain(Z: Any) -> Any:
    """Mapped rows as an array or CSR, whatever frame a view made of them."""
    return Z if is_sparse(Z) else np.asarray(Z)


def _counted_source(
    labels: NDArray[Any] | None, masks: DomainMasks
) -> NDArray[np.bool_]:
    """Source rows by which a view is scaled: a view may be 0 in those not labelled."""
    counted = masks.source.copy()
    if labels is not None:
        counted[counted] = used_source_rows(~missing_labels(labels[counted]))
    return counted


def _spread(Z: Any, sides: list[NDArray[np.bool_]]) -> float:
    """Root of the summed variances of the columns, mean of both sides; 1 if 0."""
    variance = 0.0
    for mask in sides:
        rows = Z[np.flatnonzero(mask)]
        squares = rows.multiply(rows) if is_sparse(rows) else rows.astype(float) ** 2
        mean = np.asarray(rows.mean(axis=0, dtype=np.float64)).ravel()
        variance += float(squares.sum(dtype=np.float64)) / mask.sum() - mean @ mean
    largest = abs(Z).max() if min(Z.shape) else 0.0
    return float(np.sqrt(variance / 2)) if variance > 1e-12 * largest**2 else 1.0
