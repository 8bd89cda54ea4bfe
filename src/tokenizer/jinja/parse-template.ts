import { parse, tokenize } from "@huggingface/jinja";
import { errorMessage } from "../../errors.ts";
import { strip, whiteSpace } from "../../python-text.ts";
import type { Statement } from "./syntax.ts";
import { TemplateError } from "./template-error.ts";

const tagStart = /\{(?:%([-+]?)|\{([-+]?)|#([-+]?))/g;
const tagEnds = {
  "{%": new RegExp(`\\+%\\}|-%\\}[${whiteSpace}]*|%\\}\\n?`, "y"),
  "{{": new RegExp(`-\\}\\}[${whiteSpace}]*|\\}\\}`, "y"),
};
const commentEnd = new RegExp(`\\+#\\}|-#\\}[${whiteSpace}]*|#\\}\\n?`, "g");
const rawStart = new RegExp(`[${whiteSpace}]*raw[${whiteSpace}]*(?:-%\\}[${whiteSpace}]*|%\\})`, "y");
const rawEnd = new RegExp(
  `\\{%([-+]?)[${whiteSpace}]*endraw[${whiteSpace}]*(?:\\+%\\}|-%\\}[${whiteSpace}]*|%\\}\\n?)`,
  "g",
);
const stringLiteral = /'[^'\\]*(?:\\[\s\S][^'\\]*)*'|"[^"\\]*(?:\\[\s\S][^"\\]*)*"/y;
const blanks = new RegExp(`[${whiteSpace}]+`, "y");
const onlyBlanks = new RegExp(`^[${whiteSpace}]+$`);
const generationTag = /^ ?(end)?generation ?$/;
const closing: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };
const simpleEscapes: Readonly<Record<string, string>> = {
  ...{ "\\": "\\", "'": "'", '"': '"', "\n": "" },
  ...{ a: "\x07", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" },
};

/** The function that a `generation` block calls with its body. */
export const generationFunction = "__generation__";

function matchAt(pattern: RegExp, text: string, index: number): RegExpExecArray | null {
  pattern.lastIndex = index;
  return pattern.exec(text);
}

/** The text of a string literal, by Python's escapes; an unknown one stays as it is written. */
function resolveEscapes(body: string): string {
  const pattern = /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{1,3})|([\s\S]))/g;
  return body.replace(pattern, (whole, x, u, long, octal, other: string | undefined) => {
    if (other === undefined) {
      const code = octal === undefined ? Number.parseInt(x ?? u ?? long, 16) : Number.parseInt(octal, 8);
      if (code > 0x10ffff) {
        throw new TemplateError(`${whole} in a string is no character`);
      }
      return String.fromCodePoint(code);
    }
    if ("xuUN".includes(other)) {
      throw new TemplateError(`\\${other} in a string is not followed by a character's number`);
    }
    return simpleEscapes[other] ?? whole;
  });
}

/**
 * The template in the simplest form that the library's lexer reads: texts and strings replaced by their index in
 * `texts`, white space control applied (trim_blocks and lstrip_blocks, as Jinja's own lexer does), comments and raw
 * blocks resolved. The library's lexer applies these rules to the whole source with regular expressions, strings included.
 */
function simplify(template: string): { source: string; texts: string[] } {
  const source = template.replace(/\r\n?/g, "\n").replace(/\n$/, "");
  const texts: string[] = [];
  const pieces: string[] = [];
  let pending = "";
  let position = 0;
  let atLineStart = true;

  const placeholder = (text: string): string => String(texts.push(text) - 1);
  const flushText = (): void => {
    if (pending !== "") {
      pieces.push(placeholder(pending));
      pending = "";
    }
  };
  const moveTo = (end: number): void => {
    atLineStart = source[end - 1] === "\n";
    position = end;
  };
  /** Keeps the text before a tag, less what the tag's sign or lstrip_blocks takes away. */
  const keepText = (text: string, sign: string, stripsIndent: boolean): void => {
    const lineStart = text.lastIndexOf("\n") + 1;
    if (sign === "-") {
      pending += strip(text, "end");
    } else if (
      sign !== "+" &&
      stripsIndent &&
      (lineStart > 0 || atLineStart) &&
      onlyBlanks.test(text.slice(lineStart))
    ) {
      pending += text.slice(0, lineStart);
    } else {
      pending += text;
    }
  };
  const find = (pattern: RegExp, index: number, what: string): RegExpExecArray => {
    const match = matchAt(pattern, source, index);
    if (match === null) {
      throw new TemplateError(`${what} is never closed`);
    }
    return match;
  };
  const readTag = (open: "{%" | "{{", start: number): void => {
    const inside: string[] = [];
    const brackets: string[] = [];
    let at = start;
    for (;;) {
      const end = brackets.length === 0 ? matchAt(tagEnds[open], source, at) : null;
      if (end !== null) {
        const body = inside.join("");
        const generation = open === "{%" ? generationTag.exec(body) : null;
        const ends = generation?.[1] !== undefined;
        flushText();
        pieces.push(
          open,
          generation ? (ends ? "endcall" : `call ${generationFunction}()`) : body,
          open === "{%" ? "%}" : "}}",
        );
        moveTo(at + end[0].length);
        return;
      }
      const character = source[at];
      const run = matchAt(blanks, source, at) ?? matchAt(stringLiteral, source, at);
      if (character === undefined) {
        throw new TemplateError(`${open} is never closed`);
      }
      if (run !== null) {
        const isString = character === "'" || character === '"';
        inside.push(isString ? `"${placeholder(resolveEscapes(run[0].slice(1, -1)))}"` : " ");
        at += run[0].length;
        continue;
      }
      if (character === "\\") {
        throw new TemplateError("a backslash stands outside a string");
      }
      if (Object.hasOwn(closing, character)) {
        brackets.push(closing[character]!);
      } else if (")]}".includes(character) && brackets.pop() !== character) {
        throw new TemplateError(`unexpected '${character}'`);
      }
      inside.push(character);
      at++;
    }
  };

  for (let tag = matchAt(tagStart, source, 0); tag !== null; tag = matchAt(tagStart, source, position)) {
    const [open, afterOpen] = [tag[0].slice(0, 2), tag.index + tag[0].length];
    const text = source.slice(position, tag.index);
    keepText(text, tag[1] ?? tag[2] ?? tag[3] ?? "", open !== "{{");
    const raw = open === "{%" ? matchAt(rawStart, source, afterOpen) : null;
    if (open === "{#") {
      const end = find(commentEnd, afterOpen, "a comment");
      moveTo(end.index + end[0].length);
    } else if (raw !== null) {
      moveTo(afterOpen + raw[0].length);
      const end = find(rawEnd, position, "a raw block");
      keepText(source.slice(position, end.index), end[1]!, true);
      moveTo(end.index + end[0].length);
    } else {
      readTag(open as "{%" | "{{", afterOpen);
    }
  }
  pending += source.slice(position);
  flushText();
  return { source: pieces.join(""), texts };
}

/** Parses a template; whatever is wrong with it is a TemplateError. */
export function parseTemplate(template: string): Statement[] {
  const { source, texts } = simplify(template);
  try {
    const tokens = tokenize(source);
    for (const token of tokens) {
      if (token.type === "Text" || token.type === "StringLiteral") {
        token.value = texts[Number(token.value)]!;
      }
    }
    return (parse(tokens) as unknown as { body: Statement[] }).body;
  } catch (error) {
    // The parser reads on past the last token of a template that ends too early.
    const problem = error instanceof TypeError ? "it ends inside a block or expression" : errorMessage(error);
    throw new TemplateError(`it cannot be parsed: ${problem}`);
  }
}
