// Model servers that run on this machine and are not set yet: one click makes one of their models answer.

import Button from "@mui/material/Button";
import { useMutation } from "@tanstack/react-query";
import { told, useNotices } from "@/components/Notices";
import { writes } from "@/lib/fit";
import { t } from "@/lib/i18n";
import type { Model, NearbyServer } from "@/lib/types";
import { useModelActions } from "./api";

export function Nearby({ servers }: { servers: NearbyServer[] }) {
  return servers.filter((one) => !one.current).flatMap((server) => server.models.filter(writes).map((model) => <Offer key={server.address + model.name} server={server} model={model} />));
}

function Offer({ server, model }: { server: NearbyServer; model: Model }) {
  const { setDefault } = useModelActions();
  const { say } = useNotices();
  const connect = useMutation({ mutationFn: () => setDefault({ model: model.name, setting: server.setting, address: server.address }), onSuccess: () => say(t.nowDefault(model.name)) });
  return (
    <li>
      <div className="fit">
        <b className="any">{model.name.slice(model.name.indexOf(":") + 1)}</b>
        <small>{server.program} · {server.address}</small>
        {connect.isError && <span className="wrong" role="status">{told(connect.error)}</span>}
      </div>
      <div className="fit-action"><Button size="small" variant="contained" loading={connect.isPending} aria-label={`${t.connect}: ${model.name}`} onClick={() => connect.mutate()}>{t.connect}</Button></div>
    </li>
  );
}
