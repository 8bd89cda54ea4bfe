/** The syntax tree of a template, as the library's parser builds it. */
export type Statement =
  | { type: "If"; test: Expression; body: Statement[]; alternate: Statement[] }
  | { type: "For"; loopvar: Expression; iterable: Expression; body: Statement[]; defaultBlock: Statement[] }
  | { type: "Break" }
  | { type: "Continue" }
  | { type: "Set"; assignee: Expression; value: Expression | null; body: Statement[] }
  | { type: "Macro"; name: Identifier; args: Parameter[]; body: Statement[] }
  | { type: "CallStatement"; call: Call; callerArgs: Parameter[] | null; body: Statement[] }
  | { type: "FilterStatement"; filter: Identifier | Call; body: Statement[] }
  | Expression;

export type Expression =
  | Identifier
  | Call
  | { type: "IntegerLiteral"; value: number }
  | { type: "FloatLiteral"; value: number }
  | { type: "StringLiteral"; value: string }
  | { type: "ArrayLiteral"; value: Expression[] }
  | { type: "TupleLiteral"; value: Expression[] }
  | { type: "ObjectLiteral"; value: Map<Expression, Expression> }
  | { type: "MemberExpression"; object: Expression; property: Expression; computed: boolean }
  | { type: "BinaryExpression"; operator: { value: string }; left: Expression; right: Expression }
  | { type: "UnaryExpression"; operator: { value: string }; argument: Expression }
  | { type: "FilterExpression"; operand: Expression; filter: Identifier | Call }
  | { type: "TestExpression"; operand: Expression; negate: boolean; test: Identifier }
  | { type: "SelectExpression"; lhs: Expression; test: Expression }
  | { type: "Ternary"; condition: Expression; trueExpr: Expression; falseExpr: Expression }
  | Slice
  | NamedArgument
  | { type: "SpreadExpression"; argument: Expression }
  | { type: "KeywordSpreadExpression"; argument: Expression };

export interface Identifier {
  type: "Identifier";
  value: string;
}

export interface Call {
  type: "CallExpression";
  callee: Expression;
  args: Expression[];
}

export interface Slice {
  type: "SliceExpression";
  start?: Expression;
  stop?: Expression;
  step?: Expression;
}

export interface NamedArgument {
  type: "KeywordArgumentExpression";
  key: Identifier;
  value: Expression;
}

export type Parameter = Identifier | NamedArgument;
