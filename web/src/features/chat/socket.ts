// One connection to a session, made again when it is lost; runs are then followed from the last frame taken.

import type { Frame } from "./turn";

export type Connection = "connecting" | "open" | "lost";
interface Options {
  session: string;
  /** Runs that have not ended as far as is known, with the last frame taken of each. */
  underWay: () => { run: string; after: string }[];
  onFrame: (frame: Frame) => void;
  onConnection: (connection: Connection) => void;
  onSignedOut: () => void;
}

const SIGNED_OUT = 4401;
const LONGEST_WAIT_MS = 3000;

export class SessionSocket {
  private socket: WebSocket | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private tries = 0;
  private closed = false;
  private readonly options: Options;

  constructor(options: Options) {
    this.options = options;
    this.connect();
    addEventListener("online", this.now);
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    removeEventListener("online", this.now);
    this.socket?.close();
  }

  private readonly now = () => {
    if (this.socket?.readyState === WebSocket.CONNECTING) return;
    clearTimeout(this.timer);
    this.socket?.close(); // what was open before the network went may never hear of its end
    this.connect();
  };

  private connect(): void {
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/chat/${this.options.session}/`);
    this.socket = socket;
    socket.onmessage = (event: MessageEvent<string>) => this.take(JSON.parse(event.data) as Frame);
    socket.onclose = (event) => {
      if (this.closed || socket !== this.socket) return;
      if (event.code === SIGNED_OUT) return this.options.onSignedOut();
      this.options.onConnection("lost");
      this.timer = setTimeout(() => this.connect(), Math.min(250 * 2 ** this.tries++, LONGEST_WAIT_MS));
    };
  }

  private take(frame: Frame): void {
    if (frame.type === "session_info") {
      this.tries = 0;
      this.options.onConnection("open");
      const known = this.options.underWay();
      const others = frame.running.filter((run) => !known.some((one) => one.run === run)).map((run) => ({ run, after: "" }));
      for (const { run, after } of [...known, ...others]) this.send({ type: "resume", run_id: run, after });
    }
    this.options.onFrame(frame);
  }

  private send(frame: object): void {
    this.socket?.send(JSON.stringify(frame));
  }
}
