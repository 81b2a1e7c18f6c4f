"""Each format becomes the text that a reader of the file sees; the files in `files` are made by real programs."""

import io
import zipfile
from pathlib import Path

import pytest

from qa.documents import Document, read_document
from qa.extraction import Extractor
from qa.folder import SkipError
from qa.passages import split

FILES = Path(__file__).parent / "files"
TITLE = "گزارش سد کهنه"
DAM = (
    "سد کهنه در شمال دریاچه در سال ۱۳۵۲ ساخته شد و ظرفیت آن ۲۴۰ میلیون متر مکعب است. "
    "مهندسان می‌گویند که دیواره باید تا پایان تابستان بازسازی شود."
)
COST = "هزینه‌ی بازسازی 3.5 میلیارد تومان (حدود 120,000 دلار) برآورد شده و شرکت Kavir Beton Ltd پیمانکار آن خواهد بود."
LIBRARY = (
    "تأسست المكتبة عام 1923 في حيّ الصاغة، وكانت تضمّ ألفي مخطوطة نادرة جمعها التاجر إلياس بن حنّا خلال أسفاره. "
    "أُغلقت أبوابها بعد حريق شبّ في كانون الأول ١٩٥٨ وأُعيد افتتاحها في نيسان 1964."
)
BUDGET = (
    "تبلغ ميزانية الترميم 45,000 دولار (أي نحو 12٪ من الميزانية)، وتشرف عليها شركة "
    '"Nour Archive" منذ عام 2019. إن شاء الله.'
)


@pytest.fixture(scope="module")
def extractor():
    with Extractor() as extractor:
        yield extractor


def read(name: str, content: bytes | str, extractor: Extractor) -> Document:
    return read_document(name, content.encode() if isinstance(content, str) else content, "", extractor)


def read_file(name: str, extractor: Extractor) -> Document:
    return read(name, (FILES / name).read_bytes(), extractor)


def on_one_line(text: str) -> str:
    return " ".join(text.replace("\u200c", "").split())


def passages(document: Document) -> list[str]:
    return [document.text[passage.span.start : passage.span.end] for passage in split(document)]


def zipped(files: dict[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def test_a_pdf_of_an_office_program_is_read_in_the_order_of_its_letters(extractor: Extractor) -> None:
    document = read_file("dam.pdf", extractor)
    assert (document.title, document.format, len(document.date)) == (TITLE, "pdf", 10)
    text = on_one_line(document.text)
    for words in (DAM, COST, "ماهی‌های دریاچه در بهار از رودخانه بالا می‌روند و در پاییز باز می‌گردند."):
        assert on_one_line(words) in text


def test_a_printed_page_is_read_in_the_order_of_its_letters(extractor: Extractor) -> None:
    document = read_file("printed.pdf", extractor)
    first, second = document.text[: document.pages[1]], document.text[document.pages[1] :]
    assert on_one_line(first) == f"تقرير عن المكتبة {LIBRARY} {BUDGET}"
    persian = "این سطر فارسی است و «نقل قول» دارد، با سه عدد 10/12/2020 و 5:30 و ۱۴."
    assert on_one_line(second) == f"The word مكتبة stands in an English line. {persian}"


def test_what_a_browser_prints_around_a_page_is_no_text_of_it(extractor: Extractor) -> None:
    document = read_file("browser.pdf", extractor)  # made with Chromium, its header and footer on
    first, second = document.text[: document.pages[1]], document.text[document.pages[1] :]
    assert on_one_line(first) == (
        "ترميم الجسر القديم 3 آذار/مارس 2021 بدأت بلدية المدينة يوم الثلاثاء أعمال ترميم الجسر فوق النهر."
    )
    assert on_one_line(second) == "يستمر العمل ستة أشهر."
    assert (document.title, document.date) == ("ترميم الجسر القديم", "2021-03-03")  # not the day of printing


def test_a_pdf_keeps_its_pages(extractor: Extractor) -> None:
    document = read_file("dam.pdf", extractor)
    assert document.pages[0] == 0
    assert [document.page(document.text.index(words)) for words in ("ساخته شد", "رودخانه")] == [1, 2]


@pytest.mark.parametrize("name", ["dam.docx", "dam.odt"])
def test_a_text_document_is_read_with_its_tables_and_without_its_header(name: str, extractor: Extractor) -> None:
    document = read_file(name, extractor)
    assert (document.title, document.date, document.pages) == (TITLE, "2022-12-02", ())
    lines = [line for line in document.text.split("\n") if line]
    assert lines[:6] == [TITLE, DAM, COST, "شهر\tجمعیت", "یزد\t530000", "کرمان\t740000"]
    assert "سربرگ" not in document.text


@pytest.mark.parametrize(("name", "pages"), [("library.pptx", 2), ("library.odp", 0)])
def test_slides_are_read_with_their_notes(name: str, pages: int, extractor: Extractor) -> None:
    document = read_file(name, extractor)
    assert (document.title, document.date, len(document.pages)) == ("خطة المكتبة", "2023-04-05", pages)
    lines = [line for line in document.text.split("\n") if line]
    first = ["خطة المكتبة", "تأسست المكتبة عام 1923 في حي الصاغة.", "ملاحظة للمتحدث: اذكر الحريق."]
    assert lines == [*first, "الميزانية", "تبلغ الميزانية 45,000 دولار."]
    if pages:
        assert document.page(document.text.index("تبلغ")) == 2


PAGE = """<!doctype html><html lang="fa" dir="rtl"><head><meta charset="utf-8"><title>{title} | نشریه نمونه</title>
<meta property="article:published_time" content="2022-12-02T09:00:00+03:30">
<script>var x = '<p>script</p>';</script></head>
<body class="has-sidebar"><div class="cookie-banner">این سایت از کوکی استفاده می‌کند.</div>
<header><nav><ul><li><a href="/1">سیاست</a></li><li><a href="/2">ورزش</a></li></ul></nav></header>
<main><article><header><h1>{title}</h1></header><p class="share">Facebook Twitter</p><p>{dam}</p><p>{cost}</p>
<ul><li>نکته‌ی نخست درباره‌ی آب</li><li>نکته‌ی دوم درباره‌ی خاک</li></ul>
<table><tr><th>شهر</th><th>جمعیت</th></tr><tr><td>یزد</td><td>530000</td></tr></table><p hidden>پنهان</p></article>
<aside><a href="/3">پربازدیدترین خبر</a></aside></main>
<div><a href="/4">خبر دیگری درباره‌ی باران</a> <a href="/5">گزارشی از بازار ارز</a> <a href="/6">باز هم خبر</a></div>
<footer>تمامی حقوق محفوظ است</footer></body></html>"""


def test_a_web_page_is_its_main_text_with_headline_and_date(extractor: Extractor) -> None:
    document = read("p.html", PAGE.format(title=TITLE, dam=DAM, cost=COST), extractor)
    assert (document.title, document.date) == (TITLE, "2022-12-02")
    points = "نکته‌ی نخست درباره‌ی آب\nنکته‌ی دوم درباره‌ی خاک"
    assert document.text == f"{TITLE}\n\n{DAM}\n\n{COST}\n\n{points}\nشهر\tجمعیت\nیزد\t530000"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (
            "<h1>Note</h1><p>The key is under the pot.<br>Do not tell.</p>",
            "Note\n\nThe key is under the pot.\nDo not tell.",
        ),
        ("<form><div id=content><p>All of it is a form.</p></div></form>", "All of it is a form."),
        ("<div class=sidebar><p>All of it is called a sidebar.</p></div>", "All of it is called a sidebar."),
        ("<ul><li><a href=1>one</a><li><a href=2>two</a><li><a href=3>three</a></ul>", "one\ntwo\nthree"),
        ("<table><tr><td><p>City<td><p><b>Yazd</b><tr><td><p>Hats<td>3</table>", "City\tYazd\nHats\t3"),
        ("<article>First post.</article><article>Second post.</article>", "First post.\nSecond post."),
    ],
)
def test_a_page_of_any_kind_keeps_its_text(body: str, text: str, extractor: Extractor) -> None:
    assert read("p.html", f"<html><body>{body}</body></html>", extractor).text == text


def test_f4_a_page_in_the_encoding_that_it_names(extractor: Extractor) -> None:
    page = f'<html><head><meta http-equiv="Content-Type" content="text/html; charset=windows-1256"></head><p>{LIBRARY}'
    assert read("p.htm", page.encode("cp1256", "ignore"), extractor).text.startswith("تأسست المكتبة عام 1923 في حيّ")


def book(chapters: dict[str, str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    items = "".join(f'<item id="c{n}" href="{name}" media-type="x"/>' for n, name in enumerate(chapters))
    spine = "".join(f'<itemref idref="c{n}"/>' for n in range(len(chapters)))
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>'
        f"<dc:title>{TITLE}</dc:title><dc:date>2020-05-06</dc:date></metadata>"
        f"<manifest>{items}</manifest><spine>{spine}</spine></package>"
    )
    container = '<container><rootfiles><rootfile full-path="OEBPS/b.opf"/></rootfiles></container>'.replace(
        "<container", '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"'
    )
    pages = {f"OEBPS/{name}": f"<html><body>{text}</body></html>" for name, text in reversed(chapters.items())}
    return zipped({"META-INF/container.xml": container, "OEBPS/b.opf": package, **pages}, method)


def test_a_book_is_read_in_the_order_of_its_spine(extractor: Extractor) -> None:
    document = read("b.epub", book({"two.xhtml": f"<p>{DAM}</p>", "one.xhtml": f"<p>{COST}</p>"}), extractor)
    assert (document.title, document.date) == (TITLE, "2020-05-06")
    assert document.text == f"{DAM}\n\n{COST}"


MAIL = """From: =?utf-8?B?2LPYp9ix2Kc=?= <sara@example.com>
To: office@example.com
Subject: =?utf-8?B?2LPYryDaqdmH2YbZhw==?=
Date: Fri, 02 Dec 2022 09:00:00 +0330
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: {kind}; charset={charset}
Content-Transfer-Encoding: 8bit

{body}
--b
Content-Type: application/pdf
Content-Disposition: attachment; filename=x.pdf

data
--b--
"""


@pytest.mark.parametrize(
    ("kind", "body"), [("text/plain", DAM), ("text/html", f"<style>p {{}}</style><p>{DAM}</p>")], ids=["text", "html"]
)
@pytest.mark.parametrize("charset", ["utf-8", "nonsense"])
def test_a_message_is_its_subject_sender_date_and_body(
    kind: str, body: str, charset: str, extractor: Extractor
) -> None:
    document = read("m.eml", MAIL.format(kind=kind, charset=charset, body=body), extractor)
    assert (document.title, document.date, document.note) == ("سد کهنه", "2022-12-02", "attachments not read: 1")
    assert document.text.split("\n\n")[0] == "سد کهنه"
    assert "From: سارا <sara@example.com>" in document.text
    assert document.text.endswith(DAM)


def test_subtitles_are_what_is_said(extractor: Extractor) -> None:
    first = "1\n00:00:01,000 --> 00:00:03,500\n<i>سلام.</i>\n\n"
    said = first + "2\n00:00:04,000 --> 00:00:06,000 position:50%\nچند سال گذشت؟\n1352\n"
    assert read("s.srt", said.replace("\n", "\r\n"), extractor).text == "سلام.\nچند سال گذشت؟\n1352"
    assert read("s.vtt", "WEBVTT\n\n00:01.000 --> 00:03.500\nHello.\n", extractor).text == "Hello."


def test_subtitles_of_the_web_are_what_is_said_and_nothing_beside_it(extractor: Extractor) -> None:
    head = (
        "WEBVTT - Talk\nKind: captions\nLanguage: en\n\nSTYLE\n::cue { color: lime }\n\nNOTE Made by hand,\nin May.\n\n"
    )
    first = "00:00:00.320 --> 00:00:02.000 align:start position:0%\nThe<00:00:00.560><c> well</c><00:00:00.880> is\n\n"
    second = "00:00:02.000 --> 00:00:04.000\n<v Sara>NOTE that it is deep.</v>\n"
    assert read("s.vtt", head + first + second, extractor).text == "The well is\nNOTE that it is deep."


@pytest.mark.parametrize("suffix", [".pdf", ".docx", ".odt", ".pptx", ".xlsx", ".xls", ".epub", ".json", ".jsonl"])
def test_a_file_that_only_has_the_name_is_skipped_with_a_reason(suffix: str, extractor: Extractor) -> None:
    for content in (b"", b"just words, no format", b"PK\x03\x04 broken", bytes(range(256))):
        with pytest.raises(SkipError, match=r"damaged|JSON|no text|not text"):
            read(f"a{suffix}", content, extractor)
