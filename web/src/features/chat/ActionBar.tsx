// What can be done with an answer. Always visible: buttons that show on hover are not found.

import Box from "@mui/material/Box";
import IconButton from "@mui/material/IconButton";
import Tooltip from "@mui/material/Tooltip";
import { CopyButton } from "@/components/CopyButton";
import { Icon, type IconName } from "@/components/Icon";
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
  const button = (icon: IconName, label: string, onClick: () => void, pressed?: boolean) => (
    <Tooltip title={label}>
      <IconButton size="small" aria-label={label} aria-pressed={pressed} color={pressed ? "primary" : "default"} onClick={onClick}><Icon name={icon} fontSize="inherit" /></IconButton>
    </Tooltip>
  );
  const total = message.timings.total_ms;
  const facts = [message.model, total !== undefined && t.seconds(seconds(total))].filter(Boolean).join(" · ");
  return (
    <Box className="actions">
      <Branches versions={versions} current={message.id} onShow={actions.show} />
      <CopyButton text={() => message.content} label={t.copyAnswer} />
      {button("regenerate", t.regenerate, () => actions.regenerate(message))}
      {button("thumbUp", t.good, () => actions.judge(message, thumb === "up" ? null : "up"), thumb === "up")}
      {button("thumbDown", t.bad, () => actions.judge(message, thumb === "down" ? null : "down"), thumb === "down")}
      {button("info", t.used, () => actions.explain(message))}
      <span className="facts">{facts}</span>
    </Box>
  );
}
