// The page: signing in, asking, the thread of answers, and where the address leads.

import { copyButton, el, show } from "/page/answer.js";
import { ApiError, call, follow, newTurn, step } from "/page/api.js";
import { refresh, startShelf, workspace } from "/page/shelf.js";
import { hideSource, parsePlace, placeName, showSource } from "/page/source.js";
import { t, translate } from "/page/words.js";

const KEPT = 10; // answers shown again after a reload

const $ = (id) => document.getElementById(id);
const views = []; // the thread: {turn, draw}, oldest first
let running = null; // the view whose answer is being written
let clue = null; // of the citation that was clicked: {url, text, sentence, link}

// --- signing in ------------------------------------------------------------------------------------------------------

async function begin() {
  const token = location.hash.match(/^#t=([\w-]+)$/)?.[1];
  if (token) history.replaceState(null, "", "/");
  try {
    if (token) await call("POST", "/api/auth/exchange/", { token }).catch((error) => { if (!(error instanceof ApiError)) throw error; });
    await call("GET", "/api/auth/user/"); // a used link is no matter to one who is signed in
  } catch (error) {
    return gate(error);
  }
  $("gate").hidden = true;
  $("page").hidden = false;
  if (!begin.done) {
    begin.done = true;
    await startShelf({ onError: gate, onChange: drawEmpty });
    await Promise.all(remembered().map(restore));
  } else refresh();
  $("question").focus({ preventScroll: true });
  route();
}

/** Instead of the page: what to do when not signed in, or when the server does not answer. */
async function gate(error) {
  const down = error instanceof TypeError;
  if (!down && error.status !== 401) return void ($("health").textContent = error.message);
  if (down && !$("page").hidden) { // it may come back: what is shown stays
    $("health").textContent = t("unreachableTitle");
    return;
  }
  const byPassword = !down && (await call("GET", "/health").catch(() => ({}))).sign_in === "password";
  $("page").hidden = true;
  $("gate").hidden = false;
  $("sign-in").hidden = !byPassword;
  $("gate-command").hidden = $("gate-again").hidden = byPassword;
  $("gate-title").textContent = t(down ? "unreachableTitle" : "signInTitle");
  $("gate-text").textContent = t(down ? "unreachableText" : byPassword ? "passwordText" : "signInText");
  $("gate-command").firstChild.textContent = down ? "ibidem serve --open" : "ibidem open";
  $(byPassword ? "username" : "gate-title").focus();
}

$("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  const told = $("sign-in").querySelector(".error");
  told.textContent = "";
  try {
    await call("POST", "/api/auth/login/", { username: $("username").value, password: $("password").value });
  } catch (error) {
    return void (told.textContent = error.message);
  } finally {
    $("password").value = "";
  }
  begin();
});

$("gate-again").addEventListener("click", begin);

// --- asking ----------------------------------------------------------------------------------------------------------

async function ask(question) {
  const view = newView(newTurn(question, workspace()));
  setRunning(view);
  $("question").value = "";
  const body = { question, workspace: view.turn.workspace, mode: $("mode").value, idempotency_key: crypto.randomUUID() };
  const post = () => call("POST", "/api/runs/", body);
  try {
    // a connection lost in this moment may or may not have brought the question: the key makes asking twice harmless
    const { run_id } = await post().catch((error) => { if (error instanceof ApiError) throw error; return post(); });
    view.turn.run = run_id;
    remember();
    await listen(view);
  } catch (error) {
    fail(view, error);
    if (!view.turn.run && !$("question").value) $("question").value = question;
  }
  setRunning(null);
}

async function listen(view) {
  await follow(view.turn.run, (name, data) => {
    view.turn = { ...step(view.turn, name, data), lost: false };
    view.draw();
  }, () => {
    view.turn = { ...view.turn, lost: true };
    view.draw();
  });
}

function fail(view, error) {
  if (error.status === 401) gate(error);
  const told = error instanceof TypeError ? { message: t("unreachableTitle"), hint: "ibidem serve" } : error;
  view.turn = { ...view.turn, end: "failed", lost: false, error: told, status: { stage: "failed" } };
  view.draw();
}

async function stop() {
  if (running?.turn.run) await call("POST", `/api/runs/${running.turn.run}/stop/`).catch((error) => fail(running, error));
}

function setRunning(view) {
  running = view;
  $("send").hidden = Boolean(view);
  $("stop").hidden = !view;
  $("clear").hidden = Boolean(view) || !views.length;
}

$("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const question = $("question").value.trim();
  if (question && !running) ask(question);
});
$("question").addEventListener("keydown", (event) => {
  const composing = event.isComposing || event.keyCode === 229; // Enter that ends a Hangul syllable sends nothing
  if (event.key !== "Enter" || event.shiftKey || composing) return;
  event.preventDefault();
  $("composer").requestSubmit();
});
$("stop").addEventListener("click", stop);
$("clear").addEventListener("click", () => {
  for (const view of views.splice(0)) view.node.remove();
  remember();
  setRunning(null);
  $("empty").hidden = false;
  $("question").focus();
});

// --- the thread ------------------------------------------------------------------------------------------------------

const remembered = () => JSON.parse(localStorage.ibidemRuns ?? "[]");
const remember = () => (localStorage.ibidemRuns = JSON.stringify(views.filter(({ turn }) => turn.run).slice(-KEPT).map(({ turn }) => ({ run: turn.run, question: turn.question, workspace: turn.workspace }))));

/** An answer of before the reload: the server has it, finished or not. */
async function restore({ run, question, workspace }) {
  const view = newView({ ...newTurn(question, workspace), run });
  try {
    const { state, message, error } = await call("GET", `/api/runs/${run}/`);
    if (message) {
      view.turn = step(view.turn, state, { message, error });
      return view.draw();
    }
    setRunning(view);
    listen(view).catch((error) => fail(view, error)).finally(() => setRunning(null));
  } catch {
    views.splice(views.indexOf(view), 1);
    view.node.remove();
    $("empty").hidden = views.length > 0;
  }
}

function drawEmpty({ documents }) {
  const [title, text] = $("empty").children;
  title.textContent = documents ? t("emptyTitle", t("documentsCount", documents)) : t("firstTitle");
  text.textContent = documents ? t("emptyText") : t("firstText");
}

function newView(turn) {
  const status = el("p", { className: "status", role: "status" });
  const reasoning = el("details", { className: "reasoning" }, el("summary", {}, t("reasoning")), el("p"));
  const answer = el("div", { className: "answer", "aria-live": "polite" });
  const error = el("div", { className: "error", role: "alert" });
  const footer = el("footer");
  const node = el("article", {}, el("h2", {}, turn.question), status, reasoning, answer, error, footer);
  const view = { turn, node, draw: () => { view.due ??= requestAnimationFrame(paint); } };

  function paint() {
    const { turn } = view;
    view.due = null;
    const thread = $("thread");
    const atEnd = thread.scrollHeight - thread.scrollTop - thread.clientHeight < 60;
    status.textContent = statusText(turn);
    status.className = turn.end ? "status" : "status working";
    reasoning.hidden = !turn.reasoning;
    reasoning.lastChild.textContent = turn.reasoning;
    answer.setAttribute("aria-busy", String(!turn.end)); // read out once, when it is complete
    const known = new Map([...turn.passages, ...turn.citations].map((one) => [one.number, one]));
    show(answer, turn.text, (number, sentence) => known.has(number) ? mark(known.get(number), sentence) : null, `${turn.passages.length} ${turn.citations.length}`);
    error.replaceChildren(...(turn.error ? [el("b", {}, turn.error.message), " ", turn.error.hint ?? ""] : []));
    if (turn.end) footer.replaceChildren(...drawFooter(turn));
    if (atEnd && running === view) thread.scrollTop = thread.scrollHeight;
  }

  views.push(view);
  $("empty").hidden = true;
  $("clear").hidden = Boolean(running);
  $("thread").append(node);
  paint();
  node.scrollIntoView({ block: "nearest" });
  return view;
}

function statusText({ status, passages, lost, end }) {
  if (lost) return t("lost");
  if (end) return end === "finished" ? "" : t(end);
  const argument = status.stage === "queued" ? status.position : passages.length;
  return t(status.stage, argument);
}

function mark(citation, sentence) {
  const told = t("citation", citation.number, placeName(citation)) + (citation.verdict === "supported" ? "" : ` (${t(citation.verdict)})`);
  const link = el("a", { className: `cite ${citation.verdict}`, href: citation.url, title: told, "aria-label": told }, String(citation.number));
  return remindOf(link, citation, sentence);
}

/** A link to the passage that knows what it cited, so that the panel can tell whether the text is still the same. */
function remindOf(link, { url, text }, sentence = "") {
  link.addEventListener("click", () => {
    clue = { url, text, sentence, link };
    if (`/${location.hash}` === url) route();
  });
  return link;
}

function drawFooter(turn) {
  const item = (one) => {
    const verdict = one.verdict === "supported" ? null : el("span", { className: "verdict" }, t(one.verdict));
    const link = remindOf(el("a", { href: one.url }, one.path), one);
    const where = [one.page && t("page", one.page), t("lines", one.start_line, one.end_line), one.heading].filter(Boolean).join(" · ");
    return el("li", { value: one.number }, link, " ", el("small", {}, where), verdict && " ", verdict);
  };
  const cited = turn.citations.length ? [el("h3", {}, t("cited")), el("ol", { className: "sources" }, ...turn.citations.map(item))] : [];
  const left = turn.omitted.length ? el("p", {}, el("small", {}, t("left", turn.omitted.length))) : null;
  const read = turn.passages.length ? [el("details", {}, el("summary", {}, t("passages", turn.passages.length)), el("ol", { className: "sources" }, ...turn.passages.map(item)), left)] : [];
  const { usage, timings } = turn;
  const facts = [turn.workspace, turn.model, timings?.total_ms && t("seconds", (timings.total_ms / 1000).toFixed(timings.total_ms < 1000 ? 2 : 1)), usage?.completion && t("tokens", usage.prompt, usage.reused, usage.completion)];
  return [...cited, ...read, el("p", { className: "facts" }, el("small", {}, facts.filter(Boolean).join(" · ")), turn.text ? copyButton(() => turn.text) : null)];
}

// --- where the address leads -----------------------------------------------------------------------------------------

function route() {
  if (location.hash.startsWith("#t=")) return begin();
  if ($("page").hidden) return;
  const place = parsePlace(location.hash);
  const known = clue && `/${location.hash}` === clue.url ? clue : null;
  if (place) openShelf(false);
  $("page").classList.toggle("with-source", Boolean(place));
  if (place) return showSource(place, known);
  if ($("source").hidden) return;
  hideSource();
  (clue?.link.isConnected ? clue.link : $("question")).focus({ preventScroll: true });
  clue = null;
}

const closeSource = () => (location.hash = "#/");

function openShelf(open) {
  $("page").classList.toggle("with-shelf", open);
  $("menu").setAttribute("aria-expanded", String(open));
}

addEventListener("hashchange", route);
$("source").querySelector(".close").addEventListener("click", closeSource);
$("menu").addEventListener("click", () => openShelf(!$("page").classList.contains("with-shelf")));
addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.isComposing || event.keyCode === 229) return;
  if (running) stop();
  else if (!$("source").hidden) closeSource();
  else openShelf(false);
});

translate();
begin();
