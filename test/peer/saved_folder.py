"""Checks against transformers that a model folder which gpgrad saves gives the logits of the folder it came from.

    npm run build && python test/peer/saved_folder.py [MODEL_FOLDER ...]

Needs torch and transformers. Without folders, takes every text model under GPGRAD_FIXTURES/models
(default ../shared/fixtures). Each is saved as it is, in each dtype, and in shards; every comparison is exact.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging

here = Path(__file__).parent
families = {"qwen2", "qwen3", "llama"}
cases = [{}, {"shardBytes": 100_000}] + [
    {"dtype": dtype, "shardBytes": size}
    for dtype in ("float32", "float16", "bfloat16")
    for size in (5_000_000_000, 100_000)
]


def fixture_folders():
    models = Path(os.environ.get("GPGRAD_FIXTURES", here / "../../../shared/fixtures")) / "models"
    for folder in sorted(models.iterdir()):
        if json.loads((folder / "config.json").read_text())["model_type"] in families:
            yield folder


def logits(folder, **options):
    model, report = AutoModelForCausalLM.from_pretrained(folder, output_loading_info=True, **options)
    problems = {key: value for key, value in report.items() if value}
    assert not problems, f"{folder}: {problems}"
    generator = torch.Generator().manual_seed(0)
    ids = torch.randint(model.config.vocab_size, (3, 40), generator=generator)
    with torch.no_grad():
        return model.dtype, model(ids).logits


def check(source, case):
    with tempfile.TemporaryDirectory() as target:
        subprocess.run(["node", here / "save-folder.mjs", source, target, json.dumps(case)], check=True)
        shards = len(list(Path(target).glob("model*.safetensors")))
        wanted = {"dtype": getattr(torch, case["dtype"])} if "dtype" in case else {}
        expected_dtype, expected = logits(source, **wanted)
        dtype, got = logits(target)
        assert dtype == expected_dtype, f"{source}: loads as {dtype}, expected {expected_dtype}"
        assert torch.equal(got, expected), f"{source} {case}: logits differ by {(got - expected).abs().max()}"
        text = "What is 2 + 3? Ünï\n"
        tokens = [AutoTokenizer.from_pretrained(folder)(text).input_ids for folder in (source, target)]
        assert tokens[0] == tokens[1]
        for name in ("generation_config.json", "chat_template.jinja", "tokenizer.json", "tokenizer_config.json"):
            if (source / name).exists():
                assert (source / name).read_bytes() == (Path(target) / name).read_bytes(), name
        print(f"{source.name} {json.dumps(case)}: {dtype}, {shards} files, {got.numel()} equal logits", flush=True)


if __name__ == "__main__":
    logging.disable_progress_bar()
    for folder in [Path(name) for name in sys.argv[1:]] or list(fixture_folders()):
        for case in cases:
            check(folder, case)
