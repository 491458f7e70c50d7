/** What an error says in one line. Where all addresses of a host were tried, Node.js leaves the text empty: each try has its own. */
export function errorText(error: unknown): string {
  const { message, errors } = error as Partial<AggregateError>;
  return message === '' && Array.isArray(errors) ? errors.map(errorText).join('; ') : (message ?? String(error));
}
