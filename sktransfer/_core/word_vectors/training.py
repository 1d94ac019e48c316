"""Word vectors: taken from what a user has, or trained on texts."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state

from sktransfer._core.word_vectors.cooccurrence import cooccurrence_matrix
from sktransfer._core.word_vectors.files import read_word_vectors
from sktransfer._core.word_vectors.glove import fit_glove
from sktransfer._core.word_vectors.ppmi import ppmi_vectors

MODELS = ("skipgram", "cbow", "glove", "ppmi")
# gensim looks at so many tokens of a document and drops the rest
_GENSIM_TOKENS = 10_000
_FORMS = (
    "Give gensim KeyedVectors, a pair (words, array), a mapping from word to vector, "
    "or the path of a word2vec or GloVe file."
)


class WordVectors(NamedTuple):
    """Words and their vectors.

    Attributes
    ----------
    words : ndarray of object of shape (n_words,)
        The words, none twice, the most frequent first where that is known.
    vectors : ndarray of float32 of shape (n_words, n_features)
        One row for each word, all finite.
    """

    words: NDArray[np.object_]
    vectors: NDArray[np.float32]


def as_word_vectors(
    vectors: Any, *, limit: int | None = None, name: str = "vectors"
) -> WordVectors:
    """Validate word vectors in any accepted form."""
    if isinstance(vectors, str | os.PathLike):
        file = read_word_vectors(vectors, limit=limit)
        return WordVectors(np.array(file.words, dtype=object), file.vectors)
    vectors = getattr(vectors, "wv", vectors)
    if hasattr(vectors, "index_to_key") and hasattr(vectors, "vectors"):
        words, rows = vectors.index_to_key, vectors.vectors[: len(vectors.index_to_key)]
    elif isinstance(vectors, Mapping):
        words, rows = list(vectors), _rows(vectors, name)
    elif isinstance(vectors, tuple | list) and len(vectors) == 2:
        words, rows = vectors
    else:
        raise TypeError(f"{name} has the type {type(vectors).__name__}. {_FORMS}")
    words = list(words)[:limit]
    rows = _matrix(rows, name)[:limit]
    if rows.shape[0] != len(words) or not rows.size:
        raise ValueError(
            f"{name} must hold one row for each word, and at least one; got "
            f"{len(words)} words and an array of shape {rows.shape}. {_FORMS}"
        )
    _check_words(words, name)
    finite = np.isfinite(rows).all(axis=1)
    if not finite.all():
        bad = words[int(np.argmin(finite))]
        raise ValueError(
            f"{name} must be finite; that of {bad!r:.60} is not, or exceeds float32."
        )
    return WordVectors(np.array(words, dtype=object), rows)


def _rows(vectors: Mapping[str, Any], name: str) -> list[Any]:
    rows = [np.asarray(v) for v in vectors.values()]
    for word, row in zip(vectors, rows):
        if row.shape != rows[0].shape or row.ndim != 1:
            raise ValueError(
                f"{name} must map every word to a vector of the same length; got the "
                f"shape {row.shape} for {word!r:.60}, {rows[0].shape} for the first."
            )
    return rows


def _matrix(rows: Any, name: str) -> NDArray[np.float32]:
    try:
        with np.errstate(over="ignore"):
            matrix = np.array(rows, dtype=np.float32, order="C")
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must hold numbers ({error}). {_FORMS}") from error
    if matrix.ndim != 2:
        raise ValueError(
            f"{name} must be an array of shape (n_words, n_features); got "
            f"{matrix.shape}. {_FORMS}"
        )
    return matrix


def _check_words(words: Sequence[Any], name: str) -> None:
    for word in words:
        if not isinstance(word, str) or not word:
            raise ValueError(
                f"{name} must name words by non-empty str; got {word!r:.60}."
            )
    if len(set(words)) < len(words):
        word = next(w for w, n in Counter(words).items() if n > 1)
        raise ValueError(
            f"{name} must hold each word once; {word!r:.60} is there twice."
        )


def count_vocabulary(
    documents: Sequence[Sequence[str]], min_count: int
) -> dict[str, int]:
    """Count words; the most frequent first, equally frequent ones by the alphabet."""
    counts = Counter(token for tokens in documents for token in tokens)
    counts.pop("", None)
    kept = [(w, n) for w, n in counts.items() if n >= min_count]
    return dict(sorted(kept, key=lambda item: (-item[1], item[0])))


def train_word_vectors(
    documents: Sequence[Sequence[str]],
    *,
    model: str = "skipgram",
    vector_size: int = 100,
    window: int = 5,
    min_count: int = 2,
    n_iter: int | None = None,
    random_state: int | np.random.RandomState | None = None,
    workers: int = 1,
    callbacks: Sequence[Any] = (),
) -> WordVectors:
    """Train word vectors on tokenised documents."""
    counts = count_vocabulary(documents, min_count)
    if not counts:
        raise ValueError(
            f"No word to train vectors on: none of {len(documents)} texts has a word "
            f"that occurs {min_count} times in all. Lower min_count, give more texts, "
            "or check the tokenizer."
        )
    seed = check_random_state(random_state).randint(2**31 - 1)
    words = np.array(list(counts), dtype=object)
    if model in ("skipgram", "cbow"):
        vectors = _train_word2vec(
            documents,
            counts,
            sg=int(model == "skipgram"),
            vector_size=vector_size,
            window=window,
            epochs=10 if n_iter is None else n_iter,
            seed=seed,
            workers=workers,
            callbacks=callbacks,
        )
        return WordVectors(words, vectors)
    index = {w: k for k, w in enumerate(counts)}
    rows = [[index[t] for t in tokens if t in index] for tokens in documents]
    X = cooccurrence_matrix(rows, len(index), window=window)
    if model == "glove":
        passes = {} if n_iter is None else {"n_iter": n_iter}
        vectors = fit_glove(X, vector_size, random_state=seed, **passes).vectors
    else:
        vectors = ppmi_vectors(X, vector_size, random_state=seed)
    return WordVectors(words, vectors)


def _train_word2vec(
    documents: Sequence[Sequence[str]], counts: Mapping[str, int], **settings: Any
) -> NDArray[np.float32]:
    """Word2Vec by gensim on the given vocabulary, in its order."""
    try:
        from gensim.models import Word2Vec
    except ImportError as error:
        raise ImportError(
            'model="skipgram" and "cbow" need gensim (pip install gensim); "glove" and '
            '"ppmi" do not.'
        ) from error
    trained = Word2Vec(
        sentences=_Pieces(documents, counts),
        min_count=1,
        negative=5,
        hs=0,
        **settings,
    )
    wv = trained.wv
    order = np.array([wv.key_to_index[w] for w in counts], dtype=np.intp)
    return np.ascontiguousarray(wv.vectors[order], dtype=np.float32)


class _Pieces:
    """Known tokens of documents, anew at each pass, in pieces that gensim takes whole.

    Parameters
    ----------
    documents : sequence of sequence of str
        Tokens of each document.
    counts : mapping of str to int
        The vocabulary.
    """

    def __init__(
        self, documents: Sequence[Sequence[str]], counts: Mapping[str, int]
    ) -> None:
        self.documents = documents
        self.counts = counts

    def __iter__(self) -> Iterator[list[str]]:
        for tokens in self.documents:
            known = [t for t in tokens if t in self.counts]
            for start in range(0, len(known), _GENSIM_TOKENS):
                yield known[start : start + _GENSIM_TOKENS]
