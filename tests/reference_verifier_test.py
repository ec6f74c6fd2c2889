"""Verdicts on quotes against those of another verifier, npm's @phala/dcap-qvl, on the same bytes.

Usage: reference_verifier_test.py SOURCE_DIR BUILD_DIR. Fetches what it compares with by npm, into BUILD_DIR. The
program attestation_evidence (testing/) writes quotes, collateral and roots, good ones and refused ones, with Sotto's
verdicts.
"""

import datetime
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

VERIFIER = "@phala/dcap-qvl@0.3.9"
POLICY = """
tcb_status = ["ConfigurationAndSWHardeningNeeded"]
allowed_advisories = ["INTEL-SA-00289", "INTEL-SA-00615"]
[sgx]
mrenclave = "33d8736db756ed4997e04ba358d27833188f1932ff7b1d156904d3f560452fbb"
"""

# Where the two may differ, by the names of cases, and why. All else must agree: verdict, state and advisories.
ACCEPTED_THERE = {
    "it does not verify CRLs, only looks for serial numbers in them":
        r"CRLs: |collateral (without|with a number for) pck_crl_issuer_chain",
    "it does not look at names of certificates, nor at CA, key usage and critical extensions":
        r"certificates: (name of|.* under another name|PCK of another issuer|CA that|root that|critical)",
    "it takes several forms of one text":
        r"something behind it|certification size one less|outer certification type 5"
        r"|PCK chain: (no root|one more|words|CRLF|an empty line|lines)"
        r"|collateral: (a member twice|upper-case|an odd number)|collateral with an unknown member"
        r"|TCB info: (day without|date with|date that|evaluation number -1|nested)",
    "it reads CPUSVN in place of the components' SVNs, and of the extension only what it needs":
        r"SGX extension: (bytes behind|no PCEID|two of|PCEID of|15 SVNs|SVN 256)",
    "it does not look at PCEID, TCB info's type and the number of components":
        r"TCB info: (PCEID|tcbType|version 2|15 components|component 256)",
    "it does not look at the quoting enclave's vendor, nor at the second half of its report data":
        r"QE vendor, signed|QE report with more report data",
    "it does not look at the identities of TDX modules":
        r"TDX module of no known version|TDX module below every level|TDX module revoked|TDX module of another signer"
        r"|SEAMATTRIBUTES|no TDX module in TCB info",
}
OTHER_STATE_THERE = r"TDX module out of date"


class ReferenceVerifier(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.program = BUILD_DIR / "tests/attestation_evidence"
        if not cls.program.exists():
            raise unittest.SkipTest("SKIPPED: attestation_evidence is not built")
        for program in ("node", "npm"):
            if shutil.which(program) is None:
                raise unittest.SkipTest(f"SKIPPED: {program} is not installed")
        cls.packages = BUILD_DIR / "reference_verifier"
        cls.packages.mkdir(exist_ok=True)
        (cls.packages / "package.json").write_text('{"private": true}')
        try:
            install = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", VERIFIER],
                                     cwd=cls.packages, capture_output=True, text=True, timeout=300, check=False)
        except subprocess.TimeoutExpired:
            raise unittest.SkipTest("SKIPPED: npm does not answer within 300 s") from None
        if install.returncode != 0:
            raise unittest.SkipTest(f"SKIPPED: npm cannot fetch the package: {install.stderr.strip()[-300:]}")

    def answers(self, dir_, jobs):
        """What the other verifier says of each job."""
        (dir_ / "jobs").write_text("".join(json.dumps(job) + "\n" for job in jobs))
        subprocess.run(["node", SOURCE_DIR / "tests/reference_verifier.cjs", dir_ / "jobs", dir_ / "answers"],
                       cwd=self.packages, check=True, timeout=600)
        return [json.loads(line) for line in (dir_ / "answers").read_text().splitlines()]

    def test_made_evidence(self):
        with tempfile.TemporaryDirectory() as temporary:
            made = subprocess.run([self.program, temporary], capture_output=True, text=True, timeout=600, check=True)
            cases = [json.loads(line) for line in made.stdout.splitlines()]
            # It takes SGX quotes of version 3 alone.
            cases = [case for case in cases if not case["sgx"] or case["version"] == 3]
            answers = self.answers(pathlib.Path(temporary), [
                {"quote": case["stem"] + ".quote", "collateral": case["stem"] + ".json", "root": case["stem"] + ".root",
                 "at": case["at"]} for case in cases])
        self.assertGreater(len(cases), 150)
        for case, answer in zip(cases, answers):
            with self.subTest(case["name"]):
                self.compare(case, answer)

    def compare(self, case, answer):
        if case["genuine"]:
            self.assertNotIn("error", answer)
            if not re.search(OTHER_STATE_THERE, case["name"]):
                self.assertEqual((answer["status"], answer["advisories"]), (case["status"], case["advisories"]))
        elif "error" not in answer:
            reasons = [why for why, names in ACCEPTED_THERE.items() if re.search(names, case["name"])]
            self.assertEqual(len(reasons), 1, f"accepted there: {answer}")

    def test_the_real_quote(self):
        data = pathlib.Path(os.environ.get("SOTTO_TEST_DATA", SOURCE_DIR.parent / "shared/data")) / "attestation"
        if not data.is_dir():
            self.skipTest("SKIPPED: no test data: set SOTTO_TEST_DATA to its directory")
        quote, collateral = data / "phala_sgx_quote.bin", data / "phala_sgx_collateral.json"
        with tempfile.TemporaryDirectory() as temporary:
            policy = pathlib.Path(temporary) / "policy.toml"
            policy.write_text(POLICY)
            days = ["2025-06-18", "2025-06-19", "2025-06-20", "2025-07-19", "2025-07-20", "2026-11-30"]
            answers = self.answers(pathlib.Path(temporary), [
                {"quote": str(quote), "collateral": str(collateral), "root": None,
                 "at": int(datetime.datetime.fromisoformat(day + "T00:00:00+00:00").timestamp())} for day in days])
            for day, answer in zip(days, answers):
                with self.subTest(day):
                    run = subprocess.run(
                        [BUILD_DIR / "bin/sotto", "verify", "--quote", quote, "--collateral", collateral, "--policy",
                         policy, "--at", day, "--json"], capture_output=True, text=True, timeout=60, check=False)
                    verdict = json.loads(run.stdout)
                    self.assertEqual(verdict["accepted"], "error" not in answer, (run.stdout, answer))
                    if verdict["accepted"]:
                        self.assertEqual((answer["status"], answer["advisories"]),
                                         (verdict["tcb_status"], verdict["advisories"]))


if __name__ == "__main__":
    SOURCE_DIR, BUILD_DIR = (pathlib.Path(argument) for argument in sys.argv[1:3])
    unittest.main(argv=sys.argv[:1])
