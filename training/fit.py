"""Fits the logistic regression: bounded, weighted by package, calibrated on packages it has not seen."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from escalation.analysis.lexicon import groups
from training.labels import Label

Floats = npt.NDArray[np.float64]

FOLDS = 8
_LEAST_PACKAGES = 6  # in which a part of a name must occur to be learnt: fewer would be the idiom of one author
_WORD_SCALE = 0.5  # parts of names are many; they get a quarter of the prior variance of the curated groups
_STRENGTH = 1.0  # inverse of the L2 penalty, for weights that add up to the number of files
# What a curated group is taken to count before any file is read; the penalty pulls towards it. A group that the labels
# hardly show (compliance, grants of SQL) keeps it.
_PRIOR = {"import": 1.0, "call": 1.0, "name": 0.5, "string": 0.3}
_LEAST_WEIGHT = 0.01  # smaller ones are not shipped


@dataclass(frozen=True, slots=True)
class Sample:
    """A labelled file and its features."""

    label: Label
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted model: `logit(sample)` is the bias plus weight times value of its features."""

    bias: float
    weights: Mapping[str, float]

    def logit(self, sample: Sample) -> float:
        return self.bias + sum(self.weights.get(feature, 0.0) * value for feature, value in sample.values.items())

    def scaled(self, slope: float, offset: float) -> Fit:
        return Fit(self.bias * slope + offset, {feature: weight * slope for feature, weight in self.weights.items()})


def family(label: Label) -> str:
    """JavaScript and TypeScript are judged together."""
    return "javascript/typescript" if label.language in ("javascript", "typescript", "tsx") else label.language


def fit(samples: Sequence[Sample]) -> Fit:
    """The weights that explain the samples; groups of the lexicon may only count in their own direction."""
    columns = _vocabulary(samples)
    matrix = _matrix(samples, columns)
    sign = np.array([1.0 if sample.label.sensitive else -1.0 for sample in samples])
    weight = _sample_weights(samples)
    prior = np.array([_prior(column) for column in columns])
    found = _minimum(matrix, sign, weight, [_bounds(column) for column in columns], prior)
    scale = np.array([_scale(column) for column in columns])
    shipped = zip(columns, found[:-1] * scale, strict=True)
    return Fit(float(found[-1]), {column: float(value) for column, value in shipped if abs(value) >= _LEAST_WEIGHT})


def held_out_logits(samples: Sequence[Sample]) -> Floats:
    """The logit of each sample from a model that has not seen its package."""
    folds = np.array([_fold(sample.label.package.name) for sample in samples])
    logits = np.zeros(len(samples))
    for fold in range(FOLDS):
        model = fit([sample for sample, at in zip(samples, folds, strict=True) if at != fold])
        for index in np.flatnonzero(folds == fold):
            logits[index] = model.logit(samples[index])
    return logits


def calibration(samples: Sequence[Sample], logits: Floats) -> tuple[float, float]:
    """Slope and offset that turn logits of unseen packages into probabilities (Platt 1999)."""
    sign = np.array([1.0 if sample.label.sensitive else -1.0 for sample in samples])
    found = _minimum(csr_matrix(logits[:, None]), sign, _sample_weights(samples), [(0.0, None)], np.zeros(1))
    return float(found[0]), float(found[1])


def _vocabulary(samples: Sequence[Sample]) -> list[str]:
    packages: dict[str, set[str]] = defaultdict(set)
    for sample in samples:
        for feature in sample.values:
            packages[feature].add(sample.label.package.name)
    seen = {
        feature
        for feature, names in packages.items()
        if len(names) >= _LEAST_PACKAGES or not feature.startswith("word:")
    }
    speaking = [name for name, group in groups().items() if not group.against]
    return sorted(seen | {f"{source}:{name}" for source in _PRIOR for name in speaking} | {"string:grant"})


def _matrix(samples: Sequence[Sample], columns: Sequence[str]) -> csr_matrix:
    index = {column: at for at, column in enumerate(columns)}
    cells = [
        (row, index[feature], value * _scale(feature))
        for row, sample in enumerate(samples)
        for feature, value in sorted(sample.values.items())
        if feature in index
    ]
    rows, cols, values = zip(*cells, strict=True)
    return csr_matrix((values, (rows, cols)), (len(samples), len(columns)))


def _scale(feature: str) -> float:
    return _WORD_SCALE if feature.startswith("word:") else 1.0


def _bounds(feature: str) -> tuple[float | None, float | None]:
    source, _, name = feature.partition(":")
    if source == "word":
        return None, None
    group = groups().get(name)
    return (None, 0.0) if group and group.against else (0.0, None)


def _prior(feature: str) -> float:
    return 0.0 if _bounds(feature) == (None, 0.0) else _PRIOR.get(feature.partition(":")[0], 0.0)


def _sample_weights(samples: Sequence[Sample]) -> Floats:
    """Languages count alike, Python twice; both answers count alike; a package counts by the root of its files."""
    labels = [sample.label for sample in samples]
    sizes = Counter((label.package.name, label.sensitive) for label in labels)
    weights = np.array([sizes[label.package.name, label.sensitive] ** -0.5 for label in labels])
    classes = [(family(label), label.sensitive) for label in labels]
    for one in sorted(set(classes)):
        chosen = np.array([other == one for other in classes])
        weights[chosen] *= (2.0 if one[0] == "python" else 1.0) / weights[chosen].sum()
    return np.asarray(weights * (len(samples) / weights.sum()))


def _minimum(
    matrix: csr_matrix,
    sign: Floats,
    weight: Floats,
    bounds: Sequence[tuple[float | None, float | None]],
    prior: Floats,
) -> Floats:
    """Weights and, last, the bias that minimise the logistic loss and the squared distance from the prior."""
    width = matrix.shape[1]

    def loss(point: Floats) -> tuple[float, Floats]:
        margin = sign * (matrix @ point[:width] + point[width])
        slope = -sign * weight / (1 + np.exp(np.clip(margin, -500, 500)))
        away = point[:width] - prior
        value = (weight * np.logaddexp(0, -margin)).sum() + 0.5 / _STRENGTH * away @ away
        return value, np.append(matrix.T @ slope + away / _STRENGTH, slope.sum())

    limits = [*bounds, (None, None)]
    found = minimize(loss, np.append(prior, 0.0), jac=True, method="L-BFGS-B", bounds=limits, options={"maxiter": 500})
    return np.asarray(found.x)


def _fold(package: str) -> int:
    return int.from_bytes(blake2b(f"fold {package}".encode(), digest_size=4).digest(), "big") % FOLDS
