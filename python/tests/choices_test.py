"""sotto.rank and sotto.label_probabilities say what `sotto score` says."""

import unittest

import numpy as np
import sotto
import sotto_test_util as util

CONTEXT = "And God said, Let there be "
CONTINUATIONS = ["light: and there was light.", "darkness", "a firmament in the midst"]
LABELS = [" light", " the waters", " a"]


class Choices(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.model = sotto.Model(util.MODEL, prefill_length=64, batch_size=4)

    @classmethod
    def tearDownClass(cls):
        cls.model.close()

    def test_the_default_precision_is_that_of_the_command(self):
        self.assertEqual((self.model.precision.linear, self.model.precision.attention), ("f32", "f32"))

    def test_a_ranking_is_that_of_the_command(self):
        (line,) = util.command_line_lines("score", [{"context": CONTEXT, "continuations": CONTINUATIONS}])
        ranking = sotto.rank(self.model, CONTEXT, CONTINUATIONS)
        np.testing.assert_array_equal(ranking.logprobs, [c["sum_logprob"] for c in line["continuations"]])
        np.testing.assert_array_equal(ranking.tokens, [c["tokens"] for c in line["continuations"]])
        np.testing.assert_array_equal(ranking.greedy, [c["greedy"] for c in line["continuations"]])
        self.assertEqual((ranking.choice, ranking.choice_norm), (line["choice"], line["choice_norm"]))
        self.assertNotIn("light", repr(ranking))

    def test_labels_are_those_of_the_command(self):
        prompts = ["And God said, Let there be", "In the beginning God created"]
        lines = util.command_line_lines("score", [{"prompt": prompt, "labels": LABELS} for prompt in prompts])
        answers = sotto.label_probabilities(self.model, prompts, LABELS)
        for row, line in enumerate(lines):
            np.testing.assert_allclose(answers.logprobs[row], [label["logprob"] for label in line["labels"]],
                                       rtol=0, atol=1e-12)
            np.testing.assert_allclose(answers.shares[row], [label["share"] for label in line["labels"]],
                                       rtol=0, atol=1e-12)
            self.assertEqual(answers.choices[row], line["choice"])
        np.testing.assert_array_equal(answers.probabilities, np.exp(answers.logprobs))

    def test_white_space_stays_with_the_prompt_where_it_can(self):
        prompt = "In the beginning\n"
        head = self.model.encode(prompt)
        ids = [self.model.encode(prompt + label)[len(head):] for label in ("Y", "N")]
        self.assertEqual([len(label) for label in ids], [1, 1])
        answers = sotto.label_probabilities(self.model, [prompt], ["Y", "N"])
        np.testing.assert_array_equal(answers.logprobs[0],
                                      self.model.logprobs_of([prompt], [ids[0][0], ids[1][0]])[0])
        # A blank at the end belongs to the word behind it.
        np.testing.assert_array_equal(
            sotto.label_probabilities(self.model, ["Let there be "], ["light", "a"]).logprobs,
            sotto.label_probabilities(self.model, ["Let there be"], [" light", " a"]).logprobs)

    def test_nothing_to_choose_from(self):
        with self.assertRaisesRegex(ValueError, "labels: "):
            sotto.label_probabilities(self.model, ["And"], [])
        with self.assertRaisesRegex(ValueError, "continuations: "):
            sotto.rank(self.model, "And", [])
        with self.assertRaisesRegex(TypeError, "labels: "):
            sotto.label_probabilities(self.model, ["And"], "yes")
        self.assertEqual(sotto.label_probabilities(self.model, [], ["a"]).logprobs.shape, (0, 1))


if __name__ == "__main__":
    util.main()
