import { BackendError, type GpgradError } from "../errors.ts";
import { HubConnectionError, HubResponseError } from "./hub-fetch.ts";
import { formatModelReference, type ModelReference } from "./model-reference.ts";
import { type RepositoryKind, repositoryError, repositoryPath } from "./repository.ts";
import type { HubSettings } from "./settings.ts";

/**
 * What a failed request for a model or a data set means and what to do; anything that is no failure of the hub comes back
 * as it is.
 */
export function hubFailure(
  error: unknown,
  reference: ModelReference,
  settings: HubSettings,
  kind: RepositoryKind = "model",
): unknown {
  if (error instanceof HubConnectionError) {
    return unreachable(error, reference, settings, kind);
  }
  return error instanceof HubResponseError ? refused(error, reference, settings, kind) : error;
}

const wordsFor: Readonly<Record<RepositoryKind, string>> = { model: "model", dataset: "data set" };

function unreachable(
  { message }: Error,
  reference: ModelReference,
  { endpoint }: HubSettings,
  kind: RepositoryKind,
): GpgradError {
  return new BackendError(
    `${formatModelReference(reference)}: the hub at ${endpoint} cannot be reached (${message}); check the connection and HF_ENDPOINT, and run again to go on where it stopped; with HF_HUB_OFFLINE=1 ${wordsFor[kind]}s that were downloaded before work without the hub`,
  );
}

function refused(
  error: HubResponseError,
  reference: ModelReference,
  settings: HubSettings,
  kind: RepositoryKind,
): GpgradError {
  const { status, code, message } = error;
  const { endpoint, token } = settings;
  const { name, revision } = reference;
  const page = `${endpoint}/${repositoryPath(kind, name)}`;
  if (code === "GatedRepo") {
    const account =
      token === null ? "then set HF_TOKEN to a token of that account" : "with the account of your token";
    return repositoryError(kind, `${name} is gated: accept its terms at ${page}, ${account}`);
  }
  if (code === "RevisionNotFound") {
    return repositoryError(
      kind,
      `${name} has no revision ${JSON.stringify(revision ?? "main")}; name one of ${page}/commits with ${name}@REVISION`,
    );
  }
  if (status === 401 && token !== null && !/NotFound/.test(code)) {
    return repositoryError(
      kind,
      `${name}: the hub at ${endpoint} refuses the token (${message}); set HF_TOKEN to a valid one or unset it`,
    );
  }
  if (status === 401 || status === 404) {
    const secret =
      token === null ? "set HF_TOKEN if it is private" : "see that your token may read it, if it is private";
    return repositoryError(
      kind,
      `${name}: the hub at ${endpoint} knows no such ${wordsFor[kind]}, and there is no ${kind === "model" ? "folder" : "file or folder"} of that name here; check the name, and ${secret}`,
    );
  }
  if (status === 403) {
    return repositoryError(
      kind,
      `${name}: the hub at ${endpoint} refuses access (${message}); see that your token may do this`,
    );
  }
  if (status === 429) {
    return new BackendError(
      `${name}: the hub at ${endpoint} wants fewer requests (429); wait some minutes and run again${token === null ? ", or set HF_TOKEN, which raises the limit" : ""}`,
    );
  }
  return new BackendError(
    `${name}: the hub at ${endpoint} answers ${status} (${message}); ${status >= 500 ? "try again later" : "check HF_ENDPOINT"}`,
  );
}
