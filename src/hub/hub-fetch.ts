import { setTimeout as sleep } from "node:timers/promises";
import { connectionFailure } from "../error-text.ts";
import { packageVersion } from "../package-version.ts";
import { retryAfter } from "../retry-after.ts";
import type { HubSettings } from "./settings.ts";

/** The hub answered, but not with what was asked for. */
export class HubResponseError extends Error {
  override readonly name = "HubResponseError";
  readonly status: number;
  /** The hub's own word for it, such as `RepoNotFound` or `GatedRepo`; empty where it gives none. */
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** The hub could not be reached, or went silent. */
export class HubConnectionError extends Error {
  override readonly name = "HubConnectionError";
}

/** Requests are tried this often in all. */
export const attempts = 5;
/** Seconds that a server may make us wait with Retry-After. */
const longestWait = 120;

export interface HubFetchOptions {
  signal?: AbortSignal;
  /** Bytes of a request's body that the server has taken whole. */
  onSent?: (bytes: number) => void;
}

/**
 * `fetch` for the hub: sends the token to the hub and to nobody else, repeats what may be repeated, and throws
 * HubResponseError or HubConnectionError instead of returning a response that is not ok.
 */
export function createHubFetch(settings: HubSettings, options: HubFetchOptions = {}): typeof fetch {
  const hub = new URL(settings.endpoint).origin;
  const agent = `gpgrad/${packageVersion()}; node/${process.versions.node}`;
  return async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const method = init.method ?? "GET";
    const headers = new Headers(init.headers);
    headers.set("User-Agent", agent);
    if (settings.token !== null && url.origin === hub) {
      headers.set("Authorization", `Bearer ${settings.token}`);
    }
    // What is made already is told by its name; a commit whose answer was lost must not be made twice.
    const repeatable = method === "GET" || method === "PUT" || isNamedCreation(url);
    for (let attempt = 1; ; attempt++) {
      const last = attempt === attempts;
      let wait = settings.retryDelay * 2 ** (attempt - 1);
      try {
        const response = await send(url, { ...init, method, headers });
        if (response.ok) {
          options.onSent?.(init.body instanceof Blob ? init.body.size : 0);
          return response;
        }
        const passing =
          response.status === 429 || (repeatable && [408, 500, 502, 503, 504].includes(response.status));
        if (!passing || last) {
          throw await responseError(response);
        }
        wait = Math.min(retryAfter(response) ?? wait, longestWait);
        await response.body?.cancel();
      } catch (error) {
        if (options.signal?.aborted || init.signal?.aborted) {
          throw error;
        }
        if (error instanceof HubResponseError || !repeatable || last) {
          throw error;
        }
      }
      await sleep(wait * 1000, undefined, options.signal && { signal: options.signal });
    }
  };

  async function send(url: URL, init: RequestInit & { method: string }): Promise<Response> {
    const silence = new AbortController();
    // An upload is answered only once it is whole, however long that takes.
    const timer =
      init.method === "PUT" ? undefined : setTimeout(() => silence.abort(), settings.timeout * 1000);
    const signals = [init.signal, options.signal, silence.signal].filter((signal) => signal != null);
    try {
      return await fetch(url, { ...init, signal: AbortSignal.any(signals) });
    } catch (error) {
      if (silence.signal.aborted) {
        throw new HubConnectionError(`no answer from ${url.host} within ${settings.timeout} s`);
      }
      throw options.signal?.aborted || init.signal?.aborted ? error : connectionError(url, error);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** A repository or a branch; made twice, the hub refuses the second. */
function isNamedCreation({ pathname }: URL): boolean {
  return /\/repos\/create$|\/branch\/[^/]+$/.test(pathname);
}

export function connectionError(url: URL, error: unknown): HubConnectionError {
  return new HubConnectionError(`${url.host}: ${connectionFailure(error)}`);
}

async function responseError(response: Response): Promise<HubResponseError> {
  const text = await response.text().catch(() => "");
  const message = response.headers.get("X-Error-Message") ?? (jsonError(text) || response.statusText);
  return new HubResponseError(response.status, response.headers.get("X-Error-Code") ?? "", message);
}

function jsonError(text: string): string {
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    return typeof error === "string" ? error : "";
  } catch {
    return "";
  }
}
