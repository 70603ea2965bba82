"""Turn a design run into a FireWorks workflow, and submit it if you say so.

    python examples/submit_fireworks.py             # shows the workflow, needs no database
    python examples/submit_fireworks.py --submit    # adds it to the LaunchPad you configured

About five seconds. Needs ``pip install fireworks``. The jobs write to the JOB_STORE of jobflow's
configuration, which every worker must reach: a MongoDB.
"""

from __future__ import annotations

import argparse

from jobflow.managers.fireworks import flow_to_workflow

from elatbot_flows import DesignTarget, Interval, InverseDesignMaker


def main() -> None:
    """Make the workflow."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--submit", action="store_true")
    arguments = parser.parse_args()

    target = DesignTarget(bulk_modulus=Interval(150, 170), elements=("Ni", "Al", "Ti", "Co"))
    # Five candidates in one job: fewer, longer entries in the queue.
    flow = InverseDesignMaker(n=20, chunk_size=5).make(target)
    workflow = flow_to_workflow(flow, metadata={"project": "alloys"})
    for firework in workflow.fws:
        children = [workflow.id_fw[number].name for number in workflow.links[firework.fw_id]]
        print(f"{firework.name} -> {', '.join(children) or 'result'}")

    if arguments.submit:
        from fireworks import LaunchPad

        print(LaunchPad.auto_load().add_wf(workflow))


if __name__ == "__main__":
    main()
