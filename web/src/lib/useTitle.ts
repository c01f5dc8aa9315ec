// The title of the browser's tab: what is open, so that tabs and the history tell pages apart.

import { useEffect } from "react";

export function useTitle(name: string | undefined): void {
  useEffect(() => {
    document.title = name ? `${name} · Ibidem` : "Ibidem";
    return () => { document.title = "Ibidem"; };
  }, [name]);
}
