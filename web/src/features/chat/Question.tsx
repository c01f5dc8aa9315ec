// What was asked: shown as it was typed, and edited into a branch beside it.

import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Paper from "@mui/material/Paper";
import TextField from "@mui/material/TextField";
import { memo, useRef, useState } from "react";
import { CopyButton } from "@/components/CopyButton";
import { IconAction } from "@/components/IconAction";
import { useFocusBack } from "@/components/useFocusBack";
import { t } from "@/lib/i18n";
import { isComposing, sends } from "@/lib/keys";
import type { Message } from "@/lib/types";
import { Branches } from "./Branches";
import { sameProps } from "./tree";

interface Props { message: Message; versions: string[]; /** Whether a search led here. */ found: boolean; onEdit: (message: Message, content: string) => Promise<boolean>; onShow: (id: string) => void }

export const Question = memo(function Question({ message, versions, found, onEdit, onShow }: Props) {
  const [editing, setEditing] = useState(false);
  const actions = useRef<HTMLDivElement>(null);
  useFocusBack(editing, () => actions.current?.querySelector<HTMLElement>(`[aria-label="${t.editMessage}"]`));
  return (
    <Box component="article" aria-label={t.you} className={found ? "question found" : "question"} data-message={message.id} tabIndex={found ? -1 : undefined}>
      {editing
        ? <Editor message={message} onEdit={onEdit} onClose={() => setEditing(false)} />
        : <>
            <Paper variant="outlined" className="bubble" dir="auto">
              {message.content}
              {message.attachments?.map((one) => <img key={one.id} className="attached" alt={one.name} src={`/api/sessions/${message.session}/attachments/${one.id}/`} />)}
            </Paper>
            <Box className="actions" ref={actions}>
              <Branches versions={versions} current={message.id} onShow={onShow} />
              <IconAction icon="edit" label={t.editMessage} onClick={() => setEditing(true)} />
              <CopyButton text={() => message.content} />
            </Box>
          </>}
    </Box>
  );
}, sameProps);

function Editor({ message, onEdit, onClose }: { message: Message; onEdit: Props["onEdit"]; onClose: () => void }) {
  const [text, setText] = useState(message.content);
  const send = async () => {
    if (text.trim() && (await onEdit(message, text))) onClose();
  };
  return (
    <Box sx={{ width: "100%" }}>
      <TextField multiline fullWidth autoFocus maxRows={16} value={text} onChange={(event) => setText(event.target.value)} slotProps={{ htmlInput: { "aria-label": t.editMessage, dir: "auto" } }}
        onKeyDown={(event) => {
          if (event.key === "Escape" && !isComposing(event)) { event.stopPropagation(); onClose(); }
          if (!sends(event)) return;
          event.preventDefault();
          void send();
        }} />
      <Box sx={{ display: "flex", justifyContent: "flex-end", gap: 1, mt: 1 }}>
        <Button size="small" onClick={onClose}>{t.cancel}</Button>
        <Button size="small" variant="contained" disabled={!text.trim()} onClick={() => void send()}>{t.saveAndAsk}</Button>
      </Box>
    </Box>
  );
}
