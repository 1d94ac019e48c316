"""Both jobs on data that comes with the package: ``python -m sktransfer``."""

from __future__ import annotations

import argparse

import numpy as np
from scipy import sparse
from sklearn.decomposition import TruncatedSVD
from sklearn.pipeline import make_pipeline
from threadpoolctl import threadpool_limits

from sktransfer._cli import _reviews
from sktransfer._cli._console import Row, progress, text_table
from sktransfer.adaptation import CORAL
from sktransfer.crosslingual import DictionaryTranslation
from sktransfer.datasets import make_bilingual_reviews, make_market_interactions
from sktransfer.inspection import transfer_conclusion
from sktransfer.metrics import ndcg_at_k
from sktransfer.recommend import AutoTransferRecommender, EASERecommender
from sktransfer.selection import TopicFeatureSelector
from sktransfer.transfer import TransferClassifier
from sktransfer.weighting import KMMInstanceWeighter

REVIEW_TARGETS = {"German": "de/music", "Chinese": "zh/music"}
N_REVIEWS = 1000  # labelled source, unlabelled target, and test, each
N_SOURCE_USERS = 5000
N_TARGET_USERS = (100, 300, 1000)


def review_task(target: str) -> tuple[_reviews.ReviewTask, np.ndarray]:
    """Labelled English books, and unlabelled and held-out reviews of a target."""
    sizes = {"en/books": N_REVIEWS, target: 2 * N_REVIEWS}
    data = make_bilingual_reviews(sizes, source="en/books", target=target)
    source = data.sample_domain > 0
    texts, labels = data.data[~source], data.target[~source].astype(str)
    task = _reviews.ReviewTask(
        source=data.data[source],
        labels=data.target[source].astype(str),
        target=texts[:N_REVIEWS],
        test=texts[N_REVIEWS:],
        truth=labels[N_REVIEWS:],
        dictionary=data.dictionary,
        split=_reviews.words_of(texts[:N_REVIEWS]),
    )
    return task, labels[:N_REVIEWS]


def demo_methods(task: _reviews.ReviewTask) -> dict[str, TransferClassifier]:
    """Every transfer method of the package that serves reviews."""
    translated = DictionaryTranslation()
    main = dict(_reviews.candidates(task))
    return {
        **{name: main[name] for name in ("dictionary", "correspondence")},
        _reviews.MAIN_METHOD: main[_reviews.MAIN_METHOD],
        "correspondence, KMM weights": TransferClassifier(
            mapper=_reviews.mapper_pipeline(task),
            weighter=make_pipeline(
                TruncatedSVD(20, random_state=0), KMMInstanceWeighter(tol=1e-3)
            ),
        ),
        "correspondence, CORAL": TransferClassifier(
            mapper=_reviews.mapper_pipeline(
                task, None, TruncatedSVD(100, random_state=0), CORAL()
            )
        ),
        "translation of topic features": TransferClassifier(
            mapper=_reviews.mapper_pipeline(
                task, translated, TopicFeatureSelector(k=500, random_state=0)
            )
        ),
    }


def compare_reviews(target: str) -> tuple[list[Row], str]:
    """Score all methods and the bound on one target, and conclude on the main one."""
    task, target_labels = review_task(target)
    outcomes = [_reviews.train_on_source(task)]
    for name, model in demo_methods(task).items():
        outcomes.append(_reviews.fit_and_predict(task, name, model))
    main = next(o for o in outcomes if o.method == _reviews.MAIN_METHOD)
    alone = task._replace(source=task.target, labels=target_labels)
    bound = _reviews.train_on_source(alone)._replace(method="target-supervised (bound)")
    rows = [
        Row(o.method, _reviews.accuracy(o, task.truth), o.seconds)
        for o in (*outcomes, bound)
    ]
    said = {o.method: o.predictions.astype(str) for o in (outcomes[0], main)}
    truth = np.asarray(task.truth).astype(str)
    return rows, transfer_conclusion(truth, said, main.method, bound=rows[-1].score)


def show_reviews() -> None:
    """Print the comparison of methods for reviews."""
    names = " and ".join(REVIEW_TARGETS)
    print(f"Reviews: labelled English books -> unlabelled {names} music")
    print(
        f"  accuracy; {N_REVIEWS} labelled source texts, {N_REVIEWS} unlabelled and "
        f"{N_REVIEWS} held-out\n  texts of each target, no tokenizer"
    )
    found = {name: compare_reviews(target) for name, target in REVIEW_TARGETS.items()}
    rows = [
        (
            f"  {same[0].method}",
            *(row.score for row in same),
            f"{sum(row.seconds for row in same):.1f}s",
        )
        for same in zip(*(rows for rows, _ in found.values()), strict=True)
    ]
    print(text_table(("  method", *found, "time"), rows))
    for name, (_, conclusion) in found.items():
        print(f"{name}: {conclusion}")


def compare_recommenders(
    n_target: int, random_state: int = 0
) -> tuple[AutoTransferRecommender, float]:
    """Compare the models on a generated target market, and score the bound."""
    data, more = (
        make_market_interactions(n_users=n, target="de", random_state=random_state)
        for n in ((N_SOURCE_USERS, n_target), (1, 10 * n_target))
    )
    with progress() as show:
        auto = AutoTransferRecommender(catalogue="all", refit=False, callback=show)
        auto.fit(data.data, sample_domain=data.sample_domain)
    target = sparse.csr_array(data.data)[data.sample_domain < 0]
    seen = target - target.multiply(auto.test_interactions_ != 0)
    others = more.data[more.sample_domain < 0][n_target:]
    model = EASERecommender().fit(sparse.vstack([seen, others], format="csr"))
    items, _ = model.recommend(seen)
    return auto, float(ndcg_at_k(auto.test_interactions_, items))


def show_recommendation() -> None:
    """Print the comparison for recommendation, as the target market grows."""
    print("Recommendation: a big English market -> a German one that grows")
    print(
        f"  {N_SOURCE_USERS} source users; nDCG@10 by number of target users; *: taken,"
        "\n  the first within a standard error of the best on the validation part"
    )
    found = {n: compare_recommenders(n) for n in N_TARGET_USERS}
    compared = [auto for auto, _ in found.values()]
    rows = [
        (
            f"  {name}",
            *(
                f"{'* ' if auto.best_index_ == i else ''}"
                f"{auto.results_['test_ndcg'][i]:.3f}"
                for auto in compared
            ),
        )
        for i, name in enumerate(compared[0].results_["name"])
    ]
    bound = ("  ten times the users (bound)", *(bound for _, bound in found.values()))
    header = ("  method", *(f"{n} users" for n in found))
    print(text_table(header, [*rows, bound]))
    for n, auto in zip(found, compared):
        print(f"{n} users: {auto.conclusion_}")


def run(arguments: argparse.Namespace) -> None:
    """Show both jobs."""
    # on matrices this small the threads of a BLAS pool cost more than they give
    with threadpool_limits(limits=1, user_api="blas"):
        show_reviews()
        print()
        show_recommendation()
