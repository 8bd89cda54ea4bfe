import { pathToFileURL } from "node:url";
import {
  type CommitOutput,
  commitIter,
  createBranch,
  createRepo,
  listFiles,
  modelInfo,
} from "@huggingface/hub";
import { ConfigError } from "../errors.ts";
import { isWeightsFile } from "../model-files.ts";
import { hubFailure } from "./hub-failure.ts";
import { createHubFetch, HubResponseError } from "./hub-fetch.ts";
import type { HubSettings } from "./settings.ts";

export interface PushedFile {
  /** In the repository. */
  path: string;
  /** On this machine. */
  file: string;
  /** Bytes. */
  size: number;
}

export interface PushOptions {
  files: readonly PushedFile[];
  /** Becomes README.md. */
  card: string;
  /** Of a repository that is not there yet; one that is there must be private already. */
  isPrivate: boolean;
  /** A branch, made from the main one if it is not there. */
  branch: string;
  title: string;
  onProgress?: (progress: { doneBytes: number; totalBytes: number }) => void;
}

export interface PushResult {
  commit: string;
  url: string;
  /** Weights of an earlier push that the new ones replace. */
  deleted: readonly string[];
}

/**
 * Uploads a model folder as one commit, so that the repository never holds half of it. Throws ConfigError without a token
 * or for a public repository that should be private, and ModelError or BackendError if the hub refuses or fails.
 */
export async function pushModel(
  name: string,
  settings: HubSettings,
  options: PushOptions,
): Promise<PushResult> {
  if (settings.token === null) {
    throw new ConfigError(
      `${name}: a push needs a token with write access; make one at ${settings.endpoint}/settings/tokens and set HF_TOKEN`,
    );
  }
  if (settings.offline) {
    throw new ConfigError(`${name}: a push needs the hub, but HF_HUB_OFFLINE is set; unset it`);
  }
  try {
    return await push(name, settings, options);
  } catch (error) {
    if (error instanceof HubResponseError && error.status === 403) {
      throw new ConfigError(
        `${name}: the hub refuses the push (${error.message}); it needs a token with write access to ${name}: make one at ${settings.endpoint}/settings/tokens and set HF_TOKEN`,
      );
    }
    throw hubFailure(error, { name, revision: options.branch }, settings);
  }
}

async function push(name: string, settings: HubSettings, options: PushOptions): Promise<PushResult> {
  const { files, card, isPrivate, branch, title, onProgress } = options;
  const totalBytes = files.reduce((sum, { size }) => sum + size, 0);
  let sentBytes = 0;
  const finished = new Map<string, number>();
  const tell = () => {
    // Files that the hub knows already are finished without being sent, large ones are sent in parts before they are.
    const finishedBytes = [...finished.values()].reduce((sum, size) => sum + size, 0);
    onProgress?.({ doneBytes: Math.min(Math.max(finishedBytes, sentBytes), totalBytes), totalBytes });
  };
  const fetch = createHubFetch(settings, {
    onSent: (bytes) => {
      sentBytes += bytes;
      tell();
    },
  });
  const access = { hubUrl: settings.endpoint, fetch, repo: { type: "model", name } as const };
  await prepareRepository(name, access, isPrivate);
  if (branch !== "main") {
    await unlessThere(createBranch({ ...access, branch }));
  }
  const paths = new Set(files.map(({ path }) => path));
  const deleted: string[] = [];
  for await (const entry of listFiles({ ...access, revision: encodeURIComponent(branch) })) {
    if (entry.type === "file" && isWeightsFile(entry.path) && !paths.has(entry.path)) {
      deleted.push(entry.path);
    }
  }
  const events = commitIter({
    ...access,
    branch,
    title,
    // Plain Git LFS, which every hub and mirror takes.
    useXet: false,
    operations: [
      ...deleted.map((path) => ({ operation: "delete", path }) as const),
      { operation: "addOrUpdate", path: "README.md", content: new Blob([card]) },
      ...files.map(
        ({ path, file }) => ({ operation: "addOrUpdate", path, content: pathToFileURL(file) }) as const,
      ),
    ],
  });
  const sizes = new Map(files.map(({ path, size }) => [path, size]));
  let event = await events.next();
  for (; !event.done; event = await events.next()) {
    const { value } = event;
    if (value.event === "fileProgress" && value.state === "uploading" && value.progress === 1) {
      finished.set(value.path, sizes.get(value.path) ?? 0);
      tell();
    }
  }
  sentBytes = totalBytes;
  tell();
  const { commit } = event.value as CommitOutput;
  return { commit: commit.oid, url: `${settings.endpoint}/${name}`, deleted };
}

interface Access {
  hubUrl: string;
  fetch: typeof fetch;
  repo: { type: "model"; name: string };
}

/** Makes the repository if it is not there. */
async function prepareRepository(name: string, access: Access, isPrivate: boolean): Promise<void> {
  let existing: { private: boolean };
  try {
    existing = await modelInfo({ ...access, name });
  } catch (error) {
    if (!(error instanceof HubResponseError && error.code === "RepoNotFound")) {
      throw error;
    }
    // `fetch` adds the token.
    await createRepo({ ...access, accessToken: "", ...(isPrivate && { visibility: "private" }) });
    return;
  }
  if (isPrivate && !existing.private) {
    throw new ConfigError(
      `${name} is there already and public; make it private at ${access.hubUrl}/${name}/settings, or leave --private away`,
    );
  }
}

async function unlessThere(making: Promise<unknown>): Promise<void> {
  try {
    await making;
  } catch (error) {
    if (!(error instanceof HubResponseError && error.status === 409)) {
      throw error;
    }
  }
}
