"""The page that `sotto serve` shows at /, in Chromium: a text, candidates, the key, what protects them.

Usage: page_test.py SOURCE_DIR BUILD_DIR.
"""

import contextlib
import math
import pathlib
import sys
import tempfile
import unittest

from emulated_tee import EmulatedTee
from headless_browser import CHROMIUM, Browser
from service_process import Server

KEY = "a-key-of-the-page-test"
TEXT = "In the beginning God created the heaven and the earth."


def fill(field, text):
    return f"document.getElementById({field!r}).value = {text!r}"


def click(element):
    return f"document.getElementById({element!r}).click()"


class Page(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        if not (BUILD_DIR / "bin/sotto").exists():
            raise unittest.SkipTest("SKIPPED: the programs are not built")
        if not CHROMIUM.exists():
            raise unittest.SkipTest("SKIPPED: chromium is not installed")
        cls.server = Server(BUILD_DIR, SOURCE_DIR / "models/kjv-2m", "--threads", "1")
        cls.addClassCleanup(cls.server.close)
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)

    def setUp(self):
        self.browser.console.clear()
        self.browser.requests.clear()
        self.browser.open(self.server.url)
        self.browser.wait_for("document.querySelector('#protection li')")

    def tearDown(self):
        self.assertEqual(self.browser.console, [])
        for url in self.browser.requests:
            self.assertTrue(url.startswith(self.server.url), url)

    def score(self, text=TEXT):
        self.browser.run(fill("text", text))
        self.browser.run("document.getElementById('text-form').requestSubmit()")
        self.browser.wait_for("document.querySelector('#text-result .token')")

    def test_the_text_is_shown_as_it_is_and_shaded_by_the_model(self):
        self.score()
        self.assertEqual(self.browser.run("document.querySelector('#text-result .tokens').textContent"),
                         "<|begin_of_text|>" + TEXT)
        shades = self.browser.run("[...document.querySelectorAll('#text-result .token')]"
                                  ".map((token) => token.style.getPropertyValue('--shade'))")
        self.assertEqual(shades[0], "")
        logprobs = self.scores(TEXT)["token_logprobs"]
        self.assertEqual(len(shades), len(logprobs))
        for shade, logprob in zip(shades[1:], logprobs[1:]):
            # Rounded to three digits.
            self.assertAlmostEqual(float(shade), min(1, -logprob / math.log(2) / 14), delta=0.0005001)

    def test_numbers_are_those_of_the_api(self):
        self.score()
        logprobs = self.scores(TEXT)["token_logprobs"][1:]
        perplexity = self.browser.run("document.querySelector('.numbers dd').textContent")
        # Shown without decimals from 100 on.
        self.assertAlmostEqual(float(perplexity), math.exp(-sum(logprobs) / len(logprobs)), delta=0.5001)

    def scores(self, text):
        status, _, answer = self.server.ask("/v1/completions", {
            "prompt": text, "echo": True, "logprobs": 10, "max_tokens": 0})
        self.assertEqual(status, 200, answer)
        return answer["choices"][0]["logprobs"]

    def test_ranks_are_those_among_all_tokens(self):
        text = "In the beginning, quoth xylophones"
        self.score(text)
        ranks = self.scores(text)["token_ranks"][1:]
        self.assertGreater(max(ranks), 20)
        said = self.browser.run("[...document.querySelectorAll('#text-result .token')]"
                                ".map((token) => token.getAttribute('aria-label'))")
        self.assertEqual([label.rpartition(" rank ")[2] for label in said[1:]], [str(rank) for rank in ranks])

    def test_keys_go_from_token_to_token_and_show_what_was_likelier(self):
        self.score()
        self.browser.run("document.querySelector('#text-result .token').focus()")
        self.assertIn("nothing comes before", self.card())
        self.browser.press("ArrowRight")
        self.assertIn("rank", self.card())
        self.assertGreaterEqual(self.browser.run("document.querySelectorAll('#card .alternative').length"), 10)
        self.browser.press("End")
        self.assertEqual(self.browser.run("document.activeElement.textContent"), ".")
        self.browser.press("Escape")
        self.assertTrue(self.browser.run("document.getElementById('card').hidden"))

    def card(self):
        self.assertFalse(self.browser.run("document.getElementById('card').hidden"))
        return self.browser.run("document.getElementById('card').innerText")

    def test_characters_of_several_tokens_and_markup_stay_text(self):
        text = "<img src=x onerror=alert(1)> and \u4f60\u597d \U0001f600"
        self.score(text)
        self.assertEqual(self.browser.run("document.querySelectorAll('#text-result img').length"), 0)
        self.assertIn("<img", self.browser.run("document.querySelector('#text-result .tokens').textContent"))

    def test_candidates_are_ranked_by_probability(self):
        self.browser.run(click("compare-tab"))
        self.assertTrue(self.browser.run("document.getElementById('text-panel').hidden"))
        self.browser.run(click("compare-example"))
        self.browser.wait_for("document.querySelectorAll('.ranked').length === 3")
        first = "document.querySelector('.ranked .tokens').textContent.trim()"
        self.assertEqual(self.browser.run(first), "the heaven and the earth.")
        shares = self.browser.run("[...document.querySelectorAll('.share')].map((e) => e.textContent)")
        self.assertGreater(float(shares[0].rstrip(" %")), 50)
        self.browser.run("document.getElementById('measure').value = 'byte',"
                         "document.getElementById('measure').dispatchEvent(new Event('change'))")
        self.assertNotEqual(
            self.browser.run("[...document.querySelectorAll('.share')].map((e) => e.textContent)"), shares)

    def test_the_panel_says_what_does_not_protect(self):
        text = self.browser.run("document.getElementById('protection').innerText")
        self.assertIn("Not hidden from the machine", text)
        self.assertIn("No accelerator takes part", text)
        self.assertIn("Not encrypted on the way", text)
        self.assertIn("Not attested", text)
        self.assertIn("f32", text)

    def test_dark_and_light(self):
        ground = "getComputedStyle(document.documentElement).backgroundColor"
        before = self.browser.run(ground)
        self.browser.run(click("theme"))
        self.assertNotEqual(self.browser.run(ground), before)
        self.assertEqual(self.browser.run("document.getElementById('theme').getAttribute('aria-pressed')"), "true")

    def test_an_empty_text_and_one_that_is_too_long_say_why(self):
        for text in ("", "the earth " * 5000):
            self.browser.run(fill("text", text))
            self.browser.run("document.getElementById('text-form').requestSubmit()")
            self.browser.wait_for("document.querySelector('#text-result .error')")
        # The browser itself notes the answer with 400.
        self.assertEqual(len(self.browser.console), 1)
        self.browser.console.clear()


class PageWithKey(unittest.TestCase):

    def test_asks_for_the_key_and_keeps_it_in_memory(self):
        if not CHROMIUM.exists() or not (BUILD_DIR / "bin/sotto").exists():
            self.skipTest("SKIPPED: the programs are not built, or chromium is not installed")
        keys = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()), "keys")
        keys.write_text(KEY + "\n", encoding="utf-8")
        server = Server(BUILD_DIR, SOURCE_DIR / "models/kjv-2m", "--threads", "1", "--api-key-file", keys)
        self.addCleanup(server.close)
        browser = Browser()
        self.addCleanup(browser.close)
        browser.open(server.url)
        browser.wait_for("document.querySelector('#protection .notice')")
        self.assertIn("wants an API key", browser.run("document.getElementById('protection').innerText"))
        browser.run(fill("key", KEY))
        browser.run("document.getElementById('key-form').requestSubmit()")
        browser.wait_for("document.querySelector('#protection li')")
        self.assertEqual(browser.run("[localStorage.length, sessionStorage.length, document.cookie]"), [0, 0, ""])
        self.assertNotIn(KEY, server.log())


class PageOfAnAttestedServer(unittest.TestCase):

    # In place of a TEE's quotes, which nothing here can make: the server's answer says that they are real.
    REAL = """const fetched = window.fetch;
        window.fetch = async (...what) => {
          const answer = await fetched(...what);
          if (!String(what[0]).endsWith('v1/protection')) return answer;
          const said = await answer.json();
          said.attestation.insecure_test = false;
          return new Response(JSON.stringify(said), {status: 200});
        };"""

    def test_names_the_keyset_and_who_can_check_it(self):
        if not CHROMIUM.exists() or not (BUILD_DIR / "bin/sotto").exists():
            self.skipTest("SKIPPED: the programs are not built, or chromium is not installed")
        directory = self.enterContext(tempfile.TemporaryDirectory())
        with contextlib.closing(EmulatedTee(BUILD_DIR, "sgx", directory)) as tee:
            server = self.enterContext(contextlib.closing(Server(
                BUILD_DIR, SOURCE_DIR / "models/kjv-2m", "--threads", "1", "--insecure-test-attester", tee.directory)))
            keyset = server.ask("/v1/protection")[2]["attestation"]["keyset_digest"]
            browser = Browser()
            self.addCleanup(browser.close)
            for script, title in ((None, "Attested by a test"), (self.REAL, "Attested by Intel SGX")):
                if script is not None:
                    browser.command("Page.addScriptToEvaluateOnNewDocument", source=script)
                browser.open(server.url)
                browser.wait_for("document.querySelector('#protection li')")
                text = browser.run("document.getElementById('protection').innerText")
                self.assertIn(title, text)
                self.assertEqual(keyset in text, script is not None)
            self.assertIn("sotto connect", text)
            self.assertEqual(browser.console, [])


if __name__ == "__main__":
    SOURCE_DIR, BUILD_DIR = map(pathlib.Path, sys.argv[1:3])
    unittest.main(argv=sys.argv[:1])
