"""Interactions of several markets with shared items, written by this package."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils import Bunch, check_random_state

from sktransfer._core.domains import encode_domains
from sktransfer._core.parameters import check_value, integer, number
from sktransfer.datasets._arrays import named_generator
from sktransfer.datasets._grammar import NAMES
from sktransfer.datasets._lexicon import CATEGORIES, LANGUAGES, load_lexicon

_BLOCK = 512
_GROUP_SIZE = 12  # items a taste group holds on average
_FAVOURITES = 2  # taste groups a user buys from
_STRAY_SHARE = 0.10  # purchases that only popularity explains

_ABOUT = {
    "books": {"en": "about", "de": "über", "es": "sobre", "zh": "关于"},
    "music": {"en": "with", "de": "mit", "es": "con", "zh": "收录"},
    "kitchen": {"en": "for", "de": "für", "es": "para", "zh": "适用"},
    "electronics": {"en": "for", "de": "für", "es": "para", "zh": "适用"},
}

_DESCR = """\
Generated interactions of several markets that share their items.

Users buy mostly from a few taste groups of items, and sometimes what is popular.
Markets differ in which groups are liked, in the popularity of items, in the
catalogue, and, for a share of the items, in the group that an item belongs to. Titles
are written in the market's language; they name a brand, a kind of product and a topic
of the item's taste group. Every word was written for sktransfer.
"""


class _Items(NamedTuple):
    """Properties of the items that all markets share."""

    group: NDArray[np.intp]
    appeal: NDArray[np.float64]
    category: NDArray[np.intp]
    topic: NDArray[np.intp]
    product: NDArray[np.intp]
    brand: NDArray[np.intp]
    number: NDArray[np.int64]


def make_market_interactions(
    *,
    n_users: int | Sequence[int] = (2000, 200),
    n_items: int = 300,
    markets: Sequence[str] = ("en", "de"),
    target: str | Sequence[str] = "de",
    mean_interactions: float = 8.0,
    taste_shift: float = 0.05,
    catalogue_share: float = 0.9,
    random_state: int | np.random.RandomState | None = 0,
) -> Bunch:
    """Generate purchases of users in several markets that share items.

    A big market knows which items are bought together better than a small one,
    although tastes, popularity and catalogues differ. The rows of a market depend on
    its name, the number of items and ``random_state`` alone, so that the first rows
    stay the same where more users or markets are asked for.

    Parameters
    ----------
    n_users : int or sequence of int, default=(2000, 200)
        Number of users of each market.
    n_items : int, default=300
        Number of items, shared by all markets; at least 10.
    markets : sequence of str, default=("en", "de")
        Names of the markets: a language ("en", "de", "es" or "zh"), which may be
        followed by a hyphen and a region, such as "de-at".
    target : str or sequence of str, default="de"
        The market, or markets, to be served.
    mean_interactions : float, default=8.0
        Mean number of items that a user takes; each takes at least 3.
    taste_shift : float, default=0.05
        Share of the items, in [0, 1], that belong to another taste group in a market
        than they commonly do.
    catalogue_share : float, default=0.9
        Share of the items that each market sells, in (0, 1].
    random_state : int, RandomState instance or None, default=0
        Determines everything.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object with the attributes

        data : csr_matrix of float32 of shape (n_rows, n_items)
            1 where a user took an item; the markets stand one below the other.
        sample_domain : ndarray of int64 of shape (n_rows,)
            The markets as signed integers, see :func:`sktransfer.encode_domains`.
        market : ndarray of object of shape (n_rows,)
            Name of the market of each row.
        user_ids : ndarray of object of shape (n_rows,)
            Identifiers of the users.
        item_ids : ndarray of object of shape (n_items,)
            Identifiers of the items.
        titles : dict of str to ndarray of object of shape (n_items,)
            Titles of the items in the language of each market.
        catalogue : dict of str to ndarray of bool of shape (n_items,)
            Whether a market sells an item.
        groups : ndarray of int64 of shape (n_items,)
            The common taste group of each item.
        DESCR : str
            Description of the data.

    Raises
    ------
    ValueError
        For unknown or repeated markets, or sizes and shares out of range.

    See Also
    --------
    make_bilingual_reviews : Reviews of several languages and categories.
    load_xmarket : Public ratings of five markets.

    Examples
    --------
    >>> from sktransfer.datasets import make_market_interactions
    >>> shop = make_market_interactions(n_users=(60, 20), n_items=40)
    >>> shop.data.shape, sorted(shop.titles), int((shop.sample_domain < 0).sum())
    ((80, 40), ['de', 'en'], 20)
    """
    markets = _check_markets(markets)
    if isinstance(n_users, int | np.integer):
        n_users = [int(n_users)] * len(markets)
    sizes = list(n_users)
    if len(sizes) != len(markets):
        raise ValueError(
            f"n_users must be one number, or one for each of the {len(markets)} "
            f"markets; got {len(sizes)}."
        )
    for size in sizes:
        check_value("n_users", size, integer(1))
    check_value("n_items", n_items, integer(10))
    check_value("mean_interactions", mean_interactions, number(3, n_items))
    check_value("taste_shift", taste_shift, number(0, 1))
    check_value("catalogue_share", catalogue_share, number(0, 1))
    if round(catalogue_share * n_items) < 5:
        raise ValueError(
            f"A market must sell at least 5 items; catalogue_share={catalogue_share} "
            f"of n_items={n_items} is fewer."
        )
    seed = int(check_random_state(random_state).randint(2**31 - 1))
    items = _draw_items(n_items, named_generator(seed, "items", 0))
    catalogue, blocks = {}, []
    for market, size in zip(markets, sizes):
        setting = _draw_market(
            items, taste_shift, catalogue_share, named_generator(seed, market, 0)
        )
        catalogue[market] = setting["sold"]
        blocks.append(
            _draw_market_rows(setting, size, float(mean_interactions), seed, market)
        )
    names = np.repeat(np.array(markets, dtype=object), sizes)
    users = [f"{m}-{i:06d}" for m, n in zip(markets, sizes) for i in range(n)]
    targets = [target] if isinstance(target, str) else list(target)
    return Bunch(
        data=sparse.csr_matrix(sparse.vstack(blocks, format="csr")),
        sample_domain=encode_domains(names, target=targets),
        market=names,
        user_ids=np.array(users, dtype=object),
        item_ids=np.array([f"P{i:06d}" for i in range(n_items)], dtype=object),
        titles={m: _titles(items, m.partition("-")[0]) for m in markets},
        catalogue=catalogue,
        groups=items.group.astype(np.int64),
        DESCR=_DESCR,
    )


def _check_markets(markets: Any) -> list[str]:
    listed = [markets] if isinstance(markets, str) else list(markets)
    for market in listed:
        if str(market).partition("-")[0] not in LANGUAGES:
            raise ValueError(
                f"markets must begin with a language of {LANGUAGES}, such as 'de' or "
                f"'de-at'; got {market!r}."
            )
    if not listed or len(set(listed)) < len(listed):
        raise ValueError(f"markets must be different names, at least one; got {listed}")
    return listed


def _draw_items(n_items: int, rng: np.random.Generator) -> _Items:
    n_groups = max(4, round(n_items / _GROUP_SIZE))
    group = rng.permutation(np.arange(n_items) % n_groups)
    # A group is one category and a few neighbouring topics and products.
    category = rng.permutation(np.arange(n_groups) % len(CATEGORIES))[group]
    first = rng.integers(0, 1000, (2, n_groups))[:, group]
    return _Items(
        group=group,
        appeal=rng.normal(0, 0.8, n_items),
        category=category,
        topic=first[0] + rng.integers(0, 3, n_items),
        product=first[1] + rng.integers(0, 2, n_items),
        brand=rng.integers(0, len(NAMES), n_items),
        number=rng.integers(100, 1000, n_items),
    )


def _draw_market(
    items: _Items, taste_shift: float, share: float, rng: np.random.Generator
) -> dict[str, Any]:
    """Draw catalogue, popularity and taste groups of one market."""
    n_items = len(items.group)
    n_groups = int(items.group.max()) + 1
    group = items.group.copy()
    moved = rng.permutation(n_items)[: round(taste_shift * n_items)]
    group[moved] = (group[moved] + rng.integers(1, n_groups, len(moved))) % n_groups
    popularity = np.exp(items.appeal + rng.normal(0, 0.3, n_items))
    sold = np.zeros(n_items, dtype=bool)
    sold[rng.permutation(n_items)[: round(share * n_items)]] = True
    weight = np.where(sold, popularity, 0.0)
    order = np.argsort(group, kind="stable")
    mass = np.bincount(group, weight, minlength=n_groups)
    liked = np.where(mass > 0, rng.gamma(4.0, 1.0, n_groups), 0.0)
    return {
        "sold": sold,
        "order": order,
        "cumulated": np.cumsum(weight[order]),
        "start": np.concatenate(([0.0], np.cumsum(mass))),
        "mass": mass,
        "liked": np.cumsum(liked / liked.sum()),
    }


def _draw_market_rows(
    setting: dict[str, Any], n_users: int, mean: float, seed: int, market: str
) -> sparse.csr_matrix:
    blocks = []
    for block in range(-(-n_users // _BLOCK)):
        rng = named_generator(seed, market, block + 1)
        blocks.append(_draw_users(setting, mean, rng))
    return sparse.vstack(blocks, format="csr")[:n_users]


def _draw_users(
    setting: dict[str, Any], mean: float, rng: np.random.Generator
) -> sparse.csr_matrix:
    """Draw one block of users by their favourite groups."""
    n_items = len(setting["sold"])
    wanted = 3 + rng.poisson(rng.gamma(1.5, (mean - 3) / 1.5, _BLOCK))
    wanted = np.minimum(wanted, int(setting["sold"].sum() * 0.8))
    favourites = np.searchsorted(setting["liked"], rng.random((_BLOCK, _FAVOURITES)))
    share = rng.dirichlet(np.full(_FAVOURITES, 1.5), _BLOCK).cumsum(axis=1)
    rows: list[NDArray[np.int64]] = []
    columns: list[NDArray[np.int64]] = []
    missing = wanted.copy()
    nothing = np.zeros((0, 2), dtype=np.int64)
    have: Any = sparse.csr_matrix(
        (np.zeros(0, dtype=np.float32), nothing.T), shape=(_BLOCK, n_items)
    )
    total = setting["cumulated"][-1]
    for attempt in range(8):
        # Draw with replacement, keep the first of each item, draw what is missing.
        user = np.repeat(np.arange(_BLOCK), missing)
        if not user.size:
            break
        which = (rng.random(user.size)[:, None] > share[user, :-1]).sum(axis=1)
        g = favourites[user, which]
        u = setting["start"][g] + rng.random(user.size) * setting["mass"][g]
        stray = rng.random(user.size) < _STRAY_SHARE * (1 + attempt)
        u = np.where(stray, rng.random(user.size) * total, u)
        place = np.searchsorted(setting["cumulated"], u, side="right")
        rows.append(user)
        columns.append(setting["order"][np.minimum(place, n_items - 1)])
        r, c = np.concatenate(rows), np.concatenate(columns)
        have = sparse.csr_matrix(
            (np.ones(len(r), dtype=np.float32), (r, c)), shape=(_BLOCK, n_items)
        )
        missing = np.maximum(wanted - np.diff(have.indptr), 0)
    have.data[:] = 1.0
    return have


def _titles(items: _Items, language: str) -> NDArray[np.object_]:
    """Name brand, number, kind of product and topic of each item."""
    lexicon = load_lexicon()
    titles = np.empty(len(items.group), dtype=object)
    for i, (c, p, t) in enumerate(zip(items.category, items.product, items.topic)):
        category = CATEGORIES[c]
        products = lexicon[f"{category}.all.product"]
        topics = lexicon[f"{category}.all.topic"]
        product = getattr(products[p % len(products)], language)[0].text
        topic = getattr(topics[t % len(topics)], language)[0].text
        about = _ABOUT[category][language]
        # In Chinese the topic stands before the product: 适用面包刀.
        words = f"{about}{topic}{product}"
        if language != "zh":
            product = product if language == "de" else product.capitalize()
            words = f"{product} {about} {topic}"
        titles[i] = f"{NAMES[items.brand[i]]} {items.number[i]} {words}"
    return titles
