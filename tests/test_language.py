"""The language of passages and questions."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from qa.language import _MODELLED, _SCRIPTS, UNKNOWN, _main_script, detect
from qa.markup import LANGUAGES

# Their letters ö and ü are German too, and none of the commonest words stands in them.
SHORT_TURKISH = [
    "Gölün yüzölçümü kaç kilometrekaredir?",
    "Köprünün gövdesi hangi mühendisin ürünüdür?",
    "Müzenin müdürü görevinden niçin ayrıldı?",
]
SENTENCES = {
    "en": ["What did the president say about the war?", "Kazakhstan sells oil to Europe and to China."],
    "ru": ["Что сказал президент о войне?", "Казахстан продаёт нефть в Европу."],
    "kk": ["Президент соғыс туралы не айтты?", "Қазақстан мұнайды Еуропаға сатады."],
    "tr": ["Cumhurbaşkanı savaş hakkında ne dedi?", "Kazakistan Avrupa'ya petrol satıyor.", *SHORT_TURKISH],
    "ar": ["ماذا قال الرئيس عن الحرب؟", "تبيع كازاخستان النفط إلى أوروبا."],
    "fa": ["رئیس جمهور درباره جنگ چه گفت؟", "قزاقستان به اروپا نفت می فروشد."],
    "de": ["Was sagte der Präsident über den Krieg?", "Kasachstan verkauft Öl nach Europa."],
    "fr": ["Qu'a dit le président sur la guerre ?", "Le Kazakhstan vend du pétrole à l'Europe."],
    "es": ["¿Qué dijo el presidente sobre la guerra?"],
    "az": ["Prezident müharibə haqqında nə dedi?", "Bakıda neft qiyməti yenidən qalxdı."],
    "uz": ["Prezident urush haqida nima dedi?", "Neft narxi yana ko'tarildi.", "Пахта қачон ва қандай йиғилади?"],
    "it": ["Che cosa ha detto il presidente sulla guerra?"],
    "pt": ["O que o presidente disse sobre a guerra?"],
    "ro": ["Ce a spus președintele despre război?"],
    "vi": ["Tổng thống đã nói gì về chiến tranh?"],
    "ur": ["صدر نے جنگ کے بارے میں کیا کہا ہے؟"],
    "uk": ["Що сказав президент про війну?"],
    "zh": ["总统说了什么？"],
    "ja": [
        "これはほんです。",
        "カザフスタン",
        "大統領は戦争について何を言いましたか。",
        "東京都千代田区の人口",
        "EUとは何ですか",
    ],
    "ko": ["대통령은 무엇을 말했습니까?"],
    "el": ["Τι είπε ο πρόεδρος;"],
    "he": ["מה אמר הנשיא?"],
    "hi": ["राष्ट्रपति ने क्या कहा?"],
    "th": ["ประธานาธิบดีพูดว่าอะไร"],
}


def done_python(program: str) -> str:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in SENTENCES.items() for text in texts])
def test_a_sentence_s_language_is_detected(code: str, text: str) -> None:
    assert detect(text) == code


@pytest.mark.parametrize("text", ["", "  ", "1992", "؟!", "81.3 %", "\u200c", "🙂"])
def test_text_without_letters_has_no_language(text: str) -> None:
    assert detect(text) == UNKNOWN


def test_a_foreign_name_does_not_change_the_language() -> None:
    assert detect("ينشر برنامج EU Reporter مقالات") == "ar"
    assert detect("Что такое CICA?") == "ru"


def test_a_title_in_latin_letters_does_not_outweigh_a_question_around_it() -> None:
    assert detect("Кто снял «The Night Train»?") == "ru"
    assert detect("متى عُرض فيلم The Night Train؟") == "ar"


@pytest.mark.parametrize(
    ("code", "name"), [("en", "oil price"), ("en", "storm damage"), ("ru", "нефть"), ("kk", "мұнай")]
)
def test_a_word_that_could_be_of_many_languages_is_taken_as_of_the_commonest(code: str, name: str) -> None:
    assert detect(name) == code


@pytest.mark.parametrize(
    ("text", "alone", "expected"), [("villages destroyed", "fr", "en"), ("metro line", "es", "en"), ("мэр", "mn", "ru")]
)
def test_a_few_words_are_rather_of_a_language_of_the_folder(text: str, alone: str, expected: str) -> None:
    assert detect(text) == alone
    assert detect(text, {expected, "ar"}) == expected


def test_a_sentence_is_of_its_language_whatever_the_folder_holds() -> None:
    assert detect("Les villages ont été détruits par une inondation.", {"en", "ar"}) == "fr"
    assert detect("Das Dorf wurde zerstört", {"en"}) == "de"


def test_every_language_that_is_told_has_a_name() -> None:
    told = {code for codes in _MODELLED.values() for code in codes.split()} | set(_SCRIPTS.values())
    assert told <= LANGUAGES.keys()


def test_what_words_settle_needs_no_model() -> None:
    told = "import sys, qa.language as l; print(l.detect('What was the name of the ship?'), 'py3langid' in sys.modules)"
    assert done_python(told) == "en False"


def test_a_kazakh_name_does_not_make_a_russian_sentence_kazakh() -> None:
    assert detect("Директор завода Нұрлан Сейітқали рассказал журналистам, что урожай пшеницы вырос вдвое.") == "ru"


@pytest.mark.parametrize(("letters", "script"), [(4, "CYRILLIC"), (6, "TURKIC")])
def test_letters_that_no_slavic_language_has_make_a_text_turkic_where_they_are_not_those_of_a_name(
    letters: int, script: str
) -> None:
    assert _main_script("ә" * letters + "ж" * (100 - letters)) == script


def test_most_questions_in_eight_languages_are_recognised() -> None:
    lines = Path(__file__).with_name("questions.jsonl").read_text(encoding="utf-8").splitlines()
    asked = [json.loads(line) for line in lines]
    wrong = [(q["lang"], detect(q["question"]), q["question"]) for q in asked if detect(q["question"]) != q["lang"]]
    assert len(wrong) <= len(asked) * 0.02, wrong
