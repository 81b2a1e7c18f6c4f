"""Bytes in any usual encoding become the same text, and what was not whole is said."""

import codecs
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.encodings import MARKS, decode
from qa.folder import SkipError
from tests.test_formats import COST, DAM, LIBRARY

ENGLISH = "The lighthouse was lit by whale oil until the keeper's daughter installed a paraffin lamp."
PERSIAN = DAM.replace("ی", "ي").replace("‌", "\u200c").translate({0x6F0 + n: str(n) for n in range(10)})
ARABIC = LIBRARY.translate({0x660 + n: str(n) for n in range(10)})
TEXTS = {
    "ar": (ARABIC, ("cp1256", "iso8859_6")),
    "fa": (PERSIAN, ("cp1256",)),
    "ru": ("Маяк на мысе светил до осени, пока смотритель не уехал за новой лампой.", ("cp1251", "koi8_r", "cp866")),
    "tr": ("Deniz feneri balina yağıyla yanıyordu; bekçinin kızı ışığı güçlendirdi ve şöyle dedi.", ("cp1254",)),
    "de": ("Der Leuchtturm wurde mit Walöl befeuert, bis die Wärterin eine Öllampe für später brachte.", ("cp1252",)),
    "el": ("Ο φάρος έφεγγε με λάδι φάλαινας μέχρι που ήρθε η κόρη του φύλακα με μια λάμπα.", ("cp1253",)),
    "he": ("המגדלור דלק בשמן לוויתנים עד שבתו של השומר הביאה עששית נפט חדשה.", ("cp1255",)),
    "ja": ("灯台は鯨油で照らされていた。灯台守の娘がランプを置いた。", ("shift_jis",)),
    "zh": ("灯塔用鲸油点亮，直到守塔人的女儿换上了煤油灯。", ("gb18030",)),
}
LEGACY = [(language, encoding) for language, (_, encodings) in TEXTS.items() for encoding in encodings]
SHAPES = [(times, cut) for times, cut in ((1, 45), (1, None), (30, None))]


@pytest.mark.parametrize(("times", "cut"), SHAPES, ids=["short", "one sentence", "long"])
@pytest.mark.parametrize(("language", "encoding"), LEGACY)
def test_f4_a_legacy_encoding_is_detected_and_told(language: str, encoding: str, times: int, cut: int | None) -> None:
    text = (TEXTS[language][0] + "\n") * times
    content = text[:cut].encode(encoding, "ignore")
    found = decode(content)
    assert found.text == content.decode(encoding)
    assert found.note.startswith("read as ")


@given(st.lists(st.sampled_from((ARABIC + " " + PERSIAN).split()), min_size=12, max_size=60, unique=True))
def test_f4_any_arabic_or_persian_words_in_cp1256(words: list[str]) -> None:
    content = " ".join(words).encode("cp1256", "ignore")
    assert decode(content).text == content.decode("cp1256")


@given(
    st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1).filter(lambda text: text[0] != "\ufeff"),
    st.sampled_from(MARKS),
)
def test_f5_a_byte_order_mark_decides_and_is_no_part_of_the_text(text: str, mark: tuple[bytes, str]) -> None:
    sign, encoding = mark
    found = decode(sign + text.encode(encoding))
    assert found.text == text
    assert (found.note == "") == (encoding == "utf-8")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("text", [DAM, LIBRARY, ENGLISH, TEXTS["ru"][0]], ids=["fa", "ar", "en", "ru"])
def test_f5_utf_16_and_32_without_a_mark_are_the_same_text(text: str, encoding: str) -> None:
    found = decode(text.encode(encoding))
    assert (found.text, found.note) == (text, f"read as {encoding}")


@pytest.mark.parametrize("text", [DAM, LIBRARY, TEXTS["ru"][0], TEXTS["zh"][0]], ids=["fa", "ar", "ru", "zh"])
@pytest.mark.parametrize("bad", [b"\xff", b"\xc3", b"\xe2\x80", b"\x80"])
def test_f3_one_broken_byte_is_replaced_and_told(text: str, bad: bytes) -> None:
    content = (text * 20).encode()
    place = len(text.encode()) * 10
    found = decode(content[:place] + bad + content[place:])
    assert found.text == text * 10 + "\ufffd" + text * 10
    assert found.note == f"broken characters: 1, the first at byte {place:,}"


def test_f3_one_broken_byte_in_a_short_text_is_replaced_too() -> None:
    content = "Ein Café".encode() + b"\xff" + b" im Ort"
    assert decode(content).text == "Ein Café\ufffd im Ort"


def test_f3_many_broken_bytes_are_another_encoding() -> None:
    content = ("é".encode("cp1252") + b"t" + "é".encode("cp1252") + b"s ") * 50
    assert decode(content).text == "étés " * 50


def test_f3_a_text_cut_in_a_character_keeps_the_rest() -> None:
    content = COST.encode()[:-1]
    found = decode(content)
    assert found.text[:-1] == COST[: len(found.text) - 1]
    assert "broken" in found.note or found.text == COST[:-1]


@pytest.mark.parametrize("size", [1, 7, 1000, 100_000])
def test_f2_random_bytes_are_no_text(size: int) -> None:
    for seed in range(5):
        content = b"\0" + random.Random(seed).randbytes(size)
        with pytest.raises(SkipError, match="not text"):
            decode(content)


@given(st.binary())
def test_any_bytes_are_decoded_or_refused(content: bytes) -> None:
    try:
        text = decode(content).text
    except SkipError:
        text = ""
    assert not text.startswith("\ufeff") or content.startswith((codecs.BOM_UTF8 * 2, b"\xff\xfe" * 2, b"\xfe\xff" * 2))


def test_f8_the_colours_of_a_terminal_make_a_log_no_binary() -> None:
    lines = [f"\x1b[3{n % 8}mнеудача\x1b[0m в {n} строке" for n in range(40)]
    assert decode("\n".join(lines).encode()).text == "\n".join(lines)
