"""Every row of a file as a dict, as `datasets` streams them."""

import argparse
import json
import time

import datasets

parser = argparse.ArgumentParser()
parser.add_argument("--file", required=True)
parser.add_argument("--megabytes", type=float, required=True)
arguments = parser.parse_args()

builder = "parquet" if arguments.file.endswith(".parquet") else "json"
start = time.perf_counter()
stream = datasets.load_dataset(builder, data_files=arguments.file, split="train", streaming=True)
rows = sum(1 for row in stream if "id" in row)
seconds = time.perf_counter() - start
print(json.dumps({"mb_per_s": round(arguments.megabytes / seconds), "rows": rows}))
