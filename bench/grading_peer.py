"""The same pairs through math-verify: parse both texts, verify the second against the first."""

import argparse
import json
import logging
import time
from pathlib import Path

logging.disable(logging.CRITICAL)

from math_verify import parse, verify  # noqa: E402

parser = argparse.ArgumentParser()
parser.add_argument("--fixtures", required=True)
arguments = parser.parse_args()


def grade(gold, completion):
    try:
        return bool(verify(parse(gold), parse(completion)))
    except Exception:
        return False


pairs = []
for name in ("math_synthetic", "math_model_outputs", "math_verify_suite"):
    for line in (Path(arguments.fixtures) / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        gold = row.get("gold_text", row.get("gold"))
        completion = row.get("completion", row.get("pred"))
        if isinstance(gold, str) and isinstance(completion, str):
            pairs.append((gold, completion))

for gold, completion in pairs[:100]:
    grade(gold, completion)

times = []
equal = 0
for gold, completion in pairs:
    start = time.perf_counter()
    equal += grade(gold, completion)
    times.append(time.perf_counter() - start)

times.sort()
print(
    json.dumps(
        {
            "per_second": round(len(times) / sum(times), 1),
            "p99_ms": round(1000 * times[int(len(times) * 0.99)], 1),
            "pairs": len(pairs),
            "equal": equal,
        }
    )
)
