// Copies a text, and says that it did.

import { useEffect, useState } from "react";
import { t } from "@/lib/i18n";
import { copyText } from "@/lib/insecure";
import { IconAction } from "./IconAction";

export function CopyButton({ text, label = t.copy }: { text: () => string; label?: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1500);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = () => void copyText(text()).then(() => setCopied(true), () => setCopied(false));
  return <IconAction icon={copied ? "check" : "copy"} label={copied ? t.copied : label} onClick={copy} />;
}
