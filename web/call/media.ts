// What a machine has to show: its cameras and its microphone; a drawn picture where there is no camera; nothing where it is refused.
import type { Role } from "./talk";

/** Why there is no picture. */
export type Lack = "" | "none" | "refused" | "unable";

export interface Media {
  streams: [Role, MediaStream][];
  lack: Lack;
}

/** A picture that moves, so that two windows on one machine can be tried without a camera. */
export function drawnPicture(text: string): MediaStream {
  const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 240 });
  const pen = canvas.getContext("2d")!;
  let n = 0;
  const draw = () => {
    n += 1;
    pen.fillStyle = "#0b5cad";
    pen.fillRect(0, 0, 320, 240);
    pen.fillStyle = "#fff";
    pen.font = "24px sans-serif";
    pen.fillText(text, 20, 60);
    pen.fillText(new Date().toLocaleTimeString(), 20, 100);
    pen.fillRect((n * 8) % 320, 180, 40, 40);
  };
  draw();
  const stream = canvas.captureStream(15);
  const drawing = setInterval(draw, 66);
  stream.getVideoTracks()[0]?.addEventListener("ended", () => clearInterval(drawing));
  return stream;
}

/** Asks for the cameras: the face, and the one above the document where a terminal has two. */
export async function media(wishes: { both?: boolean; drawn?: boolean; label: string }): Promise<Media> {
  if (wishes.drawn) return { streams: [["face", drawnPicture(wishes.label)]], lack: "none" };
  const devices = navigator.mediaDevices;
  if (!devices?.getUserMedia) return { streams: [], lack: "unable" };
  const video = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 20 } };
  try {
    const face = await devices.getUserMedia({ audio: true, video: { ...video, facingMode: "user" } });
    const streams: [Role, MediaStream][] = [["face", face]];
    if (wishes.both) {
      const used = face.getVideoTracks()[0]?.getSettings().deviceId;
      const other = (await devices.enumerateDevices()).find((one) => one.kind === "videoinput" && one.deviceId !== used);
      const second = other && (await devices.getUserMedia({ video: { width: { ideal: 1280 }, deviceId: { exact: other.deviceId } } }).catch(() => undefined));
      if (second) streams.push(["document", second]);
    }
    return { streams, lack: "" };
  } catch (fault) {
    const name = (fault as DOMException).name;
    const sound = await devices.getUserMedia({ audio: true }).catch(() => undefined);
    if (sound) return { streams: [["face", sound]], lack: name === "NotAllowedError" ? "refused" : "none" };
    if (name === "NotFoundError" || name === "NotReadableError") return { streams: [["face", drawnPicture(wishes.label)]], lack: "none" };
    return { streams: [], lack: "refused" };
  }
}

export function stop(streams: [Role, MediaStream][]) {
  for (const [, stream] of streams) for (const track of stream.getTracks()) track.stop();
}

/** A photograph small enough to send: its longer side at most 1600 pixels, JPEG. */
export async function smaller(file: Blob): Promise<Blob> {
  const picture = await createImageBitmap(file).catch(() => undefined);
  if (!picture) return file;
  const scale = Math.min(1, 1600 / Math.max(picture.width, picture.height));
  const canvas = Object.assign(document.createElement("canvas"), { width: Math.round(picture.width * scale), height: Math.round(picture.height * scale) });
  canvas.getContext("2d")!.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob((blob) => done(blob ?? file), "image/jpeg", 0.85));
}

/** Shows a stream, and marks when its first picture is there. */
export function show(video: HTMLVideoElement, stream: MediaStream, mark: string) {
  if (video.srcObject !== stream) video.srcObject = stream;
  void video.play().catch(() => undefined);
  if (performance.getEntriesByName(mark).length) return;
  const first = () => performance.getEntriesByName(mark).length || performance.mark(mark);
  if ("requestVideoFrameCallback" in video) video.requestVideoFrameCallback(first);
  else (video as HTMLVideoElement).addEventListener("playing", first, { once: true });
}
