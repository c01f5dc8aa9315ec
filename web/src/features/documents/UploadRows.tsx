// Files on their way: progress, cancel, retry, and what a reload broke off.

import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import IconButton from "@mui/material/IconButton";
import LinearProgress from "@mui/material/LinearProgress";
import { Icon } from "@/components/Icon";
import { told } from "@/components/Notices";
import { bytes, count } from "@/lib/format";
import { t } from "@/lib/i18n";
import { uploads, type Upload, type Uploads } from "./uploads";

const MOST = 20; // failures and names shown one by one

const nameOf = ({ file, folder }: Upload) => (folder ? `${folder}/${file.name}` : file.name);

export function UploadRows({ shown: { sending, failed, waiting, sent, lost } }: { shown: Uploads }) {
  const all = sent + sending.length + waiting;
  return (
    <Box className="uploads">
      {lost.length > 0 && <Alert severity="warning" onClose={uploads.dismiss}>{t.uploadsLost(lost.length)} <span dir="auto">{lost.slice(0, MOST).join(", ")}{lost.length > MOST && " …"}</span></Alert>}
      {all > 2 && (
        <div className="upload">
          <span>{t.uploadsDone(count(sent), count(all))}</span><small />
          <LinearProgress variant="determinate" value={(100 * sent) / all} aria-label={t.uploadFiles} />
          <Button size="small" onClick={uploads.cancelAll}>{t.cancelAll}</Button>
        </div>
      )}
      {sending.map((one) => (
        <div key={one.id} className="upload">
          <span dir="auto">{nameOf(one)}</span> <small>{bytes(one.file.size)} · {t.uploading(one.percent)}</small>
          <LinearProgress variant="determinate" value={one.percent} aria-label={one.file.name} />
          <IconButton size="small" aria-label={`${t.cancel}: ${one.file.name}`} onClick={() => uploads.cancel(one.id)}><Icon name="close" /></IconButton>
        </div>
      ))}
      {failed.length > 1 && <Box sx={{ textAlign: "right" }}><Button size="small" onClick={() => uploads.retry(failed)}>{t.retryAll(failed.length)}</Button><Button size="small" onClick={uploads.dismiss}>{t.dismissAll}</Button></Box>}
      {failed.slice(0, MOST).map((one) => (
        <Alert key={one.id} severity="error" sx={{ mb: 0.5 }} action={<><Button color="inherit" size="small" onClick={() => uploads.retry([one])}>{t.retry}</Button><IconButton color="inherit" size="small" aria-label={`${t.close}: ${one.file.name}`} onClick={() => uploads.cancel(one.id)}><Icon name="close" /></IconButton></>}>
          <b dir="auto">{nameOf(one)}</b>: {told(one.error)}
        </Alert>
      ))}
    </Box>
  );
}
