"""The pictures of the README, from real runs of the demo trainer. LOSSD_UPDATE_GOLDEN=1 takes them anew."""

import html
import os
import re
import struct

from e2e.top_test import Terminal
from support import testing
from support.browser import Browser
from support.lossd_daemon import Lossd

PICTURES = testing.ROOT / "deploy/pictures"
UPDATE = os.environ.get("LOSSD_UPDATE_GOLDEN") == "1"
RUNS = {
    "gpt-rate-jump": ("--steps", "1100", "--eval-every", "100", "--fault", "lr-jump@800:60"),
    "gpt-baseline": ("--steps", "1500", "--eval-every", "100"),
    "gpt-half-precision": ("--steps", "700", "--fault", "nan@640"),
    "gpt-frozen": ("--steps", "1500", "--fault", "freeze@300"),
}
STYLE = "body{margin:0;background:#11151b;color:#d7dce4;font:15px/1.25 'DejaVu Sans Mono',monospace;padding:14px 18px}pre{margin:0;font:inherit}"
COLOURS = {197: "#ff5f87", 208: "#ff8a4c", 213: "#ff87ff", 250: "#bcbcbc", 137: "#c9986b", 141: "#b79bff", 178: "#e0b83f", 245: "#8a8a8a", 75: "#6cb2ff",
           42: "#3ecf9a"}


def as_html(screen):
    """What tmux captured with its colours."""
    out, style = [], {}
    for part in re.split(r"(\x1b\[[0-9;]*m)", screen):
        if not part.startswith("\x1b["):
            rules = ";".join(f"{name}:{value}" for name, value in style.items())
            out.append(f'<span style="{rules}">{html.escape(part)}</span>' if rules else html.escape(part))
            continue
        codes = [int(code or 0) for code in part[2:-1].split(";")]
        while codes:
            code = codes.pop(0)
            if code == 0:
                style = {}
            elif code == 1:
                style["font-weight"] = "bold"
            elif code == 2:
                style["opacity"] = ".65"
            elif code == 4:
                style["text-decoration"] = "underline"
            elif code == 7:
                style["background"] = "#2a3442"
            elif code == 38 and codes[:1] == [5]:
                style["color"] = COLOURS.get(codes[1], "inherit")
                codes = codes[2:]
            elif code in (39, 22, 24, 27):
                for name in {39: ["color"], 22: ["font-weight", "opacity"], 24: ["text-decoration"], 27: ["background"]}[code]:
                    style.pop(name, None)
    return f"<!DOCTYPE html><meta charset=utf-8><style>{STYLE}</style><pre>{''.join(out)}</pre>"


class Pictures(testing.TestCase):
    def test_the_readme_has_a_run_in_trouble_and_the_terminal(self):
        browser = Browser(type(self))
        logs = []
        for name, arguments in RUNS.items():
            logs.append(self.folder / f"{name}.log")
            testing.run(testing.DEMO_TRAINER, "--output", logs[-1], *arguments, check=True)
        lossd = Lossd(self, *logs)
        for name in RUNS:
            lossd.wait_for(lambda scrape, job=name: scrape.value("training_step", training_job=job) == int(RUNS[job][1]) - 1, f"the end of {name}")
        browser.size(1280, 905)
        browser.open(f"http://{lossd.address}/jobs/gpt-rate-jump?clip=1")
        browser.wait("!!document.querySelector('#chart-velocity canvas')", "the chart")
        self.assertIn("diverging", browser.text("#regime"))
        job = self.folder / "job.png"
        browser.picture(job)
        terminal = Terminal(self, [testing.LOSSD, "top", f"http://{lossd.address}"], width=120, height=len(RUNS) + 6)
        terminal.wait("gpt-frozen")
        screen = self.write("top.html", as_html(terminal.run("capture-pane", "-p", "-e").stdout))
        terminal.keys("q")
        browser.size(1160, 30 + 19 * (len(RUNS) + 6))
        browser.open(screen.as_uri())
        browser.wait("document.querySelectorAll('pre').length === 1", "the screen")
        top = self.folder / "top.png"
        browser.picture(top)
        for picture in (job, top):
            self.assertLess(picture.stat().st_size, 300_000)
            if UPDATE:
                PICTURES.mkdir(exist_ok=True)
                (PICTURES / picture.name).write_bytes(picture.read_bytes())
            kept = (PICTURES / picture.name).read_bytes()
            self.assertEqual(struct.unpack(">II", kept[16:24]), struct.unpack(">II", picture.read_bytes()[16:24]),
                             "LOSSD_UPDATE_GOLDEN=1 takes the pictures anew")


if __name__ == "__main__":
    testing.main()
