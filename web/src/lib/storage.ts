// What the browser keeps for this page: drafts, choices. A full or forbidden storage forgets, and breaks nothing.

export function kept(key: string): string | null {
  try {
    return localStorage.getItem(`ibidem-${key}`);
  } catch {
    return null;
  }
}

/** null forgets. */
export function keep(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(`ibidem-${key}`);
    else localStorage.setItem(`ibidem-${key}`, value);
  } catch { /* full or forbidden */ }
}

/** What is kept as long as this tab, over its reloads. */
export const tabStorage = {
  get(key: string): string | null {
    try {
      return sessionStorage.getItem(`ibidem-${key}`);
    } catch {
      return null;
    }
  },
  /** null forgets. */
  set(key: string, value: string | null): void {
    try {
      if (value === null) sessionStorage.removeItem(`ibidem-${key}`);
      else sessionStorage.setItem(`ibidem-${key}`, value);
    } catch { /* full or forbidden */ }
  },
};
