"""Words that are hard to split, in the scripts of the world, by hand."""

import random
import unicodedata

import pytest

from sktransfer.text import WordTokenizer, split_characters, split_words
from sktransfer.text.characters import words_and_sign_pairs, words_and_signs
from sktransfer.text.forms import normal_form, token_form, word_form, word_tokens
from sktransfer.text.writing import UNKNOWN, Writing, find_writing

# script or language, text, its words; what Unicode's word boundaries say, but for
# French and Italian elisions, which are words of their own to their readers
TABLE = [
    ("Latin, German", "Straße STRASSE STRAẞE", ["strasse"] * 3),
    ("Latin, German", "Maße, Übergröße", ["masse", "übergrösse"]),
    ("Latin, English", "O'Brien o’clock", ["o'brien", "o'clock"]),
    ("Latin, English", "e-mail x2 3D", ["e", "mail", "x2", "3d"]),
    ("Latin, French", "l’amour d'eau", ["l", "amour", "d", "eau"]),
    ("Latin, French", "aujourd’hui quelqu'un", ["aujourd'hui", "quelqu'un"]),
    ("Latin, French", "cœur COEUR Œuvre", ["coeur", "coeur", "oeuvre"]),
    ("Latin, Italian", "dell’acqua un'altra", ["dell", "acqua", "un", "altra"]),
    ("Latin, Catalan", "intel·ligent l'hotel", ["intel·ligent", "l", "hotel"]),
    ("Latin, Catalan", "coŀlecció", ["col·lecció"]),
    ("Latin, Dutch", "ĳs ijs", ["ijs", "ijs"]),
    ("Latin, Romanian", "țară ţară", ["ţară", "ţară"]),
    ("Latin, Croatian", "ǆep Džep", ["džep", "džep"]),
    ("Latin, Turkish", "İyi İYİ", ["iyi", "iyi"]),
    ("Latin, Turkish", "ILIK ılık", ["ilik", "ilik"]),
    ("Latin, Vietnamese", "Tiếng Tie\u0302\u0301ng", ["tiếng", "tiếng"]),
    ("Latin, Hawaiian", "ʻokina Hawaiʻi", ["ʻokina", "hawaiʻi"]),
    ("Latin, full width", "Ｇｏｏｄ！", ["good"]),
    ("Latin, ligature", "Ofﬁzier", ["offizier"]),
    ("Cyrillic, Ukrainian", "п’ять п'ять пʼять", ["п'ять"] * 3),
    ("Cyrillic, Russian", "Её «книга»", ["её", "книга"]),
    ("Cyrillic, Bulgarian", "ѝ ѝ", ["ѝ", "ѝ"]),
    ("Greek", "ΟΔΟΣ οδός·", ["οδος", "οδός"]),
    ("Armenian", "Ի՞նչ և եւ", ["ինչ", "եւ", "եւ"]),
    ("Georgian", "ᲬᲘᲒᲜᲘ წიგნი", ["წიგნი", "წიგნი"]),
    ("Hebrew", "שָׁלוֹם שלום", ["שלום", "שלום"]),
    ("Hebrew", 'צה״ל צה"ל', ['צה"ל'] * 2),
    ("Hebrew", "ג׳ינס בית־ספר", ["ג'ינס", "בית", "ספר"]),
    ("Arabic", "كِتَابٌ كتـــاب ﻛﺘﺎﺏ", ["كتاب"] * 3),
    ("Arabic, Persian", "می\u200cخواهم", ["می\u200cخواهم"]),
    ("Arabic, Urdu", "اُردو اردو", ["اردو", "اردو"]),
    ("Syriac", "ܟܬܳܒܳܐ", ["ܟܬܳܒܳܐ"]),
    ("Thaana", "ފޮތް،", ["ފޮތް"]),
    ("Devanagari", "क़िताब क\u093cिताब", ["क\u093cिताब"] * 2),
    ("Devanagari", "अच्छा।", ["अच्छा"]),
    ("Bengali", "উৎসব উত্\u200dসব", ["উৎসব"] * 2),
    ("Gurmukhi", "ਕਿਤਾਬਾਂ", ["ਕਿਤਾਬਾਂ"]),
    ("Gujarati", "પુસ્તક", ["પુસ્તક"]),
    ("Oriya", "ପୁସ୍ତକ", ["ପୁସ୍ତକ"]),
    ("Tamil", "புத்தகம் கொ கெ\u0bbe", ["புத்தகம்", "கொ", "கொ"]),
    ("Telugu", "పుస్తకం", ["పుస్తకం"]),
    ("Kannada", "ಪುಸ್ತಕ", ["ಪುಸ್ತಕ"]),
    ("Malayalam", "അവൻ അവന്\u200d", ["അവൻ", "അവൻ"]),
    ("Sinhala", "ශ්\u200dරී", ["ශ්\u200dරී"]),
    ("Thai", "น้ำ นํ้า น้ํา", ["น้ำ"] * 3),
    ("Thai", "แม่ เเม่ ที่ ท\u0e48\u0e35", ["แม่", "แม่", "ที่", "ที่"]),
    ("Lao", "ນ້ຳ ນໍ້າ", ["ນ້ຳ", "ນ້ຳ"]),
    ("Tibetan", "བཀྲ་ཤིས།", ["བཀྲ", "ཤིས"]),
    ("Burmese", "ကောင်း။", ["ကောင်း"]),
    ("Khmer", "ស្អាត។", ["ស្អាត"]),
    ("Mongolian", "ᠮᠣᠩᠭᠣᠯ ᠮᠣᠩᠭ\u180bᠣᠯ", ["ᠮᠣᠩᠭᠣᠯ"] * 2),
    ("Ethiopic", "ሰላም፡ዓለም።", ["ሰላም", "ዓለም"]),
    ("Cherokee", "ᎣᏏᏲ ꭳꮟᏺ", ["ꭳꮟᏺ", "ꭳꮟᏺ"]),
    ("N'Ko", "ߒߞߏ߫", ["ߒߞߏ߫"]),
    ("Tifinagh", "ⵜⵉⴼⵉⵏⴰⵖ", ["ⵜⵉⴼⵉⵏⴰⵖ"]),
    ("Hangul", "좋은 좋은", ["좋은", "좋은"]),
    ("Hangul, half width", "ﾡﾢ ㅋㅋ", ["ㄱㄲ", "ㅋㅋ"]),
    ("Katakana, half width", "ﾊﾟｿｺﾝ ｶﾞｷﾞ", ["パソコン", "ガギ"]),
    ("Katakana", "スーパー ｽｰﾊﾟｰ スーパ―マン", ["スーパー", "スーパー", "スーパーマン"]),
    ("Hiragana", "すごーーーい すご〜い", ["すごーい", "すごーい"]),
    ("Han, Japanese", "時々、色々", ["時々", "色々"]),
    ("Han, Chinese", "“电脑”，很好！", ["电脑", "很好"]),
]
# of a corpus whose writing is known
KNOWN = [
    ("Turkish", ["ışık", "İyi"], "ILIK ılık İLİK", ["ılık", "ılık", "ilik"]),
    ("Azeri", ["işıq", "yaxşı"], "QIRMIZI qırmızı", ["qırmızı"] * 2),
    (
        "Chinese",
        ["好的", "軟體"],
        "電腦 电脑 裡面 里面",
        ["电脑", "电脑", "里面", "里面"],
    ),
    ("Japanese", ["好きな", "机"], "電脳 機", ["電脳", "機"]),
    ("Arabic", ["إلى", "كتاب"], "أكل اكل إلى الى", ["اكل", "اكل", "الي", "الي"]),
    ("Persian", ["پدر", "کتاب"], "كتاب کتاب ي ی", ["کتاب", "کتاب", "ی", "ی"]),
]
SPLITS = {
    "split_words": split_words,
    "WordTokenizer": WordTokenizer(marks=False, negation=0),
    "word_tokens": word_tokens,
}


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize(
    ("text", "words"), [row[1:] for row in TABLE], ids=[ascii(r[1]) for r in TABLE]
)
def test_tricky_words(text, words, form):
    text = unicodedata.normalize(form, text)
    assert split_words(text) == words
    # the others leave out words of one letter
    longer = [word for word in words if len(word) > 1]
    assert word_tokens(text) == SPLITS["WordTokenizer"](text) == longer


@pytest.mark.parametrize(("corpus", "text", "words"), [row[1:] for row in KNOWN])
def test_words_of_a_known_writing(corpus, text, words):
    assert word_form(text, find_writing(corpus)).split() == words


LONG = {
    **{row[0]: row[1] for row in TABLE},
    "apostrophes": "'",
    "typographic apostrophes": "’",
    "o'": "o'",
    "п'": "п'",
    "l·": "l·",
    "צ״": "צ״",
    "letters and marks": "e\u0301\u0323",
    "vowels of Arabic": "\u064e",
    "vowels and tones of Thai": "\u0e48\u0e34",
    "joiners": "\u200d\u200c",
    "long vowels": "かー",
    "marks of long vowels": "ー",
    "waves": "〜",
    "capital I with dots": "I\u0307",
    "hangul in letters": "\u1112\u1161\u11ab",
}
IN_SHORT = ("apostrophes", "joiners", "marks of long vowels")


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, marks=() if kind in IN_SHORT else pytest.mark.slow)
        for kind in LONG
    ],
)
def test_a_long_text(kind):
    """What takes the square of the length would not end; parts give the same words."""
    part = LONG[kind]
    for text in (part, f"{part} "):
        n = 300_000 // len(text.encode())
        for split in (*SPLITS.values(), words_and_signs, words_and_sign_pairs):
            tokens = split(text * n)
            if text != part and split is not words_and_sign_pairs:
                assert tokens == split(text) * n
    assert find_writing([part * n]) == find_writing([part])


# letters that forms change, and blocks of scripts
CHANGED = (
    "iIıİßẞſœŒlL·oO'’ʼ`´‘′\"״׳יִשׁאأإآىیيكکەەابەتەالعەةァかーー―—〜イ電电著亞เแșțşţп"
    "\u0301\u0307\u0308\u0326\u05b4\u0640\u064e\u0653\u0654\u0655\u0e32\u0e33\u0e34\u0e38"
    "\u0e48\u0e4d\u0d28\u0d4d\u0d7b\u200c\u200d\u0345"
)
BLOCKS = [
    *[(0x20, 0x7F), (0xA0, 0x24F), (0x2B0, 0x36F), (0x370, 0x52F), (0x530, 0x58F)],
    *[(0x590, 0x6FF), (0x700, 0x8FF), (0x900, 0xDFF), (0xE00, 0xEFF), (0xF00, 0x109F)],
    *[(0x10A0, 0x11FF), (0x1200, 0x177F), (0x1780, 0x18AF), (0x1E00, 0x1FFF)],
    *[(0x2000, 0x218F), (0x3000, 0x318F), (0x3400, 0x9FFF), (0xAC00, 0xD7FF)],
    *[(0xD800, 0xDFFF), (0xF900, 0xFDFF), (0xFE00, 0xFFFF), (0, 0x10FFFF)],
]
WRITINGS = [UNKNOWN, *(Writing(**{kind: True}) for kind in Writing._fields)]


def random_text(rng):
    blocks = [rng.choice(BLOCKS) for _ in range(2)]
    return "".join(
        rng.choice(CHANGED)
        if rng.random() < 0.35
        else chr(rng.randint(*rng.choice(blocks)))
        for _ in range(rng.randrange(1, 14))
    )


@pytest.mark.parametrize(
    "seed",
    [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 34))],
)
def test_random_texts(seed):
    """In all 34 parts 102,000 texts."""
    rng = random.Random(seed)
    for k in range(3000):
        text, writing = random_text(rng), WRITINGS[k % len(WRITINGS)]
        normal, token = normal_form(text), token_form(text, writing)
        word = word_form(text, writing)
        assert normal_form(normal) == normal
        assert token_form(token, writing) == token
        assert word_form(word, writing) == word
        assert word_form(normal, writing) == word_form(token, writing) == word
        for form in ("NFC", "NFD"):
            same = unicodedata.normalize(form, text)
            assert normal_form(same) == normal
            assert word_form(same, writing) == word
        words = word_tokens(text, writing)
        assert word_tokens(" ".join(words), writing) == words
        for split in (*SPLITS.values(), split_characters, words_and_signs):
            assert all(isinstance(each, str) for each in split(text))


def test_table_is_wide():
    assert len({row[0].split(",")[0] for row in TABLE}) >= 20
    assert sum(len(row[2]) for row in TABLE) >= 40
