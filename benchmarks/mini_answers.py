"""What a generator of this package answers: moduli of given materials, and draws for targets.

::

    python benchmarks/mini_answers.py ASKED.json --generator NAME --out ANSWERS.json
    python benchmarks/mini_answers.py ASKED.json --name NAME --no-moduli --out ANSWERS.json

ASKED.json is written by ``mini_model.py``. This script uses nothing that the release of
elatbot-mini 1.0 lacks, unless ``--guidance`` is given, so that the answers of both can be compared.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from elatbot_flows.engines.drawing import draw_materials
from elatbot_flows.engines.mini.generator import load_generator
from elatbot_flows.engines.text_model import text_model
from elatbot_flows.errors import ElatbotError
from elatbot_flows.targets import DesignTarget, Interval


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("asked", type=Path)
    parser.add_argument("--generator", default="elatbot-mini")
    parser.add_argument("--name", help="what to call it in tables")
    parser.add_argument("--guidance", type=float, help="of the draws; the model's own by default")
    parser.add_argument("--no-moduli", action="store_true", help="draws alone")
    parser.add_argument("--no-draws", action="store_true", help="moduli alone")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    asked = json.loads(options.asked.read_text())
    generator = load_generator(options.generator)
    model = text_model(options.generator)
    how = {} if options.guidance is None else {"guidance": options.guidance}
    name = options.name or f"{generator.info.name} {generator.info.version}"
    found = {"name": name, "draws": {}}
    bulk = [tuple(pair) for pair in asked["bulk"]]
    if not options.no_moduli:
        found["bulk"] = generator.predict_bulk_modulus(bulk)
    if hasattr(generator, "predict_shear_modulus") and not options.no_moduli:
        found["shear"] = generator.predict_shear_modulus([tuple(p) for p in asked["shear"]])
    for key, target in ({} if options.no_draws else asked["targets"]).items():
        intervals = {name: Interval(value, value) for name, value in target.items()}
        try:
            drawn = draw_materials(
                model, DesignTarget(**intervals), asked["samples"], seed=1, temperature=1.0, **how
            )
        except ElatbotError as error:
            found["draws"][key] = str(error)
            continue
        pairs = [(str(each.formula), str(each.crystal_system)) for each in drawn]
        own = {}
        for name in target:
            predict = getattr(generator, f"predict_{name}", None)
            if predict is not None:
                own[name] = [mean for mean, _ in predict(pairs)]
        found["draws"][key] = {"pairs": pairs, "own": own}
    options.out.write_text(json.dumps(found))


if __name__ == "__main__":
    main()
