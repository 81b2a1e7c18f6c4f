"""Recognise page furniture: the lines that a web page puts around an article and that answer nothing.

Each short line is judged, folded, by a phrase that fills it or most of it. A phrase among other words only makes a line
suspect ("all rights reserved" may occur in a contract): `qa.passages` then looks at the lines beside it. Lines
longer than LONGEST are text, whatever they contain.
"""

import re
from functools import cache

from embeddings.text import fold

LONGEST = 260  # characters
FILLED = 0.4  # of a line's words, those of phrases that make it furniture

# The line is this phrase and nothing else, numbers aside.
WHOLE = """
share | share this | facebook | twitter | facebook twitter linkedin | whatsapp | telegram | skip to main content | skip to content | share on | share this article | tweet | print | email | on | by | published | advertisement |
advertisements | ads | comments | no comments | related | related articles | latest | latest news | read more | menu |
search | home | log in | sign in | sign up | information | tags | back to top | post a comment | leave a reply
فيسبوك | تويتر | واتساب | تلغرام | شارك | شارك المقال | حصة هذه المادة | مشاركة | تم النشر | نشر | الإعلانات | إعلان | إعلانات | تعليقات | تعليق | التعليقات |
معلومات | اقرأ أيضا | اقرأ المزيد | وصل حديثا | آخر الأخبار | الأكثر قراءة | طباعة | الرئيسية | بحث | تسجيل الدخول | اتصل بنا
نظر | اشتراک | اشتراک گذاری | به اشتراک بگذارید | انتهای پیام | پایان پیام | کد مطلب | کد خبر | کد مطلب خبر | دیدگاه | دیدگاهها | نظرات |
تبلیغات | آگهی | بیشتر بخوانید | مطالب مرتبط | آخرین اخبار | ورود | خانه | جستجو | چاپ | پرینت | لینک کوتاه
поделиться | реклама | комментарии | комментариев | комментария | комментарий | читать также | читайте также |
читать далее | главная | поиск | войти | последние новости | распечатать
paylaş | reklam | yorumlar | yorum | yorum yap | devamını oku | ilgili haberler | ana sayfa | ara | giriş yap | son dakika
бөлісу | жарнама | пікірлер | пікір | толығырақ оқу | басты бет | іздеу | кіру | соңғы жаңалықтар
teilen | anzeige | werbung | kommentare | mehr lesen | lesen sie auch | startseite | suche | anmelden
partager | publicité | commentaires | lire aussi | lire la suite | accueil | rechercher | se connecter
"""
# The line contains this phrase, and little else.
PARTS = """
we use cookies | accept cookies | cookie policy | we use your sign up to provide content | unsubscribe at any time |
subscribe to our newsletter | leave a comment | all rights reserved | share this article | click here to |
follow us on | you must be logged in | contact us for more information | do not necessarily reflect
ملفات تعريف الارتباط | نستخدم تسجيلك | إلغاء الاشتراك في أي وقت | اشترك في النشرة | اترك تعليقا | أضف تعليقا |
من أجل ترك تعليقات | جميع الحقوق محفوظة | اتصل بنا للحصول على مزيد من المعلومات | اضغط هنا | تابعنا على | ليست بالضرورة مواقف |
لا تعبر بالضرورة عن
دیدگاهتان را بنویسید | دیدگاه خود را بنویسید | نظر خود را بنویسید | نظرتان را بنویسید | تمامی حقوق | کلیه حقوق | کوکی ها |
عضویت در خبرنامه | برای مشاهده کلیک کنید | ما را در شبکه های اجتماعی دنبال کنید
мы используем cookie | файлы cookie | подпишитесь на | отписаться в любое время | оставить комментарий |
все права защищены | подписывайтесь на нас | нажмите здесь
çerezleri kullan | çerez politikası | bültenimize abone | yorum bırak | tüm hakları saklıdır | bizi takip edin
cookie файлдарын | пікір қалдыру | барлық құқықтар қорғалған | бізге жазылыңыз
wir verwenden cookies | alle rechte vorbehalten | kommentar hinterlassen | newsletter abonnieren
nous utilisons des cookies | tous droits réservés | laisser un commentaire | abonnez vous à
"""


def is_furniture(line: str) -> bool:
    """Tell whether a line is page furniture, wherever it appears."""
    if len(line) > LONGEST:
        return False
    words = " ".join(fold(line).split())
    spelled = " ".join(word for word in words.split() if not word.isdigit())
    if not spelled:
        return bool(_VOTES.fullmatch(line.strip()))
    return spelled in _phrases(WHOLE) or _said(words) >= FILLED * len(words.split())


def may_be_furniture(line: str) -> bool:
    """Tell whether a line would be page furniture beside other furniture: it holds such a phrase among other words."""
    return len(line) <= LONGEST and _said(" ".join(fold(line).split())) > 0


def is_counter(line: str) -> bool:
    """Tell whether a line is nothing but a small number, as pages show of comments or shares."""
    return len(line) <= LONGEST and line.strip().isdecimal() and len(line.strip()) <= 3


_VOTES = re.compile(r"\d{1,3}\.\s+[+-]?\d{1,3}")  # the number of a comment and what its readers gave it


def _said(words: str) -> int:
    """Return how many words of a folded line belong to phrases of page furniture."""
    return sum(len(part.split()) for part in _phrases(PARTS) if part in words)


@cache
def _phrases(listed: str) -> frozenset[str]:
    phrases = listed.replace("\n", "|").split("|")
    return frozenset(" ".join(fold(phrase).split()) for phrase in phrases if phrase.strip())
