// A list that is read from the server: loading, there, empty, refused or failed. Whoever draws it draws all five.
import { onMounted, ref, shallowRef, watch, type Ref, type WatchSource } from "vue";
import { Problem } from "../client";
import { round } from "./session";

/** Why something is not shown: it is not allowed, it is not there, or the question was wrong, or it failed and may be tried again. */
export interface Refusal {
  kind: "refused" | "missing" | "failed";
  text: string;
}

export interface Reading<T> {
  /** What was read last; it stays while it is read again. */
  data: Ref<T | null>;
  loading: Ref<boolean>;
  /** What was refused, or what failed. */
  problem: Ref<Refusal | null>;
  renew: () => Promise<void>;
}

/** Reads something now, and again whenever one of the sources changes. */
export function reading<T>(ask: () => Promise<T>, sources: WatchSource[] = []): Reading<T> {
  const data = shallowRef<T | null>(null) as Ref<T | null>;
  const loading = ref(false);
  const problem = ref<Refusal | null>(null);
  let turn = 0;
  const renew = async () => {
    const own = ++turn;
    loading.value = true;
    try {
      const answer = await ask();
      if (own !== turn) return; // a later question was asked meanwhile
      data.value = answer;
      problem.value = null;
    } catch (what) {
      if (own !== turn) return;
      const status = what instanceof Problem ? what.status : 0;
      const kind = status === 401 || status === 403 ? "refused" : status >= 400 && status < 500 ? "missing" : "failed";
      problem.value = { kind, text: (what as Error).message };
    } finally {
      if (own === turn) loading.value = false;
    }
  };
  watch([round, ...sources], renew);
  onMounted(renew);
  return { data, loading, problem, renew };
}
