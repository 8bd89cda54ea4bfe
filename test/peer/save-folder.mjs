// Loads a model folder and saves it again, through the built package: `node save-folder.mjs SOURCE TARGET '{"dtype": ...}'`.
import { mkdirSync } from "node:fs";
import { startLocalBackend } from "../../dist/compute/local/index.js";

const [source, target, saved] = process.argv.slice(2);
mkdirSync(target, { recursive: true });
const backend = await startLocalBackend({ model: source, saved: JSON.parse(saved) });
await backend.learner.save(target);
await backend.close();
