"""The date of a text: how it may be written, where it may stand, and what is not taken for it."""

import zipfile
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.dates import _GREGORIAN, _SOLAR, find_date
from qa.documents import read_document
from tests.conftest import SEEDS

TODAY = date(2024, 6, 1)
HEADLINE = "The bridge over the river is open again"


def found(line: str, headline: str = HEADLINE) -> str:
    return find_date(f"{headline}\n\n{line}\n\nThe ferry will stop in summer. Nobody will miss it.", TODAY)


@pytest.mark.parametrize(
    "line",
    [
        "3 March 2021",
        "March 3, 2021",
        "Mar. 3, 2021 at 14:05",
        "Wednesday, 3rd of March 2021",
        "By Ann Lee | 3 March 2021 | 4 min read",
        "**3 March 2021**",
        "2021-03-03T10:00:00Z",
        "date: 2021-03-03",
        "2021/03/03",
        "03.03.2021, 14:05",
        "3. März 2021",
        "le 3 mars 2021",
        "3 de marzo de 2021",
        "Опубликовано 3 марта 2021 г. в 14:05",
        "среда, 3 марта 2021",
        "2021 жылғы 3 наурыз",
        "3 наурыз 2021",
        "3 Mart 2021 Çarşamba",
        "3 MART 2021",
        "3 مارس 2021",
        "٣ آذار ٢٠٢١",
        "تم النشر في 3 مارس/آذار 2021",
        "3 اذار (مارس) 2021",
        "۱۳ اسفند ۱۳۹۹ - ۱۰:۳۰",
        "تاریخ انتشار: چهارشنبه ۱۳ اسفند ۱۳۹۹ ساعت ۱۰:۳۰",
        "13 اسفند 1399",
        "۱۳۹۹/۱۲/۱۳ گزارش",
        "۳ مارس ۲۰۲۱",
        "13 حوت 1399",
        "ALMATY, 3 March 2021 — The bridge was opened after two years of work, the mayor said, and the ferry stops.",
        "PARIS, March 3, 2021 (AFP) - The bridge was opened after two years of work, the mayor said to the reporters.",
        "АЛМАТЫ, 3 марта 2021 г. — Мост открыли после двух лет работы, сообщил мэр, и паром больше ходить не будет.",
        "الرياض، 3 مارس 2021 (واس) - افتتح الجسر بعد عامين من العمل كما قال رئيس البلدية للصحفيين في المؤتمر.",
        "تهران - ۱۳ اسفند ۱۳۹۹ - پل پس از دو سال کار گشوده شد و شهردار گفت که دیگر به قایق نیازی نیست.",
    ],
)
def test_the_day_is_read_as_it_may_be_written(line: str) -> None:
    assert found(line) == "2021-03-03"


@pytest.mark.parametrize(
    "line",
    [
        "On 24 February 2022 the bridge was closed.",
        "The 3 March 2021 agreement between two cities",
        "In Osh, 3 March 2021 - the day of the flood - is remembered by everybody who lived near the river.",
        "The mayor was born on 3 March 1961 in a village that is now part of the city.",
        "Мост закрыли 3 марта 2021 года, и с тех пор ходит паром.",
        "در ۱۳ اسفند ۱۳۹۹ پل بسته شد و مردم با قایق رفت و آمد کردند.",
        "05/04/2021",
        "bus to Osh, 3 March 2021 - the first trip over the bridge that was opened again for everybody",
        "31/02/2021",
        "31 April 2021",
        "30 اسفند 1400",
        "12 رجب 1444",
        "1444/07/12",
        "10 May",
        "03.03.21",
        "version 2021.03.03.1",
        "3 June 2024",
        "3 March 1621",
        "11 آذر 1201",
    ],
)
def test_what_is_not_surely_the_day_is_not_taken(line: str) -> None:
    assert found(line) == ""


def test_a_headline_about_a_day_is_not_the_day_of_the_text() -> None:
    assert find_date("After 24 February 2022\n\nNothing was as before.", TODAY) == ""
    assert find_date("The war of 24 February 2022\n\nNothing was as before.", TODAY) == ""
    assert find_date("24 February 2022\n\nNothing was as before.", TODAY) == "2022-02-24"


def test_it_may_be_tomorrow_somewhere_and_not_later() -> None:
    assert found("2 June 2024") == "2024-06-02"
    assert found("3 June 2024") == ""
    assert find_date(f"{date.today() + timedelta(days=3):%d %B %Y}") == ""


def test_of_publication_and_correction_the_first_counts() -> None:
    assert found("Published 3 March 2021, updated 5 March 2021") == "2021-03-03"
    assert found("3 March 2021\nUpdated: 5 March 2021") == "2021-03-03"


def test_a_text_that_opens_with_many_days_tells_of_them() -> None:
    assert found("3 March 2021\n4 March 2021\n5 March 2021") == ""


def test_only_the_opening_lines_count() -> None:
    assert found("\n".join(["A line that tells of the bridge."] * 12 + ["3 March 2021"])) == ""
    assert found("word " * 300 + "\n3 March 2021") == ""


def test_a_day_and_month_that_may_be_exchanged_are_read_where_the_script_tells_their_order() -> None:
    assert find_date("Мост через реку снова открыт\n\n05/04/2021\n\nПаром летом не ходит.", TODAY) == "2021-04-05"
    assert find_date("إعادة فتح الجسر فوق النهر\n\n05/04/2021\n\nتوقفت العبارة.", TODAY) == "2021-04-05"
    assert found("04/25/2021") == found("25/04/2021") == "2021-04-25"
    assert found("04/04/2021") == "2021-04-04"
    assert find_date("پل قدیمی چوبی باز شد\n\n2021/03/04\n\nقایق نمی‌آید.", TODAY) == "2021-03-04"


@pytest.mark.parametrize(
    ("solar", "day"),
    [
        ("۱ فروردین ۱۴۰۰", "2021-03-21"),
        ("۳۰ اسفند ۱۳۹۹", "2021-03-20"),
        ("۳۱ شهریور ۱۴۰۱", "2022-09-22"),
        ("۱ مهر ۱۴۰۱", "2022-09-23"),
        ("۲۲ بهمن ۱۳۵۷", "1979-02-11"),
        ("۱۱ آذر ۱۴۰۱", "2022-12-02"),
    ],
)
def test_days_of_the_persian_calendar(solar: str, day: str) -> None:
    assert found(solar) == day


MONTHS = [
    (number, name.replace("_", " "), solar)
    for listed, solar in ((_GREGORIAN, False), (_SOLAR, True))
    for line in listed.strip().splitlines()
    for number, names in enumerate(line.split(), start=1)
    for name in names.split("/")
]


@given(st.sampled_from(MONTHS), st.integers(1, 28), st.integers(1950, 2023))
def test_every_month_is_read_by_every_name(month: tuple[int, str, bool], day: int, year: int) -> None:
    number, name, solar = month
    if solar:
        first = [date.fromisoformat(found(f"{day} {name} {year - 621}")) for day in (1, day)]
        assert (first[1] - first[0]).days == day - 1
        assert first[0].month == (number + 1) % 12 + 1
    else:
        assert found(f"{day} {name} {year}") == date(year, number, day).isoformat()


@given(st.text(max_size=400))
def test_any_text_has_a_day_or_none(text: str) -> None:
    day = find_date(text, TODAY)
    assert day == "" or date.fromisoformat(day) <= TODAY + timedelta(days=1)


def test_of_the_seeds_one_tells_its_day() -> None:
    dates = [find_date(file.read_text("utf-8-sig")) for file in sorted(SEEDS.glob("*.txt"))]
    assert dates == ["", "", "2022-12-02", "", ""]


def test_the_day_in_a_text_goes_before_that_of_its_file(tmp_path: Path) -> None:
    def written(opening: str) -> bytes:
        core = "<c xmlns:t='http://purl.org/dc/terms/'><t:created>2026-11-22T10:00:00Z</t:created></c>"
        lines = "".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in ("The bridge", opening, "It opened."))
        body = f"<w:d xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'>{lines}</w:d>"
        with zipfile.ZipFile(tmp_path / "a.docx", "w") as archive:
            archive.writestr("docProps/core.xml", core)
            archive.writestr("word/document.xml", body)
        return (tmp_path / "a.docx").read_bytes()

    assert read_document("a.docx", written("3 March 2021"), "").date == "2021-03-03"  # printed or saved years later
    assert read_document("a.docx", written("No day here"), "").date == "2026-11-22"


def test_metadata_go_before_the_text_and_tables_tell_none() -> None:
    page = b'<html><head><meta name="date" content="2020-01-01"></head><body><p>%s</p><p>It opened.</p></body></html>'
    assert read_document("a.html", page % b"3 March 2021", "").date == "2020-01-01"
    assert read_document("a.txt", b"The bridge\n\n3 March 2021\n\nIt opened.", "").date == "2021-03-03"
    assert read_document("a.csv", b"published,name\n3 March 2021,bridge\n", "").date == ""
