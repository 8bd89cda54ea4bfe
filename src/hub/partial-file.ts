import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { isMissingPath, statIfPresent } from "../missing-path.ts";
import { formatClaim, isAlive, ownClaim, parseClaim } from "../process-claim.ts";

/**
 * The file that a blob is downloaded into. Its name says which process writes it, so no two ever share one; what a dead
 * process left is taken over by renaming it, which only one of several can do.
 */
export interface PartialFile {
  readonly file: string;
  /** Leaves what is there to whoever wants the blob next. */
  release(): void;
  remove(): void;
}

const ending = ".incomplete";
const abandoned = "left";

/** Takes over the longest part of the blob that a dead process left, or names a new file, which does not exist yet. */
export function claimPartialFile(blobs: string, etag: string): PartialFile {
  mkdirSync(blobs, { recursive: true });
  const unique = randomBytes(4).toString("hex");
  const file = path.join(blobs, `${etag}.${formatClaim(ownClaim())}.${unique}${ending}`);
  const leftovers = leftoversOf(blobs, etag);
  const taken = leftovers.findIndex((leftover) => tryRename(leftover, file));
  for (const shorter of leftovers.slice(taken + 1)) {
    rmSync(shorter, { force: true });
  }
  return {
    file,
    release: () => void tryRename(file, path.join(blobs, `${etag}.${abandoned}.${unique}${ending}`)),
    remove: () => rmSync(file, { force: true }),
  };
}

/** Bytes that need not be downloaded again. */
export function receivedBytes(blobs: string, etag: string): number {
  const [longest] = existsSync(blobs) ? leftoversOf(blobs, etag) : [];
  return longest === undefined ? 0 : sizeOf(longest);
}

/** The longest first. */
function leftoversOf(blobs: string, etag: string): string[] {
  return readdirSync(blobs)
    .filter((name) => isLeftover(name, etag))
    .map((name) => path.join(blobs, name))
    .sort((a, b) => sizeOf(b) - sizeOf(a));
}

function isLeftover(name: string, etag: string): boolean {
  if (!name.startsWith(`${etag}.`) || !name.endsWith(ending)) {
    return false;
  }
  // Files of huggingface_hub have no such owner and are never touched.
  const owner = /^(.+)\.[0-9a-f]{8}$/.exec(name.slice(etag.length + 1, -ending.length))?.[1];
  const claim = owner === undefined ? null : parseClaim(owner);
  return owner === abandoned || (claim !== null && !isAlive(claim));
}

function sizeOf(file: string): number {
  return statIfPresent(file)?.size ?? 0;
}

/** False if there is nothing of the first name any more. */
function tryRename(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (isMissingPath(error)) {
      return false;
    }
    throw error;
  }
}
