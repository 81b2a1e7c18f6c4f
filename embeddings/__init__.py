"""Texts to vectors and terms, and searching both; knows nothing of files, passages or pages."""
