"""Next items and texts without an LSTM: quality and training CPU beside PyTorch.

Next item: sessions as lists; at every step but the last, 20 items are ranked out of all
and the next one is looked for (Recall@20, MRR@20; spread: standard error over test
sessions). Yoochoose has its own split by time, Beauty and XMarket (items with 10 events
or more) users at random, 80 / 10 / 10 %. SequentialRecommender has its defaults, fitted
to the training and validation parts. The LSTM (d = 100) is chosen among learning rates
x dropouts by MRR@20 on validation sessions, trained until it has not risen for three
epochs, then trained on both parts for that number of epochs; items of the session so
far are left out of its ranking where validation says so. Its CPU seconds are of the
training steps of that last training alone, without the search, the validation and the
epochs after the best one: the least that one would have to pay. Seconds are medians of
--repeats fits of the project and of --lstm-repeats trainings.

Text: tf-idf and SequenceEncoder states in one logistic regression beside the LSTM with
source and target embeddings (of the same text) and one shared LSTM, chosen likewise on
a fifth of the training part. cls10: train to test, three domains; amazon_reviews: half
of each of four domains to the other half.

--protocol leave-one-out: the last item of every user is ranked among all that she has
not seen, by models trained without the last two items (strict) and on all but the last
one (Recall@10, nDCG@10). Sets in the form of S3Rec, a user a line, are taken in their
order; those with days (XMarket) in five, with equal days shuffled (spread: standard
deviation over these). Transformers (transformer_peer.py) are trained on the first of
them until nDCG@10 of the last item but one has not risen for --patience epochs.

    SKTRANSFER_DATA=... python benchmarks/bench_sequences.py
    SKTRANSFER_DATA=... python benchmarks/bench_sequences.py --protocol leave-one-out
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import os
import time
from collections import Counter
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy starts its threads
os.environ.setdefault("OPENBLAS_NUM_THREADS", os.environ["OMP_NUM_THREADS"])

import leave_one_out
import numpy as np
from tables import show

RESULTS = Path(__file__).parent / "results"
K = 20
LSTM_RATES = [1e-3, 3e-3]
LSTM_DROPOUTS = [0.0, 0.3]
VALIDATED = 1000  # sessions that are scored after every epoch
MAX_WORDS = 200


def frequent(sequences, least=10):
    """Sequences of the items with enough events, numbered anew."""
    keep = np.bincount(np.concatenate(sequences)) >= least
    new = np.cumsum(keep) - 1
    kept = [new[s[keep[s]]] for s in sequences]
    return [s for s in kept if len(s) > 1]


def split_users(sequences, seed=0):
    order = np.random.default_rng(seed).permutation(len(sequences))
    tenth = len(sequences) // 10
    parts = order[2 * tenth :], order[tenth : 2 * tenth], order[:tenth]
    return [[sequences[i] for i in part] for part in parts]


def load_sessions(name):
    """Training, validation and test sessions."""
    if name == "yoochoose100k":
        from sktransfer.datasets import load_yoochoose

        parts = ("train_tr", "train_valid", "test")
        return [load_yoochoose(subset=part).sequences for part in parts]
    if name == "amazon_beauty":
        path = Path(os.environ["SKTRANSFER_DATA"])
        path = path / "interactions" / "sequences" / "amazon_beauty.txt.gz"
        with gzip.open(path, "rt") as file:
            lines = [np.array(line.split()[1:], dtype=np.int64) for line in file]
        return split_users(frequent(lines))
    from sktransfer.datasets import load_xmarket

    market = name.removeprefix("xmarket_")
    log = load_xmarket(market, target=market)
    order = np.lexsort((log.time, log.user_index))
    stops = np.cumsum(np.bincount(log.user_index))[:-1]
    return split_users(frequent(np.split(log.item_index[order], stops)))


def prefixes(sessions):
    """What is known at each step, the next item, and the session of each step."""
    known = [s[:t] for s in sessions for t in range(1, len(s))]
    following = np.array([i for s in sessions for i in s[1:]])
    of = np.repeat(np.arange(len(sessions)), [max(len(s) - 1, 0) for s in sessions])
    return known, following, of


def quality(items, following, of):
    """Means over steps of Recall@20 and MRR@20, and their standard errors."""
    from sktransfer.metrics import mrr_at_k, recall_at_k

    values = []
    n = np.bincount(of)
    for metric in (recall_at_k, mrr_at_k):
        v = metric(following, items, K, average=None)
        residual = np.bincount(of, weights=v - v.mean())[n > 0]
        values.append((v.mean(), np.sqrt((residual**2).sum()) / v.size))
    return values


def formatted(recall, mrr):
    return {
        "recall@20": f"{recall[0]:.4f} +- {recall[1]:.4f}",
        "mrr@20": f"{mrr[0]:.4f} +- {mrr[1]:.4f}",
    }


def run_project(train, test, repeats):
    """Every method of SequentialRecommender: its ranking and CPU seconds."""
    from sktransfer.recommend import SequentialRecommender

    known, following, of = prefixes(test)
    for method in ("blend", "neighbors", "rules", "linear", "factors"):
        fits, ranks = [], []
        for _ in range(repeats):
            start = time.process_time()
            model = SequentialRecommender(method).fit(train)
            fits.append(time.process_time() - start)
            start = time.process_time()
            items, _ = model.recommend(known, K)
            ranks.append(time.process_time() - start)
        name = "SequentialRecommender" + ("" if method == "blend" else f"({method!r})")
        yield (
            name,
            quality(items, following, of),
            float(np.median(fits)),
            float(np.median(ranks)),
            "defaults",
        )


def lstm_items(model, sessions, exclude_seen):
    from sktransfer._core.topk import top_k

    blocks = []
    for start in range(0, len(sessions), 256):
        part = sessions[start : start + 256]
        scores = model.scores([s + 1 for s in part])
        if exclude_seen:
            for row, known in enumerate(prefixes(part)[0]):
                scores[row, known] = -np.inf
        blocks.append(top_k(scores, K)[0])
    return np.concatenate(blocks)


def lstm_quality(model, sessions, exclude_seen):
    _, following, of = prefixes(sessions)
    return quality(lstm_items(model, sessions, exclude_seen), following, of)


def run_lstm(train, valid, test, n_items, settings, repeats, log):
    import lstm_peer

    train, valid, test = ([s for s in p if len(s) > 1] for p in (train, valid, test))
    order = np.random.default_rng(0).permutation(len(valid))[:VALIDATED]
    some = [valid[i] for i in order]
    found = []
    for lr, dropout in settings:

        def build(dropout=dropout):
            return lstm_peer.NextItemLSTM(n_items, dropout=dropout)

        model, score, n, seconds = lstm_peer.train(
            build,
            [s + 1 for s in train],
            lambda m: lstm_quality(m, some, False)[1][0],
            lr=lr,
            log=log,
        )
        without = lstm_quality(model, some, True)[1][0]
        found.append((max(score, without), without > score, lr, n, build, seconds))
        log(f"lr {lr} dropout {dropout}: {score:.4f} / {without:.4f}, {n} epochs")
    _, exclude_seen, lr, n, build, until_stop = max(found, key=lambda row: row[0])
    rows = [s + 1 for s in [*train, *valid]]
    seconds = []
    for _ in range(repeats):  # the same model each time
        model, _, _, last = lstm_peer.train(build, rows, epochs=n, lr=lr)
        seconds.append(last)
    start = time.process_time()
    values = lstm_quality(model, test, exclude_seen)
    seen = ", seen items left out" if exclude_seen else ""
    setting = f"best of {len(found)}: lr {lr}, dropout {build().dropout.p}, {n} epochs"
    setting += f", {until_stop:.0f} CPU s until validation stopped it{seen}"
    return values, float(np.median(seconds)), time.process_time() - start, setting


def compare_sessions(names, settings, repeats, lstm_repeats, log):
    for name in names:
        train, valid, test = load_sessions(name)
        n_items = 1 + max(int(s.max()) for p in (train, valid, test) for s in p)
        log(
            f"{name}: {len(train)}, {len(valid)}, {len(test)} sessions, {n_items} items"
        )
        lstm = None
        if settings:
            lstm = run_lstm(train, valid, test, n_items, settings, lstm_repeats, log)
        rows = list(run_project([*train, *valid], test, repeats))
        if lstm:
            rows.append(("LSTM", *lstm))
        for method, (recall, mrr), fit, rank, setting in rows:
            yield {
                "data": name,
                "method": method,
                **formatted(recall, mrr),
                "fit_cpu_s": round(fit, 2),
                "lstm / fit": round(lstm[1] / fit, 1) if lstm else "",
                "rank_cpu_s": round(rank, 2),
                "setting": setting,
            }


def text_tasks():
    """Name, training texts and labels, test texts and labels."""
    from sktransfer.datasets import load_amazon_reviews, load_cls10

    for domain in ("books", "dvd", "music"):
        parts = [load_cls10("en", domain, subset=s) for s in ("train", "test")]
        yield (
            f"cls10 en/{domain}",
            *(x for part in parts for x in (list(part.data), np.array(part.target))),
        )
    reviews = load_amazon_reviews()
    texts, y = np.array(reviews.data, dtype=object), np.array(reviews.target)
    domains = np.array(reviews.domain)
    for domain in np.unique(domains):
        rows = np.random.default_rng(0).permutation(np.flatnonzero(domains == domain))
        first, second = rows[: rows.size // 2], rows[rows.size // 2 :]
        yield (
            f"amazon {domain}",
            list(texts[first]),
            y[first],
            list(texts[second]),
            y[second],
        )


def text_pipeline(states=True):
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import FeatureUnion, make_pipeline
    from sklearn.preprocessing import StandardScaler

    from sktransfer.recommend import SequenceEncoder

    words = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=2)
    logistic = LogisticRegression(C=10, max_iter=1000)
    if not states:
        return make_pipeline(words, logistic)
    encoder = make_pipeline(SequenceEncoder(), StandardScaler())
    union = FeatureUnion(
        [("words", words), ("states", encoder)], transformer_weights={"states": 0.01}
    )
    return make_pipeline(union, logistic)


def run_text_lstm(X, y, X_test, y_test, settings, log):
    import lstm_peer

    from sktransfer.text.forms import word_tokens

    classes, y = np.unique(y, return_inverse=True)
    tokens = [word_tokens(t) for t in X]
    counts = Counter(t for row in tokens for t in row)
    index = {w: k + 1 for k, w in enumerate(w for w, n in counts.items() if n > 1)}

    def rows(documents):
        found = [[index[t] for t in d if t in index][:MAX_WORDS] for d in documents]
        return [r or [len(index)] for r in found]

    X, X_test = rows(tokens), rows([word_tokens(t) for t in X_test])
    order = np.random.default_rng(0).permutation(len(X))
    fifth = len(X) // 5
    pairs = [(X[i], int(y[i])) for i in order]
    found = []

    def accuracy(model, part):
        blocks = [part[i : i + 256] for i in range(0, len(part), 256)]
        scores = np.concatenate([model.scores(block) for block in blocks])
        return float(np.mean(scores.argmax(axis=1) == [r[1] for r in part]))

    for lr, dropout in settings:

        def build(dropout=dropout):
            return lstm_peer.SeedLSTM(len(index), classes.size, dropout=dropout)

        _, score, n, _ = lstm_peer.train(
            build,
            pairs[fifth:],
            lambda m: accuracy(m, pairs[:fifth]),
            lr=lr,
            length=lambda r: len(r[0]),
        )
        log(f"lr {lr} dropout {dropout}: {score:.4f}, {n} epochs")
        found.append((score, lr, n, build))
    _, lr, n, build = max(found, key=lambda row: row[0])
    model, _, _, seconds = lstm_peer.train(
        build, pairs, epochs=n, lr=lr, length=lambda r: len(r[0])
    )
    test = [
        (x, int(np.searchsorted(classes, label))) for x, label in zip(X_test, y_test)
    ]
    setting = f"best of {len(found)}: lr {lr}, dropout {build().dropout.p}, {n} epochs"
    return accuracy(model, test), seconds, setting


def compare_texts(names, settings, repeats, log):
    for name, X, y, X_test, y_test in text_tasks():
        if names and name not in names:
            continue
        log(name)
        lstm = None
        if settings:
            lstm = run_text_lstm(X, y, X_test, y_test, settings, log)
        rows = []
        for method, states in (("tf-idf + SequenceEncoder", True), ("tf-idf", False)):
            seconds = []
            for _ in range(repeats):
                start = time.process_time()
                model = text_pipeline(states).fit(X, y)
                seconds.append(time.process_time() - start)
            score = model.score(X_test, y_test)
            rows.append((method, score, float(np.median(seconds)), "defaults"))
        if lstm:
            rows.append(("LSTM, two embeddings", *lstm))
        for method, score, fit, setting in rows:
            error = np.sqrt(score * (1 - score) / len(y_test))
            yield {
                "data": name,
                "method": method,
                "accuracy": f"{score:.4f} +- {error:.4f}",
                "fit_cpu_s": round(fit, 2),
                "lstm / fit": round(lstm[1] / fit, 1) if lstm else "",
                "setting": setting,
            }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    data = ["yoochoose100k", "amazon_beauty", "xmarket_ca"]
    others = [f"xmarket_{market}" for market in ("de", "in", "mx", "uk")]
    parser.add_argument(
        "--protocol", choices=["every-step", "leave-one-out"], default="every-step"
    )
    parser.add_argument(
        "--data",
        nargs="*",
        help=f"of {data + others}; names of files with leave-one-out",
    )
    parser.add_argument(
        "--transformers", nargs="*", default=["SASRec", "eSASRec"], help="leave-one-out"
    )
    parser.add_argument("--epochs", type=int, default=200, help="of transformers")
    parser.add_argument("--patience", type=int, default=8, help="of transformers")
    parser.add_argument("--no-text", action="store_true", help="next items alone")
    parser.add_argument("--texts", nargs="*", help="text tasks; all by default")
    parser.add_argument("--no-lstm", action="store_true", help="the project alone")
    parser.add_argument("--rates", nargs="*", type=float, default=LSTM_RATES)
    parser.add_argument("--dropouts", nargs="*", type=float, default=LSTM_DROPOUTS)
    parser.add_argument(
        "--repeats", type=int, default=3, help="of the project's timing"
    )
    parser.add_argument(
        "--lstm-repeats", type=int, default=1, help="of the timing of its training"
    )
    parser.add_argument("--verbose", action="store_true", help="scores of every epoch")
    parser.add_argument("--output", type=Path, default=RESULTS / "sequences.csv")
    args = parser.parse_args()
    if not os.environ.get("SKTRANSFER_DATA"):
        print("Nothing to measure: SKTRANSFER_DATA is not set")
        return
    if args.protocol == "leave-one-out":
        rows = leave_one_out.compare(
            args.data or leave_one_out.names(),
            transformers=args.transformers,
            epochs=args.epochs,
            patience=args.patience,
            log=print if args.verbose else None,
        )
        show(rows, args.output.with_stem(args.output.stem + "_leave_one_out"))
        return
    args.data = data if args.data is None else args.data
    settings = list(itertools.product(args.rates, args.dropouts))
    if args.no_lstm:
        settings = []
    if settings:
        try:
            import torch
        except ImportError as error:
            print(f"LSTM: not measured ({error})")
            settings = []
        else:
            torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    print(f"threads: {os.environ['OMP_NUM_THREADS']}")

    def log(line):
        if args.verbose:
            print(line, flush=True)

    if args.data:
        rows = compare_sessions(
            args.data, settings, args.repeats, args.lstm_repeats, log
        )
        show(rows, args.output)
    if not args.no_text:
        path = args.output.with_stem(args.output.stem + "_text")
        show(compare_texts(args.texts, settings, args.repeats, log), path)


if __name__ == "__main__":
    main()
