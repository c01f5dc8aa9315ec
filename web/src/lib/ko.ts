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
  shortcuts: "키보드 단축키", shortcutList: [["Enter", "보내기"], ["Shift+Enter", "줄바꿈"], ["Esc", "답변 중지 또는 출처 닫기"], ["Ctrl/⌘+K", "대화, 화면, 동작 검색"], ["Ctrl/⌘+Shift+O", "새 대화"], ["Alt+↑ / ↓", "이전, 다음 대화"], ["Ctrl/⌘+Shift+C", "마지막 답변 복사"], ["Shift+Esc", "메시지 입력란으로"], ["/", "메시지 맨 앞에서: 템플릿"], ["?", "이 목록"]],
  actions: "동작", palette: "검색과 명령", paletteHint: "대화, 화면, 동작 검색…", copyLast: "마지막 답변 복사", answerCopied: "답변을 복사했습니다.",

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
  attachments: "메시지와 함께 보낼 것", imageTooBig: (name, most) => `${name}이(가) 너무 큽니다. 이미지는 최대 ${most}입니다.`, seesNoImages: (model) => `${model}은(는) 이미지를 보지 못합니다. 이미지를 볼 수 있는 모델을 고르거나, 이미지를 빼고 말로 설명하세요.`,
  pasted: "붙여넣은 글.txt",

  you: "나", assistant: "Ibidem", emptyTitle: "무엇이 궁금하신가요?", emptyText: "모든 답에 출처가 달립니다. 번호를 누르면 근거가 된 줄을 볼 수 있습니다.",
  emptyNothing: "아직 색인된 문서가 없습니다", emptyNothingText: "폴더를 추가하거나 파일을 끌어다 놓으세요. 파일은 이 컴퓨터를 떠나지 않습니다.", addDocuments: "문서 추가",
  regenerate: "다시 답하기", editMessage: "편집", saveAndAsk: "다시 묻기", good: "좋은 답변", bad: "나쁜 답변", copyAnswer: "답변 복사",
  branch: (at, all) => `${all}개 중 ${at}번째`, previous: "이전 버전", next: "다음 버전", toEnd: "맨 아래로", earlierMessages: "앞선 메시지 보기", answerReady: "답변이 끝났습니다.",
  reasoning: "추론 과정", wrap: "줄 바꿈", code: "코드", imageLink: (host) => `${host}의 이미지`,
  copyCode: "코드 복사", downloadCode: "코드 내려받기",

  queued: (ahead) => (ahead > 0 ? `대기 중, 앞에 ${n(ahead)}개` : "차례를 기다리는 중…"), searching: "문서를 찾는 중…",
  reading: (passages) => (passages ? `구절 ${n(passages)}개를 읽는 중…` : "읽는 중…"), readingTokens: (done, total) => `${total}토큰 중 ${done}토큰을 읽는 중…`,
  writing: (rate) => (rate ? `쓰는 중, 초당 ${n(rate)}토큰` : "쓰는 중…"), stopped: "중지했습니다.", failed: "답변하지 못했습니다.", interrupted: "답변 도중에 서버가 멈췄습니다.",
  again: "서버가 다시 시작되어 답을 새로 쓰고 있습니다.",

  citation: (number) => `인용 ${number}`, source: "출처", sources: "출처", lines: (from, to) => (from === to ? `${from}행` : `${from}–${to}행`),
  page: (number) => `${number}쪽`, verdicts: { supported: "근거 확인", weak: "근거 약함", unsupported: "근거 없음" },
  verdictHints: { supported: "구절이 답변의 내용을 담고 있습니다.", weak: "구절이 일부만 뒷받침합니다.", unsupported: "구절에 이런 내용이 없습니다." },
  earlier: "앞부분 더 보기", later: "뒷부분 더 보기", openOriginal: "원본 열기", gone: "문서가 더 이상 없습니다.", goneHint: "인용할 때의 내용입니다.",
  changed: "인용된 뒤에 문서가 바뀌어 아무 줄도 표시하지 않았습니다. 인용된 내용은 다음과 같습니다.", noText: "이 문서는 색인된 텍스트가 없습니다.",
  nextCitation: "다음 출처", previousCitation: "이전 출처", textOf: (name) => `${name} 내용`,

  used: "무엇을 썼나", usedPassages: (count) => `모델이 읽은 구절 ${n(count)}개`, usedOmitted: (count) => `찾았지만 뺀 구절 ${n(count)}개`, usedTimes: "시간", usedTokens: "토큰",
  searchTime: "검색", firstToken: "첫 글자", totalTime: "전체", tokensRead: (prompt, reused) => `${prompt} 읽음 (${reused} 재사용)`, tokensWritten: (count) => `${count} 씀`,
  searchAgain: "채널별 점수", searchedFor: "검색어", channels: { body: "본문", symbols: "기호", path: "경로", heads: "제목", dense: "의미", feedback: "평가" },
  score: "점수", place: "위치", kept: "사용", cut: "제외", usedNone: "이 답변은 검색하지 않았습니다.", seconds: (value) => `${value}초`,
  reasons: { budget: "자리가 모자람", compaction: "자리를 내려고 잊음", window: "모델의 문맥에 자리가 없음", speed: "읽는 데 너무 오래 걸림" }, turnsForgotten: (count) => `앞선 대화 ${n(count)}개`,

  newWorkspace: "새 작업 공간", workspaceActions: "작업 공간 메뉴", deleteWorkspace: (name) => `작업 공간 ${name}과(와) 그 안의 모든 것을 삭제할까요? 디스크의 파일은 그대로 남습니다.`, folders: "폴더", files: "문서",
  addFolder: "폴더 추가", addFolderText: "Ibidem이 실행되는 컴퓨터의 폴더나 파일입니다. 있는 자리에서 읽고, 바뀌면 따라갑니다.", path: "경로", pathExample: "/home/me/문서", watch: "바뀌면 따라가기",
  uploadFiles: "파일 올리기", pasteText: "텍스트 붙여넣기", title: "제목", text: "내용", dropFiles: "파일을 놓으면 추가됩니다", noDocumentsText: "파일을 끌어다 놓거나, 텍스트를 붙여넣거나, 폴더를 추가하세요.",
  documentsCount: (count) => `문서 ${n(count)}개`, states: { queued: "대기", reading: "읽는 중", indexing: "색인 중", ok: "완료", partial: "일부만 읽음", skipped: "건너뜀", failed: "실패" },
  sourceStates: { syncing: "읽는 중", ready: "최신", missing: "찾을 수 없음", failed: "실패" }, unwatched: "변경 감시 안 함", ignored: (count) => `${n(count)}개 제외`, removeSource: (path) => `${path}을(를) 작업 공간에서 뺄까요? 파일 자체는 그대로 남습니다.`,
  size: "크기", state: "상태", added: "추가한 날", allStates: "전체", filterByName: "이름으로 거르기", uploading: (percent) => `올리는 중 ${percent}%`, folderDropped: (name) => `${name}은(는) 폴더입니다. 경로로 추가하세요.`, noneMatch: "맞는 문서가 없습니다.", readOnlyShare: "공유됨, 읽기 전용",

  modelsText: "지금 이 컴퓨터가 물어볼 수 있는 모델입니다. 큰 모델은 더 잘 쓰지만 더 느립니다.", test: "시험", tested: (read, written) => `초당 ${read}토큰 읽기, ${written}토큰 쓰기`, context: (tokens) => `문맥 ${tokens}토큰`, servers: "모델 서버", reachable: "연결됨", unreachable: "연결 안 됨",
  noModel: "지금은 내장된 인용(quotes)만 쓸 수 있습니다. 구절의 문장을 그대로 보여 줍니다. 글로 답하게 하려면 Ollama나 OpenAI 호환 서버를 연결하거나 GGUF 파일을 모델 폴더에 넣으세요.",

  newTemplate: "새 템플릿", templatesText: "템플릿은 모델의 역할을 정하고, 채워 넣을 값과 따라 할 예시를 담습니다. 입력란에서 /를 눌러 쓰세요.", system_: "시스템 글", systemHint: "{{이름}} 자리에 값이 들어갑니다", examplesTitle: "예시", exampleUser: "질문", exampleAssistant: "답변", addExample: "예시 추가", shipped: "기본 제공", useCopy: "복사해서 편집", templateTokens: (count) => `질문마다 앞에 ${count}토큰`, export: "내보내기", import: "가져오기",
  preview: "모델이 읽는 내용", valueOf: (name) => `${name}에 넣어 볼 값`, defaultOf: (name) => `${name}의 기본값`, missingValues: (names) => `값이 필요합니다: ${names}`,
  examplesCount: (count) => `예시 ${n(count)}개`, templatesTaken: (count) => `템플릿 ${n(count)}개를 가져왔습니다`, notJson: (name) => `${name}은(는) 템플릿 파일이 아닙니다. 내보낸 파일의 형식을 참고하세요.`,

  jobsText: "서버가 하고 있는 일과 실패한 일입니다.", noJobs: "기다리는 일도 실패한 일도 없습니다.", jobKinds: { answer: "답변", sync: "폴더 읽기", refresh: "바뀐 파일 읽기", upload: "올린 파일 읽기", rebuild: "색인 다시 만들기", summary: "요약" },
  jobStates: { queued: "대기", running: "실행 중", done: "완료", failed: "실패", cancelled: "취소됨", dead: "포기함" }, runAgain: "다시 실행",
  jobProgress: (done, total) => `${total}개 중 ${done}개`, jobTries: (count) => `${n(count)}번 시도`, cancelJob: (what) => `취소: ${what}`, runJobAgain: (what) => `다시 실행: ${what}`, jobGroups: { running: "실행 중", queued: "대기", failed: "실패" },

  serverTitle: "서버", serverSettings: "서버 설정", settingsTab: "설정", stateTab: "상태", connectionsTab: "연결", usersTab: "사용자", onlyAdmins: "관리자만 볼 수 있습니다.",
  settingsText: "바꿀 수 있는 모든 설정과 기본값입니다. 바꾼 값은 설정 파일에 기록되고, 파일의 주석은 그대로 남습니다.", searchSettings: "설정 검색", onlyChanged: "기본값과 다른 것만", noSetting: "맞는 설정이 없습니다.", noneChanged: "모두 기본값 그대로입니다.",
  settingSections: { models: "모델", retrieve: "검색", complete: "코드 완성", ingest: "파일 읽기", index: "색인", jobs: "작업", dialects: "다른 프로그램", serve: "서버와 로그인" },
  settingSources: { default: "기본값", file: "파일에서 설정", environment: "환경 변수로 설정" }, settingDefault: (value) => `기본값: ${value}`, settingEmpty: "비어 있음", settingOn: "켜짐", settingOff: "꺼짐", settingHidden: "숨김", settingSet: "설정됨, 숨김", settingUnset: "설정 안 됨",
  settingByHand: (variable) => `ibidem.toml이나 환경 변수 ${variable}로만 바꿀 수 있습니다. 누가 들어올 수 있는지, 무엇을 실행할지 정하기 때문입니다.`, settingByEnvironment: (variable) => `환경 변수 ${variable}가 정합니다. 거기서 바꾸세요.`, settingReset: (name) => `${name} 기본값으로`, resetToDefault: "기본값으로", saveSetting: (name) => `${name} 저장`,
  settingPending: (running) => `다시 시작하면 적용, 지금은 ${running}`, settingPendingSecret: "다시 시작하면 적용", settingSaved: (name) => `${name} 값을 저장했습니다. 서버를 다시 시작하면 적용됩니다.`,
  restartNeeded: "서버를 다시 시작해야 적용되는 변경이 있습니다. 서버가 실행 중인 터미널에서 Ctrl+C로 끝내고 ibidem serve로 다시 시작하세요.", settingsFile: (path) => `설정 파일: ${path}`,
  stateText: "서버의 상태와 디스크 사용량입니다.", version: "버전", runningSince: "시작한 때", dataDir: "데이터 폴더", signInMode: "로그인 방식", signInModes: { local: "이 컴퓨터 전용: 링크와 프로필", password: "이름과 비밀번호" },
  indexState: "검색 색인", indexReady: "최신", indexBehind: (count) => `작업 공간 ${n(count)}곳을 따라잡는 중`, storeState: "저장소", storeFine: "쓸 수 있음", storeRefuses: "쓸 수 없음. 디스크를 확인하고 ibidem doctor를 실행하세요",
  disk: "디스크", diskFree: (free, total) => `${total} 중 ${free} 남음`, diskLow: (least) => `남은 공간이 ${least}보다 적습니다. 쓰지 않는 모델이나 문서를 지우거나 데이터 폴더를 옮겨 공간을 마련하세요.`, diskUsed: (size) => `Ibidem이 쓰는 공간 ${size}`,
  diskParts: { database: "데이터베이스: 글, 대화, 작업", index: "검색 색인", files: "올린 파일", models: "모델", backups: "백업", other: "기타" }, seeState: "디스크와 서버",
  connectionsText: "이 서버가 연결할 수 있는 곳과 그 이유, 시작한 뒤 실제로 연결한 기록입니다. 사용 정보 수집도 업데이트 확인도 없습니다.", offlineOn: "오프라인 모드가 켜져 있어 이 컴퓨터 밖으로 나가는 연결을 모두 막습니다.", offlineOff: "오프라인 모드가 꺼져 있습니다. models.offline을 켜면 이 컴퓨터 밖으로 나가는 연결을 모두 막습니다.",
  uses: { questions: "질문과 찾은 구절", vectors: "벡터를 만들기 위한 모든 문서와 질문의 글", ranking: "순서를 매기기 위한 질문과 구절", models: "어떤 모델이 있는지 확인", download: "모델을 받을 때만" },
  onThisMachine: "이 컴퓨터", beyondThisMachine: "이 컴퓨터 밖", forbidden: "차단", neverContacted: "연결한 적 없음", contacted: (count, when) => `${n(count)}번 연결, 마지막 ${when}`, refusedContacts: (count) => `${n(count)}번 막음`,
  mayContact: "설정에서 허용한 곳", otherContacts: "그 밖에 연결한 곳", engineContacts: "이 컴퓨터의 모델 엔진", noOtherContacts: "없습니다.",

  usersText: "로그인할 수 있는 사람들입니다. 구성원은 자기 문서와 공유받은 문서로 일하고, 관리자는 사용자와 서버도 관리합니다.", addUser: "사용자 추가", role: "역할", roles: { admin: "관리자", member: "구성원" }, roleHints: { admin: "사용자와 서버를 관리합니다", member: "문서로 일합니다" },
  disabled: "사용 중지", noPassword: "비밀번호 없음", lastSeen: (when) => `마지막 사용 ${when}`, neverSeen: "아직 사용 안 함", userActions: (name) => `${name} 메뉴`, makeAdmin: "관리자로 바꾸기", makeMember: "구성원으로 바꾸기", disable: "사용 중지", enable: "다시 사용",
  disableUser: (name) => `${name} 사용자를 중지할까요? 열어 둔 것이 모두 바로 끝나고, 다시 사용하게 할 때까지 들어올 수 없습니다. 자료는 지워지지 않습니다.`, setPassword: "비밀번호 정하기", setPasswordFor: (name) => `${name}의 비밀번호`, setPasswordText: "이 사용자의 로그인이 모두 끝납니다. 새 비밀번호는 안전한 방법으로 알려 주세요.", passwordHint: "12자 이상, 흔히 쓰이지 않는 것",
  passwordSet: (name) => `${name}의 비밀번호를 바꿨습니다.`, itsYou: "나",

  account: "계정", accountKeys: "계정과 키", accountText: (name) => `${name}(으)로 로그인했습니다.`, profiles: "프로필", profilesText: "프로필은 이 컴퓨터에서 하는 일을 나눠 둡니다. 이 화면을 열 수 있는 사람은 어느 프로필이든 고를 수 있습니다.", profileCurrent: "사용 중", useProfile: (name) => `${name}(으)로 바꾸기`, switchProfile: "바꾸기", newProfile: "새 프로필", passwordOf: (name) => `${name}의 비밀번호`,
  changePassword: "비밀번호 바꾸기", oldPassword: "지금 비밀번호", newPassword: "새 비밀번호", passwordChanged: "비밀번호를 바꿨습니다. 다른 곳의 로그인은 모두 끝났습니다.",
  apiKeys: "API 키", apiKeysText: "프로그램은 로그인하는 대신 키를 보냅니다. 키는 정해진 권한 안에서 나로서 움직입니다.", newKey: "새 키", keyName: "쓰임새", keyScopes: "권한", noKeys: "아직 키가 없습니다",
  scopes: { chat: "질문", read: "읽기", ingest: "문서 변경" }, scopeHints: { chat: "질문, 대화, 템플릿, 모델 시험", read: "검색, 작업 공간·문서·작업·모델 보기", ingest: "작업 공간과 문서를 추가하고 바꾸고 지우기" },
  keyExpiry: "유효 기간", keyForever: "폐기할 때까지", keyDays: (days) => `${n(days)}일`, keyMade: "새 키", keyOnce: "지금 복사하세요. 다시 볼 수 없습니다.", copyKey: "키 복사", keyUsed: (when) => `마지막 사용 ${when}`, keyUnused: "사용한 적 없음", keyExpires: (when) => `${when}까지`, keyExpired: (when) => `${when}에 만료됨`, keyCreated: (when) => `${when}에 만듦`,
  revoke: "폐기", revokeKeyNamed: (name) => `${name} 폐기`, revokeKey: (name) => `키 ${name}을(를) 폐기할까요? 이 키를 쓰는 프로그램은 바로 거부됩니다.`, done: "완료",
  signIns: "로그인한 곳", signInsText: "브라우저마다 한 줄씩입니다.", thisBrowser: "이 브라우저", signOutThere: (name) => `${name} 로그아웃`, signOutElsewhere: "다른 곳 모두 로그아웃", signedOutElsewhere: "다른 곳의 로그인을 모두 끝냈습니다.", unknownBrowser: "알 수 없는 브라우저", browserOn: (browser, system) => `${system}의 ${browser}`, lastUsed: (when) => `마지막 사용 ${when}`,
};
