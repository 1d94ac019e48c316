"""Few labels in each of four Amazon categories: pooled word vectors against words.

Vectors are trained on the texts of 1000 reviews of each category, of which a few of one
category are labelled; the other 1000 reviews of that category are the test. Mean and
standard deviation of the accuracy over categories and splits. The strength of the
logistic regression is chosen by cross-validation on the labelled reviews. Peers are
tf-idf with logistic regression and a pipeline of gensim alone (Word2Vec skip-gram with
the same settings, means of vectors). Seconds are CPU seconds of one thread, to fit
vectors and to map all texts once.

With ``--glove`` instead: weighted squared error of GloVe against CPU seconds, ours
(coordinate descent) and AdaGrad as in the paper (vectorised over batches of 16,384
pairs), on the co-occurrences of all reviews.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import time
import warnings
from pathlib import Path

import numpy as np
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegressionCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from sktransfer._core.word_vectors.cooccurrence import cooccurrence_matrix
from sktransfer._core.word_vectors.glove import count_weights, fit_glove
from sktransfer._core.word_vectors.training import count_vocabulary
from sktransfer.datasets import load_amazon_reviews
from sktransfer.embedding import EmbeddingVectorizer, WordVectors
from sktransfer.text.forms import word_tokens

MODELS = ("skipgram", "cbow", "glove", "ppmi")
POOLINGS = ("mean", "tfidf", "sif")
SIZES = (50, 200, 1000)


class GensimPipeline:
    """What one writes with gensim alone: Word2Vec and means of vectors."""

    def fit_transform(self, texts, seed, size):
        """Train vectors and pool the same texts."""
        from gensim.models import Word2Vec

        tokens = [word_tokens(t) for t in texts]
        self.wv = Word2Vec(
            tokens, vector_size=size, min_count=2, epochs=10, sg=1, workers=1, seed=seed
        ).wv
        return self.transform(texts)

    def transform(self, texts):
        """Mean of the vectors of the words of each text."""
        rows = []
        for text in texts:
            known = [t for t in word_tokens(text) if t in self.wv]
            rows.append(
                self.wv[known].mean(axis=0) if known else np.zeros(self.wv.vector_size)
            )
        return np.array(rows)


def classifier(dense):
    scale = [StandardScaler()] if dense else []
    strengths = np.logspace(-4, 0, 5) if dense else np.logspace(-1, 3, 5)
    with warnings.catch_warnings():
        # of scikit-learn 1.8 on: the defaults of a parameter change
        warnings.simplefilter("ignore", FutureWarning)
        search = LogisticRegressionCV(
            Cs=strengths, cv=5, max_iter=300, scoring="accuracy"
        )
    return make_pipeline(*scale, search)


def features(texts, held_out, seed, size, models):
    """Yield name, CPU seconds, and the features of the training and test texts."""

    def timed(function):
        start = time.process_time()
        Z = function()
        return Z, time.process_time() - start

    words = TfidfVectorizer(sublinear_tf=True, min_df=2)
    both, seconds = timed(
        lambda: (words.fit_transform(texts), words.transform(held_out))
    )
    yield "tf-idf", seconds, *both
    tfidf = *both, seconds
    if "skipgram" in models:
        peer = GensimPipeline()
        both, seconds = timed(
            lambda: (
                peer.fit_transform(texts, seed, size),
                peer.transform(held_out),
            )
        )
        yield "gensim alone: skip-gram, mean", seconds, *both
    for model in models:
        trained = EmbeddingVectorizer(
            WordVectors(model, vector_size=size, random_state=seed), pooling="mean"
        )
        both, training = timed(
            lambda trained=trained: (
                trained.fit_transform(texts),
                trained.transform(held_out),
            )
        )
        yield f"{model}, mean", training, *both
        vectors = trained.vocabulary_, trained.word_vectors_
        for pooling in POOLINGS[1:]:
            pooled = EmbeddingVectorizer(vectors, pooling=pooling)
            both, seconds = timed(
                lambda pooled=pooled: (
                    pooled.fit_transform(texts),
                    pooled.transform(held_out),
                )
            )
            # the vectors are those trained above; mapping costs the same
            yield f"{model}, {pooling}", training, *both
        # side by side, with the same mean square length
        scale = StandardScaler().fit(both[0])
        dense = [scale.transform(Z) / np.sqrt(Z.shape[1]) for Z in both]
        beside = [sparse.hstack(pair, format="csr") for pair in zip(tfidf, dense)]
        yield f"tf-idf beside {model}, sif", training + tfidf[2], *beside


def run(n_splits, size, models):
    reviews = load_amazon_reviews()
    texts, y, domain = reviews.data, reviews.target, reviews.domain
    for split in range(n_splits):
        rng = np.random.default_rng(split)
        order = {
            d: rng.permutation(np.flatnonzero(domain == d)) for d in np.unique(domain)
        }
        train = np.concatenate([rows[:1000] for rows in order.values()])
        test = np.concatenate([rows[1000:] for rows in order.values()])
        for name, seconds, Z, Z_test in features(
            texts[train], texts[test], split, size, models
        ):
            for k, d in enumerate(order):
                part = slice(1000 * k, 1000 * (k + 1))
                for n_labels in SIZES:
                    rows = np.arange(part.start, part.start + n_labels)
                    model = classifier(not sparse.issparse(Z))
                    with warnings.catch_warnings():
                        warnings.simplefilter("ignore", ConvergenceWarning)
                        warnings.simplefilter("ignore", FutureWarning)
                        model.fit(Z[rows], y[train[rows]])
                    accuracy = model.score(Z_test[part], y[test[part]])
                    yield split, d, name, n_labels, accuracy, seconds


def table(rows):
    yield f"{'':32}" + "".join(f"{n:>7} labels" for n in SIZES) + "   CPU s"
    for name in dict.fromkeys(r[2] for r in rows):
        cells = [
            [r[4] for r in rows if r[2] == name and r[3] == n_labels]
            for n_labels in SIZES
        ]
        seconds = np.median([r[5] for r in rows if r[2] == name])
        yield (
            f"{name:32}"
            + "".join(f"{np.mean(c):7.3f} ±{np.std(c):5.3f}" for c in cells)
            + f"{seconds:8.1f}"
        )


def adagrad(X, size, n_iter, batch=1 << 14, rate=0.05):
    """GloVe by AdaGrad, as in the paper; yields CPU seconds and loss of each pass."""
    n = X.shape[0]
    f = count_weights(X.data, 10.0, 0.75)
    target = np.log(X.data).astype(np.float32)
    row, column = X.tocoo().coords
    rng = np.random.default_rng(0)
    # one more column on each side for its bias, against a 1 on the other
    V = ((rng.random((2, n, size + 2)) - 0.5) / size).astype(np.float32)
    V[0, :, size + 1] = V[1, :, size] = 1
    squares = np.ones_like(V)
    start = time.process_time()
    for _ in range(n_iter):
        loss, order = 0.0, rng.permutation(row.size)
        for begin in range(0, order.size, batch):
            b = order[begin : begin + batch]
            w, c = V[0, row[b]], V[1, column[b]]
            error = np.einsum("ij,ij->i", w, c) - target[b]
            g = f[b] * error
            loss += float(np.dot(g, error))
            for side, at, other, fixed in ((0, row, c, size + 1), (1, column, w, size)):
                gradient = g[:, None] * other
                gradient[:, fixed] = 0
                index, where = np.unique(at[b], return_inverse=True)
                collect = sparse.csr_array(
                    (np.ones(b.size, np.float32), (where, np.arange(b.size)))
                )
                step = collect @ (gradient / np.sqrt(squares[side][at[b]]))
                squares[side][index] += collect @ (gradient * gradient)
                V[side][index] -= rate * step
        yield time.process_time() - start, loss / float(f.sum())


def glove_table(size):
    tokens = [word_tokens(t) for t in load_amazon_reviews().data]
    index = {w: k for k, w in enumerate(count_vocabulary(tokens, 2))}
    documents = [[index[t] for t in row if t in index] for row in tokens]
    start = time.process_time()
    X = cooccurrence_matrix(documents, len(index))
    yield (
        f"{len(index)} words, {X.nnz} pairs counted in "
        f"{time.process_time() - start:.1f} CPU s; {size} features"
    )
    for l2 in (0.1, 1.0):
        for n_iter in (1, 3, 10):
            start = time.process_time()
            loss = fit_glove(X, size, n_iter=n_iter, l2=l2, random_state=0).loss[-1]
            seconds = time.process_time() - start
            name = f"coordinate descent, l2 {l2}"
            yield f"{name:28}{n_iter:3} passes {seconds:7.1f} s  loss {loss:.4f}"
    for k, (seconds, loss) in enumerate(adagrad(X, size, 15), 1):
        if k in (1, 3, 5, 10, 15):
            yield f"{'AdaGrad':28}{k:3} passes {seconds:7.1f} s  loss {loss:.4f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--size", type=int, default=100, help="features of vectors")
    parser.add_argument("--model", choices=MODELS, action="append", help="default: all")
    parser.add_argument("--glove", action="store_true", help="loss against time")
    args = parser.parse_args()
    if "SKTRANSFER_DATA" not in os.environ:
        sys.exit("Set SKTRANSFER_DATA to the folder that holds reviews/.")
    with threadpool_limits(1):
        if args.glove:
            for line in glove_table(args.size):
                print(line, flush=True)
            return
        rows = list(run(args.splits, args.size, args.model or MODELS))
    print("\n".join(table(rows)))
    out = Path(__file__).parent / "results"
    out.mkdir(exist_ok=True)
    with open(out / "embedding.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["split", "domain", "method", "n_labels", "accuracy", "cpu_s"])
        writer.writerows(rows)


if __name__ == "__main__":
    main()
