// Charts as SVG that follows the reader's light or dark theme: bars in groups, and points over a logarithmic axis.

const WIDTH = 860;
const MARGIN = 16;
const FONT = 12;
const TITLE_FONT = 14;
const LINE = 20;
const BAR = 13;
/** Room for the names of bars, and for the figures behind them. */
const NAMES = 220;
const FIGURES = 90;

export interface Bar {
  readonly name: string;
  readonly value: number;
  /** Ends of the line that shows how far the runs lie apart. */
  readonly least: number;
  readonly most: number;
  readonly isOurs: boolean;
}

export interface BarGroup {
  readonly title: string;
  readonly bars: readonly Bar[];
}

/** Horizontal bars, each group on a scale of its own. */
export function barChart(title: string, groups: readonly BarGroup[]): string {
  const parts: string[] = [];
  let y = MARGIN + TITLE_FONT;
  parts.push(text(MARGIN, y, title, "title"));
  for (const group of groups) {
    y += LINE + 14;
    parts.push(text(MARGIN, y, group.title, "group"));
    const scale =
      (WIDTH - NAMES - FIGURES - 2 * MARGIN) / Math.max(...group.bars.flatMap(({ least, most }) => [least, most]));
    for (const bar of group.bars) {
      y += LINE;
      parts.push(...drawBar(bar, y, scale));
    }
  }
  return svg(title, y + LINE, parts);
}

function drawBar({ name, value, least, most, isOurs }: Bar, y: number, scale: number): string[] {
  const left = MARGIN + NAMES;
  const middle = y - 4;
  const [from, to] = [least, most].sort((a, b) => a - b).map((end) => left + end * scale);
  return [
    text(left - 8, y, name, isOurs ? "ours end" : "end"),
    `<rect class="${isOurs ? "bar own" : "bar"}" x="${left}" y="${y - BAR + 2}" width="${number(value * scale)}" height="${BAR}"/>`,
    `<path class="spread" d="M${number(from)} ${middle}H${number(to)}"/>`,
    text(Math.max(to, left + value * scale) + 6, y, Math.round(value).toLocaleString("en-US"), isOurs ? "ours" : ""),
  ];
}

export interface Point {
  readonly x: number;
  readonly y: number;
  /** For the pointer. */
  readonly hint: string;
}

export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
}

export interface Panel {
  readonly title: string;
  /** Of the vertical axis, which begins at 0 unless it is logarithmic. */
  readonly isLogarithmic?: boolean;
  readonly series: readonly Series[];
}

const PANEL_HEIGHT = 210;
const AXIS = 70;
const SERIES_COLOURS = 4;

/** Panels above each other over one horizontal axis of bytes, which is logarithmic. */
export function scatterChart(title: string, axisTitle: string, panels: readonly Panel[]): string {
  const xs = panels.flatMap(({ series }) => series.flatMap(({ points }) => points.map(({ x }) => x)));
  const [left, right] = [MARGIN + AXIS, WIDTH - MARGIN - 20];
  const [least, most] = [Math.log2(Math.min(...xs)) - 0.1, Math.log2(Math.max(...xs)) + 0.1];
  const placeX = (x: number): number => left + ((Math.log2(x) - least) / (most - least)) * (right - left);
  const ticks: number[] = [];
  for (let power = Math.ceil(least); power <= most; power++) ticks.push(2 ** power);
  const parts = [text(MARGIN, MARGIN + TITLE_FONT, title, "title")];
  let top = MARGIN + TITLE_FONT + LINE;
  for (const panel of panels) {
    parts.push(...drawPanel(panel, top, left, right, placeX, ticks));
    top += PANEL_HEIGHT + 2 * LINE;
  }
  for (const tick of ticks) parts.push(text(placeX(tick), top - 6, bytesText(tick), "middle"));
  parts.push(text((left + right) / 2, top + LINE - 4, axisTitle, "middle"));
  return svg(title, top + 2 * LINE, parts);
}

function drawPanel(
  { title, series, isLogarithmic = false }: Panel,
  top: number,
  left: number,
  right: number,
  placeX: (x: number) => number,
  ticks: readonly number[],
): string[] {
  const [high, low] = [top + LINE, top + LINE + PANEL_HEIGHT];
  const values = series.flatMap(({ points }) => points.map(({ y }) => y));
  const steps = isLogarithmic ? decades(values) : niceSteps(Math.max(...values));
  const measure = (y: number): number => (isLogarithmic ? Math.log10(y) : y);
  const [bottom, ceiling] = [measure(steps[0]), measure(steps[steps.length - 1])];
  const placeY = (y: number): number => low - ((measure(y) - bottom) / (ceiling - bottom || 1)) * (low - high);
  const parts = [text(MARGIN, top + FONT - 2, title, "group")];
  for (const step of steps) {
    parts.push(`<path class="grid" d="M${left} ${number(placeY(step))}H${right}"/>`);
    parts.push(text(left - 8, placeY(step) + 4, step.toLocaleString("en-US"), "end"));
  }
  for (const tick of ticks) parts.push(`<path class="grid" d="M${number(placeX(tick))} ${high}V${low}"/>`);
  series.forEach(({ name, points }, i) => {
    const colour = `s${i % SERIES_COLOURS}`;
    for (const { x, y, hint } of points) {
      const circle = `<circle class="${colour}" cx="${number(placeX(x))}" cy="${number(placeY(y))}" r="3.5">`;
      parts.push(`${circle}<title>${escapeXml(hint)}</title></circle>`);
    }
    const at = right - (series.length - i) * 110;
    parts.push(
      `<circle class="${colour}" cx="${at - 8}" cy="${top + FONT - 6}" r="3.5"/>`,
      text(at, top + FONT - 2, name),
    );
  });
  return parts;
}

/** 0 and some round numbers, the last of them not below `most`. */
function niceSteps(most: number): number[] {
  const power = 10 ** Math.floor(Math.log10(most || 1));
  const step = [0.2, 0.25, 0.5, 1, 2, 2.5].map((share) => share * power).find((size) => most / size <= 5) ?? power;
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, i) => Number((i * step).toPrecision(6)));
}

/** Powers of ten around positive values. */
function decades(values: readonly number[]): number[] {
  const [first, last] = [Math.floor(Math.log10(Math.min(...values))), Math.ceil(Math.log10(Math.max(...values)))];
  return Array.from({ length: Math.max(last - first, 1) + 1 }, (_, i) => 10 ** (first + i));
}

function bytesText(bytes: number): string {
  return bytes < 2 ** 20 ? `${bytes / 1024} KB` : `${bytes / 2 ** 20} MB`;
}

function svg(title: string, height: number, parts: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${Math.ceil(height)}" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<style>${STYLE}</style>`,
    '<rect class="ground" width="100%" height="100%" rx="8"/>',
    ...parts,
    "</svg>\n",
  ].join("\n");
}

const STYLE = [
  `text{font:${FONT}px system-ui,sans-serif;fill:#24292f}.title{font-size:${TITLE_FONT}px;font-weight:600}.group{font-weight:600}`,
  ".end{text-anchor:end}.middle{text-anchor:middle}.ours{font-weight:600}.ground{fill:#fff}.grid{stroke:#d8dee4;fill:none}",
  ".bar{fill:#8c959f}.own{fill:#0969da}.spread{stroke:#24292f;stroke-width:1.5;fill:none}",
  ".s0{fill:#0969da}.s1{fill:#bf3989}.s2{fill:#9a6700}.s3{fill:#1a7f37}",
  "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.ground{fill:#0d1117}.grid{stroke:#30363d}.bar{fill:#6e7681}",
  ".own{fill:#58a6ff}.spread{stroke:#e6edf3}.s0{fill:#58a6ff}.s1{fill:#f778ba}.s2{fill:#e3b341}.s3{fill:#56d364}}",
].join("");

function text(x: number, y: number, content: string, kind = ""): string {
  const style = kind === "" ? "" : ` class="${kind}"`;
  return `<text x="${number(x)}" y="${number(y)}"${style}>${escapeXml(content)}</text>`;
}

function number(value: number): string {
  return `${Number(value.toFixed(1))}`;
}

function escapeXml(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
