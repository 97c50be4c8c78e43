// A line to the server that comes back by itself: what callers' pages, terminals and agents' pages share.

/** What the server says: one kind, and what belongs to it. */
export type Told = (kind: string, what: any) => void;

export interface LineWishes {
  path: "/api/calls/line" | "/api/calls/desk";
  /** What is said first, whenever the line opens. */
  hello?: () => object;
  told: Told;
  /** Whether the line is there. */
  state?: (open: boolean) => void;
}

/** How often a page says that it is there, in milliseconds; the server gives a silent one up after thirty seconds. */
const BEAT = 10_000;
/** How long a page waits before it tries again, at most. */
const PATIENCE = 5_000;
/** How much waits to be said while the line is away. */
const WAITING = 50;

export class Line {
  private socket?: WebSocket;
  private beating?: ReturnType<typeof setInterval>;
  private trying?: ReturnType<typeof setTimeout>;
  private tries = 0;
  private over = false;
  private waiting: string[] = [];

  constructor(private wishes: LineWishes) {
    this.open();
    addEventListener("online", this.hurry);
  }

  private hurry = () => {
    if (this.over || this.socket?.readyState === WebSocket.OPEN) return;
    clearTimeout(this.trying);
    this.open();
  };

  private open() {
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${this.wishes.path}`);
    this.socket = socket;
    socket.onopen = () => {
      this.tries = 0;
      if (this.wishes.hello) socket.send(JSON.stringify(this.wishes.hello()));
      for (const text of this.waiting.splice(0)) socket.send(text);
      clearInterval(this.beating);
      this.beating = setInterval(() => this.say({ beat: {} }), BEAT);
      this.wishes.state?.(true);
    };
    socket.onmessage = (event) => {
      if (socket !== this.socket) return;
      const said = JSON.parse(event.data as string) as Record<string, unknown>;
      for (const [kind, what] of Object.entries(said)) this.wishes.told(kind, what);
    };
    socket.onclose = () => {
      if (socket !== this.socket) return;
      clearInterval(this.beating);
      this.wishes.state?.(false);
      if (this.over) return;
      this.tries += 1;
      this.trying = setTimeout(() => this.open(), Math.min(250 * 2 ** this.tries, PATIENCE));
    };
  }

  /** Says something, now or as soon as the line is there again. */
  say(what: object) {
    const text = JSON.stringify(what);
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(text);
    else if (!("beat" in what) && this.waiting.length < WAITING) this.waiting.push(text);
  }

  /** Ends it for good. */
  close() {
    this.over = true;
    clearTimeout(this.trying);
    clearInterval(this.beating);
    removeEventListener("online", this.hurry);
    this.socket?.close();
  }
}
