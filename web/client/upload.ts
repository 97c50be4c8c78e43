// A file by pieces (tus 1.0): a dropped connection costs one piece and not the file.
import { Problem } from "./index";

/** The size of a piece, in bytes. */
const PIECE = 512 * 1024;

/** How often a piece is tried again before it is given up. */
const TRIES = 8;

export interface Progress {
  /** Bytes that have arrived. */
  received: number;
  /** Bytes in all. */
  length: number;
  /** Whether the connection was lost and the upload goes on by itself. */
  waiting: boolean;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function refused(answer: Response): Promise<Problem> {
  const body = await answer.json().catch(() => ({}));
  return new Problem(answer.status, body.code ?? "unknown", body.title ?? "", body.detail ?? "", body.faults ?? []);
}

/** Sends a file; the answer is the upload's name. */
export async function upload(file: File, told: (progress: Progress) => void): Promise<string> {
  const name = btoa(String.fromCharCode(...new TextEncoder().encode(file.name)));
  const begun = await fetch("/api/uploads", {
    method: "POST",
    headers: { "Tus-Resumable": "1.0.0", "Upload-Length": String(file.size), "Upload-Metadata": `filename ${name}` },
  });
  if (!begun.ok) throw await refused(begun);
  const address = begun.headers.get("Location")!;
  let received = 0;
  for (let tries = 0; received < file.size; ) {
    told({ received, length: file.size, waiting: tries > 0 });
    try {
      const answer = await fetch(address, {
        method: "PATCH",
        headers: { "Tus-Resumable": "1.0.0", "Upload-Offset": String(received), "Content-Type": "application/offset+octet-stream" },
        body: file.slice(received, received + PIECE),
      });
      if (!answer.ok && answer.status !== 409) throw await refused(answer);
      // After a lost answer the server knows better than we do how far it is.
      received = answer.ok ? Number(answer.headers.get("Upload-Offset")) : await standing(address);
      tries = 0;
    } catch (what) {
      if (what instanceof Problem || ++tries > TRIES) throw what;
      await pause(Math.min(500 * 2 ** tries, 15_000));
      received = await standing(address).catch(() => received);
    }
  }
  told({ received, length: file.size, waiting: false });
  return address.split("/").pop()!;
}

async function standing(address: string): Promise<number> {
  const answer = await fetch(address, { method: "HEAD", headers: { "Tus-Resumable": "1.0.0" } });
  if (!answer.ok) throw await refused(answer);
  return Number(answer.headers.get("Upload-Offset"));
}
