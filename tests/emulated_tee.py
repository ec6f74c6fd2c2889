"""The files of a TEE, as Gramine (sgx) or Linux (tdx) shows them, served by tests/emulated_tee of the build."""

import json
import subprocess


class EmulatedTee:
    """The files below `directory`; judges quotes under the root that it signs with."""

    def __init__(self, build_dir, tee, directory):
        self.directory = directory
        self.process = subprocess.Popen([build_dir / "tests/emulated_tee", tee, directory], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"

    def judge(self, quote, report_data):
        self.process.stdin.write(f"{quote} {report_data}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=60)
        self.process.stdout.close()
