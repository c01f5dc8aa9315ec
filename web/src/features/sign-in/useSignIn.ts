// The one-time link of `ibidem open`: its token is exchanged for a cookie and leaves the address at once.

import { useEffect, useState } from "react";
import { ApiError, call } from "@/lib/api";

type Exchange = "none" | "running" | "done" | "old";

function takeToken(): string | null {
  const token = /^#t=([\w-]+)$/.exec(location.hash)?.[1] ?? null;
  if (token) history.replaceState(null, "", "/");
  return token;
}

let first = takeToken(); // before the router reads the address

export function useExchange(onDone: () => void): Exchange {
  const [state, setState] = useState<Exchange>(first ? "running" : "none");
  useEffect(() => {
    const exchange = (token: string) => {
      setState("running");
      call("POST", "/api/auth/exchange/", { token })
        .then(() => setState("done"), (error: unknown) => setState(error instanceof ApiError ? "old" : "none"))
        .finally(onDone);
    };
    if (first) exchange(first);
    first = null;
    const again = () => { // a fresh link pasted into the open page
      const token = takeToken();
      if (token) exchange(token);
    };
    addEventListener("hashchange", again);
    return () => removeEventListener("hashchange", again);
  }, [onDone]);
  return state;
}
