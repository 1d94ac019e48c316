"""PLSA: probabilistic latent semantic analysis."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.decomposition import NMF

from sktransfer._core.parameters import check_parameters, integer, number
from sktransfer._core.progress import begin_step, reports_progress
from sktransfer.selection._domain_overlap import rows_to_shares
from sktransfer.selection._topic_transformer import TopicTransformer


def plsa_parameters(
    W: NDArray[Any], H: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any]]:
    r"""Probabilities of PLSA from the factors of a non-negative factorisation.

    A factorisation :math:`X \approx WH` leaves the scale between the factors open. With
    :math:`c_z = \sum_w H_{zw}`,

    .. math:: p(w \mid z) = H_{zw} / c_z, \qquad
              p(z \mid d) = W_{dz}\, c_z / \sum_{z'} W_{dz'}\, c_{z'} .
    """
    scale = H.sum(axis=1)
    used = scale > 0
    topics = np.full_like(H, 1.0 / H.shape[1])
    topics[used] = H[used] / scale[used, None]
    return rows_to_shares(W * scale), topics


class PLSA(TopicTransformer):
    r"""Probabilistic latent semantic analysis: documents as mixtures of topics.

    :math:`p(w \mid d) = \sum_z p(w \mid z)\, p(z \mid d)` by maximum likelihood,
    without a prior. It is fitted as non-negative matrix factorisation with the
    Kullback-Leibler loss, which has the same fixed points (see Notes).

    Parameters
    ----------
    n_components : int, default=20
        Number of topics.
    max_iter : int, default=300
        Largest number of passes over the documents.
    tol : float, default=1e-4
        Fitting stops where ten passes lower the loss by less than this share of its
        first value.
    random_state : int, RandomState instance or None, default=None
        Seed of the first topics.

    Attributes
    ----------
    components_ : ndarray of shape (n_components, n_features)
        :math:`p(w \mid z)`; rows of sum 1.
    n_iter_ : int
        Number of passes made.
    n_features_in_ : int
        Number of columns seen in ``fit``.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, where they are all strings.

    See Also
    --------
    GibbsLDA : With a Dirichlet prior, by collapsed Gibbs sampling.
    GensimLDA : With a Dirichlet prior, a chunk of documents at a time.

    Notes
    -----
    The loss of the factorisation is :math:`\sum x \log (x / (WH)) - x + WH`. At a
    minimum over the scale of each row of W, that row of :math:`WH` sums to the length
    of the document, so the last two terms cancel. What is left is the negative
    log-likelihood of PLSA, up to a constant of the data, and a round of the
    multiplicative updates of W and of H in turn is a round of EM in turn [2]_, [3]_.

    ``transform`` holds the topics and finds the proportions of each document by EM from
    equal ones, which is a concave problem.

    References
    ----------
    .. [1] T. Hofmann, "Probabilistic latent semantic indexing", SIGIR 1999.
    .. [2] E. Gaussier, C. Goutte, "Relation between PLSA and NMF and implications",
           SIGIR 2005.
    .. [3] C. Ding, T. Li, W. Peng, "On the equivalence between non-negative matrix
           factorization and probabilistic latent semantic indexing", Computational
           Statistics and Data Analysis 52, 2008.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.selection import PLSA
    >>> X = np.array([[3, 2, 0, 0], [1, 2, 0, 0], [0, 0, 4, 1], [0, 0, 2, 1]])
    >>> PLSA(n_components=2, random_state=0).fit_transform(X).round(1).max(axis=1)
    array([1., 1., 1., 1.])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_components": [integer(1)],
        "max_iter": [integer(1)],
        "tol": [number(0)],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        n_components: int = 20,
        *,
        max_iter: int = 300,
        tol: float = 1e-4,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_components = n_components
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state

    @reports_progress
    def fit(self, X: Any, y: ArrayLike | None = None) -> Self:
        """Find the topics.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Counts or weights, not below 0.
        y : None
            Not used.

        Returns
        -------
        self : PLSA
            The fitted model.
        """
        check_parameters(self)
        X = self._validate_counts(X, reset=True)
        model = NMF(
            self.n_components,
            init="random",
            solver="mu",
            beta_loss="kullback-leibler",
            max_iter=self.max_iter,
            tol=self.tol,
            random_state=self.random_state,
        )
        begin_step(f"at most {self.max_iter} passes", of=1)
        W = model.fit_transform(X)
        self.components_ = plsa_parameters(W, model.components_)[1]
        self.n_iter_ = model.n_iter_
        return self
