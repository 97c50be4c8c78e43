// Signals from the server: something that concerns me was recorded. One stream for the whole console; what is new at my
// desk becomes news.
import { ref, shallowReactive, watch } from "vue";
import { api, type WorkRow } from "../client";
import { me } from "./session";

/** The last act that concerned me. Pages watch it and read again. */
export const seq = ref(0);

export interface News {
  number: string;
  who: string;
  title: string;
  area: string;
}

export const news = shallowReactive<News[]>([]);

let stream: EventSource | undefined;
let known: Set<string> | undefined;

/** What arrived at my desk since the console was opened, the latest first. */
async function compare(): Promise<void> {
  const list = await api.worklist({ limit: 200 }).catch(() => null);
  if (!list) return;
  const fresh = known ? list.cases.filter((row: WorkRow) => !known!.has(row.number)) : [];
  known ??= new Set();
  for (const row of list.cases) known.add(row.number);
  for (const row of fresh) {
    news.unshift({ number: row.number, who: row.who, title: row.title, area: row.area_name });
    if (document.hidden && "Notification" in window && Notification.permission === "granted") {
      // The name stays on the page: a screen in an office is seen by others.
      new Notification(row.title, { body: `${row.number} · ${row.area_name}`, tag: row.number });
    }
  }
  news.splice(50);
}

watch(
  () => me.value?.login,
  (login) => {
    stream?.close();
    stream = undefined;
    known = undefined;
    news.length = 0;
    if (!login || !me.value?.may.includes("see-case")) return;
    stream = new EventSource("/api/live");
    stream.onmessage = (event) => {
      seq.value = Number(event.data);
      void compare();
    };
  },
  { immediate: true },
);

watch(
  () => news.length,
  (count) => {
    document.title = document.title.replace(/^\(\d+\) /, "");
    if (count) document.title = `(${count}) ${document.title}`;
  },
);
