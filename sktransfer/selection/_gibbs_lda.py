"""Latent Dirichlet allocation by collapsed Gibbs sampling (tomotopy)."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.utils import check_random_state

from sktransfer._core.parameters import check_parameters, integer, number
from sktransfer._core.progress import in_rounds, reports_progress
from sktransfer.selection._topic_transformer import TopicTransformer

PASSES = 10  # at a time, between which it can be interrupted
MOST_TOKENS = 1e9  # hours of sampling, and memory for each of them


def gibbs_topics(
    X: Any, n_topics: int, *, alpha: float, eta: float, n_iter: int, seed: int
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Topics of counts by collapsed Gibbs sampling with tomotopy, on one thread."""
    try:
        from tomotopy import LDAModel
    except ImportError as error:
        raise ImportError(
            'topic_model="lda-gibbs" and GibbsLDA need the package tomotopy, which is '
            'not installed. Run "pip install tomotopy", or use topic_model="lda" '
            '(variational inference) or "plsa", which need nothing more.'
        ) from error
    X = sparse.csr_array(X)
    total = np.ceil(X.data).sum()
    if total > MOST_TOKENS:
        raise ValueError(
            "GibbsLDA draws a topic for each of the tokens that X counts, "
            f"{MOST_TOKENS:g} at most; got {total:g}. Divide the counts, or use PLSA "
            "or GensimLDA."
        )
    names = np.arange(X.shape[1]).astype(str)
    model = LDAModel(k=n_topics, alpha=alpha, eta=eta, seed=seed)
    for start, stop in zip(X.indptr[:-1], X.indptr[1:]):
        counts = np.ceil(X.data[start:stop]).astype(np.intp)
        if counts.any():
            model.add_doc(names[np.repeat(X.indices[start:stop], counts)].tolist())
    if not len(model.docs):
        return np.full((n_topics, X.shape[1]), 1.0 / X.shape[1]), np.asarray(
            model.alpha, dtype=np.float64
        )
    for start in in_rounds(range(0, n_iter, PASSES), f"{PASSES} passes of sampling"):
        # more than one worker makes the draws depend on the threads
        model.train(min(PASSES, n_iter - start), workers=1)
    columns = np.array([int(name) for name in model.used_vocabs])
    topics = np.zeros((n_topics, X.shape[1]))
    for z in range(n_topics):
        topics[z, columns] = model.get_topic_word_dist(z)
    return topics, np.asarray(model.alpha, dtype=np.float64)


class GibbsLDA(TopicTransformer):
    r"""Latent Dirichlet allocation by collapsed Gibbs sampling.

    A thin layer over ``tomotopy``, an optional dependency. The sampler draws the topic
    of each token in turn, given those of all others, and needs no bound as variational
    inference does.

    Parameters
    ----------
    n_components : int, default=20
        Number of topics.
    alpha : float, default=0.1
        Dirichlet parameter of the topics in a document at the start; the sampler
        learns one for each topic.
    eta : float, default=0.01
        Dirichlet parameter of the features in a topic.
    n_iter : int, default=100
        Number of passes over all tokens.
    random_state : int, RandomState instance or None, default=None
        Seed of the sampler.

    Attributes
    ----------
    components_ : ndarray of shape (n_components, n_features)
        :math:`p(w \mid z)`; rows of sum 1.
    alpha_ : ndarray of shape (n_components,)
        Learned Dirichlet parameters of the topics in a document.
    n_features_in_ : int
        Number of columns seen in ``fit``.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, where they are all strings.

    See Also
    --------
    sklearn.decomposition.LatentDirichletAllocation : By variational inference.
    PLSA : Without a prior.
    GensimLDA : A chunk of documents at a time.

    Notes
    -----
    Tokens are whole: a fraction counts as the next whole number, so that tf-idf below 1
    becomes the presence of a feature.

    ``transform`` holds the topics and finds the proportions of each document by
    expectation maximisation under the learned prior. It draws nothing, so that the
    same document always gets the same proportions.

    References
    ----------
    .. [1] T. L. Griffiths, M. Steyvers, "Finding scientific topics", PNAS 101, 2004.

    Examples
    --------
    >>> from sktransfer.selection import GibbsLDA
    >>> GibbsLDA(n_components=2, random_state=0)
    GibbsLDA(n_components=2, random_state=0)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_components": [integer(1)],
        "alpha": [number(above=0)],
        "eta": [number(above=0)],
        "n_iter": [integer(1)],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        n_components: int = 20,
        *,
        alpha: float = 0.1,
        eta: float = 0.01,
        n_iter: int = 100,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_components = n_components
        self.alpha = alpha
        self.eta = eta
        self.n_iter = n_iter
        self.random_state = random_state

    @reports_progress
    def fit(self, X: Any, y: ArrayLike | None = None) -> Self:
        """Sample the topics.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Counts, not below 0.
        y : None
            Not used.

        Returns
        -------
        self : GibbsLDA
            The fitted model.

        Raises
        ------
        ImportError
            If tomotopy is not installed.
        """
        check_parameters(self)
        X = self._validate_counts(X, reset=True)
        self.components_, self.alpha_ = gibbs_topics(
            X,
            self.n_components,
            alpha=self.alpha,
            eta=self.eta,
            n_iter=self.n_iter,
            seed=int(check_random_state(self.random_state).randint(2**31 - 1)),
        )
        return self
