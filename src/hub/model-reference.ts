/** A model on the hub: `org/name` or `org/name@revision`. */
export interface ModelReference {
  /** `org/name`. */
  name: string;
  /** A branch, a tag or a commit; null for the main branch. */
  revision: string | null;
}

const word = String.raw`[\w](?:[\w.-]*[\w])?`;
const pattern = new RegExp(String.raw`^(${word}/${word})(?:@(\w[\w./+#-]*))?$`);
const longestName = 96;

/** Null for a text that cannot name a model on the hub, by the hub's own rules for names. */
export function parseModelReference(text: string): ModelReference | null {
  const match = pattern.exec(text);
  if (match === null) {
    return null;
  }
  const [, name, revision = null] = match as unknown as [string, string, string?];
  const forbidden = /--|\.\.|\.git$/.test(name) || name.split("/")[1]!.length > longestName;
  // A revision becomes a path in the cache.
  const strange = revision !== null && /\.\.|\/\/|\/$/.test(revision);
  return forbidden || strange ? null : { name, revision };
}

export function formatModelReference({ name, revision }: ModelReference): string {
  return revision === null ? name : `${name}@${revision}`;
}

/** True for a whole commit hash, which never changes its meaning, unlike a branch or a tag. */
export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision);
}
