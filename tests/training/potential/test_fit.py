import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from elatbot_flows.errors import ElatbotError
from elatbot_flows.potentials import load_potential
from elatbot_flows.potentials.coordinates import evaluate
from elatbot_flows.training.potential.fit import BEST, teach
from elatbot_flows.training.potential.frames import draw_pairs
from elatbot_flows.training.potential.loss import pair_losses, rest_energies
from elatbot_flows.training.potential.pupil import Pupil
from elatbot_flows.training.potential.settings import TeachingSettings

TINY = TeachingSettings(epochs=2, batch_pairs=1, learning_rate=3e-4, warmup_steps=1, average=0.5)


@pytest.fixture(scope="module")
def taught(targets, tmp_path_factory):
    """A teaching of two epochs and where it was kept."""
    folder = tmp_path_factory.mktemp("taught")
    curve = teach(Pupil("7net-0"), targets[:3], targets[:3], TINY, folder)
    return folder, curve


def test_it_says_what_the_potential_says(targets, sevennet_start):
    pairs = draw_pairs(targets, np.random.default_rng(0))
    frames = [(pair.ahead.target.structure, pair.ahead.coordinates) for pair in pairs]
    said = sevennet_start.evaluate(frames, teach=False)
    potential, atom = load_potential("7net-0"), 0
    for place, frame in enumerate(frames):
        point = evaluate(*frame, potential)
        assert said.energies[place].item() == pytest.approx(point.energy, abs=1e-5)
        np.testing.assert_allclose(said.by_strain[place].detach(), point.gradient[:6], atol=1e-4)
        own = said.by_displacement[atom : atom + len(frame[0])].detach().flatten()
        np.testing.assert_allclose(own, point.gradient[6:], atol=1e-5)
        atom += len(frame[0])


@pytest.fixture
def sevennet_start():
    return Pupil("7net-0")


def test_sped_up_convolutions_have_the_same_derivatives_by_weights(targets, sevennet_start):
    from elatbot_flows.potentials import sevennet

    plain = Pupil("7net-0")
    plain.model = sevennet.open_calculator("7net-0", "cpu").model.train()
    plain.model.set_is_batch_data(True)
    slopes = []
    for pupil in (sevennet_start, plain):
        pairs = draw_pairs(targets[:1], np.random.default_rng(0))
        losses = pair_losses(pupil, pairs, rest_energies(pupil, targets[:1]), teach=True)
        losses.sum().backward()
        slopes.append([one.grad.flatten() for one in pupil.parameters() if one.grad is not None])
    mine, theirs = (torch.cat(each) for each in slopes)
    assert torch.linalg.norm(mine - theirs) < 1e-3 * torch.linalg.norm(theirs)


def test_teaching_lowers_the_loss_and_the_best_weights_open_as_a_potential(taught, targets):
    folder, curve = taught
    assert curve[-1].validation < curve[0].validation
    tuned = load_potential(str(folder / BEST), check=False)
    assert tuned.weights_sha256 != load_potential("7net-0").weights_sha256
    target = targets[0]
    rest = [evaluate(target.structure, np.zeros(12), p) for p in (tuned, load_potential("7net-0"))]
    assert rest[0].energy == pytest.approx(rest[1].energy, abs=0.5)


@pytest.mark.slow
def test_a_killed_teaching_ends_as_if_it_had_not_been(taught, targets, tmp_path):
    folder, curve = taught

    def kill(epoch):
        if epoch.number == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        teach(Pupil("7net-0"), targets[:3], targets[:3], TINY, tmp_path, kill)
    again = teach(Pupil("7net-0"), targets[:3], targets[:3], TINY, tmp_path)
    assert [epoch.validation for epoch in again] == [epoch.validation for epoch in curve]
    one, other = (load_potential(str(f / BEST), check=False) for f in (folder, tmp_path))
    assert one.weights_sha256 == other.weights_sha256


def test_a_folder_of_another_teaching_is_refused(taught, targets):
    other = replace(TINY, seed=1)
    with pytest.raises(ElatbotError, match="another teaching"):
        teach(Pupil("7net-0"), targets[:3], targets[:3], other, taught[0])


def test_a_loss_that_is_not_finite_is_told_and_the_best_weights_stay(taught, targets, tmp_path):
    (tmp_path / BEST).write_bytes((taught[0] / BEST).read_bytes())
    broken = replace(targets[0], springs=np.full((6, 6), np.nan))
    with pytest.raises(ElatbotError, match="not finite"):
        teach(Pupil("7net-0"), [broken], targets[:1], TINY, tmp_path)
    assert (tmp_path / BEST).read_bytes() == (taught[0] / BEST).read_bytes()


def test_no_frames_are_an_error(targets, tmp_path):
    with pytest.raises(ElatbotError, match="not one frame for train"):
        teach(Pupil("7net-0"), [], targets, TINY, tmp_path)


@pytest.mark.parametrize("name", ["chgnet", "7net-mf-0:PBE"])
def test_a_start_that_cannot_be_taught_is_refused(name):
    with pytest.raises(ElatbotError, match=name):
        Pupil(name)


def test_settings_are_plain_values():
    assert TeachingSettings.from_dict(json.loads(TINY.to_json())) == TINY
