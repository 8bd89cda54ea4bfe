import { expect, test } from "vitest";
import { createTransferProgress } from "./transfer-progress.ts";

function watch(isTTY: boolean) {
  let text = "";
  let time = 0;
  const output = { write: (more: string) => (text += more), isTTY, columns: 80 };
  const display = createTransferProgress(output, "download", "org/name", () => time);
  const totalBytes = 1000 * 2 ** 20;
  return {
    at(seconds: number, share: number) {
      time = seconds * 1000;
      display.update({ doneBytes: share * totalBytes, totalBytes });
    },
    close: () => display.close(),
    text: () => text,
  };
}

test("without a TTY a download is a few whole lines", () => {
  const { at, close, text } = watch(false);
  at(0, 0.25);
  at(1, 0.3);
  at(10, 0.5);
  at(11, 0.55);
  at(30, 1);
  at(30, 1);
  close();
  expect(text()).toBe(
    [
      "downloading org/name · 25% of 1000.0 MiB",
      "downloading org/name · 50% of 1000.0 MiB · 25.0 MiB/s · 20s left",
      "downloaded org/name · 1000.0 MiB in 30s",
      "",
    ].join("\n"),
  );
});

test("on a TTY it is one line with a bar, which fits and ends", () => {
  const { at, close, text } = watch(true);
  at(0, 0);
  at(0.01, 0.1);
  at(2, 0.5);
  at(4, 1);
  close();
  close();
  const lines = text().split("\r\u001b[2K").slice(1);
  expect(lines).toHaveLength(3);
  expect(lines[1]).toMatch(/^\[={12} {12}\] downloading org\/name · 50% of/);
  expect(lines.at(-1)).toMatch(/ downloaded org\/name · 1000\.0 MiB in 4\.0s\n$/);
  expect(lines.every((line) => line.trimEnd().length < 80)).toBe(true);
});

test("nothing to transfer is no line", () => {
  const { close, text } = watch(true);
  close();
  expect(text()).toBe("");
});
