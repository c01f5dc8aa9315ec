// What a text that nobody vouches for may point to.

const SCHEMES = new Set(["http:", "https:", "mailto:"]);

/** The address if it may be followed, else "". Paths into this page are no links of a model's to make. */
export function safeUrl(url: string): string {
  if (!/^[a-z][a-z0-9+.-]*:/i.test(url)) return "";
  try {
    return SCHEMES.has(new URL(url).protocol) ? url : "";
  } catch {
    return "";
  }
}

export function hostOf(url: string): string {
  try {
    return new URL(url).host;
  } catch {
    return "";
  }
}
