// A small button with an icon. Plain, since a chat holds hundreds: MUI's, with its tooltip, draws itself twice.

import { Icon, type IconName } from "./Icon";

interface Props { icon: IconName; label: string; onClick: () => void; pressed?: boolean; disabled?: boolean }

export function IconAction({ icon, label, onClick, pressed, disabled }: Props) {
  return (
    <button type="button" className="icon-action" aria-label={label} title={label} aria-pressed={pressed} disabled={disabled} onClick={onClick}>
      <Icon name={icon} fontSize="inherit" />
    </button>
  );
}
