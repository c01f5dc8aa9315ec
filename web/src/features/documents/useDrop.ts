// Files and folders dropped anywhere on a page.

import { useState, type DragEvent } from "react";
import { gather, type Gathered } from "./entries";

export function useDrop(onFiles: ((found: Gathered) => void) | null) {
  const [dropping, setDropping] = useState(false);
  const bringsFiles = (event: DragEvent) => onFiles !== null && event.dataTransfer.types.includes("Files");
  return {
    dropping,
    onDragOver: (event: DragEvent) => {
      if (!bringsFiles(event)) return;
      event.preventDefault();
      setDropping(true);
    },
    onDragLeave: (event: DragEvent) => { if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setDropping(false); },
    onDrop: (event: DragEvent) => {
      if (!bringsFiles(event)) return;
      event.preventDefault();
      setDropping(false);
      const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
      void gather(entries).then((found) => onFiles?.(found));
    },
  };
}
