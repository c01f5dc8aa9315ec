// Files on their way to the server: one after the other, each with its progress, its failure, and a way to break it off.

import { useCallback, useRef, useState } from "react";
import { told } from "@/components/Notices";
import { upload } from "@/lib/api";

export interface Upload { id: number; name: string; size: number; percent: number; error: string; cancel: () => void; retry: () => void }

export function useUploads(workspace: string, onTaken: () => unknown) {
  const [uploads, setUploads] = useState<Upload[]>([]);
  const number = useRef(0);
  const line = useRef(Promise.resolve());

  const drop = useCallback((id: number) => setUploads((all) => all.filter((one) => one.id !== id)), []);
  const add = useCallback((files: Iterable<File>) => {
    for (const file of files) {
      const id = ++number.current;
      const broken = new AbortController();
      const change = (part: Partial<Upload>) => setUploads((all) => all.map((one) => (one.id === id ? { ...one, ...part } : one)));
      const cancel = () => { broken.abort(); drop(id); };
      const retry = () => { drop(id); add([file]); };
      setUploads((all) => [...all, { id, name: file.name, size: file.size, percent: 0, error: "", cancel, retry }]);
      line.current = line.current.then(async () => {
        if (broken.signal.aborted) return;
        try {
          await upload(file, workspace, (share) => change({ percent: Math.round(100 * share) }), broken.signal);
          drop(id);
          onTaken();
        } catch (error) {
          if (!broken.signal.aborted) change({ error: told(error) });
        }
      });
    }
  }, [workspace, onTaken, drop]);
  return { uploads, add };
}
