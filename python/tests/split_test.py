"""The module in the split mode: `sotto-accelerator` multiplies, and the bits are those of precision fixed."""

import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

import numpy as np
import sotto
import sotto_test_util as util


class Split(unittest.TestCase):

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def start(self):
        """The endpoint of a server that has come up."""
        socket = pathlib.Path(self.folder.name, "socket")
        log = pathlib.Path(self.folder.name, "log")
        with log.open("w") as stderr:
            server = subprocess.Popen([util.BUILD_DIR / "bin/sotto-accelerator", "--model", util.MODEL, "--listen",
                                       f"unix:{socket}"], stdout=stderr, stderr=stderr)
        self.addCleanup(server.wait)
        self.addCleanup(server.send_signal, signal.SIGTERM)
        while not socket.exists():
            self.assertIsNone(server.poll(), log.read_text())
            time.sleep(0.05)
        return f"unix:{socket}"

    def test_pads(self):
        split = sotto.SplitOptions(endpoints=[self.start()], protection="pads")
        with sotto.Model(util.MODEL, prefill_length=32, batch_size=2, split=split) as model, \
                sotto.Model(util.MODEL, prefill_length=32, precision="fixed") as local:
            self.assertEqual(model.precision.linear, "fixed")
            self.assertEqual(model.precision.fixed_weights, 12)
            for one, other in zip(model.logits(util.TEXTS), local.logits(util.TEXTS), strict=True):
                np.testing.assert_array_equal(one, other)
            for one, other in zip(model.score(util.TEXTS), local.score(util.TEXTS), strict=True):
                np.testing.assert_array_equal(one.logprobs, other.logprobs)
            np.testing.assert_array_equal(model.embed(util.TEXTS), local.embed(util.TEXTS))

    def test_shares_over_channels_without_tls_are_refused(self):
        split = sotto.SplitOptions(endpoints=["localhost:1", "localhost:2"])
        with self.assertRaisesRegex(sotto.FailedPreconditionError, "needs TLS"):
            sotto.Model(util.MODEL, prefill_length=32, split=split)


if __name__ == "__main__":
    util.main()
