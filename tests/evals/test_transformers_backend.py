"""transformers end to end: greedy is argmax, batches change nothing, parameters are what the arm says."""

import shutil

import pytest

from rewardkit.errors import UsageError
from rewardkit.evals.backends import Request, Sampling, open_backend
from rewardkit.evals.backends.checkpoint import checkpoint_digest
from rewardkit.evals.run import EvaluationRun, generate_run
from rewardkit.types import Finish

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.train

PROMPTS = ["What is 1 + 2?", "2", "A rather longer question about 3 - 4 and what comes of it?", "5 + 6 ="]


def ask(backend, sampling, samples=(0,), prompts=PROMPTS):
    requests = [
        Request(index=i, prompt=p, sampling=sampling, samples=samples, item=str(i))
        for i, p in enumerate(prompts)
    ]
    made = {(c.index, c.sample): c for c in backend.generate(requests)}
    return [made[i, s] for i in range(len(prompts)) for s in samples]


def argmax(backend, prompt, limit):
    ids = backend.tokenizer(prompt, return_tensors="pt")["input_ids"]
    out = []
    with torch.inference_mode():
        for _ in range(limit):
            token = int(backend.model(ids).logits[0, -1].argmax())
            if token in (backend.tokenizer.eos_token_id, backend.tokenizer.pad_token_id):
                break
            out.append(token)
            ids = torch.cat([ids, torch.tensor([[token]])], dim=1)
    return tuple(out)


@pytest.fixture(scope="module")
def backend(tiny_model):
    with open_backend("transformers", str(tiny_model), {"dtype": "float32", "batch_size": 3}) as opened:
        yield opened


def test_greedy_is_argmax_whatever_the_batch(backend):
    made = ask(backend, Sampling(max_new_tokens=10))
    for completion, prompt in zip(made, PROMPTS, strict=True):
        assert completion.token_ids == argmax(backend, prompt, 10)
        assert completion.tokens == len(completion.token_ids)
        assert completion.finish == (Finish.LENGTH if completion.tokens == 10 else Finish.STOP)


def test_samples_differ_from_each_other_and_repeat_with_the_seed(backend):
    drawn = Sampling(max_new_tokens=10, temperature=3.0, seed=1)
    first = [c.text for c in ask(backend, drawn, (0, 1))]
    assert first == [c.text for c in ask(backend, drawn, (0, 1))]
    assert len(set(first)) > 4
    other = Sampling(max_new_tokens=10, temperature=3.0, seed=2)
    assert first != [c.text for c in ask(backend, other, (0, 1))]


def test_sampling_leaves_the_callers_random_state_and_training_mode(backend):
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    backend.model.train()
    ask(backend, Sampling(max_new_tokens=3, temperature=1.0, seed=0))
    assert torch.rand(1) == expected
    assert backend.model.training
    backend.model.eval()


def test_top_k_of_one_is_greedy(backend):
    greedy = [c.token_ids for c in ask(backend, Sampling(max_new_tokens=8))]
    one = [c.token_ids for c in ask(backend, Sampling(max_new_tokens=8, temperature=1.0, top_k=1, seed=0))]
    assert one == greedy


def test_the_models_own_generation_config_is_not_followed_in_secret(backend):
    own = backend.model.generation_config
    greedy = [c.token_ids for c in ask(backend, Sampling(max_new_tokens=8))]
    drawn = Sampling(max_new_tokens=8, temperature=3.0, seed=1)
    free = [c.token_ids for c in ask(backend, drawn)]
    own.top_k, own.repetition_penalty, own.do_sample = 1, 5.0, True
    try:
        assert [c.token_ids for c in ask(backend, Sampling(max_new_tokens=8))] == greedy
        assert [c.token_ids for c in ask(backend, drawn)] == free
    finally:
        own.top_k, own.repetition_penalty, own.do_sample = None, None, None


def test_a_stop_string_ends_the_text(backend):
    [free] = ask(backend, Sampling(max_new_tokens=12), prompts=PROMPTS[:1])
    stop = free.text[3:5]
    at = free.text.index(stop)
    [cut] = ask(backend, Sampling(max_new_tokens=12, stop=(stop,)), prompts=PROMPTS[:1])
    assert cut.text == free.text[:at]
    assert cut.finish == Finish.STOP


def test_chat_messages_are_rendered_by_the_tokenizer(backend):
    text = backend.render([{"role": "user", "content": "1 + 1?"}])
    assert text == "<|im_start|>user\n1 + 1?<|im_end|>\n<|im_start|>assistant\n"


@pytest.mark.parametrize(
    "bad",
    [
        {"temperature": 0.0},
        {"top_p": 0.9},
        {"top_k": 5},
        {"min_p": 0.1},
        {"seed": 3},
    ],
)
def test_contradicting_parameters_are_refused(bad):
    with pytest.raises(UsageError):
        Sampling(max_new_tokens=5, **bad)


def test_a_checkpoint_is_known_by_its_content(tiny_model, tmp_path):
    copy = shutil.copytree(tiny_model, tmp_path / "copy")
    assert checkpoint_digest(copy) == checkpoint_digest(tiny_model)
    (copy / "optimizer.pt").write_bytes(b"of no account")
    assert checkpoint_digest(copy) == checkpoint_digest(tiny_model)
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    assert checkpoint_digest(copy) != checkpoint_digest(tiny_model)


def test_the_arithmetic_suite_end_to_end(tiny_model, tmp_path, small_suite):
    with open_backend("transformers", str(tiny_model), {"batch_size": "8"}) as opened:
        folder = EvaluationRun(tmp_path / "run")
        report = generate_run(folder, small_suite, opened)
    assert report.missing == 0
    session = folder.rows("sessions.jsonl")[0]
    assert session["environment"]["batch_size"] == 8
    assert session["effective"]["greedy"]["max_new_tokens"] == 12
    assert all(record.tokens is not None for _, _, record in folder.completions())


def test_a_lora_adapter_is_part_of_the_model(tiny_model, tmp_path):
    peft = pytest.importorskip("peft")
    from transformers import AutoModelForCausalLM

    base = AutoModelForCausalLM.from_pretrained(tiny_model)
    tuned = peft.get_peft_model(base, peft.LoraConfig(target_modules=["q_proj", "v_proj"], r=2))
    with torch.no_grad():
        for name, weight in tuned.named_parameters():
            if "lora_B" in name:
                weight.normal_(0, 2.0)
    tuned.save_pretrained(tmp_path / "adapter")
    options = {"dtype": "float32", "adapter": str(tmp_path / "adapter")}
    with (
        open_backend("transformers", str(tiny_model), {"dtype": "float32"}) as plain,
        open_backend("transformers", str(tiny_model), options) as adapted,
    ):
        assert plain.identity() != adapted.identity()
        sampling = Sampling(max_new_tokens=8)
        assert [c.text for c in ask(plain, sampling)] != [c.text for c in ask(adapted, sampling)]
