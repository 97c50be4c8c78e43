// Who is signed in, what time it is in the zone, which part of the area is looked at: what every page shares.
import { computed, reactive, ref, shallowRef } from "vue";
import { api, type Me, type RegionRow } from "../client";

export const me = shallowRef<Me | null>(null);
export const regions = shallowRef<RegionRow[]>([]);

/** The part of the area that is looked at; empty: the whole. */
export const area = ref("");

/** Whom somebody looks for. */
export const sought = ref("");

/** Changes whenever everything on screen should be read again: another day, another language. */
export const round = ref(0);

const clock = reactive({ zone: 0, read: 0, tick: 0 });

/** What time it is in the zone, in milliseconds. A demonstration's clock runs as real time runs. */
export const now = computed(() => clock.zone + (clock.tick - clock.read));

/** The zone's time as people read it. */
export const shownNow = computed(() => new Date(now.value + 8 * 3_600_000).toISOString().slice(0, 16).replace("T", " "));

setInterval(() => (clock.tick = Date.now()), 15_000);

/** Takes in who is signed in. */
export function take(known: Me | null): void {
  me.value = known;
  if (!known) {
    area.value = sought.value = "";
    return;
  }
  clock.zone = Date.parse(known.now);
  clock.read = clock.tick = Date.now();
}

/** Asks who is signed in. */
export async function look(): Promise<void> {
  take(await api.me().catch(() => null));
  if (me.value && regions.value.length === 0) regions.value = await api.regions().catch(() => []);
}

export async function nextDay(): Promise<void> {
  await api.nextDay();
  await look();
  round.value += 1;
}

export async function leave(): Promise<void> {
  await api.signOut();
  take(null);
}

/** Whether the signed-in role may do something, by the name of the deed. */
export const may = (deed: string): boolean => me.value?.may.includes(deed) ?? false;

/** The regions of today below the viewer's own, as a tree. */
export interface Place {
  value: string;
  label: string;
  children?: Place[];
}

export const places = computed<Place[]>(() => {
  const below = (code: string | null | undefined): Place[] =>
    regions.value
      .filter((region) => (region.parent ?? null) === (code ?? null))
      .map((region) => {
        const children = below(region.code);
        return { value: region.code, label: region.name, ...(children.length ? { children } : {}) };
      });
  const own = me.value?.area;
  return own ? below(own) : [];
});
