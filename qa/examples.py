"""Questions to try, about the documents that Sanad comes with."""

from collections.abc import Iterable
from dataclasses import dataclass

from qa.tables import Listed


@dataclass(frozen=True, slots=True)
class Example:
    """A question to try, and the path of the document that answers it."""

    language: str
    question: str
    document: str


EXAMPLES = (
    Example("en", "What did a storm in March damage?", "004_54b42a50ae65c283.txt"),
    Example("ru", "Какое соглашение о партнёрстве заключено с Европейским союзом?", "001_bebae4cf14fa5b29.txt"),
    Example("kk", "Ауыл әкімдерін халық тікелей сайлай ма?", "003_a2fb5b04f03751af.txt"),
    Example("tr", "Şi Cinping Kazakistan'ın toprak bütünlüğü hakkında ne dedi?", "002_17b2b5dd5e8b691f.txt"),
    Example(
        "ar", "كم دولة في الاتحاد الأوروبي يمكنها الاعتماد على توكاييف في أزمة الطاقة؟", "004_54b42a50ae65c283.txt"
    ),
    Example("fa", "توکایف در سال ۱۹۹۲ چه مقامی داشت؟", "003_a2fb5b04f03751af.txt"),
)


def fitting(documents: Iterable[Listed]) -> list[Example]:
    """Return the examples that one of the documents answers."""
    paths = {document.path for document in documents}
    return [example for example in EXAMPLES if example.document in paths]
