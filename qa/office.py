"""Read word-processor, presentation and book files: paragraphs in their order, table rows as lines, slides as pages."""

import posixpath
import re
from collections.abc import Iterator
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from qa.archives import Archive
from qa.extracted import Extracted, iso_date, paged, tidy
from qa.folder import SkipError
from qa.html import read_page

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
T = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
O = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"  # noqa: E741, the name of the namespace
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
DC = "{http://purl.org/dc/elements/1.1/}"
DCTERMS = "{http://purl.org/dc/terms/}"
OPF = "{http://www.idpf.org/2007/opf}"

PARAGRAPHS = frozenset({W + "p", A + "p", T + "p", T + "h"})
ROWS = frozenset({W + "tr", A + "tr", TABLE + "table-row"})
CELLS = frozenset({W + "tc", A + "tc", TABLE + "table-cell"})
WORDS = frozenset({W + "t", A + "t"})  # elements whose text counts; in OpenDocument all text within a paragraph does
MARKS = {
    W + "tab": "\t", W + "br": "\n", W + "cr": "\n", W + "noBreakHyphen": "-", A + "br": "\n",
    T + "tab": "\t", T + "line-break": "\n", T + "s": " ",  # one or many: see `tidy`
}  # fmt: skip
# Deleted text, comments, and copies for old programs; then fields that are not part of the text.
LEFT_OUT = frozenset({W + "del", W + "moveFrom", MC + "Fallback", T + "tracked-changes", O + "annotation"})
FIELDS = frozenset({A + "fld", T + "note-citation", T + "page-number", T + "page-count"})


def read_docx(content: bytes) -> Extracted:
    """Return the paragraphs of a Word document, its foot- and endnotes last; headers and footers are left out."""
    archive = Archive(content)
    parts = [archive.xml(f"word/{name}.xml") for name in ("document", "footnotes", "endnotes")]
    text = "\n\n".join(paragraph for part in parts for paragraph in _paragraphs(part))
    headings = tuple(_word_headings(parts[0], archive.xml("word/styles.xml")))
    return Extracted(tidy(text), *_core(archive), headings=headings)


def read_opendocument(content: bytes) -> Extracted:
    """Return the paragraphs of an OpenDocument text or presentation."""
    archive = Archive(content)
    content_root, meta = archive.xml("content.xml"), archive.xml("meta.xml")
    text = "\n\n".join(_paragraphs(content_root))
    marked = ((int(one.get(T + "outline-level", "1")), "".join(_words(one))) for one in content_root.iter(T + "h"))
    told = (_first(meta, DC + "title"), iso_date(_first(meta, DC + "date")))
    return Extracted(tidy(text), *told, headings=tuple((level, " ".join(words.split())) for level, words in marked))


def read_pptx(content: bytes) -> Extracted:
    """Return the slides of a presentation as pages, each with its speaker's notes."""
    archive = Archive(content)
    targets = _relations(archive, "ppt/presentation.xml")
    shown = [
        targets.get(slide.get(R + "id", ""), "") for slide in archive.xml("ppt/presentation.xml").iter(P + "sldId")
    ]
    pages = []
    for name in shown:
        notes = [part for part in _relations(archive, name).values() if "/notesSlides/" in part]
        found = [paragraph for part in (name, *notes) for paragraph in _paragraphs(archive.xml(part))]
        pages.append(tidy("\n\n".join(found)))
    return paged(pages, *_core(archive))


def read_epub(content: bytes) -> Extracted:
    """Return the chapters of a book in the order of its spine."""
    archive = Archive(content)
    container = archive.xml("META-INF/container.xml")
    place = next((part.get("full-path", "") for part in container.iter() if part.tag.endswith("}rootfile")), "")
    package = archive.xml(place)
    items = {item.get("id"): item.get("href", "") for item in package.iter(OPF + "item")}
    chapters = [items.get(ref.get("idref"), "") for ref in package.iter(OPF + "itemref")]
    if not chapters:
        raise SkipError("it is damaged (no chapters are listed in it)")
    folder = posixpath.dirname(place)
    names = [posixpath.normpath(posixpath.join(folder, unquote(chapter.split("#")[0]))) for chapter in chapters]
    pages = [read_page(archive.read(name), whole=True) for name in names if name in archive.names]
    text = tidy("\n\n".join(page.text for page in pages))
    headings = tuple(heading for page in pages for heading in page.headings)
    return Extracted(text, _first(package, DC + "title"), iso_date(_first(package, DC + "date")), headings=headings)


def _word_headings(body: Element, styles: Element) -> Iterator[tuple[int, str]]:
    """Yield levels and words of the paragraphs in a heading style, whatever identifier the file gives it."""
    levels = {}
    for style in styles.iter(W + "style"):
        name = next((str(one.get(W + "val")) for one in style.iter(W + "name")), "")
        if match := re.fullmatch(r"heading ([1-9])", name.lower()):
            levels[style.get(W + "styleId")] = int(match[1])
    for paragraph in body.iter(W + "p"):
        level = next((levels.get(style.get(W + "val")) for style in paragraph.iter(W + "pStyle")), None)
        if level:
            yield level, " ".join("".join(_words(paragraph)).split())


def _core(archive: Archive) -> tuple[str, str]:
    """Return headline and date of the core properties."""
    core = archive.xml("docProps/core.xml")
    return _first(core, DC + "title"), iso_date(_first(core, DCTERMS + "modified") or _first(core, DCTERMS + "created"))


def _first(root: Element, tag: str) -> str:
    return next(((found.text or "").strip() for found in root.iter(tag)), "")


def _relations(archive: Archive, name: str) -> dict[str, str]:
    """Return the parts that a part refers to, by the names of the references."""
    folder, file = posixpath.split(name)
    root = archive.xml(f"{folder}/_rels/{file}.rels")
    targets = {relation.get("Id", ""): relation.get("Target", "") for relation in root}
    return {key: posixpath.normpath(posixpath.join("/", folder, target))[1:] for key, target in targets.items()}


def _paragraphs(root: Element) -> Iterator[str]:
    """Yield the paragraphs below an element, and the rows of tables as lines with a tab between the cells."""
    for element in root:
        if element.tag in LEFT_OUT:
            continue
        if element.tag in ROWS:
            cells = (" ".join(_paragraphs(cell)) for cell in _cells(element))
            yield "\t".join(cell.replace("\n", " ") for cell in cells if cell)
        elif element.tag in PARAGRAPHS:
            yield "".join(_words(element))
            yield from (inner for box in _boxes(element) for inner in _paragraphs(box))
        else:
            yield from _paragraphs(element)


def _cells(row: Element) -> Iterator[Element]:
    for child in row:
        if child.tag in CELLS:
            yield child
        elif child.tag not in LEFT_OUT:
            yield from _cells(child)


def _words(element: Element) -> Iterator[str]:
    """Yield the text within a paragraph, but not of the paragraphs in its text boxes."""
    open_document = element.tag.startswith(T)
    if element.tag in WORDS or open_document:
        yield element.text or ""
    for child in element:
        if child.tag in MARKS:
            yield MARKS[child.tag]
        elif child.tag not in LEFT_OUT | PARAGRAPHS | FIELDS | ROWS:
            yield from _words(child)
        if open_document:
            yield child.tail or ""


def _boxes(paragraph: Element) -> Iterator[Element]:
    """Yield what holds paragraphs within a paragraph: text boxes and notes."""
    for child in paragraph:
        if child.tag in LEFT_OUT:
            continue
        if any(inner.tag in PARAGRAPHS for inner in child):
            yield child
        else:
            yield from _boxes(child)
