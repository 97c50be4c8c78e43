// Speaking and hearing. The browser speaks. It hears by itself where it can; else the server does, where it has an engine;
// else people type.
import { ref } from "vue";
import { Problem } from "../client";
import { lang } from "./words";

/** Whether guidance is read aloud. */
export const aloud = ref(true);

/** Says something, and nothing else. */
export function say(text: string): void {
  if (typeof speechSynthesis === "undefined") return;
  speechSynthesis.cancel();
  if (!aloud.value || !text) return;
  const said = new SpeechSynthesisUtterance(text);
  said.lang = lang.value === "zh" ? "zh-CN" : "en-GB";
  said.rate = 0.95;
  speechSynthesis.speak(said);
}

export const hush = (): void => {
  if (typeof speechSynthesis !== "undefined") speechSynthesis.cancel();
};

interface Recognition {
  lang: string;
  interimResults: boolean;
  onresult: ((event: { results: { transcript: string }[][] }) => void) | null;
  onerror: (() => void) | null;
  onend: (() => void) | null;
  start(): void;
  stop(): void;
}
type Maker = new () => Recognition;
const own = (): Maker | undefined => {
  const known = window as unknown as { SpeechRecognition?: Maker; webkitSpeechRecognition?: Maker };
  return known.SpeechRecognition ?? known.webkitSpeechRecognition;
};

/** How this terminal hears. */
export const hearsBy = (server: boolean): "server" | "browser" | "none" =>
  server && typeof MediaRecorder !== "undefined" && navigator.mediaDevices ? "server" : own() ? "browser" : "none";

/** Something that is listening: `stop` ends it, `text` is what was heard, empty when nothing was. */
export interface Ear {
  stop: () => void;
  text: Promise<string>;
}

/** Begins to listen. */
export function listen(by: "server" | "browser"): Ear {
  return by === "server" ? byServer() : byBrowser();
}

function byBrowser(): Ear {
  const ear = new (own()!)();
  ear.lang = "zh-CN";
  ear.interimResults = false;
  const text = new Promise<string>((tell) => {
    ear.onresult = (event) => tell(event.results[0]?.[0]?.transcript ?? "");
    ear.onerror = () => tell("");
    ear.onend = () => tell("");
  });
  ear.start();
  return { stop: () => ear.stop(), text };
}

/** The longest that is listened to, milliseconds: what the engine takes at once. */
const LONGEST = 8_000;
const RATE = 16_000;

function byServer(): Ear {
  let stop = () => {};
  const text = (async () => {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, echoCancellation: true } });
    const recorder = new MediaRecorder(stream);
    const pieces: Blob[] = [];
    recorder.ondataavailable = (event) => pieces.push(event.data);
    const ended = new Promise<void>((tell) => (recorder.onstop = () => tell()));
    stop = () => recorder.state === "recording" && recorder.stop();
    recorder.start();
    const limit = setTimeout(() => stop(), LONGEST);
    await ended;
    clearTimeout(limit);
    for (const track of stream.getTracks()) track.stop();
    const sound = await new AudioContext().decodeAudioData(await new Blob(pieces).arrayBuffer());
    const answer = await fetch("/api/voice/hear", { method: "POST", headers: { "Content-Type": "audio/wav" }, body: wav(await atRate(sound)) });
    const said = await answer.json();
    if (!answer.ok) throw new Problem(answer.status, said.code, said.title, said.detail, []);
    return said.text as string;
  })();
  return { stop: () => stop(), text };
}

/** Sound as the engine takes it: one channel, 16,000 values a second. */
async function atRate(sound: AudioBuffer): Promise<Float32Array> {
  const frames = Math.min(Math.ceil(sound.duration * RATE), (LONGEST / 1000) * RATE);
  const context = new OfflineAudioContext(1, Math.max(1, frames), RATE);
  const source = context.createBufferSource();
  source.buffer = sound;
  source.connect(context.destination);
  source.start();
  return (await context.startRendering()).getChannelData(0);
}

/** A WAV file of 16-bit values. */
export function wav(values: Float32Array): ArrayBuffer {
  const file = new ArrayBuffer(44 + values.length * 2);
  const at = new DataView(file);
  const text = (place: number, what: string) => [...what].forEach((sign, n) => at.setUint8(place + n, sign.charCodeAt(0)));
  text(0, "RIFF");
  at.setUint32(4, 36 + values.length * 2, true);
  text(8, "WAVEfmt ");
  at.setUint32(16, 16, true);
  at.setUint16(20, 1, true);
  at.setUint16(22, 1, true);
  at.setUint32(24, RATE, true);
  at.setUint32(28, RATE * 2, true);
  at.setUint16(32, 2, true);
  at.setUint16(34, 16, true);
  text(36, "data");
  at.setUint32(40, values.length * 2, true);
  values.forEach((value, n) => at.setInt16(44 + n * 2, Math.max(-1, Math.min(1, value)) * 0x7fff, true));
  return file;
}
