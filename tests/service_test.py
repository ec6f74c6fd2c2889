"""The service's answers: lm-evaluation-harness's protocol, to the bit, and every endpoint's shape.

Usage: service_test.py SOURCE_DIR BUILD_DIR.
"""

import base64
import concurrent.futures
import functools
import json
import math
import operator
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import threading
import unittest

from service_process import Server, make_certificate

KEY = "a-key-for-this-test-alone"


def make_classifier(folder, labels):
    """The shipped model with a classifier's rows in place of lm_head."""
    folder.mkdir()
    config = json.loads((KJV / "config.json").read_text())
    config["architectures"] = [config["architectures"][0].replace("ForCausalLM", "ForSequenceClassification")]
    config["id2label"] = {str(i): label for i, label in enumerate(labels)}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer.json").write_bytes((KJV / "tokenizer.json").read_bytes())
    stored = (KJV / "model.safetensors").read_bytes()
    begin = 8 + struct.unpack("<Q", stored[:8])[0]
    header, data = json.loads(stored[8:begin]), stored[begin:]
    chance, size = random.Random(5), len(labels) * config["hidden_size"]
    rows = struct.pack(f"<{size}f", *(chance.gauss(0, 0.1) for _ in range(size)))
    header["score.weight"] = {"dtype": "F32", "shape": [len(labels), config["hidden_size"]],
                              "data_offsets": [len(data), len(data) + len(rows)]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data + rows)


class ClassifierTest(unittest.TestCase):

    def classify(self, labels):
        with tempfile.TemporaryDirectory() as directory:
            folder = pathlib.Path(directory, "classifier")
            make_classifier(folder, labels)
            texts = ["In the beginning", "And God said, Let there be light: and there was light."]
            lines = "".join(json.dumps(text) + "\n" for text in texts)
            done = subprocess.run([BUILD_DIR / "bin/sotto", "classify", "--model", folder], input=lines, text=True,
                                  capture_output=True, check=True, timeout=120)
            server = Server(BUILD_DIR, folder)
            self.addCleanup(server.close)
            status, _, answer = server.ask("/v1/classify", {"input": texts})
            self.assertEqual(status, 200, answer)
            refused = server.ask("/v1/completions", {"prompt": "a", "echo": True, "logprobs": 1})
            self.assertEqual((refused[0], refused[2]["error"]["type"]), (400, "invalid_request_error"))
            return [json.loads(line) for line in done.stdout.splitlines()], answer

    def test_labels_are_those_of_classify_to_the_bit(self):
        lines, answer = self.classify(["good", "bad", "neither"])
        self.assertEqual(len(answer["data"]), 2)
        for line, one in zip(lines, answer["data"]):
            self.assertEqual(one["label"], line["label"])
            self.assertEqual(one["num_classes"], 3)
            self.assertEqual(one["probs"], [label["probability"] for label in line["labels"]])
            self.assertEqual(one["logits"], [label["logit"] for label in line["labels"]])

    def test_a_reranker_of_one_label(self):
        with tempfile.TemporaryDirectory() as directory:
            folder, template = pathlib.Path(directory, "reranker"), pathlib.Path(directory, "template")
            make_classifier(folder, ["relevance"])
            template.write_text("<|begin_of_text|>Query: {query} Text: {document} Is it so?")
            server = Server(BUILD_DIR, folder, "--rerank-template", template)
            self.addCleanup(server.close)
            documents = ["And God said", "the sons of Levi", "In the beginning"]
            texts = [f"<|begin_of_text|>Query: creation Text: {document} Is it so?" for document in documents]
            classes = server.ask("/v1/classify", {"input": texts, "add_special_tokens": False})[2]["data"]
            logits = [one["logits"][0] for one in classes]
            pair = {"text_1": "creation", "text_2": documents}
            raw = server.ask("/v1/score", {**pair, "use_activation": False})[2]["data"]
            self.assertEqual([one["score"] for one in raw], logits)
            likely = [one["score"] for one in server.ask("/v1/score", pair)[2]["data"]]
            for got, logit in zip(likely, logits):
                self.assertAlmostEqual(got, 1 / (1 + math.exp(-logit)), places=15)
            status, _, ranked = server.ask("/v2/rerank", {"query": "creation", "documents": documents})
            self.assertEqual(status, 200, ranked)
            self.assertEqual([one["relevance_score"] for one in ranked["results"]], sorted(likely, reverse=True))
            self.assertEqual([likely[one["index"]] for one in ranked["results"]], sorted(likely, reverse=True))

    def test_a_reranker_has_one_label(self):
        with tempfile.TemporaryDirectory() as directory:
            template = pathlib.Path(directory, "template")
            template.write_text("{query} {document}")
            for labels, flags, code, message in [(["a", "b"], [], 1, "a classifier of one label"),
                                                 (["a"], ["--rerank-labels", "Y,N"], 2, "--rerank-labels")]:
                folder = pathlib.Path(directory, str(len(labels)))
                make_classifier(folder, labels)
                run = subprocess.run([BUILD_DIR / "bin/sotto", "serve", "--no-tls", "--listen", "localhost:0", "--model",
                                      folder, "--rerank-template", template, *flags], capture_output=True, text=True,
                                     timeout=60, check=False)
                self.assertEqual(run.returncode, code, run.stderr)
                self.assertIn(message, run.stderr)

    def test_without_a_template_there_is_no_reranking(self):
        with tempfile.TemporaryDirectory() as directory:
            folder = pathlib.Path(directory, "reranker")
            make_classifier(folder, ["relevance"])
            server = Server(BUILD_DIR, folder)
            self.addCleanup(server.close)
            status, _, answer = server.ask("/v1/rerank", {"query": "a", "documents": ["b"]})
            self.assertEqual(status, 400)
            self.assertIn("template", answer["error"]["message"])

    def test_a_reward(self):
        lines, answer = self.classify(["reward"])
        for line, one in zip(lines, answer["data"]):
            self.assertEqual((one["logits"], one["probs"]), ([line["score"]], None))


class ServiceTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        if not (BUILD_DIR / "bin/sotto").exists():
            raise unittest.SkipTest("the programs are not built")
        cls.directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.directory.cleanup)
        folder = pathlib.Path(cls.directory.name)
        (folder / "keys").write_text(f"# for tests\n{KEY}\nanother-key-that-is-long\n")
        (folder / "template").write_text("<|begin_of_text|>{instruction} Query: {query} Text: {document} Is it so? ")
        cls.server = Server(BUILD_DIR, KJV, "--api-key-file", folder / "keys", "--rerank-template",
                            folder / "template", "--rerank-labels", "Y,N", tls=make_certificate(folder), key=KEY)
        cls.addClassCleanup(cls.server.close)
        cls.heldout = (KJV / "heldout.txt").read_text(encoding="utf-8")

    def post(self, path, body, status=200, **more):
        got, _, answer = self.server.ask(path, body, **more)
        self.assertEqual(got, status, answer)
        return answer

    def complete(self, **body):
        return self.post("/v1/completions", body)

    def tokens(self, text, special=False):
        return self.post("/tokenize", {"prompt": text, "add_special_tokens": special})["tokens"]

    # lm-evaluation-harness, model local-completions, tokenizer_backend remote.

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

    # Completions.

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

    # Other endpoints.

    def test_tokenizer(self):
        info = self.server.ask("/tokenizer_info")[2]
        self.assertEqual(len(self.tokens(info["eos_token"])), 1)
        ids = self.tokens("And Esau ran to meet him")
        self.assertEqual(self.post("/detokenize", {"tokens": ids})["prompt"], "And Esau ran to meet him")
        self.assertEqual(self.post("/detokenize", {"tokens": []})["prompt"], "")
        for bad in (-1, 2048, 2**31 - 1):
            error = self.post("/detokenize", {"tokens": [5, bad]}, 400)["error"]
            self.assertEqual(error["param"], "tokens")
            self.assertIn("tokens", error["message"])
        with_strings = self.post("/tokenize", {"prompt": "ran to", "return_token_strs": True})
        self.assertEqual("".join(with_strings["token_strs"][1:]), "ran to")
        self.assertEqual(with_strings["count"], len(with_strings["tokens"]))

    def test_embeddings(self):
        floats = self.post("/v1/embeddings", {"input": ["In the beginning", "And"], "model": "kjv-2m"})
        packed = self.post("/v1/embeddings", {"input": ["In the beginning", "And"], "encoding_format": "base64"})
        for a, b in zip(floats["data"], packed["data"]):
            raw = base64.b64decode(b["embedding"])
            self.assertEqual(list(struct.unpack(f"<{len(raw) // 4}f", raw)), a["embedding"])
            self.assertAlmostEqual(sum(x * x for x in a["embedding"]), 1, places=5)
        short = self.post("/v1/embeddings", {"input": "In the beginning", "dimensions": 16})["data"][0]["embedding"]
        self.assertEqual(len(short), 16)
        self.assertAlmostEqual(sum(x * x for x in short), 1, places=5)
        ratio = short[0] / floats["data"][0]["embedding"][0]
        self.assertAlmostEqual(short[5], floats["data"][0]["embedding"][5] * ratio, places=5)
        error = self.post("/v1/embeddings", {"input": "a", "dimensions": 100000}, 400)["error"]
        self.assertEqual(error["param"], "dimensions")

    def test_rerank_and_score(self):
        documents = ["And God said", "the sons of Levi", {"text": "In the beginning"}, "he went up"]
        ranked = self.post("/v1/rerank", {"query": "creation", "documents": documents, "top_n": 3})
        scores = [result["relevance_score"] for result in ranked["results"]]
        self.assertEqual((len(scores), scores), (3, sorted(scores, reverse=True)))
        texts = [document if isinstance(document, str) else document["text"] for document in documents]
        for result in ranked["results"]:
            self.assertEqual(result["document"]["text"], texts[result["index"]])
        self.assertNotIn("document", self.post("/v2/rerank", {"query": "creation",
                                                             "documents": documents})["results"][0])
        pairs = self.post("/v1/score", {"text_1": "creation", "text_2": texts})["data"]
        by_index = {result["index"]: result["relevance_score"] for result in ranked["results"]}
        for index, score in by_index.items():
            self.assertEqual(pairs[index]["score"], score)
        # By hand: the template filled, and the two labels behind it.
        labels = [self.tokens("Y")[0], self.tokens("N")[0]]
        prompt = ("<|begin_of_text|>So? Query: creation Text: the sons of Levi Is it so? ")
        got = self.post("/v1/rerank", {"query": "creation", "documents": [texts[1]], "instruction": "So?"})
        want = self.complete(prompt=prompt, add_special_tokens=False, max_tokens=0, label_token_ids=labels,
                             apply_softmax=True)["choices"][0]["labels"][0]["probability"]
        self.assertAlmostEqual(got["results"][0]["relevance_score"], want, places=14)

    def test_documents_are_cut_and_nothing_else(self):
        filled = "<|begin_of_text|>So? Query: creation Text: {} Is it so? "
        whole = "In the beginning God created the heav\u00e9n and the earth " * 9
        bare, pair = len(self.tokens(filled.format(""))), {"text_1": "creation", "instruction": "So?"}
        for side, limit in (("right", bare + 30), ("left", bare + 30), ("right", bare + 1)):
            cut = self.post("/v1/score", {**pair, "text_2": whole, "truncate_prompt_tokens": limit,
                                          "truncation_side": side})
            self.assertLessEqual(cut["usage"]["prompt_tokens"], limit)
            self.assertGreater(cut["usage"]["prompt_tokens"], limit - 6)
            # It is the score of some part of the document at that end.
            parts = [whole[:n] if side == "right" else whole[-n:] for n in range(150)]
            scores = self.post("/v1/score", {**pair, "text_2": parts})["data"]
            self.assertIn(cut["data"][0]["score"], [one["score"] for one in scores])
        default = self.post("/v1/score", {**pair, "text_2": whole, "truncate_prompt_tokens": bare + 30})
        explicit = self.post("/v1/score", {**pair, "text_2": whole, "truncate_prompt_tokens": bare + 30,
                                           "truncation_side": "right"})
        self.assertEqual(default["data"], explicit["data"])
        for limit, message in ((bare - 2, "even without the document"), (None, "truncate_prompt_tokens")):
            error = self.post("/v1/score", {**pair, "text_2": whole * 60, "truncate_prompt_tokens": limit}, 400)["error"]
            self.assertEqual(error["param"], "documents")
            self.assertIn(message, error["message"])
        self.post("/v1/rerank", {"query": "creation", "documents": [whole * 60], "truncate_prompt_tokens": -1})

    def test_models_health_metrics(self):
        listed = self.server.ask("/v1/models")[2]["data"]
        self.assertEqual([model["id"] for model in listed], ["kjv-2m"])
        self.assertEqual(self.server.ask("/v1/models/kjv-2m")[2]["id"], "kjv-2m")
        self.assertEqual(self.server.ask("/v1/models/gpt")[0], 404)
        self.assertEqual(self.server.ask("/health", headers={"Authorization": "none"})[0], 200)
        self.complete(prompt="In the", max_tokens=0)
        metrics = self.server.ask("/metrics")[2]
        self.assertRegex(metrics, r'sotto_service_answers_total\{endpoint="/v1/completions",status="200"\} [1-9]')
        self.assertRegex(metrics, r"sotto_service_tokens_total [1-9]")

    # Errors.

    def test_errors_are_open_ais(self):
        good = {"prompt": "In the", "max_tokens": 0}
        for status, path, body, more in [
                (400, "/v1/completions", {"prompt": "In the"}, {}),
                (400, "/v1/completions", {**good, "prompt": [1, 999999]}, {}),
                (400, "/v1/completions", {**good, "prompt": [[]]}, {}),
                (400, "/v1/completions", "{", {}),
                (400, "/v1/completions", "[" * 100000, {}),
                (400, "/v1/completions", b'{"prompt": "\xff", "max_tokens": 0}', {}),
                (401, "/v1/completions", good, {"headers": {"Authorization": "Bearer wrong-key-wrong-key"}}),
                (401, "/v1/completions", good, {"headers": {"Authorization": ""}}),
                (404, "/v1/completions", {**good, "model": "gpt-4"}, {}),
                (404, "/v1/chat/completions", good, {}),
                (404, "/v1/moderations", good, {}),
                (405, "/v1/completions", None, {}),
                (405, "/v1/models", good, {}),
                (413, "/v1/completions", " " * (9 << 20), {})]:
            with self.subTest(status=status, path=path, body=str(body)[:60]):
                try:
                    got, headers, answer = self.server.ask(path, body, **more)
                except OSError:  # Of TLS, or of the socket.
                    self.assertEqual(status, 413)  # It may say so while the client still sends.
                    continue
                self.assertEqual(got, status, answer)
                self.assertEqual(set(answer["error"]), {"message", "type", "param", "code"})
                if status == 405:
                    self.assertIn(headers["Allow"], ("GET", "POST"))
        message = self.post("/v1/completions", {"prompt": "a", "max_tokens": 5}, 400)["error"]["message"]
        self.assertIn("does not generate", message)

    def test_a_causal_model_is_no_classifier(self):
        for path in ("/v1/classify", "/classify"):
            message = self.post(path, {"input": "a"}, 422)["error"]["message"]
            self.assertIn("has no classification head", message)

    def test_paths_without_a_version_are_the_same(self):
        body = {"query": "creation", "documents": ["In the beginning", "of the earth"]}
        self.assertEqual(self.post("/rerank", body)["results"], self.post("/v1/rerank", body)["results"])
        pair = {"text_1": "creation", "text_2": "In the beginning"}
        self.assertEqual(self.post("/score", pair)["data"], self.post("/v1/score", pair)["data"])

    def test_chat_says_where_to_go(self):
        error = self.post("/v1/chat/completions", {"messages": [{"role": "user", "content": "a"}]}, 404)["error"]
        self.assertIn("/v1/completions", error["message"])
        self.assertIn("render", error["message"])

    def test_the_open_api_document_says_what_is_accepted(self):
        document = self.server.ask("/openapi.json")[2]
        schemas = document["components"]["schemas"]
        self.assertRegex(document["info"]["version"], r"^\d+\.\d+\.\d+$")
        for path, methods in document["paths"].items():
            (method, operation), = methods.items()
            if path.startswith("/v1/aci/"):  # tests/attestation_test.py asks them in a TEE.
                status, _, answer = self.server.ask(path, method=method.upper())
                self.assertEqual((status, list(operation["responses"])[1]), (404, "404"), path)
                continue
            status, _, answer = self.server.ask(path.replace("{model}", "kjv-2m"), "{}" if method == "post" else None)
            self.assertIn(status, (200, 400), path)
            if method == "get":
                self.assertEqual(status, 200, path)
                continue
            schema = schemas[operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].split("/")[-1]]
            for name in schema["properties"]:
                answer = self.post(path, {name: {}}, 400)
                self.assertNotIn("unknown", answer["error"]["message"], f"{path} {name}")
            self.assertIn("unknown", self.post(path, {"novel": []}, 400)["error"]["message"])
            for name in schema["required"]:
                self.assertIn(name, schema["properties"])


class WithoutATemplate(unittest.TestCase):

    def test_reranking_is_refused_and_says_why(self):
        server = Server(BUILD_DIR, KJV)
        self.addCleanup(server.close)
        for path, body in [("/v1/rerank", {"query": "a", "documents": ["b"]}),
                           ("/v1/score", {"text_1": "a", "text_2": "b"})]:
            status, _, answer = server.ask(path, body)
            self.assertEqual(status, 400)
            self.assertIn("template", answer["error"]["message"])
        self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    SOURCE_DIR, BUILD_DIR = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
    KJV = SOURCE_DIR / "models/kjv-2m"
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
