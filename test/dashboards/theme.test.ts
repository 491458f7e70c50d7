import { PALETTE, VIRIDIS } from '../../dashboards/lib/palette';
import { contrast, THEMES } from '../../local/page/view/theme';

describe('colours of drawings', () => {
  it('contrast is that of WCAG: 21 between black and white, 1 between equals', () => {
    expect(contrast('#000000', '#FFFFFF')).toBeCloseTo(21, 5);
    expect(contrast('#0072B2', '#0072B2')).toBe(1);
  });

  it.each(Object.entries(THEMES))('%s: every series reaches 3:1 on its ground, every text 4.5:1', (_, theme) => {
    for (const colour of Object.values(theme.series)) expect(contrast(colour, theme.surface)).toBeGreaterThanOrEqual(3);
    expect(contrast(theme.text, theme.surface)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(theme.muted, theme.surface)).toBeGreaterThanOrEqual(4.5);
  });

  it('viridis grows in lightness from step to step, so it also reads in grey', () => {
    const lightness = VIRIDIS.map((colour) => contrast(colour, '#000000'));
    expect(lightness).toEqual([...lightness].sort((a, b) => a - b));
  });

  it('the orange of the palette itself would not do on white', () => {
    expect(contrast(PALETTE.orange, THEMES.light.surface)).toBeLessThan(3);
  });
});
