"""Both jobs on data that comes with the package: ``python -m sktransfer``."""

from __future__ import annotations

import argparse
from time import perf_counter

import numpy as np
from sklearn.decomposition import TruncatedSVD
from sklearn.pipeline import make_pipeline
from threadpoolctl import threadpool_limits

from sktransfer._cli import _recommend, _reviews
from sktransfer._cli._console import Row, comparison
from sktransfer.adaptation import CORAL
from sktransfer.crosslingual import DictionaryTranslation
from sktransfer.datasets import make_bilingual_reviews, make_market_interactions
from sktransfer.selection import TopicFeatureSelector
from sktransfer.transfer import TransferClassifier
from sktransfer.weighting import KMMInstanceWeighter

N_REVIEWS = 1000  # labelled source, unlabelled target, and test, each
N_SOURCE_USERS = 5000


def review_task() -> tuple[_reviews.ReviewTask, np.ndarray]:
    """Labelled English books, unlabelled German music, and held-out German music.

    Returns
    -------
    task : ReviewTask
        The task.
    hidden : ndarray of str of shape (n_target,)
        Labels of the unlabelled target texts, for the upper bound alone.
    """
    sizes = {"en/books": N_REVIEWS, "de/music": 2 * N_REVIEWS}
    data = make_bilingual_reviews(sizes, source="en/books", target="de/music")
    source = data.sample_domain > 0
    texts, labels = data.data[~source], data.target[~source].astype(str)
    task = _reviews.ReviewTask(
        source=data.data[source],
        labels=data.target[source].astype(str),
        target=texts[:N_REVIEWS],
        test=texts[N_REVIEWS:],
        truth=labels[N_REVIEWS:],
        dictionary=data.dictionary,
    )
    return task, labels[:N_REVIEWS]


def demo_methods(task: _reviews.ReviewTask) -> dict[str, TransferClassifier]:
    """Every transfer method of the package that serves reviews.

    Parameters
    ----------
    task : ReviewTask
        The task.

    Returns
    -------
    methods : dict of str to TransferClassifier
        Unfitted models by name.
    """
    translated = DictionaryTranslation()
    main = dict(_reviews.candidates(task))
    return {
        **{name: main[name] for name in ("dictionary", "correspondence")},
        _reviews.MAIN_METHOD: main[_reviews.MAIN_METHOD],
        "correspondence, KMM weights": TransferClassifier(
            mapper=_reviews.mapped(task),
            weighter=make_pipeline(
                TruncatedSVD(20, random_state=0), KMMInstanceWeighter(tol=1e-3)
            ),
        ),
        "correspondence, CORAL": TransferClassifier(
            mapper=_reviews.mapped(
                task, None, TruncatedSVD(100, random_state=0), CORAL()
            )
        ),
        "translation of topic features": TransferClassifier(
            mapper=_reviews.mapped(
                task, translated, TopicFeatureSelector(k=500, random_state=0)
            )
        ),
    }


def show_reviews() -> None:
    """Print the comparison for reviews."""
    task, hidden = review_task()
    print("Reviews: labelled English books -> unlabelled German music")
    print(
        f"  {len(task.source)} labelled source texts, {len(task.target)} unlabelled "
        f"and {len(task.test)} held-out target texts"
    )
    outcomes = [_reviews.source_only(task)]
    for name, model in demo_methods(task).items():
        outcomes.append(_reviews.transfer(task, name, model))
    rows = [
        Row(o.method, _reviews.accuracy(o, task.truth), o.seconds) for o in outcomes
    ]
    bound = _reviews.source_only(task._replace(source=task.target, labels=hidden))
    last = Row(
        "target-supervised (bound)",
        _reviews.accuracy(bound, task.truth),
        bound.seconds,
    )
    print(comparison([*rows, last], score_name="accuracy"))
    main = next(o for o in outcomes if o.method == _reviews.MAIN_METHOD)
    print(_reviews.conclusion(outcomes[0], main, task.truth, last))


def show_recommendation() -> None:
    """Print the comparison for recommendation."""
    users = 100
    data = make_market_interactions(n_users=(N_SOURCE_USERS, users), target="de")
    print("Recommendation: a big English market -> a small German one")
    print(
        f"  {N_SOURCE_USERS} source users, {users} target users, "
        f"{data.data.shape[1]} items"
    )
    markets = _recommend.hide_interactions(data.data, data.sample_domain)
    compared = _recommend.compare(markets)
    start = perf_counter()
    more = make_market_interactions(n_users=(1, 10 * users), target="de")
    bound = _recommend.upper_bound(more.data, more.sample_domain, markets)
    name = "ten times the users (bound)"
    rows = [*compared.rows, Row(name, bound, perf_counter() - start)]
    print(comparison(rows, score_name="nDCG@10", baseline=1))
    print(_recommend.conclusion(compared))


def run(arguments: argparse.Namespace) -> None:
    """Show both jobs.

    Parameters
    ----------
    arguments : argparse.Namespace
        Not looked at.
    """
    # on matrices this small the threads of a BLAS pool cost more than they give
    with threadpool_limits(limits=1, user_api="blas"):
        show_reviews()
        print()
        show_recommendation()
