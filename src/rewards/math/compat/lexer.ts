import { spend, unreadable, type WorkBudget } from "../expression.ts";

/** A token of math-verify's LaTeX grammar. */
export interface LatexToken {
  kind: string;
  text: string;
}

const mostTokens = 3000;

/** Literal spellings by token; the longest that fits is taken, so that `\cdots` is `\cdot` and `s` as it is there. */
const spellings: Readonly<Record<string, string>> = {
  skip: "\\, \\thinspace \\: \\medspace \\; \\thickspace \\quad \\qquad \\! \\negthinspace \\negmedspace \\negthickspace \\$ \\vrule \\vcenter \\vbox \\vskip \\vspace \\hfil",
  transpose: "^T ^{T} ^{\\top} '",
  degree: "^\\circ ^\\degree ^\\circle ^° ^{\\circ} ^{\\degree} ^{\\circle} ^{°}",
  "+": "+ ∔ ⊕ ⊞",
  "-": "- − ∸",
  "*": "* × ⋅ ⋄ ⊡ ∗ ⋆ ∘ ∙ ⊗ ⊠ ⋈ ⋉ ⋊ \\times \\cdot",
  "/": "/ ÷ ∕ \\over \\div",
  ":": ":",
  mod: "\\mod",
  "(": "(",
  ")": ")",
  "\\(": "\\(",
  "\\)": "\\)",
  "\\lgroup": "\\lgroup",
  "\\rgroup": "\\rgroup",
  "{": "{",
  "}": "}",
  "\\{": "\\{ \\lbrace",
  "\\}": "\\} \\rbrace",
  "[": "[ \\lbrack",
  "]": "] \\rbrack",
  phantom: "\\phantom",
  boxed: "\\boxed",
  "|": "| \\vert",
  "\\lvert": "\\lvert",
  "\\rvert": "\\rvert",
  "\\|": "\\|",
  "\\langle": "\\langle",
  "\\rangle": "\\rangle",
  "floor(": "\\lfloor \\llcorner",
  "floor)": "\\rfloor \\lrcorner",
  "ceil(": "\\lceil \\ulcorner",
  "ceil)": "\\rceil \\urcorner",
  lim: "\\lim",
  to: "\\to \\rightarrow \\Rightarrow \\longrightarrow \\Longrightarrow",
  int: "\\int",
  sum: "\\sum",
  prod: "\\prod",
  sqrt: "\\sqrt",
  function:
    "\\log \\ln \\exp \\sin \\cos \\tan \\csc \\sec \\cot \\arcsin \\arccos \\arctan \\arccsc \\arcsec \\arccot \\sinh \\cosh \\tanh \\arsinh \\arcosh \\artanh \\arcsinh \\arccosh \\arctanh \\floor \\ceil \\det",
  gamma: "\\gamma \\Gamma",
  "function-of-many": "\\gcd \\lcm \\max \\min",
  reserved:
    "arsinh arcsinh arcosh arccosh artanh arctanh gcd lcm floor ceil eye zeros ones cols rows diag norm rank trace tr rref hstack vstack orth ortho orthogonal orthogonalize nullspace eig eigen diagonalize eigenvals eigenvalues eigenvects eigenvectors svd SVD matrix pmatrix bmatrix vmatrix \\mathit \\xrightarrow \\xRightarrow <-> <=> \\leftrightarrow \\Leftrightarrow \\partial",
  operatorname: "\\operatorname",
  frac: "\\frac \\dfrac \\tfrac \\cfrac",
  binom: "\\binom \\tbinom \\dbinom",
  choose: "\\choose",
  "begin-matrix": "\\begin{matrix} \\begin{pmatrix} \\begin{bmatrix}",
  "end-matrix": "\\end{matrix} \\end{pmatrix} \\end{bmatrix} \\end{array}",
  "begin-det": "\\begin{vmatrix}",
  "end-det": "\\end{vmatrix}",
  "&": "&",
  "\\\\": "\\\\",
  _: "_",
  "^": "^",
  ";": ";",
  ",": ",",
  ".": ".",
  e: "e \\exponentialE",
  E: "E",
  in: "\\in",
  "=": "= ≡ ≣ ≟ ≎ ≏ ≐ ≑ ≒ ≓ ≔ ≕ ≖ ≗",
  "==": "== \\equiv",
  "~=": "~= ≈ ≊ ≋ ≃ ≅ \\approx",
  "<": "< ≪ ≺ ⋖ \\lt",
  "<=": "\\leq \\le \\leqslant ≤ ≦ ≲ ≾ <=",
  ">": "> ≫ ≻ ⋗ \\gt",
  ">=": "\\geq \\ge \\geqslant ≥ ≧ ≳ ≿ >=",
  "!=": "!= !== \\ne \\neq \\not\\equiv ≠ ≁ ≄ ≇ ≉ ≢",
  "!": "!",
  infinity: "\\infty \\$\\infty \\infty\\% \\infty%",
  symbol:
    "\\alpha α \\beta β γ Γ \\delta δ \\Delta Δ \\epsilon ε \\varepsilon ϵ \\zeta ζ \\eta η \\theta θ \\Theta Θ \\vartheta ϑ \\iota ι \\kappa κ \\lambda λ \\Lambda Λ \\mu μ \\nu ν \\xi ξ \\Xi Ξ \\omicron ο \\pi π \\Pi Π \\varpi ϖ \\rho ρ \\varrho ϱ \\sigma σ \\Sigma Σ \\varsigma ς \\tau τ \\upsilon υ \\Upsilon Υ \\phi φ \\Phi Φ \\varphi ϕ \\chi χ \\psi ψ \\Psi Ψ \\omega ω \\Omega Ω " +
    "\\Bbbk \\wp \\nabla \\bigstar \\angle \\nexists \\diagdown \\measuredangle \\eth ℵ ℶ ℷ ℸ \\diagup \\sphericalangle \\clubsuit \\varnothing \\Diamond \\complement \\diamondsuit \\imath \\Finv \\triangledown \\heartsuit \\jmath \\Game \\triangle \\spadesuit \\ell \\hbar \\vartriangle \\hslash \\blacklozenge \\lozenge \\blacksquare \\mho \\blacktriangle \\sharp \\prime \\Im \\flat \\square \\backprime \\Re \\natural \\surd \\circledS",
  N: "\\mathbb{N} ℕ",
  Z: "\\mathbb{Z} ℤ",
  Q: "\\mathbb{Q} ℚ",
  R: "\\mathbb{R} ℝ",
  C: "\\mathbb{C} ℂ",
  P: "\\mathbb{P} ℙ",
  union: "\\cup ∪",
  intersection: "\\cap ∩",
  setminus: "\\setminus ∖",
  "+-": "\\pm ± ∓ \\mp",
  empty: "\\emptyset ∅ \\{\\} \\lbrace\\rbrace",
  superset: "\\supseteq ⊇",
  subset: "\\subseteq ⊆",
  notin: "\\notin ∉",
};

const accents =
  "acute bar overline breve check widecheck dot ddot grave hat tilde widetilde vec overrightarrow bm boldsymbol text textit textbf textnormal mathbb mathbin mathbf mathcal mathclap mathclose mathellipsis mathfrak mathinner mathit mathnormal mathop mathopen mathord mathpunct mathrel mathring mathrlap mathrm mathscr mathsf mathsterling mathtt mbox";

interface Literal {
  kind: string;
  text: string;
}

/** Literals by first character, the longest first. */
const literals: ReadonlyMap<string, readonly Literal[]> = (() => {
  const byCharacter = new Map<string, Literal[]>();
  for (const [kind, list] of Object.entries(spellings)) {
    for (const text of list.split(" ")) {
      const key = text.startsWith("\\") ? text.slice(0, 2) : (text[0] ?? "");
      byCharacter.set(key, [...(byCharacter.get(key) ?? []), { kind, text }]);
    }
  }
  for (const list of byCharacter.values()) {
    list.sort((a, b) => b.text.length - a.text.length);
  }
  return byCharacter;
})();

const patterns: readonly { kind: string; pattern: RegExp }[] = [
  { kind: "scientific", pattern: /(?:\d*\.\d+|\d+)E[+-]?\d+/y },
  { kind: "percent", pattern: /(?:\d*\.\d+|\d+)[ \t\r\n]?\\?%/y },
  { kind: "number", pattern: /\d*\.\d+|\d+/y },
  { kind: "differential", pattern: /d[ \t\r\n]*(?:[a-zA-Z]|\\[a-zA-Z]+)/y },
  {
    kind: "accent",
    pattern: new RegExp(
      `\\\\(?:${accents
        .split(" ")
        .sort((a, b) => b.length - a.length)
        .join("|")})[ \\t\\r\\n]?\\{(?:\\\\\\}|[^}])*?\\}`,
      "y",
    ),
  },
  { kind: "begin-matrix", pattern: /\\begin\{array\}\{[clr]*\}/y },
  { kind: "letter", pattern: /[a-df-zA-DF-Z]/y },
];

/** Cuts LaTeX into the tokens of the grammar. Throws `unreadable` at a character that starts none. */
export function lex(text: string, budget: WorkBudget): LatexToken[] {
  const tokens: LatexToken[] = [];
  let index = 0;
  while (index < text.length) {
    spend(budget, 1);
    const character = text[index] ?? "";
    if (character === " " || character === "\t" || character === "\r" || character === "\n") {
      index++;
      continue;
    }
    const token = longestToken(text, index, character);
    if (!token || tokens.length >= mostTokens) {
      throw unreadable;
    }
    index += token.text.length;
    if (token.kind !== "skip") {
      tokens.push(token);
    }
  }
  return tokens;
}

function longestToken(text: string, index: number, character: string): LatexToken | undefined {
  const key = character === "\\" ? text.slice(index, index + 2) : character;
  let best: LatexToken | undefined = literals
    .get(key)
    ?.find((literal) => text.startsWith(literal.text, index));
  for (const { kind, pattern } of patterns) {
    pattern.lastIndex = index;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined && found.length > (best?.text.length ?? 0)) {
      best = { kind, text: found };
    }
  }
  return best;
}
