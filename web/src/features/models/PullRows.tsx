// Models on their way here: how far, how fast, how long still; cancel, and go on after a failure.

import Alert from "@mui/material/Alert";
import Button from "@mui/material/Button";
import IconButton from "@mui/material/IconButton";
import LinearProgress from "@mui/material/LinearProgress";
import { useEffect, useRef } from "react";
import { Icon } from "@/components/Icon";
import { useNotices } from "@/components/Notices";
import { bytes, duration } from "@/lib/format";
import { inWords } from "@/lib/fault";
import { t } from "@/lib/i18n";
import { isUnderWay } from "@/lib/queries";
import type { Pull } from "@/lib/types";
import { useModelActions } from "./api";

/** The newest fetch of each name, but those that are done. */
export function open(pulls: Pull[]): Pull[] {
  const newest = pulls.filter((one, at) => pulls.findIndex((other) => other.name === one.name) === at);
  return newest.filter((one) => one.state !== "done");
}

export function progressText({ state, progress: { stage, have_bytes, total_bytes, rate_bytes_s, file, files } }: Pull): string {
  if (state === "queued") return t.pullQueued;
  const far = total_bytes ? t.pullOf(bytes(have_bytes), bytes(total_bytes)) : have_bytes ? bytes(have_bytes) : t.pullStarts;
  const left = total_bytes && rate_bytes_s ? duration((total_bytes - have_bytes) / rate_bytes_s) : "";
  return [files > 1 && t.pullFile(file, files), stage, far, rate_bytes_s > 0 && `${bytes(rate_bytes_s)}/s`, left && t.pullLeft(left)].filter(Boolean).join(" · ");
}

export function PullRows({ pulls, onDone }: { pulls: Pull[]; onDone?: (pull: Pull) => void }) {
  const { cancel, resume, again } = useModelActions();
  const { say, fail } = useNotices();
  const seen = useRef<Set<string> | null>(null); // done before the page was opened, or told; a quick one is never seen under way
  useEffect(() => {
    const done = pulls.filter((one) => one.state === "done");
    const told = (seen.current ??= new Set(done.map((one) => one.id)));
    for (const one of done) {
      if (told.has(one.id)) continue;
      told.add(one.id);
      say(t.pullDone(one.model));
      void again("models", "fits", "embedder");
      onDone?.(one);
    }
  });
  return open(pulls).map((one) => {
    const { have_bytes, total_bytes } = one.progress;
    const percent = total_bytes ? Math.min(100, (100 * have_bytes) / total_bytes) : 0;
    if (isUnderWay(one)) {
      return (
        <div key={one.id} className="upload">
          <span className="any">{one.name}</span> <small>{progressText(one)}</small>
          <LinearProgress variant={total_bytes ? "determinate" : "indeterminate"} value={percent} aria-label={one.name} />
          <IconButton size="small" aria-label={`${t.cancel}: ${one.name}`} onClick={() => cancel(one).catch(fail)}><Icon name="close" /></IconButton>
        </div>
      );
    }
    const kept = have_bytes > 0 ? ` ${t.pullKept(bytes(have_bytes))}` : "";
    return (
      <Alert key={one.id} severity={one.state === "cancelled" ? "info" : "error"} className="any" sx={{ mb: 1 }} action={<Button color="inherit" size="small" onClick={() => resume(one).catch(fail)}>{t.pullResume}</Button>}>
        <b>{one.name}</b>: {one.state === "cancelled" ? t.pullCancelled : inWords(one.error ?? {}) || t.failed}{kept}
      </Alert>
    );
  });
}
