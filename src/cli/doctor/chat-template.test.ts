import { expect, test } from "vitest";
import { found, template } from "../../../test/support/examined-run.ts";
import { chatTemplateCheck } from "./chat-template.ts";

test("a template that writes the date is warned of", async () => {
  const dated = `{% if false %}{{ strftime_now("%Y") }}{% endif %}${template}`;
  const finding = await found(chatTemplateCheck, { model: { tokenizerConfig: { chat_template: dated } } });
  expect(finding.severity).toBe("warning");
  expect(finding.message).toContain("writes the time of day or the date (strftime_now)");
});
