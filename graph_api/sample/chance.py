"""Numbers that look random and never change: each is drawn from the words that name it."""

from hashlib import sha256
from math import cos, radians

FEET_PER_DEGREE_OF_LATITUDE = 364_000.0


def fraction(*words: object) -> float:
    """A number from 0 to below 1 that only these words give."""
    digest = sha256("|".join(str(word) for word in words).encode()).digest()
    return int.from_bytes(digest[:6]) / 2**48


def between(low: float, high: float, *words: object) -> float:
    """A number from `low` to below `high` that only these words give."""
    return low + (high - low) * fraction(*words)


def moved(
    position: tuple[float, float], north_ft: float, east_ft: float, digits: int = 7
) -> tuple[float, float]:
    """A position so many feet north and east of another, on a sphere."""
    latitude, longitude = position
    degree_of_longitude = FEET_PER_DEGREE_OF_LATITUDE * cos(radians(latitude))
    return (
        round(latitude + north_ft / FEET_PER_DEGREE_OF_LATITUDE, digits),
        round(longitude + east_ft / degree_of_longitude, digits),
    )
