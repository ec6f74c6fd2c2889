"""Three `sotto serve` behind HAProxy, with the configurations of packaging/haproxy: one is killed under
load, another drained. And the fields that matter of packaging/kubernetes.

Usage: replicas_test.py SOURCE_DIR BUILD_DIR.
"""

import http.client
import pathlib
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest

import yaml

from service_process import Server, make_certificate, until

HAPROXY = pathlib.Path("/usr/sbin/haproxy")
CLIENTS = 6
BROKEN = 0  # For a status: the connection ended without an answer.


class Proxy:
    """HAProxy with a packaged configuration, whose names and addresses are replaced."""

    def __init__(self, config, directory, replicas, certificate):
        cert, key = certificate
        both = pathlib.Path(directory, "service.pem")
        both.write_bytes(cert.read_bytes() + key.read_bytes())
        listener = socket.create_server(("127.0.0.1", 0))
        self.port, self.cafile = listener.getsockname()[1], cert
        text = config.read_text(encoding="utf-8")
        changes = [("bind :8443", f"bind fd@{listener.fileno()}"), ("/etc/haproxy/service.pem", both),
                   ("/etc/haproxy/replicas.pem", cert), ("sotto.example", "localhost")]
        changes += [(f"replica{i}.internal:8443", f"localhost:{replica.port}")
                    for i, replica in enumerate(replicas, 1)]
        for old, new in changes:
            assert old in text or old.endswith("service.pem"), old
            text = text.replace(old, str(new))
        path = pathlib.Path(directory, "haproxy.cfg")
        path.write_text(text, encoding="utf-8")
        self.log_path = pathlib.Path(directory, "haproxy.log")
        # Warnings count: a setting that is ignored is none.
        subprocess.run([HAPROXY, "-c", "-dW", "-f", path], check=True, pass_fds=[listener.fileno()])
        with listener, open(self.log_path, "wb") as log:
            self.process = subprocess.Popen([HAPROXY, "-db", "-f", path], stdout=log, stderr=log,
                                            pass_fds=[listener.fileno()])

    def log(self):
        """What it had to say of replicas, not of requests."""
        lines = self.log_path.read_text(encoding="utf-8").splitlines()
        return "\n".join(line for line in lines if " service " not in line and " service~ " not in line)

    def connect(self):
        context = ssl.create_default_context(cafile=self.cafile)
        return http.client.HTTPSConnection("localhost", self.port, timeout=60, context=context)

    def ask(self, path):
        connection = self.connect()
        connection.request("GET", path)
        status = connection.getresponse().status
        connection.close()
        return status

    def close(self):
        self.process.kill()
        self.process.wait(timeout=60)


class Load:
    """Clients, each with one request at a time, over connections they keep."""

    def __init__(self, proxy, body):
        self.proxy, self.body = proxy, body
        self.failures, self.answers, self.lost = [], [], []  # Statuses; bodies; statuses at last.
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._work) for _ in range(CLIENTS)]
        for thread in self._threads:
            thread.start()

    def _work(self):
        connection = self.proxy.connect()
        while not self._stop.is_set():
            # A replica that drains refuses at once, has the fewest connections, and so is asked until the proxy's
            # checks have seen it: two seconds, more on a busy machine.
            for _ in range(300):
                status, answer = self._ask(connection)
                if status == 200:
                    self.answers.append(answer)
                    break
                self.failures.append(status)
                connection.close()
                self._stop.wait(0.1)
            else:
                self.lost.append(status)
        connection.close()

    def _ask(self, connection):
        try:
            connection.request("POST", "/v1/completions", self.body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException):
            return BROKEN, b""

    def await_answers(self, count):
        """So many more."""
        goal = len(self.answers) + count
        return until(lambda: len(self.answers) >= goal, 120)

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=120)


class Replicas(unittest.TestCase):

    def setUp(self):
        if not (BUILD_DIR / "bin/sotto").exists():
            self.skipTest("SKIPPED: the programs are not built")
        if not HAPROXY.exists():
            self.skipTest("SKIPPED: haproxy is not installed")
        directory = self.enterContext(tempfile.TemporaryDirectory())
        self.certificate = make_certificate(directory)
        self.directory = directory
        self.replicas = []
        for _ in range(3):
            self.replicas.append(Server(BUILD_DIR, SOURCE_DIR / "models/kjv-2m", "--threads", "1",
                                        tls=self.certificate))
            self.addCleanup(self.replicas[-1].close)

    def proxy(self, name):
        proxy = Proxy(SOURCE_DIR / "packaging/haproxy" / name, self.directory, self.replicas,
                      self.certificate)
        self.addCleanup(proxy.close)
        return proxy

    def kill_and_drain(self, proxy):
        """The failures that the clients saw: of the killing, of the draining."""
        load = Load(proxy, self.body())
        self.addCleanup(load.stop)
        self.assertTrue(load.await_answers(10), proxy.log())
        self.assertTrue(until(lambda: self.waiting(self.replicas[0]) > 0))
        self.replicas[0].stop(signal.SIGKILL)
        self.assertTrue(load.await_answers(20), proxy.log())
        of_killing = list(load.failures)
        self.assertEqual(self.replicas[1].stop(signal.SIGTERM), 0, self.replicas[1].log())
        self.assertTrue(load.await_answers(20), proxy.log())
        load.stop()
        self.assertEqual(load.lost, [])
        self.assertGreater(self.served(self.replicas[2]), 0)
        self.check_answers(load.answers)
        return of_killing, load.failures[len(of_killing):]

    def body(self):
        """Long enough that one is in work whenever a process ends."""
        verses = (SOURCE_DIR / "models/kjv-2m/heldout.txt").read_text(encoding="utf-8").splitlines()[:32]
        prompts = ", ".join(f'"{verse}"' for verse in verses if '"' not in verse and "\\" not in verse)
        return f'{{"prompt": [{prompts}], "echo": true, "logprobs": 1, "max_tokens": 0}}'.encode()

    def check_answers(self, answers):
        """Whoever answered: to the bit the same, but for what names the answer."""
        texts = {answer[answer.index(b'"choices"'):answer.index(b'"usage"')] for answer in answers}
        self.assertEqual(len(texts), 1)

    def metric(self, replica, name):
        _, _, text = replica.ask("/metrics")
        return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name))

    def waiting(self, replica):
        return self.metric(replica, "sotto_service_queue_requests")

    def served(self, replica):
        return self.metric(replica, "sotto_service_passes_total")

    def test_tls_passed_through(self):
        of_killing, of_draining = self.kill_and_drain(self.proxy("haproxy.cfg"))
        # One request a client was on its way at most; a proxy that only forwards cannot answer.
        self.assertGreaterEqual(len(of_killing), 1)
        self.assertLessEqual(len(of_killing), CLIENTS)
        self.assertEqual(set(of_killing), {BROKEN})
        # Refused, or an idle connection that closed as a request set out: none was accepted.
        self.assertLessEqual(set(of_draining), {503, BROKEN})

    def test_tls_ended_by_the_proxy(self):
        proxy = self.proxy("haproxy-in-the-tee.cfg")
        of_killing, of_draining = self.kill_and_drain(proxy)
        # The proxy asks another replica, unless an answer had begun.
        self.assertLessEqual(len(of_killing), CLIENTS)
        self.assertLessEqual(set(of_killing), {502, 503, BROKEN})
        # Connections that the replica closed as it ended, before it took a request from them.
        self.assertLessEqual(set(of_draining), {502, 503, BROKEN})
        self.assertEqual(proxy.ask("/health"), 200)
        self.assertEqual(proxy.ask("/metrics"), 404)


class Kubernetes(unittest.TestCase):

    def manifest(self, path):
        text = (SOURCE_DIR / "packaging/kubernetes" / path).read_text(encoding="utf-8")
        return yaml.safe_load(text)

    def test_every_file_is_named_by_its_kustomization(self):
        for folder in ("base", "sgx"):
            named = self.manifest(f"{folder}/kustomization.yaml")
            names = {pathlib.PurePath(name).name for name in named["resources"]}
            names |= {patch["path"] for patch in named.get("patches", [])}
            files = {path.name for path in (SOURCE_DIR / "packaging/kubernetes" / folder).iterdir()}
            self.assertEqual(names - {"base"}, files - {"kustomization.yaml"})

    def test_labels_meet(self):
        deployment = self.manifest("base/deployment.yaml")["spec"]
        labels = deployment["template"]["metadata"]["labels"]
        self.assertEqual(deployment["selector"]["matchLabels"], labels)
        self.assertEqual(self.manifest("base/service.yaml")["spec"]["selector"], labels)
        self.assertEqual(self.manifest("base/disruption_budget.yaml")["spec"]["selector"]["matchLabels"], labels)

    def test_ports_probes_and_grace_fit_the_flags(self):
        pod = self.manifest("base/deployment.yaml")["spec"]["template"]["spec"]
        container = pod["containers"][0]
        flags = dict(flag.split("=", 1) for flag in container["args"][1:])
        port = container["ports"][0]
        self.assertEqual(flags["--listen"], f"0.0.0.0:{port['containerPort']}")
        self.assertEqual(self.manifest("base/service.yaml")["spec"]["ports"][0]["targetPort"], port["name"])
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            self.assertEqual(container[probe]["httpGet"],
                             {"path": "/health", "port": port["name"], "scheme": "HTTPS"})
        pause = container["lifecycle"]["preStop"]["sleep"]["seconds"]
        self.assertGreater(pod["terminationGracePeriodSeconds"], pause + int(flags["--drain-seconds"]))
        mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
        self.assertEqual(set(mounts), {volume["name"] for volume in pod["volumes"]})
        for flag in ("--model", "--tls-cert", "--tls-key", "--api-key-file"):
            self.assertTrue(flags[flag].startswith(tuple(mounts.values())), flag)

    def test_flags_are_those_of_the_program(self):
        program = BUILD_DIR / "bin/sotto"
        if not program.exists():
            self.skipTest("SKIPPED: the programs are not built")
        known = subprocess.run([program, "serve", "--help"], capture_output=True, text=True, check=True).stdout
        args = self.manifest("base/deployment.yaml")["spec"]["template"]["spec"]["containers"][0]["args"]
        self.assertEqual(args[0], "serve")
        for flag in args[1:]:
            self.assertIn(flag.split("=")[0] + " ", known)

    def test_autoscaler_looks_at_a_metric_of_the_service(self):
        scaler = self.manifest("base/autoscaler.yaml")["spec"]
        deployment = self.manifest("base/deployment.yaml")
        self.assertEqual(scaler["scaleTargetRef"]["name"], deployment["metadata"]["name"])
        self.assertNotIn("replicas", deployment["spec"])
        name = scaler["metrics"][0]["pods"]["metric"]["name"]
        source = (SOURCE_DIR / "src/trusted/service/service_metrics.cc").read_text(encoding="utf-8")
        self.assertIn(f'"{name}"', source)

    def test_pods_have_no_more_rights_than_they_need(self):
        pod = self.manifest("base/deployment.yaml")["spec"]["template"]["spec"]
        self.assertIs(pod["automountServiceAccountToken"], False)
        self.assertIs(pod["securityContext"]["runAsNonRoot"], True)
        rights = pod["containers"][0]["securityContext"]
        self.assertEqual(rights, {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                                  "capabilities": {"drop": ["ALL"]}})

    def test_enclaves_ask_for_what_the_device_plugin_gives(self):
        base = self.manifest("base/deployment.yaml")
        patch = self.manifest("sgx/deployment.yaml")
        self.assertEqual(patch["metadata"]["name"], base["metadata"]["name"])
        pod = patch["spec"]["template"]["spec"]
        container = pod["containers"][0]
        self.assertEqual(container["name"], base["spec"]["template"]["spec"]["containers"][0]["name"])
        self.assertEqual(set(container["resources"]["limits"]),
                         {"sgx.intel.com/epc", "sgx.intel.com/enclave", "sgx.intel.com/provision"})
        # No secret of the cluster's reaches an enclave.
        gone = {volume["name"] for volume in pod["volumes"] if volume.get("$patch") == "delete"}
        unmounted = {mount["mountPath"] for mount in container["volumeMounts"] if mount.get("$patch") == "delete"}
        self.assertEqual((gone, unmounted), ({"model", "secrets"}, {"/model", "/secrets"}))


if __name__ == "__main__":
    SOURCE_DIR, BUILD_DIR = map(pathlib.Path, sys.argv[1:3])
    unittest.main(argv=sys.argv[:1])
