// One's own sign-ins, keys and password, and the profiles of this machine.

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { call, type Body } from "@/lib/api";
import type { Key, Login, MadeKey, Page, Person } from "@/lib/types";

export const useKeys = () => useQuery({ queryKey: ["keys"], queryFn: async () => (await call<Page<Key>>("GET", "/api/keys/")).items });
export const useLogins = () => useQuery({ queryKey: ["logins"], queryFn: async () => (await call<Page<Login>>("GET", "/api/auth/logins/")).items });
export const useProfiles = (enabled: boolean) => useQuery({ enabled, queryKey: ["users"], queryFn: async () => (await call<Page<Person>>("GET", "/api/users/")).items });

export function useAccountActions() {
  const client = useQueryClient();
  const then = async <T,>(key: string, work: Promise<T>): Promise<T> => {
    const made = await work;
    await client.invalidateQueries({ queryKey: [key] });
    return made;
  };
  return {
    makeKey: (key: Body<"/api/keys/", "post">) => then("keys", call<MadeKey>("POST", "/api/keys/", key)),
    revokeKey: (id: string) => then("keys", call("DELETE", `/api/keys/${id}/`)),
    endLogins: (ids: string[]) => then("logins", Promise.all(ids.map((id) => call("DELETE", `/api/auth/logins/${id}/`)))),
    changePassword: (password: string, new_password: string) => then("logins", call("POST", "/api/auth/password/", { password, new_password })),
  };
}

/** The page begins anew as that profile: nothing of the one before stays on it. */
export async function pickProfile(username: string, password?: string): Promise<void> {
  await call("POST", "/api/auth/login/", { username, ...(password !== undefined && { password }) });
  location.hash = "#/";
  location.reload();
}
