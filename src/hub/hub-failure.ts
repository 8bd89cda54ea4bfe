import { BackendError, type GpgradError, ModelError } from "../errors.ts";
import { HubConnectionError, HubResponseError } from "./hub-fetch.ts";
import { formatModelReference, type ModelReference } from "./model-reference.ts";
import type { HubSettings } from "./settings.ts";

/** What a failed request for a model means and what to do; anything that is no failure of the hub comes back as it is. */
export function hubFailure(error: unknown, reference: ModelReference, settings: HubSettings): unknown {
  if (error instanceof HubConnectionError) {
    return unreachable(error, reference, settings);
  }
  return error instanceof HubResponseError ? refused(error, reference, settings) : error;
}

function unreachable({ message }: Error, reference: ModelReference, { endpoint }: HubSettings): GpgradError {
  return new BackendError(
    `${formatModelReference(reference)}: the hub at ${endpoint} cannot be reached (${message}); check the connection and HF_ENDPOINT, and run again to go on where it stopped; with HF_HUB_OFFLINE=1 models that were downloaded before work without the hub`,
  );
}

function refused(error: HubResponseError, reference: ModelReference, settings: HubSettings): GpgradError {
  const { status, code, message } = error;
  const { endpoint, token } = settings;
  const { name, revision } = reference;
  if (code === "GatedRepo") {
    const account =
      token === null ? "then set HF_TOKEN to a token of that account" : "with the account of your token";
    return new ModelError(`${name} is gated: accept its terms at ${endpoint}/${name}, ${account}`);
  }
  if (code === "RevisionNotFound") {
    return new ModelError(
      `${name} has no revision ${JSON.stringify(revision ?? "main")}; name one of ${endpoint}/${name}/commits with ${name}@REVISION`,
    );
  }
  if (status === 401 && token !== null && !/NotFound/.test(code)) {
    return new ModelError(
      `${name}: the hub at ${endpoint} refuses the token (${message}); set HF_TOKEN to a valid one or unset it`,
    );
  }
  if (status === 401 || status === 404) {
    const secret =
      token === null ? "set HF_TOKEN if it is private" : "see that your token may read it, if it is private";
    return new ModelError(
      `${name}: the hub at ${endpoint} knows no such model, and there is no folder of that name here; check the name, and ${secret}`,
    );
  }
  if (status === 403) {
    return new ModelError(
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
