"""Items for the users of a market: ``python -m sktransfer recommend``."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._cli._console import CommandError, Row, comparison, progress
from sktransfer._cli._files import check_output, read_columns
from sktransfer._core.topk import row_blocks, top_k
from sktransfer.datasets import write_table
from sktransfer.metrics import ndcg_at_k
from sktransfer.model_selection import split_interactions
from sktransfer.recommend import EASERecommender, TransferRecommender

TARGET_ONLY = "target only"
MAIN_METHOD = "markets weighted, validated"


class Markets(NamedTuple):
    """Interactions of several markets, some of the target's hidden."""

    train: Any  # CSR (n_users of all markets, n_items) without the hidden ones
    sample_domain: NDArray[np.int64]
    seen: Any  # CSR (n_target_users, n_items)
    hidden: Any  # of the same shape
    catalogue: NDArray[np.bool_]  # items that the target market sells


def hide_interactions(X: Any, sample_domain: NDArray[np.int64]) -> Markets:
    """Hide a fifth of the interactions of each target user.

    Parameters
    ----------
    X : sparse matrix of shape (n_users, n_items)
        Interactions of all markets.
    sample_domain : ndarray of shape (n_users,)
        Market of each user; negative = target.

    Returns
    -------
    markets : Markets
        What to train on and what to find.
    """
    X = sparse.csr_array(X)
    target = sample_domain < 0
    seen, hidden = split_interactions(X[target], test_size=0.2, random_state=0)
    catalogue = np.asarray(X[target].sum(axis=0)).ravel() > 0
    # target rows go last, in their order
    train = sparse.vstack([X[~target], seen], format="csr")
    d = np.concatenate([sample_domain[~target], sample_domain[target]])
    return Markets(train, d, seen, hidden, catalogue)


def _popular_items(markets: Markets) -> NDArray[np.int64]:
    popularity = np.asarray(markets.seen.sum(axis=0)).ravel().astype(np.float64)
    popularity[~markets.catalogue] = -np.inf
    ranked = []
    for rows in row_blocks(*markets.seen.shape):
        block = markets.seen[rows]
        scores = np.tile(popularity, (block.shape[0], 1))
        scores[block.nonzero()] = -np.inf
        ranked.append(top_k(scores, 10)[0])
    return np.concatenate(ranked)


def _target_only(markets: Markets) -> NDArray[np.int64]:
    model = TransferRecommender(catalogue=markets.catalogue).fit(markets.seen)
    return model.recommend(markets.seen)[0]


def _weighted(markets: Markets, weighting: str | None) -> NDArray[np.int64]:
    """The model of "target only", with the rows of other markets weighted."""
    model = TransferRecommender(weighting=weighting, catalogue=markets.catalogue)
    model.fit(markets.train, sample_domain=markets.sample_domain)
    return model.recommend(markets.seen)[0]


METHODS: dict[str, Callable[[Markets], NDArray[np.int64]]] = {
    "popularity": _popular_items,
    TARGET_ONLY: _target_only,
    "all markets pooled": partial(_weighted, weighting=None),
    "markets weighted by similarity": partial(_weighted, weighting="similarity"),
    MAIN_METHOD: partial(_weighted, weighting="validated"),
}


class Comparison(NamedTuple):
    """Rows of the table, and nDCG@10 of each user by method."""

    rows: list[Row]
    users: dict[str, NDArray[np.float64]]


def compare(markets: Markets) -> Comparison:
    """Score each method on the hidden interactions.

    Parameters
    ----------
    markets : Markets
        What to train on and what to find.

    Returns
    -------
    compared : Comparison
        Means and the values behind them.
    """
    rows, users = [], {}
    for name, rank in METHODS.items():
        start = perf_counter()
        with progress(name):
            items = rank(markets)
        values = ndcg_at_k(markets.hidden, items, average=None)
        users[name] = values[~np.isnan(values)]
        score = float(users[name].mean()) if users[name].size else None
        rows.append(Row(name, score, perf_counter() - start))
    return Comparison(rows, users)


def conclusion(compared: Comparison) -> str:
    """One sentence: do the other markets help, and by how much.

    Parameters
    ----------
    compared : Comparison
        Scores by method.

    Returns
    -------
    sentence : str
        With the gain over the target alone, and two standard errors of it.
    """
    difference = compared.users[MAIN_METHOD] - compared.users[TARGET_ONLY]
    if difference.size == 0:
        return "No user has two interactions: nothing could be hidden to score by."
    gain = float(difference.mean())
    noise = 2 * float(difference.std()) / np.sqrt(difference.size)
    if gain > noise:
        return (
            f"Transfer helps: {MAIN_METHOD} is {gain:+.3f} above the target alone "
            f"(noise: {noise:.3f})."
        )
    if gain < -noise:
        return f"Transfer hurts here ({gain:+.3f}): serve this market by its own data."
    return (
        f"Other markets make no difference that {difference.size} users can show "
        f"({gain:+.3f}, noise {noise:.3f}): the target's own data will do."
    )


def upper_bound(X: Any, sample_domain: NDArray[np.int64], markets: Markets) -> float:
    """Score of the target alone where it has many more users.

    Parameters
    ----------
    X : sparse matrix of shape (n_users, n_items)
        Interactions that hold the users of ``markets`` as first target rows.
    sample_domain : ndarray of shape (n_users,)
        Market of each user.
    markets : Markets
        Whose hidden interactions are to be found.

    Returns
    -------
    score : float
        nDCG@10.
    """
    X = sparse.csr_array(X)[sample_domain < 0]
    more = sparse.vstack([markets.seen, X[markets.seen.shape[0] :]], format="csr")
    model = EASERecommender().fit(more)
    items, _ = model.recommend(markets.seen, candidates=markets.catalogue)
    return float(ndcg_at_k(markets.hidden, items))


class Log(NamedTuple):
    """Interactions of all files over shared items."""

    X: Any
    sample_domain: NDArray[np.int64]
    users: NDArray[Any]  # of the target
    items: NDArray[Any]


def read_log(arguments: argparse.Namespace) -> Log:
    """Read the interactions of every market.

    Parameters
    ----------
    arguments : argparse.Namespace
        Options of the command line.

    Returns
    -------
    log : Log
        One row a user of a market, the target's last.
    """
    user, item = arguments.user_column, arguments.item_column
    parts = []
    for path in [*arguments.source, arguments.target]:
        table = read_columns(path, [user, item])
        for column in (user, item):
            missing = [i for i, v in enumerate(table[column]) if v is None or v == ""]
            if missing:
                raise CommandError(
                    f"{path}: column {column!r} is empty in {len(missing)} rows, the "
                    f"first is row {missing[0] + 1}"
                )
        parts.append([np.array([str(v) for v in table[c]]) for c in (user, item)])
    items, codes = np.unique(np.concatenate([p[1] for p in parts]), return_inverse=True)
    blocks, d, start = [], [], 0
    for number, (user_names, item_names) in enumerate(parts, start=1):
        users, rows = np.unique(user_names, return_inverse=True)
        columns = codes[start : start + len(item_names)]
        start += len(item_names)
        X = sparse.coo_array(
            (np.ones(len(rows), np.float32), (rows, columns)),
            shape=(len(users), len(items)),
        ).tocsr()  # adds up repeated pairs
        X.data[:] = 1
        blocks.append(X)
        d.append(np.full(len(users), number if number < len(parts) else -number))
    sold = np.asarray(blocks[-1].sum(axis=0)).ravel() > 0
    for path, X in zip(arguments.source, blocks):
        if not np.any(np.asarray(X.sum(axis=0)).ravel()[sold] > 0):
            raise CommandError(
                f"{path}: shares no item with {arguments.target}; item ids must be the "
                "same in all markets"
            )
    return Log(sparse.vstack(blocks, format="csr"), np.concatenate(d), users, items)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``recommend``.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Parser of the command; changed.
    """
    parser.add_argument(
        "--source",
        required=True,
        action="extend",
        nargs="+",
        help="interactions of other markets; several files, or the option repeated",
    )
    parser.add_argument("--target", required=True, help="interactions of the market")
    parser.add_argument("--user-column", default="user", help="default: user")
    parser.add_argument("--item-column", default="item", help="default: item")
    parser.add_argument(
        "-k", type=int, default=10, help="items for each user; default: 10"
    )
    parser.add_argument("--output", help="write user, rank, item, score")


def run(arguments: argparse.Namespace) -> None:
    """Compare, conclude, and write ranked items.

    Parameters
    ----------
    arguments : argparse.Namespace
        Options of the command line.
    """
    if arguments.k < 1:
        raise CommandError(f"-k must be at least 1; got {arguments.k}")
    if arguments.output:
        check_output(arguments.output)
    log = read_log(arguments)
    n_target = len(log.users)
    print(
        f"{log.X.shape[0] - n_target} source users, {n_target} target users, "
        f"{log.X.shape[1]} items."
    )
    compared = compare(hide_interactions(log.X, log.sample_domain))
    print(comparison(compared.rows, score_name="nDCG@10", baseline=1))
    print(conclusion(compared))
    if arguments.output:
        with progress("final model"):
            model = TransferRecommender(weighting="validated")
            model.fit(log.X, sample_domain=log.sample_domain)
            ranked, scores = model.recommend(log.X[-n_target:], arguments.k)
        write_ranking(arguments.output, log, ranked, scores)
        print(f"Items by {MAIN_METHOD}: {arguments.output}")


def write_ranking(
    path: str, log: Log, ranked: NDArray[np.int64], scores: NDArray[Any]
) -> None:
    """Write the ranked items of each target user; fewer than k where there are fewer.

    Parameters
    ----------
    path : str
        File to write.
    log : Log
        Names of users and items.
    ranked : ndarray of int of shape (n_users, k)
        Columns, -1 for none.
    scores : ndarray of shape (n_users, k)
        Their scores.
    """
    row, place = np.nonzero(ranked >= 0)
    write_table(
        path,
        {
            "user": log.users[row],
            "rank": place + 1,
            "item": log.items[ranked[row, place]],
            "score": np.round(scores[row, place].astype(float), 6),
        },
    )
