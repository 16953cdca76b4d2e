"""Writes records of fixed width by the layouts that the readers use."""

from collections.abc import Mapping

from graph_api.entities.imports.fixed_width import Layout


def record(layout: Layout, texts: Mapping[str, str], fillers: Mapping[int, str]) -> str:
    """One record: each text in its column, and what stands between columns at its position.

    ValueError for a column that the layout lacks and for a text that is too long for its own.
    """
    line = [" "] * layout.length
    for start, text in fillers.items():
        line[start - 1 : start - 1 + len(text)] = text
    for column, text in texts.items():
        if column not in layout.columns:
            raise ValueError(f"{layout.name} has no column {column}")
        place = layout.columns[column]
        width = place.stop - place.start
        if len(text) > width:
            raise ValueError(f"{layout.name}.{column} holds {width} characters, not {text!r}")
        line[place] = text.ljust(width)
    if len(line) != layout.length:
        raise ValueError(f"{layout.name} is {layout.length} wide, not {len(line)}")
    return "".join(line)
