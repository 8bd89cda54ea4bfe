import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DataError, ModelError } from "../errors.ts";
import { createChatTemplate } from "./chat-template.ts";
import type { ChatMessage, ChatTemplateOptions } from "./tokenizer.ts";

const chat: readonly ChatMessage[] = [
  { role: "user", content: " What is 2+2? " },
  { role: "assistant", content: "<think>\n 2 and 2 \n</think>\n\n 4 " },
];

function render(text: string, messages = chat, options: ChatTemplateOptions = {}): string {
  return createChatTemplate(
    { file: "chat_template.jinja", text },
    { bos_token: "<s>" },
    "config",
  )(messages, options);
}

/** Cases `[template, text]`; the texts are those of transformers 5.17 with Jinja 3.1.6. */
function expectTexts(cases: readonly (readonly [string, string])[]): void {
  expect(cases.map(([template]) => [template, render(template)])).toEqual(cases);
}

describe("where @huggingface/jinja 0.5.11 renders something else without a word", () => {
  it("prints, joins and quotes values as Python does", () => {
    expectTexts([
      ["{{ true }} {{ none }} {{ 4 / 2 }} {{ 0.00001 }}", "True None 2.0 1e-05"],
      ["{{ [1, 'a\\'b', none, {'k': 1.0}] }}{{ (1, 2) }}", "[1, \"a'b\", None, {'k': 1.0}](1, 2)"],
      ["{{ 'a' ~ 1 ~ none ~ [1] }}", "a1None[1]"],
      ["{{ [1, none]|join('-') }}", "1-None"],
      ["{{ 'hELLO'|capitalize }} {{ 'it is'|title }}", "Hello It Is"],
      ["{{ '\\xe9\\u2028\\x7f\\\\'|list }}", "['é', '\\u2028', '\\x7f', '\\\\']"],
    ]);
  });

  it("compares as Python does", () => {
    expectTexts([
      ["{{ '1' == 1 }}{{ '' == 0 }}{{ none == nope }}", "FalseFalseFalse"],
      ["{{ [] == [] }}{{ [1, 'a'] == [1.0, 'a'] }}{{ 1 == true }}", "TrueTrueTrue"],
      ["{{ none in [none] }}{{ [1] in [[1]] }}", "TrueTrue"],
      ["{{ -7 // 2 }} {{ 7 % -3 }} {{ -7 % 3 }}", "-4 -2 2"],
    ]);
  });

  it("strips what it is told to, and Python's white space otherwise", () => {
    expectTexts([
      ["{{ '\\n a \\n'.strip('\\n') }}|", " a |"],
      ["{{ 'xxaxx'.lstrip('x') }}{{ 'xxaxx'.rstrip('x') }}", "axxxxa"],
      ["{{ '\\ufeffa\\x85\\x1c'|trim|length }}", "2"],
    ]);
    expect(render("{{ messages[1].content.split('</think>')[-1].lstrip('\\n') }}|")).toBe(" 4 |");
  });

  it("forgets what a pass through a loop has set, and a block", () => {
    expectTexts([
      ["{% for x in [1, 2] %}{% if x == 1 %}{% set y = 5 %}{% endif %}{{ y }};{% endfor %}", "5;;"],
      ["{% set y = 0 %}{% for x in [1, 2] %}{{ y }}{% set y = x %}{% endfor %}{{ y }}", "000"],
      ["{% generation %}a{% set y = 1 %}{% endgeneration %}{{ y }}", "a"],
      ["{% set y = 1 %}{% macro m() %}{{ y }}{% endmacro %}{% set y = 2 %}{{ m() }}", "2"],
    ]);
  });

  it("controls white space by tags, not by what looks like one inside a text", () => {
    expectTexts([
      ["a {-x -}\nb", "a {-x -}\nb"],
      ["{{ 'a\\nb -}' }}\n{% if 1 +%}\nx{% endif %}", "a\nb -}\n\nx"],
      ["x\n  {% if 1 %}\n  y\n  {%+ if 1 %}z{% endif %}{% endif %}\n\n\n", "x\n  y\n  z\n"],
      ["{% raw %}{{ x }}{% endraw %}\n{# c #}\n  {#- d #}y", "{{ x }}y"],
    ]);
  });
});

describe("a conversation that a template cannot take", () => {
  it.each([
    ["content that is no text", "{{ 'a' + messages[0].parts }}", /'dict object' has no attribute 'parts'/],
    ["a list where text is wanted", "{{ 'a' + [1] }}", /unsupported operand types for \+: 'str' and 'list'/],
    ["a message that is not there", "{{ messages[9].role }}", /list object has no element 9/],
    ["a template that refuses", "{{ raise_exception('users first') }}", /it refuses: users first/],
    ["an unknown filter", "{{ 1|shuffle }}", /no filter named 'shuffle'/],
    ["a change of its input", "{{ messages.append(1) }}", /may not change a list with append/],
    ["a template that ends too early", "{% if 1 %}", /cannot be parsed: it ends inside a block/],
  ])("%s is a ModelError", (_, template, message) => {
    expect(() => render(template)).toThrow(ModelError);
    expect(() => render(template)).toThrow(message);
    expect(() => render(template)).toThrow(
      /^the chat template in chat_template\.jinja cannot render .*; change the/,
    );
  });
});

describe("options", () => {
  const turns = "{% for m in messages %}[{{ m.content }}]{% endfor %}";
  const trimmed = "{% for m in messages %}[{{ m.content|trim }}]{% endfor %}";

  it("continues the final message right after its text", () => {
    const final = (content: ChatMessage["content"]) => [{ role: "assistant", content }];
    const options = { continueFinalMessage: true };
    expect(render(turns, final("so "), options)).toBe("[so ");
    expect(render(trimmed, final("so "), options)).toBe("[so");
    const parts = [{ type: "text", text: "so " }, { type: "image" }];
    expect(render("<{{ messages[0].content[0].text }}>", final(parts), options)).toBe("<so ");
    expect(() => render("nothing", final("so"), options)).toThrow(/does not show the final message/);
    for (const content of [undefined, null, [], [{ type: "image" }]]) {
      expect(() => render(turns, final(content), options)).toThrow(DataError);
    }
    expect(() => render(turns, [], options)).toThrow(DataError);
    expect(() => render(turns, chat, { ...options, addGenerationPrompt: true })).toThrow(DataError);
  });

  it("gives the template tools, documents and variables of one's own", () => {
    const template =
      "{{ bos_token }}{{ tools|tojson }}{{ documents }}{{ enable_thinking }}{{ add_generation_prompt }}";
    expect(render(template)).toBe("<s>nullNoneFalse");
    const options = { tools: [{ n: 1 }], variables: { bos_token: "<b>", enable_thinking: false } };
    expect(render(template, chat, { ...options, addGenerationPrompt: true })).toBe(
      '<b>[{"n": 1}]NoneFalseTrue',
    );
    expect(() => render(template, chat, { variables: { messages: [] } })).toThrow(DataError);
  });
});

const grow = (statement: string): string =>
  `{% set ns = namespace(x=['ab'], y=['ab'], t='ab') %}{% for i in range(1000) %}${statement}{% endfor %}`;

describe("a template that does not end", () => {
  const loop = (inside: string): string => `{% for i in range(100000) %}${inside}{% endfor %}`;
  const twice = (name: string): string => `{% set ns.${name} = [ns.${name}, ns.${name}] %}`;
  it.each([
    ["nested loops", loop(loop(loop("")))],
    ["a text that doubles", grow("{% set ns.t = ns.t ~ ns.t %}")],
    ["a list that doubles", grow("{% set ns.x = ns.x + ns.x %}")],
    ["a list of itself, printed", `${grow(twice("x"))}{{ ns.x }}`],
    ["a list of itself, as JSON", `${grow(twice("x"))}{{ ns.x|tojson }}`],
    ["lists of themselves, compared", `${grow(twice("x") + twice("y"))}{{ ns.x == ns.y }}`],
    [
      "long loops left at once",
      `{% set b = range(100000) %}${loop("{% for x in b %}{% break %}{% endfor %}")}`,
    ],
    [
      "names looked up through many scopes",
      `${"{% for a in [1] %}".repeat(300)}${loop("{{ b }}").repeat(9)}${"{% endfor %}".repeat(300)}`,
    ],
    ["a long test of a text", `{% set b = 'ab' * 1000000 %}${loop("{{ b.isupper() }}{{ b == b }}")}`],
    ["repetition", "{{ 'a' * 1000000000 }}"],
    ["repetition of a list", "{{ [1] * 1000000000 }}"],
    ["a replacement by much", "{% set x = 'a' * 9000000 %}{{ x|replace('a', x) }}"],
    ["a wide indent", "{{ 'a\\nb'|indent(2000000000) }}{{ [1]|tojson(indent=2000000000) }}"],
    ["padding", "{{ 'a'.ljust(2000000000) }}"],
    ["a search that takes long", "{% set x = 'a' * 3000000 %}{{ ('b' + 'a' * 1000000) in x }}"],
    ["a long range", "{{ range(10000000000) }}"],
    ["a macro that calls itself", "{% macro m(n) %}{{ m(n + 1) }}{% endmacro %}{{ m(0) }}"],
    [
      "a macro that calls itself twice",
      "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(90) }}",
    ],
    [
      "deep data",
      `${loop("").replace("{% endfor %}", "")}{% endfor %}${grow("{% set ns.x = [ns.x] %}").replace("1000", "90000")}{{ ns.x }}`,
    ],
    ["deep syntax", `{{ ${"(".repeat(50_000)}1${")".repeat(50_000)} }}`],
    ["a long sum", `{{ 1${" + 1".repeat(50_000)} }}`],
    ["many open blocks", "{% if 1 %}".repeat(50_000)],
    ["many open strings", "{{ '".repeat(50_001)],
  ])("is stopped: %s", (_, template) => {
    expect(() => render(template)).toThrow(ModelError);
  });

  it("is not mistaken for one that has much to do", () => {
    const messages = Array.from({ length: 1000 }, (_, index) => ({
      role: "user",
      content: `${index} `.repeat(200),
    }));
    const template =
      "{% for m in messages %}{{ loop.index0 ~ m.role ~ (m.content|trim).split(' ')|length }}{{ messages[loop.index:]|length }}{% endfor %}";
    expect(render(template, messages)).toContain("999user2000");
  });
});

describe("any text", () => {
  const pieces = [
    ...[
      "{%",
      "%}",
      "{{",
      "}}",
      "{#",
      "#}",
      "-",
      "+",
      "'",
      '"',
      "\\",
      "\n",
      " ",
      "(",
      ")",
      "[",
      "]",
      "{",
      "}",
      "|",
      ".",
      ",",
      "=",
    ],
    ...[
      "for",
      "in",
      "if",
      "else",
      "elif",
      "endif",
      "endfor",
      "set",
      "macro",
      "endmacro",
      "call",
      "raw",
      "endraw",
      "not",
    ],
    ...[
      "messages",
      "m",
      "loop",
      "namespace()",
      "ns.x",
      "tojson",
      "trim",
      "is",
      "none",
      "range(9)",
      "1",
      "1.5",
      "~",
      "*",
      "**",
      "is defined",
    ],
    ...[
      "{% for m in messages %}",
      "{% endfor %}",
      "{{ m.content }}",
      "{% if m.role == 'user' %}",
      "{% endif %}",
      "[::-1]",
      "(1, 2)",
    ],
  ];
  const rendersOrFails = (template: string): void => {
    try {
      expect(typeof render(template)).toBe("string");
    } catch (error) {
      expect(error, JSON.stringify(template)).toBeInstanceOf(ModelError);
    }
  };

  it("renders or is a ModelError, however it is put together", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 3 })), { maxLength: 25 }),
        (parts) => rendersOrFails(parts.join("")),
      ),
      { numRuns: 4000, seed: 1 },
    );
  });

  it("renders or is a ModelError, if it is a template with pieces lost, doubled or moved", () => {
    const whole =
      "{%- set ns = namespace(n=0) -%}{% for m in messages[::-1] %}{% if m.content is string and not loop.first %}" +
      "{{ '<|' + m.role ~ '|>' + m.content.split('</think>')[-1]|trim }}{% set ns.n = ns.n + 1 %}{% elif ns.n > 0 %}" +
      "{{ m|tojson(indent=2) }}{% else %}{{- m['content'][1:-2] if m.content else none -}}{% endif %}\n{% endfor %}" +
      "{% macro f(a, b=1) %}{{ a }}{{ b * 2 }}{% endmacro %}{{ f(ns.n, b=range(3)|list) }}";
    const place = fc.nat(whole.length);
    const change = fc.tuple(place, place, place, fc.constantFrom("", ...pieces));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const changed = changes.reduce((text, [from, length, to, piece]) => {
          const cut = text.slice(from, from + (length % 30));
          const rest = text.slice(0, from) + text.slice(from + (length % 30));
          return rest.slice(0, to) + piece + (length % 2 ? cut : "") + rest.slice(to);
        }, whole);
        rendersOrFails(changed);
      }),
      { numRuns: 4000, seed: 2 },
    );
  });
});
