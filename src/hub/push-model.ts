import { setTimeout as sleep } from "node:timers/promises";
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
import { type ExpectedFile, holdsContent, type RepositoryAccess } from "./holds-content.ts";
import { hubFailure } from "./hub-failure.ts";
import { attempts, createHubFetch, HubConnectionError, HubResponseError } from "./hub-fetch.ts";
import type { HubSettings } from "./settings.ts";

/** Where it goes in the repository, its bytes, and the path of its content on this machine or the content itself. */
export type PushedFile = ExpectedFile;

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
  const { files, isPrivate, branch, onProgress } = options;
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
  const access: RepositoryAccess = { hubUrl: settings.endpoint, fetch, repo: { type: "model", name } };
  await prepareRepository(name, access, isPrivate);
  if (branch !== "main") {
    await unlessThere(createBranch({ ...access, branch }));
  }
  const pushed = await commitOnce(access, settings, options, (path) => {
    finished.set(path, files.find((file) => file.path === path)?.size ?? 0);
    tell();
  });
  sentBytes = totalBytes;
  tell();
  return { ...pushed, url: `${settings.endpoint}/${name}` };
}

/** After these a commit may have been made or not, or goes through when it is tried again. */
const unclearStatuses = [408, 412, 500, 502, 503, 504];

/**
 * One commit, however often its answer is lost: it names the commit that it comes after, which the hub checks; where the
 * branch has moved after a failure, what it holds now is compared.
 */
async function commitOnce(
  access: RepositoryAccess,
  settings: HubSettings,
  options: PushOptions,
  onFinished: (path: string) => void,
): Promise<Omit<PushResult, "url">> {
  const { files, card, branch } = options;
  const readme = { path: "README.md", text: card, size: Buffer.byteLength(card) };
  let parent = await headOf(access, branch);
  for (let attempt = 1; ; attempt++) {
    const deleted = await replacedWeights(access, branch, files);
    try {
      return { commit: await commit(access, options, { deleted, parent, onFinished }), deleted };
    } catch (error) {
      const isUnclear =
        error instanceof HubConnectionError ||
        (error instanceof HubResponseError && unclearStatuses.includes(error.status));
      if (!isUnclear || attempt === attempts) {
        throw error;
      }
    }
    await sleep(settings.retryDelay * 2 ** (attempt - 1) * 1000);
    const head = await headOf(access, branch);
    if (head !== parent && (await holdsContent(access, head, [readme, ...files], deleted))) {
      return { commit: head, deleted };
    }
    parent = head;
  }
}

interface CommitDetails {
  deleted: readonly string[];
  parent: string;
  onFinished: (path: string) => void;
}

async function commit(
  access: RepositoryAccess,
  { files, card, branch, title }: PushOptions,
  { deleted, parent, onFinished }: CommitDetails,
): Promise<string> {
  const events = commitIter({
    ...access,
    branch,
    title,
    parentCommit: parent,
    // Plain Git LFS, which every hub and mirror takes.
    useXet: false,
    operations: [
      ...deleted.map((path) => ({ operation: "delete", path }) as const),
      { operation: "addOrUpdate", path: "README.md", content: new Blob([card]) },
      ...files.map(
        (each) =>
          ({
            operation: "addOrUpdate",
            path: each.path,
            content: "file" in each ? pathToFileURL(each.file) : new Blob([each.text]),
          }) as const,
      ),
    ],
  });
  let event = await events.next();
  for (; !event.done; event = await events.next()) {
    const { value } = event;
    if (value.event === "fileProgress" && value.state === "uploading" && value.progress === 1) {
      onFinished(value.path);
    }
  }
  return (event.value as CommitOutput).commit.oid;
}

async function headOf(access: RepositoryAccess, branch: string): Promise<string> {
  const asked = { ...access, name: access.repo.name, revision: branch };
  return (await modelInfo({ ...asked, additionalFields: ["sha"] })).sha;
}

/** Weights in the repository that the new ones take the place of under other names. */
async function replacedWeights(
  access: RepositoryAccess,
  branch: string,
  files: readonly PushedFile[],
): Promise<string[]> {
  const paths = new Set(files.map(({ path }) => path));
  const replaced: string[] = [];
  for await (const entry of listFiles({ ...access, revision: encodeURIComponent(branch) })) {
    if (entry.type === "file" && isWeightsFile(entry.path) && !paths.has(entry.path)) {
      replaced.push(entry.path);
    }
  }
  return replaced;
}

/** Makes the repository if it is not there. */
async function prepareRepository(name: string, access: RepositoryAccess, isPrivate: boolean): Promise<void> {
  let existing: { private: boolean };
  try {
    existing = await modelInfo({ ...access, name });
  } catch (error) {
    if (!(error instanceof HubResponseError && error.code === "RepoNotFound")) {
      throw error;
    }
    // `fetch` adds the token.
    await unlessThere(
      createRepo({ ...access, accessToken: "", ...(isPrivate && { visibility: "private" }) }),
    );
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
