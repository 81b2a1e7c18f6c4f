"""Pages and messages are decoded as browsers decode them, whatever their tags say."""

from base64 import encodebytes

import pytest

from qa.formats import read_email
from qa.html import read_page
from tests.test_encodings import ARABIC, TEXTS
from tests.test_formats import DAM, LIBRARY

NAMED = '<html><head><meta charset="{charset}"><title>t</title></head><body><p>{text}</p></body></html>'
OLD = '<meta http-equiv="Content-Type" content="text/html; charset={charset}"><p>{text}'
QUOTED = "The captain said: “don’t go” and left – the café was shut."
MAIL = "From: a@example.com\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset={charset}\r\n"
RAW = MAIL + "Content-Transfer-Encoding: 8bit\r\n\r\n"


@pytest.mark.parametrize("page", [NAMED, OLD])
@pytest.mark.parametrize("charset", ["iso-8859-1", "ISO8859-1", "latin1", "windows-1252"])
def test_a_page_in_latin_1_has_the_quotes_of_windows_1252(page: str, charset: str) -> None:
    assert read_page(page.format(charset=charset, text=QUOTED).encode("cp1252")).text == QUOTED


def test_a_page_in_latin_5_has_the_quotes_of_windows_1254() -> None:
    turkish = f"“{TEXTS['tr'][0]}”"
    assert read_page(NAMED.format(charset="iso-8859-9", text=turkish).encode("cp1254")).text == turkish


@pytest.mark.parametrize("charset", ["utf-16", "utf-16le", "UTF-16BE", "utf-32", "unicode"])
@pytest.mark.parametrize("text", [QUOTED, LIBRARY, "The captain left on Monday", "The captain left on Monday."])
def test_a_page_whose_tag_can_be_read_is_not_in_utf_16(charset: str, text: str) -> None:
    assert read_page(NAMED.format(charset=charset, text=text).encode()).text == text


@pytest.mark.parametrize("charset", ["iso-8859-1", "windows-1252", "windows-1256", "windows-1251", "koi8-r", "gb2312"])
@pytest.mark.parametrize("text", [LIBRARY, DAM, TEXTS["ru"][0], TEXTS["zh"][0], QUOTED])
def test_a_page_in_utf_8_is_read_so_whatever_it_names(charset: str, text: str) -> None:
    assert read_page(NAMED.format(charset=charset, text=text).encode()).text == text


@pytest.mark.parametrize(("language", "encoding"), [(key, name) for key, (_, names) in TEXTS.items() for name in names])
def test_a_page_in_a_legacy_encoding_is_read_in_the_one_that_it_names(language: str, encoding: str) -> None:
    page = NAMED.format(charset=encoding.replace("_", "-"), text=TEXTS[language][0]).encode(encoding, "ignore")
    assert TEXTS[language][0].encode(encoding, "ignore").decode(encoding) in read_page(page).text


def test_a_page_in_an_encoding_of_ascii_letters_is_read_in_it() -> None:
    text = TEXTS["ja"][0]
    assert read_page(NAMED.format(charset="iso-2022-jp", text=text).encode("iso2022_jp")).text == text


@pytest.mark.parametrize("charset", ["undefined", "rot13", "hex", "idna", "nonsense"])
def test_a_name_that_is_no_encoding_of_text_costs_nothing(charset: str) -> None:
    assert read_page(NAMED.format(charset=charset, text=LIBRARY).encode()).text == LIBRARY
    assert LIBRARY in read_email(RAW.format(charset=charset).encode() + f"<p>{LIBRARY}".encode()).text


@pytest.mark.parametrize("page", [NAMED, OLD])
@pytest.mark.parametrize(
    ("text", "charset", "encoding"),
    [
        (ARABIC, "windows-1256", "cp1256"),
        ("Le café coûte très cher à la gare.", "iso-8859-1", "latin-1"),
        (QUOTED, "iso-8859-1", "cp1252"),
        (LIBRARY, "utf-8", "utf-8"),
        (LIBRARY, "iso-8859-1", "utf-8"),
    ],
)
def test_a_page_in_a_message_is_decoded_once(page: str, text: str, charset: str, encoding: str) -> None:
    body = page.format(charset=charset, text=text).encode(encoding, "ignore")
    expected = text.encode(encoding, "ignore").decode(encoding)
    assert read_email(RAW.format(charset=charset).encode() + body).text.endswith(expected)


def test_a_message_in_utf_16_is_read_in_it() -> None:
    body = encodebytes(f"<p>{LIBRARY}</p>".encode("utf-16"))
    sent = MAIL.format(charset="utf-16") + "Content-Transfer-Encoding: base64\r\n\r\n"
    assert read_email(sent.encode() + body).text.endswith(LIBRARY)


STORY = "The bridge was closed in May, and it will be opened again when the wall is dry. "


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<article>Read this next.</article><p>{story}</p>", "Read this next.\n\n{story}"),
        ("<div class=comments>{story}</div><p>They met at noon.</p>", "{story}\n\nThey met at noon."),
        ("<p><a href=1>The report</a> <a href=2>of May</a></p><div>{story}</div>", "The report of May\n\n{story}"),
        ("<p><a href=1>One</a><a href=2>Two</a><a href=3>Three</a></p><div>{story}</div>", "{story}"),
        ("<p>{story}<a href=1>May</a>, <a href=2>June</a>, <a href=3>July</a></p>", "{story} May, June, July"),
        ("<div>{story}</div><ul><li><a href=1>One</a><li><a href=2>Two</a><li><a href=3>Three</a></ul>", "{story}"),
        (
            "<p>It <a href=1>ends</a> at <a href=2>Osh</a>, <a href=3>Uzgen</a> and <a href=4>Kara-Suu</a>.</p>{story}",
            "It ends at Osh, Uzgen and Kara-Suu.\n\n{story}",
        ),
        (
            "<main><p>{story}</p><ul><li><a href=1>Osh</a><li><a href=2>Uzgen</a><li><a href=3>Batken</a></ul></main>",
            "{story}\n\nOsh\nUzgen\nBatken",
        ),
        ("<div class=share>Send it</div><main><p>{story}</p></main><p>More news</p>", "{story}"),
    ],
    ids=[
        "small article",
        "large comments",
        "two links",
        "menu",
        "links in text",
        "list",
        "sentence of links",
        "list in main",
        "main",
    ],
)
def test_what_is_called_furniture_is_judged_by_its_part_of_the_page(body: str, text: str) -> None:
    assert read_page(f"<html><body>{body.format(story=STORY)}</body></html>".encode()).text == text.format(
        story=STORY.strip()
    )


@pytest.mark.parametrize(
    ("figure", "text"),
    [
        ("<img src=a.png alt='a bridge'><figcaption>The <b>old</b> bridge</figcaption>", "The old bridge"),
        ("<table><tr><th>Town<th>Houses<tr><td>Osh<td>12</table>", "Town\tHouses\nOsh\t12"),
        ("<blockquote>It is dry.</blockquote><figcaption>The mayor</figcaption>", "It is dry.\nThe mayor"),
        ("<video src=a.mp4>Your browser shows no films.</video><audio>Nor sounds.</audio><embed alt=x>", ""),
        ("<map><area alt=x></map><svg><text>x</text></svg><object>Nor that.</object>", ""),
    ],
    ids=["caption", "table", "quote", "film", "drawing"],
)
def test_what_a_figure_says_is_text_and_what_stands_for_a_picture_is_not(figure: str, text: str) -> None:
    page = f"<html><body><p>{STORY}</p><figure>{figure}</figure></body></html>"
    assert read_page(page.encode()).text == f"{STORY.strip()}\n\n{text}".strip()


@pytest.mark.parametrize(
    "body", ["<details><summary>Hours</summary>On Mondays</details>", "<legend>Hours</legend>On Mondays"]
)
def test_what_opens_a_block_is_not_glued_to_its_text(body: str) -> None:
    assert read_page(f"<html><body>{body}</body></html>".encode()).text == "Hours On Mondays"
