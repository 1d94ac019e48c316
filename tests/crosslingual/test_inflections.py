"""Words without a dictionary entry that share a stem with one that has it."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sktransfer import CrossLingualMapper, DictionaryTranslation
from sktransfer.text.stems import stems


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("schlechte", ["schlechte", "schlecht", "schlech"]),
        ("große", ["große", "groß"]),
        ("gute", ["gute"]),
        ("gut", []),
        ("悪かっ", ["悪"]),
        ("素晴らしい", ["素晴"]),
        ("曲", []),
        ("です", []),
        ("cd2", []),
        ("книга", []),
    ],
)
def test_stems(word, expected):
    assert stems(word) == expected


def links(pairs, source, target, *, inflections=True):
    """Source and target words of which one is translated by the other."""
    mapper = CrossLingualMapper(
        pairs,
        word_space=DictionaryTranslation(),
        tokenizer=str.split,
        min_df=1,
        inflections=inflections,
    )
    d = np.repeat([1, -1], [len(source), len(target)])
    mapper.fit(source + target, sample_domain=d)
    translated = mapper.transform(target).toarray()
    names = mapper.get_feature_names_out()
    return {(names[j], target[i]) for i, j in np.argwhere(translated)}


def test_an_inflection_takes_the_entry_of_its_stem():
    source, target = ["bad", "book"], ["buch", "schlecht", "schlechter", "schlange"]
    pairs = [("bad", "schlechte"), ("book", "buch")]
    assert links(pairs, source, target) == {
        ("bad", "schlecht"),
        ("bad", "schlechter"),
        ("book", "buch"),
    }
    plain = links(pairs, source, target, inflections=False)
    assert plain == {("book", "buch")}


def test_words_with_an_entry_and_words_of_both_sides_keep_to_themselves():
    source = ["bad", "song", "longest"]
    target = ["schlecht", "schlechte", "longest", "longeste"]
    pairs = [("bad", "schlecht"), ("song", "longes"), ("song", "schlechte")]
    # "longest" is an English word too: it carries over and takes no entry
    assert links(pairs, source, target) == {
        ("bad", "schlecht"),
        ("song", "schlechte"),
        ("longest", "longest"),
        ("song", "longeste"),
    }


def test_japanese_forms_of_an_adjective_are_translated():
    texts = ["bad book", "bad song", "good song", "悪かっ 本", "悪く 本", "良い 本"]
    d = np.repeat([1, -1], 3)
    dictionary = [("bad", "悪い"), ("book", "本"), ("good", "良い")]
    coverage = {}
    for inflections in (False, True):
        mapper = CrossLingualMapper(
            dictionary,
            word_space=DictionaryTranslation(),
            tokenizer=str.split,
            min_df=1,
            inflections=inflections,
        )
        Z = mapper.fit_transform(texts, sample_domain=d).toarray()
        bad = mapper.get_feature_names_out().tolist().index("bad")
        coverage[inflections] = mapper.coverage_
        assert_array_equal(Z[3:, bad] > 0, [inflections, inflections, False])
    assert coverage == {False: pytest.approx(4 / 6), True: pytest.approx(1)}
