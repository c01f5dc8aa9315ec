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

export const router = createHashRouter([{
  element: <Shell />,
  errorElement: <Broken />,
  children: [
    { index: true, element: <ChatPage /> },
    { path: "chat/:id", element: <ChatPage /> },
    { path: "documents", element: <DocumentsPage /> },
    { path: "documents/in/:slug", element: <DocumentsPage /> },
    { path: "documents/:id", element: <DocumentPage /> },
    { path: "templates", element: <TemplatesPage /> },
    { path: "models", element: <ModelsPage /> },
    { path: "jobs", element: <JobsPage /> },
    { path: "*", element: <ChatPage /> },
  ],
}]);
