import path from "node:path";
import ts from "typescript";
import { computeInterfaces, computeService, importTable, layer0 } from "./import-table.ts";

/** Source text by path within `src/`, with forward slashes. */
export type SourceFiles = ReadonlyMap<string, string>;

/** Files that a file imports, static, dynamic or for types alone, by path within `src/`; packages are left out. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

export function readImports(files: SourceFiles): ImportGraph {
  return new Map(
    [...files].map(([file, text]) => [
      file,
      moduleSpecifiers(file, text)
        .filter((specifier) => specifier.startsWith("."))
        .map((specifier) => path.posix.join(path.posix.dirname(file), specifier)),
    ]),
  );
}

function moduleSpecifiers(file: string, text: string): string[] {
  const specifiers: string[] = [];
  const visit = (node: ts.Node): void => {
    const specifier = specifierOf(node);
    if (specifier !== undefined && ts.isStringLiteralLike(specifier)) {
      specifiers.push(specifier.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest));
  return specifiers;
}

function specifierOf(node: ts.Node): ts.Node | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
    return node.moduleSpecifier;
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    return node.arguments[0];
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    return node.argument.literal;
  }
  return undefined;
}

/** The row of the import table that a file belongs to, or the name of a folder that the table lacks. */
export function folderOf(file: string): string {
  const parts = file.split("/");
  if (parts.length === 1) {
    return layer0;
  }
  if (parts[0] !== "compute") {
    return parts[0];
  }
  if (parts.length === 2) {
    return computeInterfaces;
  }
  return parts[1] === "local" ? "compute/local" : computeService;
}

/** One line for each import that the table does not allow. */
export function forbiddenImports(imports: ImportGraph): string[] {
  return [...imports].flatMap(([file, targets]) => {
    const folder = folderOf(file);
    const allowed = importTable[folder];
    if (allowed === undefined) {
      return [`src/${file}: the import table has no row for ${folder}`];
    }
    return targets
      .filter((target) => !isAllowed(file, target, allowed))
      .map((target) => `src/${file} imports ${path.posix.join("src", target)}: ${folder} may not`);
  });
}

function isAllowed(file: string, target: string, allowed: readonly string[] | "anything"): boolean {
  if (target.startsWith("..")) {
    return false;
  }
  const folder = folderOf(target);
  const sameService = folder !== computeService || file.split("/")[1] === target.split("/")[1];
  return (
    allowed === "anything" ||
    (folder === folderOf(file) && sameService) ||
    folder === layer0 ||
    allowed.includes(folder) ||
    allowed.includes(target)
  );
}

/** The files of each import circle that a search from the first file on meets, closed: `a.ts -> b.ts -> a.ts`. */
export function importCircles(imports: ImportGraph): string[] {
  const circles: string[] = [];
  const finished = new Set<string>();
  const trail: string[] = [];
  const visit = (file: string): void => {
    const start = trail.indexOf(file);
    if (start >= 0) {
      circles.push([...trail.slice(start), file].join(" -> "));
      return;
    }
    if (finished.has(file)) {
      return;
    }
    trail.push(file);
    for (const target of imports.get(file) ?? []) {
      visit(target);
    }
    trail.pop();
    finished.add(file);
  };
  for (const file of imports.keys()) {
    visit(file);
  }
  return circles;
}
