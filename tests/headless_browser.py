"""Chromium without a window, told what to do over a pipe (--remote-debugging-pipe): messages of the
DevTools protocol in JSON, each ended by a NUL. Needs nothing but the browser and Python."""

import json
import os
import pathlib
import queue
import subprocess
import tempfile
import threading

CHROMIUM = pathlib.Path("/usr/bin/chromium")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--proxy-server=127.0.0.1:1",
         "--ignore-certificate-errors", "--remote-debugging-pipe"]


class Browser:
    """One page. `console` is whatever the page or the browser had to say of it, `requests` the URLs it
    asked for."""

    def __init__(self):
        self.console, self.requests = [], []
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        reads, self._commands = os.pipe()
        self._events, writes = os.pipe()
        # The browser reads from descriptor 3 and writes to 4, wherever ours are.
        shell = f'exec 3<&{reads} 4>&{writes}; exec "$@"'
        self.process = subprocess.Popen(
            ["bash", "-c", shell, "bash", CHROMIUM, *FLAGS, f"--user-data-dir={self._profile.name}"],
            pass_fds=(reads, writes), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        os.close(reads)
        os.close(writes)
        self._answers, self._sent, self._session = queue.Queue(), 0, None
        self._loaded = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()
        target = self.command("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.command("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.command(domain + ".enable")

    def command(self, method, **parameters):
        """What the browser answers."""
        self._sent += 1
        message = {"id": self._sent, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        answer = self._answers.get(timeout=60)
        assert answer["id"] == self._sent and "error" not in answer, (method, answer)
        return answer["result"]

    def open(self, url):
        self._loaded.clear()
        self.command("Page.navigate", url=url)
        assert self._loaded.wait(60), url

    def run(self, expression):
        """The value of a JavaScript expression in the page; promises are waited for."""
        result = self.command("Runtime.evaluate", expression=expression, awaitPromise=True,
                              returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def wait_for(self, condition):
        """Until the expression is true. Fails with the text of the page if that takes too long."""
        self.run(f"""new Promise((done, fail) => {{
            const end = performance.now() + 30000;
            const look = () => ({condition}) ? done(true) :
                performance.now() > end ? fail(document.body.innerText) : setTimeout(look, 20);
            look();
        }})""")

    def press(self, key):
        for kind in ("keyDown", "keyUp"):
            self.command("Input.dispatchKeyEvent", type=kind, key=key, code=key)

    def _read(self):
        pending = b""
        while chunk := os.read(self._events, 1 << 16):
            *messages, pending = (pending + chunk).split(b"\0")
            for message in map(json.loads, messages):
                if "id" in message:
                    self._answers.put(message)
                else:
                    self._note(message["method"], message["params"])

    def _note(self, event, parameters):
        if event == "Page.loadEventFired":
            self._loaded.set()
        elif event == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif event == "Log.entryAdded":
            self.console.append(parameters["entry"]["text"])
        elif event == "Runtime.consoleAPICalled":
            self.console.append(json.dumps(parameters["args"]))
        elif event == "Runtime.exceptionThrown":
            self.console.append(parameters["exceptionDetails"]["text"])

    def close(self):
        self.process.kill()
        self.process.wait(timeout=60)
        os.close(self._commands)
        self._profile.cleanup()
