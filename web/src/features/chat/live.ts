// The answers being written, outside React: frames are taken at once, listeners are told once a frame of the screen.

import { beforePaint } from "@/lib/paint";
import { step, type Frame, type Turn, type Turns } from "./turn";

export class Live {
  private turns: Turns = {};
  private readonly listeners = new Set<() => void>();
  private due = false;
  private readonly paint: typeof beforePaint;

  constructor(paint = beforePaint) {
    this.paint = paint;
  }

  readonly take = (frame: Frame, now: number = performance.now()): void => {
    const before = this.turns;
    this.turns = step(before, frame, now);
    if (this.turns !== before) this.tell();
  };

  readonly drop = (run: string): void => {
    const { [run]: gone, ...rest } = this.turns;
    if (!gone) return;
    this.turns = rest;
    this.tell();
  };

  readonly turn = (run: string): Turn | undefined => this.turns[run];
  readonly runs = (): string[] => Object.keys(this.turns);

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  private tell(): void {
    if (this.due) return;
    this.due = true;
    this.paint(() => {
      this.due = false;
      for (const listener of this.listeners) listener();
    });
  }
}
