// Sends buffered readings from a Naru C3 controller to Naru Hub, oldest first, and forgets what the hub has accepted.

export interface Reading {
  pump: string;
  takenAt: string; // UTC, RFC 3339
  pressureBar: number;
  flowM3h: number;
}

export interface HubClient {
  postBatch(readings: Reading[]): Promise<{ status: number; retryAfterS?: number }>;
}

export const MAX_BATCH = 250; // readings in one request; the hub refuses more
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;
const BUFFER_HOURS = 72;

/** How long to wait before attempt `attempt` (1, 2, ...): doubling, capped, with up to 20 % taken off at random. */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  const full = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 1));
  return Math.round(full * (1 - 0.2 * random()));
}

/** Drops readings that are older than the buffer may hold. */
export function prune(buffer: Reading[], now: Date): Reading[] {
  const oldest = now.getTime() - BUFFER_HOURS * 3_600_000;
  return buffer.filter((reading) => Date.parse(reading.takenAt) >= oldest);
}

export class Uploader {
  private attempt = 0;

  constructor(
    private readonly hub: HubClient,
    private buffer: Reading[] = [],
  ) {}

  add(reading: Reading): void {
    this.buffer.push(reading);
  }

  /** Sends one batch. Resolves to the wait in ms before the next call; 0 when there is more to send at once. */
  async flush(now: Date): Promise<number> {
    this.buffer = prune(this.buffer, now);
    const batch = this.buffer.slice(0, MAX_BATCH);
    if (batch.length === 0) return LONGEST_DELAY_MS;
    const answer = await this.hub.postBatch(batch).catch(() => ({ status: 0, retryAfterS: undefined }));
    if (answer.status >= 200 && answer.status < 300) {
      this.attempt = 0;
      this.buffer = this.buffer.slice(batch.length);
      return this.buffer.length > 0 ? 0 : LONGEST_DELAY_MS;
    }
    this.attempt += 1;
    return answer.retryAfterS !== undefined ? answer.retryAfterS * 1000 : backoffMs(this.attempt);
  }
}
