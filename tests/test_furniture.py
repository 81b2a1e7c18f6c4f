"""Page furniture: lines that answer nothing are told from text, whatever their spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.furniture import LONGEST, is_furniture

FURNITURE = [
    "SHARE:", "Share this article", "شارك", "حصة هذه المادة:", "تم النشر", "on", "الإعلانات", "4 تعليقات", "معلومات",
    "وصــل حديــثاً", "انتهای پیام/*", "کد مطلب: 28617", "دیدگاهتان را بنویسید", "دیدگاه\u200cتان را بنویسید",
    "We use cookies to improve your experience.", "You can unsubscribe at any time.", "Leave a comment",
    "يمكنك إلغاء الاشتراك في أي وقت.", "اشترك في النشرة", "Поделиться", "3 комментария", "Все права защищены",
    "Paylaş", "Tüm hakları saklıdır.", "Пікір қалдыру", "Kommentare (12)", "Lire la suite", "Tous droits réservés",
    "4", "+2", "-2", "1.", "***", "—", "12 | 3",
]  # fmt: skip
TEXT = [
    "Kazakhstan shares a border with Russia.", "on Monday the president spoke", "1992", "2022", 
    "Kasachstan teilen sich zwei Mächte", "توکایف مخطئ بعض الشيء", "چرا این را نوشتیم", "مزيد من القوة للشعب",
    "The share of oil in exports is 60 percent.", "15 يوليو 2022 10:29", "كازاخستان", "Share prices fell in Astana",
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
def test_a_line_without_letters_or_digits_is_furniture(text: str) -> None:
    assert is_furniture("".join(c for c in text if not c.isalnum() and not c.isprintable()))
