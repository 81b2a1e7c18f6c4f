"""What separates the values of a table, in files as programs of many languages write them."""

import csv

import pytest

from qa.formats import EXTRACTORS


def rows(content: str, suffix: str = ".csv") -> list[str]:
    return EXTRACTORS[suffix](content.encode()).text.split("\n\n")


COMMAS = ["Город: Омск; Цена, руб: 12,50", "Город: Томск; Цена, руб: 13,75"]  # as Excel writes them in many languages


@pytest.mark.parametrize("first", ["", "sep={}\r\n", '"SEP={}"\n'])
@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_commas_in_every_row_and_the_header_of_a_table_separate_nothing(separator: str, first: str) -> None:
    content = first.format(separator) + "Город;Цена, руб\nОмск;12,50\nТомск;13,75\n".replace(";", separator)
    assert rows(content) == COMMAS
    assert rows("\ufeff" + content) == COMMAS


def test_a_short_table_lowers_the_limit_of_no_other_reader() -> None:
    usual = csv.field_size_limit()
    rows("a;b\n1;2\n")
    assert csv.field_size_limit() >= usual


def test_only_tabs_separate_the_values_of_a_tsv() -> None:
    content = "Город; край\nОмск; юг\nТомск; восток\n"
    assert rows(content, ".tsv") == ["Город; край: Омск; юг", "Город; край: Томск; восток"]
    assert rows(content.replace(";", "\t"), ".tsv")[0] == "Город: Омск; край: юг"


@pytest.mark.parametrize(
    ("content", "first", "last"),
    [
        ('id,"a; b"\n1,"Oil; barrel"\n2,"Gas; l"\n', "id: 1; a; b: Oil; barrel", "id: 2; a; b: Gas; l"),
        ('id;"name, unit"\n1;"Oil, 5"\n2;"Gas, 7"\n', "id: 1; name, unit: Oil, 5", "id: 2; name, unit: Gas, 7"),
        ("name,tags\nOil,a;b\nGas,c;d\n", "name: Oil; tags: a;b", "name: Gas; tags: c;d"),
        ('name, place\nOil, "Baku, east"\nGas, Qom\n', "name: Oil; place: Baku, east", "name: Gas; place: Qom"),
        ("a;b, c\n" + "x;1,5\n" * 20 + "broken\n" + "y;2,5\n", "a: x; b, c: 1,5", "a: y; b, c: 2,5"),
        ("a, c;b, d\n" + "x, y;1,5\n" * 20 + "not, a, row\n", "a, c: x, y; b, d: 1,5", "a, c: not, a, row"),
        ("a,b\n" + "x;y;z,1\n" * 20, "a: x;y;z; b: 1", "a: x;y;z; b: 1"),
        ("one,one\ntwo,three\n", "one; one", "two; three"),
        ("town,price\n", "town; price", "town; price"),
        ('text\n"One, two; three."\n"Four, five."\n', "text: One, two; three.", "text: Four, five."),
        ("sep=^\na^b\nx;y, z^1|2\n", "a: x;y, z; b: 1|2", "a: x;y, z; b: 1|2"),
        ("text\nOil.\nGas.\n", "text: Oil.", "text: Gas."),
    ],
)  # fmt: skip
def test_what_splits_the_rows_alike_separates_the_values(content: str, first: str, last: str) -> None:
    found = rows(content)
    assert (found[0], found[-1]) == (first, last)
