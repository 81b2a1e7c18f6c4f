"""Measure how often the language of texts is told right, on public sets whose names tell it.

    python -m tests.benchmarks.languages D/*.jsonl D/tatoeba.*.tsv

A file is named SET.LANGUAGE.jsonl, with passages and questions as in `quality`, or tatoeba.LANGUAGE-eng.tsv, whose
first column is short sentences. Of each kind and language the first 600 are counted, one of each text.
"""

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from qa.language import detect

COUNTED = 600
CODES = dict(zip("ara aze deu eng fra hin kaz pes rus spa tur urd uzb".split(),
                 "ar az de en fr hi kk fa ru es tr ur uz".split(), strict=True))  # fmt: skip


def read_texts(file: Path) -> Iterator[tuple[str, str, str]]:
    """Yield kind, language and text of each line."""
    with file.open(encoding="utf-8") as lines:
        if file.suffix == ".tsv":
            code = CODES[file.name.split(".")[1].split("-")[0]]
            yield from (("sentence", code, line.split("\t")[0]) for line in lines)
        else:
            code = file.name.split(".")[-2]
            yield from ((found["type"], code, found["text"]) for found in map(json.loads, lines))


def measure(files: Sequence[Path]) -> dict[str, dict[str, float]]:
    """Return, by kind and language, the fraction of texts whose language was told right."""
    texts: dict[str, dict[str, dict[str, None]]] = defaultdict(lambda: defaultdict(dict))
    for file in files:
        for kind, code, text in read_texts(file):
            if len(texts[kind][code]) < COUNTED:
                texts[kind][code][text] = None
    return {
        kind: {code: sum(detect(text) == code for text in found) / len(found) for code, found in sorted(codes.items())}
        for kind, codes in texts.items()
    }


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.languages")
    parser.add_argument("files", type=Path, nargs="+")
    for kind, found in measure(parser.parse_args(arguments).files).items():
        print(f"{kind:<9} mean {sum(found.values()) / len(found):.3f} ", *(f"{c} {f:.3f}" for c, f in found.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
