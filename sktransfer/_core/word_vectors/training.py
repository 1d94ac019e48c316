"""Word vectors trained on tokenised texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state

from sktransfer._core.progress import in_rounds
from sktransfer._core.word_vectors.cooccurrence import cooccurrence_matrix
from sktransfer._core.word_vectors.given import VectorTable
from sktransfer._core.word_vectors.glove import fit_glove
from sktransfer._core.word_vectors.ppmi import ppmi_vectors

MODELS = ("skipgram", "cbow", "glove", "ppmi")
# gensim looks at so many tokens of a document and drops the rest
_GENSIM_TOKENS = 10_000


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
    epochs: int = 10,
    random_state: int | np.random.RandomState | None = None,
    workers: int = 1,
    callbacks: Sequence[Any] = (),
) -> VectorTable:
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
            epochs=epochs,
            seed=seed,
            workers=workers,
            callbacks=callbacks,
        )
        return VectorTable(words, vectors)
    index = {w: k for k, w in enumerate(counts)}
    rows = [[index[t] for t in tokens if t in index] for tokens in documents]
    X = cooccurrence_matrix(rows, len(index), window=window)
    if model == "glove":
        vectors = fit_glove(X, vector_size, n_iter=epochs, random_state=seed).vectors
    else:
        vectors = ppmi_vectors(X, vector_size, random_state=seed)
    return VectorTable(words, vectors)


def _train_word2vec(
    documents: Sequence[Sequence[str]], counts: Mapping[str, int], **settings: Any
) -> NDArray[np.float32]:
    """Word2Vec by gensim on the given vocabulary, in its order."""
    try:
        from gensim.models import Word2Vec
        from gensim.models.callbacks import CallbackAny2Vec
    except ImportError as error:
        raise ImportError(
            'model="skipgram" and "cbow" need gensim (pip install gensim); "glove" and '
            '"ppmi" do not.'
        ) from error
    passes = in_rounds(range(settings["epochs"]), "pass over the texts")

    class TellPass(CallbackAny2Vec):  # type: ignore[misc]
        """Tells of the pass that begins."""

        def on_epoch_begin(self, model: Any) -> None:
            next(passes, None)

    settings["callbacks"] = [TellPass(), *settings["callbacks"]]
    trained = Word2Vec(
        sentences=_KnownTokens(documents, counts),
        min_count=1,
        negative=5,
        hs=0,
        **settings,
    )
    wv = trained.wv
    order = np.array([wv.key_to_index[w] for w in counts], dtype=np.intp)
    return np.ascontiguousarray(wv.vectors[order], dtype=np.float32)


class _KnownTokens:
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
