"""Faults other than a kill: lost parents, two at once, a database that goes away, a full disk."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from faults.design import Census
from faults.trial import Strike, Trial, run_to_the_end

if TYPE_CHECKING:
    from faults.managers import Local, Manager
    from mongo_server.running import Server

__all__ = ["full_disk", "lost_processes", "restarted_database", "two_at_once", "woken"]

_PATIENCE = 300
_AWAY = 3.0
"""Seconds without a database."""
_ROOM = (400, 700, 1000)
"""Kilobytes of a disk that is too small for a design."""


def lost_processes(manager: Local, undisturbed: Census) -> Trial:
    """The parent of the local runner is killed, then a worker; what is left ends by itself."""
    strikes = [Strike("build", 0.1, whom="parent"), Strike("judge", whom="self")]
    begun = _planned(manager, *strikes)
    for _ in strikes:
        manager.start()
        assert manager.ended() != 0
        end = time.monotonic() + _PATIENCE
        while (left := manager.living()) and time.monotonic() < end:
            time.sleep(0.2)
        assert not left, f"{left} processes go on without their parent"
    return _ended(manager, "build: parent killed; judge: worker killed", undisturbed, begun)


def woken(manager: Manager, stage: str, undisturbed: Census) -> Trial:
    """A process sleeps in a stage, is given up, its work is done again; then it wakes up."""
    begun = _planned(manager, Strike(stage, whom="group", signal="SIGSTOP"))
    manager.start()
    _wait_for_strike(manager)
    sleeper = manager.let_go()
    manager.mend()
    run_to_the_end(manager)
    with suppress(ProcessLookupError):
        os.killpg(sleeper.pid, signal.SIGCONT)
    sleeper.wait(timeout=_PATIENCE)
    return _ended(manager, f"{stage}: done twice", undisturbed, begun)


def two_at_once(manager: Manager, undisturbed: Census) -> Trial:
    """The same is started twice, at once."""
    begun = _planned(manager)
    manager.start()
    first = manager.let_go()
    manager.start()
    manager.ended()
    first.wait(timeout=_PATIENCE)
    return _ended(manager, "started twice at once", undisturbed, begun)


def restarted_database(manager: Manager, server: Server, stage: str, undisturbed: Census) -> Trial:
    """The database is killed while a stage runs, and comes back."""
    begun = _planned(manager, Strike(stage, signal="SIGCONT", whom="self"))
    manager.start()
    _wait_for_strike(manager)
    server.kill()
    time.sleep(_AWAY)
    server.start()
    manager.ended()
    manager.mend()
    return _ended(manager, f"{stage}: database killed", undisturbed, begun)


def full_disk(manager: Local, undisturbed: Census) -> Trial:
    """The disk of the output folder is too small, then a little larger, and then large enough.

    Needs the right to mount.
    """
    place = manager.folder / "run"
    place.mkdir()
    begun = time.monotonic()
    _mount("-t", "tmpfs", "-o", f"size={_ROOM[0]}k", "none", str(place))
    try:
        for room in _ROOM:
            _mount("-o", f"remount,size={room}k", str(place))
            (manager.folder / "log").unlink(missing_ok=True)
            manager.start()
            status = manager.ended()
            said = (manager.folder / "log").read_text()
            assert status == 0 or said.count("error: ") == 1, said
            assert "Traceback" not in said
        _mount("-o", "remount,size=200m", str(place))
        return _ended(manager, f"a disk of {', '.join(map(str, _ROOM))} kB", undisturbed, begun)
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)  # noqa: S603, S607


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)  # noqa: S603, S607 - a small disk


def _planned(manager: Manager, *strikes: Strike) -> float:
    for number, strike in enumerate(strikes):
        (manager.faults / f"{number}.strike").write_text(json.dumps(strike.__dict__))
    manager.prepare()
    return time.monotonic()


def _wait_for_strike(manager: Manager) -> None:
    end = time.monotonic() + _PATIENCE
    while not list(manager.faults.glob("*.struck")):
        if time.monotonic() > end:
            raise TimeoutError("the stage was not reached")
        time.sleep(0.05)
    time.sleep(0.5)


def _ended(manager: Manager, what: str, undisturbed: Census, begun: float) -> Trial:
    run_to_the_end(manager)
    difference = Census.of(manager.store()).against(undisturbed)
    return Trial([what], difference, manager.starts, time.monotonic() - begun)
