// A camera's stream that is made here: a browser draws a clock and records it as fragmented MP4; its parts are served as HLS does.

/** Records some seconds: the part that begins every stream, and the parts after it, one a second or so. */
export async function recorded(page, seconds = 3) {
  const base64 = await page.evaluate(async (seconds) => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 180 });
    const pen = canvas.getContext("2d");
    let frame = 0;
    const drawing = setInterval(() => {
      pen.fillStyle = `hsl(${frame % 360} 60% 40%)`;
      pen.fillRect(0, 0, 320, 180);
      pen.fillStyle = "#fff";
      pen.font = "40px sans-serif";
      pen.fillText(String(frame++), 20, 100);
    }, 40);
    const type = ["video/mp4;codecs=avc1.42E01E", "video/mp4"].find((one) => MediaRecorder.isTypeSupported(one));
    const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: type, videoBitsPerSecond: 300_000 });
    const parts = [];
    recorder.ondataavailable = (event) => parts.push(event.data);
    const ended = new Promise((resolve) => { recorder.onstop = resolve; });
    recorder.start(1000);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    recorder.stop();
    await ended;
    clearInterval(drawing);
    const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
    let text = "";
    for (const byte of bytes) text += String.fromCharCode(byte);
    return btoa(text);
  }, seconds);
  const bytes = Buffer.from(base64, "base64");
  // Boxes of the file: a length of four bytes, then the name of four.
  const boxes = [];
  for (let at = 0; at + 8 <= bytes.length;) {
    const size = bytes.readUInt32BE(at);
    if (size < 8) break;
    boxes.push({ name: bytes.toString("latin1", at + 4, at + 8), bytes: bytes.subarray(at, at + size) });
    at += size;
  }
  const first = boxes.findIndex((box) => box.name === "moof");
  const init = Buffer.concat(boxes.slice(0, first).map((box) => box.bytes));
  const segments = [];
  for (let n = first; n < boxes.length; n += 1) {
    if (boxes[n].name === "moof" && boxes[n + 1]?.name === "mdat") segments.push(Buffer.concat([boxes[n].bytes, boxes[n + 1].bytes]));
  }
  return { init, segments };
}

/** The playlist of it. */
export const playlist = ({ segments }, seconds = 3) => {
  const each = (seconds / segments.length).toFixed(3);
  return ["#EXTM3U", "#EXT-X-VERSION:7", `#EXT-X-TARGETDURATION:${Math.ceil(Number(each)) + 1}`, '#EXT-X-MAP:URI="init.mp4"', ...segments.flatMap((_, n) => [`#EXTINF:${each},`, `seg-${n}.m4s`]), "#EXT-X-ENDLIST", ""].join("\n");
};
