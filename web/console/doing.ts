// What a button does: busy while it lasts, and why it was refused.
import { ref, type Ref } from "vue";
import { Problem, type Fault } from "../client";

export interface Doing {
  /** Why the last one was refused; empty when it was not. */
  problem: Ref<string>;
  /** What is wrong where, when that was said. */
  faults: Ref<Fault[]>;
  busy: Ref<boolean>;
  /** Does something; whether it was done. */
  act: (call: () => Promise<unknown>) => Promise<boolean>;
}

/** The state of what a page or a part of it does. */
export function doing(): Doing {
  const problem = ref("");
  const faults = ref<Fault[]>([]);
  const busy = ref(false);
  async function act(call: () => Promise<unknown>) {
    problem.value = "";
    faults.value = [];
    busy.value = true;
    try {
      await call();
      return true;
    } catch (refused) {
      problem.value = (refused as Error).message;
      if (refused instanceof Problem) faults.value = refused.faults;
      return false;
    } finally {
      busy.value = false;
    }
  }
  return { problem, faults, busy, act };
}
