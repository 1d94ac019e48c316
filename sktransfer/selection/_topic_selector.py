"""TopicFeatureSelector: features whose topics inform the label in both domains."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from sktransfer._core.domains import DomainMasks, domain_masks, require_both_sides
from sktransfer._core.linalg import append_columns
from sktransfer._core.parameters import (
    HasMethods,
    check_parameters,
    integer,
    number,
    one_of,
)
from sktransfer._core.progress import reports_progress
from sktransfer._core.sparse import is_sparse
from sktransfer.selection._base import DomainSelector, n_kept
from sktransfer.selection._domain_overlap import (
    feature_frequency_by_topic,
    overlap_ratio,
    rows_to_shares,
)
from sktransfer.selection._label_scores import label_scores, source_labels
from sktransfer.selection._topic_agreement import (
    class_correlation,
    class_indicators,
    class_scores_through_topics,
    label_agreement,
)
from sktransfer.selection._topic_models import (
    TOPIC_MODELS,
    fit_topic_weights,
    make_topic_model,
    topic_weights,
)


class TopicFeatureSelector(DomainSelector):
    r"""Keep the features that inform the label in both domains, by way of topics.

    Topics are fitted on the rows of both sides. Through them the labels of the source
    reach the rows of the target. The score of a feature is its score for the labels of
    the source, times how far the target uses it in the same sense:

    .. math:: s_j\; a_j^{\,r} \biggl(\frac{\sum_t \min(f^s_{jt}, f^t_{jt})}
              {\sum_t \max(f^s_{jt}, f^t_{jt})}\biggr)^{p}

    - :math:`s_j`, the label score;
    - :math:`a_j`, the agreement: the correlation of the feature with the labels that
      topics carry to the target, where it has the sign that it has in the source, and 0
      where it has not (for more classes, its part along that of the source);
    - the sharing: :math:`f_{jt} = \frac{1}{n} \sum_i [x_{ij} > 0]\, \theta_{it}` is the
      document frequency of feature j in a domain, split over the topics by their
      proportions :math:`\theta`. The ratio is 1 where both domains use a feature
      equally often in the same topics. A topic counts as far as both domains use it.

    Parameters
    ----------
    topic_model : str or transformer, default="nmf"
        "nmf" is non-negative matrix factorisation, "lda" latent Dirichlet allocation by
        variational inference (scikit-learn), "lda-gensim" the same by gensim,
        "lda-gibbs" by collapsed Gibbs sampling (needs tomotopy), and "plsa"
        probabilistic latent semantic analysis. Any transformer whose output are weights
        of topics, not below 0, is cloned and used as it is; one fitted elsewhere is
        taken as ``FrozenEstimator(model)``.
    n_topics : int, default=50
        Number of topics of a model given by name.
    score_func : {"chi2", "mutual_info", "information_gain"} or callable, default="chi2"
        How a feature informs the label. "chi2" looks at the values, "mutual_info" and
        "information_gain" (nats and bits of the same) at presence. A callable of
        ``(X, y)`` is given the labelled source rows and returns one number not below 0
        for each feature, or a tuple that starts with them.
    k : int, float or "all", default=1000
        Number of features to keep (all of them, where there are fewer), or as a float
        the share of them, above 0 and up to 1.
    agreement_power : float, default=1.0
        The exponent :math:`r`. 0 leaves the agreement out.
    sharing_power : float, default=0.25
        The exponent :math:`p`. 0 leaves the sharing out.
    output : {"features", "topics", "both"}, default="features"
        What ``transform`` returns: the kept features, the proportions of the topics in
        each row, or the kept features and then the proportions.
    random_state : int, RandomState instance or None, default=None
        Seed of a model given by name.

    Attributes
    ----------
    scores_ : ndarray of shape (n_features,)
        What the features are ranked by.
    label_scores_ : ndarray of shape (n_features,)
        Score of each feature for the label; 1 where no label was given.
    label_agreement_ : ndarray of shape (n_features,)
        Agreement of each feature before the exponent, from 0 to 1; 1 where no label or
        no domain was given.
    topic_reliability_ : float
        Share of the variance of the source labels that the topics explain, which is how
        far the topics are trusted to carry labels; NaN where no label or no domain was
        given.
    feature_sharing_ : ndarray of shape (n_features,)
        Sharing of each feature before the exponent, from 0 to 1.
    topic_sharing_ : ndarray of shape (n_topics,)
        Smaller over larger of the mean proportions of each topic in the two domains:
        0 for a topic of one domain, 1 for one as frequent in both.
    topic_model_ : transformer
        The fitted topic model; ``components_`` of one given by name are the topics.
    n_features_in_ : int
        Number of columns seen in ``fit``.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, where they are all strings.

    See Also
    --------
    TransferFeatureSelector : Label score and document frequencies, without topics.
    PLSA, GibbsLDA, GensimLDA : The topic models that scikit-learn has not.
    sklearn.feature_selection.SelectKBest : Looks at the labels only.

    Notes
    -----
    Without labels (``y=None``) the sharing alone ranks. Without domains, agreement and
    sharing are 1 and the label alone ranks.

    A feature that only one domain uses is dropped even if it informs the label well,
    since it never occurs where the model is to be used, or nothing is known of it.

    Topics are found best in tf-idf by "nmf" and "plsa", and in counts by the others.
    Several target domains count as one, and so do several sources.

    References
    ----------
    .. [1] D. M. Blei, A. Y. Ng, M. I. Jordan, "Latent Dirichlet allocation", Journal of
           Machine Learning Research 3, 2003.
    .. [2] T. L. Griffiths, M. Steyvers, "Finding scientific topics", PNAS 101, 2004.
    .. [3] T. Hofmann, "Probabilistic latent semantic indexing", SIGIR 1999.
    .. [4] D. D. Lee, H. S. Seung, "Learning the parts of objects by non-negative matrix
           factorization", Nature 401, 1999.

    Examples
    --------
    "plot" tells the label of films but never occurs in reviews of music; "great" does.

    >>> import numpy as np
    >>> from sktransfer.selection import TopicFeatureSelector
    >>> words = np.array(["great", "plot", "actor", "guitar"])
    >>> films = [[1, 1, 1, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 1, 0]]
    >>> music = [[1, 0, 0, 1], [1, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 1]]
    >>> y = ["good", "good", "bad", "bad", None, None, None, None]
    >>> d = np.repeat([1, -2], 4)
    >>> selector = TopicFeatureSelector(n_topics=2, k=1, random_state=0)
    >>> selector.fit(np.array(films + music), y, sample_domain=d)
    TopicFeatureSelector(k=1, n_topics=2, random_state=0)
    >>> words[selector.get_support()]
    array(['great'], dtype='<U6')
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **DomainSelector._parameter_constraints,
        "topic_model": [one_of(*TOPIC_MODELS), HasMethods("transform")],
        "n_topics": [integer(1)],
        "agreement_power": [number(0)],
        "output": [one_of("features", "topics", "both")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        *,
        topic_model: Any = "nmf",
        n_topics: int = 50,
        score_func: str | Callable[..., Any] = "chi2",
        k: int | float | str = 1000,
        agreement_power: float = 1.0,
        sharing_power: float = 0.25,
        output: str = "features",
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.topic_model = topic_model
        self.n_topics = n_topics
        self.score_func = score_func
        self.k = k
        self.agreement_power = agreement_power
        self.sharing_power = sharing_power
        self.output = output
        self.random_state = random_state

    @reports_progress
    def fit(
        self,
        X: Any,
        y: ArrayLike | None = None,
        sample_domain: ArrayLike | None = None,
    ) -> Self:
        """Fit the topics on both sides and score the features.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Counts or tf-idf, not below 0.
        y : array-like of shape (n_samples,), default=None
            Class labels. Those of target rows are not read, and source rows without one
            count for the topics only. None leaves the label out of the scores.
        sample_domain : array-like of shape (n_samples,), default=None
            Signed integers: positive = source, negative = target. None means that
            every row is both, so that all topics are shared.

        Returns
        -------
        self : TopicFeatureSelector
            The fitted selector.

        Raises
        ------
        ImportError
            If ``topic_model`` is "lda-gibbs" and tomotopy is not installed.
        ValueError
            If ``X`` holds negative values, one side has no row, or no source row has a
            label though ``y`` is given.

        Warns
        -----
        UserWarning
            If no feature scores above 0.
        """
        check_parameters(self)
        X = self._validate_counts(X)
        masks = domain_masks(sample_domain, X.shape[0])
        require_both_sides(masks, "TopicFeatureSelector")
        given = None if y is None else source_labels(X, y, masks.source)
        model = make_topic_model(self.topic_model, self.n_topics, self.random_state)
        shares = rows_to_shares(fit_topic_weights(model, X))
        if isinstance(self.topic_model, str) and self.topic_model == "nmf":
            # precise for new rows: their shares must not depend on the rest of a batch
            model.set_params(tol=1e-8)
        self.topic_model_ = model
        sides = [(X[mask], shares[mask]) for mask in masks]
        self.topic_sharing_ = overlap_ratio(
            *(s.mean(axis=0)[:, None] for _, s in sides)
        )
        self.feature_sharing_ = overlap_ratio(
            *(feature_frequency_by_topic(F, s) for F, s in sides)
        )
        self.label_scores_ = np.ones(X.shape[1])
        self.label_agreement_ = np.ones(X.shape[1])
        self.topic_reliability_ = np.nan
        if given is not None:
            self._fit_labels(X, shares, masks, *given)
        self.scores_ = (
            self.label_scores_
            * self.label_agreement_**self.agreement_power
            * self.feature_sharing_**self.sharing_power
        )
        if masks.shifted:
            self._warn_if_nothing_carries_over()
        return self

    def _fit_labels(
        self,
        X: Any,
        shares: NDArray[np.float64],
        masks: DomainMasks,
        labelled: NDArray[np.bool_],
        labels: NDArray[Any],
    ) -> None:
        known = X[labelled]
        self.label_scores_ = label_scores(known, labels, self.score_func)
        if not masks.shifted:
            return
        carried, self.topic_reliability_ = class_scores_through_topics(
            known, labels, X[masks.target], (shares[labelled], shares[masks.target])
        )
        self.label_agreement_ = label_agreement(
            class_correlation(known, class_indicators(labels)),
            class_correlation(X[masks.target], carried),
        )

    def transform(self, X: Any) -> Any:
        """Reduce rows to the kept features, to topic proportions, or to both.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Counts or tf-idf, not below 0.

        Returns
        -------
        Z : {ndarray, sparse matrix} of shape (n_samples, n_features_out)
            Kept features in the order of the columns, then topics. Proportions alone
            are dense; with features they are of the container of ``X``.
        """
        if self.output == "features":
            return super().transform(X)
        check_is_fitted(self, "scores_")
        X = self._validate_counts(X, reset=False)
        shares = rows_to_shares(topic_weights(self.topic_model_, X)).astype(X.dtype)
        if self.output == "topics":
            return shares
        kept = X[:, self.get_support(indices=True)]
        return append_columns(kept, shares)

    def inverse_transform(self, X: Any) -> Any:
        """Put kept features back into their columns.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features_out)
            What ``transform`` returned.

        Returns
        -------
        X_original : {ndarray, sparse matrix} of shape (n_samples, n_features)
            Kept features, and 0 in the other columns. Topics are left out.

        Raises
        ------
        ValueError
            If ``output`` is "topics": they do not hold the features.
        """
        if self.output == "topics":
            raise ValueError(
                'inverse_transform needs the kept features; got output="topics". Use '
                'output="features" or "both".'
            )
        if self.output == "both":
            X = X if is_sparse(X) else np.asarray(X)
            X = X[:, : n_kept(self.k, self.scores_.size)]
        return super().inverse_transform(X)

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> NDArray[np.object_]:
        """Names of the columns that ``transform`` returns.

        Parameters
        ----------
        input_features : array-like of str of shape (n_features,), default=None
            Names of the columns of ``X``; None takes those seen in ``fit``, or x0,
            x1, ...

        Returns
        -------
        names : ndarray of str objects of shape (n_features_out,)
            Names of the kept features, and topic0, topic1, ... for the topics.
        """
        features = super().get_feature_names_out(input_features)
        topics = [f"topic{t}" for t in range(self.topic_sharing_.size)]
        parts = {
            "features": [features],
            "topics": [np.array(topics, dtype=object)],
            "both": [features, np.array(topics, dtype=object)],
        }
        return np.concatenate(parts[self.output])
