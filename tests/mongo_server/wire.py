"""Messages of MongoDB's wire protocol: OP_MSG, and OP_QUERY for the first greeting of drivers."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import bson

if TYPE_CHECKING:
    from typing import BinaryIO

__all__ = ["MOST", "Message", "read", "written"]

MOST = 48_000_000
"""Bytes of the largest message; MongoDB ends a connection that brings a larger one."""
_HEADER = struct.Struct("<iiii")
_REPLY, _QUERY, _MESSAGE = 1, 2004, 2013
_CHECKSUM, _SILENT = 1, 2


@dataclass
class Message:
    """A command that came, and whether it waits for an answer."""

    number: int
    kind: int
    database: str
    command: dict[str, Any]
    waits: bool = True


def read(stream: BinaryIO) -> Message | None:
    """The next message of a connection; None at its end, or where it is none.

    Parameters
    ----------
    stream
        What the other side sends.
    """
    header = stream.read(_HEADER.size)
    if len(header) < _HEADER.size:
        return None
    length, number, _, kind = _HEADER.unpack(header)
    if not _HEADER.size <= length <= MOST:
        return None
    body = stream.read(length - _HEADER.size)
    if kind == _MESSAGE:
        return _message(number, body)
    return _query(number, body) if kind == _QUERY else None


def _message(number: int, body: bytes) -> Message:
    (flags,) = struct.unpack_from("<I", body)
    end = len(body) - (4 if flags & _CHECKSUM else 0)
    place, command, lists = 4, {}, {}
    while place < end:
        section = body[place]
        (size,) = struct.unpack_from("<i", body, place + 1)
        part = body[place + 1 : place + 1 + size]
        if section == 0:
            command = bson.decode(part)
        else:  # a list of documents of its own
            name, _, documents = part[4:].partition(b"\0")
            lists[name.decode()] = bson.decode_all(documents)
        place += 1 + size
    command |= lists
    return Message(number, _MESSAGE, command["$db"], command, not flags & _SILENT)


def _query(number: int, body: bytes) -> Message:
    name, _, rest = body[4:].partition(b"\0")
    (size,) = struct.unpack_from("<i", rest, 8)
    return Message(number, _QUERY, name.decode().partition(".")[0], bson.decode(rest[8 : 8 + size]))


def written(answer: dict[str, Any], to: Message) -> bytes:
    """An answer as bytes.

    Parameters
    ----------
    answer
        What is said.
    to
        What it answers.
    """
    document = bson.encode(answer)
    if to.kind == _MESSAGE:
        kind, body = _MESSAGE, struct.pack("<IB", 0, 0) + document
    else:
        kind, body = _REPLY, struct.pack("<iqii", 8, 0, 0, 1) + document
    return _HEADER.pack(_HEADER.size + len(body), 0, to.number, kind) + body
