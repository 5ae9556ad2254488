/** `node bench.mjs TASKS`: builds the page and the benchmark's page, opens the second in a Chromium without a GPU and
 * measures each task of the JSON list; prints JSON. TASKS: {"chromium": path, "tasks": [...], "size": [w, h]}. */

import { createServer } from "node:http";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { chromium } from "playwright-core";
import { build } from "vite";

const { chromium: executablePath, tasks, size } = JSON.parse(process.argv[2]);
const root = dirname(fileURLToPath(import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "wayside-bench-"));
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };

function files(folder) {
  return readdirSync(folder, { recursive: true }).filter((name) => statSync(join(folder, name)).isFile());
}

/** CPU time that the process which draws has used, s: what a frame costs, whatever else runs on the machine. Linux
 * only, null elsewhere. */
function drawingTime(browser) {
  try {
    const below = (pid) =>
      readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
        readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" ").filter(Boolean),
      );
    const all = [String(browser)];
    for (let i = 0; i < all.length; i++) all.push(...below(all[i]));
    const drawing = all.find((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("--type=gpu-process"));
    const fields = readFileSync(`/proc/${drawing}/stat`, "utf8").split(") ")[1].split(" ");
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return null;
  }
}

async function main() {
  const page = join(scratch, "page");
  const bench = join(scratch, "bench");
  await build({ root, logLevel: "error", build: { outDir: page, emptyOutDir: true } });
  await build({
    root,
    logLevel: "error",
    build: { outDir: bench, emptyOutDir: true, rollupOptions: { input: join(root, "bench.html") } },
  });
  const bundle = files(page)
    .filter((name) => [".js", ".css", ".html"].includes(extname(name)))
    .map((name) => {
      const bytes = readFileSync(join(page, name));
      return { name, bytes: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length };
    });
  const server = createServer((request, response) => {
    const name = files(bench).find((one) => `/${one}` === request.url);
    if (!name) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { "content-type": TYPES[extname(name)] ?? "application/octet-stream" });
    response.end(readFileSync(join(bench, name)));
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const browserServer = await chromium.launchServer({
    executablePath,
    args: [
      "--headless=new",
      "--no-sandbox",
      "--use-gl=angle",
      "--use-angle=swiftshader",
      "--enable-unsafe-swiftshader",
    ],
  });
  const browser = await chromium.connect(browserServer.wsEndpoint());
  const results = [];
  const troubles = [];
  try {
    for (const task of tasks) {
      const context = await browser.newContext({ viewport: { width: size[0], height: size[1] } });
      const tab = await context.newPage();
      tab.on("pageerror", (error) => troubles.push(String(error)));
      tab.on("console", (message) => message.type() === "error" && troubles.push(message.text()));
      await tab.goto(`http://127.0.0.1:${server.address().port}/bench.html`);
      await tab.waitForFunction(() => "measure" in window);
      let before = null;
      await tab.exposeFunction("began", () => (before = drawingTime(browserServer.process().pid)));
      const measured = await tab.evaluate((one) => window.measure(one), task);
      const after = drawingTime(browserServer.process().pid);
      const drawMs = before === null || after === null ? null : (1000 * (after - before)) / measured.drawn;
      results.push({ ...task, ...measured, drawMs });
      console.error(`${task.what}, ${task.vehicles} vehicles: ${measured.framesPerSecond.toFixed(1)} frames/s`);
      await context.close();
    }
    return {
      results,
      bundle,
      browser: browser.version(),
      troubles: troubles.filter((one) => !/favicon|404/.test(one)),
    };
  } finally {
    await browser.close();
    await browserServer.close();
    server.close();
  }
}

try {
  console.log(JSON.stringify(await main()));
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
