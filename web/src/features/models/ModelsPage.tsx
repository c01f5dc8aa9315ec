// The models that can be asked now, and the servers that offer them.

import Alert from "@mui/material/Alert";
import Chip from "@mui/material/Chip";
import CircularProgress from "@mui/material/CircularProgress";
import List from "@mui/material/List";
import ListItem from "@mui/material/ListItem";
import ListItemText from "@mui/material/ListItemText";
import Typography from "@mui/material/Typography";
import { told } from "@/components/Notices";
import { t } from "@/lib/i18n";
import { useModels } from "@/lib/queries";
import { ModelRow } from "./ModelRow";

export default function ModelsPage() {
  const models = useModels();
  const items = models.data?.items ?? [];
  return (
    <main className="page" id="main">
      <Typography variant="h5" component="h1">{t.models}</Typography>
      <Typography color="textSecondary" sx={{ mb: 2 }}>{t.modelsText}</Typography>
      {models.isError && <Alert severity="error">{told(models.error)}</Alert>}
      {models.isPending && <div className="center"><CircularProgress aria-label={t.loading} /></div>}
      {models.isSuccess && items.every((one) => one.provider === "quotes") && <Alert severity="info" sx={{ mb: 2 }}>{t.noModel}</Alert>}
      <List>{items.map((one) => <ModelRow key={one.name} model={one} />)}</List>
      {models.data && (
        <>
          <Typography variant="h6" component="h2" sx={{ mt: 3 }}>{t.servers}</Typography>
          <List dense>
            {models.data.servers.map((one) => (
              <ListItem key={one.provider} disableGutters secondaryAction={<Chip size="small" variant="outlined" color={one.reachable ? "success" : "default"} label={one.reachable ? t.reachable : t.unreachable} />}>
                <ListItemText primary={`${one.provider} · ${one.address}`} secondary={one.detail} slotProps={{ primary: { sx: { overflowWrap: "anywhere", pr: 10 } }, secondary: { sx: { pr: 10 } } }} />
              </ListItem>
            ))}
          </List>
        </>
      )}
    </main>
  );
}
