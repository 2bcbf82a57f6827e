"""Rebuilds `analysis/data/weights.json` and prints how well it judges packages it has not seen.

    python -m training.train [--cache .cache/train] [--check]

Packages are fetched with `pip`, `npm` and `apt-get` (once; then from the cache), features come from the shipped code.
The model is fitted twice: without the hold-out packages, which gives the figures on them, and on all labels, which
gives the weights that ship. `--check` compares instead of writing.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from escalation.analysis.sensitivity import feature_values
from escalation.syntax.tree import parse
from escalation.text.document import Document
from training.fetch import fetch
from training.figures import Figures, figures, naive_density, table
from training.fit import Fit, Floats, Sample, calibration, family, fit, held_out_logits
from training.labels import FRESH, LABELS, Label, Package, labels

WEIGHTS = Path(__file__).parent.parent / "server/escalation/analysis/data/weights.json"
PRECISION = 0.95  # of Python files of unseen packages, at the threshold and above it
MARGIN = 0.15  # of a logit beyond that point, for the next packages are not the same


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m training.train", description=__doc__.partition("\n")[0])
    parser.add_argument("--cache", type=Path, default=Path(".cache/train"), help="where fetched packages are kept")
    parser.add_argument("--check", action="store_true", help="compare with the shipped weights instead of writing")
    options = parser.parse_args(arguments)

    try:
        samples, naive = _read(options.cache, LABELS)
        fresh, fresh_naive = _read(options.cache, FRESH)
    except RuntimeError as error:
        print(f"train: {error}", file=sys.stderr)
        return 2
    known = np.array([not sample.label.held_out for sample in samples])
    developed, rest = _where(samples, known), _where(samples, ~known)

    logits = held_out_logits(developed)
    trial = _calibrated(fit(developed), developed, logits)
    slope, offset = _threshold(developed, logits)
    crossed = figures(developed, logits * slope + offset, naive[known])
    held_out = figures(rest, np.array([trial.logit(sample) for sample in rest]), naive[~known])
    print(table("held out by package, 8 folds", crossed), table("hold-out packages", held_out), sep="\n\n")

    model = _calibrated(fit(samples), samples, held_out_logits(samples))
    finished = figures(fresh, np.array([model.logit(sample) for sample in fresh]), fresh_naive)
    print("", table("fresh packages, shipped weights", finished), sep="\n")
    text = _written(model, samples, crossed, held_out)
    if options.check:
        same = text == WEIGHTS.read_text("utf-8")
        print("\nthe shipped weights are the same" if same else "\nthe shipped weights differ", file=sys.stderr)
        return 0 if same else 1
    WEIGHTS.write_text(text, "utf-8")
    print(f"\nwrote {len(model.weights)} weights to {WEIGHTS}", file=sys.stderr)
    return 0


def _read(cache: Path, folder: Path) -> tuple[list[Sample], Floats]:
    """The samples and the naive score of each."""
    by_package: dict[Package, list[Label]] = defaultdict(list)
    for label in labels(folder):
        by_package[label.package].append(label)
    samples, naive = [], []
    for package, found in sorted(by_package.items()):
        folder = fetch(package, [label.path for label in found], cache)
        for label in sorted(found, key=lambda label: label.path):
            data = (folder / label.path).read_bytes()
            tree = parse(Document("", label.language, data))
            assert tree is not None, label
            samples.append(Sample(label, feature_values(tree, label.path)))
            naive.append(naive_density(data))
    return samples, np.array(naive)


def _where(samples: Sequence[Sample], chosen: np.ndarray) -> list[Sample]:
    return [sample for sample, keep in zip(samples, chosen, strict=True) if keep]


def _calibrated(model: Fit, samples: Sequence[Sample], logits: Floats) -> Fit:
    return model.scaled(*_threshold(samples, logits))


def _threshold(samples: Sequence[Sample], logits: Floats) -> tuple[float, float]:
    """Slope and offset: probabilities by calibration, moved down to where Python's precision begins to stay."""
    slope, offset = calibration(samples, logits)
    python = np.array([family(sample.label) == "python" for sample in samples])
    truth = np.array([sample.label.sensitive for sample in samples])[python]
    scaled = (logits * slope + offset)[python]
    short = [cut for cut in scaled if truth[scaled >= cut].mean() < PRECISION]
    cut = min(scaled[scaled > max(short, default=-np.inf)])
    return slope, offset - max(0.0, float(cut) + MARGIN)


def _written(model: Fit, samples: Sequence[Sample], crossed: list[Figures], held_out: list[Figures]) -> str:
    by_package: dict[Package, int] = defaultdict(int)
    for sample in samples:
        by_package[sample.label.package] += 1
    body = {
        "bias": round(model.bias, 4),
        "weights": {feature: round(weight, 4) for feature, weight in sorted(model.weights.items())},
    }
    made = {
        "by": "training/train.py",
        "files": len(samples),
        "sensitive": sum(sample.label.sensitive for sample in samples),
        "held_out_by_package": [_rounded(row) for row in crossed],
        "hold_out_packages": [_rounded(row) for row in held_out],
        "packages": [f"{p.ecosystem} {p.name} {p.version}: {count}" for p, count in sorted(by_package.items())],
    }
    date = _date({"made": made, **body})
    return json.dumps({"made": {"date": date, **made}, **body}, indent=1, ensure_ascii=False) + "\n"


def _rounded(row: Figures) -> dict[str, object]:
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in asdict(row).items()}


def _date(content: dict[str, object]) -> str:
    """The day of the shipped weights if nothing else would change, so that the same inputs give the same bytes."""
    if WEIGHTS.is_file():
        shipped = json.loads(WEIGHTS.read_text("utf-8"))
        date = str(shipped["made"].pop("date"))
        if shipped == json.loads(json.dumps(content)):
            return date
    return datetime.now(UTC).date().isoformat()


if __name__ == "__main__":
    raise SystemExit(main())
