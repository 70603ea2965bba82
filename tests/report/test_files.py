from __future__ import annotations

from pymatgen.analysis.structure_matcher import StructureMatcher
from pymatgen.core import Structure

from elatbot_flows.report import write_report

PNG = b"\x89PNG\r\n\x1a\n"


def test_report_of_a_run(run_document, tmp_path):
    files = write_report(run_document, tmp_path / "new" / "folder")
    assert files.html == tmp_path / "new" / "folder" / "report.html"
    assert files.figure.read_bytes().startswith(PNG)
    assert files.figure.stat().st_size > 10_000
    assert [path.name for path in files.structures] == [
        "1-TiFe.cif",
        "2-TiCo.cif",
        "3-TiNi.cif",
        "4-ZrCo.cif",
        "5-ZnCu.cif",
    ]
    page = files.html.read_text(encoding="utf-8")
    for path in files.structures:
        assert f'href="structures/{path.name}"' in page


def test_crystals_come_back_as_they_were(run_document, tmp_path):
    files = write_report(run_document, tmp_path)
    matcher = StructureMatcher(ltol=1e-4, stol=1e-4, angle_tol=0.01, scale=False)
    for candidate, path in zip(run_document.candidates, files.structures, strict=False):
        assert "_symmetry_Int_Tables_number   221" in path.read_text()
        assert matcher.fit(candidate.structure, Structure.from_file(path))


def test_names_sort_by_rank(many_document, tmp_path):
    names = [path.name for path in write_report(many_document, tmp_path).structures]
    assert names[0] == "01-TiFe.cif"
    assert names == sorted(names)
    assert len(names) == 50


def test_names_stay_in_the_folder(make_design, make_material, bulk_target, tmp_path):
    odd = make_material(1, bulk_target, 160, formula="../../Ni3/<Al>")
    files = write_report(make_design(bulk_target, [odd]), tmp_path)
    assert [path.name for path in files.structures] == ["1-_Ni3_Al_.cif"]
    assert files.structures[0].parent == tmp_path / "structures"


def test_run_without_candidates(empty_document, tmp_path):
    files = write_report(empty_document, tmp_path)
    assert files.structures == ()
    assert files.figure.read_bytes().startswith(PNG)
    assert "No candidate passed validation" in files.html.read_text(encoding="utf-8")


def test_earlier_crystals_are_replaced_and_other_files_left(run_document, empty_document, tmp_path):
    write_report(run_document, tmp_path)
    (tmp_path / "structures" / "mine.cif").write_text("data_mine")
    write_report(empty_document, tmp_path)
    assert [p.name for p in (tmp_path / "structures").iterdir()] == ["mine.cif"]


def test_page_is_the_same_twice(run_document, tmp_path):
    pages = [write_report(run_document, tmp_path / name).html for name in ("one", "two")]
    assert pages[0].read_bytes() == pages[1].read_bytes()
