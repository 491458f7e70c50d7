import { PromqlError, tokens, type Token } from './tokens';

export { PromqlError } from './tokens';

const AGGREGATIONS = new Set('sum min max avg group stddev stdvar count count_values bottomk topk quantile'.split(' '));
const FUNCTIONS = new Set(
  `abs absent absent_over_time avg_over_time ceil changes clamp clamp_max clamp_min count_over_time day_of_month day_of_week delta deriv exp
  floor histogram_avg histogram_count histogram_fraction histogram_quantile histogram_sum hour idelta increase irate label_join label_replace
  last_over_time ln log10 log2 max_over_time min_over_time minute month predict_linear present_over_time quantile_over_time rate resets round
  scalar sgn sort sort_desc sqrt stddev_over_time sum_over_time time timestamp vector year`.split(/\s+/),
);
/** Binary operators by precedence, the weakest first. */
const PRECEDENCE = [['or'], ['and', 'unless'], ['==', '!=', '>', '<', '>=', '<='], ['+', '-'], ['*', '/', '%'], ['^']];
const MATCHERS = ['=', '!=', '=~', '!~'];

/** What an expression reads. */
export interface Reads {
  /** Names of metrics, in order of appearance. */
  readonly metrics: readonly string[];
  /** Longest look back of a range, such as `30d`. */
  readonly ranges: readonly string[];
}

/**
 * Checks the grammar of PromQL as far as our rules use it: selectors, ranges, subqueries, functions, aggregations, operators
 * with matching. What it accepts may still be refused for its types, which `promtool check rules` tells.
 * @throws PromqlError with the position
 */
export function parse(expression: string): Reads {
  const parser = new Parser(expression, tokens(expression));
  parser.binary(0);
  parser.take('end');
  return { metrics: [...parser.metrics], ranges: parser.ranges };
}

class Parser {
  readonly metrics = new Set<string>();
  readonly ranges: string[] = [];
  private position = 0;

  constructor(
    private readonly expression: string,
    private readonly list: readonly Token[],
  ) {}

  binary(level: number): void {
    if (level === PRECEDENCE.length) return this.unary();
    this.binary(level + 1);
    while (PRECEDENCE[level].includes(this.next.text)) {
      this.position++;
      this.modifiers();
      this.binary(level + 1);
    }
  }

  take(what: string): Token {
    const token = this.next;
    if (token.kind !== what && token.text !== what) {
      throw new PromqlError(
        this.expression,
        token.at,
        `expected ${what === 'end' ? 'an operator or the end' : what}, found ${token.text}`,
      );
    }
    this.position++;
    return token;
  }

  private get next(): Token {
    return this.list[this.position];
  }

  private accept(text: string): boolean {
    if (this.next.text !== text || this.next.kind === 'string') return false;
    this.position++;
    return true;
  }

  private modifiers(): void {
    this.accept('bool');
    if (this.accept('on') || this.accept('ignoring')) {
      this.labels();
      if (this.accept('group_left') || this.accept('group_right')) if (this.next.text === '(') this.labels();
    }
  }

  private unary(): void {
    while (this.accept('-') || this.accept('+'));
    this.primary();
    this.suffixes();
  }

  private primary(): void {
    const token = this.next;
    if (token.kind === 'number' || token.kind === 'string') {
      this.position++;
    } else if (this.accept('(')) {
      this.binary(0);
      this.take(')');
    } else if (token.text === '{') {
      this.matchers();
    } else {
      this.named(this.take('name').text, token);
    }
  }

  private named(name: string, token: Token): void {
    if (AGGREGATIONS.has(name) && ['(', 'by', 'without'].includes(this.next.text)) {
      const grouped = this.grouping();
      this.arguments();
      if (!grouped) this.grouping();
    } else if (this.next.text === '(') {
      if (!FUNCTIONS.has(name)) throw new PromqlError(this.expression, token.at, `unknown function ${name}`);
      this.arguments();
    } else {
      this.metrics.add(name);
      if (this.next.text === '{') this.matchers();
    }
  }

  private grouping(): boolean {
    if (!this.accept('by') && !this.accept('without')) return false;
    this.labels();
    return true;
  }

  private arguments(): void {
    this.take('(');
    if (this.accept(')')) return;
    do this.binary(0);
    while (this.accept(','));
    this.take(')');
  }

  private labels(): void {
    this.take('(');
    while (this.next.text !== ')') {
      this.take('name');
      if (!this.accept(',')) break;
    }
    this.take(')');
  }

  private matchers(): void {
    this.take('{');
    while (this.next.text !== '}') {
      this.take('name');
      if (!MATCHERS.includes(this.next.text)) this.take('=');
      else this.position++;
      this.take('string');
      if (!this.accept(',')) break;
    }
    this.take('}');
  }

  /** `[5m]`, `[1h:1m]`, `offset 5m`. */
  private suffixes(): void {
    for (;;) {
      if (this.accept('[')) {
        this.ranges.push(this.take('duration').text);
        if (this.accept(':') && this.next.kind === 'duration') this.position++;
        this.take(']');
      } else if (this.accept('offset')) this.take('duration');
      else return;
    }
  }
}
