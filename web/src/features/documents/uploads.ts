// Files on their way to the server, a few at a time. They go on while another part of the page is open.

import { upload as send } from "@/lib/api";
import { tabStorage } from "@/lib/storage";
import type { Dropped } from "./entries";

const AT_ONCE = 2;
const KEPT = "uploads"; // names of what is not sent yet: a reload loses the files, and says so

export interface Upload { id: number; file: File; folder: string; workspace: string; percent: number; error: unknown }
/** `lost`: names of files that a reload broke off. */
export interface Uploads { sending: readonly Upload[]; failed: readonly Upload[]; waiting: number; sent: number; lost: readonly string[] }

export type Send = (file: File, place: { workspace: string; folder: string }, progress: (share: number) => void, signal: AbortSignal) => Promise<unknown>;

export class UploadQueue {
  private waiting: Upload[] = [];
  private shown: Uploads;
  private breaks = new Map<number, AbortController>();
  private listeners = new Set<() => void>();
  private number = 0;

  private readonly send: Send;
  private readonly memory: typeof tabStorage;

  constructor(send: Send, memory: typeof tabStorage) {
    this.send = send;
    this.memory = memory;
    this.shown = { sending: [], failed: [], waiting: 0, sent: 0, lost: JSON.parse(memory.get(KEPT) ?? "[]") as string[] };
  }

  readonly snapshot = () => this.shown;
  readonly subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  };

  readonly add = (files: Iterable<Dropped>, workspace: string): void => {
    for (const { file, folder } of files) this.waiting.push({ id: ++this.number, file, folder, workspace, percent: 0, error: null });
    this.next();
  };

  readonly cancel = (id: number): void => {
    this.breaks.get(id)?.abort();
    this.show({ failed: this.shown.failed.filter((one) => one.id !== id) });
  };

  readonly cancelAll = (): void => {
    this.waiting = [];
    for (const one of this.breaks.values()) one.abort();
    this.show({});
  };

  readonly retry = (chosen: readonly Upload[]): void => {
    this.show({ failed: this.shown.failed.filter((one) => !chosen.includes(one)) });
    for (const { file, folder, workspace } of chosen) this.add([{ file, folder }], workspace);
  };

  readonly dismiss = (): void => this.show({ failed: [], lost: [] });

  private next(): void {
    if (!this.waiting.length && !this.shown.sending.length) this.show({ sent: 0 });
    while (this.shown.sending.length < AT_ONCE && this.waiting.length) {
      const one = this.waiting.shift()!;
      this.show({ sending: [...this.shown.sending, one] });
      void this.put(one);
    }
    this.show({});
  }

  private async put(one: Upload): Promise<void> {
    const broken = new AbortController();
    this.breaks.set(one.id, broken);
    const progress = (share: number) => this.show({ sending: this.shown.sending.map((other) => (other.id === one.id ? { ...other, percent: Math.round(100 * share) } : other)) });
    const part: Partial<Uploads> = {};
    try {
      await this.send(one.file, one, progress, broken.signal);
      part.sent = this.shown.sent + 1;
    } catch (error) {
      if (!broken.signal.aborted) part.failed = [...this.shown.failed, { ...one, error }];
    }
    this.breaks.delete(one.id);
    this.show({ ...part, sending: this.shown.sending.filter((other) => other.id !== one.id) });
    this.next();
  }

  private show(part: Partial<Uploads>): void {
    this.shown = { ...this.shown, ...part, waiting: this.waiting.length };
    const names = [...this.shown.sending, ...this.waiting.slice(0, 500)].map(({ file, folder }) => (folder ? `${folder}/${file.name}` : file.name));
    const lost = [...this.shown.lost, ...names];
    this.memory.set(KEPT, lost.length ? JSON.stringify(lost) : null);
    for (const listener of this.listeners) listener();
  }
}

export const uploads = new UploadQueue(send, tabStorage);

addEventListener("beforeunload", (event) => {
  const { sending, waiting } = uploads.snapshot();
  if (sending.length || waiting) event.preventDefault();
});
