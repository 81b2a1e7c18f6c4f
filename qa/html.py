"""Read web pages: the main text without navigation and furniture, and the headline and date of the metadata."""

import re
from collections.abc import Iterator
from typing import cast

from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.html import ElementNode, HTMLTree, Node, traverse_dom

from qa.encodings import Decoded, decode, decode_named
from qa.extracted import Extracted, iso_date, tidy

MAIN = 0.4  # of a page's text that its main element must hold to stand for the page
SMALL = 0.4  # of a page's text that furniture may be; a larger part is the text, whatever it is called
LINKED = 0.8  # of the letters of a block that are links: a menu
LINKS = 3  # links that a menu has at least

# Elements that are never part of the text, and those that are not part of the main text.
NO_TEXT = (
    "script", "style", "noscript", "template", "iframe", "object", "svg", "dialog", "img", "area", "embed", "video",
    "audio",
)  # fmt: skip
FURNITURE = (
    "button", "select", "textarea", "nav", "footer", "aside", "body > header", "[hidden]", "[aria-hidden=true]",
    "[role=navigation]", "[role=banner]", "[role=contentinfo]", "[role=search]", "[role=dialog]",
    "[role=complementary]", "[data-left-out]", '[style*="display:none"]', '[style*="display: none"]',
    '[style*="visibility:hidden"]', "rp", "rt",
)  # fmt: skip
# Words in a class or id that name furniture.
NAMES = frozenset(
    "ad ads advert advertisement banner breadcrumb breadcrumbs byline comment comments consent cookie cookies footer "
    "menu nav navbar navigation newsletter pagination paywall popup promo recommended related share sharing sidebar "
    "social subscribe tags toolbar widget widgets".split()
)
BLOCKS = frozenset("ul ol div section p td".split())
DATES = (
    'meta[property="article:published_time"]', 'meta[itemprop="datePublished"]', 'meta[name="date"]',
    'meta[name="pubdate"]', 'meta[name="DC.date"]', 'meta[name="dc.date"]', 'meta[name="dcterms.date"]',
    'meta[name="citation_publication_date"]', 'meta[name="publish-date"]', "time[datetime]",
)  # fmt: skip
_LINKED_DATA_DATE = re.compile(r'"datePublished"\s*:\s*"([^"]{8,40})"')
_CHARSET = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?([\w-]{2,40})""", re.IGNORECASE)
_WIDE = re.compile(rb"utf[-_]?(?:16|32)", re.IGNORECASE)


def read_page(content: bytes, *, whole: bool = False) -> Extracted:
    """Return the main text of a page, or with `whole` all of its text, for pages that hold nothing else."""
    found = _decode(content)
    tree = HTMLTree.parse(found.text.replace("\0", "\ufffd"))
    title, date = _headline(tree), _date(tree, found.text)
    text = ""
    if not whole:
        main = _main(tree)
        _mark_furniture(tree, menus=main is None)  # in a main element a list of links is rather text
        text = _text(tree if main is None else HTMLTree.parse(f"<body>{main.html}</body>"))
    if not any(map(str.isalnum, text)):  # a page of links alone, say
        text = _text(tree, whole=True)
    headings = (
        (int(str(node.tag)[1]), " ".join(_words(node).split())) for node in _select(tree, "h1, h2, h3, h4, h5, h6")
    )
    return Extracted(text, title, date, found.note, headings=tuple(headings))


def _decode(content: bytes) -> Decoded:
    named = _CHARSET.search(content[:4096])
    # In UTF-16 or UTF-32 the name could not have been found, so a page that names one is in another.
    if not named or _WIDE.match(named[1]) or content.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        return decode(content)
    return decode_named(content, named[1].decode()) or decode(content)


def _text(tree: HTMLTree, *, whole: bool = False) -> str:
    _open_cells(tree)
    _part_labels(tree)
    skipped = list(NO_TEXT if whole else NO_TEXT + FURNITURE)
    # Without alternative texts it would drop figures too, with their captions and tables; images are left out by name.
    found = extract_plain_text(tree, main_content=False, list_bullets=False, alt_texts=True, skip_elements=skipped)
    return tidy(re.sub(r"\t+", "\t", found))


def _open_cells(tree: HTMLTree) -> None:
    """Unwrap the only paragraph of a table cell, as office programs write it: it would break the row apart."""
    for paragraph in _select(tree, "td > p:only-child, th > p:only-child"):
        cell = paragraph.parent
        while cell and paragraph.first_child:
            cell.insert_before(paragraph.first_child, paragraph)
        paragraph.decompose()


def _part_labels(tree: HTMLTree) -> None:
    """Put a space after what opens a block: a browser shows it on a line of its own."""
    for label in _select(tree, "summary, legend"):
        if space := tree.create_text_node(" "):
            label.append_child(space)


def _main(tree: HTMLTree) -> ElementNode | None:
    """Return the page's only article or main element where it holds much of the text."""
    least = MAIN * len(_words(tree.body))
    for selector in ("article", "main", "[role=main]"):
        found = _select(tree, selector)
        if len(found) == 1 and len(_words(found[0])) >= least:
            return found[0]
    return None


def _mark_furniture(tree: HTMLTree, *, menus: bool) -> None:
    """Mark elements that are named like furniture, and with `menus` blocks that are mostly links, to be left out."""
    if tree.body is None:
        return
    found = list(_measure(tree.body))
    largest = SMALL * max((length for _, length, *_ in found), default=0)
    for node, length, linked, links in found:
        if length <= largest:
            names = set(re.split(r"[^a-z]+", f"{_attribute(node, 'class')} {_attribute(node, 'id')}".lower()))
            menu = menus and node.tag in BLOCKS and links >= LINKS and linked > LINKED * length
            if names & NAMES or menu:
                node.setattr("data-left-out", "")


def _measure(body: Node) -> list[tuple[ElementNode, int, int, int]]:
    """Return each element with the letters and digits in it, those of them in links, and how many links these are."""
    nodes: list[tuple[Node, int]] = []
    traverse_dom(body, lambda context: nodes.append((cast(Node, context.node), context.depth)))
    found: list[tuple[ElementNode, int, int, int]] = []
    sums = [[0, 0, 0] for _ in range(max(depth for _, depth in nodes) + 2)]  # of the nodes at each depth, once visited
    for node, depth in reversed(nodes):  # each one after what it holds
        length, linked, links = sums[depth + 1]
        sums[depth + 1] = [0, 0, 0]
        if node.tag == "#text":
            length = sum(map(str.isalnum, node.text or ""))
        elif node.tag == "a":
            linked, links = length, 1
        sums[depth] = [total + own for total, own in zip(sums[depth], (length, linked, links), strict=True)]
        if isinstance(node, ElementNode):
            found.append((node, length, linked, links))
    return found


def _select(tree: HTMLTree, selector: str) -> list[ElementNode]:
    return list(tree.document.query_selector_all(selector)) if tree.document else []


def _words(node: Node | None) -> str:
    return (node.text or "").strip() if node else ""


def _attribute(node: ElementNode, attribute: str) -> str:
    return str(node.getattr(attribute) or "")


def _headline(tree: HTMLTree) -> str:
    return next((" ".join(words.split()) for words in _headlines(tree) if words.strip()), "")


def _headlines(tree: HTMLTree) -> Iterator[str]:
    for selector in ('meta[property="og:title"]', 'meta[name="title"]'):
        yield from (_attribute(node, "content") for node in _select(tree, selector))
    yield from (_words(node) for node in _select(tree, "h1"))
    yield tree.title or ""


def _date(tree: HTMLTree, text: str) -> str:
    found = (node for selector in DATES for node in _select(tree, selector))
    told = [iso_date(_attribute(node, "content") or _attribute(node, "datetime")) for node in found]
    told += [iso_date(match) for match in _LINKED_DATA_DATE.findall(text)]
    return next(filter(None, told), "")
