import type { Arguments } from "./arguments.ts";
import type { Budget } from "./budget.ts";
import { applyFilter } from "./filters.ts";
import { changeDetector, describeLoop } from "./loop.ts";
import { memberOf, sliceOf } from "./members.ts";
import { applyOperator } from "./operators.ts";
import { textOf } from "./print.ts";
import { lookUp, newScope, type Scope } from "./scope.ts";
import type { Call, Expression, Identifier, Parameter, Statement } from "./syntax.ts";
import { TemplateError } from "./template-error.ts";
import { passesTest } from "./tests.ts";
import {
  type Callable,
  float,
  isDictionary,
  isFloat,
  isKey,
  isTrue,
  isUndefined,
  itemsOf,
  type Key,
  list,
  numberOf,
  tuple,
  typeName,
  undefinedValue,
  type Value,
} from "./values.ts";

/** Why a block ended early. */
type Jump = "break" | "continue" | null;

/** A pass through a loop makes a scope and the loop's facts. */
const unitsPerIteration = 16;

/** True if a name is read anywhere in a piece of syntax. */
function mentions(syntax: unknown, name: string): boolean {
  if (typeof syntax !== "object" || syntax === null) {
    return false;
  }
  if (syntax instanceof Map) {
    return mentions([...syntax].flat(), name);
  }
  const { type, value } = syntax as Partial<Identifier>;
  return (
    (type === "Identifier" && value === name) || Object.values(syntax).some((child) => mentions(child, name))
  );
}

const furtherArgumentsOf = new WeakMap<readonly Statement[], { varargs: boolean; kwargs: boolean }>();

/** Which arguments beyond its parameters a macro with this body takes. */
function furtherArguments(body: readonly Statement[]): { varargs: boolean; kwargs: boolean } {
  const known = furtherArgumentsOf.get(body);
  const takes = known ?? { varargs: mentions(body, "varargs"), kwargs: mentions(body, "kwargs") };
  furtherArgumentsOf.set(body, takes);
  return takes;
}

/** Renders a parsed template with the semantics of Jinja in the sandbox of transformers. */
export function evaluateTemplate(
  statements: readonly Statement[],
  variables: ReadonlyMap<string, Value>,
  budget: Budget,
): string {
  function renderBlock(block: readonly Statement[], scope: Scope): string {
    const output: string[] = [];
    if (runBlock(block, scope, output) !== null) {
      throw new TemplateError("break and continue belong inside a loop");
    }
    return output.join("");
  }

  function runBlock(block: readonly Statement[], scope: Scope, output: string[]): Jump {
    for (const statement of block) {
      const jump = runStatement(statement, scope, output);
      if (jump !== null) {
        return jump;
      }
    }
    return null;
  }

  function print(value: Value, output: string[]): void {
    const text = textOf(value, budget);
    budget.spendText(text.length);
    output.push(text);
  }

  function runStatement(statement: Statement, scope: Scope, output: string[]): Jump {
    budget.spend(1);
    switch (statement.type) {
      case "If":
        return runBlock(
          isTrue(evaluate(statement.test, scope)) ? statement.body : statement.alternate,
          scope,
          output,
        );
      case "For":
        return runLoop(statement, scope, output);
      case "Break":
        return "break";
      case "Continue":
        return "continue";
      case "Set": {
        const { assignee, value } = statement;
        const filtered = value === null && assignee.type === "FilterExpression" ? assignee : null;
        const block = value === null ? renderBlock(statement.body, newScope(scope)) : null;
        const set =
          value === null
            ? filtered
              ? filter(filtered.filter, block!, scope)
              : block!
            : evaluate(value, scope);
        assign(filtered?.operand ?? assignee, set, scope);
        return null;
      }
      case "Macro": {
        const { name, args, body } = statement;
        scope.variables.set(name.value, macro(name.value, args, body, scope));
        return null;
      }
      case "CallStatement": {
        const { callee, args } = statement.call;
        const given = evaluateArguments(args, scope);
        const caller = macro("caller", statement.callerArgs ?? [], statement.body, scope);
        print(
          call(evaluate(callee, scope), given.positional, new Map([...given.named, ["caller", caller]])),
          output,
        );
        return null;
      }
      case "FilterStatement":
        print(filter(statement.filter, renderBlock(statement.body, newScope(scope)), scope), output);
        return null;
      default:
        print(evaluate(statement, scope), output);
        return null;
    }
  }

  function runLoop(statement: Extract<Statement, { type: "For" }>, scope: Scope, output: string[]): Jump {
    const { iterable, loopvar } = statement;
    const select = iterable.type === "SelectExpression" ? iterable : null;
    const all = itemsOf(evaluate(select?.lhs ?? iterable, scope), budget);
    const isSelected = (item: Value, test: Expression): boolean => {
      const inner = newScope(scope);
      assign(loopvar, item, inner);
      return isTrue(evaluate(test, inner));
    };
    const items = select === null ? all : all.filter((item) => isSelected(item, select.test));
    const changed = changeDetector(budget);
    for (const [index, item] of items.entries()) {
      budget.spend(unitsPerIteration);
      const inner = newScope(scope);
      assign(loopvar, item, inner);
      inner.variables.set("loop", describeLoop(items, index, changed));
      if (runBlock(statement.body, inner, output) === "break") {
        break;
      }
    }
    return items.length === 0 ? runBlock(statement.defaultBlock, newScope(scope), output) : null;
  }

  function assign(target: Expression, value: Value, scope: Scope): void {
    if (target.type === "Identifier") {
      scope.variables.set(target.value, value);
    } else if (target.type === "TupleLiteral") {
      const items = itemsOf(value, budget);
      if (items.length !== target.value.length) {
        throw new TemplateError(
          `${items.length} values cannot be unpacked into ${target.value.length} names`,
        );
      }
      for (const [index, one] of target.value.entries()) {
        assign(one, items[index]!, scope);
      }
    } else if (
      target.type === "MemberExpression" &&
      !target.computed &&
      target.property.type === "Identifier"
    ) {
      const owner = evaluate(target.object, scope);
      if (typeof owner !== "object" || owner.kind !== "namespace") {
        throw new TemplateError("cannot assign attribute on non-namespace object");
      }
      owner.entries.set(target.property.value, value);
    } else {
      throw new TemplateError("only names and attributes of a namespace can be set");
    }
  }

  function macro(
    name: string,
    parameters: readonly Parameter[],
    body: readonly Statement[],
    scope: Scope,
  ): Callable {
    const takes = furtherArguments(body);
    return {
      kind: "function",
      name,
      call: (positional, given) => {
        const inner = newScope(scope);
        const named = new Map(given);
        const takeNamed = (parameter: string): Value | undefined => {
          const value = named.get(parameter);
          named.delete(parameter);
          return value;
        };
        const caller = takeNamed("caller");
        if (caller !== undefined) {
          inner.variables.set("caller", caller);
        }
        parameters.forEach((parameter, index) => {
          const parameterName = parameter.type === "Identifier" ? parameter.value : parameter.key.value;
          const value = positional[index] ?? takeNamed(parameterName);
          const otherwise = (): Value =>
            parameter.type === "Identifier"
              ? undefinedValue(`parameter '${parameterName}' was not provided`)
              : evaluate(parameter.value, inner);
          inner.variables.set(parameterName, value ?? otherwise());
        });
        if ((!takes.varargs && positional.length > parameters.length) || (!takes.kwargs && named.size > 0)) {
          throw new TemplateError(`macro '${name}' was given more arguments than it takes`);
        }
        inner.variables.set("varargs", tuple(positional.slice(parameters.length)));
        inner.variables.set("kwargs", { kind: "dict", entries: named });
        return renderBlock(body, inner);
      },
    };
  }

  function call(callee: Value, positional: readonly Value[], named: ReadonlyMap<string, Value>): Value {
    if (typeof callee !== "object" || callee.kind !== "function") {
      throw new TemplateError(
        isUndefined(callee) ? callee.problem : `'${typeName(callee)}' object is not callable`,
      );
    }
    return callee.call(positional, named);
  }

  function evaluateArguments(args: readonly Expression[], scope: Scope): Arguments {
    const positional: Value[] = [];
    const named = new Map<string, Value>();
    for (const arg of args) {
      if (arg.type === "SpreadExpression") {
        for (const item of itemsOf(evaluate(arg.argument, scope), budget)) {
          positional.push(item);
        }
      } else if (arg.type === "KeywordArgumentExpression") {
        named.set(arg.key.value, evaluate(arg.value, scope));
      } else if (arg.type === "KeywordSpreadExpression") {
        const spread = evaluate(arg.argument, scope);
        if (!isDictionary(spread)) {
          throw new TemplateError("argument after ** must be a dict");
        }
        budget.spend(spread.entries.size);
        for (const [key, value] of spread.entries) {
          named.set(String(key), value);
        }
      } else {
        positional.push(evaluate(arg, scope));
      }
    }
    return { positional, named };
  }

  function filter(syntax: Identifier | Call, value: Value, scope: Scope): Value {
    const [callee, args] = syntax.type === "Identifier" ? [syntax, []] : [syntax.callee, syntax.args];
    if (callee.type !== "Identifier") {
      throw new TemplateError("a filter is called by its name");
    }
    return applyFilter(callee.value, value, evaluateArguments(args, scope), budget);
  }

  function evaluate(expression: Expression, scope: Scope): Value {
    budget.spend(1);
    switch (expression.type) {
      case "Identifier":
        return lookUp(expression.value, scope, budget);
      case "StringLiteral":
      case "IntegerLiteral":
        return expression.value;
      case "FloatLiteral":
        return float(expression.value);
      case "ArrayLiteral":
        return list(expression.value.map((item) => evaluate(item, scope)));
      case "TupleLiteral":
        return tuple(expression.value.map((item) => evaluate(item, scope)));
      case "ObjectLiteral": {
        const entries = [...expression.value].map(
          ([key, value]) => [evaluate(key, scope), evaluate(value, scope)] as const,
        );
        if (!entries.every(([key]) => isKey(key))) {
          throw new TemplateError("the keys of a dict are strings, numbers, booleans or none");
        }
        return { kind: "dict", entries: new Map(entries as [Key, Value][]) };
      }
      case "MemberExpression":
        return evaluateMember(expression, scope);
      case "CallExpression": {
        const callee = evaluate(expression.callee, scope);
        const { positional, named } = evaluateArguments(expression.args, scope);
        return call(callee, positional, named);
      }
      case "FilterExpression":
        return filter(expression.filter, evaluate(expression.operand, scope), scope);
      case "TestExpression":
        return (
          passesTest(expression.test.value, evaluate(expression.operand, scope), [], budget) !==
          expression.negate
        );
      case "BinaryExpression":
        return evaluateBinary(expression, scope);
      case "UnaryExpression":
        return evaluateUnary(expression.operator.value, evaluate(expression.argument, scope));
      case "Ternary":
        return evaluate(
          isTrue(evaluate(expression.condition, scope)) ? expression.trueExpr : expression.falseExpr,
          scope,
        );
      case "SelectExpression":
        return isTrue(evaluate(expression.test, scope))
          ? evaluate(expression.lhs, scope)
          : undefinedValue("an inline if without else was false");
      default:
        throw new TemplateError(`${expression.type} stands where it means nothing`);
    }
  }

  function evaluateMember(
    expression: Extract<Expression, { type: "MemberExpression" }>,
    scope: Scope,
  ): Value {
    const { object, property, computed } = expression;
    const owner = evaluate(object, scope);
    if (property.type === "SliceExpression") {
      const bounds = [property.start, property.stop, property.step];
      return sliceOf(
        owner,
        bounds.map((bound) => bound && evaluate(bound, scope)),
        budget,
      );
    }
    const isName = !computed && property.type === "Identifier";
    return memberOf(owner, isName ? property.value : evaluate(property, scope), isName, budget);
  }

  function evaluateBinary(
    expression: Extract<Expression, { type: "BinaryExpression" }>,
    scope: Scope,
  ): Value {
    const operator = expression.operator.value;
    const left = evaluate(expression.left, scope);
    if (operator === "and" || operator === "or") {
      return isTrue(left) === (operator === "or") ? left : evaluate(expression.right, scope);
    }
    return applyOperator(operator, left, evaluate(expression.right, scope), budget);
  }

  function evaluateUnary(operator: string, value: Value): Value {
    if (operator === "not") {
      return !isTrue(value);
    }
    const number = numberOf(value);
    if (number === undefined) {
      throw new TemplateError(
        isUndefined(value) ? value.problem : `bad operand type for unary ${operator}: '${typeName(value)}'`,
      );
    }
    const signed = operator === "-" ? -number : number;
    return isFloat(value) ? float(signed) : signed === 0 ? 0 : signed;
  }

  return renderBlock(statements, newScope(newScope(null, new Map(variables))));
}
