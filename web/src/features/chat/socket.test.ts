import { afterEach, expect, test, vi } from "vitest";
import { SessionSocket } from "./socket";

class Fake {
  static readonly CONNECTING = 0;
  static made: Fake[] = [];
  readyState = 0;
  onclose: (event: { code: number }) => void = () => undefined;
  constructor() { Fake.made.push(this); }
  close() { this.readyState = 3; }
}

afterEach(() => { vi.unstubAllGlobals(); Fake.made = []; });

test("a network that comes back opens no second connection beside one that is being made", () => {
  vi.stubGlobal("WebSocket", Fake);
  const none = () => undefined;
  const socket = new SessionSocket({ session: "s1", underWay: () => [], onFrame: none, onConnection: none, onSignedOut: none });
  dispatchEvent(new Event("online"));
  expect(Fake.made).toHaveLength(1);
  Fake.made[0]!.readyState = 3;
  Fake.made[0]!.onclose({ code: 1006 });
  dispatchEvent(new Event("online"));
  expect(Fake.made).toHaveLength(2);
  socket.close();
  expect(Fake.made[1]!.readyState).toBe(3);
});
