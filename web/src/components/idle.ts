// Work that can wait until the browser has nothing to draw. Safari has no such moments, so there it only waits a little.

const SOON_MS = 50;

/** Returns what takes it back. */
export function whenIdle(work: () => void): () => void {
  if (typeof requestIdleCallback !== "function") {
    const timer = setTimeout(work, SOON_MS);
    return () => clearTimeout(timer);
  }
  const idle = requestIdleCallback(work, { timeout: 2000 });
  return () => cancelIdleCallback(idle);
}
