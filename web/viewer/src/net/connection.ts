/** The websocket: opened, kept, and opened again after a server has gone. Knows nothing of what is said on it. */

import type { ClientMessage } from "../protocol";

export type LinkState =
  | { state: "connecting" }
  | { state: "open" }
  /** Gone; the next attempt is in `wait` ms. */
  | { state: "lost"; attempts: number; wait: number }
  /** The server does not want us: no use in trying again. */
  | { state: "refused"; reason: string };

/** What is used of a WebSocket. */
export interface Socket {
  binaryType: string;
  readonly readyState: number;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  send(text: string): void;
  close(): void;
}

export interface Options {
  url: string;
  token: string | null;
  onText: (text: string) => void;
  onFrame: (frame: ArrayBuffer) => void;
  onState: (state: LinkState) => void;
  /** Why a connection that never opened was refused, null where nobody answers or all is well. */
  probe: () => Promise<string | null>;
  /** Whether something should come at least every few seconds: only then is silence a fault. */
  expects?: () => boolean;
  open?: (url: string, protocols: string[]) => Socket;
  random?: () => number;
}

const OPEN = 1;
const FIRST_WAIT = 400;
const LONGEST_WAIT = 5000;
/** An attempt that neither opens nor fails is given up, ms. */
const PATIENCE = 8000;
/** A connection that is silent for so long is dead though nobody has said so: a sleeping laptop, another network. */
const SILENCE = 20_000;

export class Connection {
  private socket: Socket | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private attempts = 0;
  private closed = false;
  private watchdog: ReturnType<typeof setInterval> | null = null;
  private heard = 0;

  constructor(private readonly options: Options) {}

  /** Open now, also while waiting for the next attempt. */
  connect(): void {
    if (this.closed || this.socket) return;
    this.clear();
    const { url, token, open = (address, protocols) => new WebSocket(address, protocols) as Socket } = this.options;
    const protocols = ["wayside.1", ...(token ? [`token.${token}`] : [])];
    if (this.attempts === 0) this.options.onState({ state: "connecting" });
    const socket = open(url, protocols);
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    let opened = false;
    this.timer = setTimeout(() => this.lose(socket, opened), PATIENCE);
    socket.onopen = () => {
      opened = true;
      this.clear();
      this.attempts = 0;
      this.heard = Date.now();
      this.watchdog = setInterval(() => this.look(socket), SILENCE / 4);
      this.options.onState({ state: "open" });
    };
    socket.onmessage = ({ data }) => {
      this.heard = Date.now();
      if (typeof data === "string") this.options.onText(data);
      else if (data instanceof ArrayBuffer) this.options.onFrame(data);
    };
    socket.onclose = () => this.lose(socket, opened);
  }

  /** Whether it went out. */
  send(message: ClientMessage): boolean {
    if (this.socket?.readyState !== OPEN) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  close(): void {
    this.closed = true;
    this.clear();
    this.drop();
  }

  private look(socket: Socket): void {
    const expects = this.options.expects?.() ?? false;
    if (!expects) this.heard = Date.now();
    else if (Date.now() - this.heard > SILENCE) this.lose(socket, true);
  }

  private lose(socket: Socket, opened: boolean): void {
    if (socket !== this.socket || this.closed) return;
    this.clear();
    this.drop();
    const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.attempts);
    this.attempts += 1;
    const jitter = 0.8 + 0.4 * (this.options.random ?? Math.random)();
    this.options.onState({ state: "lost", attempts: this.attempts, wait: Math.round(wait * jitter) });
    this.timer = setTimeout(() => this.connect(), wait * jitter);
    // A refused handshake and a server that is not there look the same from here: ask the other way.
    if (!opened) void this.ask();
  }

  private async ask(): Promise<void> {
    const reason = await this.options.probe().catch(() => null);
    if (reason === null || this.closed || this.socket?.readyState === OPEN) return;
    this.close();
    this.options.onState({ state: "refused", reason });
  }

  private drop(): void {
    const socket = this.socket;
    this.socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  private clear(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    if (this.watchdog !== null) clearInterval(this.watchdog);
    this.timer = null;
    this.watchdog = null;
  }
}
