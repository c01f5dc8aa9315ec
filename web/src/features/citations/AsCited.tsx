// The text as it was cited, where the document no longer shows it.

import Alert from "@mui/material/Alert";

export function AsCited({ severity, title, hint, text }: { severity: "info" | "warning"; title: string; hint: string; text: string | undefined }) {
  return (
    <>
      <Alert severity={severity}>{title} {text && hint}</Alert>
      {text && <blockquote className="as-cited" dir="auto">{text}</blockquote>}
    </>
  );
}
