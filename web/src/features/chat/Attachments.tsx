// What goes with the next question: its files, its images as small pictures, and a word where the model does not see them.

import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Chip from "@mui/material/Chip";
import { Icon } from "@/components/Icon";
import { t } from "@/lib/i18n";
import { isImage, nameOf, typeOf, type Attached } from "./attachments";

interface Props { attachments: Attached[]; /** The model that takes no images, although there are some. */ blind: string | null; onRemove: (index: number) => void }

export function Attachments({ attachments, blind, onRemove }: Props) {
  if (!attachments.length) return null;
  return (
    <Box component="section" aria-label={t.attachments} sx={{ px: 1.5, pt: 1.25 }}>
      <Box component="ul" className="attachments">
        {attachments.map((one, index) => (
          <li key={index}>
            {isImage(one) && <img src={`data:${typeOf(one)};base64,${one.data}`} alt="" />}
            <Chip size="small" icon={<Icon name="file" />} label={nameOf(one)} onDelete={() => onRemove(index)}
              deleteIcon={<Icon name="close" role="button" aria-hidden={false} aria-label={t.removeAttachment(nameOf(one))} />} />
          </li>
        ))}
      </Box>
      {blind && <Alert severity="warning" sx={{ mt: 1 }}>{t.seesNoImages(blind)}</Alert>}
    </Box>
  );
}
