// Every text of the page in Korean.

import type { Words } from "./en";

const n = (count: number) => count.toLocaleString("ko");

export const ko: Words = {
  add: "추가", cancel: "취소", close: "닫기", copied: "복사함", copy: "복사", create: "만들기", delete: "삭제", edit: "편집",
  loadMore: "더 보기", name: "이름", remove: "제거", rename: "이름 바꾸기", retry: "다시 시도", save: "저장",
  undo: "실행 취소", deleted: (what) => `삭제함: ${what}`, menu: "메뉴", loading: "불러오는 중…",
  offline: "서버가 응답하지 않습니다", offlineHint: "터미널에서 시작하세요: ibidem serve",
  connectionLost: "연결이 끊겨 다시 시도하고 있습니다…", readOnly: "디스크가 가득 찼거나 쓸 수 없어 아무것도 저장되지 않습니다.",
  pageBroke: "예상하지 못한 오류가 났습니다", reload: "새로 고침",

  chats: "대화", newChat: "새 대화", documents: "문서", templates: "템플릿", models: "모델", jobs: "작업", settings: "설정",
  theme: "화면 모드", light: "밝게", dark: "어둡게", system: "시스템 설정", language: "언어", signOut: "로그아웃", skipToMessage: "메시지 입력란으로 건너뛰기",
  shortcuts: "키보드 단축키", shortcutList: [["Enter", "보내기"], ["Shift+Enter", "줄바꿈"], ["Esc", "답변 중지 또는 출처 닫기"], ["Ctrl/⌘+K", "대화 검색"], ["Ctrl/⌘+Shift+O", "새 대화"], ["/", "메시지 맨 앞에서: 템플릿"], ["?", "이 목록"]],

  signInTitle: "로그인해 주세요", signInText: "이 화면은 본인만 쓸 수 있습니다. 터미널에서 다음 명령을 실행하면 로그인 링크가 나옵니다.", signIn: "로그인",
  username: "이름", password: "비밀번호", offlineTitle: "서버가 응답하지 않습니다", offlineText: "서버가 켜져 있나요? 터미널에서 시작하세요.",
  linkOld: "이미 쓴 링크이거나 시간이 지난 링크입니다.",

  searchChats: "대화 검색", noChats: "아직 대화가 없습니다", noneFound: "찾은 결과가 없습니다", untitled: "새 대화", chatActions: (title) => `${title} 작업`,
  exportMarkdown: "Markdown으로 내보내기", exportJson: "JSON으로 내보내기", importChats: "대화 가져오기", imported: (count) => `대화 ${n(count)}개를 가져왔습니다`,

  message: "메시지", askPlaceholder: "문서에 대해 물어보세요…", send: "보내기", stop: "중지", attach: "파일 첨부", removeAttachment: (name) => `${name} 빼기`,
  mode: "방식", modes: { chat: "문서 우선", query: "문서에 있을 때만", plain: "문서 없이" },
  modeHints: { chat: "도움이 되는 문서를 찾아 답합니다", query: "문서에 답이 없으면 없다고 말합니다", plain: "검색하지 않고 모델만 답합니다" },
  model: "모델", defaultModel: "기본 모델", workspace: "작업 공간", template: "템플릿", variables: "템플릿에 넣을 값",
  keysHint: "Enter 보내기 · Shift+Enter 줄바꿈", tooLong: (most) => `메시지가 너무 깁니다. 최대 ${most}입니다.`, notText: (name) => `${name}은(는) 텍스트 파일이 아닙니다. 문서 화면에서 추가하세요.`,

  you: "나", assistant: "Ibidem", emptyTitle: "무엇이 궁금하신가요?", emptyText: "모든 답에 출처가 달립니다. 번호를 누르면 근거가 된 줄을 볼 수 있습니다.",
  emptyNothing: "아직 색인된 문서가 없습니다", emptyNothingText: "폴더를 추가하거나 파일을 끌어다 놓으세요. 파일은 이 컴퓨터를 떠나지 않습니다.", addDocuments: "문서 추가",
  regenerate: "다시 답하기", editMessage: "편집", saveAndAsk: "다시 묻기", good: "좋은 답변", bad: "나쁜 답변", copyAnswer: "답변 복사",
  branch: (at, all) => `${all}개 중 ${at}번째`, previous: "이전 버전", next: "다음 버전", toEnd: "맨 아래로", earlierMessages: "앞선 메시지 보기", answerReady: "답변이 끝났습니다.",
  reasoning: "추론 과정", wrap: "줄 바꿈", code: "코드", imageLink: (host) => `${host}의 이미지`,

  queued: (ahead) => (ahead > 0 ? `대기 중, 앞에 ${n(ahead)}개` : "차례를 기다리는 중…"), searching: "문서를 찾는 중…",
  reading: (passages) => (passages ? `구절 ${n(passages)}개를 읽는 중…` : "읽는 중…"), readingTokens: (done, total) => `${total}토큰 중 ${done}토큰을 읽는 중…`,
  writing: (rate) => (rate ? `쓰는 중, 초당 ${n(rate)}토큰` : "쓰는 중…"), stopped: "중지했습니다.", failed: "답변하지 못했습니다.", interrupted: "답변 도중에 서버가 멈췄습니다.",
  again: "서버가 다시 시작되어 답을 새로 쓰고 있습니다.",

  citation: (number) => `인용 ${number}`, source: "출처", sources: "출처", lines: (from, to) => (from === to ? `${from}행` : `${from}–${to}행`),
  page: (number) => `${number}쪽`, verdicts: { supported: "근거 확인", weak: "근거 약함", unsupported: "근거 없음" },
  verdictHints: { supported: "구절이 답변의 내용을 담고 있습니다.", weak: "구절이 일부만 뒷받침합니다.", unsupported: "구절에 이런 내용이 없습니다." },
  earlier: "앞부분 더 보기", later: "뒷부분 더 보기", openOriginal: "원본 열기", gone: "문서가 더 이상 없습니다.", goneHint: "인용할 때의 내용입니다.",
  changed: "인용된 뒤에 문서가 바뀌어 아무 줄도 표시하지 않았습니다. 인용된 내용은 다음과 같습니다.", noText: "이 문서는 색인된 텍스트가 없습니다.",
  view: "보기", asPage: "쪽", asText: "텍스트", pages: "쪽 이동", previousPage: "이전 쪽", nextPage: "다음 쪽", pageNumber: "쪽 번호", toPassage: "인용 위치로", zoom: (percent) => `확대: ${percent}%`, wholeDocument: "전체 문서",
  pageMarked: (number) => `${number}쪽, 인용된 부분 표시됨`, noPicture: (number) => `${number}쪽을 그림으로 보여 줄 수 없습니다.`, textInstead: "대신 텍스트를 보여 드립니다.",
  nextCitation: "다음 출처", previousCitation: "이전 출처", textOf: (name) => `${name} 내용`,

  used: "무엇을 썼나", usedPassages: (count) => `모델이 읽은 구절 ${n(count)}개`, usedOmitted: (count) => `찾았지만 뺀 구절 ${n(count)}개`, usedTimes: "시간", usedTokens: "토큰",
  searchTime: "검색", firstToken: "첫 글자", totalTime: "전체", tokensRead: (prompt, reused) => `${prompt} 읽음 (${reused} 재사용)`, tokensWritten: (count) => `${count} 씀`,
  searchAgain: "채널별 점수", searchedFor: "검색어", channels: { body: "본문", symbols: "기호", path: "경로", heads: "제목", dense: "의미", feedback: "평가" },
  score: "점수", place: "위치", kept: "사용", cut: "제외", usedNone: "이 답변은 검색하지 않았습니다.", seconds: (value) => `${value}초`,
  reasons: { budget: "자리가 모자람", compaction: "자리를 내려고 잊음", window: "모델의 문맥에 자리가 없음", speed: "읽는 데 너무 오래 걸림" }, turnsForgotten: (count) => `앞선 대화 ${n(count)}개`,

  newWorkspace: "새 작업 공간", workspaceActions: "작업 공간 메뉴", deleteWorkspace: (name) => `작업 공간 ${name}과(와) 그 안의 모든 것을 삭제할까요? 디스크의 파일은 그대로 남습니다.`, folders: "폴더", files: "문서",
  addFolder: "서버 폴더 추가", addFolderText: "Ibidem이 실행되는 컴퓨터의 폴더나 파일입니다. 있는 자리에서 읽고, 바뀌면 따라갑니다.", path: "경로", pathExample: "/home/me/문서", watch: "바뀌면 따라가기",
  uploadFiles: "파일 올리기", pasteText: "텍스트 붙여넣기", title: "제목", text: "내용", dropFiles: "파일을 놓으면 추가됩니다", noDocumentsText: "파일을 끌어다 놓거나, 텍스트를 붙여넣거나, 폴더를 추가하세요.",
  documentsCount: (count) => `문서 ${n(count)}개`, states: { queued: "대기", reading: "읽는 중", indexing: "색인 중", ok: "완료", partial: "일부만 읽음", skipped: "건너뜀", failed: "실패" },
  sourceStates: { syncing: "읽는 중", ready: "최신", missing: "찾을 수 없음", failed: "실패" }, unwatched: "변경 감시 안 함", ignored: (count) => `${n(count)}개 제외`, removeSource: (path) => `${path}을(를) 작업 공간에서 뺄까요? 파일 자체는 그대로 남습니다.`,
  size: "크기", state: "상태", added: "추가한 날", allStates: "전체", filterByName: "이름으로 거르기", uploading: (percent) => `올리는 중 ${percent}%`, noneMatch: "맞는 문서가 없습니다.", readOnlyShare: "읽기 전용",
  sort: "정렬", sorts: { name: "이름", state: "상태", size: "크기", added: "날짜" }, rowActions: "작업", paging: "목록 이동", range: (from, to, all) => `${all}개 중 ${from}–${to}`, earlierRows: "앞 문서", laterRows: "뒤 문서",
  chunking: (count) => `나누는 중, ${count}조각`, readOf: (done, all) => `문서 ${all}개 중 ${done}개 완료`, cancelReading: "읽기 취소", cancelledReading: "읽기를 취소했습니다",
  uploadFolder: "폴더 올리기", leftOut: (names) => `제외함: ${names}.`, unreadable: (names) => `읽을 수 없음: ${names}.`, nothingToAdd: "추가할 파일이 없습니다.",
  uploadsDone: (done, all) => `파일 ${all}개 중 ${done}개 보냄`, cancelAll: "모두 취소", retryAll: (count) => `${n(count)}개 모두 다시 시도`, dismissAll: "모두 닫기",
  uploadsLost: (count) => `파일 ${n(count)}개를 보내기 전에 화면을 새로 고쳤습니다. 다시 선택해 주세요:`,
  content: "내용", chunks: "조각", chunksText: "검색하고 인용하는 단위입니다. 색인에 있는 그대로 보여 줍니다.", chunksCount: (count) => `조각 ${count}개`, tokens: (count) => `${count}토큰`,
  citedBy: "인용한 대화", citedByNone: "이 문서를 인용한 대화가 없습니다.", answersCount: (count) => `답변 ${n(count)}개`, uploaded: "직접 올림", fromFolder: (path) => `${path} 폴더`,
  share: "공유", shareMenu: "공유…", shareTitle: (name) => `${name} 공유`, shareText: "이 서버를 함께 쓰는 사람의 이름을 적으세요. 상대의 작업 공간 목록에 나타나며, 대화는 각자에게만 보입니다.", sharedWith: "접근할 수 있는 사람", owner: "소유자",
  mayRead: "읽기", mayWrite: "읽고 바꾸기", mayOf: (name) => `${name}의 권한`, mayDo: "새로 추가할 사람의 권한", unshare: (name) => `${name}과(와) 공유 중지`, sharedWithCount: (count) => `${n(count)}명과 공유`, sharedBy: (name) => `${name}이(가) 공유함`,
  leave: "나가기", leaveText: (name, owner) => `작업 공간 ${name}에서 나갈까요? 문서는 ${owner}에게 그대로 있고, 다시 공유받을 수 있습니다.`,

  modelsText: "지금 이 컴퓨터가 물어볼 수 있는 모델입니다. 큰 모델은 더 잘 쓰지만 더 느립니다.", test: "시험", tested: (read, written) => `초당 ${read}토큰 읽기, ${written}토큰 쓰기`, context: (tokens) => `문맥 ${tokens}토큰`, servers: "모델 서버", reachable: "연결됨", unreachable: "연결 안 됨",
  noModel: "지금은 내장된 인용(quotes)만 쓸 수 있습니다. 구절의 문장을 그대로 보여 줍니다. 글로 답하게 하려면 Ollama나 OpenAI 호환 서버를 연결하거나 GGUF 파일을 모델 폴더에 넣으세요.",

  newTemplate: "새 템플릿", templatesText: "템플릿은 모델의 역할을 정하고, 채워 넣을 값과 따라 할 예시를 담습니다. 입력란에서 /를 눌러 쓰세요.", system_: "시스템 글", systemHint: "{{이름}} 자리에 값이 들어갑니다", examplesTitle: "예시", exampleUser: "질문", exampleAssistant: "답변", addExample: "예시 추가", shipped: "기본 제공", useCopy: "복사해서 편집", templateTokens: (count) => `질문마다 앞에 ${count}토큰`, export: "내보내기", import: "가져오기",

  jobsText: "서버가 하고 있는 일과 실패한 일입니다.", noJobs: "기다리는 일도 실패한 일도 없습니다.", jobKinds: { answer: "답변", source: "폴더 읽기", document: "문서 읽기", index: "색인 만들기", embed: "의미 계산", summary: "요약" },
  jobStates: { queued: "대기", running: "실행 중", done: "완료", failed: "실패", cancelled: "취소됨", dead: "포기함" }, runAgain: "다시 실행",
};
