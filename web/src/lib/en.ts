// Every text of the page in English. Korean is in ko.ts, and the compiler sees that nothing is missing there.

const many = (count: number, one: string, more: string) => `${count.toLocaleString("en")} ${count === 1 ? one : more}`;

export const en = {
  // everywhere
  add: "Add", cancel: "Cancel", close: "Close", copied: "Copied", copy: "Copy", create: "Create", delete: "Delete", edit: "Edit",
  loadMore: "Show more", name: "Name", remove: "Remove", rename: "Rename", retry: "Try again", save: "Save",
  undo: "Undo", deleted: (what: string) => `Deleted: ${what}`, menu: "Menu", loading: "Loading…",
  offline: "The server does not answer", offlineHint: "Start it in a terminal with: ibidem serve",
  connectionLost: "Connection lost. Trying again…", readOnly: "The disk is full or read-only: nothing can be saved now.",
  pageBroke: "The page met an error it did not expect", pageUnloaded: "A part of the page could not be loaded. Is the server running?", reload: "Reload",

  // navigation
  chats: "Chats", newChat: "New chat", documents: "Documents", templates: "Templates", models: "Models", jobs: "Jobs", settings: "Settings",
  theme: "Appearance", light: "Light", dark: "Dark", system: "Like the system", language: "Language", signOut: "Sign out", skipToMessage: "Skip to the message box",
  shortcuts: "Keyboard shortcuts", shortcutList: [["Enter", "Send"], ["Shift+Enter", "New line"], ["Esc", "Stop the answer, or close the source"], ["Ctrl/⌘+K", "Search chats, pages and actions"], ["Ctrl/⌘+Shift+O", "New chat"], ["Alt+↑ / ↓", "Previous, next chat"], ["Ctrl/⌘+Shift+C", "Copy the last answer"], ["Shift+Esc", "Go to the message box"], ["/", "Templates, at the start of a message"], ["?", "This list"]] as [string, string][],
  actions: "Actions", palette: "Search and commands", paletteHint: "Search chats, pages and actions…", copyLast: "Copy the last answer", answerCopied: "The answer was copied.",

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
  model: "Model", defaultModel: "Default model", workspace: "Workspace", variables: "Values for the template", templateGone: "Its template was deleted",
  keysHint: "Enter sends · Shift+Enter new line", notText: (name: string) => `${name} is not a text file; add it under Documents instead.`,
  attachments: "Goes with the message", imageTooBig: (name: string, most: string) => `${name} is too big: an image has at most ${most}.`, seesNoImages: (model: string) => `${model} does not look at images. Choose a model that does, or remove them and describe them in words.`,
  pasted: "Pasted text.txt",

  // the thread
  you: "You", assistant: "Ibidem", emptyTitle: "What would you like to know?", emptyText: "Every claim is footnoted. Click a number to see the lines it rests on.",
  emptyNothing: "Nothing is indexed yet", emptyNothingText: "Add a folder or drop some files; they stay on this computer.", addDocuments: "Add documents",
  regenerate: "Answer again", editMessage: "Edit", saveAndAsk: "Ask again", good: "Good answer", bad: "Bad answer", copyAnswer: "Copy the answer",
  branch: (at: number, all: number) => `Version ${at} of ${all}`, previous: "Previous version", next: "Next version", toEnd: "To the end", earlierMessages: "Earlier messages", answerReady: "The answer is complete.",
  reasoning: "Reasoning", wrap: "Wrap lines", code: "code", table: "Table", imageLink: (host: string) => `image on ${host}`,
  copyCode: "Copy the code", downloadCode: "Download the code",

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
  sourceStates: { queued: "waiting", syncing: "reading", ready: "up to date", missing: "not found" }, unwatched: "not followed", ignored: (count: number) => `${count} ignored`, removeSource: (path: string) => `Take ${path} out of the workspace? The files themselves stay.`,
  size: "Size", state: "State", added: "Added", allStates: "All", filterByName: "Filter by name", uploading: (percent: number) => `uploading ${percent} %`, noneMatch: "No document matches.", readOnlyShare: "read only",
  sort: "Sort", sorts: { name: "Name", state: "State", size: "Size", added: "Date" }, rowActions: "Actions", paging: "Pages of the list", range: (from: string, to: string, all: string) => `${from}–${to} of ${all}`, earlierRows: "Earlier documents", laterRows: "Later documents",
  chunking: (count: string) => `chunking, ${count} so far`, readOf: (done: string, all: string) => `${done} of ${all} documents are done`, cancelReading: "Cancel reading", faults: {} as Record<string, string>, unread: { cancelled: "Its reading was cancelled", binary: "Neither text nor a format that is read", minified: "Minified code" } as Record<string, string>,
  uploadFolder: "Upload folder", leftOut: (names: string) => `Left out: ${names}.`, unreadable: (names: string) => `Cannot be read: ${names}.`, nothingToAdd: "There was no file to add.",
  uploadsDone: (done: string, all: string) => `${done} of ${all} files sent`, cancelAll: "Cancel all", retryAll: (count: number) => `Try all ${count} again`, dismissAll: "Dismiss all",
  uploadsLost: (count: number) => `The page was reloaded before ${many(count, "file was", "files were")} sent. Choose them again:`,
  content: "Content", chunks: "Chunks", chunksText: "The pieces that are searched and cited, as the index has them.", chunksCount: (count: number) => many(count, "chunk", "chunks"), tokens: (count: number) => many(count, "token", "tokens"),
  citedBy: "Cited by", citedByNone: "No chat of yours cites this document.", answersCount: (count: number) => many(count, "answer", "answers"), uploaded: "uploaded", fromFolder: (path: string) => `from ${path}`,
  share: "Share", shareMenu: "Share…", shareTitle: (name: string) => `Share ${name}`, shareText: "Other users of this server, by their names. They find it among their workspaces, and their chats stay their own.", sharedWith: "Who has access", owner: "owner",
  mayRead: "may read", mayWrite: "may change", mayOf: (name: string) => `What ${name} may do`, mayDo: "What the new user may do", unshare: (name: string) => `Stop sharing with ${name}`, sharedWithCount: (count: number) => `shared with ${many(count, "user", "users")}`, sharedBy: (name: string) => `shared by ${name}`,
  leave: "Leave", leaveText: (name: string, owner: string) => `Leave the workspace ${name}? Its documents stay with ${owner}, who can share it again.`,

  // models
  modelsText: "Models this computer can ask now. A larger model writes better and slower.", test: "Test", tested: (read: string, written: string) => `reads ${read}, writes ${written} tokens/s`, context: (tokens: string) => `${tokens} tokens of context`, servers: "Model servers", reachable: "reachable", unreachable: "not reachable",
  noModel: "Only the built-in quotes are available: they answer with the passages' own sentences. For written answers, download a model below or connect a model server.",
  askable: "Models that can be asked", findModel: "Find a model", isDefault: "default", makeDefault: "Make default", nowDefault: (name: string) => `${name} answers from now on.`, loaded: "loaded", cold: "not loaded", quotesText: "Built in: the passages' own sentences, without a language model",
  testing: "Loading the model and measuring it. This may take a minute…", testedFirst: (first: string, load: string) => `first word after ${first} s (${load} s with loading)`, testedMemory: (size: string) => `${size} of memory`,
  nearby: "Found on this computer", connect: "Connect",
  fitting: "What fits this computer", cores: (cores: number) => many(cores, "core", "cores"), memoryOf: (all: string, free: string) => `${all} memory, ${free} free now`, noEngine: "Downloaded models need the engine: install it with pip install 'ibidem[llama]', or name a llama-server as models.llama_server.",
  verdictWords: { fits: "fits", busy: "not just now", slow: "slow here", too_large: "too large", unusable: "unusable", unknown: "" },
  fitsText: (needs: string, safe: string) => `Fits: ${needs} of ${safe} that are safe to use.`, busyText: (needs: string) => `It fits, but other programs use the memory now. Close some until ${needs} are free.`, slowText: (rate: string) => `It fits, but writes about ${rate} tokens/s: too slow to wait for.`,
  tooLargeText: (needs: string, safe: string) => `Too large: it needs at least ${needs}, and ${safe} are safe to use.`, tooLargeSettings: (names: string) => `It would fit with models.${names} left as planned.`, tooLargeSmaller: (size: string) => `As ${size} it would fit.`, unknownText: "Its server decides; nothing is known of its size.",
  memoryParts: { weights: "weights", context: "context", embedder: "embedder", program: "Ibidem and Korean analysis" }, onCard: (size: string) => `${size} on the graphics card`, memoryBar: (parts: string, safe: string) => `Memory: ${parts}; ${safe} are safe to use`, safeLine: (safe: string, all: string) => `${safe} of ${all} are safe; the rest is headroom`,
  advised: "advised", downloaded: "downloaded", writesKorean: "writes Korean", expectedSpeed: (rate: string, basis: string) => `about ${rate} tokens/s (${basis})`, speedBasis: { measured: "measured here", calibrated: "from another model measured here", estimated: "estimated" } as Record<string, string>,
  allModels: (count: number) => `Show all ${count}`, fewerModels: "Show fewer",
  pull: "Download", pullTitle: (name: string) => `Download ${name}?`, pullSize: (size: string) => `It takes ${size} of the disk.`, pullLicence: (licence: string) => `Its licence: ${licence}. By downloading you agree to it.`, pullWhere: "It goes to the models folder of the data directory, is checked by its hash, and goes on where it stopped after an interruption.",
  pullOther: "Download another", pullOtherText: "A name of the table with another quantisation, the address of a GGUF file, or ollama:NAME through Ollama. By downloading you agree to its licence.", pullName: "Name or address", pullHash: "SHA-256 (optional)",
  pullQueued: "waiting for its turn", pullStarts: "connecting…", pullOf: (have: string, all: string) => `${have} of ${all}`, pullFile: (at: number, all: number) => `file ${at} of ${all}`, pullLeft: (time: string) => `${time} left`, pullDone: (name: string) => `${name} is ready to be asked.`, pullCancelled: "Cancelled.", pullKept: (size: string) => `${size} are kept.`, pullResume: "Go on",
  embedder: "Search by meaning", embedderText: "An embedder finds text that says the same in other words. It is optional: words, symbols and Korean morphemes are always searched.", inUse: "in use", use: "Use", noEmbedder: "None", noEmbedderText: "Search by words alone", noEmbedderUse: "Stop using it",
  manyLanguages: "about 100 languages, with Korean", englishOnly: "English only; other questions are searched by words", embedderStart: "It is tried first. Then vectors are made in the background; words answer meanwhile.", embedderChange: "It is tried first. Its vectors are then built beside the present ones, which answer until a workspace is complete.", embedderStop: "Search goes on by words. The vectors stay, should you come back to them.",
  embeddedOf: (done: string, all: string) => `${done} of ${all} passages`, vectorsReady: "ready", vectorsGrow: "new passages are being added", oldAnswers: (name: string) => `${name} answers meanwhile`, wordsAnswer: "words answer meanwhile",
  pickModel: "Choose a model", searchModels: "Search models", defaultIs: (name: string) => `now ${name}`, manageModels: "All models and downloads",

  // first run
  firstRun: "First steps", firstSteps: ["Documents", "First answer", "Model"], firstTitle: "Ask your own documents", firstText: "Choose some files or a folder. What they say never leaves this computer.", firstDrop: "Drop files here, or", chooseFiles: "Choose files", firstFolder: "Folder on this computer", readFolder: "Read this folder", skipSteps: "Skip these steps",
  firstReading: (done: string, all: string) => `${done} of ${all} read…`, firstReady: (count: number) => `${many(count, "document is", "documents are")} ready. Ask the first question.`, firstReadyText: "Every sentence of the answer gets a number that opens the lines it rests on.", firstNone: "None of these could be read. The documents page says why.",
  firstModelTitle: "This answer is made of your documents' own sentences", firstModelText: "A language model can write answers from them.", firstFound: "Found on this computer:", firstFits: "This one fits this computer:", firstUse: "Use it", notNow: "Not now", allOptions: "All models",
  firstDone: "Ready. Ask again, and the model writes the answer.", firstNoneFits: "No model of the table fits this computer. The quotes need none, and a model server on another computer can be set as models.ollama_url.",

  // templates
  newTemplate: "New template", templatesText: "A template gives the model its role, with values you fill in and examples it follows. Type / in the message box to use one.", system_: "System prompt", systemHint: "{{name}} stands for a value", examplesTitle: "Examples", exampleUser: "Question", exampleAssistant: "Answer", addExample: "Add example", shipped: "built in", useCopy: "Copy to edit", templateTokens: (count: string) => `${count} tokens before each question`, export: "Export", import: "Import",
  preview: "What the model reads", valueOf: (name: string) => `Try ${name} as`, defaultOf: (name: string) => `${name}, unless filled in`, missingValues: (names: string) => `needs a value: ${names}`,
  examplesCount: (count: number) => many(count, "example", "examples"), templatesTaken: (count: number) => `${many(count, "template", "templates")} imported`, notJson: (name: string) => `${name} is no template file: export one to see the form.`,

  // jobs
  jobsText: "What the server is doing, and what failed.", noJobs: "Nothing is waiting and nothing has failed.", jobKinds: { answer: "Answer", sync: "Read a folder", refresh: "Read what changed", upload: "Read an upload", rebuild: "Build the index anew", summary: "Summarise" } as Record<string, string>,
  jobStates: { queued: "waiting", running: "running", done: "done", failed: "failed", cancelled: "cancelled", dead: "gave up" } as Record<string, string>, runAgain: "Run again",
  jobProgress: (done: string, total: string) => `${done} of ${total}`, jobTries: (count: number) => `tried ${count} times`, cancelJob: (what: string) => `Cancel: ${what}`, runJobAgain: (what: string) => `Run again: ${what}`, jobGroups: { running: "Running", queued: "Waiting", failed: "Failed" },

  // the server: its settings, state and connections
  serverTitle: "Server", serverSettings: "Server settings", settingsTab: "Settings", stateTab: "State", connectionsTab: "Connections", usersTab: "Users", onlyAdmins: "Only an admin sees this.",
  settingsText: "Everything that can be set, with its default. Changes go into the settings file; your comments there stay.", searchSettings: "Search settings", onlyChanged: "Only what differs from the default", noSetting: "No setting matches.", noneChanged: "Everything is as it comes.",
  settingSections: { models: "Models", retrieve: "Search", complete: "Code completion", ingest: "Reading files", index: "Index", jobs: "Jobs", dialects: "Other programs", serve: "Server and sign-in" } as Record<string, string>,
  settingSources: { default: "default", file: "set in the file", environment: "set by the environment" }, settingDefault: (value: string) => `Default: ${value}`, settingEmpty: "empty", settingOn: "on", settingOff: "off", settingHidden: "hidden", settingSet: "set, hidden", settingUnset: "not set",
  settingByHand: (variable: string) => `Only in ibidem.toml, or as ${variable}: it says who may enter, or what is run.`, settingByEnvironment: (variable: string) => `${variable} decides; change it there.`, settingReset: (name: string) => `Reset ${name}`, resetToDefault: "Reset", saveSetting: (name: string) => `Save ${name}`,
  settingPending: (running: string) => `after a restart; now ${running}`, settingPendingSecret: "after a restart", settingSaved: (name: string) => `${name} is saved. It holds once the server has been started again.`,
  settingHolds: (name: string) => `${name} is saved and holds from now on.`,
  restartNeeded: "Some changes hold only once the server has been started again.", restartNow: "Restart the server", restarted: "The server has been started again.",
  restartText: "It takes a few seconds. Answers that are being written end; whatever waits goes on by itself. Everybody stays signed in.", settingsFile: (path: string) => `Settings file: ${path}`,
  stateText: "How the server is, and what it takes of the disk.", version: "Version", runningSince: "Running since", dataDir: "Data directory", signInMode: "Sign-in", signInModes: { local: "local: links and profiles", password: "names and passwords" } as Record<string, string>,
  indexState: "Search index", indexReady: "has every change", indexBehind: (count: number) => `catching up in ${many(count, "workspace", "workspaces")}`, storeState: "Store", storeFine: "can be written", storeRefuses: "cannot be written: check the disk and run ibidem doctor",
  disk: "Disk", diskFree: (free: string, total: string) => `${free} free of ${total}`, diskLow: (least: string) => `Less than ${least} is free. Make room: delete models or documents that nobody needs, or move the data directory.`, diskUsed: (size: string) => `Ibidem takes ${size}`,
  diskParts: { database: "Database: text, chats, jobs", index: "Search index", files: "Uploaded files", models: "Models", backups: "Backups", other: "Other" } as Record<string, string>, seeState: "Disk and server",
  connectionsText: "Whom this server may speak to, what for, and what it really connected to since it was started. There is no telemetry and no update check.", offlineOn: "Offline mode is on: whatever is not on this machine is refused.", offlineOff: "Offline mode is off. With models.offline the server refuses whatever is not on this machine.",
  uses: { questions: "questions and the passages found", vectors: "the text of every document and question, for vectors", ranking: "questions and passages, for their order", models: "which models it has", download: "only when you fetch a model" } as Record<string, string>,
  onThisMachine: "this machine", beyondThisMachine: "beyond this machine", forbidden: "forbidden", neverContacted: "not contacted", contacted: (count: number, when: string) => `${many(count, "connection", "connections")}, last ${when}`, refusedContacts: (count: number) => `${count} refused`,
  mayContact: "Allowed by the settings", otherContacts: "Everything else that was connected to", engineContacts: "Model engines on this machine", noOtherContacts: "Nothing else.",

  // users
  usersText: "Who may sign in. A member works with their own documents and those shared with them; an admin also looks after users and the server.", addUser: "Add user", role: "Role", roles: { admin: "admin", member: "member" }, roleHints: { admin: "looks after users and the server", member: "works with documents" },
  disabled: "disabled", noPassword: "no password", lastSeen: (when: string) => `last seen ${when}`, neverSeen: "not seen yet", userActions: (name: string) => `Actions for ${name}`, makeAdmin: "Make admin", makeMember: "Make member", disable: "Disable", enable: "Enable",
  disableUser: (name: string) => `Disable ${name}? Everything they have open ends at once, and nothing lets them in until they are enabled again. Nothing of theirs is deleted.`, setPassword: "Set password", setPasswordFor: (name: string) => `Password for ${name}`, setPasswordText: "It ends all their sign-ins. Tell it to them in a safe way.", passwordHint: "At least 12 characters, and none of those that are tried first",
  passwordSet: (name: string) => `${name} has a new password.`, itsYou: "you",

  // account
  account: "Account", accountKeys: "Account and keys", accountText: (name: string) => `You are signed in as ${name}.`, profiles: "Profiles", profilesText: "Profiles keep work apart on this machine. Whoever may open this page may pick any of them.", profileCurrent: "in use", useProfile: (name: string) => `Switch to ${name}`, switchProfile: "Switch", newProfile: "New profile", passwordOf: (name: string) => `Password of ${name}`,
  changePassword: "Change password", oldPassword: "Present password", newPassword: "New password", passwordChanged: "Your password is changed. All other sign-ins have ended.",
  apiKeys: "API keys", apiKeysText: "A program sends a key instead of signing in. It acts as you, as far as its rights reach.", newKey: "New key", keyName: "What it is for", keyScopes: "Rights", noKeys: "No keys yet",
  scopes: { chat: "Ask", read: "Read", ingest: "Change documents" } as Record<string, string>, scopeHints: { chat: "runs, chats, templates, testing a model", read: "search; see workspaces, documents, jobs and models", ingest: "add, change and delete workspaces and documents" } as Record<string, string>,
  keyExpiry: "Valid", keyForever: "until it is revoked", keyDays: (days: number) => `for ${days} days`, keyMade: "Your new key", keyOnce: "Copy it now: it is shown only this once.", copyKey: "Copy the key", keyUsed: (when: string) => `last used ${when}`, keyUnused: "never used", keyExpires: (when: string) => `until ${when}`, keyExpired: (when: string) => `expired ${when}`, keyCreated: (when: string) => `made ${when}`,
  revoke: "Revoke", revokeKeyNamed: (name: string) => `Revoke ${name}`, revokeKey: (name: string) => `Revoke the key ${name}? Programs that use it are refused at once.`, done: "Done",
  signIns: "Where you are signed in", signInsText: "One line for each browser.", thisBrowser: "this browser", signOutThere: (name: string) => `Sign out ${name}`, signOutElsewhere: "Sign out everywhere else", signedOutElsewhere: "All other sign-ins have ended.", unknownBrowser: "Unknown browser", browserOn: (browser: string, system: string) => `${browser} on ${system}`, lastUsed: (when: string) => `last used ${when}`,
};

export type Words = typeof en;
