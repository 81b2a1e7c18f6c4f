"""Detect the language of a passage or question: by its script and commonest words, in doubt by a model.

Words alone decide most passages, and most questions in the languages below. The model (py3langid, naive Bayes over byte
n-grams) takes 0.4 s to load, and is loaded only when it is needed.
"""

import functools
import re
import unicodedata
from collections import Counter
from collections.abc import Collection
from typing import Protocol

from embeddings.text import fold

UNKNOWN = "und"  # the ISO 639 code for an undetermined language
LOOKED_AT = 2000  # characters of a text; the rest is not read
CLEAR = 2  # common words of a language decide,
AHEAD = 3  # if they are so many times those of any other language
FOREIGN = 0.05  # of the letters of a Slavic text may be Turkic ones, in names of Central Asia
RARE = 0.3  # the weight of a language that is not among the likely ones
EXPECTED = 5.0  # how much likelier is a language that the folder holds: two words of English pass for French

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
    "GEORGIAN": "ka",
    "ARMENIAN": "hy",
    "BENGALI": "bn",
    "TAMIL": "ta",
    "ETHIOPIC": "am",
}
_TURKIC = re.compile("[әғқңөұүһўҳҷ]")  # letters that no Slavic language has
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa]")  # only Japanese mixes them with Chinese characters
# The languages that the model may answer for a script; then how much likelier some languages are than the others.
_MODELLED = {
    "ARABIC": "ar fa ur ps ug",
    "CYRILLIC": "ru kk uk be bg sr mk ky tg tt uz mn",
    "TURKIC": "kk ky tt uz tg mn",
    "LATIN": "en tr de fr es az uz it pt ro vi nl pl cs sk hr sl hu sv da no fi et lv lt sq ca id ms tl sw eu tk",
}
_LIKELY = (
    {"en": 3.0, "ru": 3.0} | dict.fromkeys("ar fa kk tr".split(), 2.0) | dict.fromkeys("de fr es uz az".split(), 1.0)
)
# Words that tell a language from its neighbours; a word of several languages counts for each of them.
_COMMON = {
    "ARABIC": {
        "ar": "من في على إلى عن التي الذي هذا هذه ما هل كم متى أين كيف لا أن مع كان هو هي لم قد",
        "fa": "از در به که این آن را با است برای شد می های چه چرا کیست چیست چند کجا کدام شده بود کرد",
        "ur": "کے کی کا میں ہے ہیں اور سے کو نے پر یہ کیا",
        "ps": "په د چې او ته کې سره له دی څه دا",
    },
    "CYRILLIC": {
        "ru": "и в на с что как кто где когда почему сколько какой какая какие из не по для это о к за был",
        "kk": "мен және бұл үшін қандай қашан неге кім қай не ма ме бар деп болды туралы бойынша жылы қанша",
        "uk": "що як хто де коли чому скільки який це про цей вона",
        "bg": "за от да се са че това какво кой кога къде защо колко със",
        "be": "што як хто дзе калі чаму колькі які гэта пра",
        "sr": "је да се су од као шта ко где када зашто колико",
    },
    "TURKIC": {
        "kk": "мен және бұл үшін қандай қашан неге кім қай не ма ме бар деп болды туралы бойынша жылы қанша",
        "ky": "жана бул менен үчүн кандай качан эмне ким кайсы бар деп болгон жөнүндө боюнча канча",
        "uz": "ва бу билан учун қандай қачон нима ким қайси бор деб ҳам бўлган ҳақида қанча",
    },
    "LATIN": {
        "en": "the of and to in is was what which who when where why how did does do for with on are be by many has",
        "tr": "ve bir bu ne için kim nerede nasıl neden hangi kaç da de mi mı mu mü nedir kimdir daha olan en oldu",
        "de": "der die das und ist was wer wie warum wann wo welche welcher wurde den dem mit von zu ein eine nicht im",
        "fr": "le la les et est que qui quel quelle quels pourquoi quand où comment des du une un dans pour sur par au",
        "es": "el la los las y es que qué quién cuándo dónde cómo por cuál de en un una con para del se",
        "az": "və bir bu nə üçün kim harada necə niyə hansı neçə da də olaraq daha olan ən oldu ilə",
        "uz": "va bir bu nima uchun kim qayerda qanday nega qaysi qancha ham bilan emas edi haqida",
        "it": "il lo la gli le di che è in un una per con cosa chi quando dove come quanti perché del della non",
        "pt": "as em um uma com quem onde qual quantos do da na não são ao",
        "ro": "și în la de cu pe care ce este sunt cine când unde cum câte din pentru un nu au fost",
        "vi": "là và của có được ở cho những các một trong gì ai khi nào đâu như thế bao nhiêu",
        "nl": "de het een en van in is was wat wie wanneer waar waarom hoe voor met op zijn door niet",
        "id": "yang dan di ke dari apa siapa kapan mana mengapa bagaimana untuk dengan pada ini itu adalah tidak",
    },
}


class _Model(Protocol):
    def rank(self, text: str) -> list[tuple[str, float]]: ...


def detect(text: str, expected: Collection[str] = ()) -> str:
    """Return the ISO 639-1 code of the language of `text`, UNKNOWN where it has no letters.

    Where its words leave that open, the languages in `expected` are likelier than others.
    """
    text = text[:LOOKED_AT]
    words = Counter(word.lower() for word in _WORDS.findall(text))
    script = _main_script(text)
    if script in _COMMON:
        return _clear(script, words) or _likeliest(script, text, expected)
    return "ja" if script == "CJK" and _KANA.search(text) else _SCRIPTS.get(script, UNKNOWN)


def _main_script(text: str) -> str:
    """Return the script, or kind of Cyrillic, of most letters; Latin ones count half: names are written in them."""
    scripts: Counter[str] = Counter()
    for character, times in Counter(text).items():
        if character.isalpha():
            script = _script(character)
            scripts[script] += times if script == "LATIN" else 2 * times
    script = scripts.most_common(1)[0][0] if scripts else ""
    turkic = script == "CYRILLIC" and 2 * len(_TURKIC.findall(text.lower())) > FOREIGN * scripts[script]
    return "TURKIC" if turkic else script


def _clear(script: str, words: Counter[str]) -> str:
    """Return the language that has far more of the words than any other, an empty string where none has."""
    votes: Counter[str] = Counter()
    known = _known(script)
    for word, times in words.items():
        for code in known.get(word, ()):
            votes[code] += times
    best, second = [*votes.most_common(2), ("", 0), ("", 0)][:2]
    return best[0] if best[1] >= max(CLEAR, AHEAD * second[1]) else ""


@functools.cache
def _known(script: str) -> dict[str, list[str]]:
    known: dict[str, list[str]] = {}
    for code, words in _COMMON[script].items():
        for word in words.split():
            known.setdefault(word, []).append(code)
    return known


def _likeliest(script: str, text: str, expected: Collection[str]) -> str:
    """Return the likeliest language of a script; a name that could be of any counts as the commonest one."""
    weights = {
        code: _LIKELY.get(code, RARE) * (EXPECTED if code in expected else 1) for code in _MODELLED[script].split()
    }
    found = {code: chance * weights[code] for code, chance in _model().rank(text) if code in weights}
    return max(found, key=lambda code: found[code])


@functools.cache
def _model() -> _Model:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    model: _Model = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    return model


@functools.cache
def _script(character: str) -> str:
    return unicodedata.name(character, "").split(" ")[0].split("-")[0]


# Other common words of questions and texts, which do not tell languages apart.
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
    """Tell whether a folded word says nothing about a text's subject: one of the commonest, or a single letter."""
    return folded in _folded() or (len(folded) == 1 and folded.isalpha())


@functools.cache
def _folded() -> frozenset[str]:
    telling = " ".join(words for found in _COMMON.values() for words in found.values())
    return frozenset(fold(f"{telling} {_OTHERS}").split())
