/** Whether a text is a time of day such as `01:30`. */
export const isTimeOfDay = (text: string): boolean => /^([01]\d|2[0-3]):[0-5]\d$/.test(text);

/** Cron fields of a time of day such as `01:30`, every day or on some days of the week. */
export function cronAt(time: string, weekdays: number | string = '*'): string {
  const [hour, minute] = time.split(':').map(Number);
  return `${minute} ${hour} * * ${weekdays}`;
}
