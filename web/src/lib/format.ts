// Numbers, sizes and times in the reader's language.

import { language } from "./i18n";

const number = new Intl.NumberFormat(language);
const day = new Intl.DateTimeFormat(language, { month: "short", day: "numeric", year: "numeric" });
const moment = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });

export const count = (value: number) => number.format(value);
export const dateTime = (time: string) => moment.format(new Date(time));
export const date = (time: string) => day.format(new Date(time));

export function bytes(size: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let at = 0;
  while (size >= 1000 && at < units.length - 1) [size, at] = [size / 1000, at + 1];
  return `${size >= 100 || at === 0 ? Math.round(size) : size.toFixed(1)} ${units[at]}`;
}

export const seconds = (milliseconds: number) => (milliseconds < 1000 ? (milliseconds / 1000).toFixed(2) : (milliseconds / 1000).toFixed(1));

/** About how long, for something that is under way. */
export function duration(seconds: number): string {
  const unit = seconds < 90 ? "second" : seconds < 5400 ? "minute" : "hour";
  const size = { second: 1, minute: 60, hour: 3600 }[unit];
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: 0 }).format(Math.max(1, Math.round(seconds / size)));
}
