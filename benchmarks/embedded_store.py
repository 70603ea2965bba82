"""Look-ups in the embedded store: ``python benchmarks/embedded_store.py``.

The other column is maggma's MontyStore, for which montydb has to be installed.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maggma.stores import MontyStore

from elatbot_flows.database.sqlite_store import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from maggma.core import Store

HEADER = """# Look-ups in the embedded store

Processor milliseconds for one job of about 20 kB (as BSON) out of a store of that many: "output" as
jobflow resolves a reference, "fingerprint" as a resumed run looks for an equal job, "write" for an
upsert of one document by uuid and index. The other column is maggma's MontyStore on SQLite, which
reads the whole collection for every question.

```
OMP_NUM_THREADS=1 python benchmarks/embedded_store.py > benchmarks/embedded_store.md
```
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--numbers", type=int, nargs="+", default=[100, 1000, 10000])
    arguments = parser.parse_args()
    print(HEADER)
    print("| store | documents | output, CPU ms | fingerprint, CPU ms | write, CPU ms |")
    print("|---|---|---|---|---|")
    for number in arguments.numbers:
        for kind in ("SqliteStore", "MontyStore"):
            with tempfile.TemporaryDirectory() as folder:
                print(row(kind, number, Path(folder)), flush=True)


def row(kind: str, number: int, folder: Path) -> str:
    """One line of the table."""
    store: Store
    if kind == "SqliteStore":
        store = SqliteStore(folder / "documents.sqlite", "outputs", key="uuid")
    else:
        store = MontyStore("outputs", database_path=str(folder), key="uuid")
    store.connect()
    documents = [document(i) for i in range(number)]
    if isinstance(store, MontyStore):
        store._collection.insert_many(documents)  # noqa: SLF001 - its upserts would take hours
    else:
        store.update(documents, key=["uuid", "index"])
    few = random.Random(0).sample(documents, 3 if kind == "MontyStore" else 100)  # noqa: S311
    questions: list[Callable[[dict[str, Any]], Any]] = [
        lambda d: store.query_one({"uuid": d["uuid"]}, ["output", "uuid", "index"], {"index": -1}),
        lambda d: list(store.query({"metadata.fingerprint": d["metadata"]["fingerprint"]})),
        lambda d: store.update({k: d[k] for k in d if k != "_id"}, key=["uuid", "index"]),
    ]
    costs = " | ".join(f"{cost(ask, few):.2f}" for ask in questions)
    return f"| {kind} | {number} | {costs} |"


def cost(ask: Callable[[dict[str, Any]], Any], documents: list[dict[str, Any]]) -> float:
    """Processor milliseconds of one question."""
    ask(documents[0])
    start = time.process_time()
    for wanted in documents:
        ask(wanted)
    return (time.process_time() - start) / len(documents) * 1000


def document(number: int) -> dict[str, Any]:
    """What a job leaves, about 20 kB as BSON."""
    draw = random.Random(number)  # noqa: S311
    rows = [
        {"moduli": [draw.random() for _ in range(18)], "name": f"crystal {i}"} for i in range(74)
    ]
    return {
        "uuid": str(uuid.UUID(int=draw.getrandbits(128))),
        "index": 1,
        "name": f"job {number % 20}",
        "metadata": {"fingerprint": f"{draw.getrandbits(256):064x}"},
        "output": {"@class": "Results", "rows": rows},
    }


if __name__ == "__main__":
    main()
