"""SequenceEncoder: final states of linear recurrences over token vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
)
from sklearn.utils.validation import check_is_fitted

from sktransfer._core.inputs import column_values
from sktransfer._core.parameters import check_parameters
from sktransfer._core.parts.defaults import GivenParameters
from sktransfer._core.parts.texts import ReadsTexts
from sktransfer._core.progress import CallbackSupportMixin, reports_progress
from sktransfer.recommend.sequences._events import (
    Events,
    check_sequences,
    decay_weights,
    find_events,
)
from sktransfer.text.checks import check_tokens, is_text
from sktransfer.text.forms import inverse_document_frequency
from sktransfer.text.tokenizers import default_tokenizer, find_tokenizer
from sktransfer.text.word_vectors import WordVectors, is_trainable, train_or_check


def recurrence_states(
    events: Events,
    vectors: NDArray[np.floating],
    token_weights: NDArray[np.floating],
    decays: Sequence[float],
    *,
    bidirectional: bool,
) -> NDArray[np.floating]:
    r"""Final states of linear recurrences, as sparse products.

    The recurrence :math:`h_t = \delta h_{t-1} + w_t x_t` ends in
    :math:`h_T = \sum_t \delta^{T - t} w_t x_t`: a row of weights times the matrix of
    vectors, divided by the sum of the weights. The other direction reads from the end.
    """
    states = []
    for decay in decays:
        ways = [events.behind()]
        if bidirectional and decay < 1:
            ways.append(events.ahead())
        for distance in ways:
            weights = decay_weights(distance, decay) * token_weights[events.ids]
            R = events.matrix(weights.astype(vectors.dtype, copy=False))
            total = np.asarray(R.sum(axis=1)).ravel()
            scale = 1 / np.where(total > 0, total, 1)
            states.append((sparse.diags_array(scale.astype(R.dtype)) @ R) @ vectors)
    return np.hstack(states)


class SequenceEncoder(
    ReadsTexts,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    CallbackSupportMixin,
    GivenParameters,
    BaseEstimator,
):
    r"""Texts or event sequences as states of linear recurrences over vectors.

    The place of a recurrent network in a Pipeline. Each token has a vector, trained
    here or given; :math:`h_t = \delta h_{t-1} + w_t x_t` runs over the sequence in both
    directions with several time constants, and the final states, divided by the sum of
    their weights, are the features. Being linear, they are one sparse product each:
    there is no loop over tokens, and nothing to train but the vectors.

    Parameters
    ----------
    decays : tuple of float, default=(0.5, 0.9, 1.0)
        Decays :math:`\delta` from 0 to 1: the weight of half a state is in the last
        :math:`\log 2 / -\log \delta` tokens; 1 is the mean of all.
    bidirectional : bool, default=True
        Also from the end to the beginning.
    vectors : WordVectors or given vectors, default=None
        How vectors are trained on the sequences of ``fit``; None:
        ``WordVectors("ppmi", random_state=0)``. Or vectors that are trained already,
        in the forms of :class:`~sktransfer.EmbeddingVectorizer`. Ids of events that
        are not str are looked up as ``str(id)``.
    idf : bool, default=True
        Weigh tokens by their inverse document frequency; else each by 1.
    tokenizer : callable or str, default=None
        From a text to its tokens, or its name "module:function". None: words of two
        or more letters or digits, in lower case; learned from the texts where no spaces
        stand between words. Sequences that are no texts are not passed to it.

    Attributes
    ----------
    vocabulary_ : ndarray of object of shape (n_tokens,)
        Tokens that have a vector.
    token_vectors_ : ndarray of float32 of shape (n_tokens, n_dimensions)
        Their vectors.
    token_weights_ : ndarray of float32 of shape (n_tokens,)
        What each counts.

    See Also
    --------
    sktransfer.WordVectors : How vectors are trained.
    sktransfer.EmbeddingVectorizer : Weighted means of word vectors.
    SessionVectorizer : Sparse recency weights of the items themselves.

    Notes
    -----
    Tokens without a vector are left out before places are counted. A row depends on its
    own sequence and on what `fit` saw.

    Columns have different scales: put a :class:`~sklearn.preprocessing.StandardScaler`
    before a regularised model.

    Examples
    --------
    >>> from sktransfer import SequenceEncoder, WordVectors
    >>> from sktransfer.datasets import make_bilingual_reviews
    >>> texts = make_bilingual_reviews(200).data
    >>> vectors = WordVectors("ppmi", vector_size=20)
    >>> SequenceEncoder(vectors=vectors).fit_transform(texts).shape
    (400, 100)
    >>> sessions = [[7, 8, 9], [7, 8], [9, 8, 7]]
    >>> SequenceEncoder(vectors=vectors).fit_transform(sessions).shape
    (3, 15)
    """

    _part_examples: ClassVar[dict[str, str]] = {
        "vectors": 'WordVectors("ppmi", random_state=0)',
    }
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "decays": ["array-like"],
        "bidirectional": ["boolean"],
        "idf": ["boolean"],
        "tokenizer": [callable, str, None],
    }

    def __init__(
        self,
        *,
        decays: Sequence[float] = (0.5, 0.9, 1.0),
        bidirectional: bool = True,
        vectors: Any = None,
        idf: bool = True,
        tokenizer: Callable[[str], Any] | str | None = None,
    ) -> None:
        self.decays = decays
        self.bidirectional = bidirectional
        self.vectors = vectors
        self.idf = idf
        self.tokenizer = tokenizer

    @reports_progress
    def fit(self, X: Sequence[Any], y: Any = None) -> Self:
        """Learn vectors and weights of tokens.

        Parameters
        ----------
        X : sequence of str, or sequence of sequence of hashable
            Texts, or tokens or event ids in order, one sequence for each row.
        y : object
            Ignored.

        Returns
        -------
        self : SequenceEncoder
            Fitted.

        Raises
        ------
        ValueError
            If no token has a vector, or a parameter is out of range.
        """
        self._fit(X)
        return self

    def fit_transform(self, X: Sequence[Any], y: Any = None) -> NDArray[np.float32]:
        """Fit, and encode the same sequences.

        Parameters
        ----------
        X : sequence of str, or sequence of sequence of hashable
            Texts, or tokens or event ids in order, one sequence for each row.
        y : object
            Ignored.

        Returns
        -------
        Z : ndarray of float32 of shape (n_samples, n_features)
            The states.
        """
        return self._encode(self._fit(X))

    def transform(self, X: Sequence[Any]) -> NDArray[np.float32]:
        """Encode sequences.

        Parameters
        ----------
        X : sequence of str, or sequence of sequence of hashable
            Texts, or tokens or event ids in order, one sequence for each row.

        Returns
        -------
        Z : ndarray of float32 of shape (n_samples, n_features)
            The states; 0 for sequences without a known token.
        """
        check_is_fitted(self, "token_vectors_")
        return self._encode(find_events(self._tokens(X), self._index))

    def _fit(self, X: Any) -> Events:
        check_parameters(self)
        self._check_decays()
        given = find_tokenizer(self.tokenizer, "tokenizer of SequenceEncoder")
        vectors = self.vectors
        if vectors is None:
            vectors = WordVectors("ppmi", random_state=0)
        found, known = None, np.array([], dtype=object)
        if not is_trainable(vectors):
            found = train_or_check(vectors, [], words=is_text(X))
            known = found.words
        texts = _texts(X) if is_text(X) else []
        self._split = given or default_tokenizer(texts, words=known)
        sequences = self._tokens(X)
        self.vocabulary_, self.token_vectors_ = (
            train_or_check(vectors, sequences, words=is_text(X))
            if found is None
            else found
        )
        self._index = {t: k for k, t in enumerate(self.vocabulary_.tolist())}
        events = find_events(sequences, self._index)
        if events.ids.size == 0:
            raise ValueError(
                f"None of the tokens of {len(sequences)} sequence(s) has a vector. "
                "Check the tokenizer and the words of the vectors."
            )
        self.token_weights_ = np.ones(events.n_ids, dtype=np.float32)
        if self.idf:
            counts = events.matrix(np.ones(events.ids.size, dtype=np.float32))
            df = np.bincount(counts.indices, minlength=events.n_ids)
            weights = inverse_document_frequency(df, counts.shape[0])
            self.token_weights_ = weights.astype(np.float32)
        self._n_features_out = self._encode(_first(events)).shape[1]
        return events

    def _encode(self, events: Events) -> NDArray[np.float32]:
        return recurrence_states(
            events,
            self.token_vectors_,
            self.token_weights_,
            self.decays,
            bidirectional=self.bidirectional,
        )

    def _tokens(self, X: Any) -> list[list[str]]:
        if is_text(X):
            return [check_tokens(self._split(text)) for text in _texts(X)]
        sequences = check_sequences(X, type(self).__name__)
        return [[str(event) for event in row] for row in sequences]

    def _check_decays(self) -> None:
        decays = list(self.decays)
        fits = all(
            isinstance(d, Real) and not isinstance(d, bool) and 0 <= d <= 1
            for d in decays
        )
        if not decays or not fits:
            raise ValueError(
                f"decays must hold at least one number from 0 to 1; got {decays!r}."
            )


def _texts(X: Any) -> list[str]:
    """Texts of a list or column."""
    texts = X if isinstance(X, list | tuple) else column_values(X, "X").ravel().tolist()
    for i, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(
                "SequenceEncoder takes texts or sequences, not both; got "
                f"{type(text).__name__} in row {i} after a str."
            )
    return list(texts)


def _first(events: Events) -> Events:
    return Events(events.ids[:0], events.indptr[:1] * 0, events.n_ids)
