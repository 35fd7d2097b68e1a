"""Bring docs/prior.md and its picture up to date: the prior-predictive report that `curbs prior` writes.

.venv/bin/python docs/prior.py
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from experiments.prior_report import PICTURE, REPORT, run_prior, write_prior

DOCS = Path(__file__).parent
PAGE, SHOWN = DOCS / "prior.md", "prior.png"
RUNS, SEED, REPLICATIONS = 1024, 1, 2
COLOURS = 64
COMMAND = "Written by `python docs/prior.py` from the output of `curbs prior --out DIR`, which has all tables as CSV."


def page(report: str) -> str:
    """The report as a page of the documentation."""
    title, rest = report.split("\n", 1)
    text = f"{title}\n\n{COMMAND}\n{rest}".replace(f"({PICTURE})", f"({SHOWN})")
    return text.replace("docs/observations.md", "[observations.md](observations.md)")


def main() -> int:
    """Run the command and write the page."""
    with TemporaryDirectory() as folder:
        made = Path(folder) / "prior"
        write_prior(made, run_prior(RUNS, SEED, REPLICATIONS))
        PAGE.write_text(page((made / REPORT).read_text(encoding="utf-8")), encoding="utf-8")
        with Image.open(made / PICTURE) as picture:
            picture.convert("RGB").quantize(COLOURS).save(DOCS / SHOWN, optimize=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
