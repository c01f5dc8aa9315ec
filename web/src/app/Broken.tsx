// An error in the page itself: said plainly, with the way out. Drafts are kept by the browser.

import Alert from "@mui/material/Alert";
import Button from "@mui/material/Button";
import { useRouteError } from "react-router";
import { t } from "@/lib/i18n";

export function Broken() {
  const error = useRouteError();
  return (
    <main className="gate">
      <Alert severity="error" action={<Button color="inherit" onClick={() => location.reload()}>{t.reload}</Button>}>{t.pageBroke}: {String(error)}</Alert>
    </main>
  );
}
