import { describe, expect, test } from "vitest";
import { isLater, step, type Frame, type Turns } from "./turn";
import frames from "./recorded.json";

const RUN = "r1";
const play = (some: Frame[], turns: Turns = {}, now = 0): Turns => some.reduce((before, frame, at) => step(before, frame, now + at * 40), turns);
const token = (seq: string, text: string): Frame => ({ type: "stream_token", run_id: RUN, seq, token: text });

describe("an answer as it comes", () => {
  test("a recorded run gives the text, the passages and the end that the server stored", () => {
    const recorded = frames as unknown as Frame[];
    const end = recorded.at(-1) as Extract<Frame, { type: "stream_end" }>;
    const turn = play(recorded)[end.run_id]!;
    expect(turn.text).toBe(end.message?.content);
    expect(turn.citations.map((one) => one.number)).toEqual(end.message?.citations.map((one) => one.number));
    expect(turn.ended).toBe(true);
  });

  test("every split into two connections, with frames told twice, gives the same text", () => {
    const recorded = frames as unknown as Frame[];
    const whole = play(recorded);
    for (let cut = 0; cut <= recorded.length; cut++) {
      const twice = play(recorded.slice(Math.max(0, cut - 3)), play(recorded.slice(0, cut)));
      expect(Object.values(twice)[0]?.text).toBe(Object.values(whole)[0]?.text);
    }
  });

  test("a token that was seen before is not written twice", () => {
    expect(play([token("1.1", "a"), token("1.2", "b"), token("1.2", "b"), token("1.1", "a")])[RUN]?.text).toBe("ab");
  });

  test("a new attempt begins with an empty text", () => {
    const turns = play([token("1.1", "half"), { type: "stream_reset", run_id: RUN, seq: "2.1", attempt: 2 }, token("2.2", "whole")]);
    expect(turns[RUN]).toMatchObject({ text: "whole", restarted: true });
  });

  test("numbers of attempts and events are compared as numbers", () => {
    expect([isLater("1.10", "1.9"), isLater("2.1", "1.99"), isLater("1.9", "1.10"), isLater("1.1", "")]).toEqual([true, true, false, true]);
  });

  test("the rate is told once enough was written to know it", () => {
    const slow = play(Array.from({ length: 51 }, (_, at) => token(`1.${at + 1}`, "x")));
    expect(slow[RUN]?.rate).toBe(26); // 51 tokens in 2 s
    expect(play([token("1.1", "x")])[RUN]?.rate).toBe(0);
  });

  test("a question that was saved opens a turn that waits", () => {
    const saved = { type: "message_saved", run_id: RUN, seq: "0.0", message: {} } as unknown as Frame;
    expect(play([saved])[RUN]).toMatchObject({ stage: "queued", text: "" });
  });

  test("an event of a newer server changes nothing but the place to go on from", () => {
    const strange = { type: "stream_surprise", run_id: RUN, seq: "1.2" } as unknown as Frame;
    expect(play([token("1.1", "a"), strange])[RUN]).toMatchObject({ text: "a", seq: "1.2" });
  });
});
