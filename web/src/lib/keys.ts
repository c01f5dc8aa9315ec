// Keys pressed while a syllable is being composed belong to the input method.

interface Pressed { key: string; shiftKey?: boolean; keyCode?: number; isComposing?: boolean; nativeEvent?: { isComposing?: boolean; keyCode?: number } }

/** Safari ends the composition first and then reports Enter with the code 229. */
export function isComposing(event: Pressed): boolean {
  const native = event.nativeEvent ?? event;
  return Boolean(native.isComposing) || native.keyCode === 229 || event.keyCode === 229;
}

export const sends = (event: Pressed) => event.key === "Enter" && !event.shiftKey && !isComposing(event);
