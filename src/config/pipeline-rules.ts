import { isDay } from '../../simulator/src/model/day';
import type { PlatformConfig } from './types';

/** What the DAGs are told; they refuse the same, but only once they run. */
export const pipelines = ({ analytics, retention }: PlatformConfig): string[] => {
  const problems: string[] = [];
  if (analytics.from !== '' && !isDay(analytics.from)) {
    problems.push(`analytics.from is ${analytics.from}; allowed a day such as 2026-03-02, or nothing`);
  }
  for (const [name, value, least, most] of [
    // Seven hours after its end a day counts as late, on dashboards and for the alert.
    ['analytics.cutAllowanceHours', analytics.cutAllowanceHours, 0, 6],
    // Late events arrive for three days, and restatements need the rows.
    ['retention.rawEventDays', retention.rawEventDays, 4, 36_500],
    ['retention.airflowMetadataDays', retention.airflowMetadataDays, 7, 36_500],
  ] as const) {
    if (!Number.isInteger(value) || value < least || value > most) {
      problems.push(`${name} is ${value}; allowed ${least} to ${most}`);
    }
  }
  return problems;
};
