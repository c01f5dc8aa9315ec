// Every text of the page, in English and Korean.

const en = {
  add: "Add", addFolder: "Add a folder or file of this computer", ask: "Ask", cancel: "Cancel",
  changed: "The document has changed since this was cited, so nothing is marked.",
  citation: (number, place) => `Source ${number}: ${place}`,
  clear: "Clear", close: "Close", copied: "Copied", copy: "Copy", create: "Create", documents: "All documents",
  documentsCount: (count) => `${count.toLocaleString("en")} ${count === 1 ? "document" : "documents"}`,
  download: "Download original", dropHere: "Choose files, or drop them on this page", dropNow: "Drop the files to add them",
  earlier: "Earlier lines", emptyText: "Every answer is footnoted: click a number to see the lines it rests on. Each question is answered on its own.",
  emptyTitle: (documents) => `Ask about ${documents}`, firstText: "Add a folder on the left side, or drop files on this page. They stay on this computer.",
  firstTitle: "Nothing is indexed yet", folderDropped: "is a folder; add it by its path",
  gone: "The document is no longer there.", ignored: (count) => `${count} ignored`, indexBehind: "index is catching up",
  interrupted: "The server stopped in the middle of this answer.", keys: "Enter sends · Shift+Enter new line · Esc stops", later: "Later lines",
  left: (count) => `${count} more did not fit`, lines: (from, to) => (from === to ? `line ${from}` : `lines ${from}–${to}`),
  lost: "Connection lost; trying again…", mode: "Mode", modeChat: "Documents first", modePlain: "Without documents", modeQuery: "Only if documents answer",
  model: (name) => `model: ${name}`, more: "More", name: "Name", newWorkspace: "New workspace", noSources: "No folder yet.", noText: "No text of this document is indexed.",
  page: (number) => `page ${number}`, passages: (count) => `Passages read (${count})`, pathExample: "/home/me/documents", problems: (count) => `Not fully read (${count})`,
  password: "Password", passwordText: "With the name and password that an admin has given you.", question: "Ask about your documents", queued: (ahead) => (ahead ? `Waiting; ${ahead} before this` : "Waiting for its turn…"), reading: (count) => (count ? `Reading ${count} passages…` : "Reading…"),
  readOnly: "the disk is read-only", reasoning: "Reasoning", remove: "Remove", removeSource: (path) => `Remove ${path} from the workspace? The files themselves stay.`, searching: "Searching…",
  sending: "Sending…", shelf: "What is indexed", signInText: "This page is only for you. For a fresh sign-in link, run this in a terminal:", signIn: "Sign in", signInTitle: "Please sign in",
  source: "Source", sources: "Folders", stop: "Stop", stopped: "Stopped.", failed: "This answer failed.", text: "Text of the document",
  seconds: (value) => `${value} s`, tokens: (prompt, reused, written) => `${prompt} tokens read${reused ? ` (${reused} reused)` : ""}, ${written} written`,
  tooMany: "and more", tryAgain: "Try again", unreachableText: "Is it running? Start it in a terminal:", unreachableTitle: "The server does not answer",
  unwatched: "not watched", uploading: (percent) => `uploading ${percent} %`, uploads: "Files", unsupported: "not supported by the passage", weak: "weakly supported", workspace: "Workspace",
  writing: "Writing…", cited: "Sources",
  state: { queued: "queued", reading: "reading", indexing: "indexing", ok: "ready", partial: "partly read", skipped: "skipped", failed: "failed",
           syncing: "reading", ready: "up to date", missing: "not found" },
};

const ko = {
  add: "추가", addFolder: "이 컴퓨터의 폴더나 파일 추가", ask: "질문", cancel: "취소",
  changed: "인용된 뒤에 문서가 바뀌어 아무 줄도 표시하지 않았습니다.",
  citation: (number, place) => `출처 ${number}: ${place}`,
  clear: "지우기", close: "닫기", copied: "복사함", copy: "복사", create: "만들기", documents: "모든 문서",
  documentsCount: (count) => `문서 ${count.toLocaleString("ko")}개`,
  download: "원본 내려받기", dropHere: "파일을 고르거나 이 화면에 끌어다 놓으세요", dropNow: "파일을 놓으면 추가됩니다",
  earlier: "앞부분 더 보기", emptyText: "모든 답에 출처가 달립니다. 번호를 누르면 근거가 된 줄을 볼 수 있습니다. 질문마다 따로 답합니다.",
  emptyTitle: (documents) => `${documents}에 대해 물어보세요`, firstText: "왼쪽에서 폴더를 추가하거나 파일을 이 화면에 끌어다 놓으세요. 파일은 이 컴퓨터를 떠나지 않습니다.",
  firstTitle: "아직 색인된 문서가 없습니다", folderDropped: "폴더입니다. 경로로 추가해 주세요",
  gone: "문서가 더 이상 없습니다.", ignored: (count) => `${count}개 제외`, indexBehind: "색인 갱신 중",
  interrupted: "답변 도중에 서버가 멈췄습니다.", keys: "Enter 보내기 · Shift+Enter 줄바꿈 · Esc 중지", later: "뒷부분 더 보기",
  left: (count) => `${count}개는 자리가 모자라 빠졌습니다`, lines: (from, to) => (from === to ? `${from}행` : `${from}–${to}행`),
  lost: "연결이 끊겨 다시 시도하고 있습니다…", mode: "방식", modeChat: "문서 우선", modePlain: "문서 없이", modeQuery: "문서에 있을 때만",
  model: (name) => `모델: ${name}`, more: "더 보기", name: "이름", newWorkspace: "새 작업 공간", noSources: "아직 폴더가 없습니다.", noText: "이 문서는 색인된 텍스트가 없습니다.",
  page: (number) => `${number}쪽`, passages: (count) => `읽은 구절 (${count})`, pathExample: "/home/me/문서", problems: (count) => `다 읽지 못한 파일 (${count})`,
  password: "비밀번호", passwordText: "관리자가 알려 준 이름과 비밀번호를 입력하세요.", question: "문서에 대해 물어보세요", queued: (ahead) => (ahead ? `대기 중, 앞에 ${ahead}개` : "차례를 기다리는 중…"), reading: (count) => (count ? `구절 ${count}개를 읽는 중…` : "읽는 중…"),
  readOnly: "디스크에 쓸 수 없음", reasoning: "추론 과정", remove: "제거", removeSource: (path) => `${path}을(를) 작업 공간에서 뺄까요? 파일 자체는 그대로 남습니다.`, searching: "찾는 중…",
  sending: "보내는 중…", shelf: "색인된 문서", signInText: "이 화면은 본인만 쓸 수 있습니다. 터미널에서 다음 명령을 실행하면 로그인 링크가 나옵니다.", signIn: "로그인", signInTitle: "로그인해 주세요",
  source: "출처", sources: "폴더", stop: "중지", stopped: "중지했습니다.", failed: "답변하지 못했습니다.", text: "문서 내용",
  seconds: (value) => `${value}초`, tokens: (prompt, reused, written) => `${prompt}토큰 읽음${reused ? ` (${reused} 재사용)` : ""}, ${written}토큰 씀`,
  tooMany: "그 밖에 더 있음", tryAgain: "다시 시도", unreachableText: "서버가 켜져 있나요? 터미널에서 시작하세요.", unreachableTitle: "서버가 응답하지 않습니다",
  unwatched: "변경 감시 안 함", uploading: (percent) => `올리는 중 ${percent}%`, uploads: "파일", unsupported: "구절로 뒷받침되지 않음", weak: "근거가 약함", workspace: "작업 공간",
  writing: "쓰는 중…", cited: "출처",
  state: { queued: "대기", reading: "읽는 중", indexing: "색인 중", ok: "완료", partial: "일부만 읽음", skipped: "건너뜀", failed: "실패",
           syncing: "읽는 중", ready: "최신", missing: "찾을 수 없음" },
};

export const language = navigator.language.toLowerCase().startsWith("ko") ? "ko" : "en";
const words = language === "ko" ? ko : en;

export const t = (key, ...args) => (typeof words[key] === "function" ? words[key](...args) : words[key] ?? key);
export const stateName = (state) => words.state[state] ?? state;

/** Fill the texts of index.html. */
export function translate(root = document) {
  document.documentElement.lang = language;
  for (const node of root.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
  for (const node of root.querySelectorAll("[data-t-label]")) node.setAttribute("aria-label", t(node.dataset.tLabel));
  for (const node of root.querySelectorAll("[data-t-placeholder]")) node.placeholder = t(node.dataset.tPlaceholder);
}
