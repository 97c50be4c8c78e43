// What the phone keeps, in IndexedDB: one store for what is plain, one for what is sealed. Nothing here knows a PIN.

const NAME = "yizhan.field";
type Store = "plain" | "sealed";

let opened: Promise<IDBDatabase> | undefined;

function database(): Promise<IDBDatabase> {
  opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("plain");
      asked.result.createObjectStore("sealed");
    };
    asked.onsuccess = () => {
      // Another window of this page wipes: nobody stands in its way.
      asked.result.onversionchange = () => { asked.result.close(); opened = undefined; };
      resolve(asked.result);
    };
    asked.onerror = () => reject(asked.error);
  });
  return opened;
}

async function run<T>(store: Store, mode: IDBTransactionMode, ask: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const db = await database();
  return new Promise((resolve, reject) => {
    const turn = db.transaction(store, mode, { durability: "strict" });
    const asked = ask(turn.objectStore(store));
    // What was written is there when its transaction is over, not before.
    turn.oncomplete = () => resolve(asked.result);
    turn.onerror = turn.onabort = () => reject(turn.error ?? asked.error);
  });
}

export const get = <T>(store: Store, name: string): Promise<T | undefined> => run(store, "readonly", (of) => of.get(name) as IDBRequest<T | undefined>);
export const put = (store: Store, name: string, value: unknown): Promise<unknown> => run(store, "readwrite", (of) => of.put(value, name));
export const remove = (store: Store, name: string): Promise<unknown> => run(store, "readwrite", (of) => of.delete(name));
/** The names in a store that begin so. */
export const names = async (store: Store, begin: string): Promise<string[]> =>
  (await run(store, "readonly", (of) => of.getAllKeys(IDBKeyRange.bound(begin, `${begin}\uffff`)))) as string[];

/** Keeps the page's own files, so that it opens without a network: by a worker from a file of our own. */
export async function standIn(): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  await navigator.serviceWorker.register("/field/worker.js", { scope: "/field/" });
  // One that was there before has kept nothing since a wipe.
  (await navigator.serviceWorker.ready).active?.postMessage("renew");
}

/** Forgets what is kept: the keys first, so that what a browser were slow to delete is of no use. */
export async function clear(): Promise<void> {
  await run("plain", "readwrite", (of) => of.clear());
  await run("sealed", "readwrite", (of) => of.clear());
}

/** Wipes everything: what is kept, and the page's files. */
export async function wipe(): Promise<void> {
  await clear();
  (await database()).close();
  opened = undefined;
  await new Promise<void>((resolve) => {
    const asked = indexedDB.deleteDatabase(NAME);
    asked.onsuccess = asked.onerror = asked.onblocked = () => resolve();
  });
  if ("caches" in globalThis) for (const name of await caches.keys()) if (name.startsWith("yizhan-field")) await caches.delete(name);
  for (const worker of (await navigator.serviceWorker?.getRegistrations()) ?? []) if (worker.scope.endsWith("/field/")) await worker.unregister();
}
