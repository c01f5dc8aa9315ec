// A session as it is shown: its messages from the cache, its answers under way from the socket.

import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import type { Message } from "@/lib/types";
import { messagesKey, putMessages, putSession, useMessages, useSession } from "./api";
import { Live } from "./live";
import { SessionSocket, type Connection } from "./socket";
import { branchTo } from "./tree";
import type { Frame, Turn } from "./turn";

export function useChat(id: string) {
  const client = useQueryClient();
  const session = useSession(id);
  const messages = useMessages(id);
  const [connection, setConnection] = useState<Connection>("connecting");
  const live = useMemo(() => new Live(), [id]); // one for each session
  const ready = messages.isSuccess && session.isSuccess;

  useEffect(() => {
    if (!ready) return;
    const cached = () => client.getQueryData<Message[]>(messagesKey(id)) ?? [];
    const socket = new SessionSocket({
      session: id,
      underWay: () => {
        const runs = new Set([...live.runs(), ...cached().filter((one) => one.status === "running").map((one) => one.id)]);
        return [...runs].map((run) => ({ run, after: live.turn(run)?.seq ?? "" }));
      },
      onFrame: (frame) => {
        live.take(frame);
        apply(frame);
      },
      onConnection: setConnection,
      onSignedOut: () => void client.invalidateQueries({ queryKey: ["user"] }),
    });

    /** What a frame says of messages goes into the cache; the text under way stays with `live`. */
    function apply(frame: Frame) {
      if (frame.type === "session_info") putSession(client, id, frame.session);
      if (frame.type === "message_saved") {
        const known = cached().some((one) => one.id === frame.run_id);
        putMessages(client, id, known ? [frame.message] : [frame.message, placeholder(frame.message, frame.run_id)]);
        putSession(client, id, { head: frame.run_id });
        void client.invalidateQueries({ queryKey: ["sessions"] });
      }
      if (frame.type === "stream_end" || (frame.type === "error" && frame.run_id)) {
        if (frame.type === "stream_end" && frame.message) putMessages(client, id, [frame.error ? { ...frame.message, error: frame.error } : frame.message]);
        else void client.invalidateQueries({ queryKey: messagesKey(id) });
        if (frame.run_id) live.drop(frame.run_id);
        void client.invalidateQueries({ queryKey: ["sessions"] });
      }
    }
    return () => socket.close();
  }, [id, ready, client, live]);

  const head = session.data?.head ?? null;
  const branch = useMemo(() => branchTo(messages.data ?? [], head), [messages.data, head]);
  const running = branch.find(({ message }) => message.status === "running")?.message.id ?? null;
  return { session, messages, branch, live, connection, running };
}

export function useTurn(live: Live, run: string): Turn | undefined {
  return useSyncExternalStore(live.subscribe, () => live.turn(run));
}

function placeholder(question: Message, run: string): Message {
  return {
    id: run, session: question.session, parent: question.id, role: "assistant", content: "", status: "running", attempt: 0, model: null,
    rag_context: [], citations: [], usage: {}, timings: {}, created_at: question.created_at,
  };
}
