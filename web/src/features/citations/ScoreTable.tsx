// The chunks a search found, with their scores by channel, those that were dropped included.

import Table from "@mui/material/Table";
import TableBody from "@mui/material/TableBody";
import TableCell from "@mui/material/TableCell";
import TableContainer from "@mui/material/TableContainer";
import TableHead from "@mui/material/TableHead";
import TableRow from "@mui/material/TableRow";
import Typography from "@mui/material/Typography";
import { t } from "@/lib/i18n";
import { placeOf } from "@/lib/place";
import type { Trace } from "@/lib/types";

export function ScoreTable({ trace }: { trace: Trace }) {
  const rows = [...trace.kept.map((one) => ({ ...one, told: t.kept })), ...trace.cut.map((one) => ({ ...one, told: t.cut }))];
  const channels = Object.keys(trace.weights).filter((channel) => rows.some((row) => row.channels[channel] !== undefined));
  return (
    <>
      <Typography variant="body2" sx={{ mt: 2, mb: 1 }}>{t.searchedFor}: <q>{trace.searched?.text}</q></Typography>
      <TableContainer tabIndex={0}>
        <Table size="small">
          <TableHead>
            <TableRow><TableCell>{t.place}</TableCell><TableCell align="right">{t.score}</TableCell>{channels.map((one) => <TableCell key={one} align="right">{t.channels[one] ?? one}</TableCell>)}<TableCell /></TableRow>
          </TableHead>
          <TableBody>
            {rows.map((row) => (
              <TableRow key={row.chunk}>
                <TableCell sx={{ overflowWrap: "anywhere" }}>{placeOf({ path: row.path, page: row.page, start_line: row.start_line, end_line: row.start_line })}</TableCell>
                <TableCell align="right">{row.score.toFixed(3)}</TableCell>
                {channels.map((one) => <TableCell key={one} align="right">{row.channels[one]?.toFixed(2) ?? "–"}</TableCell>)}
                <TableCell>{row.told}</TableCell>
              </TableRow>
            ))}
          </TableBody>
        </Table>
      </TableContainer>
    </>
  );
}
