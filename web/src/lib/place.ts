// Where a passage stands, in words; and the addresses of passages.

import { t } from "./i18n";
import type { Citation } from "./types";

type Place = Pick<Citation, "path" | "start_line" | "end_line"> & { page?: number | null };

export const placeOf = ({ path, page, start_line, end_line }: Place) => [path, page && t.page(page), t.lines(start_line, end_line)].filter(Boolean).join(" · ");
export const whereIn = ({ page, start_line, end_line }: Place) => [page && t.page(page), t.lines(start_line, end_line)].filter(Boolean).join(" · ");
export const fileName = (path: string) => path.slice(path.lastIndexOf("/") + 1);
