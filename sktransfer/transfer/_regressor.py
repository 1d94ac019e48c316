"""A regressor that learns from source domains and serves the target."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import RegressorMixin
from sklearn.linear_model import Ridge
from sklearn.utils.validation import _num_samples

from sktransfer._core.domains import check_sample_domain
from sktransfer._core.progress import reports_progress
from sktransfer.transfer._base import TransferEstimator
from sktransfer.transfer._labels import checked_ratings, labelled_rows
from sktransfer.transfer._predictions import ScoresNumbersByDomain


class TransferRegressor(ScoresNumbersByDomain, RegressorMixin, TransferEstimator):
    """Train on rated rows of source domains, predict ratings in the target.

    The same parts as :class:`TransferClassifier`, for numbers: stars, prices, demand.

    Parameters
    ----------
    estimator : regressor, default=None
        Trained on the mapped, weighted rows. None: ``Ridge()``. It must take
        ``sample_weight`` where there are weights. May be a Pipeline.
    mapper : transformer, default=None
        Brings all domains into one feature space. None: rows are used as they are.
    weighter : estimator, default=None
        Weights the source rows; or a Pipeline that ends in a weighter. None: all rows
        weigh the same.
    strategy : str or Strategy, default="pool"
        How labelled rows of several domains make one model: one of
        :mod:`sktransfer.transfer.strategies`, or one of your own; "pool", "augment",
        "fine_tune", "distill" and "boost" stand for those with default parameters, see
        :class:`TransferClassifier`. All but "pool" and "distill" need labelled target
        rows. "self_train" is for classes only.
    target_labels : {"ignore", "use"}, default="ignore"
        "ignore": labels of target rows are never read. "use": labelled target rows are
        trained on as well; a missing label is NaN or None.
    target_weight : float, default=1.0
        Weight of a labelled target row relative to the mean source row; only with
        ``target_labels="use"``.
    source_shares : {"equal", "target"}, default="equal"
        "equal": each row of several sources counts the same. "target": sources count
        by their use for the target; see :class:`TransferClassifier`.

    Attributes
    ----------
    model_ : object
        What the strategy made of the rows; it predicts.
    estimator_ : estimator
        The fitted base estimator: the teacher with "distill", the estimator of copied
        features with "augment", otherwise ``model_`` itself.
    strategy_ : Strategy
        The strategy, with what it learned, such as ``strategy_.strength_``.
    mapper_ : transformer or None
        The fitted mapper.
    weighter_ : estimator or None
        The fitted weighter.
    sample_weight_ : ndarray of shape (n_samples,)
        Weight of each row in the training of ``estimator_``; 0 for rows that it was
        not trained on.
    source_shares_ : ndarray of shape (n_sources,) or None
        Share of each source, sorted by domain, with ``source_shares="target"``.
    n_features_in_ : int
        Number of features seen in `fit`, where the first part knows it.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features seen in `fit`, where ``X`` has any.

    See Also
    --------
    TransferClassifier : For classes.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.transfer import TransferRegressor
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(120, 3))
    >>> sample_domain = np.repeat([1, -2], [100, 20])
    >>> y = X[:, 0] + np.where(sample_domain < 0, X[:, 1], 0)  # the target differs
    >>> y[110:] = np.nan  # ten rows of it are rated
    >>> model = TransferRegressor(strategy="fine_tune", target_labels="use")
    >>> model.fit(X, y, sample_domain=sample_domain).estimator_.coef_.round(1)
    array([1., 1., 0.])
    """

    _part_examples: ClassVar[dict[str, str]] = {
        **TransferEstimator._part_examples,
        "estimator": "Ridge()",
    }

    __metadata_request__fit = {"sample_domain": True}  # noqa: RUF012
    __metadata_request__predict = {"sample_domain": True}  # noqa: RUF012

    def __init__(
        self,
        estimator: Any = None,
        *,
        mapper: Any = None,
        weighter: Any = None,
        strategy: Any = "pool",
        target_labels: str = "ignore",
        target_weight: float = 1.0,
        source_shares: str = "equal",
    ) -> None:
        self.estimator = estimator
        self.mapper = mapper
        self.weighter = weighter
        self.strategy = strategy
        self.target_labels = target_labels
        self.target_weight = target_weight
        self.source_shares = source_shares

    def _base_estimator(self) -> Any:
        return Ridge() if self.estimator is None else self.estimator

    @reports_progress
    def fit(
        self,
        X: Any,
        y: ArrayLike,
        sample_domain: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> TransferRegressor:
        """Fit mapper, weighter and estimator.

        Parameters
        ----------
        X : array-like, sparse matrix or sequence of texts, of n_samples rows
            Rows of all domains, labelled or not.
        y : array-like of shape (n_samples,)
            Numbers. Entries of target rows are not read with
            ``target_labels="ignore"``: any filler will do.
        sample_domain : array-like of shape (n_samples,), default=None
            Positive = source, negative = target. None: no shift, every row is both.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of your own, multiplied with those of the weighter. A row of weight
            0 shapes the mapper and the weights of others, and nothing else.

        Returns
        -------
        self : TransferRegressor
            Fitted.
        """
        X, y, sample_weight = self._check(X, y, sample_weight)
        domain = check_sample_domain(sample_domain, _num_samples(X))
        labelled = labelled_rows(y, domain, self.target_labels, minus_one=False)
        labelled = self._counted(labelled, domain, sample_weight)
        ratings = checked_ratings(y, labelled, domain)
        return self._fit_parts(X, y, labelled, ratings, domain, sample_weight)

    def predict(
        self, X: Any, sample_domain: ArrayLike | None = None
    ) -> NDArray[np.floating]:
        """Predict the number of each row.

        Parameters
        ----------
        X : array-like, sparse matrix or sequence of texts, of n_samples rows
            Rows.
        sample_domain : array-like of shape (n_samples,), default=None
            Domain of each row; None: target rows.

        Returns
        -------
        predicted : ndarray of shape (n_samples,)
            Numbers.
        """
        return self._call("predict", X, sample_domain)
