"""The numbers of `sotto score` against arithmetic that shares no code with it.

A forward pass in float64, lm-evaluation-harness's way from questions to choices, Hugging Face's and
llama.cpp's perplexities of long texts. Usage: score_numbers_test.py SOURCE_DIR BUILD_DIR.
"""

import functools
import json
import math
import operator
import os
import pathlib
import random
import subprocess
import sys
import unittest

import numpy as np

from llama_float64 import Llama

TOLERANCE = 1e-4  # Nats a token, in f32.


def run(*arguments, lines=()):
    """The lines of results of a command that takes lines of JSON."""
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    done = subprocess.run([BUILD_DIR / "bin/sotto", *arguments], input=text.encode(), capture_output=True,
                          timeout=300, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


def score(lines, *flags, model=None):
    return run("score", "--model", model or KJV, *flags, lines=lines)


def encode_all(texts, *flags, model=None):
    lines = [{"text": text} for text in texts]
    return [line["ids"] for line in run("tokenize", "--model", model or KJV, *flags, lines=lines)]


def encode(text, *flags, model=None):
    return encode_all([text], *flags, model=model)[0]


class Numbers(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        if not (BUILD_DIR / "bin/sotto").exists():
            raise unittest.SkipTest("the programs are not built")
        cls.heldout = (KJV / "heldout.txt").read_text(encoding="utf-8")
        cls.kjv = Llama(KJV)

    def check_model(self, directory, texts):
        model = Llama(directory)
        for text, line in zip(texts, score([{"text": t} for t in texts], "--top-k", "3", model=directory)):
            ids = encode(text, "--bos", "auto", model=directory)
            self.assertEqual(line["ids"], ids[1:])
            logprobs = model.logprobs(ids)
            want = logprobs[np.arange(len(ids) - 1), ids[1:]]
            np.testing.assert_allclose(line["logprobs"], want, rtol=0, atol=TOLERANCE)
            self.assertAlmostEqual(line["sum_logprob"], want.sum(), delta=TOLERANCE * len(want))
            self.assertEqual(line["tokens"], len(want))
            for i, top in enumerate(line["top"]):
                np.testing.assert_allclose([t["logprob"] for t in top], -np.sort(-logprobs[i])[:3], rtol=0,
                                           atol=TOLERANCE)

    def test_tokens_have_the_log_probabilities_of_a_float64_pass(self):
        self.check_model(KJV, [self.heldout[:700], "In the beginning", "a"])

    def test_so_they_have_with_stories260k(self):
        data = os.environ.get("SOTTO_TEST_DATA") or SOURCE_DIR.parent / "shared/data"
        directory = pathlib.Path(data, "stories260K")
        if not directory.is_dir():
            self.skipTest("SKIPPED: no test data: set SOTTO_TEST_DATA to its directory")
        self.check_model(directory, ["Once upon a time, there was a little girl named Lily.", "The dog"])

    def test_a_text_of_no_tokens_and_one_that_brings_its_bos(self):
        for flags in [[], ["--pad-compute"]]:
            empty, doubled = score(["", "<|begin_of_text|>In the"], *flags)
            self.assertEqual((empty["tokens"], empty["sum_logprob"], empty["perplexity"]), (0, 0.0, None))
            self.assertEqual((empty["ids"], empty["logprobs"], empty["greedy"]), ([], [], True))
            self.assertIs(doubled["doubled_bos"], True)
            self.assertNotIn("doubled_bos", empty)
        plain = score(["<|begin_of_text|>In the"], "--special-tokens", "text")
        without = score(["In the"], "--bos", "never")
        self.assertNotIn("doubled_bos", plain[0])
        self.assertEqual(without[0]["tokens"], len(encode("In the")) - 1)

    def test_what_is_too_long_is_cut_on_the_left_if_asked(self):
        context, end = self.heldout[:900], " And it came to pass"
        ids = encode(context + end, "--bos", "auto")
        size = len(encode(end))
        lines = score([{"context": context, "continuation": end}, {"text": context + end}], "--truncate-left",
                      "--prefill-length", "64")
        want = self.kjv.logprobs([ids[0], *ids[-63:]])
        for line, tokens in zip(lines, [size, 63]):
            self.assertEqual(line["cut_tokens"], len(ids) - 64)
            self.assertEqual(line["tokens"], tokens)
            np.testing.assert_allclose(line["logprobs"], [want[63 - tokens + i, ids[i - tokens]]
                                                          for i in range(tokens)], rtol=0, atol=TOLERANCE)

    def questions(self, count):
        """Made from verses: how one goes on, among pieces of others. Contexts end in blanks here and there."""
        chance = random.Random(7)
        verses = [verse for verse in self.heldout.splitlines() if len(verse.split()) > 12]
        lines = []
        for n in range(count):
            words = chance.choice(verses).split()
            context = "" if n % 40 == 3 else " ".join(words[:chance.randint(2, 9)]) + " " * (n % 3)
            ends = [" ".join(chance.choice(verses).split()[:chance.randint(1, 4)])
                    for _ in range(chance.randint(1, 4))]
            ends.insert(chance.randint(0, len(ends)), " ".join(words[9:12]))
            ends = [end if context.endswith(" ") else " " + end for end in ends]
            if n % 20 == 0:
                ends.append(self.most_likely_after(context))
            lines.append({"id": n, "context": context, "continuations": ends})
        return lines

    def most_likely_after(self, context):
        """The text of the token that follows most likely."""
        ids = encode(context, "--bos", "auto")
        best = int(self.kjv.logprobs(ids)[-1].argmax())
        lines = [{"ids": ids[1:]}, {"ids": [*ids[1:], best]}]
        before, after = (line["text"] for line in run("tokenize", "--model", KJV, "--decode", lines=lines))
        return after[len(before):]

    def loglikelihood(self, pairs):
        """lm-evaluation-harness: TemplateLM._encode_pair and the arithmetic of API models, over echoed
        log-probabilities: token_logprobs[ctxlen:-1], whose last entry is of the token that would follow."""
        split = []
        for context, continuation in pairs:
            stripped = context.rstrip()
            split.append((stripped, context[len(stripped):] + continuation))
        wholes = encode_all([context + continuation for context, continuation in split], "--bos", "auto")
        befores = encode_all([context for context, _ in split], "--bos", "auto")  # Of an empty one: BOS.
        requests = [(before, whole[len(before):]) for before, whole in zip(befores, wholes)]
        path = TEMPORARY / "prompts.jsonl"
        path.write_text("".join(json.dumps({"ids": a + b}) + "\n" for a, b in requests))
        echoed = run("prefill", "--model", KJV, "--prompts", path, "--precision", "f32", "--batch-size", "16",
                     "--output", TEMPORARY / "result.json", "--logprobs", "-")
        answers = []
        for (before, _), line in zip(requests, echoed):
            token_logprobs = [*line["logprobs"], None]
            tops = [None, *line["top_logprobs"]]
            scored = token_logprobs[len(before):-1]
            greedy = all(a == b for a, b in zip(scored, tops[len(before):]))
            answers.append((functools.reduce(operator.add, scored, 0.0), greedy))
        return answers

    def test_multiple_choice_is_lm_evaluation_harness_s(self):
        questions = self.questions(200)
        results = score(questions, "--sums-only")
        answers = iter(self.loglikelihood([(q["context"], end) for q in questions for end in q["continuations"]]))
        greedy = 0
        for question, result in zip(questions, results):
            self.assertEqual(result["id"], question["id"])
            lls = [next(answers) for _ in question["continuations"]]
            # The same bits, and sums in the same order.
            self.assertEqual([(c["sum_logprob"], c["greedy"]) for c in result["continuations"]], lls)
            sums = np.array([s for s, _ in lls])
            lengths = np.array([float(len(end.lstrip())) for end in question["continuations"]])
            self.assertEqual(result["choice"], np.argmax(sums))
            self.assertEqual(result["choice_norm"], np.argmax(sums / lengths))
            greedy += sum(g for _, g in lls)
        self.assertGreater(greedy, 2)
        self.assertGreater(len({result["choice"] for result in results}), 2)

    def test_one_continuation_has_what_it_has_among_others(self):
        question = {"context": self.heldout[:600], "continuations": [" And it came to pass", " the LORD"]}
        alone = score([{"context": question["context"], "continuation": end}
                       for end in question["continuations"]])
        both = score([question])[0]
        self.assertEqual(both["context_tokens"], alone[0]["context_tokens"])
        for one, among in zip(alone, both["continuations"]):
            for key in ["tokens", "sum_logprob", "greedy", "ids", "logprobs"]:
                self.assertEqual(one[key], among[key])

    def test_labels_are_probabilities_at_the_last_position(self):
        prompt = "And God said, Let there be"
        after = self.kjv.logprobs(encode(prompt, "--bos", "auto"))[-1]
        words = [" light", " a", " the"]
        ids = [encode(prompt + word, "--bos", "auto")[len(encode(prompt, "--bos", "auto")):] for word in words]
        one_token = [word for word, i in zip(words, ids) if len(i) == 1]
        self.assertGreater(len(one_token), 1)
        single, several = score([{"prompt": prompt, "labels": one_token},
                                 {"prompt": prompt, "labels": [*one_token, " lights in the firmament"]}])
        want = [after[i[0]] for i in ids if len(i) == 1]
        for result in (single, several):
            got = [label["logprob"] for label in result["labels"]]
            np.testing.assert_allclose(got[:len(want)], want, rtol=0, atol=TOLERANCE)
            self.assertAlmostEqual(sum(label["share"] for label in result["labels"]), 1, places=12)
            self.assertEqual(result["choice"], int(np.argmax(got)))
            for label in result["labels"]:
                self.assertAlmostEqual(label["probability"], math.exp(label["logprob"]), places=12)
                self.assertAlmostEqual(label["share"] / label["probability"],
                                       1 / sum(math.exp(x) for x in got), places=6)
        self.assertGreater(len(several["labels"][-1]["ids"]), 1)

    def corpus(self, *flags):
        path = TEMPORARY / "corpus.txt"
        path.write_text(self.heldout[:9000], encoding="utf-8")
        lines = run("score", "--model", KJV, "--corpus", "--input", path, *flags)
        return lines[:-1], lines[-1]["corpus"]

    def test_a_corpus_is_counted_as_by_hugging_face(self):
        ids = encode(self.heldout[:9000], "--bos", "auto")
        length, stride = 200, 64
        total, count, previous_end = 0.0, 0, 0
        for begin in range(0, len(ids), stride):
            end = min(begin + length, len(ids))
            targets = end - previous_end
            window = ids[begin:end]
            logprobs = self.kjv.logprobs(window)[np.arange(len(window) - 1), window[1:]]
            scored = logprobs[-min(targets, len(logprobs)):]
            total, count, previous_end = total + scored.sum(), count + len(scored), end
            if end == len(ids):
                break
        windows, corpus = self.corpus("--prefill-length", str(length), "--stride", str(stride))
        self.assertEqual((corpus["tokens"], corpus["windows"]), (count, len(windows)))
        self.assertEqual(count, len(ids) - 1)
        self.assertAlmostEqual(corpus["sum_logprob"], total, delta=TOLERANCE * count)
        self.assertAlmostEqual(corpus["perplexity"], math.exp(-total / count), delta=1e-3)
        size = len(self.heldout[:9000].encode())
        self.assertEqual(corpus["bytes"], size)
        self.assertAlmostEqual(corpus["bits_per_byte"], -total / math.log(2) / size, delta=1e-4)

    def test_a_corpus_is_counted_as_by_llama_cpp(self):
        ids = encode(self.heldout[:9000], "--bos", "auto")
        length = 128
        total, count = 0.0, 0
        for chunk in range(len(ids) // length):
            window = [ids[0], *ids[chunk * length + 1:(chunk + 1) * length]]
            logprobs = self.kjv.logprobs(window)
            for i in range(length // 2, length - 1):
                total, count = total + logprobs[i, window[i + 1]], count + 1
        _, corpus = self.corpus("--prefill-length", str(length), "--count-as", "llama.cpp")
        self.assertEqual(corpus["tokens"], count)
        self.assertAlmostEqual(corpus["sum_logprob"], total, delta=TOLERANCE * count)
        self.assertIsNone(corpus["bits_per_byte"])

    def test_a_long_text_in_windows_sums_up(self):
        text = self.heldout[:3000]
        path = TEMPORARY / "long.txt"
        path.write_text(text, encoding="utf-8")
        flags = ["--prefill-length", "96", "--stride", "32"]
        lines = run("score", "--model", KJV, "--corpus", "--input", path, *flags)
        windows, corpus = lines[:-1], lines[-1]["corpus"]
        self.assertGreater(len(windows), 5)
        line = score([{"text": text}], *flags)[0]
        self.assertEqual(line["tokens"], corpus["tokens"])
        self.assertEqual(line["sum_logprob"], corpus["sum_logprob"])
        self.assertEqual(len(line["logprobs"]), line["tokens"])


if __name__ == "__main__":
    import tempfile
    SOURCE_DIR, BUILD_DIR = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
    KJV = SOURCE_DIR / "models/kjv-2m"
    with tempfile.TemporaryDirectory() as directory:
        TEMPORARY = pathlib.Path(directory)
        unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
