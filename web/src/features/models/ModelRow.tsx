// A model: what is known of it, and how fast it is here once it was tested.

import Button from "@mui/material/Button";
import ListItem from "@mui/material/ListItem";
import ListItemText from "@mui/material/ListItemText";
import { useMutation } from "@tanstack/react-query";
import { told } from "@/components/Notices";
import { call } from "@/lib/api";
import { bytes, count } from "@/lib/format";
import { t } from "@/lib/i18n";
import type { Model } from "@/lib/types";

interface Measured { prompt_tokens_s: number | null; written_tokens_s: number | null }

const rate = (tokens: number | null) => (tokens ? count(Math.round(tokens)) : "?");

export function ModelRow({ model: { name, provider, size_bytes, context_tokens, detail } }: { model: Model }) {
  const test = useMutation({ mutationFn: () => call<Measured>("POST", "/api/models/test/", { model: name }) });
  const facts = [size_bytes && bytes(size_bytes), context_tokens && t.context(count(context_tokens)), detail].filter(Boolean).join(" · ");
  const result = test.isError ? told(test.error) : test.data ? t.tested(rate(test.data.prompt_tokens_s), rate(test.data.written_tokens_s)) : "";
  return (
    <ListItem disableGutters divider secondaryAction={provider !== "quotes" && <Button size="small" loading={test.isPending} onClick={() => test.mutate()}>{t.test}</Button>}>
      <ListItemText primary={name} secondary={<>{facts}{result && <span role="status" className={test.isError ? "wrong" : "result"}>{result}</span>}</>} slotProps={{ primary: { sx: { overflowWrap: "anywhere", pr: 8 } }, secondary: { sx: { pr: 8 } } }} />
    </ListItem>
  );
}
