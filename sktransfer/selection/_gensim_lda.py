"""Latent Dirichlet allocation a chunk of documents at a time (gensim)."""

from __future__ import annotations

import warnings
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from sktransfer._core.parameters import check_parameters, integer, number
from sktransfer._core.progress import reports_progress
from sktransfer.selection._topic_transformer import TopicTransformer


class GensimLDA(TopicTransformer):
    r"""Latent Dirichlet allocation by gensim's online variational inference.

    For corpora that do not fit into memory: ``partial_fit`` takes the documents chunk
    by chunk, and what is kept between chunks are the topics alone.

    Parameters
    ----------
    n_components : int, default=20
        Number of topics.
    chunksize : int, default=500
        Number of documents after which the topics are updated.
    passes : int, default=100
        Largest number of passes of ``fit`` over the documents; ``partial_fit`` makes
        one.
    decay : float, default=0.5
        How fast earlier chunks are forgotten, from 0.5 up to 1.
    offset : float, default=10.0
        Number of earlier updates that the start counts as: larger values give the
        first chunks less weight.
    tol : float, default=0.005
        ``fit`` stops once no topic is further than this from the one that a whole pass
        would put in its place, in total variation. 0 makes all passes.
    random_state : int, RandomState instance or None, default=None
        Seed of the first topics.

    Attributes
    ----------
    components_ : ndarray of shape (n_components, n_features)
        :math:`p(w \mid z)`; rows of sum 1.
    alpha_ : ndarray of shape (n_components,)
        Dirichlet parameters of the topics in a document.
    model_ : gensim.models.LdaModel
        The model of gensim.
    n_iter_ : int
        Number of passes that ``fit`` made.
    n_features_in_ : int
        Number of columns seen in ``fit``.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, where they are all strings.

    Warns
    -----
    ConvergenceWarning
        If ``fit`` ends after ``passes`` passes, further than ``tol`` from the end.

    See Also
    --------
    sklearn.decomposition.LatentDirichletAllocation : For what fits into memory.
    GibbsLDA : By collapsed Gibbs sampling.

    Notes
    -----
    To select features with topics of a corpus that does not fit, fit the topics chunk
    by chunk and hand them over frozen:
    ``TopicFeatureSelector(topic_model=FrozenEstimator(model))``, with
    ``sklearn.frozen.FrozenEstimator``.

    ``transform`` holds the topics and finds the proportions of each document by
    expectation maximisation under the prior. It draws nothing, unlike gensim's own
    inference, so that the same document always gets the same proportions.

    References
    ----------
    .. [1] M. D. Hoffman, D. M. Blei, F. Bach, "Online learning for latent Dirichlet
           allocation", NIPS 2010.
    .. [2] R. Rehurek, P. Sojka, "Software framework for topic modelling with large
           corpora", LREC Workshop on New Challenges for NLP Frameworks 2010.

    Examples
    --------
    >>> import numpy as np
    >>> from sktransfer.selection import GensimLDA
    >>> X = np.array([[3, 2, 0, 0], [1, 2, 0, 0], [0, 0, 4, 1], [0, 0, 2, 1]] * 10)
    >>> model = GensimLDA(n_components=2, random_state=0)
    >>> for chunk in np.array_split(X, 4):
    ...     model = model.partial_fit(chunk)
    >>> model.transform(X[:4]).argmax(axis=1) == model.transform(X[:1]).argmax()
    array([ True,  True, False, False])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_components": [integer(1)],
        "chunksize": [integer(1)],
        "passes": [integer(1)],
        "decay": [number(0.5, 1)],
        "offset": [number(0)],
        "tol": [number(0)],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        n_components: int = 20,
        *,
        chunksize: int = 500,
        passes: int = 100,
        decay: float = 0.5,
        offset: float = 10.0,
        tol: float = 5e-3,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_components = n_components
        self.chunksize = chunksize
        self.passes = passes
        self.decay = decay
        self.offset = offset
        self.tol = tol
        self.random_state = random_state

    @reports_progress
    def fit(self, X: Any, y: ArrayLike | None = None) -> Self:
        """Fit the topics with ``passes`` passes over the documents.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Counts or weights, not below 0.
        y : None
            Not used.

        Returns
        -------
        self : GensimLDA
            The fitted model.
        """
        corpus = self._corpus(X, reset=True)
        self.model_.state.numdocs += len(corpus)
        for n_done in range(self.passes):
            left = self._pass_over(corpus, n_done)
            if left <= self.tol:
                break
        self.n_iter_ = n_done + 1
        if left > self.tol > 0:
            warnings.warn(
                f"The topics did not converge: after passes={self.passes} a topic is "
                f"{left:.2g} from where the next passes would move it, where "
                f"tol={self.tol:g} was asked for. Raise passes or tol, or lower "
                "n_components.",
                ConvergenceWarning,
                stacklevel=3,
            )
        return self._store_topics()

    def partial_fit(self, X: Any, y: ArrayLike | None = None) -> Self:
        """Update the topics with one pass over a chunk of documents.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Counts or weights, not below 0.
        y : None
            Not used.

        Returns
        -------
        self : GensimLDA
            The updated model.
        """
        corpus = self._corpus(X, reset=not hasattr(self, "model_"))
        self.model_.update(corpus, passes=1)
        return self._store_topics()

    def _corpus(self, X: Any, *, reset: bool) -> Any:
        """Documents as gensim reads them; a new model, if that is asked for."""
        from gensim.matutils import Sparse2Corpus

        check_parameters(self)
        X = self._validate_counts(X, reset=reset)
        if reset:
            self.model_ = self._make_model(X.shape[1])
        # a view, of which gensim takes a chunk at a time
        return Sparse2Corpus(sparse.csr_matrix(X), documents_columns=False)

    def _pass_over(self, corpus: Any, n_done: int) -> float:
        """One pass of gensim's ``update``, and how far the topics are from its end.

        A pass replaces a share of each topic by an estimate of it, so what it changes
        is divided by that share.
        """
        from gensim.models.ldamodel import LdaState
        from gensim.utils import grouper

        model, kept = self.model_, 1.0
        before, size = model.get_topics(), min(len(corpus), self.chunksize)
        for chunk in grouper(corpus, size):
            found = LdaState(model.eta, model.state.sstats.shape, model.dtype)
            model.do_estep(chunk, found)
            steps = self.offset + n_done + model.num_updates / size
            rate = float(steps**-self.decay)
            model.do_mstep(rate, found, extra_pass=n_done > 0)
            kept *= 1 - rate
        moved = np.abs(model.get_topics() - before).sum(axis=1).max() / 2
        return float(moved / max(1 - kept, np.finfo(float).tiny))

    def _store_topics(self) -> Self:
        self.components_ = self.model_.get_topics().astype(np.float64)
        self.alpha_ = np.asarray(self.model_.alpha, dtype=np.float64)
        return self

    def _make_model(self, n_features: int) -> Any:
        from gensim.models import LdaModel
        from gensim.utils import FakeDict

        seed = check_random_state(self.random_state).randint(2**31 - 1)
        return LdaModel(
            num_topics=self.n_components,
            id2word=FakeDict(n_features),
            chunksize=self.chunksize,
            decay=self.decay,
            offset=self.offset,
            eval_every=None,
            dtype=np.float64,
            random_state=int(seed),
        )
