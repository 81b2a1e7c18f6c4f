"""Page furniture: lines that answer nothing are told from text, whatever their spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.documents import Document
from qa.furniture import LONGEST, is_counter, is_furniture, may_be_furniture
from qa.passages import split

FURNITURE = [
    "SHARE:", "Share this article", "شارك", "حصة هذه المادة:", "تم النشر", "on", "الإعلانات", "4 تعليقات", "معلومات",
    "وصــل حديــثاً", "انتهای پیام/*", "کد مطلب: 28617", "دیدگاهتان را بنویسید", "دیدگاه\u200cتان را بنویسید",
    "We use cookies to improve your experience.", "You can unsubscribe at any time.", "Leave a comment",
    "يمكنك إلغاء الاشتراك في أي وقت.", "اشترك في النشرة", "Поделиться", "3 комментария", "Все права защищены",
    "Paylaş", "Tüm hakları saklıdır.", "Пікір қалдыру", "Kommentare (12)", "Lire la suite", "Tous droits réservés",
    "Skip to main content", "فيسبوك", "1. 0", "3. +2",
]  # fmt: skip
TEXT = [
    "Kazakhstan shares a border with Russia.", "on Monday the president spoke", "1992", "2022", 
    "Kasachstan teilen sich zwei Mächte", "توکایف مخطئ بعض الشيء", "چرا این را نوشتیم", "مزيد من القوة للشعب",
    "The share of oil in exports is 60 percent.", "15 يوليو 2022 10:29", "كازاخستان", "Share prices fell in Astana",
    "All rights reserved to the Author in translations of this work into other languages.", "412", "1. Water supply",
    "تابعنا على مدى عشرين عاما تطور المدينة", "Партия призвала: подпишитесь на петицию до 5 мая в каждом городе",
    "Информация о выборах", "Haberlere göre seçim yapıldı", "کد جدید برای گوشی ها", "+7 727 258 00 00",
]  # fmt: skip


@pytest.mark.parametrize("line", FURNITURE)
def test_furniture_is_recognised(line: str) -> None:
    assert is_furniture(line)


@pytest.mark.parametrize("line", TEXT)
def test_text_is_not_furniture(line: str) -> None:
    assert not is_furniture(line)


@pytest.mark.parametrize("line", ["حصة هذه المادة", "دیدگاهتان را بنویسید", "share this"])
@pytest.mark.parametrize("change", [str.upper, lambda s: s.replace("ه", "ة"), lambda s: f"  «{s}»!", "\u0640".join])
def test_spelling_does_not_hide_furniture(line: str, change) -> None:
    assert is_furniture(change(line))


def test_a_long_line_is_text_whatever_it_contains() -> None:
    assert is_furniture("We use cookies. ".ljust(LONGEST, "x"))
    assert not is_furniture("We use cookies. ".ljust(LONGEST + 1, "x"))


@given(st.text(max_size=40))
def test_furniture_for_sure_is_furniture_beside_some(text: str) -> None:
    assert may_be_furniture(f"{text} we use cookies")
    assert not is_counter(f"{text}a")


def test_a_suspect_line_counts_only_beside_furniture() -> None:
    suspect = "The rights of the author, all rights reserved, are those of the law of the Netherlands."
    assert may_be_furniture(suspect)
    assert not is_furniture(suspect)
    body = "The agreement begins on the first day of May and ends when both sides say so in writing."
    passages = split(Document("a", "", "", f"{body}\n{suspect}\n\n{body} Again."))
    assert any(suspect in f"{body}\n{suspect}"[p.span.start : p.span.end] for p in passages)
    passages = split(Document("a", "", "", f"{body}\n\nShare\n{suspect}"))
    assert [p.span.end for p in passages] == [len(body)]


def test_a_bare_number_counts_only_by_itself() -> None:
    votes = "The result of the vote on the new law in the upper house of the parliament:\nYes\n412\nNo\n97"
    (passage,) = split(Document("a", "", "", votes))
    assert votes[passage.span.start : passage.span.end] == votes
    alone = "The headline of an article\n\n4\n\nThe article itself is a sentence of some length and begins here."
    assert [alone[p.span.start : p.span.end][:11] for p in split(Document("a", "", "", alone))] == [
        "The headlin",
        "The article",
    ]
