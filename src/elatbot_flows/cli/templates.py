"""Configurations to start from, with comments: files by name, for each way to run flows."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["TEMPLATES", "places"]

_JOBFLOW = """\
# jobflow's configuration: where job documents go. Point JOBFLOW_CONFIG_FILE to this file, or copy
# it to ~/.jobflow.yaml. Keep it readable for yourself alone if it holds a password.
JOB_STORE:
  docs_store:
    type: MongoStore
    host: localhost            # or, for Atlas and replica sets: uri: mongodb+srv://...
    port: 27017
    database: elatbot
    collection_name: outputs   # candidates and runs are made next to it
    # username: me
    # password: secret
    # auth_source: admin
    # mongoclient_kwargs: {tls: true, tlsCAFile: /path/to/ca.pem}
  additional_stores:
    data:                      # large parts of other atomate2 flows
      type: GridFSStore
      host: localhost
      port: 27017
      database: elatbot
      collection_name: data
"""

_LOCAL = """\
# jobflow's configuration: everything in one file, for the processes of this machine. Point
# JOBFLOW_CONFIG_FILE to this file, or copy it to ~/.jobflow.yaml.
JOB_STORE:
  "@module": jobflow.core.store
  "@class": JobStore
  docs_store:
    "@module": elatbot_flows.database.sqlite_store
    "@class": SqliteStore
    path: {documents}   # on a local disk: network file systems lock badly
    collection_name: outputs
    key: uuid
  additional_stores:
    data:
      "@module": elatbot_flows.database.sqlite_store
      "@class": SqliteStore
      path: {documents}
      collection_name: data
      key: blob_uuid
"""

_FW_CONFIG = """\
# FireWorks' configuration. Point FW_CONFIG_FILE to this file.
CONFIG_FILE_DIR: {folder}
QUEUE_UPDATE_INTERVAL: 30
"""

_LAUNCHPAD = """\
# Where FireWorks keeps its queue. `lpad reset` makes it ready (and empty) once.
host: localhost
port: 27017
name: elatbot_fireworks
# username: me
# password: secret
# uri_mode: true               # then host: mongodb+srv://...
"""

_FWORKER = """\
# What this worker takes: a category as in `elatbot design --submit fireworks --worker cpu`, or
# none for whatever there is.
name: here
category: ''
query: '{{}}'
"""

_QADAPTER = """\
# How FireWorks submits to Slurm: `qlaunch singleshot` for one job that works off the queue.
_fw_name: CommonAdapter
_fw_q_type: SLURM
rocket_launch: {launch}   # seconds, below the wall time
nodes: 1
ntasks: 1
cpus_per_task: 8
walltime: '24:00:00'
queue: null                    # name of the partition
account: null
job_name: elatbot
pre_rocket: |
  source /path/to/venv/bin/activate
  export JOBFLOW_CONFIG_FILE={jobflow} FW_CONFIG_FILE={fireworks}
  export OMP_NUM_THREADS=8
"""

_PROJECT = """\
# A project of jobflow-remote. Copy it to ~/.jfremote, or point JFREMOTE_PROJECTS_FOLDER to its
# folder. Then: jf project check --errors; jf admin reset; jf runner start
name: elatbot
workers:
  hpc:
    type: local                # or remote, with host: and user: (connects by SSH)
    scheduler_type: slurm
    work_dir: {work}    # on the machine of the worker
    pre_run: |
      source /path/to/venv/bin/activate
      export OMP_NUM_THREADS=8
    resources: {{nodes: 1, ntasks: 1, time: '04:00:00'}}
    max_jobs: 50
queue:
  store:
    type: MongoStore
    host: localhost
    port: 27017
    database: elatbot
    collection_name: jf_jobs
jobstore:
  docs_store:
    type: MongoStore
    host: localhost
    port: 27017
    database: elatbot
    collection_name: outputs   # candidates and runs are made next to it
  additional_stores:
    data:
      type: GridFSStore
      host: localhost
      port: 27017
      database: elatbot
      collection_name: data
"""

_STAGES = """\
# Where each stage of a design runs: elatbot design ... --submit QUEUE --stages {folder}/stages.yml
# elatbot check --stages FILE says whether all of it is there. Stages: begin, propose, build, judge,
# hull, dft, conclude, publish; default stands for those that are not named. Jobs that only plan run
# where their stage runs, and take seconds.
"""

_STAGES_FIREWORKS = (
    _STAGES
    + """\
default:
  worker: cpu                  # category of FireWorkers; one without a category takes everything
# propose:                     # text models
#   worker: gpu
#   resources: {{queue: gpu, ntasks: 1}}   # as in my_qadapter.yaml; heeded by qlaunch -r
# judge:                       # potentials on a GPU or not, density functionals on many cores
#   worker: many
#   resources: {{ntasks: 64, walltime: '12:00:00'}}
"""
)

_STAGES_REMOTE = (
    _STAGES
    + """\
default:
  worker: hpc                  # of the project
# propose:                     # text models
#   worker: gpu
#   resources: {{partition: gpu, ntasks: 1, time: '01:00:00'}}
# judge:                       # potentials on a GPU or not, density functionals on many cores
#   worker: hpc
#   resources: {{nodes: 2, ntasks: 128, time: '12:00:00'}}
#   exec_config: dft           # of the project, with modules and variables
"""
)

TEMPLATES = {
    "local": {"jobflow.yaml": _LOCAL},
    "fireworks": {
        "jobflow.yaml": _JOBFLOW.replace("{", "{{").replace("}", "}}"),
        "FW_config.yaml": _FW_CONFIG,
        "my_launchpad.yaml": _LAUNCHPAD,
        "my_fworker.yaml": _FWORKER,
        "my_qadapter.yaml": _QADAPTER,
        "stages.yml": _STAGES_FIREWORKS,
    },
    "remote": {"elatbot.yaml": _PROJECT, "stages.yml": _STAGES_REMOTE},
}
"""By target, then by file; what stands in braces says `places`."""


def places(folder: Path) -> dict[str, str]:
    """Paths for templates, quoted for YAML, and for the shell where that reads them.

    Parameters
    ----------
    folder
        The folder the files are in.
    """
    files = {name: folder / name for name in ("documents.sqlite", "work")}
    yaml = {name.partition(".")[0]: _yaml(str(path)) for name, path in files.items()}
    launch = f"rlaunch -c {shlex.quote(str(folder))} rapidfire --timeout 80000"
    return yaml | {
        "folder": _yaml(str(folder)),
        "launch": _yaml(launch),
        "jobflow": shlex.quote(str(folder / "jobflow.yaml")),
        "fireworks": shlex.quote(str(folder / "FW_config.yaml")),
    }


def _yaml(text: str) -> str:
    """A string of JSON is one of YAML."""
    return json.dumps(text, ensure_ascii=False)
