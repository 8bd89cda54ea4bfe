import type { TokenKind } from "./token.ts";

type Meaning = readonly [kind: TokenKind, value: string];

const greek =
  "alpha beta delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi omicron varpi rho varrho " +
  "sigma varsigma tau upsilon phi varphi chi psi omega Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega";
const otherSymbols =
  "ell hbar Re Im wp nabla partial angle measuredangle triangle square prime imath jmath sharp flat natural surd bigstar " +
  "odot oplus otimes ominus dagger mho complement Box blacktriangle vartriangle " +
  "spadesuit heartsuit diamondsuit clubsuit Diamond lozenge blacksquare top bot star";
const functions =
  "log ln exp sin cos tan csc sec cot arcsin arccos arctan arccsc arcsec arccot sinh cosh tanh arsinh arcosh artanh " +
  "arcsinh arccosh arctanh floor ceil det gcd lcm max min lg coth sech csch arg deg dim ker sgn";

const table: Readonly<Record<string, Meaning>> = {
  ...Object.fromEntries(words(greek).map((name) => [name, ["symbol", name] as const])),
  ...Object.fromEntries(words(otherSymbols).map((name) => [name, ["symbol", name] as const])),
  ...Object.fromEntries(words(functions).map((name) => [name, ["function", name] as const])),
  pi: ["constant", "pi"],
  gamma: ["constant", "gamma"],
  Gamma: ["constant", "gamma"],
  infty: ["constant", "infinity"],
  frac: ["fraction", ""],
  dfrac: ["fraction", ""],
  tfrac: ["fraction", ""],
  cfrac: ["fraction", ""],
  sqrt: ["root", ""],
  binom: ["binomial", ""],
  tbinom: ["binomial", ""],
  dbinom: ["binomial", ""],
  over: ["operator", "/"],
  choose: ["choose", ""],
  times: ["operator", "*"],
  cdot: ["operator", "*"],
  ast: ["operator", "*"],
  div: ["operator", "/"],
  mod: ["modulo", ""],
  bmod: ["modulo", ""],
  pmod: ["modulo", "("],
  pm: ["plus-minus", "+"],
  mp: ["plus-minus", "-"],
  le: ["relation", "<="],
  leq: ["relation", "<="],
  leqslant: ["relation", "<="],
  leqq: ["relation", "<="],
  ge: ["relation", ">="],
  geq: ["relation", ">="],
  geqslant: ["relation", ">="],
  geqq: ["relation", ">="],
  lt: ["relation", "<"],
  gt: ["relation", ">"],
  ne: ["relation", "!="],
  neq: ["relation", "!="],
  equiv: ["relation", "="],
  approx: ["relation", "approx"],
  sim: ["relation", "approx"],
  simeq: ["relation", "approx"],
  doteq: ["relation", "approx"],
  cong: ["relation", "approx"],
  in: ["relation", "in"],
  notin: ["relation", "notin"],
  subseteq: ["relation", "subset"],
  subset: ["relation", "subset"],
  supseteq: ["relation", "superset"],
  cup: ["set-operator", "union"],
  bigcup: ["set-operator", "union"],
  cap: ["set-operator", "intersection"],
  bigcap: ["set-operator", "intersection"],
  setminus: ["set-operator", "difference"],
  backslash: ["set-operator", "difference"],
  emptyset: ["named-set", "empty"],
  varnothing: ["named-set", "empty"],
  lbrace: ["open", "{"],
  rbrace: ["close", "}"],
  lbrack: ["open", "["],
  rbrack: ["close", "]"],
  lgroup: ["open", "("],
  rgroup: ["close", ")"],
  langle: ["open", "<"],
  rangle: ["close", ">"],
  lfloor: ["open", "floor"],
  rfloor: ["close", "floor"],
  llcorner: ["open", "floor"],
  lrcorner: ["close", "floor"],
  lceil: ["open", "ceil"],
  rceil: ["close", "ceil"],
  ulcorner: ["open", "ceil"],
  urcorner: ["close", "ceil"],
  lvert: ["open", "|"],
  rvert: ["close", "|"],
  lVert: ["open", "||"],
  rVert: ["close", "||"],
  vert: ["bar", "|"],
  Vert: ["bar", "||"],
  mid: ["such-that", ""],
  sum: ["binder", "sum"],
  prod: ["binder", "product"],
  int: ["binder", "integral"],
  lim: ["binder", "limit"],
  to: ["arrow", ""],
  rightarrow: ["arrow", ""],
  Rightarrow: ["arrow", ""],
  longrightarrow: ["arrow", ""],
  Longrightarrow: ["arrow", ""],
  implies: ["arrow", ""],
  circ: ["degree", ""],
  degree: ["degree", ""],
  ldots: ["ellipsis", ""],
  dots: ["ellipsis", ""],
  cdots: ["ellipsis", ""],
  dotsc: ["ellipsis", ""],
  land: ["connective", "and"],
  wedge: ["connective", "and"],
  lor: ["connective", "or"],
  vee: ["connective", "or"],
};

/** Spacing, sizes and styles: they say nothing. */
const silentCommands = new Set(
  words(
    "left right mleft mright big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr bigm displaystyle textstyle " +
      "scriptstyle limits nolimits quad qquad thinspace medspace thickspace negthinspace negmedspace negthickspace " +
      "allowbreak nobreak hline middle rm bf it mathstrut strut vrule vcenter vbox vskip vspace hfil noindent newline " +
      "relax normalsize large Large small centering hfill nonumber",
  ),
);

/** Commands whose argument is words or letters in another style. */
const accents = new Set(
  words("acute bar overline breve check dot ddot grave hat widehat tilde widetilde vec overrightarrow"),
);
const styles = new Set(
  words(
    "text textit textbf textnormal textrm textsf texttt mathbb mathbin mathbf mathcal mathfrak mathit mathnormal mathop mathrm " +
      "mathscr mathsf mathtt mbox hbox bm boldsymbol emph underline operatorname pmb",
  ),
);

export function commandMeaning(name: string): Meaning | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

export function isSilentCommand(name: string): boolean {
  return silentCommands.has(name);
}

export function isAccent(name: string): boolean {
  return accents.has(name);
}

export function isStyle(name: string): boolean {
  return styles.has(name);
}

export function isFunctionName(name: string): boolean {
  return table[name]?.[0] === "function" && Object.hasOwn(table, name);
}

const unicode: Readonly<Record<string, Meaning>> = {
  "−": ["operator", "-"],
  "–": ["operator", "-"],
  "∸": ["operator", "-"],
  "×": ["operator", "*"],
  "⋅": ["operator", "*"],
  "·": ["operator", "*"],
  "∗": ["operator", "*"],
  "∙": ["operator", "*"],
  "•": ["operator", "*"],
  "÷": ["operator", "/"],
  "∕": ["operator", "/"],
  "⁄": ["operator", "/"],
  "≤": ["relation", "<="],
  "≦": ["relation", "<="],
  "⩽": ["relation", "<="],
  "≥": ["relation", ">="],
  "≧": ["relation", ">="],
  "⩾": ["relation", ">="],
  "≠": ["relation", "!="],
  "≈": ["relation", "approx"],
  "≃": ["relation", "approx"],
  "≅": ["relation", "approx"],
  "≡": ["relation", "="],
  "∈": ["relation", "in"],
  "∉": ["relation", "notin"],
  "⊆": ["relation", "subset"],
  "⊇": ["relation", "superset"],
  "∪": ["set-operator", "union"],
  "∩": ["set-operator", "intersection"],
  "∖": ["set-operator", "difference"],
  "∅": ["named-set", "empty"],
  ℕ: ["named-set", "N"],
  ℤ: ["named-set", "Z"],
  ℚ: ["named-set", "Q"],
  ℝ: ["named-set", "R"],
  ℂ: ["named-set", "C"],
  "∞": ["constant", "infinity"],
  π: ["constant", "pi"],
  "±": ["plus-minus", "+"],
  "∓": ["plus-minus", "-"],
  "√": ["root", ""],
  "°": ["degree", ""],
  "˚": ["degree", ""],
  º: ["degree", ""],
  "→": ["arrow", ""],
  "…": ["ellipsis", ""],
  "⌊": ["open", "floor"],
  "⌋": ["close", "floor"],
  "⌈": ["open", "ceil"],
  "⌉": ["close", "ceil"],
  "⟨": ["open", "<"],
  "⟩": ["close", ">"],
  "（": ["open", "("],
  "）": ["close", ")"],
  "，": ["comma", ","],
  "、": ["comma", ","],
  "；": ["comma", ";"],
  "：": ["operator", "/"],
  "∣": ["such-that", ""],
  "′": ["prime", "'"],
};
const unicodeGreek =
  "αalpha βbeta δdelta Δdelta εepsilon ϵvarepsilon ζzeta ηeta θtheta Θtheta ιiota κkappa λlambda Λlambda μmu νnu ξxi ρrho σsigma Σsigma τtau υupsilon φphi ϕvarphi Φphi χchi ψpsi Ψpsi ωomega Ωomega";
const unicodeTable: ReadonlyMap<string, Meaning> = new Map([
  ...Object.entries(unicode),
  ...words(unicodeGreek).map((entry) => [entry[0] ?? "", ["symbol", entry.slice(1)]] as [string, Meaning]),
]);

export function unicodeMeaning(character: string): Meaning | undefined {
  return unicodeTable.get(character);
}

function words(list: string): string[] {
  return list.split(" ");
}
