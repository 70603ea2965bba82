from __future__ import annotations

from pymatgen.analysis.structure_matcher import StructureMatcher
from pymatgen.core import Structure

from elatbot_flows.report import write_report

PNG = b"\x89PNG\r\n\x1a\n"
RUN = "0123456789ab"


def other_run(result, run_id):
    """Return the same result under another identifier."""
    from dataclasses import replace

    run = result.document.run.model_copy(update={"run_id": run_id})
    return replace(result, document=result.document.model_copy(update={"run": run}))


def everything_in(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_report_of_a_run(run_result, tmp_path):
    files = write_report(run_result, tmp_path / "new" / "folder")
    assert files.folder == tmp_path / "new" / "folder" / RUN
    assert files.html == files.folder / "report.html"
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


def test_crystals_come_back_as_they_were(run_result, tmp_path):
    files = write_report(run_result, tmp_path)
    matcher = StructureMatcher(ltol=1e-4, stol=1e-4, angle_tol=0.01, scale=False)
    for candidate, path in zip(run_result.candidates, files.structures, strict=False):
        assert "_symmetry_Int_Tables_number   221" in path.read_text()
        assert matcher.fit(candidate.structure, Structure.from_file(path))


def test_names_sort_by_rank(many_result, tmp_path):
    names = [path.name for path in write_report(many_result, tmp_path).structures]
    assert names[0] == "01-TiFe.cif"
    assert names == sorted(names)
    assert len(names) == 50


def test_names_stay_in_the_folder(make_design, make_material, bulk_target, tmp_path):
    odd = make_material(1, bulk_target, 160, formula="../../Ni3/<Al>")
    result = other_run(make_design(bulk_target, [odd]), "../up")
    files = write_report(result, tmp_path / "in")
    assert [path.name for path in files.structures] == ["1-_Ni3_Al_.cif"]
    assert files.folder.parent == tmp_path / "in"


def test_run_without_candidates(empty_result, tmp_path):
    files = write_report(empty_result, tmp_path)
    assert files.structures == ()
    assert files.figure.read_bytes().startswith(PNG)
    assert "No candidate passed" in files.html.read_text(encoding="utf-8")


def test_a_second_run_leaves_the_first_as_it_is_and_both_are_linked(
    run_result, empty_result, tmp_path
):
    first = write_report(run_result, tmp_path)
    (first.folder / "structures" / "7-mine.cif").write_text("data_mine")
    before = everything_in(first.folder)
    second = write_report(other_run(empty_result, "<second>"), tmp_path)
    assert everything_in(first.folder) == before
    assert second.index == tmp_path / "report.html"
    index = second.index.read_text(encoding="utf-8")
    assert f'href="{RUN}/report.html"' in index
    assert 'href="_second_/report.html"' in index
    assert "3 of 5 candidates meet" in index
    assert "<second>" not in index


def test_a_page_of_somebody_else_is_left_alone(run_result, tmp_path):
    (tmp_path / "report.html").write_text("mine")
    assert write_report(run_result, tmp_path).index is None
    assert (tmp_path / "report.html").read_text() == "mine"


def test_page_is_the_same_twice(run_result, tmp_path):
    pages = [write_report(run_result, tmp_path / name).html for name in ("one", "two")]
    assert pages[0].read_bytes() == pages[1].read_bytes()
