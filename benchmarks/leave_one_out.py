"""Leave one out, as published tables of sequences have it; see bench_sequences.py."""

from __future__ import annotations

import gzip
import os
import time
from pathlib import Path

import numpy as np

K = 10
SHUFFLES = 5
VALIDATED = 2500  # users whose last item but one is ranked after every epoch
PUBLISHED = {  # recall@10, ndcg@10 in the paper of eSASRec (RecSys 2025)
    "amazon_beauty": {
        "eSASRec, published": (0.0928, 0.0523),
        "SASRec with sampled softmax, published": (0.0921, 0.0531),
    }
}
PEERS = {"SASRec": "sasrec", "eSASRec": "ligr"}
# of a few epochs each, by the validation items of Beauty
TRANSFORMER = {"d": 64, "dropout": 0.3}
TRAINING = {"lr": 1e-3, "batch_size": 64}


def folder():
    return Path(os.environ["SKTRANSFER_DATA"]) / "interactions" / "sequences"


def names():
    lists = sorted(p.name.removesuffix(".txt.gz") for p in folder().glob("*.txt.gz"))
    return lists + [f"xmarket_{market}" for market in ("ca", "de", "in", "mx", "uk")]


def orders(name):
    """Items of each user in time order, once for every shuffle of equal days."""
    if not name.startswith("xmarket_"):
        with gzip.open(folder() / f"{name}.txt.gz", "rt") as file:
            lines = [np.array(line.split()[1:], dtype=np.int64) for line in file]
        yield numbered(lines)
        return
    from sktransfer.datasets import load_xmarket

    market = name.removeprefix("xmarket_")
    log = load_xmarket(market, target=market)
    stops = np.cumsum(np.bincount(log.user_index))[:-1]
    for seed in range(SHUFFLES):
        ties = np.random.default_rng(seed).random(len(log.time))
        order = np.lexsort((ties, log.time, log.user_index))
        yield numbered(np.split(log.item_index[order], stops))


def numbered(sequences):
    """Each item once a user, at its first place; users of three items or more."""
    once = [s[np.sort(np.unique(s, return_index=True)[1])] for s in sequences]
    once = [s for s in once if len(s) > 2]
    _, items = np.unique(np.concatenate(once), return_inverse=True)
    return np.split(items, np.cumsum([len(s) for s in once])[:-1])


def quality(items, target):
    from sktransfer.metrics import ndcg_at_k, recall_at_k

    return recall_at_k(target, items, K), ndcg_at_k(target, items)


def ranked(model, histories):
    """Best unseen items of a transformer."""
    from sktransfer._core.topk import top_k

    found = np.empty((len(histories), K), dtype=np.int64)
    order = np.argsort([len(s) for s in histories], kind="stable")
    for rows in np.array_split(order, len(order) // 256 + 1):
        scores = model.scores([histories[i] + 1 for i in rows])
        for row, i in zip(scores, rows):
            row[histories[i]] = -np.inf
        found[rows] = top_k(scores, K)[0]
    return found


def run_project(sequences, last, blend_weights):
    """Recall, nDCG, CPU seconds of fit and of ranking, without the `last` items."""
    from sktransfer.recommend import SequentialRecommender

    histories = [s[:-1] for s in sequences]
    target = np.array([s[-1] for s in sequences])
    start = time.process_time()
    model = SequentialRecommender(blend_weights=blend_weights)
    model.fit([s[:-last] for s in sequences])
    fit = time.process_time() - start
    known = [s[s < model.n_features_in_] for s in histories]
    items, _ = model.recommend(known, K, exclude_seen=True)
    return *quality(items, target), fit, time.process_time() - start - fit


def run_transformer(sequences, layers, epochs, patience, log):
    """Rows of both schemes: trained until validation stops, then as long on more."""
    import lstm_peer
    from transformer_peer import NextItemTransformer

    n_items = 1 + max(int(s.max()) for s in sequences)
    some = np.random.default_rng(0).permutation(len(sequences))[:VALIDATED]
    known = [sequences[i][:-2] for i in some]
    following = np.array([sequences[i][-2] for i in some])
    histories = [s[:-1] for s in sequences]
    target = np.array([s[-1] for s in sequences])

    def build():
        return NextItemTransformer(n_items, layers, **TRANSFORMER)

    model, best, n, seconds = lstm_peer.train(
        build,
        [s[:-2] + 1 for s in sequences],
        lambda m: quality(ranked(m, known), following)[1],
        epochs=epochs,
        patience=patience,
        log=log,
        **TRAINING,
    )
    setting = f"{n} epochs, validation ndcg@10 {best:.4f}"
    setting += ", stopped by --epochs" if n + patience > epochs else ", converged"
    start = time.process_time()
    values = quality(ranked(model, histories), target)
    yield "strict", (*values, seconds, time.process_time() - start), setting
    model, _, _, seconds = lstm_peer.train(
        build, [s[:-1] + 1 for s in sequences if len(s) > 2], epochs=n, **TRAINING
    )
    start = time.process_time()
    values = quality(ranked(model, histories), target)
    yield "all but the last", (*values, seconds, time.process_time() - start), setting


def row(name, scheme, method, runs, setting=""):
    """Means over shuffles and, where there are several, their standard deviation."""
    runs = np.array(runs)
    mean, spread = (
        runs.mean(axis=0),
        runs.std(axis=0, ddof=1) if len(runs) > 1 else None,
    )

    def cell(i):
        return f"{mean[i]:.4f}" + ("" if spread is None else f" +- {spread[i]:.4f}")

    return {
        "data": name,
        "trained on": scheme,
        "method": method,
        "recall@10": cell(0),
        "ndcg@10": cell(1),
        "fit_cpu_s": f"{mean[2]:.1f}" if mean.size > 2 else "",
        "rank_cpu_s": f"{mean[3]:.1f}" if mean.size > 2 else "",
        "setting": setting,
    }


def compare(data, *, transformers, epochs, patience, log):
    """Rows of the table, set by set."""
    blends = {
        "SequentialRecommender": "learned",
        "SequentialRecommender, sum of three": (1, 1, 1, 0),
    }
    for name in data:
        shuffles = list(orders(name))
        setting = f"{len(shuffles)} shuffles of equal days"
        setting = setting if len(shuffles) > 1 else "order of the file"
        for scheme, last in (("strict", 2), ("all but the last", 1)):
            for method, weights in blends.items():
                runs = [run_project(s, last, weights) for s in shuffles]
                yield row(name, scheme, method, runs, setting)
        for method in transformers:
            peer = run_transformer(shuffles[0], PEERS[method], epochs, patience, log)
            for scheme, values, how in peer:
                yield row(name, scheme, method, [values], how)
        for method, values in PUBLISHED.get(name, {}).items():
            yield row(name, "strict", method, [values])
