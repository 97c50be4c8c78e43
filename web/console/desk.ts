// The agent's side of a call: the line, what rings, who talks, pictures, the caller's form, a recording by pieces.
import { reactive, shallowReactive } from "vue";
import { Line } from "../call/line";
import { media, stop, type Media } from "../call/media";
import { Talk, type Level, type Role } from "../call/talk";
import { api } from "../client";

/** A call that rings, or that one is in. */
export interface Ringing { call: number; skill: string; service: string; channel: string; language: string; number: string; waited: number }
export interface Joined { call: number; skill: string; service: string; channel: string; number: string; case: string; photos: number; said: { by: string; text: string }[]; form: { service: string; fields: Record<string, string> } | null; here: boolean; ice: RTCIceServer[]; consent: string }

/** How long a piece of a recording is, in milliseconds. */
const PIECE = 4_000;

export interface Desk {
  open: boolean;
  free: boolean;
  rings: Ringing | null;
  joined: Joined | null;
  held: boolean;
  watcher: string;
  wrapping: number;
  watching: number;
  refused: string;
  proposals: { n: number; at: string; taken: boolean | null }[];
  photos: number[];
  consent: string;
  recording: "" | "on" | "kept";
  level: Level;
  lack: string;
}

/** Opens the line of the desk. `streams` gets what is to be shown: of the caller, of oneself, of whom one listens to. */
export function openDesk(watches: boolean, shown: (role: Role | "own", stream: MediaStream | null) => void) {
  const desk = reactive<Desk>({ open: false, free: false, rings: null, joined: null, held: false, watcher: "", wrapping: 0, watching: 0, refused: "", proposals: [], photos: [], consent: "", recording: "", level: "video", lack: "" });
  const theirs = shallowReactive(new Map<Role, MediaStream>());
  let talk: Talk | undefined;
  let heard: Talk | undefined;
  let own: Promise<Media> | undefined;
  /** What a caller's browser said before we were told that we talk. */
  let early: any[] = [];
  let recorder: MediaRecorder | undefined;
  const query = new URLSearchParams(location.search);

  const line = new Line({
    path: "/api/calls/desk",
    state: (open) => (desk.open = open),
    told: (kind, what) => {
      desk.refused = "";
      const does: Record<string, () => void> = {
        welcome: () => {
          desk.free = what.free;
          desk.wrapping = what.wrapping ?? 0;
          if (!what.rings) desk.rings = null;
          if (what.joined && desk.joined?.call !== what.joined.call) join(what.joined, "begins");
          else if (what.joined && desk.joined) {
            // What was written, and whatever was shared, while the line was away.
            const [own, theirs] = [desk.joined, what.joined as Joined];
            for (const one of theirs.said) if (!own.said.some((known) => known.by === one.by && known.text === one.text)) own.said.push(one);
            Object.assign(own, { form: theirs.form ?? own.form, here: theirs.here, case: theirs.case });
          }
          if (!what.joined && desk.joined) leave();
        },
        free: () => (desk.free = true),
        paused: () => (desk.free = false),
        rings: () => {
          early = [];
          desk.rings = what;
          own ??= media({ drawn: query.has("drawn"), label: "desk" });
        },
        stops: () => (desk.rings = null),
        joined: () => join(what, "waits"),
        caller: () => desk.joined && (desk.joined.here = what.here),
        "put-back": () => leave(),
        ended: () => {
          desk.wrapping = what.call;
          leave();
        },
        filed: () => (desk.wrapping = 0),
        signal: () => {
          // Whoever was on a telephone may open a page for pictures later.
          if (what.from === "caller" && !desk.joined) return void early.push(what.body);
          if (what.from === "caller" && !talk) begin("waits");
          (what.from === "caller" ? talk : heard)?.take(what.body);
        },
        text: () => desk.joined?.said.push(what),
        hold: () => {
          desk.held = what.on;
          for (const kind of ["audio", "video"] as const) talk?.mute(kind, !what.on);
        },
        form: () => desk.joined && (desk.joined.form = what),
        field: () => desk.joined?.form && (desk.joined.form.fields[what.at] = what.value),
        proposal: () => desk.proposals.push({ ...what, taken: null }),
        replied: () => {
          const one = desk.proposals.find((one) => one.n === what.n);
          if (one) one.taken = what.taken;
        },
        photo: () => desk.photos.push(what.n),
        case: () => desk.joined && (desk.joined.case = what.number),
        consent: () => {
          desk.consent = what.given ? "given" : "refused";
          if (what.given) void record();
        },
        watcher: () => {
          desk.watcher = what.here ? what.name : "";
          heard?.end();
          heard = undefined;
          if (what.here) hear();
        },
        watched: () => listenTo(what),
        refused: () => (desk.refused = what.detail),
      };
      does[kind]?.();
    },
  });

  /** Whether sound goes by browsers at all. */
  const byBrowser = (joined: Joined) => joined.channel !== "telephone" || joined.here;

  function join(joined: Joined, how: "begins" | "waits") {
    if (desk.joined) leave();
    desk.rings = null;
    desk.wrapping = 0;
    Object.assign(desk, { joined, held: false, watcher: "", proposals: [], photos: Array.from({ length: joined.photos }, (_, n) => n + 1), consent: joined.consent, recording: "", level: "video" });
    if (byBrowser(joined)) begin(how);
    for (const body of early.splice(0)) talk?.take(body);
  }

  /** Sound and pictures with the caller. */
  function begin(how: "begins" | "waits") {
    const joined = desk.joined;
    if (!joined) return;
    own ??= media({ drawn: query.has("drawn"), label: "desk" });
    const streams = own.then((found) => {
      desk.lack = found.lack;
      shown("own", found.streams[0]?.[1] ?? null);
      return found.streams;
    });
    const wishes = { polite: false, ice: joined.ice, relay: query.has("relay") };
    talk = new Talk({ ...wishes, send: (body) => line.say({ signal: { to: "caller", body } }), level: (level) => (desk.level = level), stream: (role, stream) => { theirs.set(role, stream); shown(role, stream); } }, streams, how);
    if (joined.consent === "given") void record();
  }

  function leave() {
    void finishRecording();
    talk?.end();
    heard?.end();
    [talk, heard] = [undefined, undefined];
    theirs.clear();
    for (const role of ["face", "document", "own"] as const) shown(role, null);
    void own?.then((found) => stop(found.streams));
    own = undefined;
    desk.joined = null;
    desk.watcher = "";
  }

  /** A supervisor listens: both sides of the talk go to them as well. */
  function hear() {
    const both = (own ?? Promise.resolve<Media>({ streams: [], lack: "none" })).then((found) => [...found.streams, ...[...theirs.values()].map((stream) => ["watched", stream] as [Role, MediaStream])]);
    heard = new Talk({ polite: false, ice: desk.joined?.ice ?? [], send: (body) => line.say({ signal: { to: "watcher", body } }), stream: () => undefined }, both, "begins");
  }

  /** We listen: everything comes from the agent's browser. */
  function listenTo(what: { call: number; ice?: RTCIceServer[]; over?: boolean }) {
    heard?.end();
    heard = undefined;
    shown("watched", null);
    shown("face", null);
    desk.watching = what.over ? 0 : what.call;
    if (what.over) return;
    heard = new Talk({ polite: true, ice: what.ice ?? [], send: (body) => line.say({ signal: { to: "agent", body } }), stream: (role, stream) => shown(role, stream) }, Promise.resolve([]), "waits");
  }

  /** Records both sides, once the caller has agreed: pictures of the caller, sound of both. */
  async function record() {
    const joined = desk.joined;
    if (!joined || recorder || typeof MediaRecorder === "undefined") return;
    const mixed = new AudioContext();
    const into = mixed.createMediaStreamDestination();
    const mine = (await own)?.streams.map(([, stream]) => stream) ?? [];
    for (const stream of [...theirs.values(), ...mine]) if (stream.getAudioTracks().length) mixed.createMediaStreamSource(stream).connect(into);
    const pictures = theirs.get("face")?.getVideoTracks() ?? [];
    let n = (await api.recordingState(joined.call).catch(() => ({ pieces: 0 }))).pieces;
    let sending: Promise<unknown> = Promise.resolve();
    const piece = async (data: Blob, n: number) => {
      for (let tries = 0; tries < 8; tries += 1) {
        const answer = await fetch(`/api/calls/${joined.call}/recording/${n}`, { method: "POST", body: data, headers: { "content-type": "application/octet-stream" } }).catch(() => undefined);
        if (answer?.ok || (answer && answer.status < 500)) return;
        await new Promise((done) => setTimeout(done, 500 * 2 ** tries));
      }
    };
    recorder = new MediaRecorder(new MediaStream([...into.stream.getAudioTracks(), ...pictures]), { videoBitsPerSecond: 250_000, audioBitsPerSecond: 32_000 });
    recorder.ondataavailable = ({ data }) => {
      if (!data.size) return;
      const own = n++;
      sending = sending.then(() => piece(data, own));
    };
    recorder.onstop = () => {
      void mixed.close();
      sending = sending.then(() => api.recordingOver(joined.call)).then(() => (desk.recording = "kept")).catch(() => undefined);
    };
    recorder.start(PIECE);
    desk.recording = "on";
  }

  async function finishRecording() {
    if (recorder && recorder.state !== "inactive") recorder.stop();
    recorder = undefined;
  }

  return {
    desk,
    say: (what: object) => line.say(what),
    way: () => talk?.way() ?? Promise.resolve(""),
    close: () => {
      leave();
      line.close();
    },
    watches,
  };
}
