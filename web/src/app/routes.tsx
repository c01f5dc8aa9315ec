// Addresses of the page, behind the #: those of citations stay as they are for ever.

import { lazy } from "react";
import { createHashRouter } from "react-router";
import { ChatPage } from "./ChatPage";
import { Broken } from "./Broken";
import { Shell } from "./Shell";

const DocumentsPage = lazy(() => import("@/features/documents/DocumentsPage"));
const DocumentPage = lazy(() => import("./DocumentPage"));
const TemplatesPage = lazy(() => import("@/features/templates/TemplatesPage"));
const ModelsPage = lazy(() => import("@/features/models/ModelsPage"));
const JobsPage = lazy(() => import("@/features/jobs/JobsPage"));
const AccountPage = lazy(() => import("@/features/account/AccountPage"));
const ServerPage = lazy(() => import("./ServerPage"));
const SettingsPage = lazy(() => import("@/features/server/SettingsPage"));
const StatePage = lazy(() => import("@/features/server/StatePage"));
const ConnectionsPage = lazy(() => import("@/features/server/ConnectionsPage"));
const UsersPage = lazy(() => import("@/features/users/UsersPage"));

export const router = createHashRouter([{
  element: <Shell />,
  errorElement: <Broken />,
  children: [{ errorElement: <Broken />, children: [ // inside the frame, so that there is a way on
    { index: true, element: <ChatPage /> },
    { path: "chat/:id", element: <ChatPage /> },
    { path: "documents", element: <DocumentsPage /> },
    { path: "documents/in/:slug", element: <DocumentsPage /> },
    { path: "documents/:id", element: <DocumentPage /> },
    { path: "templates", element: <TemplatesPage /> },
    { path: "models", element: <ModelsPage /> },
    { path: "jobs", element: <JobsPage /> },
    { path: "account", element: <AccountPage /> },
    { path: "settings", element: <ServerPage />, children: [
      { index: true, element: <SettingsPage /> },
      { path: "state", element: <StatePage /> },
      { path: "connections", element: <ConnectionsPage /> },
      { path: "users", element: <UsersPage /> },
    ] },
    { path: "*", element: <ChatPage /> },
  ] }],
}]);
