// An error in the page itself: said plainly, with the way out. Drafts are kept by the browser.

import Alert from "@mui/material/Alert";
import Button from "@mui/material/Button";
import { useRouteError } from "react-router";
import { t } from "@/lib/i18n";

export function Broken() {
  const error = String(useRouteError());
  const unloaded = /dynamically imported|module script/.test(error); // as Chromium and Firefox, and as Safari says it
  return (
    <main className="gate">
      <Alert severity="error" action={<Button color="inherit" sx={{ whiteSpace: "nowrap" }} onClick={() => location.reload()}>{t.reload}</Button>}>{unloaded ? t.pageUnloaded : `${t.pageBroke}: ${error}`}</Alert>
    </main>
  );
}
