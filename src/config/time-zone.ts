/** The areas of the IANA database: a runtime also knows abbreviations and offsets, which are not the same on every day or everywhere. */
const NAME =
  /^(UTC|(Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Etc|Europe|Indian|Pacific)(\/[A-Z][\w+-]*){1,2})$/;

/**
 * Whether a text is the name of an IANA zone such as `Europe/Berlin`, in the spelling of its file: servers look it up there. The runtime's
 * list is no help: it holds one name per zone, and of those that were renamed the old one (Asia/Calcutta, Europe/Kiev).
 */
export function isTimeZone(text: string): boolean {
  if (!NAME.test(text)) return false;
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions();
    return timeZone === text || timeZone.toLowerCase() !== text.toLowerCase();
  } catch {
    return false;
  }
}
