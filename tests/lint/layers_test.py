"""The layers' include rules, and the rules for files and names."""

import pathlib
import re
import statistics
import unittest

from support import testing

SRC = testing.ROOT / "src"
TESTS = testing.ROOT / "tests"
# What each folder may include beside itself and what lies below it. A folder without a line of its own has that of the one above.
ALLOWED = {
    "text": set(),
    "core": {"core/regime", "text"},
    "core/regime": {"core"},
    "records": {"core", "text"},
    "os": set(),
    "logging": {"text"},
    "metrics": set(),
    "readers": {"records", "core", "text", "os"},
    "sources": {"readers", "records", "core", "text", "os", "logging", "metrics", "config/yaml", "http"},
    # Values of records are what senders push over HTTP as well.
    "sources/kafka": {"push/native", "push/otlp", "readers", "records", "core", "text", "logging", "metrics", "config/yaml"},
    "push": {"records", "core", "text", "http", "metrics", "config/yaml"},
    "http": {"text"},
    "export": {"core", "metrics", "text"},
    "export/remote_write": {"core", "http", "logging", "text"},
    "config": {"core", "http", "metrics", "readers", "records", "sources", "text"},
    "config/yaml": {"core", "http", "text"},
    "state": {"core", "logging", "metrics", "os"},
    "web": {"config", "core", "export", "http", "logging", "metrics", "os", "text"},
    "web/pages": set(),
    "cli": {"web/pages", "config", "core", "export", "http/client", "logging", "os", "readers", "records", "text"},
    "app": {"cli", "config", "core", "export", "http", "logging", "metrics", "os", "push", "readers", "records", "sources", "state", "text",
            "web"},
}
# Folders whose parts know nothing of one another: a protocol or a source is added and removed by itself.
SEPARATE = {"push", "sources"}
# Headers that cost seconds wherever they are seen: no header that another layer includes may reach them.
HEAVY = re.compile(r"boost/beast|simdjson|yaml-cpp|spdlog|CLI/|google/protobuf|boost/json\.hpp")
FORBIDDEN_NAMES = {"utils", "util", "common", "helpers", "helper", "manager", "impl", "misc"}

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.MULTILINE)


def sources(folder):
    return sorted(path for path in folder.rglob("*") if path.suffix in (".h", ".cc"))


def folders():
    """Those that hold sources, relative to src."""
    return sorted({folder_of(path.relative_to(SRC)) for path in sources(SRC)})


def folder_of(path):
    return str(pathlib.PurePath(path).parent)


def within(folder, room):
    return folder == room or folder.startswith(room + "/")


def may_include(folder, other):
    """Whether a source in `folder` may include a header in `other`."""
    top = folder.split("/")[0]
    if top in SEPARATE and within(other, top) and other != top:
        return folder != top and folder.split("/")[1] == other.split("/")[1]
    if within(other, top) and top != "core":
        return True
    room = folder
    while room not in ALLOWED:
        room = folder_of(room)
    return within(other, folder) or any(within(other, allowed) for allowed in ALLOWED[room])


class Layers(unittest.TestCase):
    def test_includes_run_one_way(self):
        wrong = []
        for path in sources(SRC):
            folder = folder_of(path.relative_to(SRC))
            for kind, header in INCLUDE.findall(path.read_text()):
                if kind == '"' and not header.endswith(".pb.h") and not may_include(folder, folder_of(header)):
                    wrong.append(f"{path.relative_to(SRC)} includes {header}")
        self.assertEqual(wrong, [])

    def test_no_protocol_and_no_source_sees_another(self):
        for folder, other, allowed in (("push/native", "push/otlp", False), ("sources/scrape", "sources/files", False),
                                       ("push", "push/otlp", False), ("push/native", "push", True), ("push/mlflow", "records", True),
                                       ("app", "push/mlflow", True), ("web", "push/native", False)):
            self.assertEqual(may_include(folder, other), allowed, (folder, other))

    def test_links_run_one_way(self):
        targets = {"lossd_" + folder.replace("/", "_"): folder for folder in folders()}
        wrong = []
        for target, folder in targets.items():
            for linked in re.findall(r"\blossd_\w+", (SRC / folder / "CMakeLists.txt").read_text()):
                if linked in targets and linked != target and not may_include(folder, targets[linked]):
                    wrong.append(f"{target} links {linked}")
        self.assertEqual(wrong, [])

    def test_every_folder_is_a_target(self):
        wrong = [folder for folder in folders()
                 if f"lossd_library(lossd_{folder.replace('/', '_')}" not in (SRC / folder / "CMakeLists.txt").read_text()]
        self.assertEqual(wrong, [])

    def test_every_layer_is_known(self):
        self.assertEqual({folder.split("/")[0] for folder in folders()} - set(ALLOWED), set())

    def test_core_sees_the_standard_library_alone(self):
        wrong = [f"{path.name} includes <{header}>" for path in sources(SRC / "core")
                 for kind, header in INCLUDE.findall(path.read_text()) if kind == "<" and not re.fullmatch(r"[a-z_]+", header)]
        self.assertEqual(wrong, [])

    def test_core_reads_no_clock_and_does_no_input_or_output(self):
        forbidden = re.compile(r"_clock::now|\bstd::(cout|cerr|clog|ofstream|ifstream|thread|mutex)\b|\bf?printf\(")
        wrong = [f"{path.name}: {found.group()}" for path in sources(SRC / "core") for found in [forbidden.search(path.read_text())]
                 if found]
        self.assertEqual(wrong, [])

    def test_heavy_headers_are_seen_by_one_layer_alone(self):
        included = {path: [header for kind, header in INCLUDE.findall(path.read_text())] for path in sources(SRC)}
        shown = {header for path, headers in included.items() for header in headers
                 if (SRC / header).exists() and header.split("/")[0] != path.relative_to(SRC).parts[0]}
        reached, wrong = set(), []
        while shown:
            header = shown.pop()
            reached.add(header)
            shown |= {other for other in included[SRC / header] if (SRC / other).exists()} - reached
            wrong += [f"{header} includes {other}" for other in included[SRC / header] if HEAVY.search(other)]
        self.assertEqual(wrong, [])


class Files(unittest.TestCase):
    def test_headers_are_guarded(self):
        self.assertEqual([path.name for path in sources(SRC) + sources(TESTS)
                          if path.suffix == ".h" and "#pragma once" not in path.read_text()], [])

    def test_names_say_what_a_file_holds(self):
        wrong = [str(path) for path in sources(SRC) + sources(TESTS)
                 if not re.fullmatch(r"[a-z0-9_]+", path.stem) or FORBIDDEN_NAMES & set(path.stem.split("_"))]
        self.assertEqual(wrong, [])

    def test_files_are_short(self):
        lengths = {str(path.relative_to(testing.ROOT)): path.read_text().count("\n") for path in sources(SRC)}
        self.assertLessEqual(statistics.median(lengths.values()), 150)
        self.assertEqual({name: length for name, length in lengths.items() if length > 400}, {})

    def test_every_source_is_built(self):
        lists = "".join(path.read_text() for folder in (SRC, TESTS) for path in folder.rglob("CMakeLists.txt"))
        wrong = [str(path.relative_to(testing.ROOT)) for path in sources(SRC) + sources(TESTS)
                 if path.suffix == ".cc" and not re.search(rf"\b{re.escape(path.stem.removesuffix('_fuzz'))}\b", lists)]
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    testing.main()
