// The message box: Enter sends (never a half-composed syllable), `/` opens templates, files are attached.

import Box from "@mui/material/Box";
import Chip from "@mui/material/Chip";
import IconButton from "@mui/material/IconButton";
import InputBase from "@mui/material/InputBase";
import Paper from "@mui/material/Paper";
import Tooltip from "@mui/material/Tooltip";
import { useEffect, useId, useRef, useState, type ClipboardEvent, type DragEvent, type KeyboardEvent } from "react";
import { Icon } from "@/components/Icon";
import { useNotices } from "@/components/Notices";
import { t } from "@/lib/i18n";
import { isComposing, sends } from "@/lib/keys";
import { useCapabilities, useTemplates } from "@/lib/queries";
import type { Template } from "@/lib/types";
import { Attachments } from "./Attachments";
import { isImage, LONG_PASTE, readAttachment, type Attached } from "./attachments";
import { Pickers } from "./Pickers";
import { matching, TemplateMenu } from "./TemplateMenu";
import { filled, missing, TemplateValues } from "./TemplateValues";
import { keepDraft, useDraft } from "./useDraft";
import type { Wish } from "./wish";

export interface Written { content: string; attachments: Attached[]; variables: Record<string, string> }
interface Props {
  /** What the draft is kept under: a session's id, or that of a new chat. */
  place: string;
  wish: Wish; onWish: (change: Partial<Wish>) => void;
  running: boolean; onStop: () => void;
  /** Whether the server has taken it; what it has not taken stays in the box. */
  onSend: (message: Written) => Promise<boolean>;
}

/** A text that is dragged goes where the browser puts it. */
const bringsFiles = (event: DragEvent) => event.dataTransfer.types.includes("Files");

export function Composer({ place, wish, onWish, running, onStop, onSend }: Props) {
  const [text, setText] = useDraft(place);
  const [attachments, setAttachments] = useState<Attached[]>([]);
  const [values, setValues] = useState<Record<string, string>>({});
  const [sending, setSending] = useState(false);
  const [active, setActive] = useState(0);
  const [closed, setClosed] = useState(false);
  const box = useRef<HTMLTextAreaElement>(null);
  const files = useRef<HTMLInputElement>(null);
  const goes = useRef(false); // to the values of the template just chosen
  const { fail } = useNotices();
  const templates = useTemplates(text.startsWith("/") || wish.template !== null);
  const menu = useId();
  const template = templates.data?.find((one) => one.id === wish.template);
  const lost = wish.template !== null && templates.isSuccess && !template; // deleted: the server takes no question with it
  const offered = text.startsWith("/") && !text.includes("\n") && !closed && templates.data ? matching(templates.data, text) : null;
  const lacking = missing(template, values);
  const able = useCapabilities(wish.model ?? "", attachments.some(isImage));
  const blind = able.data && !able.data.images ? able.data.model : null;
  const ready = text.trim() !== "" && !sending && !running && !lacking && !offered?.length && !blind;

  useEffect(() => { if (matchMedia("(pointer: fine)").matches) box.current?.focus({ preventScroll: true }); }, [place]);

  const send = async () => {
    if (!ready) return;
    setSending(true);
    const sent = text;
    setText("");
    keepDraft(place, sent); // until the server has it: the page may be loaded again meanwhile
    const taken = await onSend({ content: sent, attachments, variables: filled(template, values) });
    setSending(false);
    const since = box.current?.value ?? ""; // typed while it was on its way
    setText(taken ? since : [sent, since].filter(Boolean).join("\n"));
    if (taken) setAttachments((known) => known.filter((one) => !attachments.includes(one)));
  };
  const pick = (chosen: Template) => {
    onWish({ template: chosen.id });
    setText("");
    setActive(0);
    if (chosen.variables.length) goes.current = true;
    else box.current?.focus();
  };
  const attach = async (files: Iterable<File>) => {
    for (const file of files) {
      await readAttachment(file).then((one) => setAttachments((known) => [...known, one]), fail);
    }
  };
  const paste = (event: ClipboardEvent) => {
    const { files } = event.clipboardData;
    const content = event.clipboardData.getData("text/plain");
    if (!files.length && content.length < LONG_PASTE) return;
    event.preventDefault();
    if (files.length) void attach(files);
    else setAttachments((known) => [...known, { title: t.pasted, content }]);
  };
  const keys = (event: KeyboardEvent) => {
    if (isComposing(event)) return;
    if (offered?.length && ["ArrowDown", "ArrowUp", "Enter", "Tab", "Escape"].includes(event.key)) {
      event.preventDefault();
      event.stopPropagation();
      const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (move) setActive((active + move + offered.length) % offered.length);
      else if (event.key === "Escape") setClosed(true);
      else pick(offered[active] ?? offered[0]!);
    } else if (sends(event)) {
      event.preventDefault();
      void send();
    }
  };
  return (
    <Box component="form" className="composer" onSubmit={(event) => { event.preventDefault(); void send(); }}
      onDragOver={(event) => { if (bringsFiles(event)) event.preventDefault(); }} onDrop={(event) => { if (bringsFiles(event)) { event.preventDefault(); void attach(event.dataTransfer.files); } }}>
      {offered && <TemplateMenu id={menu} templates={offered} active={active} onPick={pick} />}
      <Paper variant="outlined" className="composer-box">
        {lost && <Chip size="small" color="warning" variant="outlined" icon={<Icon name="template" />} label={t.templateGone} onDelete={() => onWish({ template: null })} sx={{ m: 1.5, mb: 0 }} />}
        {template && <TemplateValues template={template} values={values} onChange={setValues} onRemove={() => { onWish({ template: null }); box.current?.focus(); }} focuses={goes} onDone={() => box.current?.focus()} />}
        <Attachments attachments={attachments} blind={blind} onRemove={(index) => setAttachments(attachments.filter((_, at) => at !== index))} />
        <InputBase multiline fullWidth minRows={1} maxRows={12} inputRef={box} value={text} placeholder={t.askPlaceholder} onKeyDown={keys}
          onChange={(event) => { setText(event.target.value); setClosed(false); setActive(0); }}
          onPaste={paste}
          slotProps={{ input: { "aria-label": t.message, dir: "auto", ...(offered?.length ? { "aria-controls": menu, "aria-activedescendant": `${menu}-${active}` } : {}) } }} sx={{ px: 2, pt: 1.5, pb: 0.5, fontSize: "1rem", lineHeight: 1.5 }} />
        <Box className="composer-row">
          <Tooltip title={t.attach}><IconButton size="small" aria-label={t.attach} onClick={() => files.current?.click()}><Icon name="attach" /></IconButton></Tooltip>
          <input ref={files} type="file" multiple hidden onChange={(event) => { void attach([...(event.target.files ?? [])]); event.target.value = ""; }} />
          <Box className="pickers"><Pickers wish={wish} onChange={onWish} /></Box>
          {running
            ? <Tooltip title={`${t.stop} (Esc)`}><IconButton className="send" aria-label={t.stop} onClick={onStop}><Icon name="stop" /></IconButton></Tooltip>
            : <Tooltip title={lacking ? `${t.variables}: ${lacking.name}` : t.keysHint}><span><IconButton className="send" type="submit" aria-label={t.send} disabled={!ready}><Icon name="send" /></IconButton></span></Tooltip>}
        </Box>
      </Paper>
    </Box>
  );
}
