// What can be done with an answer. Always visible: buttons that show on hover are not found.

import Box from "@mui/material/Box";
import { CopyButton } from "@/components/CopyButton";
import { IconAction } from "@/components/IconAction";
import { seconds } from "@/lib/format";
import { t } from "@/lib/i18n";
import type { Feedback, Message } from "@/lib/types";
import { Branches } from "./Branches";

export interface AnswerActions {
  regenerate: (message: Message) => void;
  judge: (message: Message, thumb: Feedback["thumb"]) => void;
  show: (id: string) => void;
  explain: (message: Message) => void;
}

export function ActionBar({ message, versions, actions }: { message: Message; versions: string[]; actions: AnswerActions }) {
  const thumb = message.feedback?.thumb ?? null;
  const total = message.timings.total_ms;
  const facts = [message.model, total !== undefined && t.seconds(seconds(total))].filter(Boolean).join(" · ");
  return (
    <Box className="actions">
      <Branches versions={versions} current={message.id} onShow={actions.show} />
      <CopyButton text={() => message.content} label={t.copyAnswer} />
      <IconAction icon="regenerate" label={t.regenerate} onClick={() => actions.regenerate(message)} />
      <IconAction icon="thumbUp" label={t.good} pressed={thumb === "up"} onClick={() => actions.judge(message, thumb === "up" ? null : "up")} />
      <IconAction icon="thumbDown" label={t.bad} pressed={thumb === "down"} onClick={() => actions.judge(message, thumb === "down" ? null : "down")} />
      <IconAction icon="info" label={t.used} onClick={() => actions.explain(message)} />
      <span className="facts">{facts}</span>
    </Box>
  );
}
