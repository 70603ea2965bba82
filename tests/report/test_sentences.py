from __future__ import annotations

from dataclasses import replace

from elatbot_flows.report.evidence import judges_of, said_by, stands_for
from elatbot_flows.report.sentences import limits, origin_words, result_sentence


def test_result_counts_hits_and_names_the_best(run_result):
    assert result_sentence(run_result) == (
        "3 of 5 candidates meet the target with a probability of one half or more, 1 more may; "
        "best: TiFe (Pm-3m), K 160 (144 to 176) GPa, probability 0.80."
    )


def test_result_without_hits_names_the_likeliest(run_result):
    missed = tuple(c for c in run_result.candidates if c.verdict != "hit")
    counts = run_result.document.counts.model_copy(update={"hits": 0, "open": 0})
    document = run_result.document.model_copy(update={"counts": counts})
    sentence = result_sentence(replace(run_result, document=document, candidates=missed))
    assert sentence.startswith("None of 2 candidates meets the target with a probability of one")
    assert "likeliest: ZrCo (Pm-3m), K 149 (134 to 164) GPa, probability 0.30." in sentence


def test_result_of_several_intervals_of_none_and_without_target(
    several_result, empty_result, given_result
):
    assert result_sentence(several_result).startswith("1 of 3 candidates meets the target")
    assert result_sentence(empty_result) == (
        "No candidate passed: of 3 proposed, 0 were shown to the judges."
    )
    assert result_sentence(given_result) == "1 of 2 materials passed all gates of a judge."


def test_origin_has_versions_and_short_hashes(run_result, given_result):
    assert origin_words(run_result.document.run) == (
        "Run 0123456789ab, seed 7. Proposed by elatbot-mini (weights aaaaaaaaaaaa), judged by "
        "7net-0 in sevenn 0.13.0 (weights cccccccccccc) and 7net-l3i5 in sevenn 0.13.0 (weights "
        "dddddddddddd)."
    )
    assert "Materials were given, judged by 7net-0" in origin_words(given_result.document.run)


def test_limits_are_those_of_the_run(run_result, placed_result, given_result):
    words = " ".join(limits(run_result))
    assert "and from what 7net-0, 7net-l3i5 and elatbot-mini say; no density functional" in words
    assert "calibrated on 100 binaries computed with DFT" in words
    assert "thermodynamic stability was not" in words
    assert "Co, Fe and Ni may be magnetic" in words
    assert "Unseen" in words
    assert "thermodynamic stability was not" not in " ".join(limits(placed_result))
    assert "Unseen" not in " ".join(limits(given_result))


def test_only_those_who_said_something_are_named(make_design, make_material, bulk_target):
    silent = make_material(1, bulk_target, 160)
    silent = silent.updated(evidence=silent.evidence[1:2])
    assert "from what 7net-0 says; no" in limits(make_design(bulk_target, [silent]))[0]


def test_density_functional_theory_is_denied_only_where_there_is_none(
    make_design, make_material, make_opinion, bulk_target
):
    import samples

    good = make_material(1, bulk_target, 160)
    computed = make_opinion(samples.method("PBE", "dft"), 160, 60)
    words = limits(make_design(bulk_target, [good.updated(evidence=[computed])]))[0]
    assert words.endswith("from what PBE says; nothing was measured.")


def test_magnets_are_only_mentioned_where_there_are_some(make_design, make_material, bulk_target):
    brass = make_material(5, bulk_target, 160)
    assert brass.elements == ["Cu", "Zn"]
    assert "magnetic" not in " ".join(limits(make_design(bulk_target, [brass])))


def test_sources_that_are_not_used_and_missing_estimates_are_told(
    make_design, make_material, make_estimate, bulk_target
):
    odd = make_material(1, bulk_target, 160).updated(estimate=make_estimate(9, 9, unused=["mine"]))
    none = make_material(2, bulk_target, 160).updated(estimate=None)
    words = " ".join(limits(make_design(bulk_target, [odd, none])))
    assert "for want of a calibration: mine." in words
    assert "no estimate where" in words


def test_who_said_what_of_the_crystal_that_stands(odd_result):
    (odd,) = odd_result.passed
    assert judges_of([odd]) == ["7net-0", "7net-l3i5", "elatbot-mini"]
    assert said_by(odd, "7net-0").bulk_modulus == 158
    assert said_by(odd, "7net-l3i5").reason == "born_unstable"
    assert said_by(odd, "elatbot-mini").bulk_modulus == 148
    assert said_by(odd, "nobody") is None


def test_lowest_in_energy_is_said_only_where_it_is_so(odd_result):
    (odd,) = odd_result.passed
    assert stands_for(odd) == "Crystal 2 of 2 stands for it, 12 meV/atom above the lowest."
    lowest = odd.updated(polymorph=0, above_ground_state=0.0)
    assert stands_for(lowest).endswith("stands for it, the lowest in energy of those kept.")
    unknown = odd.updated(above_ground_state=None)
    assert stands_for(unknown) == "Crystal 2 of 2 stands for it."
    assert stands_for(odd.updated(polymorphs=odd.polymorphs[:1])) == "There is one crystal."
    assert stands_for(odd.updated(polymorphs=[])) == "No crystal."


def test_why_a_material_ranks_behind_less_probable_ones_is_said_where_one_does(
    make_design, make_material, bulk_target
):
    sound = make_material(1, bulk_target, 160)
    soft = sound.updated(softest_mode_doubled=-0.5)
    assert "rank behind others" not in " ".join(limits(make_design(bulk_target, [sound])))
    assert "rank behind others" in " ".join(limits(make_design(bulk_target, [sound, soft])))
