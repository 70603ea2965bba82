"""What a store alone says of runs."""

from __future__ import annotations

import pytest
from jobflow import run_locally

from elatbot_flows.database.stores import embedded_store
from elatbot_flows.errors import StoreError
from elatbot_flows.running.watch.local import local_snapshot
from elatbot_flows.running.watch.outputs import flows_of_run, progress_of, store_snapshot
from elatbot_flows.running.watch.table import stage_rows
from sample_campaign import design


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the outputs of two runs, by a manager that leaves nothing else."""
    made = tmp_path_factory.mktemp("run")
    for tag in ("first", "second"):
        flow = design()
        flow.update_metadata({"tags": [tag]})
        run_locally(flow, store=embedded_store(made), ensure_success=True, log=False)
    return made


def test_the_newest_run_is_shown_unless_others_are_asked_for(folder):
    with embedded_store(folder) as store:
        (record, *_) = store.query({"output.@class": "RunRecord", "metadata.tags": "first"})
        first = flows_of_run(store, None, "first")
        assert first == [record["hosts"][-1]]
        assert flows_of_run(store, None) == flows_of_run(store, None, "second") != first
        assert len(flows_of_run(store, record["output"]["run_id"])) == 2
        with pytest.raises(StoreError, match="knows no run nope"):
            flows_of_run(store, "nope")


def test_a_store_shows_what_is_done_and_says_that_it_knows_no_more(folder):
    with embedded_store(folder) as store:
        snapshot = store_snapshot(store, "a store", tag="first")
    rows = {row.stage: row for row in stage_rows(snapshot)}
    assert (rows["build"].done, rows["judge"].done, rows["publish"].done) == (2, 4, 1)
    assert (snapshot.complete, snapshot.ended) == (False, True)
    assert "knows only what is done" in snapshot.notes[0]
    assert snapshot.progress.reached == {"propose": 2, "build": 2, "judge": 2}
    assert (snapshot.progress.passed, snapshot.progress.requested) == (2, 2)


def test_a_folder_that_other_managers_filled_is_read_as_a_store(folder):
    assert not local_snapshot(folder).complete


@pytest.mark.parametrize("order", [1, -1])
def test_who_passed_at_last_has_passed(tmp_path, order):
    """A candidate whose lowest crystal failed may pass by a higher one."""
    said = ["failed", "passed"][::order]
    with embedded_store(tmp_path) as store:
        for number, status in enumerate(said):
            rows = [
                {"candidate_id": "a", "status": status},
                {"candidate_id": "b", "status": "failed"},
            ]
            output = {"@class": "CandidateChunk", "rung": "judge", "rows": rows}
            store.update({"uuid": str(number), "index": 1, "hosts": ["f"], "output": output})
        progress = progress_of(store, ["f"])
    assert (progress.reached, progress.passed) == ({"judge": 2}, 1)
