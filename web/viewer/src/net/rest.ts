/** Calls of the server. An error's text is the server's own one line. */

import type { Health, OpenedMessage, Pairs, Ref, Run, Told, World } from "../protocol";

export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

let token: string | null = null;

export function setToken(value: string | null): void {
  token = value;
}

let client: string | null = null;

/** This page's id from `hello`: its control calls are counted for it alone. */
export function setClient(id: string): void {
  client = id;
}

/** Where the server's calls lie: beside the page. */
export function address(path: string): URL {
  return new URL(path.replace(/^\//, ""), document.baseURI.replace(/#.*$/, ""));
}

export function streamAddress(path = "/api/stream"): string {
  const url = address(path);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

async function ask(method: "GET" | "POST", path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { Accept: "*/*" };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (client) headers["Wayside-Client"] = client;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response: Response;
  try {
    response = await fetch(address(path), {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ?? null,
      cache: "no-store",
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, "the server does not answer");
  }
  if (response.ok) return response;
  const answer: unknown = await response.json().catch(() => null);
  throw new ApiError(response.status, detail(answer) ?? `the server says ${response.status}`);
}

async function call<T>(method: "GET" | "POST", path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const response = await ask(method, path, body, signal);
  return (await response.json().catch(() => null)) as T;
}

/** What a call answers. */
export const json = <T>(path: string): Promise<T> => call<T>("GET", path);

/** The same as it is. */
export async function octets(path: string): Promise<ArrayBuffer> {
  return (await ask("GET", path)).arrayBuffer();
}

function detail(answer: unknown): string | null {
  if (typeof answer !== "object" || answer === null || !("detail" in answer)) return null;
  return typeof answer.detail === "string" ? answer.detail : JSON.stringify(answer.detail);
}

export const api = {
  status: () => call<{ run: Run; health: Health | null }>("GET", "/api/status"),
  scenarios: () => call<{ name: string; title: string }[]>("GET", "/api/scenarios"),
  world: (signal?: AbortSignal) => call<World>("GET", "/api/world", undefined, signal),
  /** Of the run beside the first one. */
  otherWorld: (signal?: AbortSignal) => call<World>("GET", "/api/against/world", undefined, signal),
  pairs: () => call<Pairs>("GET", "/api/pairs"),
  tour: () => call<Told>("GET", "/api/tour"),
  object: (ref: Ref) => call<Record<string, unknown>>("GET", `/api/objects/${ref}`),
  message: (number: number, signal?: AbortSignal) =>
    call<OpenedMessage>("GET", `/api/messages/${number}`, undefined, signal),

  start: (scenario: string, seed: number | null, overrides: Record<string, unknown>) =>
    call("POST", "/api/run", { scenario, ...(seed === null ? {} : { seed }), overrides }),
  against: (scenario: string | null, overrides: Record<string, unknown>) =>
    call("POST", "/api/run/against", { scenario, overrides }),
  alone: () => call("POST", "/api/run/alone"),
  pause: () => call("POST", "/api/run/pause"),
  resume: () => call("POST", "/api/run/resume"),
  stop: () => call("POST", "/api/run/stop"),
  step: (steps: number) => call("POST", "/api/run/step", { steps }),
  speed: (factor: number | null) => call("POST", "/api/run/speed", { factor }),
  goto: (time: number) => call("POST", "/api/run/goto", { time }),
  restart: (seed: number | null) => call("POST", "/api/run/restart", seed === null ? {} : { seed }),

  act: (name: string, body: Record<string, unknown>) => call("POST", `/api/actions/${name}`, body),
  unit: (unit: number, on: boolean) => call("POST", "/api/actions/unit", { unit, on }),
  road: (edge: number, closed: boolean) => call("POST", "/api/actions/road", { edge, closed }),
  surge: (count: number, charge: number) => call("POST", "/api/actions/surge", { count, charge }),
  concert: (count: number, x: number, y: number) => call("POST", "/api/actions/concert", { count, x, y }),
};
