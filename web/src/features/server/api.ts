// The server as a whole: its settings, its state, whom it speaks to.

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { call, isOffline } from "@/lib/api";
import type { Outbound, Setting, Settings, Status } from "@/lib/types";

const STATE_MS = 10_000;
const CONNECTIONS_MS = 5_000;

export const useSettings = () => useQuery({ queryKey: ["settings"], queryFn: () => call<Settings>("GET", "/api/settings/") });
export const useStatus = () => useQuery({ queryKey: ["status"], queryFn: () => call<Status>("GET", "/api/status/"), refetchInterval: STATE_MS });
export const useOutbound = () => useQuery({ queryKey: ["outbound"], queryFn: () => call<Outbound>("GET", "/api/outbound/"), refetchInterval: CONNECTIONS_MS });

export type Value = Setting["default"];

export function useSettingActions({ name }: Setting) {
  const client = useQueryClient();
  const then = async (work: Promise<Setting>) => {
    const changed = await work;
    await Promise.all([["settings"], ["models"], ["embedder"], ["health"], ["fits"]].map((queryKey) => client.invalidateQueries({ queryKey })));
    return changed;
  };
  return {
    change: (value: Value) => then(call<Setting>("PUT", `/api/settings/${name}/`, { value })),
    reset: () => then(call<Setting>("DELETE", `/api/settings/${name}/`)),
  };
}

const AGAIN_MS = 500;
const GIVE_UP_MS = 60_000;

/** Ends once the server answers that was started after the one that runs now. Throws Unreachable when none comes. */
export async function restart(): Promise<void> {
  const { started_at } = await call<Status>("GET", "/api/status/");
  await call("POST", "/api/status/restart/", { started_at });
  const until = Date.now() + GIVE_UP_MS;
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    try {
      if ((await call<Status>("GET", "/api/status/")).started_at !== started_at) return;
    } catch (error) {
      if (!isOffline(error) || Date.now() > until) throw error;
    }
  }
}
