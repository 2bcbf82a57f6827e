"""How well a model ranks and separates files, per family of languages, next to a naive count of keywords."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import precision_recall_curve, roc_auc_score

from training.fit import Floats, Sample, family

# The list that simple tools search for, as measured against in the design notes.
_KEYWORDS = ("auth", "token", "password", "secret", "encrypt", "hash", "key", "session", "permission")
_NAIVE = re.compile("|".join((*_KEYWORDS, "jwt", "oauth", "crypto", "login")).encode(), re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Figures:
    """One row of the table; precision and recall are those at the threshold."""

    language: str
    files: int
    sensitive: int
    packages: int
    auc: float
    precision: float
    recall: float
    precision_at_recall_85: float
    recall_at_precision_95: float
    naive_auc: float


def figures(samples: Sequence[Sample], logits: Floats, naive: Floats) -> list[Figures]:
    """A row per family; a logit of 0 is the threshold."""
    families = sorted({family(sample.label) for sample in samples})
    rows = []
    for name in families:
        chosen = np.array([family(sample.label) == name for sample in samples])
        labels = [sample.label for sample in samples if family(sample.label) == name]
        truth = np.array([label.sensitive for label in labels])
        precision, recall, _ = precision_recall_curve(truth, logits[chosen])
        hits = truth & (logits[chosen] >= 0)
        rows.append(
            Figures(
                language=name,
                files=len(labels),
                sensitive=int(truth.sum()),
                packages=len({label.package.name for label in labels}),
                auc=float(roc_auc_score(truth, logits[chosen])),
                precision=float(hits.sum() / max(1, (logits[chosen] >= 0).sum())),
                recall=float(hits.sum() / truth.sum()),
                precision_at_recall_85=float(precision[recall >= 0.85].max()),
                recall_at_precision_95=float(recall[precision >= 0.95].max()),
                naive_auc=float(roc_auc_score(truth, naive[chosen])),
            )
        )
    return rows


def naive_density(data: bytes) -> float:
    """Hits of the keywords per line."""
    return len(_NAIVE.findall(data)) / (data.count(b"\n") + 1)


def table(title: str, rows: Sequence[Figures]) -> str:
    """The figures as a Markdown table."""
    head = "| files | sensitive | packages | ROC AUC | precision | recall | P at R ≥ 0.85 | R at P ≥ 0.95 | naive AUC |"
    lines = [f"| {title} {head}", "|---|" + "---|" * 9]
    for row in rows:
        values = (row.auc, row.precision, row.recall, row.precision_at_recall_85, row.recall_at_precision_95)
        figures = " | ".join(f"{value:.3f}" for value in (*values, row.naive_auc))
        lines.append(f"| {row.language} | {row.files} | {row.sensitive} | {row.packages} | {figures} |")
    return "\n".join(lines)
