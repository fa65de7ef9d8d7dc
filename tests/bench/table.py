"""All that lossd must be fast at, beside its peers in the same run, as one table.

usage: table.py BIN_DIR [--lines N] [--turns N] [--picture FILE]

Peers: mtail and prometheus-pushgateway (Debian's), `grep -c` and `wc -l` at the end of a pipe, prometheus-cpp's serializer. CPU seconds,
the lowest of the turns of each, which take turns: machines are shared. A row whose bar is missed says so; a peer that is not installed
leaves its row out. --picture draws how the cost grows with the work.
"""

import argparse
import itertools
import json
import math
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import growing
import latency
import lines
import pages

ROW = "{:<57} {:>15} {:>15} {:>7} {:>9}  {}"
KEEPS_UP = 3  # other formats: at most so many times the CPU of the fastest


def one_in_hundred(step):
    return lines.same_words(step) if step % 100 == 0 else lines.without_loss(step)


def python_dict(step):
    return str({"loss": round(lines.loss(step), 4), "grad_norm": 1 + step % 10 / 100, "learning_rate": 5e-05, "epoch": round(step / 1000, 2)})


def json_line(step):
    return json.dumps({"step": step, "loss": round(lines.loss(step), 4), "lr": 0.0003, "tokens": step % 4096})


def csv_row(step):
    return "step,loss,lr" if step == 0 else f"{step},{lines.loss(step):.4f},0.0003"


def print_row(name, ours, theirs, ratio, bar, met):
    print(ROW.format(name, ours, theirs, ratio, bar, "" if met else "missed"), flush=True)


def least_cpu(rivals, turns):
    """The lowest CPU seconds of each command, which take turns."""
    least = {}
    for name, command in list(rivals.items()) * turns:
        shell = isinstance(command, str)
        least[name] = min(lines.cpu_seconds(["sh", "-c", command] if shell else command)[0], least.get(name, math.inf))
    return least


class Logs:
    def __init__(self, folder, count):
        self.folder, self.count = folder, count

    def write(self, line, count=None):
        log = self.folder / "train.log"
        with open(log, "w") as file:
            file.writelines(line(step) + "\n" for step in range(count or self.count))
        return log

    def mtail(self, program_text, log):
        program = self.folder / "loss.mtail"
        program.write_text(program_text)
        return ["mtail", "--one_shot", "--one_shot_format=prometheus", f"--progs={program}", f"--logs={log}", f"--log_dir={self.folder}"]


def nanoseconds(seconds, count):
    return f"{1e9 * seconds / count:.0f} ns"


def lines_rows(lossd, logs, turns):
    each = logs.count
    same = None
    for (name, line, program, command, _), bar in zip(lines.FORMS, (25, 3, 3)):
        log = logs.write(line)
        rivals = {"lossd": [lossd, *command, log], "grep": f"cat {log} | grep -c loss || true", "wc": f"cat {log} | wc -l"}
        if shutil.which("mtail"):
            rivals["mtail"] = logs.mtail(program, log)
        least = least_cpu(rivals, turns)
        same = same or least["lossd"]
        for rival, least_ratio in (("mtail", bar), ("grep", None), ("wc", None)):
            if rival not in least:
                continue
            ratio = least[rival] / least["lossd"]
            print_row(f"a line, {name}: {rival}", nanoseconds(least["lossd"], each), nanoseconds(least[rival], each), f"{ratio:.2f}x",
                      f">= {least_ratio}x" if least_ratio else "", not least_ratio or ratio >= least_ratio)
    for name, line in (("Python dictionary", python_dict), ("JSON", json_line), ("CSV", csv_row)):
        log = logs.write(line)
        least = least_cpu({"lossd": [lossd, "replay", "--output", "json", log]}, turns)
        ratio = least["lossd"] / same
        print_row(f"a line, {name}: the first of these", nanoseconds(least["lossd"], each), nanoseconds(same, each), f"{ratio:.2f}", f"<= {KEEPS_UP}",
                  ratio <= KEEPS_UP)
    log = logs.write(one_in_hundred)
    least = least_cpu({"lossd": [lossd, "replay", "--output", "json", log], "grep": f"cat {log} | grep -c loss"}, turns)
    ratio = least["lossd"] / least["grep"]
    print_row("a line, a loss in a hundred: grep -c", nanoseconds(least["lossd"], each), nanoseconds(least["grep"], each), f"{ratio:.2f}", "<= 4", ratio <= 4)


def memory_rows(folder):
    text = subprocess.run([folder / "dynamics_bench", "100000"], capture_output=True, text=True, check=True).stdout
    each = int(re.search(r"memory: (\d+) bytes/job", text).group(1))
    print_row("a job of one series, the allocator's count", f"{each} bytes", "", "", "<= 7000", each <= 7000)
    idle = lines.idle_mebibytes(folder / "lossd")
    print_row("an idle daemon, resident", f"{idle:.1f} MiB", "", "", "<= 10", idle <= 10)


def scrape_rows(folder, jobs):
    text = subprocess.run([folder / "scrape_bench", str(jobs)], capture_output=True, text=True, check=True).stdout
    made = int(re.search(r"^series +(\d+)", text, re.MULTILINE).group(1))
    theirs = float(re.search(r"prometheus-cpp, text alone +(\S+) s", text).group(1))
    for name, pattern in (("as a whole", r"page, Prometheus text +(\S+) s"), ("in pieces", r"page, in pieces +(\S+) s")):
        ours = float(re.search(pattern, text).group(1))
        bar = 5 if name == "in pieces" else None
        print_row(f"a line of {jobs:,} jobs' page, {name}: prometheus-cpp", nanoseconds(ours, made), nanoseconds(theirs, made), f"{theirs / ours:.2f}x",
                  f">= {bar}x" if bar else "", not bar or theirs / ours >= bar)
    gzip = float(re.search(r"gzip of the page +(\S+) s", text).group(1))
    print_row("... packing it", nanoseconds(gzip, made), "", "", "", True)
    for what, seconds, size, bar, met in pages.measure(folder, jobs):
        print_row(what, seconds, "", size, bar, met)


def posts_rows(folder):
    if shutil.which("wrk") is None:
        return
    text = subprocess.run([sys.executable, pathlib.Path(__file__).with_name("posts.py"), folder, "--seconds", "5"], capture_output=True, text=True, check=True).stdout
    single = re.search(r"^lossd, one sample a request +(\d+) +(\S+)", text, re.MULTILINE)
    gateway = re.search(r"^Pushgateway.*? +(\d+) +\S+ +\S+ +\d+ *$", text, re.MULTILINE)
    if gateway:
        ratio = int(single.group(1)) / int(gateway.group(1))
        print_row("posts of a sample a second: Pushgateway's PUT", single.group(1), gateway.group(1), f"{ratio:.2f}x", ">= 5x", ratio >= 5)
    p99 = float(single.group(2))
    print_row("p99 of such a post", f"{p99:.1f} ms", "", "", "<= 10 ms", p99 <= 10)
    for jobs, coding, waited, turn in re.findall(r"^lossd, one sample, (\d+) jobs scraped \((\w+)\) +\d+ +(\S+) +\S+ +\d+ *(\S*)$", text, re.MULTILINE):
        print_row(f"... while {int(jobs):,} jobs are scraped, {coding}", f"{float(waited):.1f} ms", "", "", "<= 10 ms", float(waited) <= 10)
        print_row("... the longest turn of the loop meanwhile", f"{turn} ms", "", "", "", True)
    batches = re.search(r"^lossd, \d+ lines a request +\d+ +\S+ +(\S+)", text, re.MULTILINE)
    rate = 1000 / float(batches.group(1))
    print_row("samples a second of CPU, 1,000 in a post", f"{rate:.2f} million", "", "", ">= 1.2", rate >= 1.2)


def latency_rows(folder):
    for what, figure, bar, met in latency.measure(folder):
        print_row(what, figure, "", "", bar, met)


def growing_rows(folder):
    for what, figure, ratio, bar, met in growing.measure(folder):
        print_row(what, figure, "", ratio, bar, met)


def draw(curves, file):
    """Seconds over the amount of work, both logarithmic, as SVG. Of each curve the name, and points (amount, seconds)."""
    width, height, left, bottom = 720, 420, 70, 50
    points = list(itertools.chain.from_iterable(points for _, points in curves))
    low, high = (math.floor(math.log10(min(y for _, y in points))), math.ceil(math.log10(max(y for _, y in points))))
    first, last = (math.floor(math.log10(min(x for x, _ in points))), math.ceil(math.log10(max(x for x, _ in points)) - 0.1))

    def place(x, y):
        return (left + (math.log10(x) - first) / (last - first) * (width - left - 190),
                height - bottom - (math.log10(y) - low) / (high - low) * (height - bottom - 20))

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
           f'<rect width="{width}" height="{height}" fill="#fff"/>']
    for exponent in range(low, high + 1):
        x0, y0 = place(10**first, 10**exponent)
        out.append(f'<path d="M{x0:.0f} {y0:.0f}H{place(10**last, 1)[0]:.0f}" stroke="#ddd"/><text x="{x0 - 8:.0f}" y="{y0 + 4:.0f}" text-anchor="end">{10.0**exponent:g} s</text>')
    for exponent in range(first, last + 1):
        x0, y0 = place(10**exponent, 10**low)
        out.append(f'<text x="{x0:.0f}" y="{y0 + 18:.0f}" text-anchor="middle">{10**exponent:,}</text>')
    out.append(f'<text x="{left + (width - left - 190) / 2:.0f}" y="{height - 10}" text-anchor="middle">lines read, or lines of the page</text>')
    drawn = [(name, colour, [place(x, y) for x, y in curve])
             for (name, curve), colour in zip(curves, ("#1f77b4", "#d62728", "#7f7f7f", "#2ca02c", "#9467bd"))]
    free = 0  # where the next name may stand, from the top downwards
    for name, colour, places in sorted(drawn, key=lambda curve: curve[2][-1][1]):
        x, y = places[-1]
        free = max(free, y + 4)
        out.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in places)}"/>')
        out.append(f'<text x="{x + 8:.0f}" y="{free:.0f}" fill="{colour}">{name}</text>')
        free += 14
    file.write_text("\n".join([*out, "</svg>"]) + "\n")


def growth(folder, logs, turns, picture):
    lossd = folder / "lossd"
    curves = {"lossd": [], "mtail": [], "grep -c": []}
    for count in (10_000, 100_000, 1_000_000):
        log = logs.write(lines.same_words, count)
        rivals = {"lossd": [lossd, "replay", "--output", "json", log], "mtail": logs.mtail(lines.MTAIL_PROGRAM, log), "grep -c": f"cat {log} | grep -c loss"}
        for name, seconds in least_cpu(rivals, turns).items():
            curves[name].append((count, max(seconds, 1e-4)))
    page, theirs = [], []
    for jobs in (160, 1_600, 16_000):
        text = subprocess.run([folder / "scrape_bench", str(jobs)], capture_output=True, text=True, check=True).stdout
        made = int(re.search(r"^series +(\d+)", text, re.MULTILINE).group(1))
        page.append((made, max(float(re.search(r"page, in pieces +(\S+) s", text).group(1)), 1e-4)))
        theirs.append((made, max(float(re.search(r"prometheus-cpp, text alone +(\S+) s", text).group(1)), 1e-4)))
    draw([(f"{name}, a log", points) for name, points in curves.items()] + [("lossd, the page", page), ("prometheus-cpp, the page", theirs)], picture)


def main():
    parser = argparse.ArgumentParser(prog="./dev bench")
    parser.add_argument("bin", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--lines", type=int, default=500_000)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--jobs", type=int, nargs="+", default=[1_000, 10_000, 100_000], help="of the pages; 5 GB of memory for 100,000")
    parser.add_argument("--picture", type=pathlib.Path, help="draws there how the cost grows with the work, and measures nothing else")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lossd-bench-") as name:
        logs = Logs(pathlib.Path(name), options.lines)
        if options.picture:
            return growth(options.bin, logs, options.turns, options.picture)
        print(ROW.format("", "lossd", "peer", "ratio", "bar", ""))
        lines_rows(options.bin / "lossd", logs, options.turns)
        memory_rows(options.bin)
        posts_rows(options.bin)
        latency_rows(options.bin)
        growing_rows(options.bin)
        for jobs in options.jobs:
            scrape_rows(options.bin, jobs)


if __name__ == "__main__":
    sys.exit(main())
