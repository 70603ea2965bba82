"""Ask a text model for bulk moduli of crystals, a chunk in each job, and for materials with one.

    python examples/predict_moduli.py

About ten seconds. Name a folder or a hub name after ``--model`` to ask another model.
"""

from __future__ import annotations

import argparse

from jobflow import Flow, JobStore, run_locally
from maggma.stores import MemoryStore
from pymatgen.core import Lattice, Structure

from elatbot_flows.flows import PredictManyMaker
from elatbot_flows.jobs import GenerateMaker, PredictElasticMaker


def main() -> None:
    """Predict, count, generate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="elatbot-mini")
    model = parser.parse_args().model

    cells = {"Cu": 3.61, "Al": 4.05, "Pt": 3.92, "Xe": 6.13}
    crystals = [
        Structure.from_spacegroup("Fm-3m", Lattice.cubic(a), [symbol], [[0, 0, 0]])
        for symbol, a in cells.items()
    ]
    asking = PredictElasticMaker(model=model, task="bulk_modulus")
    predicted = PredictManyMaker(predict_maker=asking, chunk_size=2).make(crystals, list(cells))
    generated = GenerateMaker(model=model).make((150, 170), n=5)

    store = JobStore(MemoryStore())
    run_locally(Flow([predicted, generated]), store=store, log=False, ensure_success=True)

    summary = store.get_output(predicted.jobs[-1].uuid)
    for chunk in summary["chunks"]:
        for document in store.get_output(chunk["uuid"]):
            value = document["bulk_modulus"]
            said = document["reason"] if value is None else f"K = {value:.0f} GPa"
            print(f"{document['source']:3} {said}")
    print("{count} of {of} predicted".format(**summary["predicted"]))
    for proposal in store.get_output(generated.uuid)["proposals"]:
        asked = proposal["requested_bulk_modulus"]
        print(f"{asked:.0f} GPa: {proposal['formula']} {proposal['crystal_system']}")


if __name__ == "__main__":
    main()
