import { buildBoard } from "/tmp/wt/boards/host/board/build.ts";
import { memoryReport } from "/tmp/wt/boards/host/board/memory-report.ts";
for (const n of process.argv.slice(2)) { const t=Date.now(); const f = await buildBoard(n); console.log(n, f.sha256, Date.now()-t); console.log(memoryReport(f.memory)); }
