"""What cutting makes of the seeds: paragraphs without page furniture, each text once."""

import re
from pathlib import Path

import pytest

from qa.documents import Document, read_document
from qa.folder import digest_of
from qa.passages import SHORTEST, split
from qa.sentences import LONGEST
from tests.conftest import SEEDS
from tests.test_passages import cut, words


def seed(number: int) -> Document:
    file = sorted(SEEDS.glob("*.txt"))[number]
    content = file.read_bytes()
    return read_document(file.name, content, digest_of(content))


def test_the_titles_of_the_seeds_are_their_headlines() -> None:
    assert [seed(number).title for number in range(5)] == [
        "گورباچف قزاق؟ چرا برخی از توکایف انتظار تغییر دارند؟",
        "الديمقراطية في آسيا الوسطى في طور التكوين",
        "قزاقستان هم از کف پوتین پرید",
        "بايدن يراهن على توكاييف",
        "فخ كازاخستان: نور سلطان بين روسيا والغرب الجماعي",
    ]


FURNITURE = [
    "دیدگاهتان را بنویسید", "انتهای پیام/*", "کد مطلب: 28617", "اتصل بنا للحصول على مزيد من المعلومات", "SHARE:",
    "تم النشر", "نستخدم تسجيلك لتقديم المحتوى", "يمكنك إلغاء الاشتراك في أي وقت", "الإعلانات", "حصة هذه المادة:",
    "ينشر برنامج EU Reporter مقالات", "وصــل حديــثاً", "4 تعليقات", "من أجل ترك تعليقات على المنشور", "\nمعلومات\n",
]  # fmt: skip


@pytest.mark.parametrize("line", FURNITURE)
def test_no_passage_of_the_seeds_holds_page_furniture(line: str) -> None:
    pages = [seed(number) for number in range(5)]
    assert any(line in page.text for page in pages)
    assert [shown for page in pages for shown in cut(page) if line in shown] == []


def test_the_section_that_stands_twice_in_a_seed_is_one_passage() -> None:
    page = seed(0)
    found = [p for p in split(page) if "در بحبوحه حمله" in words(page, p.span)]
    assert [words(page, span).split()[:3] for span in found[0].repeats] == [
        ["چرا", "این", "را"],
        ["در", "بحبوحه", "حمله"],
    ]
    assert len(found) == 1


@pytest.mark.parametrize("number", range(5))
def test_passages_of_the_seeds_are_paragraphs_of_200_to_1000_characters(number: int) -> None:
    sizes = [passage.span.end - passage.span.start for passage in split(seed(number))]
    assert max(sizes) <= LONGEST
    assert sum(size < SHORTEST for size in sizes) <= 3
    assert min(sizes) > 100


def test_reader_comments_stand_apart_from_the_article_and_from_each_other() -> None:
    found = cut(seed(4))
    comments = [text for text in found if re.match(r"15 يوليو 2022 \d\d:\d\d\n", text)]
    assert len(comments) == 4
    assert all(text.count("15 يوليو") == (text in comments) for text in found)


@pytest.mark.parametrize("file", sorted(SEEDS.glob("*.txt")), ids=lambda file: Path(file).stem[:3])
def test_all_letters_of_a_seed_but_furniture_and_title_are_in_passages(file: Path) -> None:
    content = file.read_bytes()
    page = read_document(file.name, content, digest_of(content))
    spans = [s for passage in split(page) for s in (passage.span, *passage.repeats)]
    assert sum(s.end - s.start for s in spans) > 0.85 * len(page.text)
