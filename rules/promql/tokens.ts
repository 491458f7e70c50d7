export interface Token {
  readonly kind: 'name' | 'number' | 'duration' | 'string' | 'symbol' | 'end';
  readonly text: string;
  /** Position in the expression, from 0. */
  readonly at: number;
}

/** An expression that Prometheus would refuse. */
export class PromqlError extends Error {
  constructor(
    readonly expression: string,
    readonly at: number,
    problem: string,
  ) {
    super(`${problem} at position ${at} of: ${expression}`);
    this.name = 'PromqlError';
  }
}

const PATTERNS: readonly (readonly [Token['kind'] | 'space', RegExp])[] = [
  ['space', /(?:\s+|#[^\n]*)/y],
  ['duration', /(?:\d+(?:ms|[smhdwy]))+(?![\w.])/y],
  ['number', /(?:0x[\da-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?![\w.])/y],
  ['string', /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`[^`]*`/y],
  ['name', /[a-zA-Z_][\w:]*/y],
  ['symbol', /==|!=|>=|<=|=~|!~|[-+*/%^<>=(){}[\],:@]/y],
];

/** @throws PromqlError at a character that begins nothing */
export function tokens(expression: string): Token[] {
  const found: Token[] = [];
  let at = 0;
  while (at < expression.length) {
    const match = PATTERNS.map(([kind, pattern]) => {
      pattern.lastIndex = at;
      return [kind, pattern.exec(expression)?.[0]] as const;
    }).find(([, text]) => text !== undefined);
    if (match === undefined) throw new PromqlError(expression, at, `unexpected '${expression[at]}'`);
    const [kind, text] = match as [Token['kind'] | 'space', string];
    if (kind !== 'space') found.push({ kind, text, at });
    at += text.length;
  }
  return [...found, { kind: 'end', text: 'the end', at }];
}
