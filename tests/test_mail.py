"""Messages: what is forwarded in them is read too, and a broken header costs nothing but itself."""

import pytest

from qa.folder import SkipError
from qa.mail import read_message

OUTER = """From: lena@example.com
Subject: The dam
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain

See what Omar wrote.
--b
Content-Type: application/pdf
Content-Disposition: attachment; filename=plan.pdf

data
--b
Content-Type: message/rfc822

{inner}
--b--
"""
INNER = """From: omar@example.com
Subject: Cracks
Date: Fri, 02 Dec 2022 09:00:00 +0300
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=c

--c
Content-Type: text/plain

The wall has two cracks.
--c
Content-Type: image/png
Content-Disposition: attachment; filename=wall.png

data
--c
Content-Type: message/rfc822

From: aida@example.com
Subject: First look

I saw one of them in May.
--c--
"""


def test_forwarded_messages_are_read_after_the_one_that_forwards_them() -> None:
    found = read_message(OUTER.format(inner=INNER).encode())
    assert (found.title, found.date, found.note) == ("The dam", "", "attachments not read: 2")
    assert found.text.split("\n\n") == [
        "The dam",
        "From: lena@example.com",
        "See what Omar wrote.",
        "Cracks",
        "From: omar@example.com\nDate: Fri, 02 Dec 2022 09:00:00 +0300",
        "The wall has two cracks.",
        "First look",
        "From: aida@example.com",
        "I saw one of them in May.",
    ]


def test_what_is_called_a_message_and_is_none_is_left_out() -> None:
    found = read_message(OUTER.format(inner="RnJvbTogb21hcg==").encode())
    assert found.text.endswith("See what Omar wrote.")


# Python's reader of headers raises another error over each of the first three.
@pytest.mark.parametrize("broken", ['"', ".:", "*>,:<", "سارا <", ""])
def test_a_broken_header_is_read_as_it_stands(broken: str) -> None:
    found = read_message(f"From: {broken}\nTo: office@example.com\nSubject: Keys\n\nThey are here.\n".encode())
    assert found.title == "Keys"
    assert found.text.startswith(f"Keys\n\nFrom: {broken}\nTo:" if broken else "Keys\n\nTo:")
    assert found.text.endswith("\n\nThey are here.")


def test_a_broken_subject_or_date_is_no_reason_to_lose_a_message() -> None:
    found = read_message(b"From: a@example.com\nSubject: =?utf-8?b?!?=\nDate: Mon, 99 Foo 2022\n\nThey are here.\n")
    assert (found.date, found.text.split("\n\n")[-1]) == ("", "They are here.")


def test_text_without_headers_is_no_message() -> None:
    with pytest.raises(SkipError, match="no headers"):
        read_message(b"\nJust words.\n")
