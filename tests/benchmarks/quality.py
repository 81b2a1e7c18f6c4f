"""Score the product's own ranking on a public set of passages and questions.

    python -m tests.benchmarks.quality --passages P.jsonl [...] --questions Q.jsonl [--model NAME] [--alone] [--json]

Lines are {"type": "passage", "id", "text"} and {"type": "question", "id", "text", "passage_id" or "passage_ids"}; both
kinds may stand in one file. One line is one passage. Questions none of whose passages are there are left out. A passage
with the same score as the right one counts as ranked before it. Passages of several files are searched together, as
in a folder of several languages; the first file holds the right ones. With --alone the model's vectors rank by
themselves.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from embeddings.encoder import Encoder, load_encoder
from embeddings.errors import SanadError
from embeddings.interaction import Met
from embeddings.static import BUILT_IN
from qa.catalog import Contents, Row
from qa.documents import Document
from qa.embed import embed
from qa.language import detect
from qa.passages import Passage
from qa.ranked import Ranked
from qa.ranking import Index, rank
from qa.sentences import sentences
from qa.snapshot import Snapshot
from qa.spans import Span

DEPTH = 10


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of a public set and the ids of the passages that answer it."""

    text: str
    right: frozenset[str]


@dataclass(frozen=True, slots=True)
class Quality:
    """Means over `n` questions, as fractions."""

    ndcg: float
    hit: float
    recall: float
    n: int


def read_lines(file: Path, kind: str) -> list[dict[str, object]]:
    with file.open(encoding="utf-8") as lines:
        return [found for found in map(json.loads, lines) if found["type"] == kind]


def right_passages(line: dict[str, object]) -> frozenset[str]:
    several = line.get("passage_ids")
    return frozenset(map(str, several if isinstance(several, list) else [line.get("passage_id")]))


def read_set(passages: Sequence[Path], questions: Path) -> tuple[list[tuple[str, str]], list[Asked]]:
    """Return passages as (id, text), and the questions that at least one of the first file answers."""
    texts = [(str(line["id"]), str(line["text"])) for line in read_lines(passages[0], "passage")]
    known = {key for key, _ in texts}
    for file in passages[1:]:
        texts += [(f"{file}: {line['id']}", str(line["text"])) for line in read_lines(file, "passage")]
    asked = [Asked(str(line["text"]), right_passages(line)) for line in read_lines(questions, "question")]
    return texts, [Asked(question.text, question.right & known) for question in asked if question.right & known]


def contents_of(encoder: Encoder, texts: Sequence[tuple[str, str]], batch: int = 64) -> Contents:
    """Embed each text as the one passage of a document named by its id."""
    found: list[tuple[Document, Passage]] = []
    for key, text in texts:
        whole = Span(0, len(text))
        inside = tuple(sentences(text, whole)) or (whole,)
        found.append((Document(key, "", key, text), Passage(1, whole, inside)))
    parts = [found[first : first + batch] for first in range(0, len(found), batch)]
    embedded = [one for part in parts for one in embed(encoder, part)]
    rows = tuple((Row(item[1], "", detect(item[0].text), one),) for item, one in zip(found, embedded, strict=True))
    return Contents(tuple(range(len(found))), tuple(document for document, _ in found), rows)


def ranks_of(snapshot: Snapshot, ranked: Ranked, right: frozenset[str]) -> list[int]:
    """Return the ranks of the right passages that were found, from 1, ties counted against them."""
    names = [snapshot.listed(row).path for row in ranked.rows.tolist()]
    scores = [ranked.scores[place] for place, name in enumerate(names) if name in right]
    return sorted(int((ranked.scores >= score).sum()) for score in scores)


def score(ranks: Sequence[Sequence[int]], right: Sequence[int]) -> Quality:
    """Return the means, given each question's ranks of right passages and how many there are."""
    gains = [sum(1 / np.log2(rank + 1) for rank in found if rank <= DEPTH) for found in ranks]
    ideals = [sum(1 / np.log2(place + 2) for place in range(min(count, DEPTH))) for count in right]
    hits = [bool(found) and found[0] == 1 for found in ranks]
    recalls = [sum(rank <= DEPTH for rank in found) / count for found, count in zip(ranks, right, strict=True)]
    ndcg = float(np.mean(np.divide(gains, ideals)))
    return Quality(ndcg, float(np.mean(hits)), float(np.mean(recalls)), len(ranks))


def rank_alone(index: Index, question: str) -> Ranked:
    """Rank all passages by the similarity of their vectors alone."""
    rows, scores = index.store.search(index.encoder.encode_questions([question])[0], len(index.store))
    return Ranked(
        rows,
        scores,
        scores,
        scores * 0,
        scores,
        Met.of_none(len(rows)),
        (scores[:0],) * len(rows),
        rows < 0,
        float(scores[0]),
    )


def measure(snapshot: Snapshot, asked: Sequence[Asked], ranking: Callable[[Index, str], Ranked] = rank) -> Quality:
    found = [ranks_of(snapshot, ranking(snapshot.index, question.text), question.right) for question in asked]
    return score(found, [len(question.right) for question in asked])


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.quality", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--passages", type=Path, nargs="+", required=True)
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--model", default=BUILT_IN)
    parser.add_argument("--alone", action="store_true", help="rank by the model's vectors only")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    texts, asked = read_set(options.passages, options.questions)
    try:
        encoder = load_encoder(options.model)
        snapshot = Snapshot.build(contents_of(encoder, texts), encoder)
        found = measure(snapshot, asked, rank_alone if options.alone else rank)
    except SanadError as error:
        print(error, file=sys.stderr)
        return 1
    figures = {"ndcg@10": found.ndcg, "hit@1": found.hit, "recall@10": found.recall, "n": found.n}
    print(json.dumps(figures) if options.json else "  ".join(f"{name} {value:.4g}" for name, value in figures.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
