"""Items for the users of a market: ``python -m sktransfer recommend``."""

from __future__ import annotations

import argparse

import numpy as np

from sktransfer._cli._choice import Choice, compare
from sktransfer._cli._console import CommandError, progress, text_table
from sktransfer._cli._few_new_items import NEW_SHARE
from sktransfer._cli._files import check_output
from sktransfer._cli._items import LANGUAGE_COLUMN, content_of, read_items
from sktransfer._cli._logs import RATING_COLUMN, TIME_COLUMN, Log, read_log
from sktransfer._cli._quality import conclusion, gain_over, quality
from sktransfer._cli._rankers import MAX_DENSE, Training, rankers
from sktransfer._cli._recommend_page import write_page
from sktransfer._cli._serve import Served, serve
from sktransfer.datasets import write_table

MAX_CONTENT = 2 * MAX_DENSE**2  # sold items times all items


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
    parser.add_argument("--rating-column", help=f"default: {RATING_COLUMN}")
    parser.add_argument(
        "--min-rating",
        type=float,
        help="leave out lower ratings; every interaction that is left counts the same",
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
    parser.add_argument("--output", "--out", help="write user, rank, item, score")
    parser.add_argument(
        "--report", help="write a page (.html): data, models, answer, new items"
    )


def run(arguments: argparse.Namespace) -> None:
    """Compare, choose, conclude, and write ranked items and report."""
    if arguments.k < 1:
        raise CommandError(f"-k must be at least 1; got {arguments.k}")
    share = arguments.new_share
    if not 0 <= share <= 1:
        raise CommandError(f"--new-share must be from 0 to 1; got {share:g}")
    if arguments.output:
        check_output(arguments.output)
    if arguments.report:
        check_output(arguments.report, option="--report", suffixes=(".html",))
    if arguments.dictionary and not arguments.items:
        raise CommandError("--dictionary translates texts of --items, which is missing")
    if arguments.language_column and not arguments.dictionary:
        raise CommandError("--language-column is for --dictionary, which is missing")
    items = None
    if arguments.items:
        items = read_items(
            arguments.items,
            arguments.id_column or arguments.item_column,
            arguments.dictionary,
            arguments.language_column or LANGUAGE_COLUMN,
        )
    log = read_log(arguments, () if items is None else items.ids)
    content = None if items is None else content_of(items, log.items)
    if items is not None and not np.isin(items.ids, log.items[: log.n_sold]).any():
        raise CommandError(
            f"{arguments.items}: shares no item with {arguments.target}; item ids must "
            "be the same in both"
        )
    too_many = log.n_sold * log.items.size > MAX_CONTENT
    if too_many:
        content = None
    print(sizes(log))
    if items is not None and items.translation is not None:
        print(items.translation)
    training = Training(log.X, log.sample_domain, log.times, content, share)
    sold = training.first(log.n_sold)
    models, notes = rankers(sold)
    choice = compare(sold, models)
    print(models_table(choice))
    print(conclusion(choice))
    print(f"Chosen: {choice.model.name}, {choice.why}.")
    if items is None:
        notes.append(
            "No content of items: those that nobody has taken yet cannot be "
            "recommended. --items names a table of items."
        )
    elif too_many:
        notes.append(
            f"The model with content holds a matrix of sold by all items; it is left "
            f"out with {log.n_sold} by {log.items.size}, and new items with it."
        )
    if log.rated:
        notes.append("Ratings were not used; --min-rating leaves out the low ones.")
    if arguments.output or arguments.report:
        with progress("final model"):
            served = serve(training, choice, log.n_sold, log.n_taken, arguments.k)
        print(new_items(log, served, items is not None))
        if arguments.report:
            write_page(arguments.report, log, items, choice, served, notes)
        if arguments.output:
            write_ranking(arguments.output, log, served)
            print(f"Items by {choice.model.name}: {arguments.output}")
        if arguments.report:
            print(f"Report: {arguments.report}")
    for note in notes:
        print(f"Note: {note}")


def sizes(log: Log) -> str:
    """One line on what was read."""
    *sources, target = log.markets.values()
    text = f"{target.users} target users, {target.items} items"
    if log.items.size > log.n_sold:
        text += f" and {log.items.size - log.n_sold} new ones"
    shared = ", ".join(
        f"{m.name}: {m.users} users, {m.shared_items} of the items" for m in sources
    )
    return f"{text}; {shared}." if shared else f"{text}."


def models_table(choice: Choice) -> str:
    """Table of the models compared."""
    rows = []
    for i, scored in enumerate(choice.scored):
        q = quality(choice, scored)
        gain = None if i == choice.alone else gain_over(choice, i, choice.alone)[0]
        rows.append(
            (
                ("* " if i == choice.chosen else "  ") + scored.name,
                float(scored.validation.mean()) if choice.validated else None,
                q.ndcg,
                q.error,
                None if gain is None else f"{gain:+.3f}",
                q.coverage,
                q.niche_share,
                q.novelty,
                f"{scored.seconds:.1f}s",
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


def new_items(log: Log, served: Served, content: bool) -> str:
    """One line on items that nobody in the target has taken."""
    n = log.items.size - log.n_sold
    if not content:
        return "New items: none can be recommended without --items."
    if n == 0:
        return "New items: none, somebody has taken every item of --items."
    shown = served.items[(served.items >= 0) & served.new[served.items]]
    text = (
        f"New items: {np.unique(shown).size} of {n} are shown, in "
        f"{100 * shown.size / max((served.items >= 0).sum(), 1):.1f} % of the places"
    )
    found = served.validation
    if found:
        text += (
            f"; on simulated new items, nDCG@10 is {found['new']:.3f} among the new "
            f"ones, {found['together']:.3f} among all, {found['collaborative']:.3f} "
            "where new ones are never shown"
        )
    return text + "."


def write_ranking(path: str, log: Log, served: Served) -> None:
    """Write the ranked items of each target user, at most k."""
    row, place = np.nonzero(served.items >= 0)
    item = served.items[row, place]
    columns = {"user": log.users[row], "rank": place + 1, "item": log.items[item]}
    columns["score"] = np.round(served.scores[row, place].astype(float), 6)
    if served.new.any():
        columns["new"] = served.new[item].astype(int)
    write_table(path, columns)
