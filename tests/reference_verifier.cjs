// Verdicts of npm's @phala/dcap-qvl. Usage: reference_verifier.cjs JOBS ANSWERS, both JSON lines:
// {"quote": FILE, "collateral": FILE, "root": PEM FILE or null, "at": SECONDS} becomes {"status", "advisories"} or {"error"}.
const fs = require("fs");
const { createRequire } = require("module");
const { QuoteVerifier, utils } = createRequire(process.cwd() + "/")("@phala/dcap-qvl");

function verdict(job) {
  try {
    const verifier = job.root === null ? QuoteVerifier.newProd()
      : QuoteVerifier.newWithRootCa(utils.extractCerts(fs.readFileSync(job.root))[0]);
    const collateral = JSON.parse(fs.readFileSync(job.collateral, "utf8"));
    const report = verifier.verify(fs.readFileSync(job.quote), collateral, job.at);
    return { status: report.status, advisories: report.advisory_ids };
  } catch (error) {
    return { error: String(error.message) };
  }
}

const jobs = fs.readFileSync(process.argv[2], "utf8").trim().split("\n").map((line) => JSON.parse(line));
fs.writeFileSync(process.argv[3], jobs.map((job) => JSON.stringify(verdict(job)) + "\n").join(""));
