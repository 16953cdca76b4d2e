"""Writes what a benchmark printed into a page of the documentation, between two marks."""

from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"


def write_section(page: Path, mark: str, heading: str, text: str) -> None:
    """Replace what stands between the marks of a page; where there are none, add them at the end.

    A page that is not there is begun with the heading; added marks stand under it too.
    """
    begin, end = f"<!-- {mark}: begin -->", f"<!-- {mark}: end -->"
    section = f"{begin}\n{text.strip()}\n{end}"
    if not page.exists():
        page.write_text(f"{heading}\n\n{section}\n", "utf-8")
        return
    found = page.read_text("utf-8")
    if begin in found and end in found:
        before, _, rest = found.partition(begin)
        after = rest.partition(end)[2]
        page.write_text(f"{before}{section}{after}", "utf-8")
        return
    separated = "" if heading in found.splitlines() else f"{heading}\n\n"
    page.write_text(f"{found.rstrip()}\n\n{separated}{section}\n", "utf-8")
