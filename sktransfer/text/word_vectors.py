"""WordVectors: how vectors of words are trained, as a part of other estimators."""

from __future__ import annotations

import copy
import os
from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator

from sktransfer._core.parameters import (
    check_parameters,
    fit_needs_y,
    integer,
    one_of,
)
from sktransfer._core.parts.defaults import GivenParameters
from sktransfer._core.parts.texts import ReadsTexts
from sktransfer._core.progress import CallbackSupportMixin, reports_progress
from sktransfer._core.word_vectors.given import VectorTable, as_vector_table
from sktransfer._core.word_vectors.training import MODELS, train_word_vectors
from sktransfer.text.checks import check_documents
from sktransfer.text.forms import token_forms
from sktransfer.text.tokenizers import default_tokenizer
from sktransfer.text.writing import UNKNOWN, Writing


class WordVectors(ReadsTexts, CallbackSupportMixin, GivenParameters, BaseEstimator):
    """Vectors of words, trained on texts.

    A part of :class:`~sktransfer.embedding.EmbeddingVectorizer`,
    :class:`~sktransfer.crosslingual.AlignedEmbeddings` and
    :class:`~sktransfer.recommend.SequenceEncoder`, which train it on their own texts:
    give it to them as ``vectors``, and search its parameters as ``vectors__window``.

    Parameters
    ----------
    model : {"skipgram", "cbow", "glove", "ppmi"}, default="skipgram"
        How vectors are trained: Word2Vec by gensim with negative sampling [1]_, GloVe
        [2]_, or the truncated SVD of positive pointwise mutual information [3]_, which
        is by far the fastest, and on some thousand reviews within two points of
        skip-gram.
    vector_size : int, default=100
        Number of features. "ppmi" has at most as many as there are words.
    window : int, default=5
        Largest distance of neighbours.
    min_count : int, default=2
        Words that occur less often get no vector.
    epochs : int, default=10
        Passes over the texts. "ppmi" has none.
    workers : int, default=1
        Threads of gensim. Results are reproducible with one only.
    random_state : int, RandomState instance or None, default=None
        Seed of the training.
    callbacks : sequence of gensim callbacks, default=()
        Called by gensim while it trains, see ``gensim.models.callbacks``.

    Attributes
    ----------
    words_ : ndarray of object of shape (n_words,)
        Words that have a vector, the most frequent first.
    vectors_ : ndarray of float32 of shape (n_words, n_features)
        Their vectors.

    See Also
    --------
    sktransfer.embedding.read_word_vectors : Vectors that are trained already.

    References
    ----------
    .. [1] T. Mikolov et al., "Distributed representations of words and phrases and
           their compositionality", NIPS 2013.
    .. [2] J. Pennington, R. Socher, C. D. Manning, "GloVe: global vectors for word
           representation", EMNLP 2014.
    .. [3] O. Levy, Y. Goldberg, I. Dagan, "Improving distributional similarity with
           lessons learned from word embeddings", Transactions of the ACL 3, 2015.

    Examples
    --------
    >>> from sktransfer.embedding import WordVectors
    >>> texts = ["a sharp knife", "a blunt knife", "a sharp pencil"]
    >>> trained = WordVectors("ppmi", vector_size=2, random_state=0).fit(texts)
    >>> trained.words_
    array(['knife', 'sharp'], dtype=object)
    >>> trained.vectors_.shape
    (2, 2)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "model": [one_of(*MODELS)],
        "vector_size": [integer(1)],
        "window": [integer(1)],
        "min_count": [integer(1)],
        "epochs": [integer(1)],
        "workers": [integer(1)],
        "random_state": ["random_state"],
        "callbacks": ["array-like"],
    }

    def __init__(
        self,
        model: str = "skipgram",
        *,
        vector_size: int = 100,
        window: int = 5,
        min_count: int = 2,
        epochs: int = 10,
        workers: int = 1,
        random_state: int | np.random.RandomState | None = None,
        callbacks: Sequence[Any] = (),
    ) -> None:
        self.model = model
        self.vector_size = vector_size
        self.window = window
        self.min_count = min_count
        self.epochs = epochs
        self.workers = workers
        self.random_state = random_state
        self.callbacks = callbacks

    @reports_progress
    def fit(self, X: Sequence[str] | Sequence[Sequence[str]], y: Any = None) -> Self:
        """Train the vectors.

        Parameters
        ----------
        X : sequence of str, or sequence of list of str
            Texts, whose words are two or more letters or digits in lower case, or
            learned where no spaces stand between them; or the tokens of each text,
            which are taken as they are.
        y : object
            Ignored.

        Returns
        -------
        self : WordVectors
            Fitted.

        Raises
        ------
        ValueError
            If no word occurs ``min_count`` times, or a parameter is out of range.
        ImportError
            If ``model`` needs gensim and it is not installed.
        """
        check_parameters(self)
        documents = check_documents(X, "WordVectors", default_tokenizer)
        parameters = self.get_params(deep=False)
        self.words_, self.vectors_ = train_word_vectors(documents, **parameters)
        return self


def is_trainable(vectors: Any) -> bool:
    """Whether vectors are still to be trained: a `WordVectors` or the like."""
    return hasattr(vectors, "fit")


def train_or_check(
    vectors: Any,
    documents: Sequence[Sequence[str]],
    *,
    limit: int | None = None,
    name: str = "vectors",
    words: bool = True,
    writing: Writing = UNKNOWN,
) -> VectorTable:
    """Train vectors on tokenised texts, or validate those that are given.

    Given ones are those of words, whose form does not matter, or of ids.
    """
    if isinstance(vectors, type) or (is_trainable(vectors) and fit_needs_y(vectors)):
        raise TypeError(
            f"{name} takes an instance of WordVectors, to train vectors, or vectors "
            f"that are trained; got {vectors!r:.200}. Give WordVectors()."
        )
    if isinstance(vectors, str) and vectors in MODELS and not os.path.exists(vectors):
        raise FileNotFoundError(
            f"{name}={vectors!r} is read as the path of a file with trained vectors, "
            f"and there is no such file. To train vectors: WordVectors({vectors!r})."
        )
    if not is_trainable(vectors):
        table = as_vector_table(vectors, limit=limit, name=name)
        return merge_forms(table, writing) if words else table
    # not a clone, which would copy the callbacks and the random state too
    trained = copy.copy(vectors).fit(documents)
    if not hasattr(trained, "words_") or not hasattr(trained, "vectors_"):
        raise TypeError(
            f"{name} has a method fit, but no words_ and vectors_ after it; got "
            f"{vectors!r:.200}. Give a WordVectors, or vectors that are trained."
        )
    return as_vector_table((trained.words_, trained.vectors_), name=name)


def merge_forms(table: VectorTable, writing: Writing = UNKNOWN) -> VectorTable:
    """Words in the form of tokens; of several with the same one the first stays."""
    given = table.words.tolist()
    forms = token_forms(given, writing)
    if forms == given:
        return table
    first: dict[str, int] = {}
    for row, form in enumerate(forms):
        first.setdefault(form, row)
    first.pop("", None)
    rows = np.fromiter(first.values(), np.intp, len(first))
    return VectorTable(np.array(list(first), dtype=object), table.vectors[rows])
