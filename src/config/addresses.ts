const CIDR = /^(\d{1,3}\.){3}\d{1,3}\/\d{1,2}$/;

/** Whether a text is an IPv4 network such as `10.0.0.0/24`. */
export const isCidr = (text: string): boolean =>
  CIDR.test(text) && text.split(/[./]/).every((part, index) => Number(part) <= (index === 4 ? 32 : 255));
