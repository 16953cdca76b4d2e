"""The sample data that the project ships: invented, in the official file formats."""

from pathlib import Path

SAMPLE_DIRECTORY = Path(__file__).with_name("data")
"""Where the sample's files are."""

SAMPLE_LOADS: tuple[tuple[str, str], ...] = (
    ("p5", "p5"),
    ("pdq", "pdq"),
    ("daf420", "daf420"),
    ("w1-pending", "w1_pending"),
    ("permian", "permian"),
    ("records", "records"),
)
"""What to load, in order: a format and the directory of its files in `SAMPLE_DIRECTORY`.

The regulations that permits and filings answer to come with the service itself.
"""
