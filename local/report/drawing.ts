import { init } from 'echarts';
import type { Frame } from '../page/data/database';
import { chartOption } from '../page/view/option';
import type { PanelView, Surroundings } from '../page/view/types';
import { escape, Html } from '../page/view/html';

/** Width and height of a drawing in a report, in CSS pixels: half of a printed A4 page. */
export const DRAWING = { width: 480, height: 230 };

/** Draws a panel to SVG without a browser. To who cannot see it, it is its title. */
export function drawSvg(
  panel: PanelView,
  frames: readonly Frame[],
  around: Omit<Surroundings, 'theme' | 'width'>,
): Html {
  const chart = init(null, null, { renderer: 'svg', ssr: true, ...DRAWING });
  try {
    chart.setOption(chartOption(panel, frames, { ...around, theme: 'light', width: DRAWING.width }));
    // Without a size of its own the drawing takes the width that the paper gives it.
    return new Html(
      chart
        .renderToSVGString()
        .replace(/^<svg width="\d+" height="\d+"/, `<svg role="img" aria-label="${escape(panel.title)}"`),
    );
  } finally {
    chart.dispose();
  }
}
