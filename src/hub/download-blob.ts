import { createHash, type Hash } from "node:crypto";
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { syncPath, writing } from "../atomic-file.ts";
import { BackendError } from "../errors.ts";
import type { RepositoryCache } from "./cache.ts";
import { attempts, connectionError, HubConnectionError } from "./hub-fetch.ts";
import { claimPartialFile, type PartialFile } from "./partial-file.ts";
import type { HubSettings } from "./settings.ts";

/** One file of a commit, as the hub lists it. */
export interface RemoteFile {
  path: string;
  /** Bytes. */
  size: number;
  /** The checksum, by which the cache knows the content. */
  etag: string;
  /** Large files are known by the SHA-256 of their content, small ones by the SHA-1 of their git blob. */
  algorithm: "sha256" | "git-sha1";
}

export interface DownloadBlobOptions {
  url: string;
  file: RemoteFile;
  cache: RepositoryCache;
  settings: HubSettings;
  fetch: typeof fetch;
  signal: AbortSignal;
  /** Told with the bytes that are there, from time to time; they shrink if a damaged download begins again. */
  onBytes: (bytes: number) => void;
}

/**
 * Puts a file's content into the cache's blobs. Goes on where an earlier process or a lost connection stopped; the final
 * name appears only once size and checksum are right and everything is on the disk.
 */
export async function downloadBlob(options: DownloadBlobOptions): Promise<void> {
  const { cache, file } = options;
  const target = path.join(cache.blobs, file.etag);
  let digest = "";
  // The second time is for the case that what an earlier process left was damaged.
  for (let attempt = 1; attempt <= 2; attempt++) {
    if (cache.holdsBlob(file.etag, file.size)) {
      options.onBytes(file.size);
      return;
    }
    const partial = writing(target, () => claimPartialFile(cache.blobs, file.etag));
    try {
      digest = await fill(partial, target, options);
    } catch (error) {
      partial.release();
      throw error;
    }
    if (digest === file.etag) {
      writing(target, () => {
        renameSync(partial.file, target);
        syncPath(path.dirname(target));
      });
      return;
    }
    partial.remove();
  }
  throw new BackendError(
    `${options.url}: what arrived has the checksum ${digest}, the hub says ${file.etag}; it was damaged on the way; run again, and if that does not help, look for a proxy between you and the hub`,
  );
}

/** Returns the checksum of what was received. */
async function fill(partial: PartialFile, target: string, options: DownloadBlobOptions): Promise<string> {
  const { file, settings, signal } = options;
  const content = writing(target, () => openContent(partial.file, target, file));
  let failures = 0;
  try {
    while (content.size < file.size) {
      const before = content.size;
      const lost = await receive(content, options);
      if (lost !== null) {
        failures = content.size > before ? 1 : failures + 1;
        if (failures === attempts) {
          throw lost;
        }
        await sleep(settings.retryDelay * 1000 * 2 ** (failures - 1), undefined, { signal });
      }
    }
    return content.finish();
  } finally {
    content.close();
  }
}

/** What has been received so far, written to a file from its beginning on without gaps, and its running checksum. */
interface Content {
  readonly size: number;
  append(bytes: Uint8Array): void;
  restart(): void;
  /** Waits for the disk; returns the checksum. */
  finish(): string;
  close(): void;
}

function openContent(name: string, target: string, { size: wholeSize, algorithm }: RemoteFile): Content {
  const descriptor = openSync(name, constants.O_RDWR | constants.O_CREAT, 0o666);
  const begin = () =>
    algorithm === "sha256" ? createHash("sha256") : createHash("sha1").update(`blob ${wholeSize}\0`);
  let hash = begin();
  let size = hashStart(descriptor, hash, wholeSize);
  return {
    get size() {
      return size;
    },
    append(bytes) {
      writing(target, () => {
        for (let offset = 0; offset < bytes.length; ) {
          offset += writeSync(descriptor, bytes, offset, bytes.length - offset, size + offset);
        }
      });
      hash.update(bytes);
      size += bytes.length;
    },
    restart() {
      hash = begin();
      size = 0;
    },
    finish() {
      writing(target, () => {
        ftruncateSync(descriptor, wholeSize);
        fsyncSync(descriptor);
      });
      return hash.digest("hex");
    },
    close: () => closeSync(descriptor),
  };
}

/** Feeds what is already there to the checksum, at most the whole size, and returns how much that was. */
function hashStart(descriptor: number, hash: Hash, wholeSize: number): number {
  const present = Math.min(fstatSync(descriptor).size, wholeSize);
  const buffer = Buffer.allocUnsafe(1 << 20);
  let position = 0;
  while (position < present) {
    const length = readSync(descriptor, buffer, 0, Math.min(buffer.length, present - position), position);
    if (length === 0) {
      break;
    }
    hash.update(buffer.subarray(0, length));
    position += length;
  }
  return position;
}

/** One request for what is missing. Returns why the connection ended before the file did, or null if it did not. */
async function receive(content: Content, options: DownloadBlobOptions): Promise<HubConnectionError | null> {
  const { url, file, settings, fetch, signal, onBytes } = options;
  const { host } = new URL(url);
  const silence = new AbortController();
  const response = await fetch(url, {
    headers: content.size > 0 ? { Range: `bytes=${content.size}-` } : {},
    signal: AbortSignal.any([signal, silence.signal]),
  });
  if (response.status !== 206) {
    // A server or proxy that knows no ranges sends everything.
    content.restart();
  } else if (rangeStart(response) !== content.size) {
    await response.body?.cancel();
    throw new BackendError(
      `${url}: ${host} sends another range of bytes than was asked for; check the proxy`,
    );
  }
  onBytes(content.size);
  const reader = (response.body ?? new Blob([]).stream()).getReader();
  const timer = setTimeout(() => silence.abort(), settings.timeout * 1000);
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      timer.refresh();
      if (content.size + read.value.length > file.size) {
        throw new BackendError(
          `${url}: more arrives than the ${file.size} bytes that the hub lists; check HF_ENDPOINT and the proxy`,
        );
      }
      content.append(read.value);
      onBytes(content.size);
    }
  } catch (error) {
    if (silence.signal.aborted) {
      return new HubConnectionError(`${host} sent nothing for ${settings.timeout} s`);
    }
    if (error instanceof TypeError && !signal.aborted) {
      return connectionError(new URL(url), error);
    }
    throw error;
  } finally {
    clearTimeout(timer);
    await reader.cancel().catch(() => undefined);
  }
  return content.size < file.size
    ? new HubConnectionError(`${host} ended ${file.path} after ${content.size} of ${file.size} bytes`)
    : null;
}

function rangeStart(response: Response): number {
  const match = /^bytes (\d+)-/.exec(response.headers.get("Content-Range") ?? "");
  return match ? Number(match[1]) : Number.NaN;
}
