"""TransferFeatureSelector: features that inform the label and that both domains use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike

from sktransfer._core.correspondence import document_frequency
from sktransfer._core.domains import domain_masks, require_both_sides
from sktransfer._core.information import presence
from sktransfer._core.parameters import check_parameters
from sktransfer._core.progress import reports_progress
from sktransfer.selection._base import DomainSelector
from sktransfer.selection._domain_overlap import overlap_ratio
from sktransfer.selection._label_scores import label_scores, source_labels


class TransferFeatureSelector(DomainSelector):
    r"""Keep the features that inform the label and that both domains use.

    The score of a feature is its score for the labels of the source, times how equally
    often the two domains use it:

    .. math:: s_j\; \biggl(\frac{\min(f^s_j, f^t_j)}{\max(f^s_j, f^t_j)}\biggr)^{p}

    with :math:`s_j` the label score and :math:`f_j` the share of the documents of each
    domain that hold the feature.

    Parameters
    ----------
    score_func : str or callable, default="mutual_info"
        "mutual_info" is the mutual information of presence and label in nats,
        "information_gain" the same in bits, as the entropy of the label that presence
        takes away (the ranking is the same). "chi2" is scikit-learn's statistic, which
        looks at the values too. A callable of ``(X, y)`` is given the labelled source
        rows and returns one number not below 0 for each feature, or a tuple that starts
        with them: ``sklearn.feature_selection.f_classif`` will do.
    overlap : bool, default=True
        Whether the overlap of the domains counts. False ranks by the label alone.
    k : int, float or "all", default=1000
        Number of features to keep (all of them, where there are fewer), or as a float
        the share of them, above 0 and up to 1.
    sharing_power : float, default=0.5
        The exponent :math:`p`; the larger, the more the overlap counts.

    Attributes
    ----------
    scores_ : ndarray of shape (n_features,)
        What the features are ranked by.
    label_scores_ : ndarray of shape (n_features,)
        Score of each feature for the label.
    feature_sharing_ : ndarray of shape (n_features,)
        Smaller over larger document frequency, from 0 to 1; 1 everywhere if ``overlap``
        is False.
    n_features_in_ : int
        Number of columns seen in ``fit``.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, where they are all strings.

    See Also
    --------
    TopicFeatureSelector : Looks at the topics that the features stand in, too.
    sklearn.feature_selection.SelectKBest : Looks at the labels only.

    Notes
    -----
    Presence is a value above 0, so features must not be negative: counts, tf-idf or
    indicators. Several target domains count as one, and so do several sources.

    References
    ----------
    .. [1] Y. Yang, J. O. Pedersen, "A comparative study on feature selection in text
           categorization", ICML 1997.
    .. [2] J. Blitzer, M. Dredze, F. Pereira, "Biographies, Bollywood, boom-boxes and
           blenders: domain adaptation for sentiment classification", ACL 2007.

    Examples
    --------
    "plot" tells the label of films but never occurs in reviews of music; "great" does.

    >>> import numpy as np
    >>> from sktransfer.selection import TransferFeatureSelector
    >>> words = np.array(["great", "plot", "actor", "guitar"])
    >>> films = [[1, 1, 1, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 1, 0]]
    >>> music = [[1, 0, 0, 1], [1, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 1]]
    >>> y = ["good", "good", "bad", "bad", None, None, None, None]
    >>> d = np.repeat([1, -2], 4)
    >>> selector = TransferFeatureSelector(k=1)
    >>> selector.fit(np.array(films + music), y, sample_domain=d)
    TransferFeatureSelector(k=1)
    >>> words[selector.get_support()]
    array(['great'], dtype='<U6')
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **DomainSelector._parameter_constraints,
        "overlap": ["boolean"],
    }

    def __init__(
        self,
        *,
        score_func: str | Callable[..., Any] = "mutual_info",
        overlap: bool = True,
        k: int | float | str = 1000,
        sharing_power: float = 0.5,
    ) -> None:
        self.score_func = score_func
        self.overlap = overlap
        self.k = k
        self.sharing_power = sharing_power

    @reports_progress
    def fit(self, X: Any, y: ArrayLike, sample_domain: ArrayLike | None = None) -> Self:
        """Score the features.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Counts or tf-idf, not below 0.
        y : array-like of shape (n_samples,)
            Class labels. Those of target rows are not read, and source rows without one
            count for the overlap only.
        sample_domain : array-like of shape (n_samples,), default=None
            Signed integers: positive = source, negative = target. None means that
            every row is both, so that all features are shared.

        Returns
        -------
        self : TransferFeatureSelector
            The fitted selector.

        Raises
        ------
        ValueError
            If ``X`` holds negative values, one side has no row, or no source row has a
            label.

        Warns
        -----
        UserWarning
            If no feature scores above 0.
        """
        check_parameters(self)
        X = self._validate_counts(X)
        if y is None:
            raise ValueError(
                "TransferFeatureSelector requires y to be passed, but the target y is "
                "None. Without labels use TopicFeatureSelector."
            )
        masks = domain_masks(sample_domain, X.shape[0])
        require_both_sides(masks, "TransferFeatureSelector")
        labelled, labels = source_labels(X, y, masks.source)
        self.label_scores_ = label_scores(X[labelled], labels, self.score_func)
        self.feature_sharing_ = np.ones(X.shape[1])
        if self.overlap:
            frequencies = (document_frequency(presence(X[m])) for m in masks)
            self.feature_sharing_ = overlap_ratio(*(f[:, None] for f in frequencies))
        self.scores_ = self.label_scores_ * self.feature_sharing_**self.sharing_power
        if masks.shifted:
            self._warn_if_nothing_carries_over()
        return self

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags
