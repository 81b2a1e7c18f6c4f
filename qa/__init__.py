"""Ask a folder of documents in any language and get the exact passages that answer, with their sources."""

from embeddings.errors import SanadError
from qa.answers import Answer, Hit
from qa.library import Library
from qa.reports import Report

__all__ = ["Answer", "Hit", "Library", "Report", "SanadError"]
