"""Logs split for new users: files in the form of ML-20M and the Million Songs."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sktransfer.datasets import TableError, load_ml20m, load_msd


def write(home, relative, lines):
    path = home / "interactions" / relative
    path.parent.mkdir(parents=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return home


@pytest.fixture
def ratings():
    """User, movie and rating: each pair once, in no order of the users."""
    rng = np.random.default_rng(0)
    pairs = rng.permutation([(u, 7 * m) for u in range(1, 61) for m in range(1, 31)])
    taken = pairs[rng.random(len(pairs)) < rng.uniform(0.05, 0.9, 61)[pairs[:, 0]]]
    return np.c_[taken, rng.integers(1, 11, len(taken)) / 2]


@pytest.fixture
def movies(tmp_path, ratings):
    rows = (f"{u:.0f},{m:.0f},{r},1112486027" for u, m, r in ratings)
    lines = ["userId,movieId,rating,timestamp", *rows]
    home = write(tmp_path, "ml-20m/ratings.csv", lines)
    return load_ml20m(n_heldout=10, data_home=home)


def pairs_of(bunch, name):
    """Users and items of the stored entries."""
    X, users = bunch[name], bunch[f"{name.removesuffix('_held_out')}_ids"]
    rows, columns = X.nonzero()
    return set(zip(users[rows], bunch.item_ids[columns]))


def test_ratings_of_four_or_more_of_users_with_five(movies, ratings):
    liked = ratings[ratings[:, 2] >= 4]
    users, counts = np.unique(liked[:, 0], return_counts=True)
    parts = [movies.train_ids, movies.validation_ids, movies.test_ids]
    assert_array_equal(np.sort(np.concatenate(parts)), users[counts >= 5])
    assert [len(part) for part in parts[1:]] == [10, 10]
    of_train = {(u, m) for u, m, _ in liked if u in set(movies.train_ids)}
    assert pairs_of(movies, "train") == of_train


@pytest.mark.parametrize("part", ["validation", "test"])
def test_a_fifth_of_what_new_users_took_is_held_out(movies, ratings, part):
    kept, held_out = movies[part], movies[f"{part}_held_out"]
    total = kept.sum(axis=1).A1 + held_out.sum(axis=1).A1
    assert_array_equal(held_out.sum(axis=1).A1, np.where(total >= 5, total // 5, 0))
    kept, held_out = pairs_of(movies, part), pairs_of(movies, f"{part}_held_out")
    assert held_out
    assert not kept & held_out
    users, items = set(movies[f"{part}_ids"]), set(movies.item_ids)
    liked = ratings[ratings[:, 2] >= 4]
    assert kept | held_out == {(u, m) for u, m, _ in liked if u in users and m in items}


def test_songs_of_200_users_and_users_of_20_songs(tmp_path):
    common, rare = [f"SO{i:02d}" for i in range(25)], "SORARE"
    heard = {f"u{u:03d}": common[: 19 + u % 7] for u in range(300)}
    lines = [f"{u}\t{s}\t{i + 1}" for u in heard for i, s in enumerate(heard[u])]
    lines += [f"{u}\t{rare}\t5" for u in list(heard)[:199]]
    home = write(tmp_path, "msd/train_triplets.txt", lines)
    data = load_msd(n_heldout=30, data_home=home)
    # song 19 + k is heard by the users whose number is above k modulo 7
    n_users = [sum(song in songs for songs in heard.values()) for song in common]
    frequent = {s for s, n in zip(common, n_users) if n >= 200}
    assert set(data.item_ids) == frequent
    assert rare not in frequent
    active = {u for u, songs in heard.items() if len(frequent & set(songs)) >= 20}
    found = np.concatenate([data.train_ids, data.validation_ids, data.test_ids])
    assert sorted(found) == sorted(active)
    assert (data.train.data == 1).all()


def test_it_says_where_a_line_has_another_form(tmp_path):
    home = write(tmp_path, "msd/train_triplets.txt", ["u\tSO1\t1", "u SO2 1"])
    with pytest.raises(TableError, match=r"line 2 .* separated by tabs; got 'u SO2 1'"):
        load_msd(data_home=home)


def test_it_says_how_many_users_there_are(tmp_path):
    rows = [f"{u},{m},5.0,1" for u in range(3) for m in range(6)]
    lines = ["userId,movieId,rating,timestamp", *rows]
    home = write(tmp_path, "ml-20m/ratings.csv", lines)
    with pytest.raises(ValueError, match=r"has 3 users .* n_heldout=10000 needs more"):
        load_ml20m(data_home=home)
    with pytest.raises(FileNotFoundError, match="msd/train_triplets"):
        load_msd(data_home=home)
