"""One engine in a process of its own -> its resident memory and its speed, as JSON: `fit_child PLAN_JSON PROMPT TOKENS`.

Per CPU-second figures hold on a busy machine: processor time of the process over the tokens.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from typing import Any

import xllamacpp

CACHE_TYPES = {
    "f16": xllamacpp.ggml_type.GGML_TYPE_F16,
    "q8_0": xllamacpp.ggml_type.GGML_TYPE_Q8_0,
    "q4_0": xllamacpp.ggml_type.GGML_TYPE_Q4_0,
}


def start(plan: dict[str, Any]) -> xllamacpp.Server:
    params = xllamacpp.CommonParams()
    params.model.path = plan["path"]
    params.n_ctx, params.n_parallel, params.kv_unified = plan["context_tokens"], plan["slots"], False
    params.n_ubatch = plan["batch_tokens"]
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = plan["threads"]
    params.cache_type_k = params.cache_type_v = CACHE_TYPES[plan["kv_type"]]
    params.cache_ram_mib, params.no_extra_bufts = plan["prompt_cache_mib"], not plan["repack"]
    params.n_ctx_checkpoints, params.fit_params = plan["checkpoints"], False
    params.n_gpu_layers, params.ui, params.verbosity = plan["gpu_layers"], False, -1
    return xllamacpp.Server(params)


def resident_mib() -> float:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def main() -> None:
    plan, prompt_tokens, new_tokens = json.loads(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    server = start(plan)
    words = random.Random(7)
    for _ in range(2):  # the first warms up
        prompt = [words.randrange(300, 1000) for _ in range(prompt_tokens)]
        spent = []
        for tokens in (1, new_tokens):
            began = time.process_time()
            server.handle_completions(
                {"prompt": prompt, "max_tokens": tokens, "n_predict": tokens, "temperature": 0, "ignore_eos": True}
            )
            spent.append(time.process_time() - began)
    told = {"resident_mib": resident_mib()}
    told["prompt_tokens_cpu_s"] = prompt_tokens / spent[0]
    told["new_tokens_cpu_s"] = new_tokens / spent[1]
    print(json.dumps(told), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
