// What several parts of the page ask the server for.

import { useQuery } from "@tanstack/react-query";
import { call, within } from "./api";
import type { components } from "./schema";
import type { Fits, Health, Models, NearbyServer, Page, Pull, Template, User, Workspace } from "./types";

const BUSY_MS = 1000;
const IDLE_MS = 10_000;
const WAITING = ["queued", "reading", "indexing"] as const;

export const isBusy = (workspaces: Workspace[] | undefined) => Boolean(workspaces?.some(({ counts }) => WAITING.some((state) => counts[state])));

export const useUser = (enabled = true) => useQuery({ enabled, queryKey: ["user"], queryFn: async () => (await call<{ user: User }>("GET", "/api/auth/user/")).user, retry: false, staleTime: 60_000 });
export const useHealth = () => useQuery({ queryKey: ["health"], queryFn: () => call<Health>("GET", "/health", undefined, within(5)), retry: false, refetchInterval: IDLE_MS });
export const useModels = () => useQuery({ queryKey: ["models"], queryFn: () => call<Models>("GET", "/api/models/"), staleTime: 15_000 });
export const useFits = (enabled = true) => useQuery({ enabled, queryKey: ["fits"], queryFn: () => call<Fits>("GET", "/api/fit/"), staleTime: 60_000 });
/** Servers of this machine that are not set: for admins. */
export const useNearby = (enabled: boolean) => useQuery({ enabled, queryKey: ["nearby"], queryFn: async () => (await call<Page<NearbyServer>>("GET", "/api/models/nearby/")).items, staleTime: 30_000 });
/** What is being fetched or was, newest first: for admins. */
export const usePulls = (enabled: boolean) => useQuery({
  enabled,
  queryKey: ["pulls"],
  queryFn: async () => (await call<Page<Pull>>("GET", "/api/models/pulls/")).items,
  refetchInterval: ({ state }) => (state.data?.some(isUnderWay) ? BUSY_MS : IDLE_MS),
});
export const isUnderWay = ({ state }: Pull) => state === "queued" || state === "running";
export const useTemplates = (enabled = true) => useQuery({ enabled, queryKey: ["templates"], queryFn: async () => (await call<Page<Template>>("GET", "/api/prompts/templates/?limit=500")).items });
/** Of the default model where none is named. */
export const useCapabilities = (model: string, enabled: boolean) => useQuery({
  enabled, queryKey: ["capabilities", model], staleTime: 60_000,
  queryFn: () => call<components["schemas"]["Able"]>("GET", `/api/models/capabilities/?model=${encodeURIComponent(model)}`),
});

/** Looked at often while something is being read, or is expected to be. */
export const useWorkspaces = (expecting = false) => useQuery({
  queryKey: ["workspaces"],
  queryFn: async () => (await call<Page<Workspace>>("GET", "/api/workspaces/")).items,
  refetchInterval: ({ state }) => (expecting || isBusy(state.data) ? BUSY_MS : IDLE_MS),
});

/** What the one who is signed in may look after: `server` its settings and state, which in local mode everybody may see. */
export function useRights() {
  const user = useUser();
  const local = useHealth().data?.sign_in === "local";
  const admin = user.data?.role === "admin";
  return { user: user.data, local, admin, server: local || admin };
}
