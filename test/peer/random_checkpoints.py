"""Checks random checkpoints of unusual shapes against transformers: log-probabilities and greedy completions.

    npm run build && python test/peer/random_checkpoints.py [NAME ...]

Needs torch and transformers. Each case is a configuration that a checkpoint of the hub may have; its weights are random,
biases and norms included. The tokenizer is that of GPGRAD_FIXTURES/tokenizer (default ../shared/fixtures).
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.utils import logging

here = Path(__file__).parent
fixtures = Path(os.environ.get("GPGRAD_FIXTURES", here / "../../../shared/fixtures"))
tolerance = 2e-4

small = {
    "vocab_size": 1003,
    "hidden_size": 48,
    "intermediate_size": 88,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
}
llama3 = {
    "rope_type": "llama3",
    "rope_theta": 500000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}
cases = {
    "qwen2": {"model_type": "qwen2"},
    "qwen2 tied, one key-value head": {
        "model_type": "qwen2",
        "tie_word_embeddings": True,
        "num_key_value_heads": 1,
        "vocab_size": 1021,
    },
    "qwen2 wide heads": {"model_type": "qwen2", "head_dim": 32, "rope_parameters": {"rope_type": "default", "rope_theta": 1e6}},
    "qwen2 narrow heads": {"model_type": "qwen2", "head_dim": 6},
    "qwen2 window unused": {
        "model_type": "qwen2",
        "use_sliding_window": True,
        "sliding_window": 4,
        "max_window_layers": 3,
    },
    "qwen2 window off": {"model_type": "qwen2", "use_sliding_window": False, "sliding_window": 4, "max_window_layers": 0},
    "qwen2 odd sizes": {
        "model_type": "qwen2",
        "hidden_size": 30,
        "intermediate_size": 37,
        "num_attention_heads": 3,
        "num_key_value_heads": 3,
        "vocab_size": 1001,
    },
    "qwen3": {"model_type": "qwen3", "head_dim": 16},
    "qwen3 biases, tied": {"model_type": "qwen3", "head_dim": 24, "attention_bias": True, "tie_word_embeddings": True},
    "qwen3 narrow heads": {"model_type": "qwen3", "head_dim": 8, "num_key_value_heads": 4, "rms_norm_eps": 1e-3},
    "llama": {"model_type": "llama"},
    "llama biases": {"model_type": "llama", "attention_bias": True, "mlp_bias": True},
    "llama attention biases": {"model_type": "llama", "attention_bias": True, "num_key_value_heads": 4},
    "llama mlp biases, tied": {"model_type": "llama", "mlp_bias": True, "tie_word_embeddings": True},
    "llama3 scaling": {"model_type": "llama", "rope_parameters": llama3, "head_dim": 32},
    "llama3 scaling, long context": {"model_type": "llama", "rope_parameters": llama3, "max_position_embeddings": 131072},
    "one layer, one head": {
        "model_type": "llama",
        "num_hidden_layers": 1,
        "num_attention_heads": 1,
        "num_key_value_heads": 1,
    },
}
stored = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def make(name, folder, dtype):
    torch.manual_seed(sum(map(ord, name)))
    settings = {**small, **cases[name]}
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(settings.pop("model_type"), **settings))
    for parameter_name, parameter in model.named_parameters():
        # Large enough for every part to tell.
        torch.nn.init.normal_(parameter, mean=1 if "norm" in parameter_name else 0, std=0.25)
    model.to(stored[dtype]).save_pretrained(folder, max_shard_size="100KB" if dtype == "bfloat16" else "5GB")
    for file in (fixtures / "tokenizer").glob("tokenizer*.json"):
        if file.name != "tokenizer-cases.json":
            shutil.copy(file, folder)
    # Greedy completions run to their limit.
    config = json.loads((Path(folder) / "config.json").read_text())
    (Path(folder) / "config.json").write_text(json.dumps({**config, "eos_token_id": None}))
    (Path(folder) / "generation_config.json").unlink(missing_ok=True)


def check(name, dtype):
    with tempfile.TemporaryDirectory() as folder:
        make(name, folder, dtype)
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        generator = torch.Generator().manual_seed(0)
        draw = lambda count: torch.randint(990, (count,), generator=generator).tolist()
        groups = [{"prompt": draw(n), "completion": draw(n + 20)} for n in (1, 8, 33, 90)]
        command = ["node", here / "logprobs.mjs", folder, json.dumps({"groups": groups, "newTokens": 40})]
        ours = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        expected, greedy = [], 0
        for group, got in zip(groups, ours["greedy"]):
            ids = torch.tensor([group["prompt"] + group["completion"]])
            with torch.no_grad():
                scores = model(ids).logits.log_softmax(-1)[0, :-1]
            expected += scores.gather(1, ids[0, 1:, None])[len(group["prompt"]) - 1 :, 0].tolist()
            whole = torch.tensor([group["prompt"] + got])
            with torch.no_grad():
                logits = model(whole).logits[0, len(group["prompt"]) - 1 : -1]
            best = logits.max(-1).values
            taken = logits.gather(1, whole[0, len(group["prompt"]) :, None])[:, 0]
            assert (best - taken).max() < 1e-3, f"{name}: a greedy token is {(best - taken).max()} below the best"
            greedy += len(got)
        gap = (torch.tensor(ours["logprobs"]) - torch.tensor(expected)).abs().max().item()
        low, high = min(expected), max(expected)
        print(
            f"{name}, {dtype}: {len(expected)} log-probabilities from {low:.1f} to {high:.1f}, largest gap {gap:.1e}; "
            f"{greedy} greedy tokens",
            flush=True,
        )
        assert gap < tolerance and len(ours["logprobs"]) == len(expected)


if __name__ == "__main__":
    logging.disable_progress_bar()
    for position, name in enumerate(sys.argv[1:] or cases):
        check(name, list(stored)[position % 3])
