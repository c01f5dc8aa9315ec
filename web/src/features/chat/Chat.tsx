// A session on the screen: its thread, and the message box below it.

import Alert from "@mui/material/Alert";
import Button from "@mui/material/Button";
import CircularProgress from "@mui/material/CircularProgress";
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef } from "react";
import { told, useNotices } from "@/components/Notices";
import { isGone } from "@/lib/api";
import { t } from "@/lib/i18n";
import { useTitle } from "@/lib/useTitle";
import { randomKey } from "@/lib/insecure";
import { isComposing } from "@/lib/keys";
import type { Message } from "@/lib/types";
import type { AnswerActions } from "./ActionBar";
import { Announcer } from "./Announcer";
import { Answer, type Cited } from "./Answer";
import { messagesKey, useSessionActions, type Ask } from "./api";
import { Composer, type Written } from "./Composer";
import { Question } from "./Question";
import { Thread } from "./Thread";
import { leafUnder } from "./tree";
import { useChat } from "./useChat";
import { useDrawn } from "./useDrawn";
import { wishOf, type Wish } from "./wish";

interface Props { id: string; /** The message to open it at; null: its end. */ at: string | null; onCite: (cited: Cited) => void; onExplain: (message: Message, question: string) => void }

export function Chat({ id, at, onCite, onExplain }: Props) {
  const { session, messages, branch, live, connection, running } = useChat(id);
  useTitle(session.data && (session.data.title || t.untitled));
  const { ask, stop, judge, change } = useSessionActions();
  const { fail } = useNotices();
  const client = useQueryClient();
  const { first, earlier, include } = useDrawn(branch.length, messages.isSuccess && session.isSuccess);

  const asking = useRef(false); // a second click or Enter asks nothing twice
  const unsure = useRef({ wanted: "", key: "" }); // what got no answer may have been taken: sent again, it is the same question
  const start = useCallback(async (wanted: Ask) => {
    if (asking.current) return false;
    asking.current = true;
    const asked = JSON.stringify(wanted);
    if (unsure.current.wanted !== asked) unsure.current = { wanted: asked, key: randomKey() };
    try {
      await ask(id, { ...wanted, idempotency_key: unsure.current.key });
      unsure.current.wanted = "";
      return true;
    } catch (error) {
      fail(error);
      return false;
    } finally {
      asking.current = false;
    }
  }, [ask, id, fail]);
  const send = (written: Written) => start(written);
  const edit = useCallback((message: Message, content: string) => start({ content, parent: message.parent }), [start]);
  const show = useCallback((message: string) => {
    const head = leafUnder(client.getQueryData<Message[]>(messagesKey(id)) ?? [], message);
    change(id, { head }).catch(fail);
  }, [change, client, id, fail]);
  const place = at === null ? -1 : branch.findIndex(({ message }) => message.id === at); // of the message that was found
  const elsewhere = place < 0 && Boolean(messages.data?.some((one) => one.id === at));
  const led = useRef<string | null>(null); // once: later the reader chooses the branch
  useEffect(() => {
    if (place >= 0) led.current = at;
    if (!at || !elsewhere || connection !== "open" || led.current === at) return; // what the socket says of the branch comes first
    led.current = at;
    show(at);
  }, [at, place, elsewhere, connection, show]);
  useEffect(() => { if (place >= 0) include(place); }, [place, include]);
  const halt = useCallback(() => { if (running) stop(running).catch(fail); }, [running, stop, fail]);
  const actions = useMemo<AnswerActions>(() => ({
    regenerate: (message) => void start({ regenerate: message.id }),
    judge: (message, thumb) => void judge(message, thumb).catch(fail),
    show,
    explain: (message) => {
      const all = client.getQueryData<Message[]>(messagesKey(id)) ?? [];
      onExplain(message, all.find((one) => one.id === message.parent)?.content ?? "");
    },
  }), [start, judge, fail, show, client, id, onExplain]);

  useEffect(() => {
    const keys = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || event.shiftKey || isComposing(event) || event.defaultPrevented || !running) return;
      event.preventDefault();
      halt();
    };
    addEventListener("keydown", keys);
    return () => removeEventListener("keydown", keys);
  }, [running, halt]);

  const error = session.error ?? messages.error;
  if (error && (isGone(error) || !session.data || !messages.data)) { // a server that is away for a while takes no chat, and no message box, off the page
    return <div className="center"><Alert severity="error" action={<Button color="inherit" onClick={() => { void session.refetch(); void messages.refetch(); }}>{t.retry}</Button>}>{told(error)}</Alert></div>;
  }
  if (!session.data || !messages.data) return <div className="center"><CircularProgress aria-label={t.loading} /></div>;
  const wish = wishOf(session.data);
  const wishOtherwise = ({ workspace, ...settings }: Partial<Wish>) => void change(id, { ...(workspace && { workspace }), ...(Object.keys(settings).length && { settings }) }).catch(fail);
  const last = branch.at(-1)?.message;
  return (
    <>
      <Thread session={id} at={place >= first ? at : null} running={running} first={branch[first]?.message.id ?? ""} onEarlier={earlier}>
        {branch.slice(first).map(({ message, versions }) => message.role === "user"
          ? <Question key={message.id} message={message} versions={versions} found={message.id === at} onEdit={edit} onShow={show} />
          : <Answer key={message.id} message={message} versions={versions} found={message.id === at} live={live} actions={actions} onCite={onCite} />)}
      </Thread>
      <Announcer running={running} text={last?.role === "assistant" ? last.content : ""} />
      {connection === "lost" && <Alert severity="warning" className="lost">{t.connectionLost}</Alert>}
      <Composer place={id} wish={wish} onWish={wishOtherwise} running={running !== null} onStop={halt} onSend={send} />
    </>
  );
}
