import { parentPort, workerData } from "node:worker_threads";
import { createOnnxRuntimeBackend } from "../../engine/backends/onnxruntime/backend.ts";
import { internalError } from "../../errors.ts";
import { abortFlags } from "./abort-flags.ts";
import { createGradientReader } from "./gradient-reader.ts";
import { describeModel, type ModelSource } from "./local-model.ts";
import { createLogprobReader } from "./logprob-reader.ts";
import { readOptimizer, writeOptimizer } from "./optimizer-file.ts";
import { createPolicyLearner, type LearnerOptions } from "./policy-learner.ts";
import { createPolicySampler } from "./policy-sampler.ts";
import { loadPolicy, savedFolderOf, withSavedWeights } from "./policy-storage.ts";
import { createReferencePolicy } from "./reference-policy.ts";
import type { SavedFolderOptions } from "./saved-folder.ts";
import { serializeError, type WorkerAnswer, type WorkerCall, type WorkerMethods } from "./worker-protocol.ts";

/** What the main thread hands over when it starts the worker. */
export interface WorkerData {
  model: ModelSource;
  learner: LearnerOptions;
  samplerRows: number;
  saved: SavedFolderOptions;
  chatTemplate: string | null;
  threads: number;
  reference: boolean;
  aborted: Int32Array;
}

const port = parentPort;
if (port === null) {
  throw internalError("the engine's worker must run in a worker thread");
}
const answer = (message: WorkerAnswer): void => port.postMessage(message);

const progressMilliseconds = 200;

function createMethods({
  model,
  learner: learnerOptions,
  samplerRows,
  saved,
  chatTemplate,
  threads,
  reference: keepsReference,
  aborted,
}: WorkerData) {
  const { isRaised: isAborted } = abortFlags(aborted);
  const backend = createOnnxRuntimeBackend({ threads });
  const description = describeModel(model, { chatTemplate });
  const policy = loadPolicy(backend, model, description);
  const learner = createPolicyLearner(policy, learnerOptions);
  const reader = createLogprobReader(policy, learnerOptions);
  const gradientReader = createGradientReader(learner);
  const reference = keepsReference ? createReferencePolicy(policy) : null;
  const referenceReader = reference && createLogprobReader(reference.policy, learnerOptions);
  const present = <T>(value: T | null): T => {
    if (value === null) {
      throw internalError("the learner was made without a reference policy");
    }
    return value;
  };
  const savedFolder = savedFolderOf(policy, description, saved);
  const { codec, tokenizer } = description;
  const sampler = createPolicySampler(policy, {
    endTokenIds: codec.endTokenIds,
    decode: (tokenIds) => tokenizer.decode(tokenIds),
    maxRows: samplerRows,
  });

  const methods = (id: number): WorkerMethods => ({
    sample: (requests, parameters, { tells }) => {
      let last = 0;
      return sampler.sample(requests, parameters, {
        aborted: () => isAborted(id),
        ...(tells.tokens && { onToken: (token) => answer({ kind: "token", id, token: { ...token } }) }),
        ...(tells.completions && {
          onCompletion: (finished) => answer({ kind: "completion", id, finished }),
        }),
        onProgress: (progress) => {
          if (performance.now() - last > progressMilliseconds) {
            last = performance.now();
            answer({ kind: "progress", id, progress: { ...progress } });
          }
        },
      });
    },
    forwardBackward: (batch) => learner.forwardBackward(batch),
    logprobs: (batch, of) => (of === "policy" ? reader : present(referenceReader)).read(batch),
    measureGradient: (batch, keep) => gradientReader.measure(batch, keep),
    forgetGradients: () => gradientReader.forget(),
    optimStep: ({ learningRate }) => learner.optimStep(learningRate),
    save: (directory) => {
      savedFolder.write(directory);
      writeOptimizer(directory, policy, learner.optimizerState, savedFolder.isNarrowed);
    },
    load: (directory) => {
      const restored = readOptimizer(directory, policy, learner.optimizerState);
      withSavedWeights(directory, policy, (fill) => {
        for (const [name, { values }] of policy.trainable) {
          if (!restored.has(name)) {
            fill(name, values as Float32Array);
          }
        }
      });
    },
    freezeReference: (directory) => {
      present(reference).freeze();
      present(reference).save(directory);
    },
    loadReference: (directory) => present(reference).load(directory),
  });
  return methods;
}

try {
  const methods = createMethods(workerData as WorkerData);
  const handle = async ({ id, method, values }: WorkerCall): Promise<void> => {
    try {
      const call = methods(id)[method] as (...values: unknown[]) => unknown;
      answer({ kind: "result", id, result: await call(...values) });
    } catch (error) {
      answer({ kind: "error", id, error: serializeError(error) });
    }
  };
  let last = Promise.resolve();
  port.on("message", (call: WorkerCall) => {
    last = last.then(() => handle(call));
  });
  answer({ kind: "ready" });
} catch (error) {
  answer({ kind: "failed", error: serializeError(error) });
}
