// The side that shows what is indexed: workspaces, folders, files and what could not be read.

import { el } from "/page/answer.js";
import { call, upload } from "/page/api.js";
import { stateName, t } from "/page/words.js";

const BUSY_MS = 1000, IDLE_MS = 10_000;
const WAITING = ["queued", "reading", "indexing"];
const PROBLEMS = ["failed", "partial", "skipped"];
const PAGE = 100;

const $ = (id) => document.getElementById(id);
const uploads = new Map(); // document id -> its row, for what was uploaded here
let timer, drawn = "", onError = () => {}, onChange = () => {};

export const workspace = () => $("workspace").value || "home";

export function startShelf(handlers) {
  ({ onError, onChange } = handlers);
  document.addEventListener("visibilitychange", () => document.hidden || refresh());
  return refresh();
}

/** Look again, soon while something is being read. */
export async function refresh() {
  clearTimeout(timer);
  let busy = false;
  try {
    busy = await look();
  } catch (error) {
    drawn = ""; // what the error says is replaced at the next look
    onError(error);
    if (error.status === 401) return; // signing in starts it again
    busy = true; // the server may come back any moment
  }
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(refresh, busy ? BUSY_MS : IDLE_MS);
}

async function look() {
  const [{ items: workspaces }, health] = await Promise.all([call("GET", "/api/workspaces/"), call("GET", "/health")]);
  const chosen = workspaces.find(({ slug }) => slug === ($("workspace").value || localStorage.ibidemWorkspace)) ?? workspaces[0];
  const { items: sources } = await call("GET", `/api/workspaces/${chosen.slug}/sources/`);
  const states = PROBLEMS.filter((state) => chosen.counts[state]);
  const problems = await Promise.all(states.map((state) => call("GET", listing(chosen.slug, { state }))));
  const seen = JSON.stringify([workspaces, chosen.slug, sources, problems, health]);
  if (seen !== drawn) {
    drawn = seen;
    drawWorkspaces(workspaces, chosen);
    drawSources(chosen.slug, sources);
    drawProblems(chosen, problems.flatMap(({ items }) => items), problems.some(({ next }) => next));
    $("health").textContent = health.status !== "ok" ? t("readOnly") : health.index === "ready" ? "" : t("indexBehind");
    $("facts").textContent = `Ibidem ${health.version} · ${t("model", health.model)}`;
    if ($("documents").open) drawDocuments().catch(onError);
    onChange(chosen);
  }
  const reading = await followUploads();
  return reading || WAITING.some((state) => chosen.counts[state]) || sources.some(({ state }) => ["queued", "syncing"].includes(state));
}

const listing = (slug, query) => `/api/rag/documents/?${new URLSearchParams({ workspace: slug, limit: PAGE, ...query })}`;

// --- drawing ---------------------------------------------------------------------------------------------------------

function chips(counts) {
  return ["ok", ...WAITING, ...PROBLEMS].filter((state) => counts[state])
    .map((state) => el("span", { className: `chip ${state}` }, `${counts[state].toLocaleString()} ${stateName(state)}`));
}

function drawWorkspaces(workspaces, chosen) {
  const label = ({ name, documents }) => `${name} (${documents.toLocaleString()})`;
  $("workspace").replaceChildren(...workspaces.map((one) => el("option", { value: one.slug, selected: one.slug === chosen.slug }, label(one))));
  $("counts").replaceChildren(...chips(chosen.counts));
}

function drawSources(slug, sources) {
  const focused = document.activeElement?.dataset?.source;
  const rows = sources.map((source) => {
    const remove = el("button", { type: "button", className: "icon", title: t("remove"), "aria-label": `${t("remove")}: ${source.path}` }, "✕");
    remove.dataset.source = source.id;
    remove.addEventListener("click", () => removeSource(slug, source));
    const told = [stateName(source.state), source.reason, !source.watch && t("unwatched"), source.ignored > 0 && t("ignored", source.ignored)];
    return el("li", { className: source.state }, el("div", {}, el("b", { title: source.path }, source.path), el("small", {}, told.filter(Boolean).join(" · ")),
      el("div", { className: "chips" }, ...chips(source.counts))), remove);
  });
  $("sources").replaceChildren(...(rows.length ? rows : [el("li", { className: "none" }, t("noSources"))]));
  if (focused) $("sources").querySelector(`[data-source="${CSS.escape(focused)}"]`)?.focus();
}

function drawProblems(chosen, documents, more) {
  const count = PROBLEMS.reduce((sum, state) => sum + (chosen.counts[state] ?? 0), 0);
  $("problems").hidden = !count;
  $("problems").querySelector("summary").textContent = t("problems", count);
  $("problems").querySelector("ul").replaceChildren(...documents.map(documentRow), ...(more ? [el("li", {}, t("tooMany"))] : []));
}

function documentRow(one) {
  const told = one.state === "ok" ? null : el("small", {}, [stateName(one.state), one.reason].filter(Boolean).join(": "));
  return el("li", { className: one.state }, el("div", {}, el("a", { href: `/#/documents/${one.id}`, title: one.path }, one.path), told));
}

async function drawDocuments(cursor) {
  const { items, next } = await call("GET", listing(workspace(), cursor ? { cursor } : {}));
  const list = $("documents").querySelector("ul");
  cursor ? list.append(...items.map(documentRow)) : list.replaceChildren(...items.map(documentRow));
  const more = $("documents").querySelector(".more");
  more.hidden = !next;
  more.onclick = () => drawDocuments(next).catch(onError);
}

// --- adding and removing ---------------------------------------------------------------------------------------------

async function removeSource(slug, source) {
  if (!confirm(t("removeSource", source.path))) return;
  await call("DELETE", `/api/workspaces/${slug}/sources/${source.id}/`).catch(onError);
  refresh();
}

/** A form that posts and shows the error's own words beside it. */
function form(node, post) {
  node.addEventListener("submit", async (event) => {
    event.preventDefault();
    const error = node.querySelector(".error");
    error.textContent = "";
    try {
      await post();
      node.reset();
      refresh();
    } catch (problem) {
      error.textContent = [problem.message, problem.hint].filter(Boolean).join(" — ");
    }
  });
}

form($("add-folder"), () => call("POST", `/api/workspaces/${workspace()}/sources/`, { path: $("path").value.trim() }));
form($("new-workspace").querySelector("form"), async () => {
  const made = await call("POST", "/api/workspaces/", { name: $("workspace-name").value });
  localStorage.ibidemWorkspace = made.slug;
  $("workspace").value = ""; // the next look takes the one remembered
  $("new-workspace").open = false;
});
$("documents").addEventListener("toggle", () => $("documents").open && drawDocuments().catch(onError));
$("workspace").addEventListener("change", () => {
  localStorage.ibidemWorkspace = workspace();
  refresh();
});

// --- files -----------------------------------------------------------------------------------------------------------

async function addFile(file, place) {
  const told = el("small", {}, t("state").queued);
  const stop = el("button", { type: "button", className: "icon", title: t("cancel"), "aria-label": `${t("cancel")}: ${file.name}` }, "✕");
  const row = el("li", {}, el("div", {}, el("b", {}, file.name), told), stop);
  const connection = new AbortController();
  stop.addEventListener("click", () => connection.abort());
  $("uploads").prepend(row);
  try {
    const made = await upload(file, place, (share) => (told.textContent = t("uploading", Math.round(100 * share))), connection.signal);
    uploads.set(made.id, row);
    tellUpload(row, made);
  } catch (error) {
    if (error.name === "AbortError") return row.remove();
    row.className = "failed";
    told.textContent = [error.message, error.hint].filter(Boolean).join(" — ");
  }
  stop.remove();
}

async function addFiles(files) {
  const place = workspace();
  for (const file of files) await addFile(file, place).then(refresh);
}

function tellUpload(row, made) {
  row.className = made.state;
  row.querySelector("small").textContent = [stateName(made.state), made.reason].filter(Boolean).join(": ");
  row.querySelector("b, a").replaceWith(el("a", { href: `/#/documents/${made.id}` }, made.title));
}

async function followUploads() {
  for (const [id, row] of uploads) {
    const made = await call("GET", `/api/rag/documents/${id}/`).catch(() => null);
    if (made) tellUpload(row, made);
    if (!made || !WAITING.includes(made.state)) uploads.delete(id);
  }
  return uploads.size > 0;
}

$("files").addEventListener("change", () => {
  addFiles([...$("files").files]);
  $("files").value = "";
});
const dragsFiles = (event) => event.dataTransfer?.types.includes("Files");
addEventListener("dragover", (event) => {
  if (!dragsFiles(event)) return;
  event.preventDefault();
  $("dropping").hidden = false;
});
addEventListener("dragleave", (event) => event.relatedTarget || ($("dropping").hidden = true));
addEventListener("drop", (event) => {
  if (!dragsFiles(event)) return;
  event.preventDefault();
  $("dropping").hidden = true;
  const folders = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter((entry) => entry?.isDirectory);
  for (const { name } of folders) $("add-error").textContent = `${name}: ${t("folderDropped")}`;
  addFiles([...event.dataTransfer.files].filter((file) => !folders.some(({ name }) => name === file.name)));
});
