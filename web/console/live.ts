// Signals from the server: something that concerns me was recorded. One stream for the whole console; what arrives at my
// desk becomes news.
import { ref, shallowReactive, watch } from "vue";
import { api } from "../client";
import { me } from "./session";

/** The last act that concerned me. Pages watch it and read again. */
export const seq = ref(0);

export interface News {
  number: string;
  who: string;
  title: string;
  area: string;
  /** Whether it must not wait. */
  alarm?: string;
}

/** What arrived at my desk since the console was opened, the latest first. */
export const news = shallowReactive<News[]>([]);

/** How long a burst of signals is waited for, so that it is one look, in milliseconds. */
const BURST = 200;

let stream: EventSource | undefined;
let waiting: ReturnType<typeof setTimeout> | undefined;

async function tell(number: string, urgent?: "urgent"): Promise<void> {
  const found = await api.search(number, "").catch(() => null);
  const row = found?.cases[0];
  if (!row) return;
  const alarm = urgent && row.alarms.join(" · ");
  news.unshift({ number, who: row.who, title: row.title, area: row.area_name, ...(alarm ? { alarm } : {}) });
  news.splice(50);
  if (document.hidden && "Notification" in window && Notification.permission === "granted") {
    // The name stays on the page: a screen in an office is seen by others.
    new Notification(alarm || row.title, { requireInteraction: !!alarm, body: `${number} · ${row.area_name}`, tag: number });
  }
}

watch(
  () => me.value?.login,
  (login) => {
    stream?.close();
    stream = undefined;
    news.length = 0;
    if (!login || !me.value?.may.includes("see-case")) return;
    stream = new EventSource("/api/live");
    stream.addEventListener("arrived", (event) => void tell(event.data));
    stream.addEventListener("alarm", (event) => void tell(event.data, "urgent"));
    stream.onmessage = (event) => {
      clearTimeout(waiting);
      waiting = setTimeout(() => (seq.value = Number(event.data)), BURST);
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
