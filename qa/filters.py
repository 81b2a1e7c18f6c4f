"""Which documents and passages a question searches: by path, language and date."""

import fnmatch
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from embeddings.parts import Mask
from embeddings.ragged import Ints
from qa.errors import QuestionError
from qa.tables import Listed

_WORDS = re.compile(r'(?<!\S)(document|language|after|before):("[^"]*"|\S+)', re.IGNORECASE)
_LANGUAGE = re.compile("[a-z]{2,3}")
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?")


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions that passages must meet: one of the patterns, one of the languages, and both dates.

    `documents` are parts of paths, or patterns with * and ?; `languages` are ISO 639 codes. `after` is the first day
    that fits and `before` the first that no longer does, both as YYYY-MM-DD; a document without a date fits neither.
    """

    documents: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    after: str = ""
    before: str = ""

    @classmethod
    def of(
        cls, documents: Sequence[str] = (), languages: Sequence[str] = (), after: str = "", before: str = ""
    ) -> "Filter":
        """Return the filter that a user typed, where a date may be a year or a month.

        Raise QuestionError where a language or date is invalid, or no day is left.
        """
        patterns = tuple(pattern for pattern in map(str.strip, documents) if pattern)
        wanted = cls(patterns, tuple(map(_language, languages)), _day(after, "after"), _day(before, "before"))
        if wanted.after and wanted.before and wanted.after >= wanted.before:
            raise QuestionError(f"No day is both from {wanted.after} on and before {wanted.before}: swap the two.")
        return wanted

    @property
    def conditions(self) -> tuple["Filter", ...]:
        """The filter taken apart into one filter for each kind of condition; none where it leaves nothing out."""
        kinds = (
            Filter(documents=self.documents),
            Filter(languages=self.languages),
            Filter(after=self.after, before=self.before),
        )
        return tuple(kind for kind in kinds if kind)

    def __bool__(self) -> bool:
        return self != EVERYTHING

    def passages(self, documents: Sequence[Listed], owners: Ints, languages: npt.NDArray[np.bytes_]) -> Mask:
        """Return which passages fit, given for each the number of its document and its language. Shapes (passages,)."""
        fits = np.array([self._fits(document) for document in documents], bool)  # (documents,)
        mask: Mask = fits[owners]
        if self.languages:
            mask &= np.isin(languages, np.array([code.encode() for code in self.languages]))
        return mask

    def _fits(self, document: Listed) -> bool:
        dated = not (self.after or self.before) or bool(document.date)
        late = not self.before or document.date < self.before
        named = not self.documents or any(_names(pattern, document.path) for pattern in self.documents)
        return dated and late and document.date >= self.after and named

    def __str__(self) -> str:
        conditions = [("document", pattern) for pattern in self.documents]
        conditions += [("language", code) for code in self.languages]
        conditions += [(name, day) for name, day in (("after", self.after), ("before", self.before)) if day]
        return " ".join(f'{name}:"{value}"' if " " in value else f"{name}:{value}" for name, value in conditions)


EVERYTHING = Filter()


def read_filter(question: str, within: Filter = EVERYTHING) -> tuple[str, Filter]:
    """Return a question without conditions such as `language:ar after:2022`, and a filter that adds them to `within`.

    A date in the question overrides that of `within`. Raise QuestionError where a language or date is invalid.
    """
    found: dict[str, list[str]] = {"document": [], "language": [], "after": [], "before": []}
    for name, value in _WORDS.findall(question):
        plain = value.strip('"') if name.lower() == "document" else value.strip('"').rstrip("?!.,;؟،")
        found[name.lower()].append(plain)
    if not any(found.values()):
        return question, within
    dates = {name: found[name][-1] if found[name] else getattr(within, name) for name in ("after", "before")}
    narrowed = Filter.of((*within.documents, *found["document"]), (*within.languages, *found["language"]), **dates)
    return " ".join(_WORDS.sub(" ", question).split()), narrowed


def nothing_fits(within: Filter, documents: Sequence[Listed], owners: Ints, languages: npt.NDArray[np.bytes_]) -> str:
    """Return a sentence that says why no passage fits."""
    for condition in within.conditions:
        if condition.passages(documents, owners, languages).any():
            continue
        if condition.documents:
            return f"No document's path matches {' or '.join(condition.documents)}: look at the list of documents."
        if condition.languages:
            there = ", ".join(code.decode() for code in np.unique(languages))
            return f"No passage is in {' or '.join(condition.languages)}: the passages are in {there}."
        return _no_date(condition, documents)
    return f"No passage meets all the conditions {within}: drop one."


def _no_date(within: Filter, documents: Sequence[Listed]) -> str:
    wanted = " and ".join(
        words
        for words in (within.after and f"from {within.after} on", within.before and f"before {within.before}")
        if words
    )
    dates = sorted(document.date for document in documents if document.date)
    there = (
        f"the documents are dated {' to '.join(sorted({dates[0], dates[-1]}))}" if dates else "no document has a date"
    )
    undated = f"; without a date: {len(documents) - len(dates):,}" if dates and len(dates) < len(documents) else ""
    return f"No document is dated {wanted}: {there}{undated}."


def _names(pattern: str, path: str) -> bool:
    wanted, path = (unicodedata.normalize("NFC", text).casefold() for text in (pattern, path))
    if any(mark in wanted for mark in "*?["):
        return fnmatch.fnmatchcase(path, wanted) or fnmatch.fnmatchcase(path.rpartition("/")[2], wanted)
    return wanted in path


def _language(text: str) -> str:
    code = text.strip().casefold()
    if not _LANGUAGE.fullmatch(code):
        raise QuestionError(f"{text!r} is not a language code: give one such as ar, fa or en.")
    return code


def _day(text: str, name: str) -> str:
    """Return the day that a date, month or year begins with as YYYY-MM-DD, an empty string where none is given."""
    found = _DATE.fullmatch(text.strip())
    if not text.strip():
        return ""
    try:
        if not found:
            raise ValueError
        return date(*(int(part or 1) for part in found.groups())).isoformat()
    except ValueError:
        raise QuestionError(f"{text!r} ({name}) is not a date: write it as 2022-01-31, 2022-01 or 2022.") from None
