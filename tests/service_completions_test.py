"""Completions: lm-evaluation-harness's protocol, to the bit, and what else can be asked of prompts.

Usage: service_completions_test.py SOURCE_DIR BUILD_DIR.
"""

import concurrent.futures
import functools
import json
import operator
import random
import subprocess
import threading

from service_case import BUILD_DIR, KJV, ServiceCase, main


class HarnessTest(ServiceCase):
    """lm-evaluation-harness, model local-completions, tokenizer_backend remote."""

    def questions(self, count):
        chance = random.Random(11)
        verses = [verse for verse in self.heldout.splitlines() if len(verse.split()) > 12]
        pairs = []
        for n in range(count):
            words = chance.choice(verses).split()
            context = " ".join(words[:chance.randint(2, 9)]) + " " * (n % 3)
            end = " ".join(chance.choice(verses).split()[:chance.randint(1, 6)])
            pairs.append((context, end if context.endswith(" ") else " " + end))
        return pairs

    def encode_pair(self, context, continuation):
        """TemplateLM._encode_pair."""
        spaces = len(context) - len(context.rstrip())
        if spaces > 0:
            continuation = context[-spaces:] + continuation
            context = context[:-spaces]
        whole, before = self.tokens(context + continuation), self.tokens(context)
        return before, whole[len(before):]

    def test_log_likelihoods_are_those_of_score_to_the_bit(self):
        pairs = self.questions(400)
        local = threading.local()

        def answer(pair):
            if not hasattr(local, "connection"):
                local.connection = self.server.connect()
                self.addCleanup(local.connection.close)
            before, after = self.encode_pair(*pair)
            status, _, out = self.server.ask(
                "/v1/completions", {"model": "kjv-2m", "prompt": [before + after], "temperature": 0, "max_tokens": 1,
                                    "logprobs": 1, "seed": 1234, "echo": True}, connection=local.connection)
            assert status == 200, out
            choice = sorted(out["choices"], key=operator.itemgetter("index"))[0]["logprobs"]
            logprobs = choice["token_logprobs"][len(before):-1]
            tops = choice["top_logprobs"][len(before):-1]
            greedy = all(logprob == max(top.values()) for logprob, top in zip(logprobs, tops))
            return functools.reduce(operator.add, logprobs, 0.0), greedy, len(logprobs)

        order = list(range(len(pairs)))
        random.Random(3).shuffle(order)
        with concurrent.futures.ThreadPoolExecutor(16) as clients:
            shuffled = dict(zip(order, clients.map(lambda n: answer(pairs[n]), order)))
        lines = "".join(json.dumps({"context": c, "continuation": e}) + "\n" for c, e in pairs)
        done = subprocess.run([BUILD_DIR / "bin/sotto", "score", "--model", KJV, "--bos", "never"], input=lines.encode(),
                              capture_output=True, check=True, timeout=300)
        scored = [json.loads(line) for line in done.stdout.splitlines()]
        want = [(line["sum_logprob"], line["greedy"], line["tokens"]) for line in scored]
        self.assertEqual([shuffled[n] for n in range(len(pairs))], want)

    def test_a_batch_has_what_each_of_its_prompts_has_alone(self):
        prompts = [self.tokens(c + e, True) for c, e in self.questions(40)]
        together = self.complete(prompt=prompts, echo=True, logprobs=2, max_tokens=1)["choices"]
        for n in (0, 17, 39):
            alone = self.complete(prompt=prompts[n], echo=True, logprobs=2, max_tokens=1)["choices"][0]
            self.assertEqual(together[n]["logprobs"], alone["logprobs"])
            self.assertEqual(together[n]["index"], n)


class CompletionsTest(ServiceCase):

    def test_entries_and_offsets(self):
        text = "In the beginning God created the heavén"
        ids = self.tokens(text, True)
        for max_tokens in (0, 1):
            answer = self.complete(prompt=text, echo=True, logprobs=3, max_tokens=max_tokens)
            self.assertEqual(answer["object"], "text_completion")
            self.assertEqual(answer["usage"], {"prompt_tokens": len(ids), "completion_tokens": max_tokens,
                                               "total_tokens": len(ids) + max_tokens})
            choice = answer["choices"][0]
            logprobs = choice["logprobs"]
            for key in ("tokens", "token_logprobs", "top_logprobs", "text_offset", "token_ids", "top_token_ids",
                        "token_ranks"):
                self.assertEqual(len(logprobs[key]), len(ids) + max_tokens, key)
            self.assertEqual(logprobs["token_ids"][:len(ids)], ids)
            self.assertIsNone(logprobs["token_logprobs"][0])
            self.assertIsNone(logprobs["top_logprobs"][0])
            self.assertTrue(choice["text"].startswith(text))
            whole = [i for i, token in enumerate(logprobs["tokens"]) if i > 0 and not token.startswith("bytes:")]
            for i in whole:
                at = logprobs["text_offset"][i]
                self.assertEqual(choice["text"][at:at + len(logprobs["tokens"][i])], logprobs["tokens"][i])
            for i in range(1, len(ids) + max_tokens):
                top = logprobs["top_logprobs"][i]
                self.assertIn(len(top), (3, 4))
                self.assertIn(logprobs["token_logprobs"][i], top.values())
                self.assertEqual(len(top), len(logprobs["top_token_ids"][i]))
        self.assertEqual(logprobs["token_logprobs"][-1], max(logprobs["top_logprobs"][-1].values()))
        self.assertEqual(choice["text"], text + logprobs["tokens"][-1])

    def test_without_echo_there_is_the_next_token_alone(self):
        echoed = self.complete(prompt="In the", echo=True, logprobs=1, max_tokens=1)["choices"][0]
        choice = self.complete(prompt="In the", logprobs=1, max_tokens=1)["choices"][0]
        self.assertEqual(choice["logprobs"]["token_logprobs"], echoed["logprobs"]["token_logprobs"][-1:])
        self.assertEqual("In the" + choice["text"], echoed["text"])
        self.assertIsNone(self.complete(prompt="In the", max_tokens=1)["choices"][0]["logprobs"])

    def test_ids_for_names_never_collide(self):
        answer = self.complete(prompt="Go é", echo=True, logprobs=20, max_tokens=1, return_tokens_as_token_ids=True)
        logprobs = answer["choices"][0]["logprobs"]
        self.assertEqual(logprobs["tokens"], [f"token_id:{id}" for id in logprobs["token_ids"]])
        for top, ids in zip(logprobs["top_logprobs"][1:], logprobs["top_token_ids"][1:]):
            self.assertEqual(list(top), [f"token_id:{id}" for id in ids])
        named = self.complete(prompt="Go é", echo=True, logprobs=20, max_tokens=1)["choices"][0]["logprobs"]
        for top, ids in zip(named["top_logprobs"][1:], named["top_token_ids"][1:]):
            self.assertEqual(len(top), len(ids))

    def test_prompt_logprobs(self):
        ids = self.tokens("In the beginning God", True)
        choice = self.complete(prompt=ids, max_tokens=0, prompt_logprobs=2)["choices"][0]
        echoed = self.complete(prompt=ids, max_tokens=0, echo=True, logprobs=2)["choices"][0]["logprobs"]
        self.assertEqual(len(choice["prompt_logprobs"]), len(ids))
        self.assertIsNone(choice["prompt_logprobs"][0])
        for i in range(1, len(ids)):
            entry = choice["prompt_logprobs"][i]
            self.assertEqual(entry[str(ids[i])]["logprob"], echoed["token_logprobs"][i])
            self.assertEqual([v["rank"] for v in entry.values()][:2], [1, 2])

    def test_ranks_of_tokens_beyond_the_list(self):
        ids = self.tokens("In the beginning, quoth xylophones & 17 zebras", True)
        few = self.complete(prompt=ids, max_tokens=1, prompt_logprobs=0, echo=True, logprobs=0)["choices"][0]
        many = self.complete(prompt=ids, max_tokens=0, echo=True, logprobs=20)["choices"][0]["logprobs"]
        ranks = few["logprobs"]["token_ranks"]
        self.assertEqual((ranks[0], ranks[-1]), (None, 1))
        self.assertEqual(ranks[:-1], many["token_ranks"])
        self.assertGreater(max(ranks[1:]), 20)
        for i in range(1, len(ids)):
            self.assertEqual(few["prompt_logprobs"][i][str(ids[i])]["rank"], ranks[i])
            place = many["top_token_ids"][i].index(ids[i]) + 1
            self.assertEqual(place, ranks[i] if ranks[i] <= 20 else 21)

    def test_labels(self):
        labels = [self.tokens(word)[0] for word in (" light", " a", " the")]
        plain = self.complete(prompt="And God said, Let there be", max_tokens=0, label_token_ids=labels)
        soft = self.complete(prompt="And God said, Let there be", max_tokens=0, logprob_token_ids=labels,
                             apply_softmax=True)
        line = json.dumps({"prompt": "And God said, Let there be", "labels": [" light", " a", " the"]}) + "\n"
        done = subprocess.run([BUILD_DIR / "bin/sotto", "score", "--model", KJV], input=line.encode(),
                              capture_output=True, check=True, timeout=60)
        want = json.loads(done.stdout)["labels"]
        for got, got_soft, label in zip(plain["choices"][0]["labels"], soft["choices"][0]["labels"], want):
            self.assertEqual(got["logprob"], label["logprob"])
            self.assertAlmostEqual(got["probability"], label["probability"], places=15)
            self.assertAlmostEqual(got_soft["probability"], label["share"], places=12)

    def test_labels_by_their_texts(self):
        texts = [" light", " a", "Y"]
        ask = {"prompt": "And God said, Let there be", "max_tokens": 0, "apply_softmax": True}
        by_ids = self.complete(**ask, label_token_ids=[self.tokens(text)[0] for text in texts])["choices"]
        self.assertEqual(self.complete(**ask, labels=texts)["choices"], by_ids)
        self.assertEqual(self.complete(**ask, labels="Y")["choices"][0]["labels"][0]["token_id"], self.tokens("Y")[0])
        two = self.heldout[:40]
        for labels, message in [([" a", two], f"element 1 comes to {len(self.tokens(two))} tokens; it must be one"),
                                ([""], "element 0 comes to 0 tokens"), (["a"] * 1025, "must have 1 to 1024"),
                                (["<|end_of_text|>"], "it must be one"), ([" a", [1]], "element 1 is not a string")]:
            error = self.post("/v1/completions", {**ask, "labels": labels}, 400)["error"]
            self.assertEqual(error["param"], "labels")
            self.assertIn(message, error["message"])
            self.assertNotIn(two[:5], error["message"])

    def test_truncation_and_special_text(self):
        long = self.heldout[:12000]
        self.assertEqual(self.post("/v1/completions", {"prompt": long, "max_tokens": 0}, 400)["error"]["param"],
                         "prompt")
        ids = self.tokens("In the beginning God created", True)
        for side, want in (("left", [ids[0], *ids[-2:]]), ("right", ids[:3])):
            got = self.complete(prompt="In the beginning God created", max_tokens=0, echo=True, logprobs=0,
                                truncate_prompt_tokens=3, truncation_side=side)
            self.assertEqual(got["choices"][0]["logprobs"]["token_ids"], want)
        self.complete(prompt=long, max_tokens=0, truncate_prompt_tokens=-1)
        special = self.complete(prompt="<|end_of_text|>", max_tokens=0, echo=True, logprobs=0)
        text = self.complete(prompt="<|end_of_text|>", max_tokens=0, echo=True, logprobs=0, parse_special=False,
                             add_special_tokens=False)
        self.assertGreater(len(text["choices"][0]["logprobs"]["token_ids"]),
                           len(special["choices"][0]["logprobs"]["token_ids"]))


if __name__ == "__main__":
    main()
