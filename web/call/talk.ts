// Sound and pictures from browser to browser, by perfect negotiation (W3C WebRTC, example 4.7). What cannot be had falls away in
// turn: pictures, then sound; writing always remains.

/** What a stream shows. */
export type Role = "face" | "document" | "watched";
/** What two people have of each other. */
export type Level = "video" | "audio" | "text";

export interface TalkWishes {
  /** Of two who offer at once, the polite one gives way. */
  polite: boolean;
  ice: RTCIceServer[];
  send: (body: object) => void;
  /** A stream of the other side. */
  stream: (role: Role, stream: MediaStream) => void;
  level?: (level: Level) => void;
  /** Only through a TURN server: for tests of one. */
  relay?: boolean;
}

interface Said {
  from: string;
  description?: RTCSessionDescriptionInit;
  candidate?: RTCIceCandidateInit;
  streams?: Record<string, Role>;
}

/** How long a connection may take before the next lesser thing is tried, in milliseconds. */
const SLOW = 10_000;
/** How long the first try may take: a way is found in half a second, or not at all, and looking again costs nothing. */
const FIRST = 2_500;

export const canTalk = () => typeof RTCPeerConnection !== "undefined";

export class Talk {
  private own = Math.random().toString(36).slice(2);
  private peer = "";
  private pc?: RTCPeerConnection;
  private offering = false;
  private ignoring = false;
  private early: RTCIceCandidateInit[] = [];
  private roles: Record<string, Role> = {};
  private theirs: Record<string, Role> = {};
  private streams: [Role, MediaStream][] = [];
  private failures = 0;
  private slow?: ReturnType<typeof setTimeout>;
  private over = false;
  private work: Promise<unknown> = Promise.resolve();

  /** `ready` says when our own streams are known; nothing is answered before. */
  constructor(private wishes: TalkWishes, private ready: Promise<[Role, MediaStream][]>, begins: "begins" | "waits") {
    this.queue(async () => {
      // Only now: while a page shows nothing, a browser hides its addresses, and the first way it looks for may lead nowhere.
      this.streams = await this.ready;
      this.begin();
      this.addStreams();
      if (begins === "begins") await this.offer();
    });
  }

  private begin() {
    const pc = new RTCPeerConnection({ iceServers: this.wishes.ice, iceTransportPolicy: this.wishes.relay ? "relay" : "all", bundlePolicy: "max-bundle" });
    this.pc = pc;
    this.early = [];
    pc.onicecandidate = ({ candidate }) => candidate && this.send({ candidate: candidate.toJSON() });
    pc.ontrack = ({ streams }) => {
      for (const stream of streams) this.wishes.stream(this.theirs[stream.id] ?? "face", stream);
    };
    pc.oniceconnectionstatechange = () => {
      if (pc !== this.pc) return;
      if (["connected", "completed"].includes(pc.iceConnectionState)) {
        clearTimeout(this.slow);
        this.failures = 0;
        performance.mark("connected");
        this.wishes.level?.(this.level());
      } else if (pc.iceConnectionState === "failed") this.lessen();
    };
    clearTimeout(this.slow);
    this.slow = setTimeout(() => this.lessen(), FIRST);
  }

  private addStreams() {
    const pc = this.pc!;
    for (const [role, stream] of this.streams) {
      this.roles[stream.id] = role;
      for (const track of stream.getTracks()) pc.addTrack(track, stream);
    }
    // Whoever has nothing to show can still see and hear.
    for (const kind of ["audio", "video"]) {
      if (!this.streams.some(([, stream]) => stream.getTracks().some((track) => track.kind === kind))) pc.addTransceiver(kind, { direction: "recvonly" });
    }
  }

  private send(what: Omit<Said, "from">) {
    if (!this.over) this.wishes.send({ from: this.own, ...what });
  }

  private queue(what: () => Promise<unknown>) {
    this.work = this.work.then(() => (this.over ? undefined : what())).catch((fault) => console.warn("talk", fault));
  }

  private async offer(options?: RTCOfferOptions) {
    const pc = this.pc!;
    this.offering = true;
    try {
      await pc.setLocalDescription(await pc.createOffer(options));
      this.send({ description: pc.localDescription!.toJSON(), streams: this.roles });
    } finally {
      this.offering = false;
    }
  }

  /** What the other browser says. */
  take(body: Said) {
    this.queue(async () => {
      if (this.peer && body.from !== this.peer) {
        // Their page was loaded anew: so is our side of the connection.
        this.pc!.close();
        this.begin();
        this.addStreams();
      }
      const pc = this.pc!;
      this.peer = body.from;
      Object.assign(this.theirs, body.streams);
      const { description, candidate } = body;
      if (description) {
        const collision = description.type === "offer" && (this.offering || pc.signalingState !== "stable");
        this.ignoring = !this.wishes.polite && collision;
        if (this.ignoring) return;
        await pc.setRemoteDescription(description);
        for (const one of this.early.splice(0)) await pc.addIceCandidate(one).catch(() => undefined);
        if (description.type === "offer") {
          await pc.setLocalDescription();
          this.send({ description: pc.localDescription!.toJSON(), streams: this.roles });
        }
      } else if (candidate) {
        if (!pc.remoteDescription) this.early.push(candidate);
        else await pc.addIceCandidate(candidate).catch((fault) => { if (!this.ignoring) throw fault; });
      }
    });
  }

  private level(): Level {
    return this.streams.some(([, stream]) => stream.getVideoTracks().length) ? "video" : "audio";
  }

  /** It did not come about, or broke: another way is looked for, then less is asked for. */
  private lessen() {
    if (this.over) return;
    this.failures += 1;
    clearTimeout(this.slow);
    if (this.failures > 3) {
      this.pc!.close();
      this.wishes.level?.("text");
      return;
    }
    if (this.failures > 1) {
      for (const sender of this.pc!.getSenders()) if (sender.track?.kind === "video") void sender.replaceTrack(null);
      this.wishes.level?.("audio");
    }
    this.slow = setTimeout(() => this.lessen(), SLOW);
    this.queue(() => this.offer({ iceRestart: true }));
  }

  /** What is sent from now on, instead of what was. */
  mute(kind: "audio" | "video", on: boolean) {
    for (const [, stream] of this.streams) for (const track of stream.getTracks()) if (track.kind === kind) track.enabled = on;
  }

  /** By which way the two are connected: `host`, `srflx` or `relay`. */
  async way(): Promise<string> {
    const stats = [...(await this.pc!.getStats()).values()];
    const pair = stats.find((one) => one.type === "candidate-pair" && one.nominated && one.state === "succeeded");
    return stats.find((one) => one.id === pair?.localCandidateId)?.candidateType ?? "";
  }

  end() {
    this.over = true;
    clearTimeout(this.slow);
    this.pc?.close();
  }
}
