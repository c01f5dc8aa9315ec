// Copies a text, and says that it did.

import IconButton from "@mui/material/IconButton";
import Tooltip from "@mui/material/Tooltip";
import { useEffect, useState } from "react";
import { t } from "@/lib/i18n";
import { Icon } from "./Icon";

export function CopyButton({ text, label = t.copy }: { text: () => string; label?: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1500);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = () => void navigator.clipboard.writeText(text()).then(() => setCopied(true), () => setCopied(false));
  const told = copied ? t.copied : label;
  return <Tooltip title={told}><IconButton size="small" aria-label={told} onClick={copy}><Icon name={copied ? "check" : "copy"} fontSize="inherit" /></IconButton></Tooltip>;
}
