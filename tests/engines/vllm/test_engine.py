"""vLLM, as a server and in process, answers as transformers does; killed, it costs nothing."""

from __future__ import annotations

import json
import shutil
import subprocess

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from elatbot_flows.engines.base import Failure, Sampling
from elatbot_flows.engines.journal import Journaled
from elatbot_flows.engines.server.engine import ServerSettings
from elatbot_flows.engines.transformers.engine import TransformersSettings
from elatbot_flows.engines.vllm.engine import VllmSettings
from elatbot_flows.errors import EngineError
from elatbot_flows.text import constants_text
from elatbot_flows.text.patterns import MATRIX, constants
from elatbot_flows.text.question import Question, Template
from engines.fake_server import until_error
from engines.tiny_models import make_adapter, make_tiny_llama
from engines.vllm_server import VllmServer, environment, vllm_python

pytestmark = pytest.mark.slow
WORDS = [Question("Tell. ", f"What is the bulk modulus of Al{n}Ni? ") for n in range(1, 9)]
LAUE = "-3m"
TENSORS = [
    Question("", f"Tensor of Al{n}Ni? ", MATRIX if n % 2 else constants(LAUE)) for n in range(1, 33)
]
GREEDY = Sampling(max_tokens=24)
LONG = Sampling(temperature=1.0, max_tokens=400, seed=2)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Folders of a model and of an adapter for it."""
    folder = tmp_path_factory.mktemp("tiny")
    base = make_tiny_llama(folder / "base", context=1024, chat=True)
    return base, make_adapter(folder / "lora", base)


@pytest.fixture(scope="module")
def server(models, tmp_path_factory):
    log = tmp_path_factory.mktemp("vllm") / "log"
    server = VllmServer(vllm_python(), *models, log).start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def expected(models):
    """Likeliest answers by transformers, with and without the adapter."""
    texts = {}
    for name, adapter in (("base", None), ("lora", str(models[1]))):
        engine = TransformersSettings(str(models[0]), adapter, guided=False).start()
        texts[name] = texts_of(engine.complete(WORDS, GREEDY))
    assert texts["base"] != texts["lora"]
    return texts


def texts_of(pairs):
    found = dict(pairs)
    # A letter that was cut off half-way is left out by one and marked by the other.
    return [found[place][0].text.rstrip("\ufffd") for place in sorted(found)]


def parsed(texts):
    """Number of 6x6 tensors; only those made of independent constants are bound to be symmetric."""
    tensors = [
        json.loads(text) if text.startswith("[") else constants_text.parse(text, LAUE)
        for text in texts
    ]
    return sum(np.shape(tensor) == (6, 6) for tensor in tensors)


@pytest.mark.parametrize("tokenizer", [False, True])
@pytest.mark.parametrize("adapter", [None, "lora"])
def test_server_answers_as_transformers_does(server, models, expected, adapter, tokenizer):
    name = str(models[0]) if tokenizer else None
    engine = ServerSettings(server.url, "tiny", adapter, tokenizer=name).start()
    assert texts_of(engine.complete(WORDS, GREEDY)) == expected[adapter or "base"]


def test_server_reads_chat_templates_as_transformers_does(server, models):
    local = TransformersSettings(str(models[0]), template=Template.CHAT, guided=False).start()
    remote = ServerSettings(server.url, "tiny", template=Template.CHAT).start()
    (one,), (two,) = (dict(e.complete(WORDS[:1], GREEDY))[0] for e in (local, remote))
    assert one.text.rstrip("\ufffd") == two.text.rstrip("\ufffd")
    assert one.prompt_tokens == two.prompt_tokens


def test_server_record_says_what_runs_there(server, models):
    record = ServerSettings(server.url, "tiny", "lora").start().record
    assert record.engine_version[0].isdigit()
    assert record.context_length == 1024
    assert record.settings["root"] == str(models[0])
    assert record.settings["adapter_root"] == str(models[1])


@pytest.mark.parametrize("adapter", [None, "lora"])
def test_every_tensor_drawn_under_its_pattern_parses(server, adapter):
    engine = ServerSettings(server.url, "tiny", adapter).start()
    assert parsed(texts_of(engine.complete(TENSORS, LONG))) == 32


def test_answers_as_json_follow_the_pattern_too(server):
    engine = ServerSettings(server.url, "tiny", structured="response_format").start()
    sampling = Sampling(max_tokens=600)
    assert parsed(texts_of(engine.complete(TENSORS[:2], sampling))) == 2


def test_server_refuses_single_questions(server):
    engine = ServerSettings(server.url, "tiny").start()
    questions = [Question("", "long " * 3000), Question("", "q", "(?=a)b["), WORDS[0]]
    found = dict(engine.complete(questions, GREEDY))
    assert (found[0].reason, found[1].reason) == ("prompt_too_long", "pattern_not_supported")
    assert not isinstance(found[2], Failure)


def test_seeds_decide_however_requests_are_batched(server):
    sampling = Sampling(temperature=1.0, samples=2, seed=4, max_tokens=16)
    drawn = []
    for concurrency in (1, 32):
        engine = ServerSettings(server.url, "tiny", concurrency=concurrency).start()
        found = dict(engine.complete(WORDS, sampling))
        drawn.append([[c.text for c in found[place]] for place in range(len(WORDS))])
    assert drawn[0] == drawn[1]
    assert all(first != second for first, second in drawn[0])


def test_missing_chat_template_is_named(server, models, tmp_path):
    plain = make_tiny_llama(tmp_path / "plain")
    with pytest.raises(EngineError, match="chat template"):
        ServerSettings(server.url, "tiny", template=Template.CHAT, tokenizer=str(plain)).start()


def test_killed_server_costs_nothing_that_was_answered(server, tmp_path):
    questions = [Question("", f"Number {n}? ") for n in range(1000)]
    sampling = Sampling(temperature=1.0, max_tokens=4, seed=1)

    def engine(patience):
        return ServerSettings(server.url, "tiny", patience=patience).start()

    before, stream = [], Journaled(engine(1.0), tmp_path).complete(questions, sampling)
    with pytest.raises(EngineError, match="did not answer"):
        until_error(stream, before, lambda count: server.kill() if count == 300 else None)
    assert 300 <= len(before) < 1000
    assert not any(isinstance(answer, Failure) for _, answer in before)
    server.start()
    again = Journaled(engine(60.0), tmp_path)
    after = list(again.complete(questions, sampling))
    assert sorted(place for place, _ in after) == list(range(1000))
    assert server.requests_served() == 1000 - len(before)
    found = dict(after)
    assert all(found[place] == answer for place, answer in before)


IN_PROCESS = """
import json, sys
from elatbot_flows.engines.base import Failure, Sampling
from elatbot_flows.engines.vllm.engine import VllmSettings
from elatbot_flows.text.question import Question

def plain(answer):
    return answer.reason if isinstance(answer, Failure) else [c.text for c in answer]

def main():
    model, adapter, calls = json.load(sys.stdin)
    small = {"max_model_len": 1024, "kv_cache_gb": 0.125, "enforce_eager": True}
    engine = VllmSettings(model, adapter, dtype="float32", **small).start()
    answers = [
        [plain(a) for _, a in sorted(engine.complete([Question(**q) for q in qs], Sampling(**s)))]
        for qs, s in calls
    ]
    stream = engine.complete([Question("", "Q")] * 9, Sampling(max_tokens=500))
    next(stream), stream.close()
    with open(sys.argv[1], "w") as file:
        json.dump([answers, engine.record.model_dump()], file)

if __name__ == "__main__":
    main()
"""


@pytest.mark.parametrize("name", ["base", "lora"])
def test_vllm_in_process_answers_as_transformers_does(models, expected, tmp_path, name):
    python = vllm_python()
    script = tmp_path / "ask.py"
    script.write_text(IN_PROCESS)
    odd = [Question("", "long " * 3000), Question("", "q", "(?=a)b["), Question("", "a\nb")]
    drawn = Sampling(temperature=1.0, samples=2, seed=4, max_tokens=16)
    calls = [
        (WORDS, GREEDY),
        (TENSORS, LONG),
        (odd, GREEDY),
        (WORDS, drawn),
        (WORDS[::-1], drawn),
    ]
    adapter = str(models[1]) if name == "lora" else None
    asked = [([q.__dict__ for q in questions], s.__dict__) for questions, s in calls]
    done = subprocess.run(  # noqa: S603
        [python, str(script), str(tmp_path / "answers.json")],
        input=json.dumps([str(models[0]), adapter, asked]),
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    answers, record = json.loads((tmp_path / "answers.json").read_text())
    greedy, matrices, refused, first, second = answers
    assert [text.rstrip("\ufffd") for (text,) in greedy] == expected[name]
    assert parsed(text for (text,) in matrices) == 32
    assert refused == ["prompt_too_long", "pattern_not_supported", "ambiguous"]
    assert first == second[::-1]
    assert record["engine"] == "vllm"
    assert record["settings"]["device"] == "cpu"
    assert (record["adapter_sha256"] is None) == (adapter is None)


def test_weights_that_vllm_would_leave_out_of_an_adapter_are_told_of(models, tmp_path):
    """Beside its pairs of matrices: vLLM goes by the embeddings of the model."""
    folder = shutil.copytree(models[1], tmp_path / "lora")
    file = folder / "adapter_model.safetensors"
    more = {"base_model.model.lm_head.base_layer.weight": np.ones((2, 2), np.float32)}
    save_file(load_file(file) | more, file)
    with pytest.raises(EngineError, match=r"leave out .*lm_head.* merge it into the weights first"):
        _ = VllmSettings(str(models[0]), str(folder)).base


def test_missing_vllm_is_an_error_that_says_what_to_do():
    with pytest.raises(EngineError, match=r"docs/engines\.md"):
        VllmSettings("tiny").start()
