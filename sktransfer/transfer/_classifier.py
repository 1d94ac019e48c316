"""A classifier that learns from source domains and serves the target."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin, is_regressor
from sklearn.linear_model import LogisticRegression
from sklearn.utils.validation import _num_samples

from sktransfer._core.domains import check_sample_domain
from sktransfer._core.progress import reports_progress
from sktransfer.transfer._base import TransferEstimator
from sktransfer.transfer._explain import ExplainsDecisions
from sktransfer.transfer._labels import checked_labels, labelled_rows
from sktransfer.transfer._predictions import PredictsByDomain
from sktransfer.transfer.strategies._names import named_strategy


class TransferClassifier(
    ExplainsDecisions, PredictsByDomain, ClassifierMixin, TransferEstimator
):
    """Train on labelled source domains, predict on the target.

    It owns its parts and hands them what a Pipeline cannot: the domain of each row
    and the weights of the source rows. `fit` maps all rows into a shared space,
    weights the source rows by their use for the target, and trains the estimator on
    the labelled rows; `predict` takes target rows.

    Parameters
    ----------
    estimator : classifier, default=None
        Trained on the mapped, weighted rows. None: ``LogisticRegression`` with
        ``max_iter=1000``. It must take ``sample_weight`` where there are weights.
        May be a Pipeline.
    mapper : transformer, default=None
        Brings all domains into one feature space, for example
        :class:`~sktransfer.crosslingual.CrossLingualMapper` on texts or
        :class:`~sktransfer.adaptation.CORAL` on features; any scikit-learn
        transformer or Pipeline. It is fitted on the rows of all domains; a step
        without domains that reads labels, such as ``SelectKBest``, on the labelled
        rows alone. None: rows are used as they are.
    weighter : estimator, default=None
        Weights the source rows, for example
        :class:`~sktransfer.weighting.KMMInstanceWeighter`; or a Pipeline that ends
        in a weighter. It sees the mapped rows. None: all rows weigh the same.
    strategy : str or Strategy, default="pool"
        How labelled rows of several domains make one model: one of
        :mod:`sktransfer.transfer.strategies`, or one of your own. A string stands for
        a strategy with its default parameters.

        "pool"
            :class:`~sktransfer.transfer.strategies.Pooling`: the estimator is trained
            on all of them.
        "augment"
            :class:`~sktransfer.transfer.strategies.Augmentation`: it is trained on
            copies of the features, one that all domains share and one for each domain.
            Needs labelled target rows.
        "fine_tune"
            :class:`~sktransfer.transfer.strategies.FineTuning`: a model of the source
            is corrected on the labelled target rows, which it needs.
        "self_train"
            :class:`~sktransfer.transfer.strategies.SelfTraining`: predictions of the
            surest target rows become labels in turn.
        "distill"
            :class:`~sktransfer.transfer.strategies.Distillation`: the pooled model
            teaches a student on the native form of the target rows.
        "boost"
            :class:`~sktransfer.transfer.strategies.Boosting`: source rows that
            contradict the labelled target rows, which it needs, fade out.
    target_labels : {"ignore", "use"}, default="ignore"
        "ignore": labels of target rows are never read, whatever they hold. "use":
        labelled target rows are trained on as well; a missing label is NaN, None,
        masked, or -1 where -1 is no class of the source.
    target_weight : float, default=1.0
        Weight of a labelled target row relative to the mean source row; only with
        ``target_labels="use"``. With few labels, values around 5 often serve.
    source_shares : {"equal", "target"}, default="equal"
        "equal": each row of several sources counts the same. "target": sources count
        by their use for the target. With labelled target rows that is how well a model
        of each source alone predicts them; without, how many of the target rows a
        classifier of the sources takes for its own.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Classes of the labelled rows.
    model_ : object
        What the strategy made of the rows; it predicts.
    estimator_ : estimator
        The fitted base estimator: the teacher with "distill", the estimator of copied
        features with "augment", otherwise ``model_`` itself.
    strategy_ : Strategy
        The strategy, with what it learned, such as ``strategy_.student_``.
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
    TransferRegressor : For numbers.
    sktransfer.model_selection.TargetKFold : Cross-validation on the target rows.
    sktransfer.encode_domains : Build ``sample_domain`` from names of domains.

    Notes
    -----
    With metadata routing enabled, ``sample_domain`` is requested by default, so it
    passes through Pipelines and searches. Without it, pass
    ``transferclassifier__sample_domain`` to a Pipeline's ``fit``.

    Source rows without a label (NaN or None) shape the mapper and the weights but
    are not trained on. A source domain may be without any label, where another has
    some: unlabelled texts of further categories are best given as such.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer import KMMInstanceWeighter, TransferClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(200, 2)) + np.repeat([[0.0, 0.0], [1.0, 0.0]], 100, axis=0)
    >>> y = np.where(X[:, 0] > 0.5, "buys", "leaves")
    >>> sample_domain = np.repeat([1, -2], 100)
    >>> model = TransferClassifier(weighter=KMMInstanceWeighter())
    >>> model.fit(X, y, sample_domain=sample_domain).predict([[2.0, 0.0]])
    array(['buys'], dtype='<U6')
    """

    _part_examples: ClassVar[dict[str, str]] = {
        **TransferEstimator._part_examples,
        "estimator": "LogisticRegression(max_iter=1000)",
    }

    # what the caller passes reaches fit and predict through any Pipeline or search
    __metadata_request__fit = {"sample_domain": True}  # noqa: RUF012

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
        if self.estimator is None:
            return LogisticRegression(max_iter=1000)
        return self.estimator

    @reports_progress
    def fit(
        self,
        X: Any,
        y: ArrayLike,
        sample_domain: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> TransferClassifier:
        """Fit mapper, weighter and estimator.

        Parameters
        ----------
        X : array-like, sparse matrix or sequence of texts, of n_samples rows
            Rows of all domains, labelled or not.
        y : array-like of shape (n_samples,)
            Labels, strings or numbers. Entries of target rows are not read with
            ``target_labels="ignore"``: any filler will do.
        sample_domain : array-like of shape (n_samples,), default=None
            Positive = source, negative = target. None: no shift, every row is both.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of your own, multiplied with those of the weighter. Those of target
            rows weigh what a student learns from. A row of weight 0 shapes the mapper
            and the weights of others, and nothing else; its label is not read.

        Returns
        -------
        self : TransferClassifier
            Fitted.
        """
        X, y, sample_weight = self._check(X, y, sample_weight)
        self._refuse_regressor()
        domain = check_sample_domain(sample_domain, _num_samples(X))
        labelled = labelled_rows(y, domain, self.target_labels)
        labelled = self._counted(labelled, domain, sample_weight)
        labels = checked_labels(y, labelled, domain)
        classes = np.unique(labels)
        self._fit_parts(X, y, labelled, labels, domain, sample_weight, classes)
        self.classes_ = getattr(self.model_, "classes_", classes)
        return self

    def _refuse_regressor(self) -> None:
        """Raise where the estimator predicts numbers."""
        estimator = self._base_estimator()
        if hasattr(estimator, "__sklearn_tags__") and is_regressor(estimator):
            raise ValueError(
                "estimator of TransferClassifier must be a classifier, or None; got "
                f"the regressor {type(estimator).__name__}. TransferRegressor is for "
                "numbers."
            )

    def _check_offers(self, method: str) -> None:
        if hasattr(self, "model_"):
            getattr(self.model_, method)
        elif not getattr(named_strategy(self.strategy), "gives_scores", False):
            getattr(self._base_estimator(), method)

    def _explained_parts(self) -> tuple[Any, Any]:
        return self.mapper_, self.model_

    def _predict(self, method: str, X: Any, sample_domain: Any) -> NDArray[Any]:
        return self._call(method, X, sample_domain)
