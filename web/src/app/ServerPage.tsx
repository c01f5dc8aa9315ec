// What concerns the whole server, under tabs; who it does not concern is told so.

import Alert from "@mui/material/Alert";
import CircularProgress from "@mui/material/CircularProgress";
import Typography from "@mui/material/Typography";
import { Suspense } from "react";
import { Outlet, useLocation } from "react-router";
import { t } from "@/lib/i18n";
import { useTitle } from "@/lib/useTitle";
import { useRights } from "@/lib/queries";

const TABS: [string, string][] = [["/settings", t.settingsTab], ["/settings/state", t.stateTab], ["/settings/connections", t.connectionsTab]];
const USERS: [string, string] = ["/settings/users", t.usersTab];

export default function ServerPage() {
  useTitle(t.serverTitle);
  const { pathname } = useLocation();
  const { server, admin, local } = useRights();
  const tabs = admin && !local ? [...TABS, USERS] : TABS;
  const known = tabs.some(([path]) => path === pathname);
  return (
    <main className="page" id="main">
      <Typography variant="h5" component="h1">{t.serverTitle}</Typography>
      {server && known
        ? <>
            <nav className="tabs" aria-label={t.serverTitle}>
              {tabs.map(([path, label]) => <a key={path} href={`#${path}`} aria-current={path === pathname ? "page" : undefined}>{label}</a>)}
            </nav>
            <Suspense fallback={<div className="center"><CircularProgress aria-label={t.loading} /></div>}><Outlet /></Suspense>
          </>
        : <Alert severity="info" sx={{ my: 2 }}>{t.onlyAdmins}</Alert>}
    </main>
  );
}
