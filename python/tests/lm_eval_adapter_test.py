"""examples/lm_eval_adapter.py against the harness's own arithmetic, done here in float64 over logits.

The harness itself is not installed: stand_in/lm_eval has the interface that the adapter uses.
"""

import pathlib
import sys
import types
import unittest

import numpy as np
import sotto
import sotto_test_util as util

sys.path[:0] = [str(pathlib.Path(__file__).parent / "stand_in"), str(util.SOURCE_DIR / "examples")]

from lm_eval.api import registry  # pylint: disable=wrong-import-position
import lm_eval_adapter  # pylint: disable=wrong-import-position

CONTEXT = "And God said, Let there be"
PAIRS = [(CONTEXT, " light"), (CONTEXT + " ", "light"), (CONTEXT, " firmament in the midst"), (CONTEXT, "\n"),
         ("", "In the beginning"), ("And it came to pass in those", " days"), ("a  ", " b")]
MAX_LENGTH = 24


def instance(*args):
    return types.SimpleNamespace(args=args)


class Adapter(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.lm = lm_eval_adapter.SottoLM(str(util.MODEL), max_length=MAX_LENGTH, batch_size=2, precision="f32")
        cls.model = sotto.Model(util.MODEL, precision="f32", prefill_length=MAX_LENGTH)

    def log_softmax(self, ids):
        rows = self.model.logits([ids])[0].astype(np.float64)
        rows -= rows.max(axis=1, keepdims=True)
        return rows - np.log(np.exp(rows).sum(axis=1, keepdims=True))

    def expected(self, context, continuation):
        """As the harness: blanks moved, encoded together, the input without its last token and at most
        max_length long, and the rows that predict the continuation."""
        blanks = len(context) - len(context.rstrip())
        if blanks:
            continuation = context[-blanks:] + continuation
            context = context[:-blanks]
        if context:
            whole, context_ids = self.model.encode(context + continuation), self.model.encode(context)
        else:
            context_ids = self.model.bos_ids
            whole = context_ids + self.model.encode(continuation, add_bos=False)
        target = whole[len(context_ids):]
        rows = self.log_softmax(whole[-(MAX_LENGTH + 1):][:-1])[-len(target):]
        return rows[np.arange(len(target)), target].sum(), bool((rows.argmax(axis=1) == target).all())

    def check(self, pairs):
        results = self.lm.loglikelihood([instance(*pair) for pair in pairs])
        for (logprob, greedy), pair in zip(results, pairs, strict=True):
            with self.subTest(pair=pair):
                expected, expected_greedy = self.expected(*pair)
                self.assertAlmostEqual(logprob, expected, delta=1e-4)
                self.assertIs(greedy, expected_greedy)
        return results

    def test_loglikelihood(self):
        self.check(PAIRS)

    def test_the_greedy_continuation_is_known(self):
        ids = self.model.encode(CONTEXT)
        best = int(self.model.logits([ids], positions="last")[0].argmax())
        (_, greedy), (_, other) = self.check([(CONTEXT, self.model.token_texts([best], apart=True)[0]),
                                              (CONTEXT, " Esau")])
        self.assertTrue(greedy)
        self.assertFalse(other)

    def test_a_long_context_loses_its_first_tokens(self):
        self.check([(CONTEXT * 6, " light"), (CONTEXT * 6, " light and")])

    def test_a_continuation_that_is_too_long_is_refused(self):
        for continuation in (CONTEXT * 6, ""):
            with self.assertRaisesRegex(ValueError, "1 to 24"):
                self.lm.loglikelihood([instance("And", continuation)])

    def test_loglikelihood_rolling(self):
        texts = ["In the beginning", CONTEXT * 12, "a"]
        for result, text in zip(self.lm.loglikelihood_rolling([instance(text) for text in texts]), texts, strict=True):
            ids = self.model.bos_ids + self.model.encode(text, add_bos=False)
            # Windows of max_length inputs; the last begins as late as it can.
            expected, done = 0.0, 1
            while done < len(ids):
                end = min(done + MAX_LENGTH, len(ids))
                inputs = ids[max(end - MAX_LENGTH - 1, 0):end - 1]
                targets = ids[done:end]
                expected += self.log_softmax(inputs)[-len(targets):][np.arange(len(targets)), targets].sum()
                done = end
            self.assertAlmostEqual(result, expected, delta=1e-4 * len(ids))
        self.assertEqual(self.lm.loglikelihood_rolling([instance("")]), [0])

    def test_no_text_is_generated(self):
        with self.assertRaisesRegex(NotImplementedError, "generates no text"):
            self.lm.generate_until([instance(CONTEXT, {})])

    def test_no_requests(self):
        self.assertEqual(self.lm.loglikelihood([]), [])

    def test_the_harness_knows_it_by_name(self):
        self.assertIs(registry.MODEL_REGISTRY["sotto"], lm_eval_adapter.SottoLM)

    def test_without_the_harness_it_says_what_is_missing(self):
        done = util.run_python("import sys\nsys.path.insert(0, sys.argv[1])\nimport lm_eval_adapter\n",
                               util.SOURCE_DIR / "examples")
        self.assertEqual(done.returncode, 1)
        self.assertIn("pip install lm-eval", done.stderr)


if __name__ == "__main__":
    util.main()
