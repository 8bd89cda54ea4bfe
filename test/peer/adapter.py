"""Checks against PEFT that both load what the other saved, with the same log-probabilities.

    npm run build && python test/peer/adapter.py [MODEL_FOLDER ...]

Needs torch, transformers and peft. Without folders, takes every text model under GPGRAD_FIXTURES/models
(default ../shared/fixtures). gpgrad trains an adapter for a few steps and saves it: PEFT has to load it without a missing
or unexpected weight; then PEFT saves one with random values, which gpgrad loads. What gpgrad trained is
also merged by gpgrad and loaded by transformers.
"""

import json
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from saved_folder import fixture_folders
from transformers import AutoModelForCausalLM
from transformers.utils import logging

here = Path(__file__).parent
ours = [
    {"rank": 4, "alpha": 8, "useRslora": False, "targetModules": "all-linear"},
    {"rank": 3, "alpha": 6, "useRslora": True, "targetModules": r".*\.layers\.1\..*(q|down)_proj"},
    {"rank": 8, "alpha": 16, "useRslora": False, "targetModules": ["lm_head", "v_proj"]},
]
theirs = [
    {"r": 4, "lora_alpha": 8, "target_modules": "all-linear", "lora_dropout": 0.05},
    {"r": 4, "use_rslora": True, "target_modules": r".*\.layers\.\d\.mlp\.(up|down)_proj"},
    {
        "r": 4,
        "target_modules": ["lm_head", "q_proj", "o_proj"],
        "rank_pattern": {"layers.1.self_attn.q_proj": 7},
        "alpha_pattern": {"o_proj": 32},
    },
    {"r": 2, "target_modules": "all-linear", "exclude_modules": ["k_proj"], "init_lora_weights": "gaussian"},
]
tolerance = 1e-4


def load_base(folder):
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)


def batch_of(vocabulary):
    generator = torch.Generator().manual_seed(0)
    draw = lambda count: torch.randint(vocabulary, (count,), generator=generator).tolist()
    return {"groups": [{"prompt": draw(n), "completion": draw(12 + n)} for n in (3, 9, 17)]}


def logprobs(model, batch):
    values = []
    for group in batch["groups"]:
        ids = torch.tensor([group["prompt"] + group["completion"]])
        with torch.no_grad():
            scores = model(ids).logits.log_softmax(-1)[0, :-1]
        taken = scores.gather(1, ids[0, 1:, None])[:, 0]
        values += taken[len(group["prompt"]) - 1 :].tolist()
    return torch.tensor(values)


def run_gpgrad(base, target, lora, batch):
    command = ["node", here / "adapter.mjs", base, target, lora, json.dumps(batch)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return torch.tensor(json.loads(output))


def load_adapter(base, folder):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = PeftModel.from_pretrained(load_base(base), folder).eval()
    problems = [str(each.message) for each in caught if "keys" in str(each.message)]
    assert not problems, problems
    return model


def report(what, got, expected, plain):
    gap = (got - expected).abs().max().item()
    effect = (expected - plain).abs().max().item()
    print(f"{what}: {len(got)} log-probabilities, largest gap {gap:.1e}; the adapter moves them by {effect:.2f}", flush=True)
    assert gap < tolerance < effect


def check(base):
    batch = batch_of(load_base(base).config.vocab_size)
    plain = logprobs(load_base(base), batch)
    for lora in ours:
        with tempfile.TemporaryDirectory() as target:
            got = run_gpgrad(base, target, json.dumps(lora), batch)
            expected = logprobs(load_adapter(base, f"{target}/adapter"), batch)
            report(f"{base.name}, ours {lora['targetModules']}", got, expected, plain)
            merged = AutoModelForCausalLM.from_pretrained(f"{target}/merged")
            stored = AutoModelForCausalLM.from_pretrained(base).dtype
            assert merged.dtype == stored, f"merged as {merged.dtype}, the base is {stored}"
            # Narrower weights are rounded when they are merged.
            if stored == torch.float32:
                report("  merged by gpgrad", logprobs(merged, batch), expected, plain)
    for settings in theirs:
        with tempfile.TemporaryDirectory() as target:
            torch.manual_seed(1)
            model = get_peft_model(load_base(base), LoraConfig(task_type="CAUSAL_LM", **settings)).eval()
            for name, parameter in model.named_parameters():
                if "lora_B" in name:
                    torch.nn.init.normal_(parameter, std=0.05)
            model.save_pretrained(f"{target}/theirs")
            expected = logprobs(model, batch)
            got = run_gpgrad(base, target, f"{target}/theirs", batch)
            report(f"{base.name}, PEFT's {settings['target_modules']}", got, expected, plain)
            again = logprobs(load_adapter(base, f"{target}/adapter"), batch)
            report("  saved again by gpgrad", again, expected, plain)


if __name__ == "__main__":
    logging.disable_progress_bar()
    for folder in [Path(name) for name in sys.argv[1:]] or list(fixture_folders()):
        check(folder)
