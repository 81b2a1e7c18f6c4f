"""Each row of a table or a workbook, and each object of a list in JSON, becomes a passage."""

import re
import zipfile

import pytest

from qa.extraction import Extractor
from tests import test_formats
from tests.test_formats import FILES, passages, read, read_file, zipped

extractor = test_formats.extractor

ROWS = ["شهرها; شهر: یزد; جمعیت: 530000; سرشماری: 2016-11-01", "شهرها; شهر: کرمان; جمعیت: 740000.5"]


@pytest.mark.parametrize("name", ["cities.xlsx", "cities.ods", "cities.xls"])
def test_a_row_of_a_workbook_is_a_passage_with_its_header_and_sheet(name: str, extractor: Extractor) -> None:
    document = read_file(name, extractor)
    assert passages(document) == [*ROWS, "رودها; رود: زاینده‌رود; درازا: 400"]
    assert document.title == "cities"


def test_the_rows_of_the_only_sheet_go_without_its_name(extractor: Extractor) -> None:
    with zipfile.ZipFile(FILES / "cities.xlsx") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/workbook.xml"] = re.sub(rb'<sheet [^>]*sheetId="2"[^>]*/>', b"", parts["xl/workbook.xml"])
    found = passages(read("cities.xlsx", zipped(parts), extractor))
    assert found == [row.removeprefix("شهرها; ") for row in ROWS]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_a_row_of_a_table_is_a_passage_with_its_header(separator: str, extractor: Extractor) -> None:
    rows = [["شهر", "جمعیت", "رود"], ["یزد", "530000", ""], ["اصفهان", "1900000", '"زاینده‌رود\nدر مرکز"']]
    content = "\r\n".join(separator.join(row) for row in rows)
    document = read("t.csv", content, extractor)
    assert passages(document) == ["شهر: یزد; جمعیت: 530000", "شهر: اصفهان; جمعیت: 1900000; رود: زاینده‌رود در مرکز"]


def test_a_table_without_a_header_has_rows_as_they_are(extractor: Extractor) -> None:
    assert passages(read("t.csv", "1,one\n2,two\n", extractor)) == ["1; one", "2; two"]


def test_a_quote_in_a_value_may_come_late_in_a_table(extractor: Extractor) -> None:
    rows = "".join(f'"Ali {number}","arrived, on time",Yazd\n' for number in range(900))
    content = f'name,remark,town\n{rows}"Sara","He said ""wait, please"" to me",Qom\n'
    last = passages(read("t.csv", content, extractor))[-1]
    assert last == 'name: Sara; remark: He said "wait, please" to me; town: Qom'


def test_a_row_stays_one_passage_and_a_long_one_is_cut_like_text(extractor: Extractor) -> None:
    short, row, long = "few", "word " * 350, "A sentence of six words here. " * 150
    found = passages(read("t.csv", f"name,text\na,{short}\nb,{row}\nc,{long}\nd,{short}\n", extractor))
    assert found[:2] == ["name: a; text: few", f"name: b; text: {row.strip()}"]
    assert found[-1] == "name: d; text: few"
    assert 4 < len(found[2:-1]) < 10


def test_objects_of_a_json_list_are_passages_with_their_keys(extractor: Extractor) -> None:
    content = """{"source": "registry", "wells": [
        {"name": "چاه کهنه", "depth": 120, "dry": false, "owner": {"city": "یزد"}, "note": null},
        {"name": "new well", "tags": ["deep", "salty"], "story": "%s"}]}"""
    story = "It was dug in a dry year. " * 10
    found = passages(read("w.json", content % story, extractor))
    assert found == [
        "source: registry",
        "name: چاه کهنه; depth: 120; dry: False; city: یزد",
        f"name: new well; tags: deep; tags: salty\n{story.strip()}",
    ]


def test_objects_are_passages_wherever_their_list_is(extractor: Extractor) -> None:
    content = """{"status": "fine", "answer": {"count": 2, "page": {"wells": [
        {"name": "old well", "depth": 120}, {"name": "new well", "owners": [{"city": "Yazd"}, {"city": "Qom"}]}]}}}"""
    found = passages(read("w.json", content, extractor))
    assert found == ["status: fine", "count: 2", "name: old well; depth: 120", "name: new well; city: Yazd; city: Qom"]


def test_objects_that_are_kept_by_their_names_are_passages_with_these(extractor: Extractor) -> None:
    wells = '{"old well": {"depth": 120, "owner": {"city": "Yazd"}}, "new well": {"depth": 40}}'
    told = ["old well; depth: 120; city: Yazd", "new well; depth: 40"]
    assert passages(read("w.json", wells, extractor)) == told
    assert passages(read("w.json", f'{{"source": "map", "wells": {wells}}}', extractor)) == ["source: map", *told]
    listed = '{"head": {"count": 1}, "body": {"wells": [{"depth": 40}]}}'
    assert passages(read("w.json", listed, extractor)) == ["count: 1", "depth: 40"]


def test_a_line_of_json_lines_is_a_passage_and_broken_ones_are_counted(extractor: Extractor) -> None:
    document = read("w.jsonl", '{"a": "one\\u2028two"}\n\nno json\n{"a": "three"}\n', extractor)
    assert passages(document) == ["a: one\u2028two", "a: three"]
    assert document.note == "lines that are not JSON: 1"
