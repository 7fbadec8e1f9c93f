// Columns of text, each as wide as its widest cell.

export interface Column {
  title: string;
  align?: "left" | "right";
  /** Narrowest width, so that two tables stand alike. */
  min?: number;
}

/** A line of titles and one line for each row, ending with a line feed each; trailing blanks are cut. */
export function tableText(columns: readonly Column[], rows: readonly (readonly string[])[], gap = " "): string {
  const widths = columns.map(({ title, min = 0 }, i) =>
    Math.max(min, title.length, ...rows.map((row) => (row[i] ?? "").length)),
  );
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ align }, i) => {
        const cell = cells[i] ?? "";
        return align === "right" ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0);
      })
      .join(gap)
      .trimEnd();
  return [columns.map(({ title }) => title), ...rows].map((cells) => `${line(cells)}\n`).join("");
}
