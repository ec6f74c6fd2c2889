"""Rankings and classes: rerankers of both kinds, pairs, and what a classifier says of texts.

Usage: service_rankings_test.py SOURCE_DIR BUILD_DIR.
"""

import json
import math
import pathlib
import random
import struct
import subprocess
import tempfile
import unittest

from service_case import BUILD_DIR, KJV, ServiceCase, main
from service_process import Server


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

    def test_what_a_template_does_not_use_is_said(self):
        with tempfile.TemporaryDirectory() as directory:
            template = pathlib.Path(directory, "template")
            template.write_text("<|begin_of_text|>{query} {document} {doc} {not a name} So? ")
            server = Server(BUILD_DIR, KJV, "--rerank-template", template, "--rerank-labels", "Y,N")
            self.addCleanup(server.close)
            self.assertIn("--rerank-template: {doc} is no placeholder", server.log())
            self.assertNotIn("{not a name}", server.log())
            body = {"query": "a", "documents": ["b"]}
            self.assertEqual(server.ask("/v1/rerank", body)[0], 200)
            status, _, answer = server.ask("/v1/rerank", {**body, "instruction": "So?"})
            self.assertEqual((status, answer["error"]["param"]), (400, "instruction"))

    def test_blanks_belong_to_labels(self):
        scores = []
        for labels in ("a,O", " a, O"):
            with tempfile.TemporaryDirectory() as directory:
                template = pathlib.Path(directory, "template")
                template.write_text("<|begin_of_text|>{query} {document}")
                server = Server(BUILD_DIR, KJV, "--rerank-template", template, "--rerank-labels", labels)
                self.addCleanup(server.close)
                got = server.ask("/v1/rerank", {"query": "In the", "documents": ["beginning"]})[2]
                want = server.ask("/v1/completions", {
                    "prompt": "<|begin_of_text|>In the beginning", "add_special_tokens": False, "max_tokens": 0,
                    "labels": labels.split(","), "apply_softmax": True})[2]
                scores.append(got["results"][0]["relevance_score"])
                self.assertAlmostEqual(scores[-1], want["choices"][0]["labels"][0]["probability"], places=14)
        self.assertNotAlmostEqual(*scores, places=3)

    def test_a_reward(self):
        lines, answer = self.classify(["reward"])
        for line, one in zip(lines, answer["data"]):
            self.assertEqual((one["logits"], one["probs"]), ([line["score"]], None))


class RankingsTest(ServiceCase):

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

    def test_of_each_document_its_first_tokens(self):
        filled = "<|begin_of_text|>So? Query: creation Text: {} Is it so? "
        whole = "In the beginning God created the heav\u00e9n and the earth " * 9
        bare, ask = len(self.tokens(filled.format(""))), {"query": "creation", "instruction": "So?"}

        def scores(documents, **more):
            answer = self.post("/v2/rerank", {**ask, "documents": documents, **more})
            ranked = sorted(answer["results"], key=lambda one: one["index"])
            return [one["relevance_score"] for one in ranked], answer["usage"]["prompt_tokens"]

        for limit in (3, 7, 30):
            (cut, short), tokens = scores([whole, "In"], max_tokens_per_doc=limit)
            self.assertEqual(short, scores(["In"])[0][0])
            self.assertIn(cut, scores([whole[:n] for n in range(150)])[0])
            alone = scores([whole], max_tokens_per_doc=limit)[1]
            self.assertLessEqual(alone, bare + limit + 2)  # Around it, tokens may join.
            self.assertGreater(alone, bare + limit - 6)
            self.assertEqual(tokens, alone + scores(["In"])[1])
        # More than there are cuts nothing; what is cut otherwise loses more.
        self.assertEqual(scores([whole], max_tokens_per_doc=4096), scores([whole]))
        self.assertEqual(scores([whole], max_tokens_per_doc=30, truncate_prompt_tokens=bare + 10)[0],
                         scores([whole], truncate_prompt_tokens=bare + 10)[0])
        # What was too long is not any more, and comes back whole.
        self.post("/v1/rerank", {**ask, "documents": [whole * 60]}, 400)
        ranked = self.post("/v1/rerank", {**ask, "documents": [whole * 60], "max_tokens_per_doc": 30})
        self.assertEqual(ranked["results"][0]["document"]["text"], whole * 60)

    def test_what_other_rerankers_do_with_documents_is_done_or_refused(self):
        ask = {"query": "creation", "documents": ["In the beginning", {"text": "of the earth"}]}
        plain = self.post("/v1/rerank", ask)["results"]
        for same in ({"max_chunks_per_doc": 1}, {"rank_fields": ["text"]}, {"max_chunks_per_doc": None}):
            self.assertEqual(self.post("/v1/rerank", {**ask, **same})["results"], plain)
        for member, value in [("max_chunks_per_doc", 10), ("rank_fields", ["title", "text"]), ("max_tokens_per_doc", 0),
                              ("max_tokens_per_doc", "10"), ("max_tokens_per_doc", 1.5)]:
            error = self.post("/v1/rerank", {**ask, member: value}, 400)["error"]
            self.assertEqual(error["param"], member)
            self.assertIn("must be", error["message"])

    def test_paths_without_a_version_are_the_same(self):
        body = {"query": "creation", "documents": ["In the beginning", "of the earth"]}
        self.assertEqual(self.post("/rerank", body)["results"], self.post("/v1/rerank", body)["results"])
        pair = {"text_1": "creation", "text_2": "In the beginning"}
        self.assertEqual(self.post("/score", pair)["data"], self.post("/v1/score", pair)["data"])


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
    main()
