// Charts: every figure is in the picture, and text cannot break it.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { barChart, scatterChart } from "./chart.ts";

describe("chart", () => {
  it("draws a bar for each figure, as long as it is large", () => {
    const bar = { least: 50, most: 100, isOurs: false };
    const svg = barChart("all", [
      {
        title: "a < b",
        bars: [
          { ...bar, name: "x", value: 100 },
          { ...bar, name: "y", value: 50 },
        ],
      },
    ]);
    const widths = [...svg.matchAll(/<rect class="bar" [^>]*width="([\d.]+)"/g)].map(([, width]) => Number(width));
    assert.equal(widths.length, 2);
    assert.ok(Math.abs(widths[0] - 2 * widths[1]) < 0.2);
    assert.match(svg, /a &lt; b/);
  });

  it("draws a point for each pair, on a logarithmic axis of bytes", () => {
    const points = [1, 2, 4].map((y) => ({ x: y * 65_536, y, hint: `${y} & more` }));
    const svg = scatterChart("all", "bytes", [{ title: "p", series: [{ name: "s", points }] }]);
    const places = [...svg.matchAll(/cx="([\d.]+)" cy="([\d.]+)" r="3.5"><title>/g)].map(([, x, y]) => [
      Number(x),
      Number(y),
    ]);
    assert.equal(places.length, 3);
    assert.ok(Math.abs(places[1][0] - places[0][0] - (places[2][0] - places[1][0])) < 0.2);
    assert.ok(places[0][1] > places[1][1] && places[1][1] > places[2][1]);
    assert.match(svg, /64 KB.*128 KB.*256 KB/s);
    assert.match(svg, /4 &amp; more/);
  });
});
