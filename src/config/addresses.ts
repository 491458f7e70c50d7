import type { PlatformConfig } from './types';

const CIDR = /^(\d{1,3}\.){3}\d{1,3}\/\d{1,2}$/;

/** Whether a text is an IPv4 network such as `10.0.0.0/24`. */
const isCidr = (text: string): boolean =>
  CIDR.test(text) && text.split(/[./]/).every((part, index) => Number(part) <= (index === 4 ? 32 : 255));

/** Whether a network is that of all addresses, in whichever way that is written: `0.0.0.0/0`, `10.0.0.0/00`. */
const isEverywhere = (cidr: string): boolean => isCidr(cidr) && Number(cidr.split('/')[1]) === 0;

/** An option that holds IPv4 networks. */
export interface CidrOption {
  readonly name: string;
  /** What production needs in it, since it may not be open to all addresses. */
  readonly needs: string;
}

/** What is wrong with a list of IPv4 networks, each named with the option that it stands in. */
export const cidrProblems = (
  tier: PlatformConfig['tier'],
  { name, needs }: CidrOption,
  cidrs: readonly string[],
): string[] => [
  ...cidrs.filter((cidr) => !isCidr(cidr)).map((cidr) => `${name}: ${cidr} is not an IPv4 CIDR`),
  ...cidrs
    .filter((cidr) => tier === 'production' && isEverywhere(cidr))
    .map((cidr) => `${name} has ${cidr}; production needs ${needs}`),
];
