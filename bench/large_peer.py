"""Peer of `large-work.ts`: transformers' generate() and one PyTorch eager update of the same large model.

Rollout: several completions of one prompt, temperature 1, no filters. Update: forward and backward over the same
sequences, logits of completion tokens only, gradient norm clipped, AdamW. Needs: torch, transformers (PyPI).
"""
import argparse, json, time, warnings

warnings.filterwarnings("ignore")
import torch
from transformers import Qwen2Config, Qwen2ForCausalLM

parser = argparse.ArgumentParser()
parser.add_argument("--model", default="896,24,14,2,4864,151936", help="D,L,H,KV,F,V")
parser.add_argument("--completions", type=int, default=8)
parser.add_argument("--prompt", type=int, default=128)
parser.add_argument("--new", type=int, default=256)
parser.add_argument("--micro-batch", type=int, default=4, help="sequences per forward pass; all of them need twice the memory")
parser.add_argument("--threads", type=int, default=2)
args = parser.parse_args()
torch.set_num_threads(args.threads)
torch.manual_seed(0)

hidden, layers, heads, kv_heads, ffn, vocab = map(int, args.model.split(","))
model = Qwen2ForCausalLM(Qwen2Config(
    vocab_size=vocab, hidden_size=hidden, intermediate_size=ffn, num_hidden_layers=layers,
    num_attention_heads=heads, num_key_value_heads=kv_heads, tie_word_embeddings=True,
    max_position_embeddings=4096, pad_token_id=0, eos_token_id=None, bos_token_id=None))
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-6, weight_decay=0.0)
prompt = torch.randint(1, vocab, (1, args.prompt)).repeat(args.completions, 1)


@torch.inference_mode()
def rollout(new):
    model.eval()
    return model.generate(prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=new, min_new_tokens=new,
                          do_sample=True, top_k=0)


def update(ids, advantages):
    model.train()
    counted = args.completions * args.new
    for part, advantage in zip(ids.split(args.micro_batch), advantages.split(args.micro_batch)):
        logits = model(part, logits_to_keep=args.new + 1).logits[:, :-1]
        logps = torch.log_softmax(logits, -1).gather(-1, part[:, -args.new:, None])[..., 0]
        (-(logps * advantage).sum() / counted).backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad(set_to_none=False)


def seconds_of(run):
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


rollout(2)
rollout_seconds = seconds_of(lambda: rollout(args.new))
ids = torch.cat([prompt, torch.randint(1, vocab, (args.completions, args.new))], 1)
advantages = torch.randn(args.completions, 1)
update(ids, advantages)
update_seconds = seconds_of(lambda: update(ids, advantages))
print(json.dumps({
    "rollout_s": round(rollout_seconds, 2), "update_s": round(update_seconds, 2),
    "rollout_tokens_per_s": round(args.completions * args.new / rollout_seconds),
    "update_tokens_per_s": round(args.completions * (args.prompt + args.new) / update_seconds)}))
