import { expect, test } from "vitest";
import { parts, verdictText } from "./fit";
import type { Fit } from "./types";

const GB = 1e9;
const memory = {
  weights_bytes: 4 * GB, repack_bytes: 0, kv_bytes: 1 * GB, checkpoint_bytes: 0, compute_bytes: 0, prompt_cache_bytes: 0, process_bytes: 0,
  gpu_bytes: 0, server_bytes: 0.2 * GB, korean_bytes: 0.3 * GB, embedder_bytes: 0.4 * GB, total_bytes: 5.9 * GB,
};
const fit = (more: Partial<Fit>): Fit => ({ name: "m", asked_as: "llama:m", here: false, source: "table", title: "M", verdict: "fits", why: "", advised: false, quantisation: "", settings: [], smaller: "", warnings: [], speed_basis: "estimated", memory, ...more });

test("what is stacked is what is needed", () => {
  expect(parts(fit({})).map((part) => part.bytes / GB)).toEqual([4, 1, 0.4, 0.5]);
});

test("what lies on a graphics card takes none of the machine's memory", () => {
  expect(parts(fit({ memory: { ...memory, gpu_bytes: 4.5 * GB } })).map((part) => part.bytes / GB)).toEqual([0, 0.5, 0.4, 0.5]);
});

test.each([
  [{}, "Fits: 5.9 GB of 10.0 GB"],
  [{ verdict: "slow" as const, generation_tokens_s: 1.24 }, "1.2 tokens/s"],
  [{ verdict: "too_large" as const, settings: ["slots"] }, "models.slots"],
  [{ verdict: "too_large" as const, smaller: "Q4_K_M" }, "As Q4_K_M it would fit"],
])("the verdict says %o", (more, said) => {
  expect(verdictText(fit(more), 10 * GB)).toContain(said);
});
