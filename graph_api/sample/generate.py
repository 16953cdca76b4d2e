"""Writes the sample's files: `python -m graph_api.sample.generate DIRECTORY`.

The files are always the same, byte for byte. Everything in them is invented, but for the names
and numbers of fields and the layouts, which are the Commission's.
"""

import sys
from pathlib import Path

from graph_api.sample.write_daf420 import daf420_file
from graph_api.sample.write_p5 import p5_file
from graph_api.sample.write_pdq import pdq_files
from graph_api.sample.write_permian import permian_files
from graph_api.sample.write_records import records_files
from graph_api.sample.write_w1_pending import w1_pending_files


def sample_files() -> dict[str, bytes]:
    """Every file of the sample by its path below the sample's directory."""
    texts = {
        "p5/orf850.txt": (p5_file(), "latin-1"),
        "daf420/daf420_sample.dat": (daf420_file(), "latin-1"),
    }
    for folder, files in (
        ("pdq", pdq_files()),
        ("w1_pending", w1_pending_files()),
        ("permian", permian_files()),
        ("records", records_files()),
    ):
        texts |= {f"{folder}/{name}": (text, "utf-8") for name, text in files.items()}
    return {path: text.encode(encoding) for path, (text, encoding) in texts.items()}


def write_sample(directory: Path) -> None:
    """Write every file of the sample below a directory."""
    for path, content in sample_files().items():
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m graph_api.sample.generate DIRECTORY")
    write_sample(Path(sys.argv[1]))
