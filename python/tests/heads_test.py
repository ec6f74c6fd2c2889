"""Models with other heads than lm_head: labels, rewards, embeddings, and what they do not compute."""

import itertools
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import textwrap
import unittest

import numpy as np
import sotto
import sotto_test_util as util

PROMPTS = [[1, 2, 3, 4], [5], [9, 8, 7], [3, 0, 0]]


class Heads(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def model(self, architecture, **fields):
        """A small random model of that architecture."""
        config = {"architectures": [architecture], "model_type": "mistral", "hidden_size": 32,
                  "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
                  "num_key_value_heads": 2, "vocab_size": 64, "max_position_embeddings": 64} | fields
        like, out = self.folder / "like.json", self.folder / architecture
        like.write_text(json.dumps(config))
        subprocess.run([util.BUILD_DIR / "bin/sotto", "model", "random", "--like", like, "--out", out],
                       check=True, capture_output=True, timeout=300)
        model = sotto.Model(out, precision="f32", batch_size=2)
        self.addCleanup(model.close)
        return model

    def command_line(self, command, model, *flags):
        """The lines of `sotto classify` or `embed` of PROMPTS."""
        done = subprocess.run([util.BUILD_DIR / "bin/sotto", command, "--model", self.folder / model.info.name,
                               *flags], input="\n".join(map(json.dumps, PROMPTS)), text=True, check=True,
                              capture_output=True, timeout=300)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def test_labels(self):
        model = self.model("MistralForSequenceClassification", id2label={"0": "yes", "1": "no", "2": "so so"},
                           pad_token_id=0)
        self.assertEqual((model.info.head, model.info.labels), ("classifier", ("yes", "no", "so so")))
        result = model.classify(PROMPTS)
        self.assertEqual((result.logits.shape, result.logits.dtype), ((4, 3), np.float32))
        shares = np.exp(result.logits.astype(np.float64))
        # Some roundings of float64.
        np.testing.assert_allclose(result.probabilities, shares / shares.sum(axis=1, keepdims=True), rtol=1e-12)
        np.testing.assert_array_equal(model.classify(PROMPTS[1:2]).logits[0], result.logits[1])
        np.testing.assert_array_equal(model.classify([[3]]).logits[0], result.logits[3])
        for line, logits, shares, choice in zip(self.command_line("classify", model), result.logits,
                                                result.probabilities, result.choices, strict=True):
            self.assertEqual([label["logit"] for label in line["labels"]], logits.tolist())
            self.assertEqual([label["probability"] for label in line["labels"]], shares.tolist())
            self.assertEqual(line["label"], choice)
        self.assertNotIn("logits", repr(result))

    def test_rewards(self):
        model = self.model("MistralForSequenceClassification", num_labels=1)
        result = model.classify(PROMPTS)
        self.assertEqual(result.logits.shape, (4, 1))
        self.assertIsNone(result.probabilities)
        self.assertEqual([line["score"] for line in self.command_line("classify", model)],
                         result.logits[:, 0].tolist())

    def test_embeddings(self):
        model = self.model("MistralModel")
        self.assertEqual((model.info.architecture, model.info.head), ("MistralModel", "none"))
        expected = model.embed(PROMPTS, pooling="mean", dimensions=8, normalize=True)
        lines = self.command_line("embed", model, "--pooling", "mean", "--dimensions", "8", "--normalize")
        np.testing.assert_array_equal(np.array([line["embedding"] for line in lines], dtype=np.float32), expected)
        array = self.folder / "rows.npy"
        self.command_line("embed", model, "--output", array)
        np.testing.assert_array_equal(np.load(array), model.embed(PROMPTS))
        for use in (model.score, model.logits, model.classify):
            with self.assertRaisesRegex(sotto.FailedPreconditionError, "the model is a MistralModel"):
                use(PROMPTS)

    def test_what_the_fixed_format_costs_is_what_the_page_says(self):
        lines = (util.MODEL / "heldout.txt").read_text(encoding="utf-8").splitlines()
        lines = [line for line in lines if line.strip()][:200]
        with sotto.Model(util.MODEL, batch_size=8) as model:
            expected = model.embed(lines, normalize=True)
        for bits, of_cosines, of_numbers in [(12, 0.0007, 0.0003), (8, 0.0045, 0.0025)]:
            with sotto.Model(util.MODEL, precision="fixed", fixed_weights=bits, batch_size=8) as model:
                found = model.embed(lines, normalize=True)
            self.assertLess(np.abs(found - expected).max(), of_numbers)
            self.assertLess(np.abs(found @ found.T - expected @ expected.T).max(), of_cosines)

    def test_hidden_states_alone(self):
        whole = self.model("MistralForCausalLM")
        with sotto.Model(self.folder / "MistralForCausalLM", precision="f32", hidden_states_only=True) as hidden:
            np.testing.assert_array_equal(hidden.embed(PROMPTS), whole.embed(PROMPTS))
            with self.assertRaisesRegex(sotto.FailedPreconditionError, "hidden_states_only"):
                hidden.score(PROMPTS)

    def test_texts_are_encoded_as_by_score(self):
        """Each with the flags, and with the members of a line that say the same."""
        with sotto.Model(util.MODEL, prefill_length=8) as shipped:
            texts = ["In the beginning", shipped.token_texts(shipped.bos_ids)[0] + "God"]
        tokenizer = json.loads((util.MODEL / "tokenizer.json").read_text(encoding="utf-8"))
        causal = self.folder / "causal"
        shutil.copytree(util.MODEL, causal)
        bos_id = json.loads((causal / "config.json").read_text())["bos_token_id"]
        models = {"score": causal}
        for command, head in [("classify", "ForSequenceClassification"), ("embed", "Model")]:
            models[command] = self.folder / self.model(
                "Mistral" + head, vocab_size=2048, bos_token_id=bos_id).info.name
        seen = set()
        for template in (tokenizer["post_processor"], None):
            for model in models.values():
                (model / "tokenizer.json").write_text(json.dumps(tokenizer | {"post_processor": template}))
            for bos, special in itertools.product(["auto", "always", "never"], ["parse", "text"]):
                flags = ["--bos", bos, "--special-tokens", special]
                lines = [{"text": text, "bos": bos, "special_tokens": special} for text in texts]
                ids = [line["ids"] for line in util.command_line_lines("tokenize", texts, *flags, model=causal)]
                scored = util.command_line_lines("score", texts, *flags, model=causal)
                self.assertEqual([line["ids"] for line in scored], [one[1:] for one in ids])
                seen.add(json.dumps(ids))
                for command in ("classify", "embed"):
                    expected = [self.numbers(line) for line in
                                util.command_line_lines(command, ids, model=models[command])]
                    for done in (util.command_line_lines(command, texts, *flags, model=models[command]),
                                 util.command_line_lines(command, lines, model=models[command])):
                        self.assertEqual([self.numbers(line) for line in done], expected, (command, flags))
                        self.assertEqual([line["tokens"] for line in done], [len(one) for one in ids])
        # With BOS and without, special tokens parsed and not.
        self.assertEqual(len(seen), 4)

    @staticmethod
    def numbers(line):
        """Of a line of `sotto classify` or `embed`."""
        return line.get("embedding") or [label["logit"] for label in line["labels"]]

    def test_a_causal_model_has_no_labels(self):
        with self.assertRaisesRegex(sotto.FailedPreconditionError, "is a MistralForCausalLM, which has no labels"):
            self.model("MistralForCausalLM").classify(PROMPTS)

    @unittest.skipIf(shutil.which("jq") is None, "SKIPPED: jq is not installed")
    def test_the_example_of_a_reranker(self):
        pairs = [{"id": "a", "query": "Who made the heaven?", "document": "In the beginning God created it."},
                 {"query": "Who made the heaven?", "document": "And Esau ran.", "instruction": "Judge"}]
        lines = subprocess.run(["jq", "-c", "-f", util.SOURCE_DIR / "examples/reranker.jq"], text=True, check=True,
                               input="\n".join(map(json.dumps, pairs)), capture_output=True, timeout=60).stdout
        done = subprocess.run([util.BUILD_DIR / "bin/sotto", "score", "--model", util.MODEL, "--bos", "never"],
                              input=lines,
                              text=True, check=True, capture_output=True, timeout=300)
        results = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(results[0]["id"], "a")
        with sotto.Model(util.MODEL, precision="f32", prefill_length=512) as model:
            for line, result in zip(map(json.loads, lines.splitlines()), results, strict=True):
                self.assertTrue(line["prompt"].endswith("</think>\n\n"))
                before = len(model.encode(line["prompt"], add_bos=False))
                yes, no = (score.logprob for score in model.score(
                    [model.encode(line["prompt"] + label, add_bos=False) for label in ("yes", "no")],
                    first_tokens=[before] * 2))
                self.assertEqual([label["label"] for label in result["labels"]], ["yes", "no"])
                # Some roundings of float64.
                self.assertAlmostEqual(result["labels"][0]["share"], 1 / (1 + np.exp(no - yes)), delta=1e-12)

    @unittest.skipIf(shutil.which("jq") is None, "SKIPPED: jq is not installed")
    def test_the_example_of_a_document_that_spells_special_tokens(self):
        """The page's own commands, with a model that has other special tokens."""
        page = (util.SOURCE_DIR / "docs/heads.md").read_text(encoding="utf-8")
        block = re.search(r"^    \$ cat parts.jsonl\n((?:    .*\n)+)", page, re.MULTILINE).group(1)
        parts, commands = block.split("    $ ", 1)
        with sotto.Model(util.MODEL, precision="f32", prefill_length=64) as model:
            bos = model.token_texts(model.bos_ids)[0]
            parts = re.sub(r"<\|im_(start|end)\|>", bos, textwrap.dedent(parts))
            (self.folder / "parts.jsonl").write_text(parts)
            script = f"PATH={util.BUILD_DIR}/bin:$PATH\n" + textwrap.dedent("    " + commands)
            done = subprocess.run(["bash", "-ec", re.sub(r"^\$ ", "", script, flags=re.MULTILINE).replace(
                "DIR", str(util.MODEL))], cwd=self.folder, capture_output=True, text=True, check=True, timeout=300)
            ids = [id_ for line in map(json.loads, parts.splitlines()) for id_ in model.encode(
                line["text"], add_bos=False, special_tokens="special_tokens" not in line)]
            # Of the template, not of the document.
            self.assertEqual(sum(id_ == model.bos_ids[0] for id_ in ids), 3)
            result = json.loads(done.stdout)
            self.assertEqual(result["context_tokens"], len(ids))
            for label, text in zip(result["labels"], ("yes", "no"), strict=True):
                self.assertEqual(label["ids"], model.encode(text, add_bos=False))


if __name__ == "__main__":
    util.main()
