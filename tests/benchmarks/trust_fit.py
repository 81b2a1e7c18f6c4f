"""Fit what judges the best passages: the network, the regressions, and by how much their logits are shifted."""

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors.numpy import save_file
from torch import Tensor

from qa.trust import BEST, Evidence, Weights
from tests.benchmarks.trust import ANSWERABLE, PARTS, UNANSWERABLE, Case, Cases, Set

HIDDEN = 48
EMPHASIS = 8  # how often a question of all passages counts, with its answer and without: for these a share is promised
EPOCHS, BATCH, RATE, DECAY = 8, 256, 0.005, 0.03
BUDGET = {"SAME": 0.05, "OTHER": 0.15, "WORDS": 0.05}  # of answerable questions refused
READ = 0.5  # the fluency from which on the model reads a question

Numbers = npt.NDArray[np.float64]


def fit(found: Sequence[tuple[Set, Cases]], others: Sequence[tuple[Set, Cases]], path: Path) -> None:
    """Fit all weights on the sets that are for that, shift them by their other questions, write them to `path`."""
    simple = [kinds for one, kinds in found if "weights" in one.use]
    used = [kinds for one, kinds in found if "weights" in one.use or "network" in one.use]
    names = (*ANSWERABLE, *UNANSWERABLE, *["whole", "missing"] * (EMPHASIS - 1))
    every = [case for kinds in used for name in names for case in kinds[name] if _is_read(case.evidence)]
    token, passage, output = _network(every)
    kept = {"token": token, "passage": passage, "output": output}
    kept["regressions"] = np.stack([_simple(simple, kind) for kind in BUDGET])  # (3, 7)
    fitted = Weights(**kept, shift=np.zeros(2, np.float32))
    kept["regressions"][:, -1] -= [
        _limit(others, kind, lambda one, row=row: _line(fitted, row, one)) for row, kind in enumerate(BUDGET)
    ]
    kept["shift"] = -np.array(
        [_limit(others, kind, lambda one: _said(fitted, one)) for kind in ("SAME", "OTHER")], np.float32
    )
    save_file(kept, path)


def _said(weights: Weights, evidence: Evidence) -> float:
    """Return what the network says of the passage that is put first."""
    return float(weights.judge(evidence)[weights.scores(evidence).argmax()])


def _line(weights: Weights, row: int, evidence: Evidence) -> float:
    """Return what one regression says of the passage with the highest sum."""
    return float(np.append(_simplest(evidence), 1) @ weights.regressions[row])


def _simplest(evidence: Evidence) -> npt.NDArray[np.float32]:
    """Return what the regressions look at, of the passage with the highest sum. Shape (6,)."""
    return np.asarray(evidence.simple()[evidence.passages[:, 0].argmax()])


def _limit(found: Sequence[tuple[Set, Cases]], kind: str, logit: Callable[[Evidence], float]) -> float:
    """Return below which logit lies the budget of the answerable, where it is held."""
    held = [kinds["whole"] for one, kinds in found if one.kind == kind and "limit" in one.use]
    return float(np.quantile([logit(case.evidence) for several in held for case in several], BUDGET[kind]))


def _simple(used: Sequence[Cases], kind: str) -> npt.NDArray[np.float32]:
    """Fit one regression on whole questions, of which every one that is answerable counts as answered.

    It is too simple for small folders as well: only the largest of the parts are used, each for all sizes.
    """
    of_kind = [
        [case.evidence for kinds in used for name in names for case in kinds[name] if _kind(case.evidence) == kind]
        for names in (("whole", *["part"] * len(PARTS)), ("missing", *["rest"] * len(PARTS)))
    ]
    return _regression(*([one for one in several if len(one.passages) == BEST] for several in of_kind))


def _kind(evidence: Evidence) -> str:
    first = evidence.passages[evidence.passages[:, 0].argmax()]
    return "WORDS" if not _is_read(evidence) else "OTHER" if first[-1] else "SAME"


def _is_read(evidence: Evidence) -> bool:
    return evidence.fluency > READ


def _regression(answers: Sequence[Evidence], misses: Sequence[Evidence]) -> npt.NDArray[np.float32]:
    """Fit a logistic regression on the scores by Newton's method. Shape (7,)."""
    design = np.array([np.append(_simplest(evidence), 1) for evidence in (*answers, *misses)], np.float64)  # (cases, 7)
    labels = np.r_[np.ones(len(answers)), np.zeros(len(misses))]  # (cases,)
    weights = np.zeros(7)
    for _ in range(50):
        chances = 1 / (1 + np.exp(-design @ weights))  # (cases,)
        curvature = (design * (chances * (1 - chances))[:, None]).T @ design + 1e-3 * np.eye(7)
        weights -= np.linalg.solve(curvature, design.T @ (chances - labels) + 1e-3 * weights)
    return weights.astype(np.float32)


def _network(every: Sequence[Case]) -> tuple[npt.NDArray[np.float32], ...]:
    """Train the network by AdamW on standardized inputs; return its layers for the inputs as they are.

    What is to be likely is that a right passage is chosen, among all of a case and none of them, whose logit is 0.
    """
    torch.set_num_threads(1)
    generator, draw = torch.Generator().manual_seed(0), random.Random(0)
    token_scale, passage_scale = _scales([case.evidence for case in every[::10]])
    layers = [
        _drawn(rows, columns, generator) for rows, columns in ((7, HIDDEN), (HIDDEN + 7, HIDDEN), (HIDDEN + 1, 1))
    ]
    steps = EPOCHS * len(every) // BATCH
    optimizer = torch.optim.AdamW(layers, RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    for _ in range(steps):
        tokens, shares, passages, right = _padded(draw.choices(every, k=BATCH))
        inputs = (_scaled(tokens, token_scale), shares, _scaled(passages, passage_scale))
        logits = _logits(layers, *(torch.from_numpy(array.astype(np.float32)) for array in inputs))
        loss = _surprise(logits, torch.from_numpy(right))
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
    token, passage, output = (layer.detach().numpy().astype(np.float64) for layer in layers)
    token, passage = unscaled(token, token_scale, 0), unscaled(passage, passage_scale, HIDDEN)
    return token.astype(np.float32), passage.astype(np.float32), output[:, 0].astype(np.float32)


def _logits(layers: Sequence[Tensor], tokens: Tensor, shares: Tensor, passages: Tensor) -> Tensor:
    """Return what `Weights.judge` does, of many cases. Shape (cases, passages)."""
    each = torch.relu(tokens @ layers[0][:-1] + layers[0][-1])  # (cases, passages, tokens, hidden)
    question = (each * shares[:, None, :, None]).sum(2)  # (cases, passages, hidden)
    hidden = torch.relu(torch.cat([question, passages], 2) @ layers[1][:-1] + layers[1][-1])
    return (hidden @ layers[2][:-1] + layers[2][-1])[..., 0]


def _surprise(logits: Tensor, right: Tensor) -> Tensor:
    """Return the mean cross-entropy of choosing a right passage, or none where none is right."""
    present, chosen = right >= 0, right > 0  # (cases, passages); -1 is beyond the last passage
    every = torch.cat([torch.zeros(len(logits), 1), logits.masked_fill(~present, -torch.inf)], 1)
    wanted = torch.cat([~chosen.any(1, keepdim=True), chosen], 1)
    return (every.logsumexp(1) - every.masked_fill(~wanted, -torch.inf).logsumexp(1)).mean()


def _drawn(rows: int, columns: int, generator: torch.Generator) -> Tensor:
    """Return a layer to begin with, its constants 0."""
    layer = torch.randn(rows, columns, generator=generator) / (rows - 1) ** 0.5
    layer[-1] = 0
    return layer.requires_grad_()


def _padded(cases: Sequence[Case]) -> tuple[Numbers, Numbers, Numbers, npt.NDArray[np.int8]]:
    """Return tokens, their weights, passages and which are right (1, 0, or -1 beyond the last), padded to one shape."""
    passages, tokens = np.max([case.evidence.met.shape[:2] for case in cases], axis=0).tolist()
    inside = np.zeros((len(cases), passages, tokens, 6))
    shares, scores = np.zeros((len(cases), tokens)), np.zeros((len(cases), passages, 6))
    right = np.full((len(cases), passages), -1, np.int8)
    for row, case in enumerate(cases):
        count, length = case.evidence.met.shape[:2]
        inside[row, :count, :length, :4] = case.evidence.tokens
        inside[row, :count, :length, 4:] = case.evidence.met
        shares[row, :length] = case.evidence.tokens[:, 0]
        scores[row, :count] = case.evidence.passages
        right[row, :count] = case.right
    return inside, shares, scores, right


Scale = tuple[Numbers, Numbers]  # mean and deviation


def _scales(every: Sequence[Evidence]) -> tuple[Scale, Scale]:
    """Return the scales of what is known of the tokens and of the passages."""
    tokens = [
        np.concatenate([np.broadcast_to(one.tokens, (*one.met.shape[:2], 4)), one.met], axis=2).reshape(-1, 6)
        for one in every
    ]
    return _scale(np.concatenate(tokens)), _scale(np.concatenate([one.passages for one in every]))


def _scale(values: npt.NDArray[np.float32]) -> Scale:
    return values.mean(axis=0, dtype=np.float64), np.maximum(values.std(axis=0, dtype=np.float64), 1e-3)


def _scaled(values: Numbers, scale: Scale) -> Numbers:
    return (values - scale[0]) / scale[1]


def unscaled(layer: Numbers, scale: Scale, first: int) -> Numbers:
    """Return a layer that takes the inputs from row `first` on as they are, where this one takes them scaled."""
    layer = layer.copy()
    layer[first:-1] /= scale[1][:, None]
    layer[-1] -= scale[0] @ layer[first:-1]
    return layer
