// Deadlines as distances: what an officer asks is not when, but how long there is.
import { lang, t } from "./words";

/** How far a deadline is from now, and whether it has passed. Both in milliseconds. */
export function distance(due: string | null | undefined, now: number): { text: string; late: boolean; soon: boolean } | null {
  if (!due) return null;
  const left = Date.parse(due) - now;
  const minutes = Math.abs(left) / 60_000;
  const space = lang.value === "zh" ? "" : " ";
  const size =
    minutes < 60
      ? `${Math.max(1, Math.round(minutes))}${space}${t("minute")}`
      : minutes < 48 * 60
        ? `${Math.round(minutes / 60)}${space}${t("hour")}`
        : `${Math.round(minutes / 1440)}${space}${t("day")}`;
  const late = left < 0;
  const text = lang.value === "zh" ? `${late ? t("late") : t("left")} ${size}` : `${size} ${late ? t("late") : t("left")}`;
  return { text, late, soon: !late && left < 4 * 3_600_000 };
}
