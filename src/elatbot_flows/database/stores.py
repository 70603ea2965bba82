"""Where documents live.

Job outputs go to the JobStore that jobflow is configured with. Without one, they go to an embedded
store: one file, for the processes of one machine. On clusters, configure MongoDB for jobflow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from elatbot_flows.database.mongodb import portable, store_words, without_credentials
from elatbot_flows.decoding import STORES, refuse_code
from elatbot_flows.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path

    from jobflow import JobStore

__all__ = ["embedded_store", "open_store", "store_in_file", "store_of_project"]

_FOLDER = "store"
_FILE = "documents.sqlite"
_OLDER_SETTINGS = "monty.storage.cfg"
_SQLITE = b"SQLite format 3\0"


def embedded_store(folder: Path) -> JobStore:
    """A JobStore in a file below `folder`, with the additional store ``data``.

    Raises
    ------
    StoreError
        If the folder holds the store of an older version, which had another layout.
    """
    file = folder / _FOLDER / _FILE
    _refuse_older_layout(file.parent)
    return _in_file(file)


def _in_file(file: Path) -> JobStore:
    from jobflow import JobStore

    from elatbot_flows.database.sqlite_store import SqliteStore

    data = SqliteStore(file, "data", key="blob_uuid")
    return JobStore(SqliteStore(file, "outputs", key="uuid"), additional_stores={"data": data})


def _refuse_older_layout(folder: Path) -> None:
    if (folder / _OLDER_SETTINGS).exists():
        raise StoreError(
            f"{folder} is a store of MontyDB files, which earlier versions wrote and this one does "
            "not read; query it with the version that wrote it, or choose another --out folder"
        )


def open_store(folder: Path, *, existing: bool = False) -> tuple[JobStore, str]:
    """The JobStore to use, connected, and what it is in words.

    Parameters
    ----------
    folder
        Folder of the run.
    existing
        Read what is there: an embedded store in `folder` comes before the configured one, and
        having neither is an error.

    Raises
    ------
    StoreError
        If nothing is there to read, or the store cannot be reached or is unfit.
    """
    from jobflow import SETTINGS
    from maggma.stores import JSONStore, MemoryStore

    configured = SETTINGS.JOB_STORE
    has_embedded = any((folder / _FOLDER / name).is_file() for name in (_FILE, _OLDER_SETTINGS))
    if type(configured.docs_store) is MemoryStore or (existing and has_embedded):
        if existing and not has_embedded:
            raise StoreError(
                f"{folder} holds no results and jobflow has no store configured; "
                "give the --out folder of a run, or configure JOB_STORE for jobflow"
            )
        store, words = embedded_store(folder), f"embedded store in {folder / _FOLDER}"
    elif isinstance(configured.docs_store, JSONStore):
        raise StoreError(
            "jobflow is configured with a JSONStore, which loses documents of jobs that replace "
            "themselves or run side by side; configure a MongoStore as JOB_STORE"
        )
    else:
        store = portable(configured)
        words = f"jobflow's store {store_words(configured.docs_store)}"
    embedded = words.startswith("embedded")
    return _connected(
        store, words, "choose another folder" if embedded else "correct JOB_STORE of jobflow"
    ), words


def _connected(store: JobStore, words: str, remedy: str) -> JobStore:
    try:
        store.connect()
        store.query_one({}, properties=["uuid"])  # databases connect at the first question
    except Exception as error:
        reason = without_credentials(str(error).partition(" (configured timeouts")[0], store)
        raise StoreError(f"{words} cannot be opened ({reason}); {remedy}") from error
    return store


def store_in_file(file: Path) -> tuple[JobStore, str]:
    """The JobStore that a file holds or describes, connected, and what it is in words.

    Parameters
    ----------
    file
        An embedded store, or YAML or JSON of a JobStore as in jobflow's configuration.

    Raises
    ------
    StoreError
        If it is neither, or the store cannot be reached.
    """
    if not file.is_file():
        raise StoreError(f"{file} is no file: give an embedded store, or the YAML of a JobStore")
    with file.open("rb") as stream:
        if stream.read(len(_SQLITE)) == _SQLITE:
            words = f"embedded store {file}"
            return _connected(_in_file(file), words, "give another file"), words
    try:
        store = portable(_described(file))
    except Exception as error:
        raise StoreError(
            f"{file} describes no JobStore ({type(error).__name__}: {error}); it should have "
            "docs_store and additional_stores as JOB_STORE of jobflow has"
        ) from error
    words = f"the store {store_words(store.docs_store)} of {file}"
    return _connected(store, words, f"correct {file}"), words


def _described(file: Path) -> JobStore:
    """The JobStore that a file describes, naming no code but that of stores."""
    from jobflow import JobStore
    from monty.json import MontyDecoder
    from monty.serialization import loadfn

    found = loadfn(file, cls=None)
    refuse_code(found, STORES)
    made: Any = MontyDecoder().process_decoded(found)
    return made if isinstance(made, JobStore) else JobStore.from_dict_spec(made)


def store_of_project(name: str) -> tuple[JobStore, str]:
    """The JobStore of a project of jobflow-remote, connected, and what it is in words.

    Raises
    ------
    StoreError
        If jobflow-remote is not installed, knows no such project, or its store cannot be reached.
    """
    words = f"the store of jobflow-remote's project {name}"
    try:
        from jobflow_remote import get_jobstore

        store = portable(get_jobstore(project_name=name))
    except ImportError as error:
        raise StoreError(f"{words} needs jobflow-remote: pip install jobflow-remote") from error
    except Exception as error:
        raise StoreError(f"{words} is not to be had ({error}); see jf project list") from error
    return _connected(store, words, f"see jf project check -p {name}"), words
