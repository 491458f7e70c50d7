/** Says what is done, and how long it took; the durations of all steps are told again at the end. */
export class Progress {
  private readonly took: [string, number][] = [];

  /** @param say where lines go */
  constructor(private readonly say: (line: string) => void = console.log) {}

  note(text: string): void {
    this.say(`  ${text}`);
  }

  async step<T>(what: string, work: () => Promise<T>): Promise<T> {
    this.say(`${what} …`);
    const begun = performance.now();
    const result = await work();
    const seconds = (performance.now() - begun) / 1000;
    this.took.push([what, seconds]);
    this.say(`${what}: done after ${seconds.toFixed(1)} s`);
    return result;
  }

  summary(): void {
    const total = this.took.reduce((sum, [, seconds]) => sum + seconds, 0);
    for (const [what, seconds] of this.took) this.say(`${seconds.toFixed(1).padStart(8)} s  ${what}`);
    this.say(`${total.toFixed(1).padStart(8)} s  in all`);
  }
}
