// Models on the server: fetched, tested, chosen.

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { call, type Body } from "@/lib/api";
import type { Embedders, Job, Measured, Pull } from "@/lib/types";

const BUSY_MS = 1500;
const IDLE_MS = 10_000;

export const isBuilding = (state: Embedders | undefined) => Boolean(state?.embedder && state.workspaces.some((one) => one.embedded < one.chunks || (one.chunks > 0 && one.answering !== state.embedder)));

export const useEmbedder = () => useQuery({
  queryKey: ["embedder"],
  queryFn: () => call<Embedders>("GET", "/api/models/embedder/"),
  refetchInterval: ({ state }) => (isBuilding(state.data) ? BUSY_MS : IDLE_MS),
});

type Default = Body<"/api/models/default/", "put">;

export function useModelActions() {
  const client = useQueryClient();
  const again = (...keys: string[]) => Promise.all(keys.map((key) => client.invalidateQueries({ queryKey: [key] })));
  return {
    again,
    test: (model: string) => call<Measured>("POST", "/api/models/test/", { model }),
    pull: async (name: string, sha256 = "") => {
      const made = await call<Pull>("POST", "/api/models/pulls/", { name, agreed: true, sha256 });
      await again("pulls");
      return made;
    },
    cancel: async (pull: Pull) => {
      await call<Job>("POST", `/api/jobs/${pull.id}/cancel/`);
      await again("pulls");
    },
    resume: async (pull: Pull) => {
      await call<Job>("POST", `/api/jobs/${pull.id}/retry/`);
      await again("pulls");
    },
    setDefault: async (body: Omit<Default, "address"> & { address?: string }) => {
      await call("PUT", "/api/models/default/", body);
      await again("models", "health", "nearby", "fits");
    },
    setEmbedder: async (embedder: string) => client.setQueryData(["embedder"], await call<Embedders>("PUT", "/api/models/embedder/", { embedder })),
  };
}
