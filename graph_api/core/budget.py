"""What each viewer may still ask for: a bucket that operations fill and that leaks with time."""

import hashlib
import time
from collections import OrderedDict
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from math import ceil
from typing import Protocol

from graph_api.core.database import Database, Row
from graph_api.core.errors import ApiError, ErrorCode, limit_exceeded
from graph_api.core.failures import unavailable
from graph_api.core.observing.in_hand import request_in_hand
from graph_api.core.statements import statement
from graph_api.core.viewer import Viewer
from graph_api.settings import Settings

_MOST_BUCKETS = 10_000
_CLEAN_EVERY = 1000
# a household or a company has a /64 of addresses
_OWN_NETWORK_BITS = 64
_LONGEST_HOLDER = 200
# row-level security shows nothing where no tenant is named
_NO_TENANT = "*anonymous*"


@dataclass(frozen=True, slots=True)
class Bucket:
    """Whose bucket it is."""

    tenant_id: str
    holder: str


class Buckets(Protocol):
    """Where buckets are kept."""

    async def fill(self, bucket: Bucket, cost: float) -> tuple[bool, float]:
        """Pour a cost in where it fits; whether it did, and how full the bucket then is."""


class CostBudget:
    """The budgets of all viewers."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._capacity = settings.cost_budget
        self._refill = settings.cost_budget_refill_per_second
        self._buckets: Buckets
        if settings.cost_budget_store == "postgres":
            self._buckets = PostgresBuckets(database, self._capacity, self._refill)
        else:
            self._buckets = MemoryBuckets(self._capacity, self._refill)

    async def spend(self, viewer: Viewer, cost: int) -> int | None:
        """Charge an operation to its viewer; returns what is left, None where there is no budget.

        Raises ApiError LIMIT_EXCEEDED, with `retryAfterSeconds`, where less is left than it costs.
        """
        if self._capacity == 0:
            return None
        request = request_in_hand.get()
        bucket = bucket_of(viewer, None if request is None else request.client)
        fits, level = await self._buckets.fill(bucket, cost)
        left = int(max(0.0, self._capacity - level))
        if fits:
            return left
        wait = max(1, ceil((level + cost - self._capacity) / self._refill))
        raise limit_exceeded(
            "cost of operations within a short time",
            self._capacity,
            ceil(level) + cost,
            remaining=left,
            retryAfterSeconds=wait,
        )


def bucket_of(viewer: Viewer, client_address: str | None) -> Bucket:
    """Whose budget an operation is charged to; who has not signed in is known by the address."""
    if viewer.is_anonymous:
        return Bucket(_NO_TENANT, _network(client_address))
    holder = viewer.subject
    if len(holder) > _LONGEST_HOLDER:
        holder = hashlib.sha256(holder.encode("utf-8", "replace")).hexdigest()
    return Bucket(viewer.tenant_id, holder)


def _network(address: str | None) -> str:
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return f"{int(parsed) >> (128 - _OWN_NETWORK_BITS):x}"
    return str(parsed)


class MemoryBuckets:
    """Buckets of this process; those that were used least recently are forgotten first."""

    def __init__(self, capacity: float, refill_per_second: float) -> None:
        self._capacity = capacity
        self._refill = refill_per_second
        self._kept: OrderedDict[Bucket, tuple[float, float]] = OrderedDict()

    async def fill(self, bucket: Bucket, cost: float) -> tuple[bool, float]:
        """As of any buckets."""
        now = time.monotonic()
        level, then = self._kept.get(bucket, (0.0, now))
        level = max(0.0, level - (now - then) * self._refill)
        fits = level + cost <= self._capacity
        if fits:
            level += cost
        self._kept[bucket] = level, now
        self._kept.move_to_end(bucket)
        if len(self._kept) > _MOST_BUCKETS:
            self._kept.popitem(last=False)
        return fits, level


class PostgresBuckets:
    """Buckets that all processes share; a crash of the server empties them."""

    def __init__(self, database: Database, capacity: float, refill_per_second: float) -> None:
        self._database = database
        self._capacity = capacity
        self._refill = refill_per_second
        self._filled = 0

    async def fill(self, bucket: Bucket, cost: float) -> tuple[bool, float]:
        """As of any buckets; raises ApiError UNAVAILABLE where the database cannot be asked."""
        self._filled += 1
        keeper = Viewer(bucket.tenant_id, "budget", actor_type="system")
        try:
            row = await self._filled_row(keeper, bucket, cost)
        except ApiError as error:
            if error.code is ErrorCode.UNKNOWN_OUTCOME:
                # of the operation itself nothing has run
                raise unavailable() from error
            raise
        return row["fits"], row["level"]

    async def _filled_row(self, keeper: Viewer, bucket: Bucket, cost: float) -> Row:
        async with self._database.transaction(keeper, "spendBudget") as session:
            if self._filled % _CLEAN_EVERY == 0:
                await session.fetch(
                    statement("forget_empty_budgets"), bucket.tenant_id, self._refill
                )
            (row,) = await session.fetch(
                statement("fill_budget"),
                bucket.tenant_id,
                bucket.holder,
                float(cost),
                float(self._capacity),
                self._refill,
            )
        return row
