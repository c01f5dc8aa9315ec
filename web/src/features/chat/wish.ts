// How the next question is to be answered: where, by which model, in which mode, with which template.

import { keep, kept } from "@/lib/storage";
import type { Mode, Session } from "@/lib/types";

/** null: as the session's or the program's settings say. */
export interface Wish { workspace: string; model: string | null; mode: Mode | null; template: string | null }

export const wishOf = (session: Session): Wish => ({ workspace: session.workspace, model: session.settings.model, mode: session.settings.mode, template: session.settings.template });

const NOTHING: Wish = { workspace: "home", model: null, mode: null, template: null };

/** What was chosen for the last new chat; a template is chosen anew each time. */
export function lastWish(): Wish {
  try {
    return { ...NOTHING, ...(JSON.parse(kept("wish") ?? "{}") as Partial<Wish>), template: null };
  } catch {
    return NOTHING;
  }
}

export const keepWish = (wish: Wish) => keep("wish", JSON.stringify(wish));
