"""A GGUF file becomes a llama.cpp server on loopback, by the `xllamacpp` wheel: one engine process.

    python -m ibidem.models.xllama PLAN_AS_JSON PORT        (the key in LLAMA_API_KEY)

Ends when its standard input closes.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from ibidem.types import EnginePlan


def parameters(plan: EnginePlan, port: int, key: str) -> Any:
    """xllamacpp's own parameters. Everything a stranger on this machine could use is off or behind the key."""
    import xllamacpp as llama

    kv_type = {
        "f16": llama.ggml_type.GGML_TYPE_F16,
        "q8_0": llama.ggml_type.GGML_TYPE_Q8_0,
        "q4_0": llama.ggml_type.GGML_TYPE_Q4_0,
    }[plan.kv_type]
    wanted = llama.CommonParams()
    wanted.model.path = plan.path
    wanted.port, wanted.api_keys, wanted.cors_origins, wanted.ui = port, [key], "", False
    wanted.n_ctx, wanted.n_parallel, wanted.n_ubatch = plan.context_tokens, plan.slots, plan.batch_tokens
    wanted.cpuparams.n_threads = wanted.cpuparams_batch.n_threads = plan.threads
    wanted.n_gpu_layers = plan.gpu_layers
    wanted.cache_type_k = wanted.cache_type_v = kv_type
    wanted.cache_ram_mib = plan.prompt_cache_mib  # the library's own default is 8 GiB
    wanted.n_ctx_checkpoints = plan.checkpoints
    wanted.kv_unified = False  # each slot has its share
    wanted.no_extra_bufts = not plan.repack
    if plan.lock_memory:
        wanted.load_mode = llama.llama_load_mode.LLAMA_LOAD_MODE_MMAP_MLOCK
    wanted.fit_params = False  # the plan has fitted them already
    if plan.role != "chat":
        wanted.embedding = True
        wanted.n_batch = wanted.n_ubatch = plan.context_tokens // plan.slots  # a text is read in one piece
    if plan.role == "rerank":
        wanted.pooling_type = llama.llama_pooling_type.LLAMA_POOLING_TYPE_RANK
    return wanted


def main(plan: EnginePlan, port: int) -> None:
    import xllamacpp as llama

    os.dup2(2, 1)  # the log is one stream
    server = llama.Server(parameters(plan, port, os.environ.pop("LLAMA_API_KEY")))
    print(f"listening on {server.listening_address}", file=sys.stderr, flush=True)
    while os.read(0, 4096):
        pass
    os._exit(0)  # its threads hold nothing that would have to be saved


if __name__ == "__main__":
    main(EnginePlan(**json.loads(sys.argv[1])), int(sys.argv[2]))
