// Files dropped anywhere on a page. A folder cannot be read through a drop: its name is told.

import { useState, type DragEvent } from "react";
import { useNotices } from "@/components/Notices";
import { t } from "@/lib/i18n";

export function useDrop(onFiles: ((files: File[]) => void) | null) {
  const [dropping, setDropping] = useState(false);
  const { fail } = useNotices();
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
      const folders = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry?.isDirectory).map((entry) => entry!.name);
      for (const name of folders) fail(new Error(t.folderDropped(name)));
      onFiles?.([...event.dataTransfer.files].filter((file) => !folders.includes(file.name)));
    },
  };
}
