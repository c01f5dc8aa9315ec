"""One engine in a process of its own -> its resident memory and its speed, as JSON: `fit_child PLAN_JSON PROMPT TOKENS`.

Per CPU-second figures hold on a busy machine: processor time of the process over the tokens.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time

import xllamacpp

from ibidem.models.xllama import parameters
from ibidem.types import EnginePlan


def start(plan: EnginePlan) -> xllamacpp.Server:
    params = parameters(plan, 0, "bench")
    params.verbosity = -1
    return xllamacpp.Server(params)


def resident_mib() -> float:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def main() -> None:
    plan, prompt_tokens, new_tokens = EnginePlan(**json.loads(sys.argv[1])), int(sys.argv[2]), int(sys.argv[3])
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
