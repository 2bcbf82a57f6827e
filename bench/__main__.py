"""`python -m bench`: everything that is measured, in one table.

The figures of a full run are kept in `bench/results.json`; a quick one, or one of some parts only, shows them and keeps
nothing. The first run fetches the corpus and installs the peers, both into a cache outside the tree.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from bench.corpus import PACKAGES, Corpus, cache, corpus
from bench.peers import PACKAGES as PEERS
from bench.peers import Peers, peers
from bench.table import Row, record, table

# Modules of this package, each with `rows(corpus, peers, quick)`.
PARTS = ("complexity", "latency", "check", "flow", "redaction", "store", "api", "host", "recovery", "runs")
Measure = Callable[[Corpus, Peers, bool], Iterator[Row]]
RESULTS = Path(__file__).with_name("results.json")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"one of {', '.join(PARTS)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="a small version, in a minute: to see that it works")
    parser.add_argument(
        "--json", type=Path, help=f"where to keep the figures (default: {RESULTS.name}, full runs only)"
    )
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    code, rivals = corpus(cache()), peers(cache())
    rows: list[Row] = []
    for part in options.parts or PARTS:
        measure: Measure = import_module(f"bench.{part}").rows
        for row in measure(code, rivals, options.quick):
            print(f"{part}: {row.what}", file=sys.stderr, flush=True)
            rows.append(row)
    print(table(rows))
    if file := options.json or (None if options.quick or options.parts else RESULTS):
        file.write_text(json.dumps(_results(rows), indent=1, ensure_ascii=False) + "\n", "utf-8")
    # The bars are meant for the whole corpus.
    return int(not options.quick and any(row.met is False for row in rows))


def _results(rows: list[Row]) -> dict[str, object]:
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors",
        "python": platform.python_version(),
        "corpus": PACKAGES,
        "peers": PEERS,
        "rows": [record(row) for row in rows],
    }


if __name__ == "__main__":
    sys.exit(main())
