// The page's start: theme, styles with the server's nonce, query cache, routes.

import createCache from "@emotion/cache";
import { CacheProvider } from "@emotion/react";
import CssBaseline from "@mui/material/CssBaseline";
import { ThemeProvider } from "@mui/material/styles";
import { MutationCache, notifyManager, QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createRoot } from "react-dom/client";
import { RouterProvider } from "react-router/dom";
import { NoticesProvider } from "@/components/Notices";
import { Gate } from "@/features/sign-in/Gate";
import { ApiError, isSignedOut } from "@/lib/api";
import { language } from "@/lib/i18n";
import { beforePaint } from "@/lib/paint";
import { router } from "./routes";
import { theme } from "./theme";
import "./base.css";
import "./chat.css";

const nonce = document.querySelector<HTMLMetaElement>("meta[name=style-nonce]")?.content ?? "";
const styles = createCache({ key: "m", nonce, prepend: true });
const unlessSignedIn = (error: unknown) => { // shows how to sign in again
  if (isSignedOut(error) && client.getQueryData(["user"])) void client.invalidateQueries({ queryKey: ["user"] });
};
const client: QueryClient = new QueryClient({
  mutationCache: new MutationCache({ onError: unlessSignedIn }),
  queryCache: new QueryCache({ onError: (error, { queryKey }) => { if (queryKey[0] !== "user") unlessSignedIn(error); } }),
  defaultOptions: { queries: { staleTime: 5_000, retry: (tries, error) => !(error instanceof ApiError) && tries < 2, retryDelay: 500 } },
});

notifyManager.setScheduler(beforePaint);
document.documentElement.lang = language;
createRoot(document.getElementById("root")!).render(
  <CacheProvider value={styles}>
    <ThemeProvider theme={theme} modeStorageKey="ibidem-mode" defaultMode="system">
      <CssBaseline />
      <QueryClientProvider client={client}>
        <NoticesProvider>
          <Gate><RouterProvider router={router} /></Gate>
        </NoticesProvider>
      </QueryClientProvider>
    </ThemeProvider>
  </CacheProvider>,
);
