/**
 * Runs in the page: texts whose contrast to their ground is below WCAG's AA (4.5:1, or 3:1 for large text). Drawings on a canvas
 * have no elements; their colours are checked by a test of the theme.
 */
export function contrastProblems(): string[] {
  const view = globalThis as unknown as { document: BrowserDocument; getComputedStyle(element: BrowserElement): Style };
  const channels = (colour: string): number[] => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = ([r, g, b]: number[]): number => {
    const [x, y, z] = [r, g, b].map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ground = (element: BrowserElement | null): number[] => {
    for (let current = element; current; current = current.parentElement) {
      const colour = channels(view.getComputedStyle(current).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const problems: string[] = [];
  for (const element of view.document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent?.trim());
    const style = view.getComputedStyle(element);
    if (!own || style.visibility === 'hidden' || element.offsetParent === null) continue;
    const [a, b] = [luminance(channels(style.color)), luminance(ground(element))].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < (large ? 3 : 4.5)) problems.push(`${element.textContent?.trim().slice(0, 40)}: ${ratio.toFixed(2)}`);
  }
  return [...new Set(problems)];
}

/** The little of the DOM that is used: the rest of the tests is compiled without it. */
interface BrowserElement {
  readonly parentElement: BrowserElement | null;
  readonly offsetParent: unknown;
  readonly textContent: string | null;
  readonly childNodes: Iterable<{ readonly nodeType: number; readonly textContent: string | null }>;
}
interface BrowserDocument {
  querySelectorAll(selector: string): Iterable<BrowserElement>;
}
interface Style {
  readonly backgroundColor: string;
  readonly color: string;
  readonly fontSize: string;
  readonly fontWeight: string;
  readonly visibility: string;
}
