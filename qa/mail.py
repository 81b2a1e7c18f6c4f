"""Read messages: subject, sender, date and body, and those of the messages that are forwarded in them."""

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage

from qa.encodings import decode, decode_named
from qa.extracted import Extracted, tidy
from qa.folder import SkipError
from qa.html import read_page

FORWARDED = "message/rfc822"
# What Python's reader of headers raises over broken ones.
_BROKEN = (AttributeError, LookupError, NameError, TypeError, ValueError)


def read_message(content: bytes) -> Extracted:
    """Return a message, then those forwarded in it; other attachments are not read."""
    message = message_from_bytes(content, policy=policy.default)
    if not isinstance(message, EmailMessage) or not message.keys():
        raise SkipError("it is not an email message: it has no headers")
    letters = [message, *_forwarded(message)]
    attached = sum(part.get_content_type() != FORWARDED for letter in letters for part in letter.iter_attachments())
    note = f"attachments not read: {attached}" if attached else ""
    written = getattr(_header(message, "Date"), "datetime", None)
    day = written.date().isoformat() if written else ""
    text = tidy("\n\n".join(map(_text, letters)))
    return Extracted(text, " ".join(_header(message, "Subject").split()), day, note)


def _forwarded(message: EmailMessage) -> Iterator[EmailMessage]:
    """Yield the messages within a message, and within these."""
    for part in message.walk():
        inner = part.get_payload() if part.get_content_type() == FORWARDED else ()
        yield from (letter for letter in inner if isinstance(letter, EmailMessage) and letter.keys())


def _text(message: EmailMessage) -> str:
    told = [(name, _header(message, name)) for name in ("From", "To", "Date")]
    heads = "\n".join(f"{name}: {words}" for name, words in told if words)
    return "\n\n".join(filter(None, (_header(message, "Subject"), heads, _body(message))))


def _header(message: EmailMessage, name: str) -> str:
    """Return a header, as it stands in the file where it is broken."""
    try:
        return message.get(name, "")
    except _BROKEN:
        raw = next(str(value) for key, value in message.raw_items() if key.lower() == name.lower())
        return raw.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _body(message: EmailMessage) -> str:
    body = message.get_body(("plain", "html"))
    if body is None:
        return ""
    content = body.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    found = decode_named(content, body.get_content_charset() or "ascii") or decode(content)
    return read_page(found.as_utf8()).text if body.get_content_type() == "text/html" else found.text
