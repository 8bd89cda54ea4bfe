import { readFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { ConfigError } from "../errors.ts";
import { isMissingPath } from "../missing-path.ts";

/** Where the hub is and who asks: the environment variables that Python's huggingface_hub reads. */
export interface HubSettings {
  /** Without a slash at its end. */
  endpoint: string;
  token: string | null;
  /** Holds `models--org--name/{blobs,refs,snapshots}`. */
  cacheFolder: string;
  /** True where nothing may be asked of the hub. */
  offline: boolean;
  /** Seconds without an answer or a byte after which a connection counts as lost. */
  timeout: number;
  /** Seconds before the first repetition of a failed request; each further one waits twice as long. */
  retryDelay: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads HF_ENDPOINT, HF_TOKEN, HF_HOME, HF_HUB_CACHE, HF_HUB_OFFLINE, HF_HUB_DOWNLOAD_TIMEOUT and their elder names. */
export function readHubSettings(environment: Environment = process.env): HubSettings {
  // An empty variable counts as one that is not set.
  const given = (...names: string[]) => names.map((name) => environment[name]).find(Boolean);
  const folder = (...names: string[]) => {
    const text = given(...names);
    return text === undefined ? undefined : path.resolve(expand(text, environment));
  };
  const home =
    folder("HF_HOME") ??
    path.join(folder("XDG_CACHE_HOME") ?? path.join(os.homedir(), ".cache"), "huggingface");
  const offline = given("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE") ?? "";
  return {
    endpoint: checkEndpoint(given("HF_ENDPOINT") ?? "https://huggingface.co"),
    token:
      cleanToken(given("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")) ??
      readToken(folder("HF_TOKEN_PATH") ?? path.join(home, "token")),
    cacheFolder: folder("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE") ?? path.join(home, "hub"),
    offline: ["1", "ON", "YES", "TRUE"].includes(offline.toUpperCase()),
    timeout: checkTimeout(given("HF_HUB_DOWNLOAD_TIMEOUT")),
    retryDelay: 1,
  };
}

function checkEndpoint(text: string): string {
  const endpoint = text.trim().replace(/\/+$/, "");
  if (!/^https?:$/.test(URL.canParse(endpoint) ? new URL(endpoint).protocol : "")) {
    throw new ConfigError(
      `HF_ENDPOINT is ${JSON.stringify(text)}, which is no http or https address; correct or unset it`,
    );
  }
  return endpoint;
}

function checkTimeout(text = "30"): number {
  const seconds = Number(text);
  if (!(seconds > 0)) {
    throw new ConfigError(
      `HF_HUB_DOWNLOAD_TIMEOUT is ${JSON.stringify(text)}, which is no number of seconds above 0; correct or unset it`,
    );
  }
  return seconds;
}

function cleanToken(text: string | undefined): string | null {
  return text?.replaceAll(/[\r\n]/g, "").trim() || null;
}

function readToken(file: string): string | null {
  try {
    return cleanToken(readFileSync(file, "utf8"));
  } catch (error) {
    if (isMissingPath(error)) {
      return null;
    }
    throw new ConfigError(
      `cannot read the hub token in ${file}: ${(error as Error).message}; mend the file or set HF_TOKEN`,
    );
  }
}

/** `~`, `$NAME` and `${NAME}` as a shell would; an unknown name stays as it is. */
function expand(text: string, environment: Environment): string {
  return text
    .replace(/^~(?=$|\/|\\)/, () => os.homedir())
    .replaceAll(/\$(?:(\w+)|\{(\w+)\})/g, (all, plain, braced) => environment[plain ?? braced] ?? all);
}
