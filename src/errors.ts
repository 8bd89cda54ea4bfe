/**
 * The errors a user can cause or meet. Each message is one readable line that names the file, the field, the value
 * and the way out. Anything else that is thrown is a bug of ours and its message starts with `internal:`.
 */
export abstract class GpgradError extends Error {
  abstract override readonly name: string;
}

/** A recipe, an option or a parameter that cannot be used as given. */
export class ConfigError extends GpgradError {
  override readonly name = "ConfigError";
}

/** A data set, a row or a prompt that cannot be used as given. */
export class DataError extends GpgradError {
  override readonly name = "DataError";
}

/** A model folder, weight file, tokenizer or template that cannot be used as given. */
export class ModelError extends GpgradError {
  override readonly name = "ModelError";
}

/** A run folder or checkpoint that cannot be written, read or resumed. */
export class CheckpointError extends GpgradError {
  override readonly name = "CheckpointError";
}

/** The checks before a run found something that would waste it. */
export class PreflightError extends GpgradError {
  override readonly name = "PreflightError";
}

/** The engine or a remote service failed: out of memory, a dead worker, a lost connection. */
export class BackendError extends GpgradError {
  override readonly name = "BackendError";
}

/** True for the errors whose message is meant for the user as it stands. */
export function isGpgradError(error: unknown): error is GpgradError {
  return error instanceof GpgradError;
}

/** The text of anything that was thrown. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A broken invariant of our own code. */
export function internalError(message: string): Error {
  return new Error(`internal: ${message}`);
}
