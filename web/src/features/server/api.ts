// The server as a whole: its settings, its state, whom it speaks to.

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { call } from "@/lib/api";
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
    await work;
    await client.invalidateQueries({ queryKey: ["settings"] });
  };
  return {
    change: (value: Value) => then(call<Setting>("PUT", `/api/settings/${name}/`, { value })),
    reset: () => then(call<Setting>("DELETE", `/api/settings/${name}/`)),
  };
}
