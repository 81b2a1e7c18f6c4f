"""What an office program keeps beside the text, and what it marks as no part of it."""

import pytest

from qa.documents import read_document
from qa.office import read_docx, read_opendocument
from tests.test_formats import zipped

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
ODT = (
    'xmlns:o="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:t="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
)


def docx(body: str, **parts: str) -> str:
    content = {"document": f"<w:body>{body}</w:body>", **parts}
    files = {f"word/{name}.xml": f"<w:{name} {W}>{part}</w:{name}>" for name, part in content.items()}
    return read_docx(zipped(files)).text


def odt(body: str) -> str:
    return read_opendocument(zipped({"content.xml": f"<o:body {ODT}>{body}</o:body>"})).text


def run(text: str) -> str:
    return f"<w:r><w:t>{text}</w:t></w:r>"


def test_what_was_deleted_or_moved_away_is_no_text() -> None:
    gone = f"<w:del>{run('old ')}<w:r><w:br/></w:r></w:del><w:moveFrom>{run('moved ')}</w:moveFrom>"
    put = f"<w:ins>{run('new ')}</w:ins><w:moveTo>{run('here')}</w:moveTo>"
    assert docx(f"<w:p>{run('The ')}{gone}{put}</w:p>") == "The new here"
    changes = "<t:tracked-changes><t:p>old words</t:p></t:tracked-changes>"
    assert odt(f"{changes}<t:p>The new <o:annotation><t:p>Really?</t:p></o:annotation>words</t:p>") == "The new words"


def test_notes_follow_the_text_without_their_marks() -> None:
    notes = f"<w:footnote><w:p><w:r><w:footnoteRef/></w:r>{run('See the map.')}</w:p></w:footnote>"
    assert docx(f"<w:p>{run('The well')}</w:p>", footnotes=notes) == "The well\n\nSee the map."
    note = "<t:note><t:note-citation>1</t:note-citation><t:note-body><t:p>See the map.</t:p></t:note-body></t:note>"
    assert odt(f"<t:p>The well{note} is deep.</t:p>") == "The well is deep.\n\nSee the map."


def test_tabs_line_ends_and_runs_of_spaces_are_kept_as_one() -> None:
    spaced = '<t:s t:c="3"/>'
    assert odt(f"<t:p>a{spaced}b<t:tab/>c<t:line-break/>d</t:p>") == "a b\tc\nd"
    assert docx(f"<w:p>{run('a')}<w:r><w:tab/></w:r>{run('b')}<w:r><w:br/></w:r>{run('c')}</w:p>") == "a\tb\nc"


def test_a_box_within_a_paragraph_is_read_after_it_and_once() -> None:
    box = f"<w:txbxContent><w:p>{run('In the box.')}</w:p></w:txbxContent>"
    old = f'<mc:Fallback xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">{box}</mc:Fallback>'
    assert docx(f"<w:p>{run('Before ')}<w:r>{box}{old}</w:r>{run('after.')}</w:p>") == "Before after.\n\nIn the box."


@pytest.mark.parametrize(("title", "shown"), [("The Old  bridge", "The Old bridge"), ("Template 7", "A note on it")])
def test_a_title_that_is_not_in_the_text_is_that_of_a_template(title: str, shown: str) -> None:
    core = f'<c xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{title}</dc:title></c>'
    body = f"<w:d {W}><w:p>{run('A note on it')}</w:p><w:p>{run('We saw the old bridge.')}</w:p></w:d>"
    content = zipped({"docProps/core.xml": core, "word/document.xml": body})
    assert read_document("a.docx", content, "").title == shown
