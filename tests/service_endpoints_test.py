"""Every other endpoint's shape, errors, and the OpenAPI document.

Usage: service_endpoints_test.py SOURCE_DIR BUILD_DIR.
"""

import base64
import struct

from service_case import ServiceCase, main


class ServiceTest(ServiceCase):

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

    def test_models_health_metrics(self):
        listed = self.server.ask("/v1/models")[2]["data"]
        self.assertEqual([model["id"] for model in listed], ["kjv-2m"])
        self.assertEqual(self.server.ask("/v1/models/kjv-2m")[2]["id"], "kjv-2m")
        self.assertEqual(self.server.ask("/v1/models/kjv%2d2m")[2]["id"], "kjv-2m")
        self.assertEqual(self.server.ask("/v1/models/")[2]["data"], listed)
        for name in ("gpt", "kjv%2", "%", "kjv-2m%00", "kjv-2m/a"):
            self.assertEqual(self.server.ask("/v1/models/" + name)[0], 404)
        self.assertEqual(self.server.ask("/health", headers={"Authorization": "none"})[0], 200)
        self.complete(prompt="In the", max_tokens=0)
        metrics = self.server.ask("/metrics")[2]
        self.assertRegex(metrics, r'sotto_service_answers_total\{endpoint="/v1/completions",status="200"\} [1-9]')
        self.assertRegex(metrics, r"sotto_service_tokens_total [1-9]")

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
                    self.assertIn(headers["Allow"], ("GET, HEAD", "POST"))
        message = self.post("/v1/completions", {"prompt": "a", "max_tokens": 5}, 400)["error"]["message"]
        self.assertIn("does not generate", message)

    def test_errors_say_what_was_meant(self):
        for path, body, message in [
                ("/v1/completions", {"prompt": "a", "max_token": 0}, "did you mean max_tokens?"),
                ("/v1/completions", {"prompt": "a", "surprise": 0}, "see /openapi.json"),
                ("/v1/completions", {"messages": []}, "chat template"),
                ("/v1/completions", {"prompt": "a", "max_tokens": "1"}, "must be 0 or 1"),
                ("/v1/completions", {"prompt": "a", "max_tokens": -1}, "must be 0 or 1"),
                ("/v1/completions", {"prompt": "a", "max_tokens": 1.0}, "must be 0 or 1"),
                ("/v1/completions", "", "the body is empty")]:
            self.assertIn(message, self.post(path, body, 400)["error"]["message"])

    def test_what_other_servers_take_may_ask_for_nothing(self):
        plain = self.complete(prompt="In the", max_tokens=1, logprobs=1, echo=True)["choices"]
        neutral = {"top_k": -1, "min_p": 0.0, "ignore_eos": True, "repetition_penalty": 1.0, "priority": 0}
        self.assertEqual(self.complete(prompt="In the", max_tokens=1, logprobs=1, echo=True, **neutral)["choices"], plain)
        for path, body, member, value in [
                ("/v1/completions", {"prompt": "a", "max_tokens": 0}, "repetition_penalty", 1.1),
                ("/v1/completions", {"prompt": "a", "max_tokens": 0}, "priority", 1),
                ("/v1/completions", {"prompt": "a", "max_tokens": 0}, "top_k", 1.5),
                ("/v1/embeddings", {"input": "a"}, "normalize", False),
                ("/v1/embeddings", {"input": "a"}, "priority", 2)]:
            self.assertEqual(self.post(path, {**body, member: value}, 400)["error"]["param"], member)
        self.assertEqual(self.post("/v1/embeddings", {"input": "a", "normalize": True, "priority": 0})["data"],
                         self.post("/v1/embeddings", {"input": "a"})["data"])

    def test_a_causal_model_is_no_classifier(self):
        for path in ("/v1/classify", "/classify"):
            message = self.post(path, {"input": "a"}, 422)["error"]["message"]
            self.assertIn("has no classification head", message)

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


if __name__ == "__main__":
    main()
