"""A lossd of the test's own on a free port of loopback."""

import gzip
import json
import os
import pathlib
import re
import signal
import subprocess
import urllib.error
import urllib.request

from prometheus_client.parser import text_string_to_metric_families

from support import testing


def listening_address(log):
    """The first address that lossd says it listens on, in logfmt or JSON; None where it has not said so yet."""
    found = re.search(r'"?address"?[=:]"?127\.0\.0\.1"?,? ?"?port"?[=:](\d+)\D', log)  # to its end: a file may be read while it is written
    return found and f"127.0.0.1:{found.group(1)}"


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def text(self):
        return self.body.decode()

    @property
    def json(self):
        return json.loads(self.body)


class Lossd:
    """Starts `lossd serve ARGUMENTS` and waits until it listens. Its log is in `log()`."""

    def __init__(self, test, *arguments, stdin=subprocess.DEVNULL, environment=None):
        self._log_path = test.folder / f"lossd-{len(list(test.folder.glob('lossd-*.log')))}.log"
        with open(self._log_path, "wb") as log:
            self.process = test.start(
                testing.LOSSD, "serve", "--web.listen-address", "127.0.0.1:0", *arguments,
                stdin=stdin, stdout=log, stderr=subprocess.STDOUT, env=environment)
        self.address = testing.wait_until(self._listening_address, "lossd to listen")

    def _listening_address(self):
        if self.process.poll() is not None:
            raise AssertionError(f"lossd ended with {self.process.returncode}:\n{self.log()}")
        return listening_address(self.log())

    def log(self):
        return self._log_path.read_text(errors="replace")

    def wait_for_log(self, text):
        """Waits until the log says `text`, and returns it: a thread of its own writes it, now and then behind the answer to a request."""
        try:
            testing.wait_until(lambda: text in self.log(), f"the log to say: {text}")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log()}") from None
        return self.log()

    def descriptors(self):
        """How many file descriptors it holds."""
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def memory(self, field="VmRSS"):
        """Bytes of resident memory; with VmHWM, the most that there ever were."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{field}:\s+(\d+) kB", status).group(1)) * 1024

    def processor_seconds(self):
        """How long it has computed so far, which is the same on a busy machine as on an idle one."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        """SIGTERM; returns the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def request(self, method, path, body=None, headers=None):
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        if isinstance(body, str):
            body = body.encode()
        request = urllib.request.Request(f"http://{self.address}{path}", data=body, method=method, headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return Answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.headers, error.read())

    def get(self, path, **headers):
        return self.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def post(self, body, path="/api/v1/samples", compress=False):
        headers = {"Content-Type": "application/json"}
        if compress:
            body = gzip.compress((body if isinstance(body, str) else json.dumps(body)).encode())
            headers["Content-Encoding"] = "gzip"
        return self.request("POST", path, body, headers)

    def scrape(self):
        return Scrape(self.get("/metrics").text)

    def wait_for(self, condition, what, seconds=60):
        """Scrapes until `condition(scrape)` is true; returns that scrape."""

        def met():
            scrape = self.scrape()
            return scrape if condition(scrape) else None

        try:
            return testing.wait_until(met, what, seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.scrape().text}\n{self.log()}") from None

    def wait_for_samples(self, job, count, loss="train", seconds=60):
        return self.wait_for(lambda scrape: scrape.value("training_loss_samples_total", training_job=job, loss=loss) == count,
                             f"{count} samples of {job}/{loss}", seconds)


class Scrape:
    """A page of Prometheus text, read by Prometheus's own Python client."""

    def __init__(self, text):
        self.text = text
        self.samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]

    def series(self, name, **labels):
        """The samples of that name whose labels include those given."""
        return [sample for sample in self.samples if sample.name == name and labels.items() <= sample.labels.items()]

    def value(self, name, **labels):
        """The value of the one series that fits; None where there is none."""
        found = self.series(name, **labels)
        if len(found) > 1:
            raise AssertionError(f"{name}{labels} is ambiguous: {found}")
        return found[0].value if found else None

    def total(self, name, **labels):
        return sum(sample.value for sample in self.series(name, **labels))

    def regime(self, job, loss="train"):
        """The one regime whose gauge is 1."""
        on = [sample.labels["regime"] for sample in self.series("training_regime", training_job=job, loss=loss) if sample.value == 1]
        if len(on) > 1:
            raise AssertionError(f"{job} is in several regimes: {on}")
        return on[0] if on else None
