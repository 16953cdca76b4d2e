"""How much of the pool of connections is in use."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class PoolUse:
    """The connections of a pool at one moment."""

    size: int
    idle: int
    largest: int
    waiting: int
    """How many ask for a connection and have none yet."""


def use_of(pool: Any, *, kept: int) -> PoolUse:
    """What an asyncpg pool has at this moment; those kept beside it are idle too."""
    return PoolUse(
        size=pool.get_size(),
        idle=pool.get_idle_size() + kept,
        largest=pool.get_max_size(),
        # asyncpg does not say; its connections stand in an asyncio queue
        waiting=sum(not one.done() for one in pool._queue._getters),
    )
