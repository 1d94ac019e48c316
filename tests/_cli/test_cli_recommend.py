"""The command ``recommend``: what it prints, writes and refuses."""

import io
import re
import warnings
from contextlib import redirect_stderr, redirect_stdout
from html import escape
from types import SimpleNamespace

import numpy as np
import pytest

from sktransfer.__main__ import main
from sktransfer.datasets import (
    make_bilingual_reviews,
    make_market_interactions,
    read_table,
    write_table,
)
from sktransfer.recommend import AutoTransferRecommender


def write_logs(home, n_users=(200, 40), *, times=False):
    """Logs of two markets, and the generated data."""
    shop = make_market_interactions(n_users=n_users, n_items=60)
    for sign, name in ((1, "uk.csv"), (-1, "de.csv")):
        rows = np.sign(shop.sample_domain) == sign
        user, item = shop.data[rows].nonzero()
        table = {"user": shop.user_ids[rows][user], "item": shop.item_ids[item]}
        table["rating"] = np.where(item % 7 == 0, 2, 5)
        if times:
            table["timestamp"] = [f"2026-11-{1 + (7 * i) % 30:02d}" for i in item]
        write_table(home / name, table)
    return shop


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Logs of two markets, and a table of items with 5 that nobody has taken."""
    home = tmp_path_factory.mktemp("logs")
    shop = write_logs(home)
    group = [f"g{g}|all" for g in shop.groups]
    ids = [*shop.item_ids, *(f"N{i}" for i in range(5))]
    columns = {
        "item": ids,
        "title": [*shop.titles["en"], *shop.titles["en"][:5]],
        "group": [*group, *group[:5]],
        "price": [str(10 + i % 9) for i in range(len(ids))],
    }
    write_table(home / "items.csv", columns)
    return home


def run(capsys, *arguments):
    """Exit status, standard output and standard error of a command."""
    status = main(["recommend", *(str(a) for a in arguments)])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


@pytest.fixture(scope="module", params=[False, True], ids=["logs", "with items"])
def done(request, folder):
    """What the command prints and writes, without and with a table of items."""
    home = folder / ("items" if request.param else "logs")
    home.mkdir()
    arguments = ["--source", folder / "uk.csv", "--target", folder / "de.csv"]
    arguments += ["-k", 5, "--output", home / "r.tsv", "--report", home / "r.html"]
    if request.param:
        arguments += ["--items", folder / "items.csv", "--new-share", 0.2]
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        status = main(["recommend", *map(str, arguments)])
    return SimpleNamespace(
        items=request.param,
        status=status,
        out=out.getvalue(),
        err=err.getvalue(),
        page=home / "r.html",
        ranked=read_table(home / "r.tsv"),
    )


def methods(out):
    """Rows of the table of models: name, and the columns as text."""
    lines = out.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("  method"))
    found = {}
    for line in lines[start + 1 :]:
        if not line.startswith(("  ", "* ")):
            break
        name = line[2:].split("  ")[0]
        found[name] = line[2 + len(name) :].split()
    return found


def test_ranks_unseen_items_of_the_market(folder, done):
    out, log, ranked = done.out, read_table(folder / "de.csv"), done.ranked
    assert done.status == 0
    assert done.err == ""
    assert out.startswith("40 target users, ")
    assert "uk: 200 users" in out
    assert {"target: popularity", "target: blend", "markets: pooled"} <= set(
        methods(out)
    )
    assert "\nTransfer " in out
    assert out.count("\n* ") == 1
    told = "New items: none can be recommended without --items." in out
    assert told != done.items
    assert list(ranked) == ["user", "rank", "item", "score"] + ["new"] * done.items
    pairs = list(zip(ranked["user"], ranked["item"]))
    assert len(set(pairs)) == len(pairs)
    assert not set(zip(log["user"], log["item"])) & set(pairs)
    assert done.items or set(ranked["item"]) <= set(log["item"])
    assert set(ranked["user"]) == set(log["user"])
    assert set(ranked["rank"]) == set("12345")
    first = ranked["user"] == ranked["user"][0]  # new items have scores of their own
    assert done.items or np.all(np.diff(ranked["score"][first].astype(float)) <= 0)


def test_what_is_chosen_and_gained_follows_from_the_table(folder, capsys):
    """The chosen model is in the table; the gain is the difference of two scores."""
    arguments = ["--source", f"gb={folder / 'uk.csv'}", "--target", folder / "de.csv"]
    status, out, _ = run(capsys, *arguments)
    assert status == 0
    assert "gb: 200 users" in out
    table = methods(out)
    chosen = out.split("\nChosen: ")[1].split(", ")[0]
    marked = next(line for line in out.splitlines() if line.startswith("* "))
    assert marked[2:].startswith(chosen)
    base = next(row for row in table.values() if row[3] == "-")
    for row in table.values():
        if row is not base:
            gain = float(row[1]) - float(base[1])
            assert abs(gain - float(row[3])) < 0.0015
    target = {n: float(r[0]) for n, r in table.items() if n.startswith("target")}
    assert float(base[0]) == max(target.values())  # by validation, not by the test


def test_new_items_are_recommended_by_content(folder, done):
    assert ("on simulated new items, nDCG@10 is" in done.out) == done.items
    assert ("markets: with content" in methods(done.out)) == done.items
    assert ("target: with content" in methods(done.out)) == done.items
    item = done.ranked["item"]
    new = ~np.isin(item, read_table(folder / "de.csv")["item"])
    assert new.any() == done.items
    if done.items:
        assert np.array_equal(done.ranked["new"] == "1", new)
    # what another market has sold is not bounded
    elsewhere = read_table(folder / "uk.csv")["item"]
    assert (new & ~np.isin(item, elsewhere)).mean() <= 0.2


def test_titles_of_two_languages_meet_in_a_dictionary(folder, tmp_path, capsys):
    table = read_table(folder / "items.csv")
    shop = make_market_interactions(n_users=(200, 40), n_items=60)
    titles = [*shop.titles["en"], *shop.titles["de"][:5]]
    columns = {"item": table["item"], "title": titles}
    columns["language"] = ["en"] * 60 + ["de"] * 5
    write_table(tmp_path / "items.csv", columns)
    reviews = make_bilingual_reviews(20, source="en/books", target="de/books")
    words = {"word": [], "translation": []}
    for word, translation in reviews.dictionary:
        words["word"].append(word)
        words["translation"].append(translation)
    write_table(tmp_path / "en-de.csv", words)
    page = tmp_path / "r.html"
    arguments = ["--target", folder / "de.csv", "--items", tmp_path / "items.csv"]
    arguments += ["--dictionary", tmp_path / "en-de.csv", "--report", page]
    status, out, err = run(capsys, *arguments)
    assert status == 0
    assert err == ""
    sentence = next(x for x in out.splitlines() if x.startswith("The dictionary"))
    assert "translates de texts of items into en: of the words, " in sentence
    assert escape(sentence) in page.read_text(encoding="utf-8")


def test_every_item_known(folder, tmp_path, capsys):
    ids = np.unique(read_table(folder / "de.csv")["item"])
    items = tmp_path / "items.csv"
    write_table(items, {"sku": ids, "kind": ["a" if i < "P3" else "b" for i in ids]})
    arguments = ["--target", folder / "de.csv", "--items", items]
    arguments += ["--output", tmp_path / "r.csv", "--id-column", "sku"]
    status, out, _ = run(capsys, *arguments)
    assert status == 0
    assert "New items: none, somebody has taken every item of --items." in out
    assert "new" not in read_table(tmp_path / "r.csv")


def test_without_a_share_new_items_are_not_shown(folder, tmp_path, capsys):
    output = tmp_path / "r.csv"
    arguments = ["--target", folder / "de.csv", "--items", folder / "items.csv"]
    status, out, _ = run(capsys, *arguments, "--new-share", 0, "--out", output)
    assert status == 0
    assert "are shown, in 0.0 % of the places" in out
    assert set(read_table(output)["new"]) == {"0"}
    assert "transfer could not be compared" in out


def test_times_hold_back_the_latest_and_bring_sequences(tmp_path, capsys):
    write_logs(tmp_path, times=True)
    arguments = ["--source", tmp_path / "uk.csv", "--target", tmp_path / "de.csv"]
    status, out, _ = run(capsys, *arguments)
    assert status == 0
    assert {"target: sequences", "markets: sequences"} <= set(methods(out))
    assert "no times" not in out
    log = read_table(tmp_path / "uk.csv")
    del log["timestamp"]
    write_table(tmp_path / "uk.csv", log)
    status, out, _ = run(capsys, *arguments)
    assert status == 0
    assert "target: sequences" in methods(out)
    assert "markets: sequences" not in methods(out)


def test_half_lives_are_passed_on_in_days(tmp_path, capsys, monkeypatch):
    write_logs(tmp_path, times=True)
    fitted = []
    fit = AutoTransferRecommender.fit

    def fit_and_keep(self, X, **options):
        fitted.append((self, options["time"]))
        return fit(self, X, **options)

    monkeypatch.setattr(AutoTransferRecommender, "fit", fit_and_keep)
    arguments = ["--source", tmp_path / "uk.csv", "--target", tmp_path / "de.csv"]
    for half_life in (3, "inf"):
        assert run(capsys, *arguments, "--time-decay", half_life)[0] == 0
    (aging, days), (still, _) = fitted
    assert days.data.min() == 1
    assert days.data.max() == 30
    assert aging.half_life == 3
    assert still.half_life == np.inf
    place = aging.results_["name"].index("target: EASE")
    test = [model.results_["test_ndcg"][place] for model in (aging, still)]
    assert test[0] != test[1]


def test_low_ratings_are_left_out(folder, capsys):
    target = ["--target", folder / "de.csv"]
    status, out, _ = run(capsys, *target)
    assert status == 0
    assert "Ratings were not used" in out
    n_items = int(out.split(" target users, ")[1].split()[0])
    status, out, _ = run(capsys, *target, "--min-rating", 4)
    assert status == 0
    assert "Ratings were not used" not in out
    assert int(out.split(" target users, ")[1].split()[0]) < n_items


def test_report_is_one_page_that_loads_nothing(done):
    out, html = done.out, done.page.read_text(encoding="utf-8")
    assert f"Report: {done.page}" in out
    sentence = next(line for line in out.splitlines() if line.startswith("Transfer "))
    for text in (
        escape(sentence),
        "Recommendations for de with uk",
        "Popular and niche items",
    ):
        assert text in html
    for heading in ("Data", "Models compared", "Three users, and why"):
        assert f"<h2>{heading}</h2>" in html
    assert ("<h2>New items</h2>" in html) == done.items
    assert ("<h2>What was not done</h2>" in html) == ("Note: " in out)
    assert '<td class="number">200</td>' in html
    assert "http" not in html
    assert "<script" not in html
    assert "src=" not in html


def test_reasons_are_items_that_the_user_has_taken(folder, done):
    html = done.page.read_text(encoding="utf-8").partition("Three users, and why")[2]
    log, ranked = read_table(folder / "de.csv"), done.ranked
    users = re.findall("<p>User (\\S+) .*? items", html)
    assert len(users) == 3
    for user, rows in zip(users, html.split("<p>User ")[1:]):
        taken = set(log["item"][log["user"] == user])
        cells = re.findall("<td>(.*?)</td><td>(.*?)</td></tr>", rows)
        best = ranked["item"][ranked["user"] == user][:5]
        shown = [re.search(r"P\d+|N\d", name)[0] for name, _ in cells[: len(best)]]
        assert shown == list(best)
        for _, why in cells[: len(best)]:
            named = re.findall(r"P\d+|N\d", why)
            assert set(named) <= taken
            shares = [float(s) for s in re.findall(r"(\d+) %", why)]
            assert shares
            assert sum(shares) <= 102  # each is rounded
    assert "most similar, by the model" in html or "shows everybody the same" in html


def test_caps_of_categories(folder, tmp_path, capsys):
    output = tmp_path / "r.csv"
    arguments = ["--target", folder / "de.csv", "--items", folder / "items.csv"]
    arguments += ["-k", 6, "--output", output, "--report", tmp_path / "r.html"]
    caps = ["--category-cap", "price=1"]
    status, out, _ = run(capsys, *arguments, *caps)
    assert status == 0
    assert "Caps: at most 1 of each price for a user." in out
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "Caps: at most 1 of each price" in page
    table, ranked = read_table(folder / "items.csv"), read_table(output)
    price = dict(zip(table["item"], table["price"]))
    pairs = [(u, price[i]) for u, i in zip(ranked["user"], ranked["item"])]
    assert len(set(pairs)) == len(pairs) == 6 * 40
    new = [u for u, n in zip(ranked["user"], ranked["new"]) if n == "1"]
    assert len(set(new)) == len(new)  # one place each, as without caps
    run(capsys, *arguments, "--category-cap", "price=6")
    capped = read_table(output)["item"].tolist()
    run(capsys, *arguments)
    assert capped == read_table(output)["item"].tolist()  # a cap that is met


@pytest.mark.parametrize(
    ("cap", "message"),
    [
        ("price", "a number from 1 on, such as brand=2; got 'price'"),
        ("price=0", "got 'price=0'"),
        ("colour=2", "has no column 'colour'; the columns are title, group, price"),
        ("group=2", "column 'group' of"),
    ],
)
def test_caps_that_make_no_sense(cap, message, folder, tmp_path, capsys):
    arguments = ["--target", folder / "de.csv", "--items", folder / "items.csv"]
    refused(capsys, tmp_path, message, *arguments, "--category-cap", cap)


def test_caps_need_items(folder, tmp_path, capsys):
    arguments = ["--target", folder / "de.csv", "--category-cap", "brand=2"]
    refused(capsys, tmp_path, "pass --items", *arguments)


def test_too_few_users_to_validate_by_take_the_default(tmp_path, capsys):
    rows = [(f"u{u}", f"i{i}") for u in range(6) for i in range(u, u + 4)]
    user, item = zip(*rows)
    write_table(tmp_path / "de.csv", {"user": user, "item": item})
    status, out, _ = run(capsys, "--target", tmp_path / "de.csv")
    assert status == 0
    assert "Chosen: target: blend, the default: fewer than 20" in out


def test_nothing_to_score_by_is_said(tmp_path, capsys):
    names = [str(i % 5) for i in range(30)]
    users = [f"u{i}" for i in range(30)]
    write_table(tmp_path / "de.csv", {"user": users, "item": names})
    output = tmp_path / "r.csv"
    page = tmp_path / "r.html"
    arguments = ["--target", tmp_path / "de.csv", "--output", output, "--report", page]
    status, out, _ = run(capsys, *arguments)
    assert status == 0
    assert "nothing could be held out to score by" in out
    assert len(read_table(output)["user"]) == 30 * 4
    assert "<h2>Three users, and why</h2>" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(("n", "title"), [(1, "A user"), (2, "Two users")])
def test_the_page_counts_its_users(n, title, tmp_path, capsys):
    pairs = [(f"u{u}", f"i{i}") for u in range(n) for i in range(4 - u)]
    user, item = zip(*pairs)
    write_table(tmp_path / "de.csv", {"user": user, "item": item})
    page = tmp_path / "r.html"
    assert run(capsys, "--target", tmp_path / "de.csv", "--report", page)[0] == 0
    html = page.read_text(encoding="utf-8")
    assert f"<h2>{title}, and why</h2>" in html
    assert ("this user has taken" in html) == (n == 1)


def text(path, content):
    path.write_text(content, encoding="utf-8")
    return path


BAD_LOGS = {
    "no common item": ("user,item\nu1,alien\n", "shares no item with"),
    "no user": ("user,item\n,i1\n", "column 'user', row 1: there is no id"),
    "no column": ("user,thing\nu1,i1\n", "no column 'item'"),
    "empty": ("", "the file is empty"),
    "header": ("user,item\n", "header but no rows"),
}


@pytest.mark.parametrize("case", BAD_LOGS)
def test_bad_sources_are_explained(case, folder, tmp_path, capsys):
    content, message = BAD_LOGS[case]
    arguments = ["--source", text(tmp_path / "bad.csv", content)]
    refused(capsys, tmp_path, message, *arguments, "--target", folder / "de.csv")


def refused(capsys, tmp_path, message, *arguments):
    """One line of explanation, status 2, and nothing written."""
    output, page = tmp_path / "r.csv", tmp_path / "r.html"
    paths = ["--output", output, "--report", page]
    status, out, err = run(capsys, *arguments, *paths)
    assert status == 2
    assert out == ""
    assert err.startswith("sktransfer: error: ")
    assert message in err
    assert err.count("\n") == 1
    assert not output.exists()
    assert not page.exists()


BAD_DICTIONARIES = {
    "no language": ("item,title\nP000001,red\n", "red,rot\n", "no column 'language'"),
    "no text": (
        "item,language,price\nP000001,en,1\nP000002,de,2\n",
        "red,rot\n",
        "no column holds texts that --dictionary could translate",
    ),
    "one language": (
        "item,title,language\nP000001,red,en\nP000002,blue,en\n",
        "red,rot\n",
        "must name two languages for --dictionary; got 'en'",
    ),
    "three columns": (
        "item,title,language\nP000001,red,en\nP000002,rot,de\n",
        "red,rot,1\n",
        "two columns, a word and its translation in each row: ",
    ),
    "other words": (
        "item,title,language\nP000001,red,en\nP000002,rot,de\n",
        "rouge,rosso\n",
        "no row has a word of the 'de' texts",
    ),
}


@pytest.mark.parametrize("case", BAD_DICTIONARIES)
def test_bad_dictionaries_are_explained(case, folder, tmp_path, capsys):
    content, dictionary, message = BAD_DICTIONARIES[case]
    arguments = ["--target", folder / "de.csv"]
    arguments += ["--items", text(tmp_path / "bad.csv", content)]
    arguments += ["--dictionary", text(tmp_path / "en-de.csv", dictionary)]
    refused(capsys, tmp_path, message, *arguments)


def test_no_dictionary_there(folder, tmp_path, capsys):
    items = "item,title,language\nP000001,red,en\nP000002,rot,de\n"
    arguments = ["--target", folder / "de.csv"]
    arguments += ["--items", text(tmp_path / "two.csv", items)]
    refused(capsys, tmp_path, "no file 'no.csv'", *arguments, "--dictionary", "no.csv")


BAD_ITEMS = {
    "no id": ("name\nP1\n", "no column 'item'"),
    "empty": ("", "the file is empty"),
    "header": ("item,title\n", "header but no rows"),
    "twice": (
        "item,title\nP000001,a\nP000002,b\nP000001,c\n",
        "item 'P000001' is in row 1 and in row 3",
    ),
    "id empty": ("item,title\nP000001,a\n,b\n", "column 'item', row 2: there is no id"),
    "no content": ("item,title\nP000001,\n", "no column beside 'item' holds anything"),
    "others": ("item,title\nX1,a\nX2,b\n", "shares no item with"),
    "number": (
        "item,price\n" + "".join(f"P{i:06d},{i}\n" for i in range(30)) + "Q,1e\n",
        "row 31, column 'price': expected a finite number as in 30 other rows",
    ),
}


@pytest.mark.parametrize("case", BAD_ITEMS)
def test_bad_items_are_explained(case, folder, tmp_path, capsys):
    content, message = BAD_ITEMS[case]
    items = text(tmp_path / "bad.csv", content)
    arguments = ["--target", folder / "de.csv", "--items", items]
    refused(capsys, tmp_path, message, *arguments)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-k", 0], "-k must be at least 1; got 0"),
        (["--new-share", 2], "--new-share must be from 0 to 1; got 2"),
        (["--time-column", "when"], "no column 'when'"),
        (["--time-column", "item"], "expected a number, or a date such as"),
        (["--time-column", "rating", "--rating-column", "stars"], "no column 'stars'"),
        (["--time-decay", 0], "--time-decay must be above 0; got 0"),
        (["--time-decay", "nan"], "--time-decay must be above 0; got nan"),
        (["--time-decay", 30], "has no column 'timestamp'; name one by --time-column"),
        (["--min-rating", 9], "no rating is 9 or more, the highest is 5"),
        (["--rating-column", "item", "--min-rating", 1], "expected a finite number"),
        (["--items", "nowhere.csv"], "no such file"),
        (["--dictionary", "en-de.csv"], "texts of --items, which is missing"),
        (["--language-column", "in"], "is for --dictionary, which is missing"),
        (["--report", "r.pdf"], "--report r.pdf: must end in .html"),
        (["--output", "no/such/folder/r.csv"], "there is no folder"),
    ],
)
def test_bad_options_are_explained(options, message, folder, capsys):
    status, out, err = run(capsys, "--target", folder / "de.csv", *options)
    assert status == 2
    assert out == ""
    assert message in err
    assert err.count("\n") == 1


@pytest.fixture(scope="module")
def rated(tmp_path_factory):
    """A shop where users like items of their half and rate the others 1 to 3.

    Items L0 to L4 are rated 2 by all who rate them, N0 to N4 are in the table alone.
    """
    home = tmp_path_factory.mktemp("rated")
    rng = np.random.default_rng(0)
    rows = []
    for u in range(60):
        for i in rng.permutation(20)[:12]:
            liked = (i < 10) == (u % 2 == 0)
            rows.append((f"u{u}", f"i{i}", 5 if liked else 1 + i % 3))
        rows.append((f"u{u}", f"L{u % 5}", 2))
    rows.append(("grumbler", "i0", 1))
    user, item, rating = zip(*rows)
    write_table(home / "de.csv", {"user": user, "item": item, "rating": rating})
    ids = [*(f"i{i}" for i in range(20)), *(f"L{i}" for i in range(5))]
    ids += [f"N{i}" for i in range(5)]
    kinds = ["a" if i % 20 < 10 else "b" for i in range(30)]
    write_table(home / "items.csv", {"item": ids, "kind": kinds})
    return home


@pytest.mark.parametrize("options", [[], ["--items"], ["--items", "timed"]])
def test_low_ratings_are_taken_and_known(rated, tmp_path, options, capsys):
    """Nothing that a user has rated comes back, and what is rated low is not new."""
    log = read_table(rated / "de.csv")
    if "timed" in options:
        log["timestamp"] = np.arange(log["user"].size)
    write_table(tmp_path / "de.csv", log)
    arguments = ["--target", tmp_path / "de.csv", "--output", tmp_path / "r.csv"]
    if "--items" in options:
        arguments += ["--items", rated / "items.csv", "--new-share", 0.3]
    status, out, _ = run(capsys, *arguments, "--min-rating", 4, "-k", 25)
    assert status == 0
    assert out.startswith("60 target users, 20 items")
    ranked = read_table(tmp_path / "r.csv")
    shown = set(zip(ranked["user"], ranked["item"]))
    assert not shown & set(zip(log["user"], log["item"]))
    sold = {f"i{i}" for i in range(20)}
    new = set(ranked["item"]) - sold
    if "--items" in options:
        assert "and 5 new ones" in out
        assert new == set(ranked["item"][ranked["new"] == "1"])
        assert new <= {f"N{i}" for i in range(5)}
        assert new
    else:
        assert not new
        # all that is left to a user is shown: 20 items less the 12 that are rated
        assert len(shown) == 60 * 8
    assert set(ranked["user"]) == {f"u{u}" for u in range(60)}
    note = "1 target users have no rating of 4 or more; nothing is recommended to them."
    assert f"Note: {note}" in out


def test_the_last_rating_counts(rated, tmp_path, capsys):
    """An item that all rate low in the end is not sold any more."""
    log = read_table(rated / "de.csv")
    again = {name: np.append(v, v[log["item"] == "i0"]) for name, v in log.items()}
    again["rating"][log["item"].size :] = "1"
    write_table(tmp_path / "de.csv", again)
    arguments = ["--target", tmp_path / "de.csv", "--output", tmp_path / "r.csv"]
    status, out, _ = run(capsys, *arguments, "--min-rating", 4, "-k", 25)
    assert status == 0
    assert " target users, 19 items." in out
    ranked = read_table(tmp_path / "r.csv")
    assert set(ranked["item"]) == {f"i{i}" for i in range(1, 20)}


def test_k_beyond_the_catalogue_pads_nothing(rated, tmp_path, capsys):
    """A table of k columns would not fit in any memory."""
    written = []
    for k in (25, 10**13):
        output = tmp_path / "r.csv"
        arguments = ["--target", rated / "de.csv", "--min-rating", 1]
        status, _, err = run(capsys, *arguments, "-k", k, "--output", output)
        assert (status, err) == (0, "")
        written.append(output.read_text())
    assert written[0] == written[1]


def test_a_warning_of_the_models_stands_on_the_page(
    rated, tmp_path, monkeypatch, capsys
):
    fit = AutoTransferRecommender.fit

    doubt = "38 % of the target's rows <occur> in a source."

    def doubtful(self, *arguments, **options):
        for _ in range(2):
            warnings.warn(doubt, stacklevel=1)
        return fit(self, *arguments, **options)

    monkeypatch.setattr(AutoTransferRecommender, "fit", doubtful)
    page = tmp_path / "r.html"
    status, _, err = run(capsys, "--target", rated / "de.csv", "--report", page)
    assert status == 0
    assert err == f"note: {doubt}\n"
    html = page.read_text(encoding="utf-8")
    text = f"Warning: {escape(doubt)}"
    assert html.count(text) == 1
    assert html.index(text) < html.index("<h2>Data</h2>")
