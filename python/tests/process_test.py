"""A model among threads, signals, forks and thousands of calls."""

import concurrent.futures
import os
import pathlib
import signal
import threading
import unittest

import numpy as np
import sotto
import sotto_test_util as util

# One batch of many prompts: some seconds, so that there is time within it.
PREAMBLE = """
import os, signal, sys, threading
import sotto
model = sotto.Model(sys.argv[1], precision="f32", prefill_length=512, batch_size=64)
prompts = [[1 + (i * 7 + j) % 2000 for j in range(512)] for i in range(64)]
begun = threading.Event()
def progress(update):
    global latest
    latest = update
    begun.set()
"""


def resident_bytes():
    return int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Script(unittest.TestCase):

    def run_script(self, script):
        done = util.run_python(PREAMBLE + script, util.MODEL)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout


class Signals(Script):

    def test_keyboard_interrupt_ends_a_run_within_its_batch(self):
        self.assertEqual(self.run_script("""
def interrupt():
    begun.wait()
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=interrupt).start()
try:
    model.score(prompts, top_k=0, progress=progress)
except KeyboardInterrupt:
    assert latest.tokens_done < latest.tokens_total, latest
    print(model.score([[1, 2]])[0].tokens)
"""), "1\n")

    def test_a_handler_that_raises_nothing_runs_meanwhile(self):
        self.assertEqual(self.run_script("""
signal.signal(signal.SIGUSR1, lambda *_: print(latest.tokens_done < latest.tokens_total))
def send():
    begun.wait()
    os.kill(os.getpid(), signal.SIGUSR1)
threading.Thread(target=send).start()
print(len(model.score(prompts, top_k=0, progress=progress)))
"""), "True\n64\n")

    def test_waiting_for_another_thread_can_be_interrupted(self):
        self.assertEqual(self.run_script("""
def score():
    try:
        model.score(prompts, top_k=0, progress=progress)
    except sotto.CancelledError:
        print("closed")
thread = threading.Thread(target=score)
thread.start()
begun.wait()
threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    model.score([[1, 2]])
except KeyboardInterrupt:
    print("interrupted", latest.tokens_done < latest.tokens_total)
model.close()
thread.join()
"""), "interrupted True\nclosed\n")


class Endings(Script):

    def test_a_daemon_thread_may_be_running_when_python_ends(self):
        self.assertEqual(self.run_script("""
def score():
    try:
        model.score(prompts, top_k=0, progress=progress)
    except sotto.Error:
        pass
threading.Thread(target=score, daemon=True).start()
begun.wait()
print("ends")
"""), "ends\n")

    def test_a_model_that_nobody_closed(self):
        self.assertEqual(self.run_script("model.score([[1, 2]])\nsotto.kept = model\n"), "")

    def test_a_closed_model_is_of_no_use(self):
        model = sotto.Model(util.MODEL, prefill_length=8)
        with model:
            pass
        model.close()
        for use in (lambda: model.score([[1]]), lambda: model.encode("And"), lambda: model.info, model.digests):
            with self.assertRaisesRegex(sotto.FailedPreconditionError, "closed"):
                use()


class Forks(Script):

    def test_a_child_gets_an_error_and_the_parent_goes_on(self):
        self.assertEqual(self.run_script("""
expected = model.score([[1, 2, 3]])[0].logprob
child = os.fork()
if child == 0:
    uses = [lambda: model.score([[1, 2, 3]]), lambda: model.encode("And"), lambda: model.info]
    for use in uses:
        try:
            use()
            os._exit(1)
        except sotto.Error as error:
            assert "fork" in str(error)
    model.close()
    del model  # Its end, and the interpreter's, are quiet.
    sys.exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
print(model.score([[1, 2, 3]])[0].logprob == expected)
"""), "True\n")

    def test_a_fork_in_the_middle_of_a_run(self):
        self.assertEqual(self.run_script("""
results = []
thread = threading.Thread(target=lambda: results.append(model.score(prompts, top_k=0, progress=progress)))
thread.start()
begun.wait()
child = os.fork()
if child == 0:
    try:
        model.score([[1, 2, 3]])
    except sotto.Error:
        os._exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
thread.join()
print(len(results[0]))
"""), "64\n")


class Calls(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.model = sotto.Model(util.MODEL, precision="f32", prefill_length=64, batch_size=4)

    def test_threads_share_a_model(self):
        expected = [scores.logprobs[1:].tolist() for scores in self.model.score(util.TEXTS)]

        def score(_):
            return [scores.logprobs[1:].tolist() for scores in self.model.score(util.TEXTS)]

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            self.assertEqual(list(pool.map(score, range(100))), [expected] * 100)

    def test_other_threads_run_during_a_run(self):
        prompts = [[1 + (i + j) % 2000 for j in range(64)] for i in range(100)]
        begun, turns, latest = threading.Event(), [], []

        def other():
            begun.wait()
            while latest[-1].tokens_done < latest[-1].tokens_total:
                turns.append(None)

        def progress(update):
            latest.append(update)
            begun.set()

        thread = threading.Thread(target=other)
        thread.start()
        self.model.score(prompts, progress=progress)
        thread.join()
        self.assertGreater(len(turns), 0)
        self.assertEqual((latest[-1].tokens_done, latest[-1].tokens_total), (100 * 64, 100 * 64))
        done = [update.tokens_done for update in latest]
        self.assertEqual(done, sorted(done))

    def test_progress_is_called_on_the_calling_thread(self):
        callers = set()
        self.model.logits(util.TEXTS, progress=lambda _: callers.add(threading.get_ident()))
        self.assertEqual(callers, {threading.get_ident()})

    def test_an_exception_of_progress_ends_the_run(self):

        def refuse(_):
            raise LookupError("enough")

        with self.assertRaisesRegex(LookupError, "enough"):
            self.model.score(util.TEXTS, progress=refuse)
        self.assertEqual(len(self.model.score(util.TEXTS)), 3)

    def test_progress_must_not_use_the_model(self):
        for use in (lambda _: self.model.score(util.TEXTS), lambda _: self.model.close()):
            with self.assertRaisesRegex(sotto.FailedPreconditionError, "progress"):
                self.model.score(util.TEXTS, progress=use)

    def test_ten_thousand_calls_leak_nothing(self):
        ids = [[1, 2, 3, 4], [5, 6]]

        def failing():
            with self.assertRaises(ValueError):
                self.model.score([[9999]])

        calls = [lambda: self.model.score(ids, top_k=2), lambda: self.model.logits(ids),
                 lambda: self.model.logits(ids, positions="last"), lambda: self.model.embed(ids, pooling="all"),
                 lambda: self.model.logprobs_of(ids, [1, 2]), lambda: self.model.encode("In the beginning"),
                 lambda: self.model.score(ids, progress=lambda update: None), lambda: self.model.info,
                 lambda: self.model.token_texts([1, 2]), failing]
        for i in range(2000):
            calls[i % len(calls)]()
        before = resident_bytes()
        for i in range(10_000):
            calls[i % len(calls)]()
        # 105 bytes a call: room for the allocator's noise, for no array.
        self.assertLess(resident_bytes() - before, 1 << 20)

    def test_models_that_come_and_go_leak_nothing(self):

        def open_and_close():
            with sotto.Model(util.MODEL, precision="f32", prefill_length=8, threads=1) as model:
                np.testing.assert_equal(len(model.score([[1, 2]])), 1)

        for _ in range(10):
            open_and_close()
        before = resident_bytes()
        for _ in range(30):
            open_and_close()
        # The weights alone are 8 MB.
        self.assertLess(resident_bytes() - before, 8 << 20)


if __name__ == "__main__":
    util.main()
