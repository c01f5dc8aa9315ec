// The server: calls, uploads, and the events of a run. Nothing here touches the page.

const SILENCE_MS = 40_000; // the server says something every 15 s; a longer silence is a lost connection
const TERMINAL = new Set(["finished", "failed", "stopped", "interrupted", "snapshot"]);

export class ApiError extends Error {
  constructor(status, { message, hint } = {}) {
    super(message ?? `HTTP ${status}`);
    this.status = status;
    this.hint = hint ?? "";
  }
}

/** JSON in, JSON out. Throws ApiError for an answer that is an error, TypeError when the server does not answer. */
export async function call(method, path, body) {
  const init = { method, headers: {} };
  if (body !== undefined) [init.body, init.headers["Content-Type"]] = [JSON.stringify(body), "application/json"];
  const response = await fetch(path, init);
  if (response.status === 204) return null;
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new ApiError(response.status, answer.error);
  return answer;
}

/** Send a file as a document; `progress(0..1)`. Resolves to the Document; `signal` breaks it off. */
export function upload(file, workspace, progress, signal) {
  return new Promise((resolve, reject) => {
    const form = new FormData();
    form.append("workspace", workspace);
    form.append("file", file);
    const request = new XMLHttpRequest();
    request.open("POST", "/api/rag/documents/");
    request.responseType = "json";
    request.upload.onprogress = (event) => event.total && progress(event.loaded / event.total);
    request.onload = () => (request.status === 201 ? resolve(request.response) : reject(new ApiError(request.status, request.response?.error)));
    request.onerror = () => reject(new TypeError("network"));
    request.onabort = () => reject(new DOMException("cancelled", "AbortError"));
    signal.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}

/** Follow a run to its end, over lost connections: each new one goes on behind the last event seen. */
export async function follow(run, onEvent, onLost) {
  let after = "";
  for (let tries = 0; ; tries++) {
    try {
      for await (const { id, name, data } of events(`/api/runs/${run}/events/?after=${after}`)) {
        if (id) after = id;
        tries = 0;
        onEvent(name, data);
        if (TERMINAL.has(name)) return;
      }
    } catch (error) {
      if (error instanceof ApiError && error.status < 500) throw error;
    }
    onLost();
    await new Promise((resolve) => setTimeout(resolve, Math.min(300 * 2 ** tries, 2000)));
  }
}

async function* events(path) {
  const connection = new AbortController();
  let watchdog;
  const alive = () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => connection.abort(), SILENCE_MS);
  };
  try {
    alive();
    const response = await fetch(path, { signal: connection.signal });
    if (!response.ok) throw new ApiError(response.status, (await response.json().catch(() => ({}))).error);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let text = ""; ; ) {
      const { value, done } = await reader.read();
      if (done) return;
      alive();
      const frames = (text + value).split("\n\n");
      text = frames.pop();
      for (const frame of frames) {
        const fields = Object.fromEntries(frame.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]));
        if (fields.event) yield { id: fields.id, name: fields.event, data: JSON.parse(fields.data) };
      }
    }
  } finally {
    clearTimeout(watchdog);
    connection.abort();
  }
}

export const newTurn = (question, workspace) => ({ question, workspace, run: null, status: { stage: "sending" }, end: null, text: "", reasoning: "", passages: [], citations: [], omitted: [] });

/** A turn after an event: the one place where events become what is shown. */
export function step(turn, name, data) {
  switch (name) {
    case "started": return { ...turn, model: data.model };
    case "status": return { ...turn, status: data };
    case "retrieved": return { ...turn, passages: data.citations, omitted: data.omitted };
    case "reasoning": return { ...turn, reasoning: turn.reasoning + data.text };
    case "delta": return { ...turn, text: turn.text + data.text };
    case "restarted": return { ...turn, text: "", reasoning: "", passages: [], citations: [], omitted: [] };
    case "cited": return { ...turn, citations: data.citations };
    case "finished": case "failed": case "stopped": case "interrupted": return ended(turn, name, data);
    case "snapshot": return ended(turn, data.message?.status ?? "failed", data);
    default: return turn; // an event of a newer server
  }
}

function ended(turn, end, { message, error }) {
  const told = message && { text: message.content, citations: message.citations, passages: message.rag_context, omitted: message.omitted ?? [],
                            usage: message.usage, timings: message.timings, model: message.model };
  return { ...turn, ...told, end, error, status: { stage: end } };
}
