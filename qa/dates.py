"""Find the date of a text whose metadata has none: in its opening lines, on its own or in a dateline.

A date within a sentence is about something else. Where there is doubt, none is better than a wrong one: dates without
a year, days and months that may be swapped, texts that open with many dates, days in the future.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from embeddings.text import fold

OPENING = 1500  # characters
LINES = 12
LONGEST = 120  # characters of a line that says when a text was published
BESIDE = 2  # other words on the line of a date on its own: a place, an agency
TOLD = 8  # other words where one of them says that it is the date of publication
MANY = 3  # different dates are about events, not about the text
EARLIEST = 1800
SOLAR = range(1300, 1500)  # years of the Persian calendar

# The months in their order, each language on a line of its own; where a month has several names they share a place.
_GREGORIAN = """
january february march april may june july august september october november december
jan feb mar apr may jun jul aug sep/sept oct nov dec
январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь
января февраля марта апреля мая июня июля августа сентября октября ноября декабря
янв фев мар апр май июн июл авг сен/сент окт ноя/нояб дек
қаңтар ақпан наурыз сәуір мамыр маусым шілде тамыз қыркүйек қазан қараша желтоқсан
қаңтары ақпаны наурызы сәуірі мамыры маусымы шілдесі тамызы қыркүйегі қазаны қарашасы желтоқсаны
ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık
يناير فبراير مارس أبريل/ابريل مايو يونيو/يونيه يوليو/يوليه أغسطس سبتمبر أكتوبر نوفمبر ديسمبر
كانون_الثاني شباط آذار نيسان أيار حزيران تموز آب أيلول تشرين_الأول تشرين_الثاني كانون_الأول
جانفي فيفري مارس أفريل ماي جوان جويلية أوت سبتمبر أكتوبر نوفمبر ديسمبر
يناير فبراير مارس أبريل ماي يونيو يوليوز غشت شتنبر أكتوبر نونبر دجنبر
ژانویه فوریه مارس آوریل/اپریل مه/می ژوئن/جون ژوئیه/جولای اوت/آگوست سپتامبر اکتبر نوامبر دسامبر
januar februar märz april mai juni juli august september oktober november dezember
janvier février mars avril mai juin juillet août septembre octobre novembre décembre
enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
"""
_SOLAR = """
فروردین اردیبهشت خرداد تیر مرداد/امرداد شهریور مهر آبان آذر دی بهمن اسفند
حمل ثور جوزا سرطان اسد سنبله میزان عقرب قوس جدی دلو حوت
"""
# Words beside a date that make it the date of publication, and words that mean nothing there.
_PUBLISHED = """
published posted updated date dated publication released issued modified
опубликовано дата обновлено публикации жарияланды жарияланған күні yayınlanma yayımlanma yayın tarihi tarih güncelleme
نشر النشر نشرت تاريخ التاريخ آخر تحديث صدر انتشار تاریخ منتشر بروزرسانی veröffentlicht stand datum aktualisiert
publié publiée mis jour date publicado fecha
"""
_EMPTY = """
on at by the of in um uhr à le h am pm utc gmt est г года год в от ж жыл жылы saat günü ساعت روز مورخ م في الساعة يوم
monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun
понедельник вторник среда четверг пятница суббота воскресенье
pazartesi salı çarşamba perşembe cuma cumartesi pazar дүйсенбі сейсенбі сәрсенбі бейсенбі жұма сенбі жексенбі
الاثنين الإثنين الثلاثاء الأربعاء الخميس الجمعة السبت الأحد
شنبه یکشنبه یک‌شنبه دوشنبه دو‌شنبه سه شنبه سه‌شنبه چهارشنبه چهار‌شنبه پنجشنبه پنج‌شنبه جمعه
montag dienstag mittwoch donnerstag freitag samstag sonntag lundi mardi mercredi jeudi vendredi samedi dimanche
"""
_LEADING = "in on at since until from by в на с к до от في منذ قبل بعد در از تا am im seit le en el depuis".split()


@dataclass(frozen=True, slots=True)
class _Found:
    """A date in a line, and where it is there."""

    day: date
    start: int
    end: int


def find_date(text: str, today: date | None = None) -> str:
    """Return the day on which a text says it was published as YYYY-MM-DD, an empty string where it does not say."""
    latest = (today or date.today()) + timedelta(days=1)  # somewhere it is tomorrow already
    opening = unicodedata.normalize("NFC", text[:OPENING])
    lines = [line.strip(" \t#*_>") for line in opening.splitlines()]
    lines = [line for line in lines if any(map(str.isalnum, line))][:LINES]
    told = [_own_date(line, opening, headline=not place) for place, line in enumerate(lines)]
    days = list(dict.fromkeys(day for day in told if day and day.year >= EARLIEST and day <= latest))
    return days[0].isoformat() if 0 < len(days) < MANY else ""


def _own_date(line: str, opening: str, *, headline: bool) -> date | None:
    """Return the date of a line that says when the text was published."""
    for found in _dates(line, opening):
        if len(line) <= LONGEST and _stands_alone(line, found, headline=headline):
            return found.day
        if not headline and _is_dateline(line[: found.start], line[found.end :]):
            return found.day
    return None


def _stands_alone(line: str, found: _Found, *, headline: bool) -> bool:
    before, after = re.split(r"[|•·\t]", line[: found.start])[-1], re.split(r"[|•·\t]", line[found.end :])[0]
    beside = [word for word in fold(f"{before} {after}").split() if not word.isdecimal()]
    left = [word for word in beside if word not in _words(_EMPTY)]
    published = any(word in _words(_PUBLISHED) for word in left)
    least = BESIDE if not headline and not before.strip().lower().startswith(tuple(f"{w} " for w in _LEADING)) else 0
    return len(left) <= (TOLD if published else least)


def _is_dateline(before: str, after: str) -> bool:
    """Tell whether a line begins with a place and the date, set off from the text."""
    place = re.fullmatch(r"\s*([^\W\d_][^.!?:;]{1,60}?)\s*[,،(\-–—/]\s*", before)
    if place is None or len(words := place[1].split()) > 5 or words[0].lower() in _LEADING or words[0][0].islower():
        return False
    return bool(re.match(r"\s*(?:г\.|года|м)?\s*(?:\([^()]{1,40}\)|/[^/]{1,40}/|\))?\s*[-–—:.]", after))


def _dates(line: str, opening: str) -> Iterator[_Found]:
    """Yield the dates of a line in order, without those that can be read in two ways."""
    plain = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in line)
    found = [*_numeric(plain, opening), *_named(plain)]
    yield from sorted(found, key=lambda one: one.start)


_YEAR_FIRST = re.compile(r"(?<![\d.,/-])(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?![\d/-]|[.,]\d)")
_YEAR_LAST = re.compile(r"(?<![\d.,/-])(\d{1,2})([-/.])(\d{1,2})\2(\d{4})(?![\d/-]|[.,]\d)")
_PERSIAN = re.compile("[پچژگ]")


def _numeric(plain: str, opening: str) -> Iterator[_Found]:
    for match in _YEAR_FIRST.finditer(plain):
        year, month, day = int(match[1]), int(match[3]), int(match[4])
        yield from _checked(match, year, month, day, solar=bool(_PERSIAN.search(opening)) and year < EARLIEST)
    for match in _YEAR_LAST.finditer(plain):
        first, second, year = int(match[1]), int(match[3]), int(match[4])
        latin = sum(c.isascii() for c in opening if c.isalpha()) * 2 > sum(map(str.isalpha, opening))
        if first > 12 or match[2] == "." or not latin or first == second:
            yield from _checked(match, year, second, first)
        elif second > 12:
            yield from _checked(match, year, first, second)


def _named(plain: str) -> Iterator[_Found]:
    for pattern in _patterns():
        for match in pattern.finditer(plain):
            month, solar = _months()[" ".join(fold(match["month"]).split())]
            yield from _checked(match, int(match["year"]), month, int(match["day"]), solar=solar)


def _checked(match: re.Match[str], year: int, month: int, day: int, *, solar: bool = False) -> Iterator[_Found]:
    try:
        if solar and year in SOLAR:
            from persiantools.jdatetime import JalaliDate

            day_found: date = JalaliDate(year, month, day).to_gregorian()  # type: ignore[no-untyped-call]
            yield _Found(day_found, match.start(), match.end())
        elif not solar and year >= EARLIEST:
            yield _Found(date(year, month, day), match.start(), match.end())
    except ValueError:  # there is no such day
        return


@cache
def _months() -> dict[str, tuple[int, bool]]:
    """Return the number of each month by its folded name, and whether it is one of the Persian calendar."""
    found: dict[str, tuple[int, bool]] = {}
    for listed, solar in ((_GREGORIAN, False), (_SOLAR, True)):
        for line in listed.strip().splitlines():
            for number, names in enumerate(line.split(), start=1):
                for name in names.split("/"):
                    found[" ".join(fold(name.replace("_", " ")).split())] = number, solar
    return found


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    names = {name.replace("_", " ") for name in re.split(r"[\s/]+", _GREGORIAN + _SOLAR) if name}
    listed = sorted((re.escape(form).replace("\\ ", r"\s+") for name in names for form in _spellings(name)), key=len)
    month = rf"(?P<month>{'|'.join(reversed(listed))})\.?"
    day = r"(?<![\d./:,-])(?P<day>\d{1,2})(?:st|nd|rd|th|er|-?го)?\.?"
    year = r"(?P<year>\d{4})(?![\d/])"
    again = rf"(?:\s*[/(]\s*(?:{'|'.join(reversed(listed))})\s*\)?)?"  # Arabic names the month twice
    of, then = r"\s*(?:de\s|of\s|من\s|-)?\s*", r"\s*(?:de\s|of\s|ماه\s|عام\s|سنة\s|سال\s|-)?,?\s*"
    return (
        re.compile(rf"{day}{of}{month}{again}{then}{year}", re.I),
        re.compile(rf"(?<!\w){month}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+{year}", re.I),
        re.compile(rf"(?<!\d)(?P<year>\d{{4}})\s*(?:жыл\w*|ж\.|йил\w*)\s*(?P<day>\d{{1,2}})[\s-]*{month}(?!\w)", re.I),
    )


def _spellings(name: str) -> set[str]:
    """Return how a month is spelt: Arabic and Persian letters are exchanged, and hamzas left out."""
    forms = {name, name.translate(str.maketrans("أإآ", "ااا"))}
    exchanged = (str.maketrans("يك", "یک"), str.maketrans("یک", "يك"))
    return forms | {form.translate(letters) for form in forms for letters in exchanged}


@cache
def _words(listed: str) -> frozenset[str]:
    return frozenset(fold(listed).split())
