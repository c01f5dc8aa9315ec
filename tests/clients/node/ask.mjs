// Calls the clients' libraries as told, a line of JSON for each call, and answers each with a line: what the call gave.
// {"library", "method", "url", "body"}: the method's name with dots, its argument, or `arguments`. A stream is read to its
// end, or left after `leaveAfter` parts.
import { createInterface } from "node:readline";
import { Ollama } from "ollama";
import OpenAI from "openai";

const made = {
  ollama: (url) => new Ollama({ host: url }),
  openai: (url) => new OpenAI({ baseURL: `${url}/v1`, apiKey: "x", maxRetries: 0 }),
};

const textOf = (part) =>
  part.message?.content ?? part.response ?? part.choices?.[0]?.delta?.content ?? part.choices?.[0]?.text ?? "";

async function call({ library, method, url, body, arguments: given = [body], leaveAfter }) {
  const told = { text: "", parts: [] };
  try {
    const names = method.split(".");
    const owner = names.slice(0, -1).reduce((found, name) => found[name], made[library](url));
    const answer = await owner[names.at(-1)](...given);
    if (!body?.stream) return { answer };
    for await (const part of answer) {
      told.text += textOf(part);
      told.parts.push(part);
      if (told.parts.length === leaveAfter) break;
    }
    if (leaveAfter) (answer.controller ?? answer).abort();
  } catch (error) {
    told.error = String(error.message);
    told.status = error.status ?? error.status_code;
  }
  return told;
}

for await (const line of createInterface({ input: process.stdin }))
  console.log(JSON.stringify(await call(JSON.parse(line))));
