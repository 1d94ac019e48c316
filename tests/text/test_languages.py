"""Words of many languages: whole, and the same in every encoding."""

import csv
import pickle
import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from sktransfer.crosslingual import (
    AlignedEmbeddings,
    CrossLingualMapper,
    DictionaryTranslation,
    read_dictionary,
    translate_columns,
)
from sktransfer.embedding import EmbeddingVectorizer, WordVectors
from sktransfer.recommend import SequenceEncoder, item_content
from sktransfer.text import (
    LongestMatchTokenizer,
    ScriptNgramCounter,
    WordTokenizer,
    split_characters,
    split_words,
)
from sktransfer.text.characters import words_and_sign_pairs, words_and_signs
from sktransfer.text.forms import normal_form, word_form, word_tokens
from sktransfer.transfer import TransferClassifier

# texts, and their words as a reader of the language sees them between the blanks
LANGUAGES = {
    "Hindi": ("अच्छा किताब है।", ["अच्छा", "किताब", "है"]),
    "Tamil": ("நல்ல புத்தகம்.", ["நல்ல", "புத்தகம்"]),
    "Bengali": ("ভালো বই, খুব সুন্দর", ["ভালো", "বই", "খুব", "সুন্দর"]),
    "Telugu": ("మంచి పుస్తకం!", ["మంచి", "పుస్తకం"]),
    "Sinhala": ("ශ්\u200dරී ලංකා පොත", ["ශ්\u200dරී", "ලංකා", "පොත"]),
    "Thai": ("หนังสือดี น้ำใส", ["หนังสือดี", "น้ำใส"]),
    "Lao": ("ປຶ້ມດີ ນ້ຳໃສ", ["ປຶ້ມດີ", "ນ້ຳໃສ"]),
    "Khmer": ("សៀវភៅល្អ ណាស់", ["សៀវភៅល្អ", "ណាស់"]),
    "Burmese": ("စာအုပ်ကောင်း တယ်။", ["စာအုပ်ကောင်း", "တယ်"]),
    "Arabic": ("كِتَابٌ جَمِيلٌ، جدا", ["كتاب", "جميل", "جدا"]),
    "Persian": ("می\u200cخواهم کتاب", ["می\u200cخواهم", "کتاب"]),
    "Hebrew": ("סֵפֶר טוֹב מאוד", ["ספר", "טוב", "מאוד"]),
    "Turkish": ("İyi kitap, ÇOK GÜZEL", ["iyi", "kitap", "çok", "güzel"]),
    "Vietnamese": ("Cuốn sách rất hữu ích", ["cuốn", "sách", "rất", "hữu", "ích"]),
    "German": ("Große Übung, Ärger", ["grosse", "übung", "ärger"]),
    "Greek": ("Καλό βιβλίο", ["καλό", "βιβλίο"]),
    "Russian": ("Хороший ёж", ["хороший", "ёж"]),
    "Korean": ("좋은 책이다", ["좋은", "책이다"]),
    "full width": ("Ｇｏｏｄ　ｂｏｏｋ！", ["good", "book"]),
    "half width": ("ﾊﾟｿｺﾝ ｶﾞｷﾞ", ["パソコン", "ガギ"]),
    "ligatures": ("Der Ofﬁzier ﬂog", ["der", "offizier", "flog"]),
}
# their words are so long that they are taken for clauses, and learned
LEARNED = ("Thai", "Khmer", "half width")
FORMS = ("NFC", "NFD", "NFKC", "NFKD")
IN_SHORT = ("Hindi", "Vietnamese", "Korean", "half width")
TABLE = [
    pytest.param(
        language,
        form,
        marks=() if form == "NFD" or language in IN_SHORT else pytest.mark.slow,
    )
    for language in LANGUAGES
    for form in FORMS
]
in_every_form = pytest.mark.parametrize(("language", "form"), TABLE)
every_language = pytest.mark.parametrize(
    "language",
    [
        pytest.param(language, marks=() if language in IN_SHORT else pytest.mark.slow)
        for language in LANGUAGES
    ],
)


def written(form, value):
    """A text, or what holds texts, in a form of Unicode."""
    if isinstance(value, str):
        return unicodedata.normalize(form, value)
    if isinstance(value, dict):
        return {written(form, k): v for k, v in value.items()}
    return type(value)(written(form, v) for v in value)


def reviews(language):
    """Texts of English and of a language, with the dictionary of their words."""
    words = LANGUAGES[language][1]
    english = [f"word{k}" for k in range(len(words))]
    texts = [
        [" ".join(np.roll(side, n)[: 1 + n % len(side)]) for n in range(12)]
        for side in (english, words)
    ]
    return texts[0], texts[1], list(zip(english, words))


def vectors_of(words):
    """Vectors of words, and of one that no text holds."""
    return {w: np.eye(len(words) + 1)[k] for k, w in enumerate([*words, "unheard"])}


@in_every_form
@pytest.mark.parametrize(
    "split",
    [WordTokenizer(marks=False), split_words, word_tokens],
    ids=["WordTokenizer", "split_words", "word_tokens"],
)
def test_words_are_whole(language, form, split):
    text, words = LANGUAGES[language]
    assert split(written(form, text)) == words


@in_every_form
def test_words_beside_dense_scripts_are_whole(language, form):
    text, words = LANGUAGES[language]
    if language in ("Korean", "half width"):  # their signs stand alone
        words = list("".join(words))
        assert words_and_sign_pairs(written(form, text))[: len(words)] == words
    assert words_and_signs(written(form, text)) == words
    assert set(words) <= set(words_and_sign_pairs(written(form, text)))


@in_every_form
def test_longest_match(language, form):
    text, words = LANGUAGES[language]
    tokenize = LongestMatchTokenizer([written(form, "書籍ＡＢ"), written(form, "書籍")])
    tokens = tokenize(f"書籍 {written(form, text)}")
    assert tokens == ["書籍", *words]


@in_every_form
def test_characters_keep_their_marks(language, form):
    text, words = LANGUAGES[language]
    signs = split_characters(written(form, text))
    n = (len(signs) + 1) // 2
    whole = "".join(signs[:n])
    assert all(word in whole for word in words)
    assert not any(unicodedata.category(sign[0]).startswith("M") for sign in signs)


def test_characters_by_hand():
    assert split_characters("हिन्दी") == ["हि", "न्", "दी", "हिन्", "न्दी"]
    assert split_characters("u\u0308b") == ["ü", "b", "üb"]


@in_every_form
def test_character_ngrams(language, form):
    texts = [LANGUAGES[language][0]] * 2
    expected = ScriptNgramCounter().fit(texts)
    found = ScriptNgramCounter().fit(written(form, texts))
    assert found.vocabulary_ == expected.vocabulary_
    counts = expected.transform(written(form, texts))
    assert_array_equal(counts.toarray(), expected.transform(texts).toarray())


# the dictionary as pairs, as a mapping and as a file
def as_pairs(pairs, folder):
    return pairs


def as_mapping(pairs, folder):
    return {e: [t] for e, t in pairs}


def as_file(pairs, folder):
    path = folder / "dictionary.csv"
    with open(path, "w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(pairs)
    return path


@in_every_form
@pytest.mark.parametrize("given", [as_pairs, as_mapping, as_file])
def test_dictionary_in_another_form_than_the_texts(language, form, given, tmp_path):
    source, target, pairs = reviews(language)
    d = np.repeat([1, -1], 12)
    results = []
    for of_texts, of_words in [("NFC", "NFC"), ("NFC", form), (form, "NFC")]:
        dictionary = given(written(of_words, pairs), tmp_path)
        mapper = CrossLingualMapper(
            dictionary, word_space=DictionaryTranslation(), min_df=1, inflections=False
        )
        Z = mapper.fit_transform(written(of_texts, source + target), sample_domain=d)
        assert mapper.target_vocabulary_.tolist() == sorted(LANGUAGES[language][1])
        assert mapper.coverage_ == 1
        assert mapper.translate(["word0"])[0, 0] == LANGUAGES[language][1][0]
        back = mapper.transform(written(form, target[:3]))
        results.append((Z.toarray(), back.toarray()))
        assert read_dictionary(dictionary) == [(e, normal_form(t)) for e, t in pairs]
    for Z, back in results[1:]:
        assert_array_equal(Z, results[0][0])
        assert_array_equal(back, results[0][1])


@in_every_form
def test_tokens_of_a_users_tokenizer(language, form):
    source, target, pairs = reviews(language)
    # one text in each form: a word is one word all the same
    mixed = [written(FORMS[k % 4], text) for k, text in enumerate(target)]
    mapper = CrossLingualMapper(
        pairs, word_space=DictionaryTranslation(), tokenizer=str.split, min_df=1
    )
    mapper.fit(source + mixed, sample_domain=np.repeat([1, -1], 12))
    assert mapper.target_vocabulary_.tolist() == sorted(LANGUAGES[language][1])
    assert mapper.translate(written(form, ["word0"]))[0, 0] == pairs[0][1]


# vectors as a mapping, a pair, KeyedVectors and a file
def vectors_as_mapping(vectors, folder):
    return vectors


def vectors_as_pair(vectors, folder):
    return list(vectors), np.array(list(vectors.values()))


def vectors_as_keyed(vectors, folder):
    keyed = pytest.importorskip("gensim.models").KeyedVectors(len(vectors))
    keyed.add_vectors(list(vectors), np.array(list(vectors.values())))
    return keyed


def vectors_as_file(vectors, folder):
    lines = [f"{w} {' '.join(map(str, v.tolist()))}" for w, v in vectors.items()]
    path = folder / "vectors.txt"
    path.write_text("\n".join(lines), encoding="utf-8-sig")
    return path


KINDS = [vectors_as_mapping, vectors_as_pair, vectors_as_keyed, vectors_as_file]


@in_every_form
@pytest.mark.parametrize("kind", KINDS)
def test_vectors_in_another_form_than_the_texts(language, form, kind, tmp_path):
    _, texts, _ = reviews(language)
    vectors = vectors_of(LANGUAGES[language][1])
    results = []
    for of_texts, of_words in [("NFC", "NFC"), ("NFC", form), (form, "NFC")]:
        model = EmbeddingVectorizer(kind(written(of_words, vectors), tmp_path))
        Z = model.fit_transform(written(of_texts, texts))
        assert model.coverage_ == 1
        assert model.vocabulary_.tolist() == list(vectors)
        results.append(Z)
    assert_array_equal(results[1], results[0])
    assert_array_equal(results[2], results[0])
    encoder = SequenceEncoder(vectors=kind(written(form, vectors), tmp_path))
    assert encoder.fit_transform(texts).any(axis=1).all()


@in_every_form
def test_aligned_vectors_in_another_form(language, form):
    source, target, pairs = reviews(language)
    given = [vectors_of(words) for words in zip(*pairs)]
    results = []
    for of_vectors in ("NFC", form):
        space = AlignedEmbeddings(
            source_vectors=given[0],
            target_vectors=written(of_vectors, given[1]),
            backoff=False,
        )
        mapper = CrossLingualMapper(pairs, word_space=space, min_df=1)
        with pytest.warns(UserWarning, match="rests on"):
            mapper.fit(source + target, sample_domain=np.repeat([1, -1], 12))
        assert mapper.word_space_.target_coverage_ == 1
        results.append(mapper.transform(target))
    assert_array_equal(results[1], results[0])


@in_every_form
def test_trained_vectors(language, form):
    _, texts, _ = reviews(language)
    model = WordVectors("ppmi", vector_size=3, min_count=1, random_state=0)
    expected = model.fit(texts).vectors_
    assert_array_equal(model.fit(written(form, texts)).vectors_, expected)
    if language not in LEARNED:
        assert set(model.words_) == set(LANGUAGES[language][1])


@in_every_form
def test_negators_in_another_form(language, form):
    words = LANGUAGES[language][1]
    tokenizer = WordTokenizer(negation=1, negators=written(form, words[:1]))
    # before or behind, as the language negates
    assert f"not_{words[1]}" in tokenizer(f"{words[1]} {words[0]} {words[1]}")
    pairs = reviews(language)[2]
    texts = [f"{side[1]} {side[0]} {side[1]}" for side in zip(*pairs)]
    mapper = CrossLingualMapper(
        pairs,
        negation=1,
        negators={"source": ["word0"], "target": [written(form, words[0])]},
        min_df=1,
        word_space=DictionaryTranslation(),
    )
    mapper.fit(texts, sample_domain=[1, -1])
    assert f"not_{words[1]}" in mapper.target_vocabulary_


@every_language
def test_models_of_texts(language):
    source, target, pairs = reviews(language)
    y = np.arange(24) % 2
    d = np.repeat([1, -1], 12)
    probabilities = []
    for form in FORMS:
        model = TransferClassifier(
            mapper=CrossLingualMapper(
                written(form, pairs), word_space=DictionaryTranslation(), min_df=1
            ),
            strategy="distill",
        )
        model.fit(written(form, source + target), y, sample_domain=d)
        probabilities.append(model.predict_proba(written(form, target)))
        copy = pickle.loads(pickle.dumps(model))
        assert_array_equal(copy.predict_proba(target), probabilities[-1])
    for found in probabilities[1:]:
        assert_array_equal(found, probabilities[0])


@in_every_form
def test_content_of_items(language, form):
    source, target, pairs = reviews(language)
    expected = item_content({"title": target}, kinds={"title": "text"})
    found = item_content({"title": written(form, target)}, kinds={"title": "text"})
    assert_array_equal(found.toarray(), expected.toarray())
    names = ["a"] * 12 + ["b"] * 12
    results = [
        translate_columns({"title": source + texts}, names, written(form, pairs))
        for texts in (target, written(form, target))
    ]
    assert results[0].coverage == results[1].coverage == {"title": 1.0}


def test_two_keys_of_one_word():
    vectors = {"u\u0308ber": [1.0, 0], "über": [2.0, 5], "Über": [3.0, 0]}
    model = EmbeddingVectorizer(vectors, pooling="mean").fit(["über"])
    # the first one counts; another case is another word
    assert model.vocabulary_.tolist() == ["über", "Über"]
    assert_array_equal(model.word_vectors_, [[1, 0], [3, 0]])
    assert read_dictionary({"Ｇｏｏｄ": "gut", "Good": ["gut", "lieb"]}) == [
        ("Good", "gut"),
        ("Good", "lieb"),
    ]


def test_signs_are_no_letters_and_digits():
    text = "Sony™ 5½ m² 1º ㅋㅋㅠㅠ don´t it’s 5️⃣ ㈱"
    words = ["sony", "5½", "m²", "1º", "ㅋㅋㅠㅠ", "don", "it", "5"]
    assert WordTokenizer()(text) == words
    # what cannot be seen does not cut a word or make another
    for sign in "\xad\u2060\ufeff\u200f\ufe0f":
        assert word_tokens(f"sil{sign}ver") == ["silver"]
    # blanks that cannot be seen do
    assert word_tokens("two\u200bwords") == ["two", "words"]
    # joiners are a part of a word within it only
    assert word_tokens("\u200dab\u200c c\u200dd") == ["ab", "c\u200dd"]


ODD = {
    "lone surrogates": "good \ud800 \udfff book\udc80",
    "NUL": "good\0 \0 book",
    "empty": "",
    "blanks": " \t\n\u3000\xa0",
    "emoji": "good 👩‍❤️‍👨 👍🏽 ❤️ 🏳️‍🌈 5️⃣ 🇩🇪 book",
    "direction": "\u200fgood\u200e \u202ebook\u202c \u2067x\u2069",
    "marks alone": "\u0301\u0308 good \u0301book",
    "joiners alone": "\u200d\u200c good\u200d \u200cbook",
    "byte order mark": "\ufeffgood book",
    "not assigned": "good \u0378 \U000e0fff book \uffff",
    "many marks": "good z" + "\u0301\u0323" * 40 + " book",
}


@pytest.mark.filterwarnings("ignore:. pivot")
@pytest.mark.parametrize("kind", ODD)
def test_odd_characters(kind):
    text = ODD[kind]
    tokens = WordTokenizer()(text)
    held = ["good", "book"] if "good" in text else []
    if kind != "lone surrogates":
        assert [t for t in tokens if t in ("good", "book")] == held
    for split in (split_words, word_tokens, split_characters, words_and_sign_pairs):
        assert all(isinstance(token, str) for token in split(text))
    texts = [text, "good book", "good", "book", text]
    assert ScriptNgramCounter().fit_transform(texts).shape[0] == 5
    model = EmbeddingVectorizer(WordVectors("ppmi", vector_size=2, min_count=1))
    assert np.isfinite(model.fit_transform(texts)).all()
    pairs = [("good", "good"), ("book", text or "book")]
    mapper = CrossLingualMapper(pairs, min_df=1)
    mapper.fit(texts * 2, sample_domain=np.repeat([1, -1], 5))
    assert np.isfinite(mapper.transform(texts)).all()


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(), max_size=12))
def test_one_form_for_any_text(text):
    for form in (normal_form, word_form):
        found = form(text)
        assert form(found) == found
        assert form(unicodedata.normalize("NFC", text)) == found
        assert form(unicodedata.normalize("NFD", text)) == found
    assert word_form(normal_form(text)) == word_form(text)


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(categories=["L", "M", "Nd", "Zs"]), max_size=12))
def test_words_of_any_text(text):
    tokens = word_tokens(text)
    # splitting again what was split changes nothing
    assert word_tokens(" ".join(tokens)) == tokens
    parts = word_form(text).split()
    assert all(any(token in part for part in parts) for token in tokens)
