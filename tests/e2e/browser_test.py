"""The pages, as Chromium shows them."""

import json
import math
import random
import re
import time
import unittest

from support import testing
from support.browser import Browser
from support.lossd_daemon import Lossd

# Names that are markup, quotes, a turn of direction, a terminal's command, and long.
HOSTILE = ["<script>document.title='pwned'</script>", "a\"b'c&amp;<b>", "\u202eevil\u202c abc", "עברית עם english", "run \U0001F999 \U0001F525", "tab\tbell\x07\x1b[31m",
           "../../etc", "long-" + "x" * 195]


def samples(job, losses, first=0, **more):
    return "\n".join(json.dumps({"training_job": job, "step": 10 * (first + i), "loss": loss if math.isfinite(loss) else "nan", **more})
                     for i, loss in enumerate(losses))


def falling(count, noise=0.03, seed=1):
    chance = random.Random(seed)
    return [2 + 6 * math.exp(-i / 150) + chance.gauss(0, noise) for i in range(count)]


class Pages(testing.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.browser = Browser(cls)

    def setUp(self):
        super().setUp()
        self.lossd = Lossd(self)
        self.base = f"http://{self.lossd.address}"
        self.browser.size(1440, 1000)
        self.browser.theme("light")
        self.addCleanup(self.check_console)

    def check_console(self):
        """No page may write an error, or ask another host."""
        self.assertEqual(self.browser.console(), [])
        self.assertEqual([url for url in self.browser.requested() if not url.startswith((self.base, "data:", "blob:", "about:"))], [])
        self.browser.driver.get("about:blank")

    def watch(self, lossd):
        """From now on the pages are those of this one, and are left before it ends."""
        self.base = f"http://{lossd.address}"
        self.addCleanup(self.browser.driver.get, "about:blank")

    def post(self, job, losses, first=0, **more):
        self.assertEqual(self.lossd.post(samples(job, losses, first, **more)).status, 200)

    def open(self, path):
        self.browser.open(self.base + path)

    def open_untimed(self, path):
        """As open, but nothing on the page repeats itself: what it shows anew, it was told of."""
        added = self.browser.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": "window.setInterval = () => 0"})
        try:
            self.open(path)
        finally:
            self.browser.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)

    def names(self):
        return self.browser.texts("#rows td.name a")

    def wait_names(self, names):
        testing.wait_until(lambda: self.names() == names, f"the rows {names}; there are {self.names()}")

    def three_jobs(self):
        self.post("healthy-run", falling(300))
        self.post("bad-run", falling(300, seed=2) + [2 + 0.05 * i for i in range(200)], labels={"team": "nlp"})
        self.post("dead-run", falling(60, seed=3) + [math.nan], labels={"team": "vision"})

    def test_overview_shows_trouble_first_and_stays_live(self):
        self.three_jobs()
        self.open_untimed("/")
        self.wait_names(["dead-run", "bad-run", "healthy-run"])
        self.assertIn("2 in trouble", self.browser.text("#summary"))
        self.assertIn("not finite", self.browser.text("#rows tr:first-child .regime"))
        self.assertIn("team=nlp", self.browser.text("#rows tr:nth-child(2) .labels"))
        self.assertEqual(self.browser.js("document.querySelectorAll('#rows .sparkline path').length"), 3)
        self.browser.wait("document.getElementById('connection').textContent === 'live'", "the stream")
        self.post("new-run", [3.0])
        self.browser.wait("document.querySelectorAll('#rows tr').length === 4", "the new job")

    def test_overview_filters_sorts_and_keeps_that_in_its_address(self):
        self.three_jobs()
        self.open("/")
        self.wait_names(["dead-run", "bad-run", "healthy-run"])
        self.browser.type("#search", "team=nlp")
        self.wait_names(["bad-run"])
        self.assertIn("q=team%3Dnlp", self.browser.driver.current_url)
        self.open("/?sort=name")
        self.wait_names(["bad-run", "dead-run", "healthy-run"])
        self.browser.click("#columns th.step button")
        self.wait_names(["dead-run", "healthy-run", "bad-run"])
        self.browser.click("#columns th.step button")
        self.wait_names(["bad-run", "healthy-run", "dead-run"])
        self.assertEqual(self.browser.js("document.querySelector('th.step').getAttribute('aria-sort')"), "descending")
        self.open("/?regime=non_finite")
        self.wait_names(["dead-run"])
        self.browser.click("[data-regime=non_finite]")
        self.browser.wait("document.querySelectorAll('#rows tr').length === 3", "every job")
        self.open("/?q=nothing-of-that-name")
        self.browser.wait("!document.getElementById('unmatched').hidden", "the word that none fits")

    def test_names_are_text_everywhere(self):
        for name in HOSTILE:
            self.post(name, falling(40), labels={"l": name})
        self.open("/")
        self.browser.wait(f"document.querySelectorAll('#rows tr').length === {len(HOSTILE)}", "every job")
        self.assertEqual(self.browser.driver.title, "lossd")
        shown = " ".join(self.names())
        self.assertIn("<script>document.title='pwned'</script>", shown)
        self.assertIn("\\u202eevil", shown)
        self.assertIn("\\u001b[31m", shown)
        self.assertLessEqual(self.browser.js("document.documentElement.scrollWidth"), 1440)
        for link in self.browser.js("[...document.querySelectorAll('#rows td.name a')].map((a) => a.getAttribute('href'))"):
            self.open(link)
            self.browser.wait("!document.getElementById('page').hidden", f"the page of {link}")
            self.assertNotEqual(self.browser.driver.title, "pwned")
        self.open("/compare?" + "&".join("job=" + testing_quote(name) for name in HOSTILE[:4]))
        self.browser.wait("document.querySelectorAll('#rows [data-job]').length === 4", "the lines")
        self.assertNotEqual(self.browser.driver.title, "pwned")

    def test_job_page_tells_and_draws_a_run(self):
        self.post("bad-run", falling(300, seed=2) + [2 + 0.05 * i for i in range(200)], lr=0.001, grad_norm=0.5, labels={"team": "nlp"})
        self.lossd.post("\n".join(json.dumps({"training_job": "bad-run", "name": "eval", "step": 500 * i, "loss": 5 - 0.3 * i}) for i in range(1, 10)))
        self.open_untimed("/jobs/bad-run")
        self.browser.wait("!!document.querySelector('#chart-loss canvas')", "the chart")
        self.assertIn("diverging", self.browser.text("#regime"))
        self.assertTrue(self.browser.text("#advice"))
        for panel in ("velocity", "acceleration", "lr", "gradient", "gap"):
            self.assertTrue(self.browser.js(f"!!document.querySelector('#chart-{panel} canvas')"), panel)
        self.assertIn("diverging", " ".join(self.browser.texts("#events td")))
        self.assertGreater(self.drawn(), 2000)
        self.post("bad-run", [99.5], first=600)
        self.browser.wait("document.getElementById('tiles').innerText.includes('99.5')", "the new sample")

    def drawn(self):
        """Pixels of the loss chart that are not empty."""
        return self.browser.js(
            "(() => { const c = document.querySelector('#chart-loss canvas'); const d = c.getContext('2d')"
            ".getImageData(0, 0, c.width, c.height).data; let n = 0; for (let i = 3; i < d.length; i += 4) n += d[i] > 0; return n; })()")

    def test_states_are_told_as_they_are_and_when_they_change(self):
        """Logs that fail, end and go silent under the open pages."""
        (self.folder / "logs").mkdir()
        text = "".join(f"step={10 * i} loss={loss:.4f}\n" for i, loss in enumerate(falling(60)))
        for name in ("failing", "ending", "fading"):
            self.write(f"logs/{name}.log", text)
        lossd = Lossd(self, self.folder / "logs")
        self.watch(lossd)
        for name in ("failing", "ending", "fading"):
            lossd.wait_for_samples(name, 60)
        self.open_untimed("/")
        self.browser.wait("document.querySelectorAll('#rows tr').length === 3", "every job")
        self.browser.wait("document.getElementById('connection').textContent === 'live'", "the stream")
        last = "torch.cuda.OutOfMemoryError: CUDA out of memory. <b>Tried</b> to allocate 2.00 GiB"
        self.append("logs/failing.log", f'Traceback (most recent call last):\n  File "train.py", line 10, in <module>\n{last}\n')
        self.append("logs/ending.log", "Training completed.\n")

        def state(name):
            return lossd.get(f"/api/v1/jobs/{name}").json["state"]

        def shown(name):
            return self.browser.js("([...document.querySelectorAll('#rows tr')].find((row) => row.innerText.includes(arguments[0])) || "
                                   "{querySelector: () => null}).querySelector('.state')?.innerText", name)

        testing.wait_until(lambda: state("failing") == "failed", "the failure", 120)
        testing.wait_until(lambda: shown("failing") == "failed" and shown("ending") == "ended", "the states on the page")
        self.assertEqual(self.names()[0], "failing")
        self.assertIn("cuda out of memory", self.browser.text("#rows tr:first-child"))
        self.assertIn("<b>Tried</b>", self.browser.text("#rows tr:first-child"))
        self.assertIn("1 in trouble", self.browser.text("#summary"))
        self.open("/?state=failed")
        self.wait_names(["failing"])
        self.open("/?q=cuda_out")
        self.wait_names(["failing"])
        self.open("/jobs/failing")
        self.browser.wait("!document.getElementById('failure').hidden", "the failure")
        self.assertEqual(self.browser.text("#state .state"), "failed")
        self.assertEqual(self.browser.text("#failure h2"), "Failed: cuda out of memory")
        self.assertEqual(self.browser.text("#failure-last"), last)
        self.assertIn("Traceback (most recent call last):", self.browser.text("#failure-lines"))
        self.assertIn("failed", self.browser.driver.title)
        # It goes on all the same: the failure is history, without a touch of the page.
        self.append("logs/failing.log", "step=600 loss=2.01\nstep=610 loss=2.02\n")
        self.browser.wait("document.getElementById('failure').hidden", "the job to run again")
        self.assertEqual(self.browser.text("#state .state"), "running")
        testing.wait_until(lambda: state("fading") == "silent", "the silence", 240)
        self.open("/jobs/fading")
        self.browser.wait("document.querySelector('#state .state')?.innerText === 'silent'", "the state")

    def test_job_page_zooms_and_its_address_leads_back(self):
        self.post("run", falling(400))
        self.open("/jobs/run?x=step&from=1000&to=2000&window=10&log=1")
        self.browser.wait("!!document.querySelector('#chart-loss canvas')", "the chart")
        self.assertFalse(self.browser.js("document.getElementById('reset').disabled"))
        self.assertEqual(self.browser.js("document.getElementById('window').value"), "10")
        self.assertEqual(self.browser.js("document.getElementById('log').getAttribute('aria-pressed')"), "true")
        labels = [int(re.sub(r"\D", "", text)) for text in self.browser.texts("#chart-loss .dygraph-axis-label-x") if text]
        self.assertTrue(all(900 <= label <= 2100 for label in labels), labels)
        self.browser.click("#reset")
        self.browser.wait("!location.search.includes('from=')", "the whole run")
        self.browser.driver.find_element("css selector", "#chart-loss").click()
        self.browser.type("#chart-loss", "+")
        self.browser.wait("location.search.includes('from=')", "a zoom by the keyboard")
        self.browser.click("[data-axis=sample]")
        self.browser.wait("location.search.includes('x=sample') && !location.search.includes('from=')", "the axis in the address")

    def test_job_page_of_nobody_says_so_and_waits(self):
        self.open_untimed("/jobs/later")
        self.browser.wait("!document.getElementById('missing').hidden", "the word that it is not here")
        self.browser.console()  # the answer 404 is on it, rightly
        self.post("later", falling(5))
        self.browser.wait("!document.getElementById('page').hidden", "the job")
        self.browser.console()

    def test_job_page_tells_of_an_evaluation_in_trouble(self):
        self.post("run", [1 + 3 * math.exp(-i / 60) + 0.02 * math.sin(i * i) for i in range(400)])
        self.lossd.post("\n".join(json.dumps({"training_job": "run", "name": "eval", "step": 100 * i, "loss": 2.2 - 0.05 * i if i < 15 else 1.45 + 0.03 * (i - 15)})
                                  for i in range(40)))
        self.open("/jobs/run")
        self.browser.wait("!document.getElementById('evaluation').hidden", "the evaluation")
        self.assertIn("But the evaluation: overfitting", " ".join(self.browser.text("#evaluation").split()))
        self.assertIn("regime-overfitting", self.browser.js("document.getElementById('verdict').className"))

    def test_job_page_smooths_as_it_is_told(self):
        self.post("run", falling(300))
        self.open("/jobs/run?smoothing=0.99")
        self.browser.wait("!!document.querySelector('#chart-loss canvas')", "the chart")
        self.assertEqual(self.browser.js("document.getElementById('smoothing').value"), "0.99")
        for weight in (0, 0.9):
            expected, total, mass = [], 0.0, 0.0
            for value in (5.0, 3.0, None, 1.0):
                if value is not None:
                    total, mass = weight * total + (1 - weight) * value, weight * mass + 1 - weight
                expected.append(total / mass)
            found = self.browser.js("lossdRun.smoothed({sample: [0, 1, 2, 3], last: [5, 3, 'nan', 1]}, arguments[0])", weight)
            self.assertEqual([round(value, 9) for value in found], [round(value, 9) for value in expected])
        anew = self.browser.js("lossdRun.smoothed({sample: [0, 2, 4, 6], last: [1, 1, 400, 300], events: [{kind: 'spike', sample: 2},"
                               " {kind: 'restart', sample: 3}]}, 0.5)")
        self.assertEqual([round(value, 9) for value in anew], [1, 1, 400, round(1000 / 3, 9)])
        self.browser.js("(() => { const s = document.getElementById('smoothing'); s.value = 'metric'; s.dispatchEvent(new Event('change')); })()")
        self.browser.wait("location.search.includes('smoothing=metric')", "the choice in the address")

    def test_a_failed_job_is_told_on_a_phone(self):
        self.browser.size(390, 844)
        log = self.write("lost.log", "".join(f"step={i} loss={loss:.4f}\n" for i, loss in enumerate(falling(60))) + "RuntimeError: shapes cannot be multiplied\n")
        lossd = Lossd(self, log)
        self.watch(lossd)
        testing.wait_until(lambda: lossd.get("/api/v1/jobs/lost").json.get("state") == "failed", "the failure", 120)
        self.open("/")
        self.browser.wait("document.querySelectorAll('#rows tr').length === 1", "the job")
        self.assertGreater(self.browser.js("document.querySelector('#rows .state').getBoundingClientRect().height"), 10)
        self.assertIn("1 failed", self.browser.text("#summary"))

    def test_compare_draws_jobs_over_each_other(self):
        self.three_jobs()
        self.open("/compare?job=healthy-run&job=bad-run")
        self.browser.wait("document.querySelectorAll('#rows [data-job]').length === 2", "two lines")
        self.browser.wait("!!document.querySelector('#chart canvas')", "the chart")
        self.browser.type("#add", "dead-run")
        self.browser.click("#form button")
        self.browser.wait("document.querySelectorAll('#rows [data-job]').length === 3", "three lines")
        self.assertEqual(self.browser.driver.current_url.count("job="), 3)
        self.browser.click("[data-axis=time]")
        self.browser.wait("location.search.includes('x=time')", "the axis")

    def test_compare_shows_samples_where_a_job_tells_no_steps(self):
        self.post("run", falling(50))
        body = "\n".join(json.dumps({"training_job": "without-steps", "loss": loss}) for loss in falling(50, seed=2))
        self.assertEqual(self.lossd.post(body).status, 200)
        for jobs, axis in (("job=run", "step"), ("job=run&job=without-steps", "sample")):
            self.open("/compare?" + jobs)
            self.browser.wait(f"document.querySelectorAll('#rows [data-job]').length === {jobs.count('job=')}", "the jobs")
            self.assertEqual(self.browser.js("document.querySelector('#axis [aria-pressed=true]').dataset.axis"), axis)

    def test_a_run_that_breaks_at_once_has_no_checkpoint_to_go_back_to(self):
        for job, first, told in (("young", 0, "start from the beginning"), ("old", 50, "from before step 480.")):
            self.post(job, falling(8) + [math.nan], first)
            self.open("/jobs/" + job)
            self.browser.wait("document.getElementById('checkpoint').textContent !== ''", "what to do")
            self.assertIn(told, self.browser.text("#checkpoint"))

    def test_status_tells_of_sources_flags_and_counts(self):
        log = self.write("eta.log", "step=1 loss=2.5\n")
        lossd = Lossd(self, log)
        lossd.wait_for_samples("eta", 1)
        self.watch(lossd)
        self.open("/status")
        self.browser.wait("document.querySelectorAll('#sources tr').length === 1", "the source")
        self.assertIn("eta.log", self.browser.text("#sources"))
        self.assertIn("--web.listen-address", self.browser.text("#flags"))
        self.assertIn("lossd_jobs", self.browser.text("#counts"))

    def test_status_tells_which_lines_gave_nothing_and_why_a_file_is_silent(self):
        (self.folder / "logs").mkdir()
        self.write("logs/eta.log", "hello <b>world</b>\n" + "".join(f"step={i} loss=2.5\n" for i in range(20)) + "saved checkpoint 7\n")
        self.write("logs/theta.log", "".join(f"compiled module {i} of many\n" for i in range(300)))
        lossd = Lossd(self, self.folder / "logs")
        lossd.wait_for_samples("eta", 20)
        self.watch(lossd)
        self.open("/status")
        self.browser.wait("document.querySelectorAll('#sources tr').length === 2", "the sources")
        self.browser.wait("document.querySelectorAll('#sources .reasons li').length === 3", "the reasons")
        silent = "[...document.querySelectorAll('#sources tr')].find((row) => row.innerText.includes('theta.log')).innerText"
        self.assertIn("gives no sample", self.browser.js(silent))
        self.assertIn("set keys or patterns", self.browser.js(silent))
        self.assertRegex(self.browser.js(silent), r"\b300\t0\b")
        ignored = self.browser.texts("#ignored tr")
        self.assertRegex(ignored[0], r"theta\.log\s+no loss\s+compiled module 299 of many")
        self.assertTrue(any(re.search(r"eta\.log\s+no loss\s+saved checkpoint 7", line) for line in ignored), ignored)
        self.assertTrue(any("hello <b>world</b>" in line for line in ignored), ignored)

    def test_both_themes_a_narrow_window_and_no_serious_fault_of_accessibility(self):
        self.three_jobs()
        faults, skipped = [], None
        for theme in ("light", "dark"):
            for width in (1440, 390):
                self.browser.theme(theme)
                self.browser.size(width, 900)
                for path in ("/", "/jobs/bad-run", "/compare?job=bad-run&job=healthy-run", "/status"):
                    self.open(path)
                    self.browser.wait("document.querySelectorAll('#rows tr, #tiles .tile, #flags tr').length > 0", path)
                    self.assertLessEqual(self.browser.js("document.documentElement.scrollWidth"), width, f"{path} at {width}")
                    background = self.browser.js("getComputedStyle(document.body).backgroundColor")
                    self.assertEqual(int(re.findall(r"\d+", background)[0]) < 128, theme == "dark", f"{path} in {theme}")
                    try:
                        faults += [f"{path} {theme} {width}: {fault}" for fault in self.browser.accessibility_faults()]
                    except unittest.SkipTest as reason:
                        skipped = reason
                    self.assertEqual(self.browser.console(), [], path)
        self.assertEqual(faults, [])
        if skipped:
            raise skipped

    def test_replayed_page_needs_nothing_else(self):
        log = self.write("gone.log", "".join(f"step={10 * i} loss={loss}\n" for i, loss in enumerate(falling(500) + [math.nan] * 3)))
        page = testing.run(testing.LOSSD, "replay", "--output", "html", log, check=True).stdout
        self.write("gone.html", page)
        self.browser.open((self.folder / "gone.html").as_uri())
        self.browser.wait("!!document.querySelector('#chart-loss canvas')", "the chart")
        self.assertIn("not finite", self.browser.text("#regime"))
        self.assertEqual(self.browser.console(), [])
        self.assertEqual([url for url in self.browser.requested() if not url.startswith(("file:", "data:", "about:"))], [])


class Scale(testing.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.browser = Browser(cls)

    def test_five_thousand_jobs_are_painted_at_once(self):
        lossd = Lossd(self)
        for begin in range(0, 5000, 500):
            self.assertEqual(lossd.post("\n".join(samples(f"job-{i:04}", [3 - 0.1 * k for k in range(8)]) for i in range(begin, begin + 500))).status, 200)
        self.browser.count_computing()
        answered = lossd.processor_seconds()
        self.browser.open(f"http://{lossd.address}/")
        self.browser.wait("document.querySelectorAll('#rows tr').length === 100", "the first page")
        painted, answered = self.browser.computing(), lossd.processor_seconds() - answered
        print(f"5,000 jobs: {painted * 1000:.0f} ms of the page's computing, {answered * 1000:.0f} ms of lossd's")
        self.assertLess(painted + answered, 1)
        self.assertIn("5000", re.sub(r"\D", "", self.browser.text("#summary").split("job")[0]))

    def test_a_million_samples_answer_at_once_with_every_extreme(self):
        lossd = Lossd(self)
        for begin in range(0, 1_000_000, 50_000):
            body = "\n".join('{"training_job":"long","step":%d,"loss":%s}' % (i, 99 if i == 777_777 else -7 if i == 123_456 else 2 + i % 7 / 100)
                             for i in range(begin, begin + 50_000))
            self.assertEqual(lossd.post(body).status, 200)
        times = []  # that it computes for an answer
        for _ in range(5):
            start = lossd.processor_seconds()
            run = lossd.get("/api/v1/jobs/long/history").json["series"][0]
            times.append(lossd.processor_seconds() - start)
        print(f"1,000,000 samples: history in {min(times) * 1000:.0f} to {max(times) * 1000:.0f} ms, {len(run['sample'])} points")
        self.assertLess(min(times), 0.2)
        self.assertEqual((max(run["max"]), min(run["min"])), (99, -7))
        self.assertEqual(run["sample"][-1], 999_999)


def testing_quote(name):
    from urllib.parse import quote
    return quote(name, safe="")


if __name__ == "__main__":
    testing.main()
