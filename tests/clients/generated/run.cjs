// Runs a compiled journey: node run.cjs <folder of the client> <URL of the shop> <picture>
const { readFileSync } = require("node:fs");
const { join, resolve } = require("node:path");

const [folder, url, picture] = process.argv.slice(2);
const { journey } = require(resolve(join(folder, "compiled", "journey.js")));
journey(url, new Blob([readFileSync(picture)], { type: "image/png" }));
