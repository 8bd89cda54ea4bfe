import { DataError, type GpgradError, ModelError } from "../errors.ts";

/** What a repository of the hub holds. */
export type RepositoryKind = "model" | "dataset";

/** The path of a repository below the hub's address. */
export function repositoryPath(kind: RepositoryKind, name: string): string {
  return kind === "dataset" ? `datasets/${name}` : name;
}

/** The error of what is wrong with a repository and not with the hub. */
export function repositoryError(kind: RepositoryKind, message: string): GpgradError {
  return kind === "dataset" ? new DataError(message) : new ModelError(message);
}
