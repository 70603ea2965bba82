"""A stand-in for the Materials Project: documents of our own making, served to its real client.

Tensors are made up and stand for no calculation.
"""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from pymatgen.core import Lattice, Structure

VERSION = "2030.01.02"
KEY = "k" * 32


def cubic(c11, c12, c44):
    rows = [[c11, c12, c12], [c12, c11, c12], [c12, c12, c11]]
    upper = [row + [0.0] * 3 for row in rows]
    return upper + [[0.0] * (3 + i) + [c44] + [0.0] * (2 - i) for i in range(3)]


def averages(voigt, reuss=None):
    reuss = voigt if reuss is None else reuss
    return {"voigt": voigt, "reuss": reuss, "vrh": (voigt + reuss) / 2}


def document(name, structure, tensor, *, system="Cubic", number=225, stable=True, **changes):
    bulk = sum(sum(row[:3]) for row in tensor[:3]) / 9 if tensor else None
    return {
        "material_id": name,
        "formula_pretty": structure.composition.reduced_formula,
        "last_updated": "2029-05-06T07:08:09.123000",
        "deprecated": False,
        "is_stable": stable,
        "energy_above_hull": 0.0 if stable else 0.031,
        "structure": structure.as_dict(),
        "symmetry": {
            "crystal_system": system, "symbol": "X", "number": number, "point_group": "m-3m",
            "symprec": 0.1, "version": "2",
        },
        "elastic_tensor": {"raw": tensor, "ieee_format": tensor},
        "bulk_modulus": averages(bulk) if tensor else None,
        "shear_modulus": averages(50.0, 45.0) if tensor else None,
    } | changes  # fmt: skip


def l1_2(corner, face, a=3.6):
    sites = [[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]]
    return Structure(Lattice.cubic(a), [corner, face, face, face], sites)


def fcc(symbol, a):
    return l1_2(symbol, symbol, a)


L1_0 = Structure(Lattice.tetragonal(2.8, 3.7), ["Cu", "Au"], [[0, 0, 0], [0.5, 0.5, 0.5]])
TURNED = [  # fourfold axis along x
    [200.0, 120.0, 120.0, 0.0, 0.0, 0.0],
    [120.0, 150.0, 100.0, 0.0, 0.0, 0.0],
    [120.0, 100.0, 150.0, 0.0, 0.0, 0.0],
    [0.0, 0.0, 0.0, 30.0, 0.0, 0.0],
    [0.0, 0.0, 0.0, 0.0, 60.0, 0.0],
    [0.0, 0.0, 0.0, 0.0, 0.0, 60.0],
]


def documents():
    """Seven materials: three to keep, one of them turned, and one for each step of cleaning."""
    return [
        document("mp-30", fcc("Cu", 3.6), cubic(170.0, 120.0, 75.0)),
        document("mp-2593", l1_2("Al", "Ni"), cubic(230.0, 150.0, 120.0)),
        document("mp-522", L1_0, TURNED, system="Tetragonal", number=123, stable=False),
        document("mp-1", fcc("Ag", 4.1), cubic(0.0, 0.0, 0.0)),
        document("mp-2", fcc("Au", 4.1), cubic(190.0, 160.0, 42.0), shear_modulus=None),
        document("mp-3", fcc("Pt", 3.9), cubic(300.0, 250.0, 70.0), stable=False,
                 bulk_modulus=averages(1200.0)),
        document("mp-4", fcc("Pd", 3.9), None, stable=False),
    ]  # fmt: skip


class Served:
    """The service while it is open; it may break down after some answers.

    Attributes
    ----------
    documents
        What it has; may be changed.
    asked
        Paths and queries that were asked for.
    patience
        Requests for tensors it still answers, None for all.
    """

    def __init__(self):
        self.documents = documents()
        self.version = VERSION
        self.asked = []
        self.patience = None
        server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.endpoint = f"http://127.0.0.1:{server.server_port}/"
        self._server = server
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path, query):
        if path == "/heartbeat":
            return {"db_version": self.version, "access_controlled_batch_ids": [], "version": "9"}
        self.asked.append((path, query))
        wanted = query["_fields"].split(",")
        if path == "/materials/summary/":
            stable = query["is_stable"] == "True"
            found = [each for each in self.documents if each["is_stable"] is stable]
        else:
            if self.patience is not None:
                self.patience -= 1
                if self.patience < 0:
                    return None
            names = query["material_ids"].split(",")
            found = [each for each in self.documents if each["material_id"] in names]
        return {
            "data": [{name: each[name] for name in wanted} for each in found],
            "meta": {"total_doc": len(found)},
        }

    def _handler(served):  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                parts = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                found = served.answer(parts.path, query)
                body = json.dumps(found or {"detail": "out of order"}).encode()
                self.send_response(200 if found else 500)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        return Handler
