import { SingleBar, Presets } from 'cli-progress';

/** Where the local run speaks to a person: standard output, or standard error when a JSON summary goes to standard output. */
export class Terminal {
  private drawn = 0;

  constructor(private readonly stream: NodeJS.WriteStream) {}

  /** A line of text. */
  line(text: string): void {
    this.drawn = 0;
    this.stream.write(`${text}\n`);
  }

  /**
   * Lines that replace the ones drawn before, where the stream is a terminal; elsewhere they are printed one after the other.
   * A terminal gets as much of each as fits: the rest would begin a further line, which the next redraw leaves standing.
   */
  redraw(lines: readonly string[]): void {
    if (this.stream.isTTY) {
      if (this.drawn > 0) this.stream.moveCursor(0, -this.drawn);
      this.stream.cursorTo(0);
      this.stream.clearScreenDown();
      this.drawn = lines.length;
    }
    const shown = this.stream.isTTY ? lines.map((line) => cut(line, this.stream.columns)) : lines;
    this.stream.write(`${shown.join('\n')}\n`);
  }

  /**
   * Runs `work` with a progress bar (a line at the start and at the end where there is no terminal).
   * @param work gets a function to report `done` of `total` units
   */
  async progress<T>(
    label: string,
    work: (report: (done: number, total: number, unit?: string) => void) => Promise<T>,
  ): Promise<T> {
    const started = process.hrtime.bigint();
    this.drawn = 0;
    const bar = new SingleBar(
      {
        stream: this.stream,
        format: `${label.padEnd(16)} {bar} {percentage} % | {value}/{total} {unit} | {duration_formatted}`,
        hideCursor: true,
        clearOnComplete: true,
      },
      Presets.shades_classic,
    );
    if (!this.stream.isTTY) this.line(`${label} …`);
    bar.start(1, 0, { unit: '' });
    try {
      return await work((done, total, unit = '') => {
        bar.setTotal(total);
        bar.update(done, { unit });
      });
    } finally {
      bar.stop();
      this.line(`${label}: ${(Number(process.hrtime.bigint() - started) / 1e9).toFixed(1)} s`);
    }
  }
}

/** @param columns of the terminal, if it knows. The last one stays empty: some terminals go on to the next line after it. */
const cut = (line: string, columns: number | undefined): string =>
  !columns || line.length < columns ? line : `${line.slice(0, columns - 2)}…`;
