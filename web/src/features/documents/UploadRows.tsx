// Files on their way: progress, cancel, retry.

import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import IconButton from "@mui/material/IconButton";
import LinearProgress from "@mui/material/LinearProgress";
import { Icon } from "@/components/Icon";
import { bytes } from "@/lib/format";
import { t } from "@/lib/i18n";
import type { Upload } from "./useUploads";

export function UploadRows({ uploads }: { uploads: Upload[] }) {
  return (
    <Box aria-live="polite">
      {uploads.map((one) => one.error
        ? <Alert key={one.id} severity="error" onClose={one.cancel} action={<Button color="inherit" size="small" onClick={one.retry}>{t.retry}</Button>}><b dir="auto">{one.name}</b>: {one.error}</Alert>
        : <Box key={one.id} className="upload">
            <span dir="auto">{one.name}</span> <small>{bytes(one.size)} · {t.uploading(one.percent)}</small>
            <LinearProgress variant="determinate" value={one.percent} aria-label={one.name} />
            <IconButton size="small" aria-label={`${t.cancel}: ${one.name}`} onClick={one.cancel}><Icon name="close" /></IconButton>
          </Box>)}
    </Box>
  );
}
