import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { reportMarkdown, type Conditions, type Report, type ReportedRound } from './report';
import type { Played } from './result';

/** The rounds that are written down, and the table that is made of them. */
export class FailoverRecord {
  private readonly report: string;
  private readonly table: string;

  /** @param folder for example `docs/measurements` */
  constructor(folder: string) {
    this.report = path.join(folder, 'failover.json');
    this.table = path.join(folder, 'failover.md');
  }

  rounds(): readonly ReportedRound[] {
    return existsSync(this.report) ? this.read().rounds : [];
  }

  add(played: Played, conditions: Conditions, about: Omit<Report, 'rounds'>): void {
    const report: Report = { ...about, rounds: [...this.rounds(), { ...played, ...conditions }] };
    mkdirSync(path.dirname(this.report), { recursive: true });
    writeFileSync(this.report, `${JSON.stringify(report, null, 2)}\n`);
    this.writeTable();
  }

  /** Makes the table anew. @throws Error when nothing is written down yet */
  writeTable(): void {
    writeFileSync(this.table, reportMarkdown(this.read()));
  }

  private read(): Report {
    return JSON.parse(readFileSync(this.report, 'utf8')) as Report;
  }
}
