import json
from dataclasses import asdict

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from alloys import EMT
from elatbot_flows.elasticity.moduli import moduli_from_tensor
from elatbot_flows.errors import ElatbotError
from elatbot_flows.potentials import load_potential
from elatbot_flows.potentials.validation import ValidationSettings, validate_crystal
from elatbot_flows.training.potential.labels import Label, label_all, label_of, read_labels
from elatbot_flows.training.potential.material import Lesson


def test_a_crystal_with_moduli_stays_as_it_is_and_another_is_relaxed(lessons, labels):
    known, asked = labels[0], labels[-1]
    assert Structure.from_dict(known.structure).volume == pytest.approx(3.17**3)
    settings = ValidationSettings(follow=0)
    found = validate_crystal(lessons[-1].structure, load_potential(EMT), settings)
    assert Structure.from_dict(asked.structure).volume == pytest.approx(
        found.volume_per_atom, rel=1e-3
    )


def test_second_derivatives_are_those_that_the_teacher_is_judged_by(lessons, labels):
    from elatbot_flows.elasticity.response import response
    from elatbot_flows.elasticity.units import GPA_PER_EV_A3

    found = validate_crystal(lessons[0].structure, load_potential(EMT))
    volume = found.volume_per_atom * found.nsites / GPA_PER_EV_A3
    moduli = moduli_from_tensor(response(np.array(labels[0].hessian), volume).relaxed)
    assert moduli.bulk_modulus == pytest.approx(found.bulk_modulus, rel=1e-2)
    assert moduli.shear_modulus == pytest.approx(found.shear_modulus, rel=1e-2)


def test_what_was_labelled_is_not_labelled_again(lessons, labels, tmp_path):
    file, teacher = tmp_path / "labels.jsonl", load_potential(EMT)
    label_all(lessons[:1], teacher, file)
    with file.open("a") as stream:
        stream.write('{"source": "Al')  # killed while it was writing
    label_all(lessons[:1], teacher, file)
    before = teacher.evaluations
    again, _ = label_all(lessons[:1], teacher, file)
    assert teacher.evaluations == before
    assert again == read_labels(file)
    assert json.dumps(asdict(again[0])) == json.dumps(asdict(labels[0]))


def test_labels_of_another_teacher_are_refused(lessons, tmp_path):
    file = tmp_path / "labels.jsonl"
    file.write_text('{"teacher_sha256": "other"}\n')
    with pytest.raises(ElatbotError, match="another teacher"):
        label_all(lessons, load_potential(EMT), file)


def test_what_cannot_be_labelled_is_counted_by_reason(lessons, tmp_path):
    unknown = Lesson("W", "W", Structure(Lattice.cubic(3.2), ["W"], [[0, 0, 0]]), 300, 150)
    wide = Structure(Lattice.cubic(3.5), ["Al", "Pd"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    far = Lesson("wide", "AlPd", wide, 160, 70)
    teacher, file = load_potential(EMT), tmp_path / "labels.jsonl"
    _, reasons = label_all([lessons[0], unknown, far], teacher, file)
    assert reasons == {"another_crystal": 1, "unknown_element": 1}
    with pytest.raises(ElatbotError, match="could label none of 1"):
        label_all([unknown], teacher, tmp_path / "none.jsonl")


def test_the_frame_far_from_rest_is_what_the_teacher_says(lessons, labels):
    from elatbot_flows.potentials.coordinates import evaluate

    label, teacher = labels[0], load_potential(EMT)
    crystal = Structure.from_dict(label.structure)
    rest, far = (evaluate(crystal, np.array(label.far) * s, teacher) for s in (0, 1))
    assert label.far_energy == pytest.approx(far.energy - rest.energy)
    np.testing.assert_allclose(label.far_gradient, far.gradient - rest.gradient, atol=1e-4)
    assert isinstance(label_of(lessons[0], teacher), Label)
