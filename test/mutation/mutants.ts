// Finds the mutants of a source file: every place where one small change makes another program. A mutant is known by
// its file, line, column and the kind of change, so that it can be named and run again.

import ts from "typescript";
import { BINARY, type Group, NAMES, POSTFIX, PREFIX, SEQUENCE_CALLS, type Swap } from "./operators.ts";

export interface Mutant {
  /** file:line:column:kind */
  id: string;
  /** Path from the top of the project. */
  file: string;
  line: number;
  column: number;
  kind: string;
  group: Group;
  /** What of the file's text is replaced, and by what. */
  start: number;
  end: number;
  replacement: string;
}

/** Names of the members of each enum, in the order of the declaration. */
export type Enums = ReadonlyMap<string, readonly string[]>;

type Change = Pick<Mutant, "kind" | "group" | "start" | "end" | "replacement">;

/** The members of all enums that some sources declare. */
export function readEnums(texts: Iterable<string>): Enums {
  const enums = new Map<string, string[]>();
  for (const text of texts) {
    for (const statement of parse("enums.ts", text).statements) {
      if (!ts.isEnumDeclaration(statement)) continue;
      const members = statement.members.map(({ name }) => name.getText());
      enums.set(statement.name.text, members);
    }
  }
  return enums;
}

/** Every mutant of a file, in the order of its text; no two make the same text. */
export function findMutants(file: string, text: string, enums: Enums): Mutant[] {
  const source = parse(file, text);
  const mutants: Mutant[] = [];
  const texts = new Set([text]);
  const visit = (node: ts.Node): void => {
    if (isOutOfScope(node)) return;
    for (const change of changesAt(node, enums)) {
      const changed = applied(text, change);
      if (texts.has(changed)) continue;
      texts.add(changed);
      const { line, character } = source.getLineAndCharacterOfPosition(change.start);
      const place = { file, line: line + 1, column: character + 1 };
      mutants.push({ id: `${file}:${place.line}:${place.column}:${change.kind}`, ...place, ...change });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return mutants;
}

/** The text with the change in it; it has as many lines as before. */
export function applied(
  text: string,
  { start, end, replacement }: Pick<Mutant, "start" | "end" | "replacement">,
): string {
  return text.slice(0, start) + replacement + text.slice(end);
}

function parse(file: string, text: string): ts.SourceFile {
  return ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true, ts.ScriptKind.TS);
}

// Declarations without code, types, and what holds only while the core is compiled or checked: assertions, and
// conditions under which it does not compile.
function isOutOfScope(node: ts.Node): boolean {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node) || ts.isEnumDeclaration(node)) return true;
  if (ts.isTypeNode(node) || ts.isDecorator(node)) return true;
  if (ts.isCallExpression(node)) return ["assert", "ERROR"].includes(node.expression.getText());
  return ts.isIfStatement(node) && /^if \(!ASC_NO_ASSERT\)|\bERROR\(/.test(node.getText());
}

function changesAt(node: ts.Node, enums: Enums): Change[] {
  return [
    ...operators(node),
    ...constants(node),
    ...conditions(node),
    ...statements(node),
    ...exits(node),
    ...helpers(node),
    ...members(node, enums),
  ];
}

function operators(node: ts.Node): Change[] {
  if (ts.isBinaryExpression(node)) {
    const { operatorToken } = node;
    return swapped(BINARY.get(operatorToken.getText()), operatorToken.getStart(), operatorToken.end);
  }
  if (ts.isPrefixUnaryExpression(node)) {
    const start = node.getStart();
    const operator = ts.tokenToString(node.operator) ?? "";
    return swapped(PREFIX.get(operator), start, start + operator.length);
  }
  if (ts.isPostfixUnaryExpression(node)) {
    const operator = ts.tokenToString(node.operator) ?? "";
    return swapped(POSTFIX.get(operator), node.end - operator.length, node.end);
  }
  return [];
}

function swapped(swaps: readonly Swap[] | undefined, start: number, end: number): Change[] {
  return (swaps ?? []).map(({ kind, group, text }) => ({ kind, group, start, end, replacement: text }));
}

/** Numbers are off by one, or doubled; true is false. */
function constants(node: ts.Node): Change[] {
  const change = (kind: string, replacement: string): Change => ({
    kind,
    group: "constant",
    ...span(node),
    replacement,
  });
  if (node.kind === ts.SyntaxKind.TrueKeyword) return [change("true-false", "false")];
  if (node.kind === ts.SyntaxKind.FalseKeyword) return [change("false-true", "true")];
  if (!ts.isNumericLiteral(node)) return [];
  const value = Number(node.getText().replaceAll("_", ""));
  const more = change("plus-one", String(value + 1));
  if (value === 0) return [more];
  return [more, change("minus-one", String(value - 1)), change("double", String(2 * value))];
}

/** Conditions are negated, or always or never true. Comparisons and `!` have changes of their own that negate them. */
function conditions(node: ts.Node): Change[] {
  if (!ts.isIfStatement(node) && !ts.isWhileStatement(node) && !ts.isConditionalExpression(node)) return [];
  const condition = ts.isConditionalExpression(node) ? node.condition : node.expression;
  const change = (kind: string, replacement: string): Change => ({
    kind,
    group: "condition",
    ...span(condition),
    replacement,
  });
  const changes = negatesByItself(condition) ? [] : [change("negate", `!(${condition.getText()})`)];
  if (!ts.isIfStatement(node)) return changes;
  changes.push(change("always", "true"));
  // A single statement that never runs is a statement that is dropped.
  if (node.elseStatement || ts.isBlock(node.thenStatement)) changes.push(change("never", "false"));
  return changes;
}

function negatesByItself(condition: ts.Expression): boolean {
  if (ts.isPrefixUnaryExpression(condition)) return condition.operator === ts.SyntaxKind.ExclamationToken;
  return ts.isBinaryExpression(condition) && /^[<>]|^[=!]==?$/.test(condition.operatorToken.getText());
}

/** A call, an assignment or a step that stands alone is dropped. */
function statements(node: ts.Node): Change[] {
  if (!ts.isExpressionStatement(node) || isOutOfScope(node.expression)) return [];
  const kind = ts.isCallExpression(node.expression) ? "drop-call" : "drop-assignment";
  return [dropped(node, kind, "statement")];
}

/** What leaves a function, a switch or a loop early is dropped: the code behind it runs, too. */
function exits(node: ts.Node): Change[] {
  if (ts.isReturnStatement(node) && !endsFunction(node)) return [dropped(node, "drop-return", "exit")];
  if (ts.isContinueStatement(node)) return [dropped(node, "drop-continue", "exit")];
  if (ts.isBreakStatement(node) && !endsSwitch(node)) return [dropped(node, "drop-break", "exit")];
  return [];
}

function endsFunction(node: ts.Statement): boolean {
  return ts.isBlock(node.parent) && ts.isFunctionLike(node.parent.parent) && node.parent.statements.at(-1) === node;
}

function endsSwitch(node: ts.Statement): boolean {
  const clause = node.parent;
  return ts.isCaseOrDefaultClause(clause) && clause.parent.clauses.at(-1) === clause;
}

/** An empty statement in place of `node`, over as many lines. */
function dropped(node: ts.Node, kind: string, group: Group): Change {
  return { kind, group, ...span(node), replacement: `;${node.getText().replace(/[^\n]/g, "")}` };
}

function helpers(node: ts.Node): Change[] {
  if (!ts.isCallExpression(node)) return [];
  const callee = node.expression;
  const name = ts.isPropertyAccessExpression(callee) ? callee.name : callee;
  const swap = NAMES.get(name.getText());
  if (swap) return swapped([swap], name.getStart(), name.end);
  const args = node.arguments.map((argument) => argument.getText());
  return (SEQUENCE_CALLS.get(name.getText()) ?? []).map(({ kind, write }) => ({
    kind,
    group: "helper",
    ...span(node),
    replacement: write(...args),
  }));
}

/** A member of an enum becomes the one declared behind it; the last becomes the first. */
function members(node: ts.Node, enums: Enums): Change[] {
  if (!ts.isPropertyAccessExpression(node)) return [];
  const names = enums.get(node.expression.getText()) ?? [];
  const index = names.indexOf(node.name.text);
  const other = names[(index + 1) % names.length];
  if (index < 0 || other === undefined || other === node.name.text) return [];
  return [{ kind: `enum-${other}`, group: "enum", ...span(node.name), replacement: other }];
}

function span(node: ts.Node): { start: number; end: number } {
  return { start: node.getStart(), end: node.end };
}
