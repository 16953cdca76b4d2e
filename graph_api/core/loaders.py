"""Batches what one operation reads: each kind of read, for all that ask for it, is one statement."""

from asyncio import CancelledError, Task, current_task, ensure_future, gather
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

import orjson
from aiodataloader import DataLoader

from graph_api.core.graph.filters import Filter
from graph_api.core.graph.reading import EntityPage, GraphReader
from graph_api.core.graph.registry import Relationship
from graph_api.core.model import GraphEntity
from graph_api.core.pages import PageRequest
from graph_api.core.viewer import Viewer

ResultT = TypeVar("ResultT")


class Loaders:
    """The loaders of one operation, made when first asked for."""

    def __init__(self, reader: GraphReader, viewer: Viewer) -> None:
        self._reader = reader
        self._viewer = viewer
        self._tasks: dict[tuple[object, ...], Any] = {}
        self._loaders: dict[tuple[object, ...], Any] = {}
        self._batches: set[Task[Any]] = set()
        self._is_over = False

    def cancel(self) -> None:
        """End what is still being read, and read no more: nobody waits for it."""
        self._is_over = True
        for task in (*self._batches, *self._tasks.values()):
            task.cancel()

    async def entity(self, label: str, entity_id: UUID) -> GraphEntity | None:
        """The entity of a label and id; None where the viewer has none."""

        async def batch(ids: Sequence[UUID]) -> list[GraphEntity | None]:
            found = await self._reader.by_ids(self._viewer, label, ids)
            return [found.get(one) for one in ids]

        loaded: GraphEntity | None = await self._loader(("entity", label), batch).load(entity_id)
        return loaded

    async def entity_of_text(self, label: str, entity_id: str) -> GraphEntity | None:
        """The entity of a label and an id as a record keeps it; None for what is no id."""
        try:
            return await self.entity(label, UUID(entity_id))
        except ValueError:
            return None

    async def entities(self, wanted: Sequence[tuple[str, UUID]]) -> list[GraphEntity | None]:
        """Entities of any labels, in the order asked for; one statement for each label."""
        return list(await gather(*(self.entity(label, one) for label, one in wanted)))

    async def once(
        self, key: tuple[object, ...], read: Callable[[], Awaitable[ResultT]]
    ) -> ResultT:
        """One read that several fields of one object ask for."""
        task = self._tasks.get(key)
        if task is None:
            task = self._tasks[key] = ensure_future(read())
        result: ResultT = await task
        return result

    async def related_page(
        self,
        relationship: Relationship,
        parent: GraphEntity,
        where: Filter,
        edge_where: Filter,
        request: PageRequest,
    ) -> EntityPage:
        """A page of one parent's relationship; the same page of its siblings comes with it."""

        async def batch(parents: Sequence[GraphEntity]) -> list[EntityPage]:
            return await self._reader.related_pages(
                self._viewer, relationship, parents, where, edge_where, request
            )

        key = ("page", relationship.key, _frozen(where), _frozen(edge_where), request)
        loaded: EntityPage = await self._loader(key, batch, by_vertex=True).load(parent)
        return loaded

    async def related_count(
        self,
        relationship: Relationship,
        parent: GraphEntity,
        where: Filter,
        edge_where: Filter,
    ) -> int:
        """How many a relationship of one parent holds; its siblings are counted with it."""

        async def batch(parents: Sequence[GraphEntity]) -> list[int]:
            return await self._reader.related_counts(
                self._viewer, relationship, parents, where, edge_where
            )

        key = ("count", relationship.key, _frozen(where), _frozen(edge_where))
        loaded: int = await self._loader(key, batch, by_vertex=True).load(parent)
        return loaded

    async def batched(self, key: tuple[object, ...], batch: Any, item: object) -> Any:
        """Any other read that one statement answers for many items; `key` names the read."""
        return await self._loader(key, batch).load(item)

    def _loader(self, key: tuple[object, ...], batch: Any, *, by_vertex: bool = False) -> Any:
        loader = self._loaders.get(key)
        if loader is None:
            cache_key = _vertex_key if by_vertex else None
            loader = DataLoader(self._cancellable(batch), get_cache_key=cache_key)
            self._loaders[key] = loader
        return loader

    def _cancellable(self, batch: Any) -> Any:
        """A batch that `cancel` ends: it runs in a task of its own, which no reader's end ends."""

        async def run(keys: list[Any]) -> Any:
            task = current_task()
            if task is None or self._is_over:
                raise CancelledError
            self._batches.add(task)
            try:
                return await batch(keys)
            finally:
                self._batches.discard(task)

        return run


def _vertex_key(parent: GraphEntity) -> str:
    return parent.graph_id


def _frozen(condition: Filter) -> bytes:
    return orjson.dumps(condition, option=orjson.OPT_SORT_KEYS)
