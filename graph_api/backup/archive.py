"""The one file of a backup: a tar of the dump, the manifest, and the checksums of the two.

`tar -xf` and `sha256sum --check SHA256SUMS` read it as well.
"""

import contextlib
import hashlib
import os
import secrets
import tarfile
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import orjson
from pydantic import ValidationError

from graph_api.backup.manifest import FORMAT, Manifest
from graph_api.backup.programs import BackupError

DUMP, MANIFEST, SUMS = "database.dump", "manifest.json", "SHA256SUMS"
_BLOCK = tarfile.BLOCKSIZE
_CHUNK_BYTES = 2**20
_MANIFEST_MAX_BYTES = 64 * 2**20


@contextlib.contextmanager
def appearing_whole(path: Path) -> Iterator[IO[bytes]]:
    """A new file, the owner's alone, that is there under its name when it is whole and on disk.

    Raises BackupError where something has that name already.
    """
    if os.path.lexists(path):
        raise BackupError(f"{path} is there already; give another name, or move it away")
    partial = path.parent / f".graph-api-backup-{secrets.token_hex(8)}.partial"
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        descriptor = os.open(partial, flags, 0o600)
    except OSError as error:
        raise BackupError(f"{path} cannot be written: {error.strerror}") from error
    try:
        with os.fdopen(descriptor, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if os.path.lexists(path):
            raise BackupError(f"{path} has been made by somebody else meanwhile")
        partial.rename(path)
    except OSError as error:
        raise BackupError(f"{path} could not be written: {error.strerror}") from error
    finally:
        partial.unlink(missing_ok=True)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


async def write_archive(
    file: IO[bytes], dump: AsyncIterator[bytes], manifest_of: Callable[[int, str], Manifest]
) -> Manifest:
    """Write a dump as it comes, and behind it the manifest for its size and SHA-256."""
    file.write(bytes(_BLOCK))  # the dump's header, once its size is known
    hashed, size = hashlib.sha256(), 0
    async for piece in dump:
        hashed.update(piece)
        size += len(piece)
        file.write(piece)
    file.write(bytes(-size % _BLOCK))
    manifest = manifest_of(size, hashed.hexdigest())
    text = orjson.dumps(manifest.model_dump(mode="json"), option=orjson.OPT_INDENT_2) + b"\n"
    sums = f"{manifest.dump_sha256}  {DUMP}\n{hashlib.sha256(text).hexdigest()}  {MANIFEST}\n"
    for name, content in ((MANIFEST, text), (SUMS, sums.encode())):
        file.write(_header(name, len(content), manifest))
        file.write(content + bytes(-len(content) % _BLOCK))
    file.write(bytes(2 * _BLOCK))
    file.seek(0)
    file.write(_header(DUMP, size, manifest))
    return manifest


def _header(name: str, size: int, manifest: Manifest) -> bytes:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    member.mtime = int(manifest.created_at.timestamp())
    return member.tobuf(tarfile.GNU_FORMAT)


@dataclass(frozen=True, slots=True)
class Archive:
    """A backup that was found to be what its checksums say."""

    path: Path
    manifest: Manifest
    dump: Path
    """A copy of the dump, for as long as the archive is open."""


@contextlib.contextmanager
def opened_archive(path: Path, directory: Path) -> Iterator[Archive]:
    """Check a backup and take its dump out, into a directory that only its owner may enter.

    Raises BackupError where it is no backup, is damaged or cut off, or has another format.
    """
    dump = directory / DUMP
    try:
        with tarfile.open(path, "r:") as tar:
            members = {member.name: member for member in tar.getmembers() if member.isreg()}
            if set(members) != {DUMP, MANIFEST, SUMS}:
                raise BackupError(f"{path} is no whole backup of graph-api")
            text = _content(tar, members[MANIFEST])
            sums = _sums(_content(tar, members[SUMS]))
            if sums.get(MANIFEST) != hashlib.sha256(text).hexdigest():
                raise BackupError(f"{path} is damaged: its manifest does not fit its checksum")
            manifest = _manifest(path, text)
            hashed = _copy(tar, members[DUMP], dump)
    except FileNotFoundError:
        raise BackupError(f"there is no {path}") from None
    except (tarfile.TarError, EOFError, UnicodeDecodeError, ValueError) as error:
        raise BackupError(f"{path} is no backup of graph-api, or is cut off: {error}") from error
    if not hashed == manifest.dump_sha256 == sums.get(DUMP):
        raise BackupError(f"{path} is damaged: its dump does not fit its checksum")
    try:
        yield Archive(path, manifest, dump)
    finally:
        dump.unlink(missing_ok=True)


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    if member.size > _MANIFEST_MAX_BYTES:
        raise BackupError(f"{member.name} is too large to be one of graph-api's")
    return _reader(tar, member).read()


def _reader(tar: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    reader = tar.extractfile(member)
    if reader is None:
        raise BackupError(f"{member.name} of the backup is no file")
    return reader


def _sums(text: bytes) -> dict[str, str]:
    """Checksums by name, as `sha256sum` writes them."""
    lines = (line.split() for line in text.decode("ascii").splitlines())
    return {name: digest for digest, name in lines}


def _manifest(path: Path, text: bytes) -> Manifest:
    content = orjson.loads(text)
    found = content.get("format") if isinstance(content, dict) else None
    if found != FORMAT:
        raise BackupError(
            f"{path} has the format {found!r}, and this version reads format {FORMAT}; "
            "restore it with a newer version of graph-api"
        )
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        raise BackupError(f"{path} has a manifest that cannot be read: {error}") from error


def _copy(tar: tarfile.TarFile, member: tarfile.TarInfo, to: Path) -> str:
    reader = _reader(tar, member)
    hashed = hashlib.sha256()
    descriptor = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        while piece := reader.read(_CHUNK_BYTES):
            hashed.update(piece)
            file.write(piece)
    return hashed.hexdigest()
