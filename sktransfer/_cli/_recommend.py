"""Items for the users of a market: ``python -m sktransfer recommend``."""

from __future__ import annotations

import argparse
from typing import Any, NamedTuple

import numpy as np

from sktransfer._cli._console import CommandError, progress, text_table, warnings_given
from sktransfer._cli._files import add_file_arguments, check_outputs
from sktransfer._cli._items import (
    LANGUAGE_COLUMN,
    Items,
    content_of,
    read_items,
    translation_line,
)
from sktransfer._cli._logs import (
    RATING_COLUMN,
    TIME_COLUMN,
    MarketLogs,
    market_name_and_path,
    read_log,
)
from sktransfer._cli._ranking import Ranking, caps_line, rank_items, read_caps
from sktransfer._cli._recommend_page import quality_on_test, recommendation_page
from sktransfer.datasets import write_table
from sktransfer.inspection.html import write_page
from sktransfer.recommend import AutoTransferRecommender

NEW_SHARE = 0.1
NO_TIMES = "The target has no times"  # beginning of a note of the library


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``recommend``."""
    parser.add_argument(
        "--source",
        default=[],
        action="extend",
        nargs="+",
        help="interactions of other markets, us.csv or us=path.csv; several files, or "
        "the option repeated",
    )
    parser.add_argument("--target", required=True, help="interactions of the market")
    parser.add_argument(
        "--items",
        help="items of the market, a row each: their id, and texts, categories (a|b "
        "for several) and numbers; those that nobody has taken are recommended, too",
    )
    parser.add_argument(
        "--dictionary",
        help="two columns: word, translation; for texts of --items in two languages",
    )
    parser.add_argument(
        "--language-column",
        help="of --items, with --dictionary: the language of an item's texts; default: "
        f"{LANGUAGE_COLUMN}",
    )
    parser.add_argument("--user-column", default="user", help="default: user")
    parser.add_argument("--item-column", default="item", help="default: item")
    parser.add_argument("--id-column", help="of --items; default: as --item-column")
    parser.add_argument(
        "--time-column",
        help="when the target's interactions took place, numbers or dates; default: "
        f"{TIME_COLUMN}, where there is one",
    )
    parser.add_argument(
        "--time-decay",
        type=float,
        metavar="DAYS",
        help="age at which an interaction counts half, in days where times are dates, "
        "else in their unit; default: chosen for each model of several markets, others "
        "without",
    )
    parser.add_argument("--rating-column", help=f"default: {RATING_COLUMN}")
    parser.add_argument(
        "--min-rating",
        type=float,
        help="learn from no lower ratings, and show nobody what they rated so; every "
        "interaction that is left counts the same",
    )
    parser.add_argument(
        "-k", "--k", type=int, default=10, help="items for each user; default: 10"
    )
    parser.add_argument(
        "--new-share",
        type=float,
        default=NEW_SHARE,
        help="largest share of a user's places for items that nobody has taken; "
        f"default: {NEW_SHARE}",
    )
    parser.add_argument(
        "--category-cap",
        default=[],
        action="append",
        metavar="COLUMN=NUMBER",
        help="of --items: show nobody more items of one category, such as brand=2; "
        "may be repeated",
    )
    parser.add_argument("--output", "--out", help="write user, rank, item, score")
    parser.add_argument(
        "--report", help="write a page (.html): data, models, answer, new items"
    )
    add_file_arguments(parser)


class Inputs(NamedTuple):
    """What was read."""

    log: MarketLogs
    items: Items | None
    content: Any  # of the items of the log
    caps: dict[str, int]


def run(arguments: argparse.Namespace) -> None:
    """Compare recommenders, and write ranked items and report."""
    check_options(arguments)
    given = read_inputs(arguments)
    log, items = given.log, given.items
    print(sizes_line(log))
    if items is not None and items.translation is not None:
        print(translation_line(items.translation))
    with warnings_given() as doubts, progress() as show:
        auto = AutoTransferRecommender(
            item_features=given.content,
            max_new_share=arguments.new_share,
            refit=bool(arguments.output or arguments.report),
            callback=show,
            half_life=arguments.time_decay,
        )
        auto.fit(log.X, sample_domain=log.sample_domain, time=log.all_times)
    print(models_table(auto))
    print(auto.conclusion_)
    print(f"Chosen: {auto.best_name_}, {auto.reason_}.")
    notes = remaining_notes(auto, log, given.content is not None)
    if log.n_left_out:
        notes.append(
            f"{log.n_left_out} target users have no rating of "
            f"{arguments.min_rating:g} or more; nothing is recommended to them."
        )
    if auto.refit:
        write_results(arguments, given, auto, notes, doubts)
    for note in notes:
        print(f"Note: {note}")


def check_options(arguments: argparse.Namespace) -> None:
    """Refuse options out of range, and those that need others."""
    if arguments.k < 1:
        raise CommandError(f"-k must be at least 1; got {arguments.k}")
    share = arguments.new_share
    if not 0 <= share <= 1:
        raise CommandError(f"--new-share must be from 0 to 1; got {share:g}")
    logs = [market_name_and_path(p)[1] for p in [*arguments.source, arguments.target]]
    check_outputs(arguments, [*logs, arguments.items, arguments.dictionary])
    if arguments.dictionary and not arguments.items:
        raise CommandError("--dictionary translates texts of --items, which is missing")
    if arguments.language_column and not arguments.dictionary:
        raise CommandError("--language-column is for --dictionary, which is missing")
    if arguments.time_decay is not None and not arguments.time_decay > 0:
        raise CommandError(
            f"--time-decay must be above 0; got {arguments.time_decay:g}"
        )


def read_inputs(arguments: argparse.Namespace) -> Inputs:
    """Read interactions, and items where there is a table of them."""
    items = read_items(arguments) if arguments.items else None
    caps = read_caps(arguments, items)
    log = read_log(arguments, [] if items is None else items.ids.tolist())
    content = None if items is None else content_of(items, log.items)
    if items is not None and not np.isin(items.ids, log.items[: log.n_sold]).any():
        raise CommandError(
            f"{arguments.items}: shares no item with {arguments.target}; item ids must "
            "be the same in both"
        )
    if arguments.time_decay is not None and log.all_times is None:
        raise CommandError(
            f"--time-decay needs times, and {arguments.target} has no column "
            f"{TIME_COLUMN!r}; name one by --time-column"
        )
    return Inputs(log, items, content, caps)


def write_results(
    arguments: argparse.Namespace,
    given: Inputs,
    auto: AutoTransferRecommender,
    notes: list[str],
    doubts: list[str],
) -> None:
    """Rank items for all target users, and write them and the page."""
    log, items, _, caps = given
    ranked = rank_items(auto, log, items, arguments.k, caps)
    capped = caps_line(caps, ranked) if caps else ""
    print(new_items_line(log, auto, ranked, items is not None))
    if capped:
        print(capped)
    if arguments.report:
        page = recommendation_page(log, items, auto, ranked, notes, doubts, capped)
        write_page(arguments.report, page)
    if arguments.output:
        columns = ranking_columns(log, ranked)
        write_table(
            arguments.output, columns, escape_formulas=arguments.escape_formulas
        )
        print(f"Items by {auto.best_name_}: {arguments.output}")
    if arguments.report:
        print(f"Report: {arguments.report}")


def remaining_notes(
    auto: AutoTransferRecommender, log: MarketLogs, content: bool
) -> list[str]:
    """What was left out, and the option that would include it."""
    notes = [
        f"{note} --time-column names a column of times."
        if note.startswith(NO_TIMES)
        else note
        for note in auto.notes_
    ]
    if not content:
        notes.append(
            "No content of items: those that nobody has taken yet cannot be "
            "recommended. --items names a table of items."
        )
    if log.rated:
        notes.append("Ratings were not used; --min-rating leaves out the low ones.")
    return notes


def sizes_line(log: MarketLogs) -> str:
    """One line with the sizes of the markets."""
    *sources, target = log.markets.values()
    text = f"{target.users} target users, {target.items} items"
    if log.items.size > log.n_sold:
        text += f" and {log.items.size - log.n_sold} new ones"
    shared = ", ".join(
        f"{m.name}: {m.users} users, {m.shared_items} of the items" for m in sources
    )
    return f"{text}; {shared}." if shared else f"{text}."


def models_table(auto: AutoTransferRecommender) -> str:
    """Table of the models compared."""
    found = auto.results_
    rows = []
    for i, name in enumerate(found["name"]):
        quality = quality_on_test(auto, i)
        gain = f"{found['gain'][i]:+.3f}" if name != auto.target_name_ else None
        rows.append(
            (
                ("* " if i == auto.best_index_ else "  ") + name,
                found["validation_ndcg"][i],
                found["test_ndcg"][i],
                found["standard_error"][i],
                gain,
                quality.coverage,
                quality.tail_share,
                quality.novelty,
                f"{found['seconds'][i]:.1f}s",
            )
        )
    header = (
        "  method",
        "validation",
        "nDCG@10",
        "s.e.",
        "gain",
        "coverage",
        "niche",
        "novelty",
        "time",
    )
    return text_table(header, rows)


def new_items_line(
    log: MarketLogs, auto: AutoTransferRecommender, ranked: Ranking, content: bool
) -> str:
    """One line on items without an interaction in the target."""
    n = log.items.size - log.n_sold
    if not content:
        return "New items: none can be recommended without --items."
    if n == 0:
        return "New items: none, somebody has taken every item of --items."
    shown = ranked.shown[~auto.sold_[ranked.shown]]
    text = (
        f"New items: {np.unique(shown).size} of {n} are shown, in "
        f"{100 * shown.size / max(ranked.shown.size, 1):.1f} % of the places"
    )
    found = auto.new_item_scores_
    if found:
        text += (
            f"; on simulated new items, nDCG@10 is {found['new']:.3f} among the new "
            f"ones, {found['together']:.3f} among all, {found['collaborative']:.3f} "
            "where new ones are never shown"
        )
    return text + "."


def ranking_columns(log: MarketLogs, ranked: Ranking) -> dict[str, Any]:
    """The ranked items of each target user, at most k."""
    row, place = np.nonzero(ranked.items >= 0)
    item = ranked.items[row, place]
    columns = {"user": log.users[row], "rank": place + 1, "item": log.items[item]}
    columns["score"] = np.round(ranked.scores[row, place].astype(float), 6)
    if log.items.size > log.n_sold:
        columns["new"] = (item >= log.n_sold).astype(int)
    return columns
