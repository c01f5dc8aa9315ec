// Code with its language, copy and wrap.

import IconButton from "@mui/material/IconButton";
import Tooltip from "@mui/material/Tooltip";
import { useState } from "react";
import { t } from "@/lib/i18n";
import { CopyButton } from "../CopyButton";
import { Icon } from "../Icon";

export function CodeBlock({ language, code }: { language: string; code: string }) {
  const [wraps, setWraps] = useState(false);
  return (
    <figure className="code-block">
      <figcaption>
        <span>{language || t.code}</span>
        <Tooltip title={t.wrap}>
          <IconButton size="small" aria-label={t.wrap} aria-pressed={wraps} onClick={() => setWraps(!wraps)}><Icon name="wrap" fontSize="inherit" /></IconButton>
        </Tooltip>
        <CopyButton text={() => code} />
      </figcaption>
      <pre tabIndex={0} aria-label={language || t.code} className={wraps ? "wraps" : ""}><code>{code}</code></pre>
    </figure>
  );
}
