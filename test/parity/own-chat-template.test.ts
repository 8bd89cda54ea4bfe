import path from "node:path";
import { expect, test } from "vitest";
import { prepareModel } from "../../src/cli/prepared-run.ts";
import { loadRecipe } from "../../src/cli/recipe.ts";
import { describeModel } from "../../src/compute/local/local-model.ts";
import { ConfigError } from "../../src/errors.ts";
import { fixturesAbsent, fixturesFolder, modelFixtures } from "./fixtures.ts";

const own = "{% for message in messages %}[{{ message.content }}]{% endfor %}";
const messages = [{ role: "user", content: "1+1?" }] as const;

test.skipIf(fixturesAbsent).each(modelFixtures().text)(
  "%s renders chats by the template of a recipe, and carries it",
  (name) => {
    const folder = path.join(fixturesFolder, "models", name);
    const [plain, changed] = [describeModel(folder), describeModel(folder, { chatTemplate: own })];
    expect(changed.codec.encodePrompt(messages)).toEqual(plain.codec.encodePrompt("[1+1?]"));
    expect(changed.codec.endTokenIds).toEqual(plain.codec.endTokenIds);
    expect(new TextDecoder().decode(changed.sideFiles["chat_template.jinja"])).toBe(own);
  },
);

test("a new model takes none", async () => {
  const changes = ["model.layers=1", 'chatTemplate="x"'];
  const recipe = await loadRecipe("recipes/quickstart.yaml", { set: changes });
  await expect(prepareModel(recipe, { warn: () => undefined })).rejects.toThrow(ConfigError);
});
