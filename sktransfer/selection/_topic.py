"""TopicFeatureSelector: features of topics that both domains share."""

from __future__ import annotations

import warnings
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse
from sklearn.base import BaseEstimator, clone
from sklearn.decomposition import NMF, LatentDirichletAllocation
from sklearn.feature_selection import SelectorMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    check_consistent_length,
    check_is_fitted,
    validate_data,
)

from sktransfer._core.domains import domain_masks, require_both_sides
from sktransfer._core.information import presence_information
from sktransfer._core.labels import known_labels, label_array, missing_labels
from sktransfer.selection._sharing import feature_topics, overlap, topic_shares

_FLOATS = (np.float64, np.float32)


class TopicFeatureSelector(SelectorMixin, BaseEstimator):
    r"""Keep the features that inform the label and live in topics of both domains.

    A feature scores the mutual information of its presence with the labels of the
    source, times how far it occurs in the same topics of the target:

    .. math:: I(F_j; Y)\; \biggl(\frac{\sum_t \min(a^s_{jt}, a^t_{jt})}
              {\sum_t \max(a^s_{jt}, a^t_{jt})}\biggr)^{p},
              \qquad a_{jt} = \frac{1}{n} \sum_i [x_{ij} > 0]\, \theta_{it},

    where :math:`\theta_{it}` are the topic proportions of document i and :math:`a_{jt}`
    is the document frequency of feature j split over the topics, in each domain. The
    factor is 1 where both domains use a feature equally often in the same topics, and
    0 where one of them lacks it or uses it in other topics only.

    Parameters
    ----------
    topic_model : {"lda", "nmf"} or transformer, default="lda"
        "lda" is latent Dirichlet allocation by variational inference, "nmf" is
        non-negative matrix factorisation. Any transformer whose output are weights of
        topics, not below 0, is cloned and used as it is. It is fitted on the rows of
        both sides.
    n_topics : int, default=20
        Number of topics of "lda" and "nmf".
    score : {"mutual_info"}, default="mutual_info"
        How a feature informs the label: mutual information of its presence and the
        labels.
    k : int, float or "all", default=1000
        Number of features to keep (all of them, where there are fewer), or as a float
        the share of them, above 0 and up to 1.
    sharing_power : float, default=0.5
        The exponent :math:`p`. 0 ranks by the label alone; the larger, the more the
        topics count.
    random_state : int, RandomState instance or None, default=None
        Seed of "lda" and "nmf".

    Attributes
    ----------
    scores_ : ndarray of shape (n_features,)
        What the features are ranked by.
    label_scores_ : ndarray of shape (n_features,)
        Mutual information with the label in nats; 1 where no label was given.
    feature_sharing_ : ndarray of shape (n_features,)
        Factor of each feature before the exponent, from 0 to 1.
    topic_sharing_ : ndarray of shape (n_topics,)
        Smaller over larger of the mean proportions of each topic in the two domains:
        0 for a topic of one domain, 1 for one as frequent in both.
    topic_model_ : transformer
        The fitted topic model; ``components_`` of "lda" and "nmf" are the topics.
    n_features_in_ : int
        Number of columns seen in ``fit``.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, where they are all strings.

    See Also
    --------
    sklearn.feature_selection.SelectKBest : Looks at the labels only.

    Notes
    -----
    Selection keeps the model small and readable, and drops what only one side talks
    about. On reviews it does not beat all words, and most of its gain over the label
    alone comes from words that one domain lacks (see the user guide): compare with
    ``k="all"``.

    A feature of one domain only is dropped even if it tells the label well, since it
    never occurs where the model is to be used.

    Several target domains count as one, and so do several sources.

    References
    ----------
    .. [1] D. M. Blei, A. Y. Ng, M. I. Jordan, "Latent Dirichlet allocation", Journal of
           Machine Learning Research 3, 2003.
    .. [2] M. D. Hoffman, D. M. Blei, F. Bach, "Online learning for latent Dirichlet
           allocation", NIPS 2010.
    .. [3] D. D. Lee, H. S. Seung, "Learning the parts of objects by non-negative matrix
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

    __metadata_request__fit = {"sample_domain": True}  # noqa: RUF012

    def __init__(
        self,
        *,
        topic_model: Any = "lda",
        n_topics: int = 20,
        score: str = "mutual_info",
        k: int | float | str = 1000,
        sharing_power: float = 0.5,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.topic_model = topic_model
        self.n_topics = n_topics
        self.score = score
        self.k = k
        self.sharing_power = sharing_power
        self.random_state = random_state

    @property
    def score(self) -> None:
        """The parameter, readable through `get_params` only.

        scikit-learn takes an attribute of this name for the method that rates a fitted
        model, which a selector does not have.

        Raises
        ------
        AttributeError
            Always.
        """
        raise AttributeError(
            "TopicFeatureSelector has no method score; the parameter of that name is "
            'get_params()["score"].'
        )

    @score.setter
    def score(self, value):
        vars(self)["score"] = value

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Get the parameters.

        Parameters
        ----------
        deep : bool, default=True
            Whether to include those of a `topic_model` that is an estimator.

        Returns
        -------
        params : dict of str to object
            Value of each parameter by its name.
        """
        params = {name: vars(self)[name] for name in self._get_param_names()}
        if deep and hasattr(self.topic_model, "get_params"):
            inner = self.topic_model.get_params().items()
            params.update((f"topic_model__{name}", value) for name, value in inner)
        return params

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
        ValueError
            If ``X`` holds negative values, one side has no row, or no source row has a
            label though ``y`` is given.

        Warns
        -----
        UserWarning
            If no feature scores above 0.
        """
        self._check_parameters()
        X = validate_data(
            self, X, accept_sparse="csr", dtype=_FLOATS, ensure_non_negative=True
        )
        masks = domain_masks(sample_domain, X.shape[0])
        require_both_sides(masks, "TopicFeatureSelector")
        self.label_scores_ = self._label_scores(X, y, masks.source)
        self.topic_model_ = self._make_topic_model()
        shares = topic_shares(_topic_weights(self.topic_model_, X))
        sides = [(X[mask], shares[mask]) for mask in masks]
        self.topic_sharing_ = overlap(*(s.mean(axis=0)[:, None] for _, s in sides))
        self.feature_sharing_ = overlap(*(feature_topics(F, s) for F, s in sides))
        self.scores_ = self.label_scores_ * self.feature_sharing_**self.sharing_power
        if masks.shifted and not self.scores_.any():
            self._warn_nothing_carries_over()
        return self

    def _label_scores(self, X, y, source):
        if y is None:
            return np.ones(X.shape[1])
        y = label_array(y)
        check_consistent_length(X, y)
        labelled = source.copy()
        labelled[source] = ~missing_labels(y[source])
        if not labelled.any():
            raise ValueError(
                "y holds no label in any source row. Pass labels of the source, or "
                "y=None to rank by the topics alone."
            )
        labels = known_labels(y, labelled)
        check_classification_targets(labels)
        return presence_information(X[labelled], labels)

    def _make_topic_model(self):
        if not isinstance(self.topic_model, str):
            return clone(self.topic_model)
        if self.topic_model == "nmf":
            # a loose tolerance: the last digits of topics do not change a ranking
            return NMF(
                self.n_topics, tol=1e-3, max_iter=1000, random_state=self.random_state
            )
        # mini-batches, so that the time grows with the documents and not with passes
        return LatentDirichletAllocation(
            self.n_topics,
            learning_method="online",
            max_iter=5,
            random_state=self.random_state,
        )

    def _check_parameters(self):
        model = self.topic_model
        if (
            model not in ("lda", "nmf")
            if isinstance(model, str)
            else not hasattr(model, "fit_transform")
        ):
            raise ValueError(
                'topic_model must be "lda", "nmf" or a transformer such as '
                f"LatentDirichletAllocation(...); got {model!r}."
            )
        if not isinstance(self.n_topics, Integral) or self.n_topics < 1:
            raise ValueError(
                f"n_topics must be a positive integer; got {self.n_topics!r}."
            )
        if vars(self)["score"] != "mutual_info":
            raise ValueError(
                f'score must be "mutual_info"; got {vars(self)["score"]!r}.'
            )
        power = self.sharing_power
        if not isinstance(power, Real) or not 0 <= power < np.inf:
            raise ValueError(
                f"sharing_power must be a finite number not below 0; got {power!r}."
            )
        n_kept(self.k, 1)

    def _warn_nothing_carries_over(self):
        if self.label_scores_.any():
            reason = (
                "no feature of the source that informs the label occurs in the target. "
                "Texts of two languages need CrossLingualMapper"
            )
        else:
            reason = (
                "no feature informs the label of the source rows. Pass labels of at "
                "least two classes, or y=None to rank by the topics alone"
            )
        warnings.warn(
            f"All scores are 0, so the first columns are kept: {reason}.",
            UserWarning,
            stacklevel=3,
        )

    def _get_support_mask(self):
        check_is_fitted(self, "scores_")
        best = np.argsort(-self.scores_, kind="stable")
        mask = np.zeros(best.size, dtype=bool)
        mask[best[: n_kept(self.k, best.size)]] = True
        return mask

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.positive_only = True
        return tags


def n_kept(k: int | float | str, n_features: int) -> int:
    """Number of features that the parameter ``k`` keeps.

    Parameters
    ----------
    k : int, float or "all"
        A number, or as a float the share of the features.
    n_features : int
        Number of features that there are.

    Returns
    -------
    n_kept : int
        From 1 to ``n_features``.

    Raises
    ------
    ValueError
        If ``k`` is none of these.
    """
    if isinstance(k, str) and k == "all":
        return n_features
    if isinstance(k, Integral) and not isinstance(k, bool) and k >= 1:
        return min(int(k), n_features)
    if isinstance(k, Real) and not isinstance(k, Integral) and 0 < k <= 1:
        return max(1, round(k * n_features))
    raise ValueError(
        "k must be a positive integer (number of features), a float above 0 and up to "
        f'1 (share of the features) or "all"; got {k!r}.'
    )


def _topic_weights(model, X):
    weights = model.fit_transform(X)
    weights = weights.toarray() if sparse.issparse(weights) else np.asarray(weights)
    if weights.ndim != 2 or not np.all(weights >= 0):
        raise ValueError(
            f"topic_model {type(model).__name__} must return topic weights not below "
            "0; got negative or missing ones. Use LDA, NMF or the like."
        )
    return weights
