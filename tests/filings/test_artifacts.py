"""Artifacts: text, JSON and references to files, with their limits and digests."""

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest

from graph_api.filings.models import LARGEST_CONTENT_BYTES, LARGEST_FILE_BYTES
from tests.filings.filing_world import FilingWorld

FILE = {"filePath": "plats/1.pdf", "sizeBytes": 10, "sha256": "AB" * 32}


async def attached(world: FilingWorld, checklist: Any, **given: Any) -> Any:
    wanted = {"itemIndex": 0, "artifactType": "DOCUMENT", **given}
    return await world.do("attachArtifact", **{"name": "note", "id": checklist["id"], **wanted})


async def test_text_is_kept_with_its_digest(world: FilingWorld) -> None:
    answer = await attached(world, await world.checklist(), text="größer\n")
    made = answer["artifact"]
    assert made["content"] == "größer", "outer white space goes, as everywhere"
    assert made["contentType"] == "text/plain"
    encoded = "größer".encode()
    assert (made["sizeBytes"], made["sha256"]) == (
        len(encoded),
        hashlib.sha256(encoded).hexdigest(),
    )
    assert (made["filePath"], made["generatedBy"]) == (None, "USER")
    assert answer["checklist"]["status"] == "IN_PROGRESS"


@pytest.mark.parametrize("value", [{"a": [1, 2.5, None, "ü"]}, [1], 0, False, "text"])
async def test_json_is_kept_as_it_is(world: FilingWorld, value: Any) -> None:
    made = (await attached(world, await world.checklist(), data=value))["artifact"]
    assert json.loads(made["content"]) == value
    assert made["contentType"] == "application/json"
    assert made["sha256"] == hashlib.sha256(made["content"].encode()).hexdigest()


async def test_a_file_is_referred_to(world: FilingWorld) -> None:
    answer = await attached(
        world,
        await world.checklist(),
        artifactType="PDF",
        contentType="application/pdf",
        file=FILE,
        metadata={"source": "surveyor"},
    )
    made = answer["artifact"]
    assert made["content"] is None
    assert (made["filePath"], made["sizeBytes"], made["sha256"]) == ("plats/1.pdf", 10, "ab" * 32)
    assert made["metadata"] == {"source": "surveyor"}


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({}, "text"),
        ({"text": "a", "data": 1}, "text"),
        ({"text": "  "}, "text"),
        ({"text": "x" * (LARGEST_CONTENT_BYTES + 1)}, "text"),
        ({"text": "ü" * (LARGEST_CONTENT_BYTES // 2 + 1)}, "text"),
        ({"text": "a\0b"}, "text"),
        ({"data": "x" * LARGEST_CONTENT_BYTES}, "text"),
        ({"data": {"a": "\0"}}, "data"),
        ({"data": 1, "contentType": "text/plain"}, "contentType"),
        ({"text": "a", "contentType": "application/x-msdownload"}, "contentType"),
        ({"file": FILE}, "contentType"),
        ({"text": "a", "itemIndex": 5}, "itemIndex"),
        ({"text": "a", "itemIndex": -1}, "itemIndex"),
        ({"text": "a", "name": ""}, "name"),
        ({"text": "a", "name": "x" * 501}, "name"),
        ({"text": "a", "metadata": [1]}, "metadata"),
        *(
            ({"file": {**FILE, name: value}, "contentType": "application/pdf"}, f"file.{name}")
            for name, value in (
                ("sizeBytes", LARGEST_FILE_BYTES + 1),
                ("sizeBytes", 0),
                ("sha256", "ab" * 31),
                ("sha256", "zz" * 32),
                ("filePath", "../etc/passwd"),
                ("filePath", "a/../../b"),
                ("filePath", "/etc/passwd"),
                ("filePath", "a\\b"),
                ("filePath", "x" * 1001),
            )
        ),
    ],
)
async def test_what_cannot_be_attached_is_refused_and_named(
    world: FilingWorld, sql: Any, given: dict[str, Any], path: str
) -> None:
    checklist = await world.checklist()
    answer = await attached(world, checklist, **given)
    assert answer["__typename"] == "ValidationError", answer
    assert [one["path"] for one in answer["errors"]] == [path]
    count = "select count(*) from checklist_artifacts where checklist_id = $1"
    assert await sql.fetchval(count, checklist["id"]) == 0


@pytest.mark.parametrize(
    "given",
    [
        {"text": "x" * LARGEST_CONTENT_BYTES},
        {"file": {**FILE, "sizeBytes": LARGEST_FILE_BYTES}, "contentType": "application/pdf"},
        {"file": {**FILE, "filePath": "s3://bucket/a..b.pdf"}, "contentType": "application/pdf"},
    ],
)
async def test_the_limits_themselves_are_kept(world: FilingWorld, given: dict[str, Any]) -> None:
    answer = await attached(world, await world.checklist(), **given)
    assert answer["__typename"] == "ChecklistArtifactPayload", answer


async def test_a_key_attaches_once(world: FilingWorld) -> None:
    checklist = await world.checklist()
    first = await attached(world, checklist, text="a", idempotencyKey="k")
    second = await attached(world, checklist, text="a", idempotencyKey="k")
    assert first["artifact"] == second["artifact"]
    other = await attached(world, checklist, text="b", idempotencyKey="k")
    assert other["__typename"] == "Conflict"


async def test_who_made_it_is_who_attached_it(world: FilingWorld) -> None:
    checklist = await world.checklist()
    agent = replace(world.viewer, actor_type="agent", subject="rule_32")
    answer = await world.do(
        "attachArtifact",
        agent,
        **{"name": "n", "id": checklist["id"]},
        itemIndex=0,
        artifactType="FORM_DRAFT",
        text="t",
    )
    assert answer["artifact"]["generatedBy"] == "AGENT"


async def test_the_feed_tells_the_digest_and_not_the_content(world: FilingWorld, sql: Any) -> None:
    made = (await attached(world, await world.checklist(), text="secret words"))["artifact"]
    row = await sql.fetchrow(
        "select after ->> 'attached' as attached, after::text as whole from change_log "
        "where tenant_id = $1 order by sequence desc limit 1",
        world.viewer.tenant_id,
    )
    assert json.loads(row["attached"])["sha256"] == made["sha256"]
    assert "secret words" not in row["whole"]


async def test_an_artifact_is_never_changed(world: FilingWorld, sql: Any) -> None:
    checklist = await world.checklist()
    await attached(world, checklist, text="a")
    with pytest.raises(Exception, match="append-only"):
        await sql.execute(
            "update checklist_artifacts set content = 'b' where checklist_id = $1", checklist["id"]
        )


async def test_artifacts_are_shown_by_item(world: FilingWorld) -> None:
    checklist = await world.checklist()
    for place in (2, 0, 2):
        await attached(world, checklist, text=f"of {place}", itemIndex=place)
    shown = await world.ask(
        """query($id: UUID!) { checklist(id: $id) { all: artifacts { itemIndex content }
             some: artifacts(itemIndex: 2) { content } } }""",
        id=checklist["id"],
    )
    assert [one["itemIndex"] for one in shown["checklist"]["all"]] == [0, 2, 2]
    assert [one["content"] for one in shown["checklist"]["some"]] == ["of 2", "of 2"]
