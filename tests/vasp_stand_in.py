"""A program in the place of VASP: reads its input, writes its output, of a crystal made of springs.

The JSON file that VASP_STAND_IN names says the cell at rest, elastic constants with clamped ions
(Voigt), how the second atom couples to strain (3 x 6), its spring. `fault` spoils strained cells.
"""

import json
import os
import sys
from pathlib import Path

import numpy as np

KBAR = 1602.1766208
PAIRS = [(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)]


def poscar():
    lines = Path("POSCAR").read_text().splitlines()
    cell = float(lines[1]) * np.array([line.split() for line in lines[2:5]], dtype=float)
    symbols, counts = lines[5].split(), [int(n) for n in lines[6].split()]
    rows = lines[8 : 8 + sum(counts)]
    return cell, symbols, counts, np.array([row.split()[:3] for row in rows], dtype=float)


def incar():
    found = {}
    for line in Path("INCAR").read_text().splitlines():
        key, _, value = line.partition("=")
        found[key.strip()] = value.strip()
    return found


def valences():
    text = Path("POTCAR").read_text()
    titles = [line.split("=")[1].strip() for line in text.splitlines() if "TITEL" in line]
    found = [float(part.split("=")[1].split()[0]) for part in text.split(";") if "ZVAL" in part]
    return titles, found


class Springs:
    """Energy (eV), forces (eV/A) and stress (eV/A^3, tension positive) of a strained crystal."""

    def __init__(self, cell, constants, coupling, spring):
        self.rest = np.array(cell)
        self.constants = np.array(constants) * 10 / KBAR
        self.coupling, self.spring = np.array(coupling), spring

    def strain(self, cell):
        stretch = np.linalg.solve(self.rest, cell).T
        green = 0.5 * (stretch.T @ stretch - np.eye(3))
        return stretch, np.array([green[i, j] * (1 if i == j else 2) for i, j in PAIRS])

    def relaxed(self, cell):
        return -self.coupling @ self.strain(cell)[1] / self.spring

    def evaluate(self, cell, moved):
        """`moved`: of the second atom, in the axes at rest."""
        stretch, green = self.strain(cell)
        volume = abs(np.linalg.det(self.rest))
        second = self.constants @ green + self.coupling.T @ moved / volume
        energy = 0.5 * volume * green @ self.constants @ green + moved @ self.coupling @ green
        piola = np.zeros((3, 3))
        for k, (i, j) in enumerate(PAIRS):
            piola[i, j] = piola[j, i] = second[k]
        pull = -(self.spring * moved + self.coupling @ green)
        stress = stretch @ piola @ stretch.T / np.linalg.det(stretch)
        return energy + 0.5 * self.spring * moved @ moved, np.linalg.inv(stretch).T @ pull, stress


def rows(name, array):
    lines = "".join("<v> {:.10f} {:.10f} {:.10f} </v>".format(*row) for row in array)
    return f'<varray name="{name}">{lines}</varray>'


def structure(name, cell, places):
    inverse = np.linalg.inv(cell).T
    crystal = rows("basis", cell) + rows("rec_basis", inverse)
    return f"<structure{name}><crystal>{crystal}</crystal>{rows('positions', places)}</structure>"


def step(cell, places, energy, forces, stress, cycles):
    energies = "".join(
        f'<i name="{key}">{energy:.12f}</i>' for key in ("e_fr_energy", "e_wo_entrp", "e_0_energy")
    )
    inner = f"<scstep><energy>{energies}</energy></scstep>" * cycles
    return (
        f"<calculation>{inner}{structure('', cell, places)}{rows('forces', forces)}"
        f"{rows('stress', -KBAR * stress)}<energy>{energies}</energy>{EIGENVALUES}</calculation>"
    )


def main():
    told = json.loads(Path(os.environ["VASP_STAND_IN"]).read_text())
    cell, symbols, counts, places = poscar()
    asked, (titles, zval) = incar(), valences()
    fault = told.get("fault")
    springs = Springs(told["cell"], told["constants"], told["coupling"], told["spring"])
    atoms, offset = sum(counts), np.array(told["places"])
    away = np.abs(springs.strain(cell)[1]).max()
    spoiled = fault if asked["NSW"] == "0" and away > 1e-6 else None
    if spoiled == "crash":
        sys.exit(1)
    moving = int(asked["NSW"]) > 0
    if moving and asked["ISIF"] == "3":
        cell = springs.rest
    moved = np.zeros(3)
    if atoms > 1:
        apart = places - offset
        apart -= np.rint(apart)
        moved = (apart[1] - apart[0]) @ springs.rest
        if moving:
            moved = springs.relaxed(cell)
            places = offset + np.array([np.zeros(3), moved @ np.linalg.inv(springs.rest)])
    energy, force, stress = springs.evaluate(cell, moved)
    forces = np.array([-force, force]) if atoms > 1 else np.zeros((1, 3))
    electrons = sum(n * z for n, z in zip(counts, zval, strict=True))
    electrons += spoiled == "electrons"
    mesh = Path("KPOINTS").read_text().split("Gamma")[1].split()[:3]
    if spoiled == "no KPOINTS":
        Path("KPOINTS").unlink()
        mesh = ["2", "2", "2"]
    cycles = int(asked["NELM"]) if spoiled == "stuck" else 9
    write(asked, symbols, counts, titles, electrons, mesh, places, cell)
    ended = step(cell, places, energy, forces, stress, cycles)
    with Path("vasprun.xml").open("a") as file:
        file.write(ended + structure(' name="finalpos"', cell, places) + "</modeling>")
    contcar(cell, symbols, counts, places)
    outcar(electrons)
    Path("OSZICAR").write_text(f"DAV: {cycles} {energy}\n 1 F= {energy} E0= {energy} d E =0\n")


def write(asked, symbols, counts, titles, electrons, mesh, places, cell):
    """The head of vasprun.xml."""
    given = "".join(
        f'<i type="{"int" if key in INTEGERS else "string"}" name="{key}">{value}</i>'
        for key, value in asked.items()
        if key in INTEGERS or key in ("ALGO", "GGA", "PREC")
    )
    reals = {"ENMAX": asked["ENCUT"], "SIGMA": asked["SIGMA"], "NELECT": electrons, "EDIFF": "1e-7"}
    used = given + "".join(f'<i name="{key}">{value}</i>' for key, value in reals.items())
    used += '<i type="int" name="NELMDL">0</i><i type="int" name="LORBIT">0</i>'
    used += '<i type="logical" name="LHFCALC">F</i><i name="EDIFFG">-0.001</i>'
    atoms = "".join(
        f"<rc><c>{s}</c><c>{k}</c></rc>"
        for k, (s, n) in enumerate(zip(symbols, counts, strict=True), start=1)
        for _ in range(n)
    )
    kinds = "".join(
        f"<rc><c>{n}</c><c>{s}</c><c>1.0</c><c>1.0</c><c>{t}</c></rc>"
        for s, n, t in zip(symbols, counts, titles, strict=True)
    )
    Path("vasprun.xml").write_text(
        '<?xml version="1.0" encoding="ISO-8859-1"?><modeling><generator>'
        '<i name="program" type="string">vasp</i><i name="version" type="string">6.4.2</i>'
        f"</generator><incar>{given}</incar><kpoints>"
        f'<generation param="Gamma"><v type="int" name="divisions">{" ".join(mesh)}</v>'
        '<v name="usershift">0 0 0</v></generation>'
        f"{rows('kpointlist', np.zeros((4, 3)))}"
        f'<varray name="weights">{"<v>0.25</v>" * 4}</varray></kpoints>'
        f"<parameters>{used}</parameters><atominfo><atoms>{len(places)}</atoms>"
        f'<array name="atoms"><set>{atoms}</set></array>'
        f'<array name="atomtypes"><set>{kinds}</set></array></atominfo>'
        + structure(' name="initialpos"', cell, places)
    )


EIGENVALUES = (
    '<eigenvalues><array><set><set comment="spin 1">'
    + "".join(f'<set comment="kpoint {k}"><r>-5.0 1.0</r><r>5.0 0.0</r></set>' for k in range(1, 5))
    + "</set></set></array></eigenvalues>"
)
INTEGERS = ("NSW", "ISIF", "IBRION", "ISPIN", "NELM", "ISMEAR")


def contcar(cell, symbols, counts, places):
    lines = [" ".join(f"{x:.16f}" for x in row) for row in [*cell, *places]]
    head = [" ".join(symbols), " ".join(map(str, counts)), "direct"]
    Path("CONTCAR").write_text("\n".join(["made", "1.0", *lines[:3], *head, *lines[3:], ""]))


def outcar(electrons):
    Path("OUTCAR").write_text(
        " running on    2 total cores\n   number of bands    NBANDS=   8\n"
        f"   IBRION =     -1\n   NELECT = {electrons:.4f}\n total plane-waves  NPLWV =   1000\n"
        f" number of electron {electrons:.7f} magnetization 0.0\n E-fermi :   1.0\n"
        "    total drift:   0.000000  0.000000  0.000000\n"
        " reached required accuracy\n                  User time (sec):        3.0\n"
        "                System time (sec):        1.0\n"
        "               Elapsed time (sec):        5.0\n"
        "          Total CPU time used (sec):        4.0\n"
    )


if __name__ == "__main__":
    main()
