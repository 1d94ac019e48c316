"""Recommenders of one market beside implicit and cmfrec: quality, CPU seconds, top-k.

A fifth of each user's interactions is held out. Settings are chosen by nDCG@20 on a
tenth that is hidden inside the training part, as many as stated; all solvers of the ALS
objective get the settings that are best for ALSRecommender, translated to their own
parameters, and one of them has a column of its own for the iterations. Users are a
fixed sample when scoring. Spread: standard error over users. Times are CPU seconds of
fit and of ranking 20 items for the sample, medians of --repeats interleaved runs, one
thread, unless OMP_NUM_THREADS is set. --topk ranks from the same factors and the same
similarities by both libraries, minima of the runs; --large fits generated matrices of
many items. --serving fits models to a log of 10,000 users and as many items with ids:
CPU milliseconds of one user by her id (median of 100) beside the product of a vector
and a dense matrix, 20 items for all users beside implicit and one product of factors,
the file beside the arrays in it, and a night: partial_fit of the last hundredth of the
events beside a fit to all.

    SKTRANSFER_DATA=... python benchmarks/bench_collaborative.py
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import pickle
import time
from functools import partial
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy starts its threads
os.environ.setdefault("OPENBLAS_NUM_THREADS", os.environ["OMP_NUM_THREADS"])

import numpy as np
from bench_ease import generate, grid, quality, status_kilobytes
from scipy import sparse
from tables import show

RESULTS = Path(__file__).parent / "results"
K = 20
FACTORS = 64
SHAPES = {"generated_1m": (6040, 3706, 165.0), "generated_50k": (50_000, 10_000, 51.0)}


def load(name):
    if name in SHAPES:
        return generate(*SHAPES[name], seed=0)
    from sktransfer.datasets import load_movielens100k

    X = load_movielens100k().data
    X.data[:] = 1  # every rating is an interaction
    return X


def ours(name, **fixed):
    def rank(X, setting, users):
        import sktransfer.recommend as package

        start = time.process_time()
        model = getattr(package, name)(**fixed, **setting).fit(X)
        middle = time.process_time()
        items, _ = model.recommend(X[users], K)
        end = time.process_time()
        return items, middle - start, end - middle, getattr(model, "n_iter_", "")

    return rank


def implicit_als(use_cg, iterations=15):
    def rank(X, setting, users):
        start = time.process_time()
        model = fit_implicit(X, setting, use_cg, iterations)
        middle = time.process_time()
        items, _ = model.recommend(users, X[users], N=K)
        end = time.process_time()
        return items.astype(np.int64), middle - start, end - middle, iterations

    return rank


def fit_implicit(X, setting, use_cg, iterations):
    from implicit.cpu.als import AlternatingLeastSquares

    model = AlternatingLeastSquares(
        factors=FACTORS,
        regularization=setting["l2"],
        alpha=1 + setting["alpha"],  # its confidence is alpha x, ours 1 + alpha x
        use_cg=use_cg,
        iterations=iterations,
        num_threads=int(os.environ["OMP_NUM_THREADS"]),
        random_state=0,
    )
    model.fit(X, show_progress=False)
    return model


def cmfrec_als(X, setting, users):
    from cmfrec import CMF_implicit

    start = time.process_time()
    model = CMF_implicit(
        k=FACTORS,
        lambda_=setting["l2"],
        alpha=setting["alpha"],
        niter=10,
        use_float=True,
        nthreads=int(os.environ["OMP_NUM_THREADS"]),
        verbose=False,
    ).fit(X.tocoo())
    middle = time.process_time()
    items = rank_factors(X, model.A_, model.B_, users)
    return items, middle - start, time.process_time() - middle, 10


def rank_factors(X, U, V, users):
    """Items by known factors of users, as recommend ranks them."""
    from sktransfer._core.sparse import nonzero_entries
    from sktransfer._core.topk import row_blocks, top_k

    parts = []
    for rows in row_blocks(users.size, X.shape[1]):
        scores = U[users[rows]] @ V.T
        scores[nonzero_entries(X[users[rows]])] = -np.inf
        parts.append(top_k(scores, K)[0])
    return np.concatenate(parts)


ALS = grid(alpha=[1.0, 5.0, 20.0], l2=[10.0, 50.0])
METHODS = {
    "EASE": (ours("EASERecommender"), grid(l2=[100.0, 300.0, 1000.0])),
    "LocalEASE": (ours("LocalEASERecommender"), grid(l2=[300.0])),  # its default
    "LocalEASE, groups": (
        ours("LocalEASERecommender", l2=300.0),
        [
            {"n_neighbors": 400, "group_size": 64},
            {"n_neighbors": 1200, "group_size": 200, "n_factors": 192},
        ],
    ),
    "LocalEASE, sparse": (
        ours("LocalEASERecommender", n_factors=0),
        grid(l2=[100.0, 300.0, 1000.0], n_neighbors=[50, 100]),
    ),
    "ItemKNN": (
        ours("ItemKNNRecommender"),
        [
            *grid(similarity=["cosine", "jaccard"], n_neighbors=[50, 200]),
            *grid(similarity=["rp3beta"], n_neighbors=[50, 200], beta=[0.3, 0.5]),
        ],
    ),
    "ALS": (ours("ALSRecommender", n_factors=FACTORS), ALS),
}
LARGE = ["ItemKNNRecommender", "LocalEASERecommender"]
SOLVERS = {  # with the settings of ALS
    "ALS, 15 iterations": ours("ALSRecommender", n_factors=FACTORS, tol=0),
    "implicit CG": implicit_als(True),
    "implicit CG, 8 iterations": implicit_als(True, 8),
    "implicit Cholesky": implicit_als(False),
    "implicit Cholesky, 8 iterations": implicit_als(False, 8),
    "cmfrec": cmfrec_als,
}


def choose(name, X, users, seed):
    from sktransfer.model_selection import split_interactions

    X_in, X_out = split_interactions(X, test_size=0.1, random_state=seed)
    rank, settings = METHODS[name]
    scores = []
    for setting in settings:
        items = rank(X_in, setting, users)[0]
        scores.append(quality(X_out[users], items)[1].mean())
    return settings[int(np.argmax(scores))]


def compare(data, peers, args):
    from sktransfer.model_selection import split_interactions

    X = load(data)
    rng = np.random.default_rng(0)
    n = min(args.score_users, X.shape[0])
    users = np.sort(rng.permutation(X.shape[0])[:n])
    runs = {name: METHODS[name][0] for name in args.methods}
    if "ALS" in runs:
        runs |= {name: rank for name, rank in SOLVERS.items() if name in peers}
    found = {name: [] for name in runs}
    for seed in range(args.seeds if data == "movielens100k" else 1):
        X_in, X_out = split_interactions(X, test_size=0.2, random_state=seed)
        chosen = {name: choose(name, X_in, users, seed) for name in args.methods}
        for repeat in range(args.repeats):
            for name, rank in runs.items():
                setting = chosen.get(name) or chosen["ALS"]
                items, fit, ranking, n_iter = rank(X_in, setting, users)
                values = quality(X_out[users], items) if repeat == 0 else None
                found[name].append((setting, values, fit, ranking, n_iter))
    for name, results in found.items():
        scored = [r[1] for r in results if r[1] is not None]
        recall, ndcg = (np.mean([s[m] for s in scored], axis=0) for m in (0, 1))
        settings = {tuple(r[0].values()) for r in results}
        yield {
            "data": f"{data} {X.shape[0]} x {X.shape[1]}, {X.nnz}",
            "method": name,
            "tried": len(METHODS[name][1]) if name in METHODS else "as ALS",
            "chosen": "; ".join(map(str, sorted(settings))),
            "iterations": results[0][4],
            "recall@20": f"{recall.mean():.4f} +- {recall.std() / n**0.5:.4f}",
            "ndcg@20": f"{ndcg.mean():.4f} +- {ndcg.std() / n**0.5:.4f}",
            "fit_cpu_s": round(float(np.median([r[2] for r in results])), 2),
            "rank_cpu_s": round(float(np.median([r[3] for r in results])), 2),
        }


def compare_topk(data, args):
    """Both libraries rank from the same model."""
    from implicit.nearest_neighbours import CosineRecommender

    from sktransfer.recommend import ALSRecommender, ItemKNNRecommender
    from sktransfer.recommend.collaborative._als_solver import whiten

    X = load(data)
    setting = {"alpha": 5.0, "l2": 10.0}
    als = fit_implicit(X, setting, True, 5)
    V = np.array(als.item_factors)
    folding = ALSRecommender(n_factors=FACTORS, **setting, max_iter=1)
    folding.fit(X[:50])
    folding.item_factors_, folding._items = V, whiten(V, V.T @ V, setting["l2"])
    cosine = CosineRecommender(K=100, num_threads=int(os.environ["OMP_NUM_THREADS"]))
    cosine.fit(X, show_progress=False)
    knn = ItemKNNRecommender().fit(X[:50])
    knn.item_weights_ = sparse.csr_array(cosine.similarity).astype(np.float32)
    users = np.arange(min(args.score_users, X.shape[0]))
    U = np.array(als.user_factors)
    seen = X[users]
    pairs = {
        "factors": (
            lambda: als.recommend(users, seen, N=K),
            lambda: (rank_factors(X, U, V, users), None),
        ),
        "factors, users folded in": (
            lambda: als.recommend(users, seen, N=K, recalculate_user=True),
            lambda: folding.recommend(seen, K),
        ),
        "cosine neighbours": (
            lambda: cosine.recommend(users, seen, N=K),
            lambda: knn.recommend(seen, K),
        ),
    }
    for name, functions in pairs.items():
        seconds, answers = ([], []), [None, None]
        for _ in range(args.repeats):
            for i, function in enumerate(functions):
                start = time.process_time()
                answers[i] = function()[0]
                seconds[i].append(time.process_time() - start)
        theirs, mine = (min(s) for s in seconds)
        same = np.mean(
            [np.isin(a, b).mean() for a, b in zip(answers[1], answers[0], strict=True)]
        )
        yield {
            "data": data,
            "ranking by": name,
            "users": users.size,
            "implicit_cpu_s": round(theirs, 2),
            "sktransfer_cpu_s": round(mine, 2),
            "ratio": round(theirs / mine, 2),
            "same_items": f"{same:.4f}",
        }


def least_seconds(function, repeats):
    """CPU seconds of the fastest of some calls, and what the last returned."""
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        answer = function()
        seconds.append(time.process_time() - start)
    return min(seconds), answer


def log_of(X, order, rows=slice(None)):
    """Some interactions of a matrix, in a given order of time, as a log with ids."""
    from sktransfer.recommend import Interactions

    entries = X.tocoo()
    taken = order[rows]
    frame = {
        "user": [f"u{user:06d}" for user in entries.row[taken]],
        "item": [f"SKU-{item:05d}" for item in entries.col[taken]],
    }
    return Interactions.from_frame(frame, user="user", item="item")


def needed_bytes(model):
    """Bytes of the arrays that scores are made of, and of the log at 4 an interaction.

    Ids count by their characters and an offset of 8 bytes, rows by 4.
    """
    names = ("item_weights_", "item_factors_", "factor_weights_", "counts_")
    arrays = [getattr(model, name) for name in names if hasattr(model, name)]
    arrays = [(a.data, a.indices) if sparse.issparse(a) else (a,) for a in arrays]
    log = model.log_
    ids = [*log.user_ids.tolist(), *log.item_ids.tolist()]
    own = 4 * log.matrix.nnz + 4 * len(log) + sum(8 + len(v) for v in ids)
    return own + sum(part.nbytes for parts in arrays for part in parts)


def peers_serving(X, args):
    """CPU seconds of implicit, of a vector times a matrix and of all factors."""
    from implicit.cpu.als import AlternatingLeastSquares

    model = AlternatingLeastSquares(factors=FACTORS, num_threads=1, iterations=1)
    model.fit(X, show_progress=False)
    W = np.random.default_rng(0).random((X.shape[1],) * 2, dtype=np.float32)
    everybody = np.arange(X.shape[0])

    def rank(again):
        return model.recommend(everybody, X, N=K, recalculate_user=again)

    calls = {
        "a vector times a matrix": lambda: W[0] @ W,
        "product of factors": lambda: model.user_factors @ model.item_factors.T,
        "implicit, stored users": lambda: rank(False),
        "implicit, folded in": lambda: rank(True),
    }
    found = {what: least_seconds(call, args.repeats)[0] for what, call in calls.items()}
    print(", ".join(f"{what} {1000 * v:.1f} ms" for what, v in found.items()))
    return found


def serve(model, log, users, args):
    """Milliseconds of one user by her id, seconds of all, and megabytes of the file."""
    one = [
        least_seconds(partial(model.recommend, [user], K), 1)[0]
        for user in [users[0], *users]
    ]
    every, _ = least_seconds(partial(model.recommend, log, K), args.repeats)
    return 1000 * float(np.median(one[1:])), every, len(pickle.dumps(model)) / 1e6


def compare_serving(args):
    """One user, all users, the file and a night, for each model."""
    import sktransfer.recommend as package

    X = generate(*args.serving_shape, 51.0, seed=0)
    peers = peers_serving(X, args)
    order, last = np.random.default_rng(0).permutation(X.nnz), X.nnz - X.nnz // 100
    log, before, later = (
        log_of(X, order, rows) for rows in (slice(None), slice(last), slice(last, None))
    )
    users = log.user_ids[:: max(1, len(log) // 100)].tolist()
    for name in args.serving:
        model = getattr(package, name)()
        fit, _ = least_seconds(partial(model.fit, log), 1)
        one, every, stored = serve(model, log, users, args)
        row = {
            "model": name,
            "one_user_ms": round(one, 2),
            "all_users_cpu_s": round(every, 2),
            "per_product": round(every / peers["product of factors"], 2),
            "implicit_per_ours": round(peers["implicit, folded in"] / every, 2),
            "file_mb": round(stored, 2),
            "file_per_arrays": round(1e6 * stored / needed_bytes(model), 2),
            "fit_cpu_s": round(fit, 2),
            "night_cpu_s": "",
        }
        if args.nights and hasattr(model, "partial_fit"):
            model.fit(before)
            night, _ = least_seconds(partial(model.partial_fit, later), 1)
            first, _ = least_seconds(partial(model.recommend, users[:1], K), 1)
            row["night_cpu_s"] = round(night + first, 2)
        yield row


def scattered(n_users, n_items, n_interactions, seed=0):
    """Users of 20 interests each among neighbouring items, skewed popularity."""
    rng = np.random.default_rng(seed)
    mean = n_interactions / n_users
    rows = np.repeat(np.arange(n_users, dtype=np.int32), rng.poisson(mean, n_users))
    centre = rng.integers(0, n_items, (n_users, 4), dtype=np.int32)
    own = centre[rows, rng.integers(0, 4, rows.size)]
    columns = own + (rng.standard_exponential(rows.size) * 30).astype(np.int32)
    popular = rng.random(rows.size) < 0.3
    draws = n_items * rng.random(int(popular.sum())) ** 3
    columns[popular] = draws.astype(np.int32)
    X = sparse.csr_array(
        (np.ones(rows.size, dtype=np.float32), (rows, columns % n_items)),
        shape=(n_users, n_items),
    )
    X.sum_duplicates()
    X.data[:] = 1
    return X


def compare_large(args):
    """Time and memory of a fit on many items."""
    import sktransfer.recommend as package

    for users, items, interactions in args.large:
        for name in args.large_models:
            model = getattr(package, name)()
            X = scattered(users, items, interactions)
            before = status_kilobytes("VmHWM")
            start = time.process_time()
            model.fit(X)
            yield {
                "data": f"{users} x {items}, {X.nnz}",
                "method": name,
                "fit_cpu_s": round(time.process_time() - start, 1),
                "weights": model.item_weights_.nnz,
                "peak_mb_before_fit": round(before / 1024),
                "peak_mb_of_process": round(status_kilobytes("VmHWM") / 1024),
            }


def shape(text):
    return tuple(int(float(part)) for part in text.split(","))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    data = ["movielens100k", *SHAPES]
    parser.add_argument("--data", nargs="*", choices=data, default=data)
    parser.add_argument("--methods", nargs="*", choices=METHODS, default=list(METHODS))
    parser.add_argument("--solvers", nargs="*", choices=SOLVERS, default=list(SOLVERS))
    parser.add_argument("--score-users", type=int, default=5000)
    parser.add_argument("--seeds", type=int, default=3, help="of movielens100k")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--topk", nargs="*", choices=data, default=["generated_50k"])
    parser.add_argument(
        "--large",
        nargs="*",
        type=shape,
        default=[(1_000_000, 100_000, 10_000_000), (400_000, 200_000, 20_000_000)],
        metavar="USERS,ITEMS,INTERACTIONS",
    )
    parser.add_argument("--large-models", nargs="*", choices=LARGE, default=LARGE)
    served = ["EASERecommender", *LARGE, "NicheRecommender", "ALSRecommender"]
    parser.add_argument("--serving", nargs="*", choices=served, default=served)
    parser.add_argument("--serving-shape", type=shape, default=(10_000, 10_000))
    parser.add_argument("--nights", action="store_true", help="of --serving")
    parser.add_argument("--output", type=Path, default=RESULTS / "collaborative.csv")
    args = parser.parse_args()
    print(f"threads: {os.environ['OMP_NUM_THREADS']}")
    peers = set(args.solvers)
    for package in ("implicit", "cmfrec"):
        try:
            __import__(package)
        except ImportError as error:
            print(f"{package}: not measured ({error})")
            peers -= {name for name in peers if name.startswith(package)}
    if "movielens100k" in args.data and not os.environ.get("SKTRANSFER_DATA"):
        print("movielens100k: not measured (SKTRANSFER_DATA is not set)")
        args.data.remove("movielens100k")
    if args.data:
        rows = (r for name in args.data for r in compare(name, peers, args))
        show(rows, args.output)
    if args.topk and importlib.util.find_spec("implicit"):
        path = args.output.with_stem(args.output.stem + "_topk")
        show((r for name in args.topk for r in compare_topk(name, args)), path)
    if args.serving and importlib.util.find_spec("implicit"):
        path = args.output.with_stem(args.output.stem + "_serving")
        show(compare_serving(args), path)
    if args.large:
        path = args.output.with_stem(args.output.stem + "_large")
        show(compare_large(args), path)


if __name__ == "__main__":
    main()
