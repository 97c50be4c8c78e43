// A photo as it is kept and sent: upright, at most 1280 pixels, at most 36 KB, so that a day of them goes over a village's line in
// a minute. A face, a room, a meter, a page held close stay readable; a whole page of small print does not.

import { whereAmI } from "../parts/position";

const EDGE = 1280;
export const MOST_BYTES = 36 * 1024;
const SMALL = 160;

export interface Shot { bytes: ArrayBuffer; small: string; width: number; height: number }

function drawn(picture: ImageBitmap, edge: number): HTMLCanvasElement {
  const by = Math.min(1, edge / Math.max(picture.width, picture.height));
  const canvas = Object.assign(document.createElement("canvas"), { width: Math.round(picture.width * by), height: Math.round(picture.height * by) });
  const pen = canvas.getContext("2d")!;
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas;
}

const packed = (canvas: HTMLCanvasElement, quality: number) =>
  new Promise<Blob>((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), "image/jpeg", quality));

/** Draws a photo anew, smaller until it fits: first with fewer shades, then with fewer pixels. */
export async function shrunk(file: Blob): Promise<Shot> {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  for (let edge = EDGE; ; edge = Math.round(edge * 0.8)) {
    const canvas = drawn(picture, edge);
    for (const quality of [0.75, 0.6, 0.5, 0.4]) {
      const blob = await packed(canvas, quality);
      if (blob.size > MOST_BYTES && edge > 320) continue;
      const small = drawn(picture, SMALL).toDataURL("image/jpeg", 0.5);
      picture.close();
      return { bytes: await blob.arrayBuffer(), small, width: canvas.width, height: canvas.height };
    }
  }
}

/** A moment by the civil clock of the country, as the server reads it, whatever the phone is set to. */
export const civil = (at: Date): string => `${new Date(at.getTime() + 8 * 3_600_000).toISOString().slice(0, 19)}+08:00`;

/** Where the phone is, if it was allowed to say so; nobody is asked for it here. */
export async function place(): Promise<string> {
  const granted = await navigator.permissions?.query({ name: "geolocation" }).catch(() => null);
  return granted?.state === "granted" ? whereAmI() : "";
}
