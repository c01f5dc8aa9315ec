// The keys of the page, at `?`.

import Dialog from "@mui/material/Dialog";
import DialogContent from "@mui/material/DialogContent";
import DialogTitle from "@mui/material/DialogTitle";
import { t } from "@/lib/i18n";

export function Shortcuts({ onClose }: { onClose: () => void }) {
  return (
    <Dialog open onClose={onClose} aria-labelledby="shortcuts-title">
      <DialogTitle id="shortcuts-title">{t.shortcuts}</DialogTitle>
      <DialogContent>
        <dl className="shortcuts">
          {t.shortcutList.map(([keys, does]) => <div key={keys}><dt><kbd>{keys}</kbd></dt><dd>{does}</dd></div>)}
        </dl>
      </DialogContent>
    </Dialog>
  );
}
