"""What sotto.Model computes: the same bits as the command line, in NumPy arrays."""

import json
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import numpy as np
import sotto
import sotto_test_util as util


def log_softmax(logits):
    """In float64, of each row."""
    rows = logits.astype(np.float64)
    rows -= rows.max(axis=1, keepdims=True)
    return rows - np.log(np.exp(rows).sum(axis=1, keepdims=True))


class Results(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.model = sotto.Model(util.MODEL, precision="f32", prefill_length=64, batch_size=2)

    @classmethod
    def tearDownClass(cls):
        cls.model.close()

    def ids(self):
        return [self.model.encode(text) for text in util.TEXTS]

    def test_scores_are_those_of_the_command_line_to_the_bit(self):
        lines = util.command_line_scores(util.TEXTS, "--precision", "f32", "--prefill-length", "64")
        for scores, line in zip(self.model.score(util.TEXTS), lines, strict=True):
            self.assertEqual(scores.ids.tolist(), line["ids"])
            self.assertTrue(np.isnan(scores.logprobs[0]))
            self.assertEqual(scores.logprobs[1:].tolist(), line["logprobs"][1:])
            self.assertEqual(scores.top_ids[:, 0].tolist(), line["top_ids"])
            self.assertEqual(scores.top_logprobs[:, 0].tolist(), line["top_logprobs"])
            self.assertEqual(scores.logprob, line["sum_logprob"])
            self.assertEqual(scores.perplexity, line["perplexity"])
            self.assertEqual(scores.tokens, len(line["ids"]) - 1)

    def test_texts_and_ids_give_the_same(self):
        for of_text, of_ids in zip(self.model.score(util.TEXTS), self.model.score(self.ids()), strict=True):
            np.testing.assert_array_equal(of_text.logprobs, of_ids.logprobs)

    def test_ids_may_be_arrays_of_any_integer_type(self):
        expected = self.model.score(self.ids()[:1])[0].logprob
        for dtype in (np.int32, np.int64, np.uint16, ">i4"):
            array = np.array(self.ids()[0], dtype=dtype)
            self.assertEqual(self.model.score([array])[0].logprob, expected)
            self.assertEqual(self.model.score(array[np.newaxis])[0].logprob, expected)
            self.assertEqual(self.model.score([np.repeat(array, 2)[::2]])[0].logprob, expected)

    def test_logits_of_all_positions_explain_the_scores(self):
        logits = self.model.logits(util.TEXTS)
        for rows, scores in zip(logits, self.model.score(util.TEXTS, top_k=3), strict=True):
            self.assertEqual((rows.dtype, rows.shape), (np.float32, (len(scores.ids), 2048)))
            expected = log_softmax(rows)
            # Half an ulp of a float32 sum over 2048 terms is far below.
            np.testing.assert_allclose(scores.logprobs[1:],
                                       expected[np.arange(len(scores.ids) - 1), scores.ids[1:]], rtol=0, atol=1e-5)
            best = np.argsort(-rows, axis=1, kind="stable")[:, :3]
            np.testing.assert_array_equal(scores.top_ids, best)
            np.testing.assert_allclose(scores.top_logprobs, np.take_along_axis(expected, best, axis=1), rtol=0,
                                       atol=1e-5)

    def test_logits_of_the_last_position(self):
        last = self.model.logits(util.TEXTS, positions="last")
        self.assertEqual(last.shape, (3, 2048))
        for row, rows in zip(last, self.model.logits(util.TEXTS, positions="all")):
            np.testing.assert_array_equal(row, rows[-1])

    def test_padding_changes_no_bit(self):
        with sotto.Model(util.MODEL, precision="f32", prefill_length=64, batch_size=2, pad_compute=True) as padded:
            for one, other in zip(padded.logits(util.TEXTS), self.model.logits(util.TEXTS), strict=True):
                np.testing.assert_array_equal(one, other)
            np.testing.assert_array_equal(padded.logits(util.TEXTS, positions="last"),
                                          self.model.logits(util.TEXTS, positions="last"))
            np.testing.assert_array_equal(padded.embed(util.TEXTS), self.model.embed(util.TEXTS))
            for one, other in zip(padded.score(util.TEXTS), self.model.score(util.TEXTS), strict=True):
                np.testing.assert_array_equal(one.logprobs, other.logprobs)

    def test_arrays_outlive_the_model(self):
        with sotto.Model(util.MODEL, precision="f32", prefill_length=64) as model:
            logits, scores = model.logits(util.TEXTS)[1], model.score(util.TEXTS, top_k=2)[1]
        np.testing.assert_array_equal(logits, self.model.logits(util.TEXTS)[1])
        np.testing.assert_array_equal(scores.top_ids, self.model.score(util.TEXTS, top_k=2)[1].top_ids)

    def test_first_tokens_leave_out_what_is_before(self):
        whole = self.model.score(util.TEXTS[1:2])[0]
        part = self.model.score(util.TEXTS[1:2], first_tokens=[5])[0]
        self.assertEqual(part.tokens, len(whole.ids) - 5)
        self.assertTrue(np.isnan(part.logprobs[:5]).all())
        np.testing.assert_array_equal(part.logprobs[5:], whole.logprobs[5:])

    def test_no_top_tokens(self):
        scores = self.model.score(util.TEXTS, top_k=0)[0]
        self.assertEqual((scores.top_ids.shape, scores.top_logprobs.shape), ((len(scores.ids), 0),) * 2)
        self.assertEqual(scores.logprob, self.model.score(util.TEXTS)[0].logprob)

    def test_a_prompt_of_one_token_has_no_score(self):
        scores = self.model.score([[5]])[0]
        self.assertEqual((scores.tokens, scores.logprob, scores.perplexity), (0, 0.0, None))

    def test_logprobs_of_named_tokens(self):
        expected = [log_softmax(rows) for rows in self.model.logits(util.TEXTS)]
        same = self.model.logprobs_of(util.TEXTS, [5, 7])
        each = self.model.logprobs_of(util.TEXTS, [[5], [7, 9, 11], [2]], positions=[0, 1, 0])
        for i, (position, tokens) in enumerate([(0, [5]), (1, [7, 9, 11]), (0, [2])]):
            np.testing.assert_allclose(same[i], expected[i][-1, [5, 7]], rtol=0, atol=1e-5)
            np.testing.assert_allclose(each[i], expected[i][position, tokens], rtol=0, atol=1e-5)

    def test_embeddings(self):
        rows = self.model.embed(util.TEXTS, pooling="all")
        last, mean = self.model.embed(util.TEXTS), self.model.embed(util.TEXTS, pooling="mean")
        self.assertEqual((last.shape, last.dtype), ((3, 192), np.float32))
        for i, ids in enumerate(self.ids()):
            self.assertEqual(rows[i].shape, (len(ids), 192))
            np.testing.assert_array_equal(last[i], rows[i][-1])
            # The sum is taken in float64 and rounded once.
            np.testing.assert_allclose(mean[i], rows[i].astype(np.float64).mean(axis=0), rtol=1e-6)
        cut = self.model.embed(util.TEXTS, dimensions=16)
        np.testing.assert_array_equal(cut, last[:, :16])
        short = self.model.embed(util.TEXTS, dimensions=16, normalize=True)
        np.testing.assert_allclose(np.linalg.norm(short, axis=1), 1, rtol=1e-6)
        with self.assertRaisesRegex(ValueError, "dimensions: 193, but hidden states have 192"):
            self.model.embed(util.TEXTS, dimensions=193)
        scaled = self.model.embed(util.TEXTS, normalize=True)
        np.testing.assert_allclose(np.linalg.norm(scaled, axis=1), 1, rtol=1e-6)
        np.testing.assert_allclose(scaled * np.linalg.norm(last, axis=1, keepdims=True), last, rtol=1e-5, atol=1e-6)

    def test_tokenizer(self):
        ids = self.model.encode(util.TEXTS[0])
        self.assertEqual(ids[:1], self.model.bos_ids)
        self.assertEqual(ids[1:], self.model.encode(util.TEXTS[0], add_bos=False))
        self.assertEqual(self.model.decode(ids[1:]), util.TEXTS[0])
        self.assertEqual("".join(self.model.token_texts(ids[1:])), util.TEXTS[0])
        self.assertEqual(len(self.model.token_texts(ids, apart=True)), len(ids))
        bos = self.model.token_texts(self.model.bos_ids)[0]
        self.assertEqual(self.model.encode(bos, add_bos=False), self.model.bos_ids)
        self.assertGreater(len(self.model.encode(bos, add_bos=False, special_tokens=False)), 1)
        score = self.model.score([util.TEXTS[0]], add_bos=False)[0]
        self.assertEqual(score.ids.tolist(), ids[1:])

    def test_bos_is_put_before_a_text_as_on_the_command_line(self):
        text = util.TEXTS[0]
        with tempfile.TemporaryDirectory() as folder:
            model = pathlib.Path(folder, "model")
            shutil.copytree(util.MODEL, model)
            tokenizer = json.loads((model / "tokenizer.json").read_text(encoding="utf-8"))
            tokenizer["post_processor"] = None
            (model / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
            with sotto.Model(model, precision="f32", prefill_length=64) as without:
                for model_, add_bos, bos in [
                        (self.model, True, "auto"), (self.model, "always", "always"), (self.model, False, "never"),
                        (without, True, "auto"), (without, "always", "always"), (without, False, "never")]:
                    path = util.MODEL if model_ is self.model else model
                    line = util.command_line_lines("tokenize", [{"text": text, "bos": bos}], model=path)[0]
                    self.assertEqual(model_.encode(text, add_bos=add_bos), line["ids"], (path, bos))
                always = self.model.bos_ids + without.encode(text)
                self.assertEqual(without.encode(text, add_bos="always"), always)
                self.assertEqual(without.score([text], add_bos="always")[0].ids.tolist(), always)
                self.assertEqual(without.encode_continuations(text, [" and"], add_bos="always")[0], always)
                self.assertEqual(without.encode_labels(text, [" and"], add_bos="always")[0], always)

    def test_continuations_have_the_bits_of_sotto_score(self):
        context, ends = "And the LORD said unto Moses, Speak unto the children of Israel ", ["that they go", "and say"]
        line = util.command_line_lines("score", [{"context": context, "continuations": ends}])[0]
        head, tails = self.model.encode_continuations(context, ends)
        self.assertEqual(len(head), line["context_tokens"])
        scores = self.model.score([head + tail for tail in tails], first_tokens=[len(head)] * 2)
        for tail, score, expected in zip(tails, scores, line["continuations"]):
            self.assertEqual(tail, expected["ids"])
            self.assertEqual(score.logprob, expected["sum_logprob"])
            self.assertEqual(score.logprobs[len(head):].tolist(), expected["logprobs"])
        with self.assertRaisesRegex(ValueError, "continuation 1: has no token of its own"):
            self.model.encode_continuations("And God", [" said", ""])

    def test_what_the_model_says_of_itself(self):
        info = self.model.info
        self.assertEqual((info.name, info.layers, info.hidden_size, info.vocab_size, info.max_positions, info.sealed),
                         ("kjv-2m", 4, 192, 2048, 1024, False))
        self.assertEqual(info.unknown_fields, ())
        self.assertEqual((info.architecture, info.head, info.labels), ("LlamaForCausalLM", "lm_head", ()))
        self.assertEqual((self.model.precision.linear, self.model.precision.attention), ("f32", "f32"))
        self.assertEqual(repr(self.model), f"sotto.Model({str(util.MODEL)!r}: LlamaForCausalLM, 4 layers, "
                         "hidden size 192)")
        self.assertEqual(self.model.prefill_length, 64)
        self.assertGreater(self.model.threads, 0)
        digests = self.model.digests()
        self.assertRegex(digests.model, "^[0-9a-f]{64}$")
        with sotto.Model(util.MODEL, model_sha256=digests.model) as pinned:
            self.assertEqual(pinned.prefill_length, 512)

    def test_a_sealed_model(self):
        with tempfile.TemporaryDirectory() as folder:
            sealed, key = pathlib.Path(folder, "kjv-2m.sealed"), pathlib.Path(folder, "key")
            key.write_text("5a" * 32)
            subprocess.run([util.BUILD_DIR / "bin/sotto", "model", "seal", util.MODEL, "--out", sealed, "--key-file",
                            key], check=True, capture_output=True, timeout=300)
            with sotto.Model(sealed, key_file=key, precision="f32", prefill_length=64) as model:
                self.assertTrue(model.info.sealed)
                self.assertEqual(model.score(util.TEXTS)[0].logprob, self.model.score(util.TEXTS)[0].logprob)
            with self.assertRaises(sotto.PermissionDeniedError):
                sotto.Model(sealed, key_file=key, sealed_root="0" * 64)

    def test_a_representation_shows_no_token(self):
        scores = self.model.score(util.TEXTS)[1]
        self.assertEqual(repr(scores), f"Scores(logprob={scores.logprob!r}, tokens={scores.tokens}, "
                         f"perplexity={scores.perplexity!r})")


class Everyday(unittest.TestCase):

    def test_three_lines(self):
        done = util.run_python("import sotto, sys\nmodel = sotto.Model(sys.argv[1])\n"
                               'print(model.score(["In the beginning"])[0].logprob)\n', util.MODEL)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertLess(float(done.stdout), 0)


if __name__ == "__main__":
    util.main()
