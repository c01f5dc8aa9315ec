// Name and password, where the server asks for them.

import Alert from "@mui/material/Alert";
import Button from "@mui/material/Button";
import TextField from "@mui/material/TextField";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { told } from "@/components/Notices";
import { call } from "@/lib/api";
import { t } from "@/lib/i18n";
import type { User } from "@/lib/types";

export function PasswordForm({ onDone }: { onDone: (username: string) => void }) {
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const signIn = useMutation({ mutationFn: () => call<{ user: User }>("POST", "/api/auth/login/", { username, password }), onSuccess: ({ user }) => onDone(user.username) });
  return (
    <form className="form" onSubmit={(event) => { event.preventDefault(); signIn.mutate(); }}>
      {signIn.isError && <Alert severity="error">{told(signIn.error)}</Alert>}
      <TextField label={t.username} autoComplete="username" autoFocus required value={username} onChange={(event) => setUsername(event.target.value)} />
      <TextField label={t.password} type="password" autoComplete="current-password" required value={password} onChange={(event) => setPassword(event.target.value)} />
      <Button type="submit" variant="contained" loading={signIn.isPending}>{t.signIn}</Button>
    </form>
  );
}
