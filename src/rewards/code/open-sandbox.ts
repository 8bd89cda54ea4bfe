import { ConfigError } from "../../errors.ts";
import { createBubblewrap } from "./bubblewrap/bubblewrap.ts";
import { createE2b } from "./endpoints/e2b.ts";
import { createPiston } from "./endpoints/piston.ts";
import type { CodeParameters } from "./parameters.ts";
import type { Sandbox } from "./sandbox.ts";

/** Where programs run. Throws ConfigError for an environment variable that is missing. */
export function openSandbox(parameters: CodeParameters, name: string): Sandbox {
  const { sandbox, baseUrlVariable, apiKeyVariable, retries } = parameters;
  const variable = (key: "baseUrlVariable" | "apiKeyVariable", variableName: string): string => {
    const value = process.env[variableName]?.trim();
    if (!value) {
      throw new ConfigError(
        `reward ${name}: the environment variable ${variableName} is not set; export it, or change "${key}"`,
      );
    }
    return value;
  };
  if (sandbox === "bubblewrap") {
    return createBubblewrap();
  }
  if (sandbox === "e2b") {
    return createE2b({
      baseUrl: baseUrlVariable === undefined ? undefined : variable("baseUrlVariable", baseUrlVariable),
      apiKey: variable("apiKeyVariable", apiKeyVariable ?? "E2B_API_KEY"),
      retries,
    });
  }
  return createPiston({
    baseUrl: variable("baseUrlVariable", baseUrlVariable ?? "PISTON_URL"),
    apiKey: apiKeyVariable === undefined ? null : variable("apiKeyVariable", apiKeyVariable),
    retries,
  });
}
