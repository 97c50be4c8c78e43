// Whoever walks away leaves nothing behind: after a while without a touch the screen asks, counts down, and is cleared.
import { onMounted, onUnmounted, ref } from "vue";

/** For how many seconds it asks. */
export const WARNS = 20;

/** Calls `over` when nobody touched anything for `seconds()`; `left` counts the last seconds, 0 while there is time. */
export function useIdle(seconds: () => number, isAway: () => boolean, over: () => void) {
  const left = ref(0);
  let touched = Date.now();
  const touch = () => {
    touched = Date.now();
    left.value = 0;
  };
  let ticking: ReturnType<typeof setInterval> | undefined;
  const kinds = ["pointerdown", "keydown", "input", "wheel"] as const;
  onMounted(() => {
    for (const kind of kinds) addEventListener(kind, touch, { passive: true });
    ticking = setInterval(() => {
      if (isAway()) return touch();
      const rest = Math.ceil(seconds() - (Date.now() - touched) / 1000);
      left.value = rest <= WARNS ? Math.max(rest, 0) : 0;
      if (rest <= 0) {
        touch();
        over();
      }
    }, 500);
  });
  onUnmounted(() => {
    for (const kind of kinds) removeEventListener(kind, touch);
    clearInterval(ticking);
  });
  return { left, touch };
}
