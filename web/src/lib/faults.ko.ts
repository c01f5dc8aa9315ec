// What the server's error codes and reasons mean, in Korean; the server's own words, with the value and the way out, follow.

export const faults: Record<string, string> = {
  bad_input: "요청에 알맞지 않은 값이 있습니다", too_large: "한도보다 큽니다", too_slow: "요청이 도중에 끊겼습니다", not_found: "찾을 수 없습니다", unknown_workspace: "없는 작업 공간입니다",
  conflict: "지금 상태와 맞지 않아 할 수 없습니다", not_allowed: "허용되지 않은 요청입니다", no_credentials: "로그인이 필요합니다", forbidden: "권한이 없습니다",
  not_entitled: "이 작업 공간을 바꿀 권한이 없습니다", busy: "요청이 너무 많습니다. 잠시 뒤에 다시 시도하세요", child_failed: "파일을 읽는 프로세스가 실패했습니다",
  refused: "받을 수 없습니다", template_refused: "템플릿에 고칠 곳이 있습니다", variables_refused: "템플릿에 채울 값이 알맞지 않습니다",
  model_failed: "모델이 실패했습니다", model_unknown: "없는 모델입니다", model_unreachable: "모델 서버에 연결할 수 없습니다", model_timeout: "모델이 제때 답하지 않았습니다",
  model_rejected: "모델 서버가 오류를 돌려보냈습니다", model_cut_off: "답변이 도중에 끊겼습니다", engine_crashed: "모델을 실행하던 프로세스가 멈췄습니다", engine_failed: "모델 파일을 불러올 수 없습니다",
  model_file_broken: "모델 파일이 손상되었습니다", model_too_large: "이 컴퓨터의 메모리에 맞지 않는 모델입니다", vectors_unusable: "임베더의 결과를 쓸 수 없습니다", context_too_long: "모델이 읽기에는 너무 깁니다",
  store_failed: "저장소를 쓸 수 없습니다", disk_full: "디스크가 가득 찼습니다", index_unavailable: "검색 색인을 아직 쓸 수 없습니다", job_dead: "작업이 거듭 실패해 멈췄습니다", internal: "Ibidem 내부 오류입니다",
};

/** By the reason's first words. */
export const unread: Record<string, string> = {
  cancelled: "읽기를 취소했습니다", binary: "텍스트도 읽을 수 있는 형식도 아닙니다", minified: "압축된 코드입니다", empty: "빈 파일입니다", "broken PDF": "손상된 PDF입니다", "needs a password": "암호가 걸린 PDF입니다",
  "needs OCR": "글자가 없는 PDF입니다", "not text in": "인코딩이 맞지 않습니다", "type mismatch": "확장자와 내용이 다릅니다", unreadable: "읽을 권한이 없거나 사라졌습니다", "holds a private key": "개인 키가 들어 있습니다", first: "앞부분만 읽었습니다",
};
