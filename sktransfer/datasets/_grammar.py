"""Sentence patterns of reviews in four languages, as slots between fixed words.

Slots: ``N``/``M`` noun of an aspect with article, ``be``/``bem`` its copula,
``D`` adverb, ``A``/``B`` adjective, ``P``/``O`` "this product" as subject and object,
``Q`` product noun, ``a`` its article, ``m`` its measure word, ``C`` attributive
adjective, ``X``/``Y`` topics, ``Z`` a brand, ``k`` a number, ``S`` a whole phrase.
Chinese patterns separate words by spaces; the texts are written without them.
"""

from __future__ import annotations

COPULA = {
    # language: forms (singular, plural) to draw from
    "en": (("is", "are"), ("was", "were"), ("seems", "seem")),
    "de": (("ist", "sind"), ("war", "waren"), ("wirkt", "wirken")),
    "es": (("es", "son"), ("resulta", "resultan"), ("parece", "parecen")),
    "zh": (("", ""),),
}

NAMES = (
    "Talvera Kobrin Ostmark Luminar Veska Peridot Halden Moritani Quillon Brevik "
    "Sandoro Elvari Norwick Tamsin Zephra Calder Ruvio Delmar Anselm Pirouet "
    "Granova Wexley Ithaka Solenne"
).split()

# Aspect with an adjective of the sentence's polarity.
ASPECT = {
    "en": (
        "{N} {be} {D} {A}",
        "{N} {be} {A}",
        "{N} {be} {A} and {D} {B}",
        "for me {N} {be} {D} {A}",
        "I found {N} {D} {A}",
        "{D} {A}, this goes for {N}",
    ),
    "de": (
        "{N} {be} {D} {A}",
        "{N} {be} {A}",
        "{N} {be} {A} und {D} {B}",
        "für mich {be} {N} {D} {A}",
        "meiner Meinung nach {be} {N} {A}",
        "{D} {A}, so {be} {N}",
    ),
    "es": (
        "{N} {be} {D} {A}",
        "{N} {be} {A}",
        "{N} {be} {A} y {D} {B}",
        "para mí {N} {be} {D} {A}",
        "en mi opinión {be} {A} {N}",
        "{D} {A}, así {be} {N}",
    ),
    "zh": (
        "{N} {D} {A}",
        "{N} {A}",
        "{N} {A} 而且 {D} {B}",
        "对 我 来说 {N} {D} {A}",
        "我 觉得 {N} {D} {A}",
        "{N} 给 人 感觉 {D} {A}",
    ),
}

# The adjective has the polarity opposite to the sentence's.
NEGATED = {
    "en": (
        "{N} {be} not {A} at all",
        "{N} {be} anything but {A}",
        "I would not call {N} {A}",
        "{N} {be} never {A}",
    ),
    "de": (
        "{N} {be} gar nicht {A}",
        "{N} {be} alles andere als {A}",
        "{N} {be} keineswegs {A}",
        "{N} {be} niemals {A}",
    ),
    "es": (
        "{N} no {be} nada {A}",
        "{N} {be} todo menos {A}",
        "{N} no {be} para nada {A}",
        "{N} nunca {be} {A}",
    ),
    "zh": (
        "{N} 一点 也 不 {A}",
        "{N} 并 不 {A}",
        "我 不 认为 {N} {A}",
        "{N} 从来 不 {A}",
    ),
}

# A concession (A, opposite) and the point (B).
CONTRAST = {
    "en": (
        "{N} {be} {A}, but {M} {bem} {D} {B}",
        "although {N} {be} {A}, {M} {bem} {D} {B}",
        "{M} {bem} {B}, even if {N} {be} {A}",
    ),
    "de": (
        "{N} {be} zwar {A}, aber {M} {bem} {D} {B}",
        "obwohl {N} {A} {be}, {bem} {M} {D} {B}",
        "{M} {bem} {B}, auch wenn {N} {A} {be}",
    ),
    "es": (
        "{N} {be} {A}, pero {M} {bem} {D} {B}",
        "aunque {N} {be} {A}, {M} {bem} {D} {B}",
        "{M} {bem} {B}, a pesar de que {N} {be} {A}",
    ),
    "zh": (
        "{N} {A} ， 但是 {M} {D} {B}",
        "虽然 {N} {A} ， {M} 却 {D} {B}",
        "{M} {B} ， 即使 {N} {A}",
    ),
}

OVERALL = {
    "en": (
        "all in all {a} {C} {Q}",
        "this is {a} {C} {Q}",
        "what {a} {C} {Q}",
        "{Z} made {a} {C} {Q}",
        "we got {a} {C} {Q}",
    ),
    "de": (
        "insgesamt {a} {C} {Q}",
        "das ist {a} {C} {Q}",
        "was für {a} {C} {Q}",
        "von {Z} kommt hier {a} {C} {Q}",
        "bekommen haben wir: {a} {C} {Q}",
    ),
    "es": (
        "en resumen {a} {Q} {C}",
        "esto es {a} {Q} {C}",
        "vaya, {a} {Q} {D} {C}",
        "{Z} hizo {a} {Q} {C}",
        "recibimos {a} {Q} {C}",
    ),
    "zh": (
        "总之 是 一 {m} {C} 的 {Q}",
        "这 是 一 {m} {C} 的 {Q}",
        "真是 一 {m} {C} 的 {Q}",
        "{Z} 做出 了 一 {m} {C} 的 {Q}",
        "我们 收到 了 一 {m} {C} 的 {Q}",
    ),
}

PHRASE = {
    "en": ("{S}", "{S}", "{S}, that is all", "so {S}", "my verdict: {S}"),
    "de": ("{S}", "{S}", "{S}, mehr nicht", "also {S}", "mein Fazit: {S}"),
    "es": ("{S}", "{S}", "{S}, eso es todo", "así que {S}", "mi veredicto: {S}"),
    "zh": ("{S}", "{S}", "{S} ， 就 这样", "所以 {S}", "我 的 结论 ： {S}"),
}

NEUTRAL = {
    "en": (
        "I bought {O} {k} weeks ago",
        "{P} comes from {Z}",
        "we thought of {X} for {k} months",
        "{Z} also offers something for {X}",
        "ordered for {X} and {Y} in the year {k}",
        "this is my number {k} from {Z}",
        "before that I only knew {Z}",
    ),
    "de": (
        "ich habe {O} vor {k} Wochen gekauft",
        "{P} stammt von {Z}",
        "wir dachten {k} Monate an {X}",
        "{Z} bietet auch etwas für {X}",
        "bestellt für {X} und {Y} im Jahr {k}",
        "das ist meine Nummer {k} von {Z}",
        "vorher kannte ich nur {Z}",
    ),
    "es": (
        "compré {O} hace {k} semanas",
        "{P} viene de {Z}",
        "pensamos {k} meses en {X}",
        "{Z} también ofrece algo para {X}",
        "pedido para {X} y {Y} en el año {k}",
        "es mi número {k} de {Z}",
        "antes solo conocía {Z}",
    ),
    "zh": (
        "我 {k} 周 前 买 了 {O}",
        "{P} 来自 {Z}",
        "我们 {k} 个 月 一直 想着 {X}",
        "{Z} 也 有 适合 {X} 的 东西",
        "{k} 年 为 {X} 和 {Y} 订购",
        "这 是 我 第 {k} 次 买 {Z}",
        "以前 我 只 知道 {Z}",
    ),
}

# Facts that name the topics of a category.
TOPICAL = {
    "books": {
        "en": (
            "it is about {X} and {Y}",
            "{X}, {Y} and a little more {X} on {k} pages",
            "page {k} deals with {X}",
        ),
        "de": (
            "es geht um {X} und {Y}",
            "{X}, {Y} und noch mehr auf {k} Seiten",
            "auf Seite {k} stehen {X} im Mittelpunkt",
        ),
        "es": (
            "trata de {X} y {Y}",
            "{X}, {Y} y algo más en {k} páginas",
            "la página {k} habla de {X}",
        ),
        "zh": (
            "内容 是 关于 {X} 和 {Y} 的",
            "{k} 页 里 有 {X} 、 {Y}",
            "第 {k} 页 写 的 是 {X}",
        ),
    },
    "music": {
        "en": (
            "a blend of {X} and {Y}",
            "{k} minutes between {X} and {Y}",
            "number {k} reminds me of {X}",
        ),
        "de": (
            "eine Mischung aus {X} und {Y}",
            "{k} Minuten zwischen {X} und {Y}",
            "Nummer {k} erinnert mich an {X}",
        ),
        "es": (
            "una mezcla de {X} y {Y}",
            "{k} minutos entre {X} y {Y}",
            "el número {k} me recuerda a {X}",
        ),
        "zh": (
            "这 是 {X} 和 {Y} 的 结合",
            "{k} 分钟 里 有 {X} 和 {Y}",
            "第 {k} 首 让 我 想起 {X}",
        ),
    },
    "kitchen": {
        "en": (
            "I use it for {X} and {Y}",
            "{X} with {Y} takes {k} minutes",
            "we had {X} at {k} degrees",
        ),
        "de": (
            "ich benutze es für {X} und {Y}",
            "{X} mit {Y} dauert {k} Minuten",
            "bei {k} Grad gab es {X}",
        ),
        "es": (
            "lo uso para {X} y {Y}",
            "{X} con {Y} tarda {k} minutos",
            "hicimos {X} a {k} grados",
        ),
        "zh": (
            "我 用 它 做 {X} 和 {Y}",
            "{X} 加 {Y} 要 {k} 分钟",
            "{k} 度 的 时候 做 了 {X}",
        ),
    },
    "electronics": {
        "en": (
            "I need it for {X} and {Y}",
            "{k} hours of {X} a day",
            "tested with {X} and {Y} on version {k}",
        ),
        "de": (
            "ich brauche es für {X} und {Y}",
            "{k} Stunden {X} am Tag",
            "getestet mit {X} und {Y} auf Version {k}",
        ),
        "es": (
            "lo necesito para {X} y {Y}",
            "{k} horas de {X} al día",
            "probado con {X} y {Y} en la versión {k}",
        ),
        "zh": (
            "我 需要 它 来 处理 {X} 和 {Y}",
            "每天 {k} 小时 {X}",
            "用 {X} 和 {Y} 在 版本 {k} 上 测试 过",
        ),
    },
}
