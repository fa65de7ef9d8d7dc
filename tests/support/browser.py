"""Headless Chromium: a window on the pages, what it wrote on its console, and which hosts it asked."""

import json
import os
import pathlib
import subprocess
import tarfile
import tempfile
import unittest

from support import testing

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
except ImportError:
    webdriver = None

# Known to be harmless: none.
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--disable-default-apps", "--hide-scrollbars", "--force-color-profile=srgb",
         # The shared memory of a container is small.
         "--disable-dev-shm-usage")
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "lossd-tests"


class Browser:
    """Ends with the test class that starts it."""

    def __init__(self, test_class):
        if webdriver is None:
            raise unittest.SkipTest("python3-selenium is not installed (./dev setup installs it)")
        profile = tempfile.TemporaryDirectory(prefix="lossd-browser-")
        options = webdriver.ChromeOptions()
        options.binary_location = testing.find_program("chromium")
        for flag in (*FLAGS, f"--user-data-dir={profile.name}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(service=Service(testing.find_program("chromedriver")), options=options)
        self.driver.set_script_timeout(120)
        test_class.addClassCleanup(profile.cleanup)
        test_class.addClassCleanup(self.driver.quit)
        self.size(1440, 1000)

    def size(self, width, height, scale=1):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                    {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": False})

    def theme(self, name):
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": name}]})

    def open(self, url):
        self.driver.get("about:blank")
        for kind in ("browser", "performance"):
            self.driver.get_log(kind)  # what was before
        self.driver.get(url)

    def js(self, script, *arguments):
        return self.driver.execute_script("return " + script, *arguments)

    def text(self, selector):
        """What the first such element shows; "" where there is none."""
        return self.js("(document.querySelector(arguments[0]) || {}).innerText || ''", selector)

    def texts(self, selector):
        return self.js("[...document.querySelectorAll(arguments[0])].map((node) => node.innerText)", selector)

    def wait(self, script, what, seconds=60):
        return testing.wait_until(lambda: self.js(script), what, seconds)

    def click(self, selector):
        self.js("document.querySelector(arguments[0]).click()", selector)

    def type(self, selector, text):
        self.driver.find_element("css selector", selector).send_keys(text)

    def count_computing(self):
        """From the next page on."""
        self.driver.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})

    def computing(self):
        """Seconds that the page has computed so far, its painting included: the same on a busy machine as on an idle one."""
        metrics = self.driver.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
        return next(each["value"] for each in metrics if each["name"] == "TaskDuration")

    def picture(self, path):
        self.driver.save_screenshot(str(path))

    def console(self):
        """What went wrong, as the console tells it. Debian 13's dygraphs warns of points outside of a range that was given to it."""
        logged = [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]
        return [message for message in logged if "points out of Y bounds" not in message]

    def requested(self):
        """Every address that the page asked for. Chromium's own pages, such as that of a new tab, are logged with it and left out."""
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        asked = [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
        return [url for url in asked if not url.startswith("chrome:")]

    def accessibility_faults(self):
        """What axe-core finds that is serious or worse, each with the element."""
        self.driver.execute_script(axe_source())
        found = self.driver.execute_async_script(
            "const done = arguments[0]; axe.run(document, {resultTypes: ['violations']}).then((result) => done(result.violations))")
        return [f"{fault['id']}: {node['target']} {node.get('failureSummary', '')}" for fault in found
                if fault["impact"] in ("serious", "critical") for node in fault["nodes"]]


def axe_source():
    """From the npm registry once, then from the cache; a skip where neither is to be had."""
    stored = CACHE / "axe-core-4.10.2.js"
    if not stored.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            try:
                done = testing.run(testing.find_program("npm"), "pack", "--silent", "axe-core@4.10.2", cwd=folder)
            except subprocess.TimeoutExpired:
                raise unittest.SkipTest("axe-core cannot be had from npm: it does not answer") from None
            packed = list(pathlib.Path(folder).glob("*.tgz"))
            if done.returncode != 0 or not packed:
                raise unittest.SkipTest(f"axe-core cannot be had from npm: {done.stderr.strip()[-200:]}")
            with tarfile.open(packed[0]) as archive:
                fresh = stored.with_suffix(f".{os.getpid()}")
                fresh.write_bytes(archive.extractfile("package/axe.min.js").read())
                fresh.rename(stored)
    return stored.read_text()
