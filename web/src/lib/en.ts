// Every text of the page in English. Korean is in ko.ts, and the compiler sees that nothing is missing there.

const many = (count: number, one: string, more: string) => `${count.toLocaleString("en")} ${count === 1 ? one : more}`;

export const en = {
  // everywhere
  add: "Add", cancel: "Cancel", close: "Close", copied: "Copied", copy: "Copy", create: "Create", delete: "Delete", edit: "Edit",
  loadMore: "Show more", name: "Name", remove: "Remove", rename: "Rename", retry: "Try again", save: "Save",
  undo: "Undo", deleted: (what: string) => `Deleted: ${what}`, menu: "Menu", loading: "Loading…",
  offline: "The server does not answer", offlineHint: "Start it in a terminal with: ibidem serve",
  connectionLost: "Connection lost. Trying again…", readOnly: "The disk is full or read-only: nothing can be saved now.",
  pageBroke: "The page met an error it did not expect", reload: "Reload",

  // navigation
  chats: "Chats", newChat: "New chat", documents: "Documents", templates: "Templates", models: "Models", jobs: "Jobs", settings: "Settings",
  theme: "Appearance", light: "Light", dark: "Dark", system: "Like the system", language: "Language", signOut: "Sign out", skipToMessage: "Skip to the message box",
  shortcuts: "Keyboard shortcuts", shortcutList: [["Enter", "Send"], ["Shift+Enter", "New line"], ["Esc", "Stop the answer, or close the source"], ["Ctrl/⌘+K", "Search chats"], ["Ctrl/⌘+Shift+O", "New chat"], ["/", "Templates, at the start of a message"], ["?", "This list"]] as [string, string][],

  // sign-in
  signInTitle: "Please sign in", signInText: "This page is only for you. For a fresh sign-in link, run this in a terminal:", signIn: "Sign in",
  username: "Name", password: "Password", offlineTitle: "The server does not answer", offlineText: "Is it running? Start it in a terminal:",
  linkOld: "The link has been used or is too old.",

  // sessions
  searchChats: "Search chats", noChats: "No chats yet", noneFound: "Nothing found", untitled: "New chat", chatActions: (title: string) => `Actions for ${title}`,
  exportMarkdown: "Export as Markdown", exportJson: "Export as JSON", importChats: "Import chats", imported: (count: number) => `${many(count, "chat", "chats")} imported`,

  // composer
  message: "Message", askPlaceholder: "Ask about your documents…", send: "Send", stop: "Stop", attach: "Attach files", removeAttachment: (name: string) => `Remove ${name}`,
  mode: "Mode", modes: { chat: "Documents first", query: "Only from documents", plain: "Without documents" },
  modeHints: { chat: "Answers from your documents where they help", query: "Says so when the documents do not answer", plain: "The model alone, nothing is searched" },
  model: "Model", defaultModel: "Default model", workspace: "Workspace", template: "Template", variables: "Values for the template",
  keysHint: "Enter sends · Shift+Enter new line", tooLong: (most: string) => `The message is too long: at most ${most}.`, notText: (name: string) => `${name} is not a text file; add it under Documents instead.`,

  // the thread
  you: "You", assistant: "Ibidem", emptyTitle: "What would you like to know?", emptyText: "Every claim is footnoted. Click a number to see the lines it rests on.",
  emptyNothing: "Nothing is indexed yet", emptyNothingText: "Add a folder or drop some files; they stay on this computer.", addDocuments: "Add documents",
  regenerate: "Answer again", editMessage: "Edit", saveAndAsk: "Ask again", good: "Good answer", bad: "Bad answer", copyAnswer: "Copy the answer",
  branch: (at: number, all: number) => `Version ${at} of ${all}`, previous: "Previous version", next: "Next version", toEnd: "To the end", earlierMessages: "Earlier messages", answerReady: "The answer is complete.",
  reasoning: "Reasoning", wrap: "Wrap lines", code: "code", imageLink: (host: string) => `image on ${host}`,

  // the state of an answer
  queued: (ahead: number) => (ahead > 0 ? `Waiting; ${ahead} before this one` : "Waiting for its turn…"), searching: "Searching your documents…",
  reading: (passages: number) => (passages ? `Reading ${many(passages, "passage", "passages")}…` : "Reading…"), readingTokens: (done: string, total: string) => `Reading ${done} of ${total} tokens…`,
  writing: (rate: number) => (rate ? `Writing, ${rate} tokens/s` : "Writing…"), stopped: "Stopped.", failed: "This answer failed.", interrupted: "The server stopped in the middle of this answer.",
  again: "The server started again; the answer is being written anew.",

  // citations
  citation: (number: number) => `Citation ${number}`, source: "Source", sources: "Sources", lines: (from: number, to: number) => (from === to ? `line ${from}` : `lines ${from}–${to}`),
  page: (number: number) => `page ${number}`, verdicts: { supported: "Supported", weak: "Weak support", unsupported: "Not supported" },
  verdictHints: { supported: "The passage says what the answer says.", weak: "The passage says this only in part.", unsupported: "The passage does not say this." },
  earlier: "Earlier lines", later: "Later lines", openOriginal: "Open original", gone: "The document is no longer there.", goneHint: "This is the text as it was when it was cited.",
  changed: "The document has changed since it was cited, so nothing is marked. This is the text that was cited:", noText: "No text of this document is indexed.",
  view: "View", asPage: "Page", asText: "Text", pages: "Pages", previousPage: "Previous page", nextPage: "Next page", pageNumber: "Page number", toPassage: "To the passage", zoom: (percent: number) => `Zoom: ${percent}%`, wholeDocument: "Whole document",
  pageMarked: (number: number) => `page ${number}, with the passage marked`, noPicture: (number: number) => `Page ${number} cannot be shown as a picture.`, textInstead: "This is its text.",
  nextCitation: "Next source", previousCitation: "Previous source", textOf: (name: string) => `Text of ${name}`,

  // what was used
  used: "What was used", usedPassages: (count: number) => `${many(count, "passage", "passages")} given to the model`, usedOmitted: (count: number) => `${count} found but left out`, usedTimes: "Times", usedTokens: "Tokens",
  searchTime: "search", firstToken: "first word", totalTime: "all", tokensRead: (prompt: string, reused: string) => `${prompt} read (${reused} reused)`, tokensWritten: (count: string) => `${count} written`,
  searchAgain: "Scores by channel", searchedFor: "Searched for", channels: { body: "text", symbols: "symbols", path: "path", heads: "headings", dense: "meaning", feedback: "feedback" } as Record<string, string>,
  score: "Score", place: "Place", kept: "used", cut: "dropped", usedNone: "Nothing was searched for this answer.", seconds: (value: string) => `${value} s`,
  reasons: { budget: "no room", compaction: "forgotten to make room", window: "no room in the model's context", speed: "would take too long to read" } as Record<string, string>, turnsForgotten: (count: number) => `${many(count, "earlier turn", "earlier turns")}`,

  // documents
  newWorkspace: "New workspace", workspaceActions: "Workspace actions", deleteWorkspace: (name: string) => `Delete the workspace ${name} and everything in it? Files on your disk stay.`, folders: "Folders", files: "Documents",
  addFolder: "Add server folder", addFolderText: "A folder or file of the computer that Ibidem runs on. It is read where it lies, and followed when it changes.", path: "Path", pathExample: "/home/me/documents", watch: "Follow changes",
  uploadFiles: "Upload files", pasteText: "Paste text", title: "Title", text: "Text", dropFiles: "Drop files to add them", noDocumentsText: "Drop files here, paste text, or add a folder.",
  documentsCount: (count: number) => many(count, "document", "documents"), states: { queued: "queued", reading: "reading", indexing: "indexing", ok: "ready", partial: "partly read", skipped: "skipped", failed: "failed" },
  sourceStates: { syncing: "reading", ready: "up to date", missing: "not found", failed: "failed" }, unwatched: "not followed", ignored: (count: number) => `${count} ignored`, removeSource: (path: string) => `Take ${path} out of the workspace? The files themselves stay.`,
  size: "Size", state: "State", added: "Added", allStates: "All", filterByName: "Filter by name", uploading: (percent: number) => `uploading ${percent} %`, noneMatch: "No document matches.", readOnlyShare: "read only",
  sort: "Sort", sorts: { name: "Name", state: "State", size: "Size", added: "Date" }, rowActions: "Actions", paging: "Pages of the list", range: (from: string, to: string, all: string) => `${from}–${to} of ${all}`, earlierRows: "Earlier documents", laterRows: "Later documents",
  chunking: (count: string) => `chunking, ${count} so far`, readOf: (done: string, all: string) => `${done} of ${all} documents are done`, cancelReading: "Cancel reading", cancelledReading: "Its reading was cancelled",
  uploadFolder: "Upload folder", leftOut: (names: string) => `Left out: ${names}.`, unreadable: (names: string) => `Cannot be read: ${names}.`, nothingToAdd: "There was no file to add.",
  uploadsDone: (done: string, all: string) => `${done} of ${all} files sent`, cancelAll: "Cancel all", retryAll: (count: number) => `Try all ${count} again`, dismissAll: "Dismiss all",
  uploadsLost: (count: number) => `The page was reloaded before ${many(count, "file was", "files were")} sent. Choose them again:`,
  content: "Content", chunks: "Chunks", chunksText: "The pieces that are searched and cited, as the index has them.", chunksCount: (count: string) => `${count} chunks`, tokens: (count: string) => `${count} tokens`,
  citedBy: "Cited by", citedByNone: "No chat of yours cites this document.", answersCount: (count: number) => many(count, "answer", "answers"), uploaded: "uploaded", fromFolder: (path: string) => `from ${path}`,
  share: "Share", shareMenu: "Share…", shareTitle: (name: string) => `Share ${name}`, shareText: "Other users of this server, by their names. They find it among their workspaces, and their chats stay their own.", sharedWith: "Who has access", owner: "owner",
  mayRead: "may read", mayWrite: "may change", mayOf: (name: string) => `What ${name} may do`, mayDo: "What the new user may do", unshare: (name: string) => `Stop sharing with ${name}`, sharedWithCount: (count: number) => `shared with ${many(count, "user", "users")}`, sharedBy: (name: string) => `shared by ${name}`,
  leave: "Leave", leaveText: (name: string, owner: string) => `Leave the workspace ${name}? Its documents stay with ${owner}, who can share it again.`,

  // models
  modelsText: "Models this computer can ask now. A larger model writes better and slower.", test: "Test", tested: (read: string, written: string) => `reads ${read}, writes ${written} tokens/s`, context: (tokens: string) => `${tokens} tokens of context`, servers: "Model servers", reachable: "reachable", unreachable: "not reachable",
  noModel: "Only the built-in quotes are available: they answer with the passages' own sentences. Connect Ollama or an OpenAI-compatible server, or put a GGUF file into the models folder, for written answers.",

  // templates
  newTemplate: "New template", templatesText: "A template gives the model its role, with values you fill in and examples it follows. Type / in the message box to use one.", system_: "System text", systemHint: "{{name}} stands for a value", examplesTitle: "Examples", exampleUser: "Question", exampleAssistant: "Answer", addExample: "Add example", shipped: "comes with Ibidem", useCopy: "Copy to edit", templateTokens: (count: string) => `${count} tokens before each question`, export: "Export", import: "Import",

  // jobs
  jobsText: "What the server is doing, and what failed.", noJobs: "Nothing is waiting and nothing has failed.", jobKinds: { answer: "Answer", source: "Read a folder", document: "Read a document", index: "Build the index", embed: "Compute meaning", summary: "Summarise" } as Record<string, string>,
  jobStates: { queued: "waiting", running: "running", done: "done", failed: "failed", cancelled: "cancelled", dead: "gave up" } as Record<string, string>, runAgain: "Run again",
};

export type Words = typeof en;
