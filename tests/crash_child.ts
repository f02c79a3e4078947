/** The program that crash_test.ts starts and kills: it dumps without end, and says when it is under way. */
import process from "node:process";
import { dump } from "../persistence/mod.ts";

const [path, mode] = process.argv.slice(2);
if (mode === "quick") {
  for (let i = 0; i < 20; i++) await dump(new Float64Array(500_000).fill(process.pid), path);
} else {
  let told = false;
  const part = new Float64Array(200_000);
  const endless = Array.from({ length: 100_000 }, () => part); // each is written: 160 GB
  const onProgress = ({ bytes }: { bytes: number }) => {
    if (bytes < 8_000_000 || told) return;
    told = true;
    process.stdout.write("under way\n");
  };
  await dump(endless, path, { compress: mode === "gzip" ? "gzip" : false, onProgress });
}
