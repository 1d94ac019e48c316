"""The page that ``recommend --report`` writes."""

from __future__ import annotations

from typing import Any

import numpy as np

from sktransfer._cli._items import Items, translation_line
from sktransfer._cli._logs import MarketLogs
from sktransfer._cli._ranking import Ranking
from sktransfer._cli._recommend_examples import Examples
from sktransfer.inspection.html import bars, page, paragraph, section, table
from sktransfer.metrics import RankingQuality, ranking_quality
from sktransfer.recommend import AutoTransferRecommender

BAND_NAMES = ("most popular 20 %", "next 30 %", "niche, last 50 %")
BAND_SHARES = (0.2, 0.3, 0.5)


def quality_on_test(auto: AutoTransferRecommender, i: int) -> RankingQuality:
    """Quality of a candidate's rankings of the test part."""
    return ranking_quality(
        auto.test_interactions_,
        auto.test_rankings_[i],
        auto.train_counts_,
        auto.n_target_users_,
        catalogue=auto.catalogue_,
        band_shares=BAND_SHARES,
    )


def recommendation_page(
    log: MarketLogs,
    items: Items | None,
    auto: AutoTransferRecommender,
    ranked: Ranking,
    notes: list[str],
    doubts: list[str],
    caps: str = "",
) -> str:
    """One page: answer, data, models, popularity, new items, some users, limits."""
    *sources, target = log.markets.values()
    kind = {None: "", True: " good", False: " bad"}[auto.markets_help_]
    parts = [
        paragraph(auto.conclusion_, f"decision{kind}"),
        *(paragraph(f"Warning: {text}", "decision bad") for text in doubts),
        paragraph(f"Chosen: {auto.best_name_}, {auto.reason_}."),
        paragraph(caps) if caps else "",
        section("Data", *_data_section(log, auto.market_weights_)),
        section("Models compared", *_models_section(auto)),
    ]
    if auto.test_ndcg_.size:
        parts.append(section("Popular and niche items", *_bands_section(auto)))
    if items is not None:
        parts.append(
            section("New items", *_new_items_section(log, items, auto, ranked))
        )
    examples = Examples(log, items, auto, ranked)
    parts.append(section(examples.title, *examples.parts()))
    if notes:
        parts.append(section("What was not done", *(paragraph(n) for n in notes)))
    origin = f" with {', '.join(m.name for m in sources)}" if sources else ""
    return page(f"Recommendations for {target.name}{origin}", parts)


def _data_section(log: MarketLogs, market_weights: dict[int, float]) -> list[str]:
    rows: list[tuple[Any, ...]] = [
        (
            m.name,
            m.side,
            m.users,
            m.items,
            m.interactions,
            m.shared_items,
            f"{100 * m.shared_share:.0f} %",
            market_weights.get(code) if code > 0 else 1.0,
        )
        for code, m in log.markets.items()
    ]
    header = ["market", "side", "users", "items", "interactions"]
    header += ["items of the target", "their interactions", "weight"]
    text = (
        '"Items of the target": how many of the items that the target has sold the '
        'market knows; "their interactions": the share of the target\'s interactions '
        "that is with them"
    )
    if market_weights:
        text += '; "weight": of a row of the market in the model taken.'
    else:
        header, rows, text = header[:-1], [row[:-1] for row in rows], f"{text}."
    return [table(header, rows), paragraph(text, "note")]


def _models_section(auto: AutoTransferRecommender) -> list[str]:
    header = ["model", "validation", "nDCG@10", "s.e.", "gain", "coverage"]
    header += ["niche", "novelty", _non_breaking("CPU s")]
    found, base = auto.results_, auto.target_name_
    rows, names, gains, widths = [], [], [], []
    for i, name in enumerate(found["name"]):
        q = quality_on_test(auto, i)
        gain, noise = found["gain"][i], found["gain_interval"][i]
        if name != base and np.isfinite([gain, noise]).all():
            names.append(name)
            gains.append(gain)
            widths.append(noise)
        scores = [found[c][i] for c in ("validation_ndcg", "test_ndcg")]
        scores += [found["standard_error"][i], None if name == base else gain]
        exposure = [q.coverage, q.tail_share, q.novelty]
        rows.append((_non_breaking(name), *scores, *exposure, found["seconds"][i]))
    n_test, n_validation = auto.test_ndcg_.shape[1], auto.validation_ndcg_.shape[1]
    text = (
        f"Interactions of {n_test} users were held out twice. By the "
        f"validation part ({n_validation} users) one model was chosen: the "
        "first, in the order of the table, that is within a standard error of the "
        "best. All other columns are of the test part, which had no part in the "
        "choice; models rank the items that the target has sold. Gain: in nDCG@10 "
        f"over {base}, the best on the validation part that learns from the "
        "target alone; s.e.: standard error of nDCG@10. "
        "Coverage: share of the items that some user is shown; niche: share of the "
        "shown items outside the most popular 20 %; novelty in bits."
    )
    figure = bars(names, gains, intervals=widths, label="Gains") if gains else ""
    return [
        table(header, rows, chosen=auto.best_index_),
        paragraph(text, "note"),
        paragraph(f"Gain over {base}; lines are 95 % intervals.") if gains else "",
        figure,
    ]


def _bands_section(auto: AutoTransferRecommender) -> list[str]:
    names = auto.results_["name"]
    listed = [auto.best_name_, auto.target_name_, auto.markets_name_, names[0]]
    header = ["model"]
    header += [f"nDCG@10, {name}" for name in BAND_NAMES]
    header += [f"shown, {name}" for name in BAND_NAMES]
    rows = []
    for name in dict.fromkeys(name for name in listed if name is not None):
        q = quality_on_test(auto, names.index(name))
        shares = [f"{100 * s:.0f} %" for s in q.shown_by_band]
        rows.append((_non_breaking(name), *q.ndcg_by_band.tolist(), *shares))
    text = (
        "Bands of the items by their users in the training data. nDCG@10 of the test "
        "items of each band, among all items; and which bands the shown items are of."
    )
    return [table(header, rows), paragraph(text, "note")]


def _new_items_section(
    log: MarketLogs, items: Items, auto: AutoTransferRecommender, ranked: Ranking
) -> list[str]:
    new = np.flatnonzero(~auto.sold_)
    shown = ranked.shown[~auto.sold_[ranked.shown]]
    elsewhere = np.diff(log.X[log.sample_domain > 0].tocsc().indptr)[new] > 0
    without = np.setdiff1d(log.items[: log.n_sold], items.ids).size
    places = max(ranked.shown.size, 1)
    rows = [
        ("items of the table", items.ids.size),
        ("of which nobody in the target has taken", new.size),
        ("of which other markets know", int(elsewhere.sum())),
        ("new items that are shown to somebody", np.unique(shown).size),
        ("share of the places with a new item", f"{100 * shown.size / places:.1f} %"),
        ("sold items that the table does not describe", without),
    ]
    parts = [table(["", "number"], rows)]
    kinds = ", ".join(f"{name} ({kind})" for name, kind in items.kinds.items())
    parts.append(paragraph(f"Content: {kinds}."))
    if items.translation is not None:
        parts.append(paragraph(translation_line(items.translation)))
    if auto.new_item_scores_:
        names = {
            "new": "new items among themselves",
            "together": "new and known items together",
            "collaborative": "the same, new items never shown",
        }
        found = [(names[n], v) for n, v in auto.new_item_scores_.items() if n in names]
        parts.append(table(["simulated new items", "nDCG@10"], found))
        text = (
            "Simulated: every fifth item that is known was held out whole, as if it "
            "were new, inside the training data of the model with content."
        )
        parts.append(paragraph(text, "note"))
    if new.size and auto.new_item_scores_:
        text = (
            "New items stand where the model with content, which ranks new and known "
            "items together, puts them, the best ones alone: --new-share is the "
            "largest share of a user's places that they get."
        )
        parts.append(paragraph(text))
    return parts


def _non_breaking(name: str) -> str:
    return name.replace(" ", "\N{NO-BREAK SPACE}")
