// The seal: AES-GCM under a key that two things open together, a PIN (PBKDF2-SHA-256) and a secret of this phone that cannot be
// taken out of its browser. A wrong PIN is counted before it is tried, is waited for, and the tenth wipes.
//
// What this holds against: somebody who finds or takes the phone and turns it on. Whoever can read the browser's own files and
// has hours of computing can try all PINs of six digits; a phone that locks itself is the other half.
import { get, names, put, remove, wipe } from "./keep";

/** Rounds of PBKDF2: what a middling phone does in a second. */
const ROUNDS = 600_000;
/** How many wrong PINs wipe everything. */
export const MOST = 10;
/** After how many wrong ones the next is waited for, and how long at first, milliseconds; it doubles. */
const PATIENT = 3;
const WAIT_MS = 5_000;

interface Sealed { iv: Uint8Array<ArrayBuffer>; bytes: ArrayBuffer }
interface Lock {
  salt: Uint8Array<ArrayBuffer>;
  rounds: number;
  /** The phone's own secret; it cannot be exported. */
  own: CryptoKey;
  /** The key of everything, wrapped under the PIN and then under the phone's secret. */
  inner: Uint8Array<ArrayBuffer>;
  outer: Sealed;
  wrong: number;
  until: number;
}

let key: CryptoKey | undefined;

export const isOpen = (): boolean => key !== undefined;
const chance = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes));
const text = (said: string) => new TextEncoder().encode(said);

async function ofPin(pin: string, salt: Uint8Array<ArrayBuffer>, rounds: number): Promise<CryptoKey> {
  const typed = await crypto.subtle.importKey("raw", text(pin), "PBKDF2", false, ["deriveKey"]);
  return crypto.subtle.deriveKey({ name: "PBKDF2", hash: "SHA-256", salt, iterations: rounds }, typed, { name: "AES-GCM", length: 256 }, false, ["wrapKey", "unwrapKey"]);
}

/** Whether a PIN will do: six digits or more, not all the same, not a row. */
export function willDo(pin: string): boolean {
  const row = "01234567890 09876543210";
  return /^\d{6,12}$/.test(pin) && new Set(pin).size > 2 && !row.includes(pin);
}

/** Makes the key of everything and keeps it wrapped. */
export async function make(pin: string): Promise<void> {
  const salt = chance(16), inner = chance(12), iv = chance(12);
  const own = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  const fresh = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, true, ["encrypt", "decrypt"]);
  const wrapped = await crypto.subtle.wrapKey("raw", fresh, await ofPin(pin, salt, ROUNDS), { name: "AES-GCM", iv: inner });
  const outer = { iv, bytes: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, own, wrapped) };
  await put("plain", "lock", { salt, rounds: ROUNDS, own, inner, outer, wrong: 0, until: 0 } satisfies Lock);
  key = await unwrapped(pin, (await get<Lock>("plain", "lock"))!);
}

/** The key of everything, which from here on cannot be taken out either. */
async function unwrapped(pin: string, lock: Lock): Promise<CryptoKey> {
  const by = await ofPin(pin, lock.salt, lock.rounds);
  const wrapped = await crypto.subtle.decrypt({ name: "AES-GCM", iv: lock.outer.iv }, lock.own, lock.outer.bytes);
  return crypto.subtle.unwrapKey("raw", wrapped, by, { name: "AES-GCM", iv: lock.inner }, "AES-GCM", false, ["encrypt", "decrypt"]);
}

export const isMade = async (): Promise<boolean> => (await get<Lock>("plain", "lock")) !== undefined;

/** How a PIN came out. */
export type Tried = { open: true } | { open: false; wiped: boolean; left: number; waitMs: number };

/** For how long no PIN is taken, and how many may still be wrong. */
export async function patience(): Promise<{ waitMs: number; left: number }> {
  const lock = await get<Lock>("plain", "lock");
  return { waitMs: Math.max(0, (lock?.until ?? 0) - Date.now()), left: MOST - (lock?.wrong ?? 0) };
}

/** Tries a PIN. It counts as wrong until it proved right, so that turning the phone off gains nobody a try. */
export async function open(pin: string): Promise<Tried> {
  const lock = (await get<Lock>("plain", "lock"))!;
  const early = lock.until - Date.now();
  if (early > 0) return { open: false, wiped: false, left: MOST - lock.wrong, waitMs: early };
  const wrong = lock.wrong + 1;
  const waitMs = wrong < PATIENT ? 0 : WAIT_MS * 2 ** (wrong - PATIENT);
  await put("plain", "lock", { ...lock, wrong, until: waitMs ? Date.now() + waitMs : 0 });
  try {
    key = await unwrapped(pin, lock);
  } catch {
    if (wrong < MOST) return { open: false, wiped: false, left: MOST - wrong, waitMs };
    await wipe();
    return { open: false, wiped: true, left: 0, waitMs: 0 };
  }
  await put("plain", "lock", { ...lock, wrong: 0, until: 0 });
  return { open: true };
}

/** Keeps bytes sealed under a name, which is sealed with them: no record can be put in another's place. */
export async function keepBytes(name: string, bytes: ArrayBuffer): Promise<void> {
  const iv = chance(12);
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: text(name) }, key!, bytes);
  await put("sealed", name, { iv, bytes: sealed } satisfies Sealed);
}

export async function readBytes(name: string): Promise<ArrayBuffer | undefined> {
  const kept = await get<Sealed>("sealed", name);
  return kept && crypto.subtle.decrypt({ name: "AES-GCM", iv: kept.iv, additionalData: text(name) }, key!, kept.bytes);
}

export const keep = (name: string, value: unknown): Promise<void> => keepBytes(name, text(JSON.stringify(value)).buffer as ArrayBuffer);

export async function read<T>(name: string): Promise<T | undefined> {
  const bytes = await readBytes(name);
  return bytes && (JSON.parse(new TextDecoder().decode(bytes)) as T);
}

export const drop = (name: string): Promise<unknown> => remove("sealed", name);
export const listed = (begin: string): Promise<string[]> => names("sealed", begin);
