// What a model takes of this machine's memory, by what it is for, with the line beyond which the machine would be slow.

import { parts } from "@/lib/fit";
import { bytes } from "@/lib/format";
import { t } from "@/lib/i18n";
import type { Fit, Fits } from "@/lib/types";

export function MemoryBar({ fit, machine }: { fit: Fit; machine: Fits["machine"] }) {
  const stacked = parts(fit).filter((part) => part.bytes > 0);
  const total = stacked.reduce((sum, part) => sum + part.bytes, 0);
  const scale = Math.max(machine.memory_bytes, total);
  const share = (size: number) => `${(100 * size) / scale}%`;
  const told = [...stacked.map((part) => `${t.memoryParts[part.name]} ${bytes(part.bytes)}`), ...(fit.memory?.gpu_bytes ? [t.onCard(bytes(fit.memory.gpu_bytes))] : [])].join(", ");
  return (
    <>
      <div className="memory-bar" role="img" aria-label={t.memoryBar(told, bytes(machine.safe_bytes))} title={told}>
        {stacked.map((part) => <span key={part.name} className={part.name} style={{ width: share(part.bytes) }} />)}
        <i style={{ left: share(machine.safe_bytes) }} />
      </div>
      {Boolean(fit.memory?.gpu_bytes) && <small>{t.onCard(bytes(fit.memory!.gpu_bytes))}</small>}
    </>
  );
}

export function MemoryLegend({ machine }: { machine: Fits["machine"] }) {
  return (
    <div className="memory-legend">
      {(["weights", "context", "embedder", "program"] as const).map((name) => <span key={name}><b className={name} />{t.memoryParts[name]}</span>)}
      <span><i />{t.safeLine(bytes(machine.safe_bytes), bytes(machine.memory_bytes))}</span>
    </div>
  );
}
