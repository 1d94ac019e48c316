"""Languages are told by their script or their commonest words."""

from collections import Counter

import pytest

from sktransfer.crosslingual import CrossLingualMapper, DictionaryTranslation
from sktransfer.text.languages import language_negators, told_language
from sktransfer.text.negation import mark_negations
from sktransfer.text.word_tokenizer import words_and_marks

SENTENCES = {
    "en": "This is not the book that I have read, and it was too long for me.",
    "de": "Das ist nicht das Buch, und ich habe es auch nie mit Freude gelesen. Die",
    "fr": "Ce livre est long et je ne le lis pas dans les trains pour des raisons.",
    "es": "No es un libro para los que leen, y el final que tiene es muy malo.",
    "it": "Il libro non è un granché, la fine della storia è per me una noia.",
    "pt": "O livro não é bom, e os personagens não são uma coisa que me agrada. Um",
    "nl": "Dit is niet het boek dat ik wilde, en de kaft is van karton. Een",
    "sv": "Boken är inte bra, och det är den jag har läst för att det var en gåva.",
    "da": "Bogen er ikke god, og det er den jeg har læst til en ven. Af",
    "fi": "Kirja ei ole hyvä, ja se on niin pitkä että en lue sitä, kun oli muuta.",
    "pl": "To nie jest dobra książka, ale się jej nie boję, że jest długa. Na do",
    "cs": "Ta kniha není dobrá, ale to se mi stalo, že je dlouhá. Si tak bylo na",
    "ro": "Cartea nu este bună, și nu pe placul care să îmi placă, dar este un dar.",
    "hu": "Ez a könyv nem jó, és az is volt, hogy egy barát adta. Ez csak",
    "tr": "Bu kitap iyi değil, çok uzun ve bir arkadaş için alındı, ama da",
    "id": "Buku ini tidak bagus, dan saya beli untuk teman yang ada di rumah itu",
    "vi": "Quyển sách này không hay và tôi đã mua cho một người là của nhà được",
    "ja": "この 本 は 面白く ない です",
    "ko": "이 책은 재미 없다",
    "zh": "这本 不是 好书",
    "cyrillic": "Эта книга не хорошая",
    "greek": "Το βιβλίο δεν είναι καλό",
    "hebrew": "הספר לא טוב",
    "arabic": "الكتاب ليس جيدا",
    "devanagari": "किताब अच्छी नहीं है",
    "thai": "หนังสือ ไม่ ดี",
}


@pytest.mark.parametrize("language", SENTENCES)
def test_a_language_is_told_and_negates(language):
    tokens = words_and_marks(SENTENCES[language])
    assert told_language(Counter(tokens)) == language
    marked = mark_negations(tokens, language_negators(language), 2)
    assert any(word.startswith("not_") for word in marked)


@pytest.mark.parametrize(
    "words",
    [[], ["!", "5", "2024"], ["not", "good"], ["xq17", "bb12"], ["நல்ல", "புத்தகம்"]],
)
def test_few_words_and_codes_tell_no_language(words):
    assert told_language(Counter(words)) is None


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("iyi değil", "not_iyi değil"),
        ("अच्छी नहीं है", "not_अच्छी नहीं है"),
        ("안 좋다", "안 not_좋다"),
        ("좋지 않다", "not_좋지 않다"),
        ("не хорошая", "не not_хорошая"),
    ],
)
def test_negations_reach_before_or_after(text, marked):
    tokens = text.split()
    negators = language_negators(told_language(Counter(tokens)) or "tr")
    assert " ".join(mark_negations(tokens, negators, 1)) == marked


def words_of(dictionary, source, target):
    mapper = CrossLingualMapper(
        dictionary, word_space=DictionaryTranslation(), min_df=1
    ).fit([source, target], sample_domain=[1, -1])
    return set(mapper.source_vocabulary_), set(mapper.target_vocabulary_)


@pytest.mark.filterwarnings("ignore:The dictionary covers")
def test_any_language_may_be_the_source():
    german, french = SENTENCES["de"], SENTENCES["fr"]
    source, target = words_of([("buch", "livre")], german + " nie gut", french)
    assert {"not_gut", "not_das"} <= source
    assert "not_dans" in target
    source, target = words_of([("livre", "buch")], french, german + " nie gut")
    assert "not_dans" in source
    assert {"not_gut", "not_das"} <= target


@pytest.mark.filterwarnings("ignore:The dictionary covers")
def test_negators_of_an_unknown_language_are_those_of_the_dictionary():
    # Tamil has no table; its negators follow from those of English on the other side
    english, tamil = SENTENCES["en"], "புத்தகம் இல்லை நல்ல"
    dictionary = [("book", "புத்தகம்"), ("not", "இல்லை"), ("good", "நல்ல")]
    assert "not_நல்ல" in words_of(dictionary, english, tamil)[1]
    turned = [(t, e) for e, t in dictionary]
    assert "not_நல்ல" in words_of(turned, tamil, english)[0]


@pytest.mark.parametrize("negators", [[1], {"source": [b"not"]}])
def test_negators_are_words(negators):
    with pytest.raises(TypeError, match="negators of the source side must be words"):
        CrossLingualMapper([("a", "b")], negators=negators).fit(
            ["a c", "b c"], sample_domain=[1, -1]
        )
