const CIDR = /^(\d{1,3}\.){3}\d{1,3}\/\d{1,2}$/;

/** Whether a text is an IPv4 network such as `10.0.0.0/24`. */
const isCidr = (text: string): boolean =>
  CIDR.test(text) && text.split(/[./]/).every((part, index) => Number(part) <= (index === 4 ? 32 : 255));

/** What is wrong with a list of IPv4 networks, each named with the option that it stands in. */
export const cidrProblems = (option: string, cidrs: readonly string[]): string[] =>
  cidrs.filter((cidr) => !isCidr(cidr)).map((cidr) => `${option}: ${cidr} is not an IPv4 CIDR`);
