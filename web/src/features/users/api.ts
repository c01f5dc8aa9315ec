// Users on the server: what admins do with them.

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { call, type Body } from "@/lib/api";
import type { Page, Person } from "@/lib/types";

export const useUsers = () => useQuery({ queryKey: ["users"], queryFn: async () => (await call<Page<Person>>("GET", "/api/users/")).items });

export function useUserActions() {
  const client = useQueryClient();
  const then = async (work: Promise<Person>) => {
    const made = await work;
    await client.invalidateQueries({ queryKey: ["users"] });
    return made;
  };
  return {
    add: (user: Body<"/api/users/", "post">) => then(call<Person>("POST", "/api/users/", user)),
    change: (id: string, change: Body<"/api/users/{user_id}/", "put">) => then(call<Person>("PUT", `/api/users/${id}/`, change)),
  };
}
