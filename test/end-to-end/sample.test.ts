import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { damagedModel, editJson } from "../support/damaged-model.ts";
import { gpgrad, jsonLines, program, startGpgrad } from "../support/gpgrad.ts";
import { hasTerminals, startTerminalSession } from "../support/terminal-session.ts";

const fixtures = process.env.GPGRAD_FIXTURES ?? "../shared/fixtures";
const model = path.join(fixtures, "models/qwen2-untied");
const question = "What is 2 + 3?";

const folder = mkdtempSync(path.join(tmpdir(), "gpgrad-sample-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const withoutTemplate = (): string => {
  const copy = path.join(folder, "plain");
  return existsSync(copy)
    ? copy
    : damagedModel(model, copy, (at) =>
        editJson(path.join(at, "tokenizer_config.json"), ({ chat_template: _, ...rest }) => rest),
      );
};

/** Room for an answer that takes seconds, long enough to be stopped on the fastest machine. */
const longWinded = (): string => {
  const copy = path.join(folder, "long-winded");
  return existsSync(copy)
    ? copy
    : damagedModel(model, copy, (at) => {
        editJson(path.join(at, "config.json"), (config) => ({ ...config, max_position_embeddings: 16_384 }));
      });
};

describe.skipIf(!existsSync(model))("one prompt", () => {
  const short = ["--max-tokens", "24"];

  test.each(["llama", "qwen2-tied-bf16-sharded", "qwen2-untied", "qwen3"])(
    "%s answers as a stream what it answers as JSON",
    async (name) => {
      const ask = ["sample", path.join(fixtures, "models", name), "--prompt", question, ...short];
      const streamed = await gpgrad(...ask);
      expect({ code: streamed.code, errors: streamed.errors }).toEqual({ code: 0, errors: "" });
      const [json] = jsonLines((await gpgrad(...ask, "--json")).output);
      expect(streamed.output).toBe(`${json!.completion}\n`);
      expect(json).toMatchObject({ prompt: question, tokens: expect.any(Number) });
    },
  );

  test("--raw leaves out the chat template, and the prompt begins the text", async () => {
    const ask = ["sample", model, "--prompt", question, ...short];
    const raw = await gpgrad(...ask, "--raw");
    expect(raw.output).toMatch(/^What is 2 \+ 3\?/);
    const plain = await gpgrad("sample", withoutTemplate(), "--prompt", question, ...short);
    expect(plain.output).toBe(raw.output);
    expect((await gpgrad(...ask)).output).not.toContain(raw.output.slice(question.length));
  });

  test("a model without chat template has no place for a system message or --chat", async () => {
    const ask = ["sample", withoutTemplate(), "--prompt", question];
    for (const option of [["--system", "Be kind."], ["--chat"]]) {
      const { code, output, errors } = await gpgrad(...ask, ...option);
      expect({ code, output }).toEqual({ code: 1, output: "" });
      expect(errors).toMatch(/^error: [^\n]*chat.template[^\n]*\n$/);
    }
  });

  test("a system message changes the answer", async () => {
    const ask = ["sample", model, "--prompt", question, ...short];
    expect((await gpgrad(...ask, "--system", "Be kind.")).output).not.toBe((await gpgrad(...ask)).output);
  });

  test("the text ends before a stop string, streamed, in JSON and among several", async () => {
    const ask = ["sample", model, "--prompt", question, ...short];
    const { output } = await gpgrad(...ask);
    const stop = output.slice(9, 12);
    const expected = output.slice(0, output.indexOf(stop));
    expect((await gpgrad(...ask, "--stop", stop)).output).toBe(`${expected}\n`);
    const [json] = jsonLines((await gpgrad(...ask, "--stop", stop, "--json")).output);
    expect(json).toMatchObject({ completion: expected, finishReason: "stop" });
    const several = await gpgrad(...ask, "--stop", stop, "--count", "2", "--temperature", "0");
    expect(several.output).toBe(`--- 1 of 2\n${expected}\n--- 2 of 2\n${expected}\n`);
  });

  test("the prompt can come from a pipe", async () => {
    const args = ["sample", model, ...short];
    const piped = spawnSync(process.execPath, [program, ...args], { input: `${question}\n` });
    expect(piped.stdout.toString()).toBe((await gpgrad(...args, "--prompt", question)).output);
    const { code, output, errors } = await gpgrad(...args);
    expect({ code, output }).toEqual({ code: 2, output: "" });
    expect(errors).toMatch(/^error: [^\n]*--prompt[^\n]*standard input[^\n]*\n$/);
  });

  test("Ctrl-C ends the answer on a whole line, and the process", async () => {
    const running = startGpgrad(
      ...["sample", longWinded(), "--prompt", question, "--raw", "--max-tokens", "16000"],
    );
    await running.seen(`${question} `);
    running.process.kill("SIGINT");
    const { code, signal, output, errors } = await running.finished;
    expect({ code, signal, errors }).toEqual({ code: 130, signal: null, errors: "" });
    expect(output).toMatch(/\n$/);
    expect(output).not.toContain("\ufffd\n");
  });
});

describe.skipIf(!existsSync(model) || !hasTerminals)("a chat", () => {
  const interrupt = "\u0003";
  const endOfInput = "\u0004";
  const start = (...args: string[]) => startTerminalSession("sample", model, ...args);

  test("keeps the conversation until /reset, and ends with /exit", async () => {
    const session = start("--max-tokens", "12");
    for (const line of [question, question, "/reset", question]) {
      await session.seen("> ");
      session.type(`${line}\n`);
    }
    await session.seen("> ");
    session.type("/exit\n");
    const { code, shown } = await session.finished;
    expect(code).toBe(0);
    const answers = shown
      .split(`> ${question}\n`)
      .slice(1)
      .map((part) => part.split("\n[")[0]);
    expect(answers).toHaveLength(3);
    expect(shown.match(/\[12 tokens, [\d.]+ tokens\/s, cut at the limit\]/g)).toHaveLength(3);
    expect(answers[1]).not.toBe(answers[0]);
    expect(answers[2]).toBe(answers[0]);
  });

  test("Ctrl-C stops an answer and keeps the chat; at the prompt it ends with 130", async () => {
    const session = startTerminalSession("sample", longWinded(), "--max-tokens", "16000");
    await session.seen("> ");
    session.type(`${question}\n`);
    await session.seen(`${question}\n`);
    await session.seen(" ");
    session.type(interrupt);
    await session.seen(", interrupted]");
    await session.seen("> ");
    session.type("/foo\n");
    await session.seen("/foo is no command");
    await session.seen("> ");
    session.type(interrupt);
    const { code, shown } = await session.finished;
    expect(code).toBe(130);
    expect(shown).not.toContain("error");
    expect(shown).toMatch(/> \n$/);
  });

  test("what is typed during an answer waits for the prompt; Ctrl-D ends", async () => {
    const session = start("--max-tokens", "200");
    await session.seen("> ");
    session.type(`${question}\n`);
    await session.seen(`${question}\n`);
    session.type("/reset\n");
    await session.seen("tokens/s");
    await session.seen("> /reset\nthe conversation begins anew");
    await session.seen("> ");
    session.type(endOfInput);
    expect(await session.finished).toMatchObject({ code: 0 });
  });

  test("a conversation that outgrows the model is an error of one line, and the chat goes on", async () => {
    const session = start("--max-tokens", "40");
    await session.seen("> ");
    session.type(`${"7 + 8 = ".repeat(90)}\n`);
    await session.seen("error: a prompt of ");
    await session.seen("> ");
    session.type("/exit\n");
    expect(await session.finished).toMatchObject({ code: 0 });
  });

  test("a model without chat template says so", async () => {
    const session = startTerminalSession("sample", withoutTemplate());
    await session.seen("no chat template");
    await session.seen("> ");
    session.type("/exit\n");
    expect(await session.finished).toMatchObject({ code: 0 });
  });
});
