"""Wrong arguments and failures: which class, and whose name, without the value."""

import pathlib
import shutil
import tempfile
import unittest
import warnings

import numpy as np
import sotto
import sotto_test_util as util

SECRET = "an uncommon secret"


class WrongArguments(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.model = sotto.Model(util.MODEL, precision="f32", prefill_length=16)

    def check(self, error, name, call):
        with self.subTest(name=name), self.assertRaises(error) as caught:
            call()
        self.assertIn(name, str(caught.exception))
        self.assertNotIn(SECRET, str(caught.exception))
        # Nor in the errors that led to it.
        self.assertIsNone(caught.exception.__context__)

    def test_prompts_of_wrong_type(self):
        score = self.model.score
        for prompts, name in [
                (SECRET, "prompts:"), (None, "prompts:"), (5, "prompts:"), ({SECRET: 1}, "prompts:"),
                ([SECRET, None], "prompts[1]:"), ([SECRET.encode()], "prompts[0]:"), ([1, 2], "prompts[0]:"),
                ([[1.5]], "prompts[0]:"), ([[True, False]], "prompts[0]:"), ([[1, SECRET]], "prompts[0]"),
                ([[1, None]], "prompts[0][1]:"), ([np.zeros(3)], "prompts[0]:")]:
            self.check(TypeError, name, lambda prompts=prompts: score(prompts))

    def test_prompts_of_wrong_value(self):
        score = self.model.score
        for prompts, name in [
                ([], "prompts:"), ([[]], "prompts[0]:"), ([[1], [-1]], "prompts[1]:"), ([[2**31]], "prompts[0]:"),
                ([[2**70]], "prompts[0]"), ([[2048]], "prompts[0]:"), ([[1] * 17], "prompts[0]:"),
                ([[[1, 2], [3]]], "prompts[0]:"), ([np.zeros((2, 2), np.int32)], "prompts[0]:"),
                (["fine", SECRET + "\ud800"], "prompts[1]:")]:
            self.check(ValueError, name, lambda prompts=prompts: score(prompts))

    def test_other_arguments_of_calls(self):
        model, prompts = self.model, [[1, 2, 3]]
        for error, name, call in [
                (TypeError, "top_k", lambda: model.score(prompts, top_k=1.0)),
                (TypeError, "top_k", lambda: model.score(prompts, top_k=True)),
                (ValueError, "top_k", lambda: model.score(prompts, top_k=101)),
                (ValueError, "top_k", lambda: model.score(prompts, top_k=-1)),
                (TypeError, "first_tokens", lambda: model.score(prompts, first_tokens=1)),
                (ValueError, "first_tokens[0]", lambda: model.score(prompts, first_tokens=[0])),
                (ValueError, "first_tokens", lambda: model.score(prompts, first_tokens=[4])),
                (ValueError, "first_tokens", lambda: model.score(prompts, first_tokens=[1, 1])),
                (TypeError, "add_bos", lambda: model.score(["And"], add_bos=1)),
                (TypeError, "add_bos", lambda: model.encode("And", add_bos=None)),
                (ValueError, "add_bos", lambda: model.encode("And", add_bos="never")),
                (TypeError, "special_tokens", lambda: model.score(["And"], special_tokens=None)),
                (TypeError, "progress", lambda: model.score(prompts, progress=5)),
                (ValueError, "positions", lambda: model.logits(prompts, positions="first")),
                (TypeError, "positions", lambda: model.logits(prompts, positions=0)),
                (ValueError, "pooling", lambda: model.embed(prompts, pooling="max")),
                (ValueError, "pooling: must be one of last, mean, all", lambda: model.embed(prompts, pooling="none")),
                (TypeError, "normalize", lambda: model.embed(prompts, normalize="yes")),
                (TypeError, "tokens", lambda: model.logprobs_of(prompts, SECRET)),
                (TypeError, "tokens[0]", lambda: model.logprobs_of(prompts, [" yes"])),
                (ValueError, "tokens", lambda: model.logprobs_of(prompts, [2048])),
                (ValueError, "tokens", lambda: model.logprobs_of(prompts, [])),
                (ValueError, "tokens", lambda: model.logprobs_of(prompts, [[1], [2]])),
                (ValueError, "tokens[0]", lambda: model.logprobs_of(prompts, [[-1]])),
                (ValueError, "positions", lambda: model.logprobs_of(prompts, [1], positions=[0, 1])),
                (ValueError, "position", lambda: model.logprobs_of(prompts, [1], positions=[3])),
                (TypeError, "text", lambda: model.encode(None)),
                (ValueError, "text", lambda: model.encode(SECRET + "\udfff")),
                (TypeError, "ids", lambda: model.decode(SECRET)),
                (ValueError, "position", lambda: model.decode([1, 5000]))]:
            self.check(error, name, call)

    def test_arguments_of_the_model(self):
        for error, name, given in [
                (TypeError, "prefill_length", {"prefill_length": "8"}), (ValueError, "batch_size", {"batch_size": 0}),
                (ValueError, "prefill_length", {"prefill_length": 0}), (ValueError, "threads", {"threads": -1}),
                (ValueError, "prefill_length", {"prefill_length": 2000}), (ValueError, "threads", {"threads": 2**40}),
                (ValueError, "precision", {"precision": "f16"}), (TypeError, "precision", {"precision": 7}),
                (ValueError, "attention_precision", {"attention_precision": "int8"}),
                (ValueError, "fixed_weights", {"fixed_weights": 10}), (TypeError, "fixed_weights", {"fixed_weights": "8"}),
                (TypeError, "pad_compute", {"pad_compute": 1}), (ValueError, "positions", {"positions": "none"}),
                (TypeError, "weight_cache_dir", {"weight_cache_dir": 5}), (TypeError, "split", {"split": "localhost"}),
                (TypeError, "model_sha256", {"model_sha256": b""}),
                (TypeError, "unexpected", {"n_ctx": 5})]:
            self.check(error, name, lambda given=given: sotto.Model(util.MODEL, **given))
        self.check(TypeError, "path", lambda: sotto.Model(None))

    def test_options_of_the_split_mode(self):
        pads = sotto.PadSettings
        for error, name, given in [
                (TypeError, "split.endpoints", {"endpoints": "localhost:1"}), (TypeError, "endpoints[0]", {"endpoints": [1]}),
                (ValueError, "split.protection", {"protection": "plain"}), (ValueError, "split.relay", {"relay": "maybe"}),
                (ValueError, "split.data_plane", {"data_plane": "udp"}), (TypeError, "split.retries", {"retries": 1.5}),
                (TypeError, "split.connect_timeout", {"connect_timeout": "5"}),
                (ValueError, "split.exchange_timeout", {"exchange_timeout": float("nan")}),
                (ValueError, "split.certificate", {"certificate": [SECRET]}), (TypeError, "split.pads", {"pads": {}}),
                (ValueError, "pads.when_out", {"pads": pads(when_out="stop")}),
                (ValueError, "pads.memory_bytes", {"pads": pads(memory_bytes=-1)}),
                (ValueError, "endpoints", {"endpoints": []})]:
            self.check(error, name,
                       lambda given=given: sotto.Model(util.MODEL, split=sotto.SplitOptions(**given)))

    def test_a_private_key_is_not_shown(self):
        self.assertNotIn(SECRET, repr(sotto.SplitOptions(certificate=("chain", SECRET))))


class Failures(unittest.TestCase):

    def check(self, error, builtin, code, call):
        with self.assertRaises(error) as caught:
            call()
        self.assertIsInstance(caught.exception, (sotto.Error, builtin))
        self.assertIsInstance(caught.exception, builtin)
        self.assertEqual(caught.exception.code, code)
        return str(caught.exception)

    def test_no_such_model(self):
        message = self.check(sotto.NotFoundError, FileNotFoundError, "NOT_FOUND",
                             lambda: sotto.Model("/nonexistent/model"))
        self.assertIn("/nonexistent/model", message)

    def test_a_path_that_is_no_unicode(self):
        self.check(sotto.Error, sotto.Error, "NOT_FOUND", lambda: sotto.Model("/nonexistent/\udcff"))

    def test_a_wrong_argument_is_a_value_error_and_an_error_of_sotto(self):
        self.check(sotto.InvalidArgumentError, ValueError, "INVALID_ARGUMENT",
                   lambda: sotto.Model(util.MODEL, prefill_length=5000))

    def test_a_model_that_is_not_the_pinned_one(self):
        self.check(sotto.FailedPreconditionError, RuntimeError, "FAILED_PRECONDITION",
                   lambda: sotto.Model(util.MODEL, model_sha256="0" * 64))

    def test_a_server_that_is_not_there(self):
        split = sotto.SplitOptions(endpoints=["localhost:1"], connect_timeout=0.5)
        self.check(sotto.UnavailableError, ConnectionError, "UNAVAILABLE",
                   lambda: sotto.Model(util.MODEL, prefill_length=4, split=split).score([[1, 2]]))

    def test_a_model_cut_short_and_one_without_a_tokenizer(self):
        with tempfile.TemporaryDirectory() as folder:
            model = pathlib.Path(folder, "model")
            shutil.copytree(util.MODEL, model)
            (model / "tokenizer.json").unlink()
            with sotto.Model(model, prefill_length=8) as without:
                self.assertFalse(without.has_tokenizer)
                self.assertEqual(without.bos_ids, [])
                self.assertEqual(without.token_texts([1, 2]), [])
                self.assertEqual(len(without.score([[1, 2]])), 1)
                self.check(sotto.FailedPreconditionError, RuntimeError, "FAILED_PRECONDITION",
                           lambda: without.score(["And"]))
            weights = (model / "model.safetensors").read_bytes()
            (model / "model.safetensors").write_bytes(weights[:len(weights) // 2])
            self.check(sotto.DataLossError, sotto.Error, "DATA_LOSS", lambda: sotto.Model(model))

    def test_unknown_fields_are_warned_of(self):
        with tempfile.TemporaryDirectory() as folder:
            model = pathlib.Path(folder, "model")
            shutil.copytree(util.MODEL, model)
            config = model / "config.json"
            config.write_text(config.read_text().replace("{", '{"no_such_field": 5,', 1))
            with self.assertWarnsRegex(UserWarning, "no_such_field"):
                sotto.Model(model, prefill_length=8).close()

    def test_files_that_contradict_each_other_are_warned_of(self):
        with tempfile.TemporaryDirectory() as folder:
            model = pathlib.Path(folder, "model")
            shutil.copytree(util.MODEL, model)
            config = model / "config.json"
            config.write_text(config.read_text().replace('"eos_token_id": 2041',
                                                          '"eos_token_id": 99999'))
            (model / "tokenizer_config.json").write_text('{"add_bos_token": false}')
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                with sotto.Model(model, prefill_length=8) as opened:
                    lines = opened.info.warnings
            self.assertEqual([str(one.message) for one in caught],
                             [f"model/{line}" for line in lines])
            self.assertRegex("\n".join(lines), "config.json: .*eos(.|\n)*tokenizer_config.json: ")

    def test_every_code_has_a_class(self):
        from sotto import _errors  # pylint: disable=import-outside-toplevel
        self.assertEqual({error.code for error in sotto.Error.__subclasses__()},
                         {_errors.error_of(code, "").code for code in range(1, 16)} - {"UNKNOWN"})
        self.assertEqual(type(_errors.error_of(2, "x")), sotto.Error)


if __name__ == "__main__":
    util.main()
