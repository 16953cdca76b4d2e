"""The sample that the project ships: invented records in the official formats."""

from pathlib import Path

SAMPLE_DIRECTORY: Path = Path(__file__).with_name("data")
SAMPLE_LOADS: tuple[tuple[str, str], ...] = ()
"""What to load, in order: the format, and the directory of its files."""
