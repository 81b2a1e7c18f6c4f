"""Tell the language of a passage or question by its script, its letters and its commonest words."""

import functools
import re
import unicodedata
from collections import Counter

from embeddings.text import fold

UNKNOWN = "und"  # the code of ISO 639 for an undetermined language

_WORDS = re.compile(r"[^\W\d_]+")
_SCRIPTS = {
    "ARABIC": "ar",
    "CYRILLIC": "ru",
    "LATIN": "en",
    "GREEK": "el",
    "HEBREW": "he",
    "DEVANAGARI": "hi",
    "THAI": "th",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "HANGUL": "ko",
    "CJK": "zh",
}
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa]")  # only Japanese mixes them with Chinese characters
# Letters that one language of a script has and its neighbours here do not; each found counts as a word.
_LETTERS = {
    "ARABIC": {"fa": "پچژگکی", "ur": "ٹڈڑںےہ", "ar": "ةىكيإأؤئ"},
    "CYRILLIC": {"kk": "әғқңөұүһіы", "ru": "ыэёъ", "uk": "їєґ"},
    "LATIN": {"tr": "ğışçİ", "de": "ßäöü", "fr": "éèêàçùœ", "es": "ñ¿¡áíó"},
}
_COMMON = {
    "ARABIC": {
        "ar": "من في على إلى عن التي الذي هذا هذه ما هل كم متى أين كيف لا أن مع كان هو هي لم قد",
        "fa": "از در به که این آن را با است برای شد می های چه چرا کیست چیست چند کجا کدام شده بود کرد",
        "ur": "کے کی کا میں ہے ہیں اور سے کو نے پر یہ کیا",
    },
    "CYRILLIC": {
        "ru": "и в на с что как кто где когда почему сколько какой какая какие из не по для это о к за был",
        "kk": "мен және бұл үшін қандай қашан неге кім қай не ма ме бар деп болды туралы бойынша жылы қанша",
        "uk": "і та що як хто де коли чому скільки який не на у з для це про",
    },
    "LATIN": {
        "en": "the of and to in is was what which who when where why how did does do for with on are be by many has",
        "tr": "ve bir bu ne için kim nerede nasıl neden hangi kaç da de mi mı mu mü olarak daha olan en oldu",
        "de": "der die das und ist was wer wie warum wann wo welche welcher wurde den dem mit von zu ein eine nicht im",
        "fr": "le la les et est que qui quel quelle quels pourquoi quand où comment des du une un dans pour sur par au",
        "es": "el la los las y es que qué quién cuándo dónde cómo por cuál de en un una con para del se",
    },
}


def detect(text: str) -> str:
    """Return the ISO 639-1 code of the language of `text`, UNKNOWN where it has no letters."""
    words = _WORDS.findall(text[:2000])
    scripts: Counter[str] = Counter()
    for letter, times in Counter("".join(words)).items():
        scripts[_script(letter)] += times
    script = scripts.most_common(1)[0][0] if scripts else ""
    if script not in _COMMON:
        return "ja" if script == "CJK" and _KANA.search(text[:2000]) else _SCRIPTS.get(script, UNKNOWN)
    lowered = [word.lower() for word in words]
    votes = {code: sum(word in common.split() for word in lowered) for code, common in _COMMON[script].items()}
    for code, letters in _LETTERS[script].items():
        votes[code] = votes.get(code, 0) + sum(c in letters or c.lower() in letters for word in words for c in word)
    best = max(votes, key=lambda code: votes[code])
    return best if votes[best] else _SCRIPTS[script]


def _script(character: str) -> str:
    return unicodedata.name(character, "").split(" ")[0].split("-")[0]


# What else is common in questions and texts, and does not tell languages apart.
_OTHERS = """
a an and at been but can could from had he her his if in into it its me my no or our she so some such than that their
them then there these they this those up us we were will would you your about after before between during over under
while whom whose
إلي هؤلاء ذلك تلك أو ثم بعد قبل بين كانت تكون يكون عند حتى لكن كل أي أيضا بن كما منذ خلال حول لماذا ماذا أنه أنها إن
هر هم یا اما اگر تا پس پیش بین روی هیچ همه وی او آنها آن‌ها ایشان بود هستند دارد دارند کرده کنند کند نیز خود یک دو درباره
а бы был была были быть в во вы да его ее ей если есть еще же или им их ли мы над них но об он она они от перед после
при про свой себя так также там тем то того тоже той только у уже чем через чего чтобы эта эти этот
сол ол осы да де та те жоқ емес болған болып бойы кейін дейін арасында мыне оның олар өз сияқты
ama ancak bir çok den diye gibi göre ile ise kadar ki onun sonra tarafından var ya yok önce üzerinde arasında
als am an auch auf aus bei bis da dass durch er es für hat hatte ich ihr ihre im ist kann mehr nach noch nur oder sein
seine sich sie sind sowie über um unter vor war waren werden wie wird zu zum zur
au aux avec ce ces cette dont elle elles en entre été fut il ils je leur mais ne ont ou où plus sa se ses si son sont
tous une
"""


def is_common(folded: str) -> bool:
    """Tell whether a folded word tells nothing of what a text is about: one of the commonest, or a single letter."""
    return folded in _folded() or (len(folded) == 1 and folded.isalpha())


@functools.cache
def _folded() -> frozenset[str]:
    telling = " ".join(words for found in _COMMON.values() for words in found.values())
    return frozenset(fold(f"{telling} {_OTHERS}").split())
