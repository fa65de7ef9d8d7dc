"""The documents say what the program does. LOSSD_UPDATE_GOLDEN=1 rewrites the tables that come from the program."""

import os
import re
import unittest

from support import testing

# Where each table of the program's own stands.
PAGES = {"metrics": "config/metrics.md", "flags": "config/README.md", "commands": "config/README.md"}
README_LINES = 170
CODE_MAP = testing.ROOT / "src/README.md"
UPDATE = os.environ.get("LOSSD_UPDATE_GOLDEN") == "1"


def catalog(kind):
    done = testing.run(testing.BIN / "catalogs", check=True)
    entries = [line.split("\t") for line in done.stdout.splitlines()]
    return [entry[1:] for entry in entries if entry[0] == kind]


def documents():
    return [path for path in testing.ROOT.rglob("*.md")
            if not {".git", "build"} & set(path.relative_to(testing.ROOT).parts)]


def anchors(text):
    """GitHub's: of every heading, in lower case, spaces as hyphens, punctuation dropped."""
    headings = re.findall(r"^#+ +(.*)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


class Tables(unittest.TestCase):
    maxDiff = None

    def check(self, name, rows):
        """The rows between <!-- NAME --> and <!-- /NAME --> of its page, header aside."""
        page = testing.ROOT / PAGES[name]
        text = page.read_text()
        found = re.search(rf"<!-- {name} -->\n(\|.*\n\|[-|]+\n)((?:\|.*\n)*)\n?<!-- /{name} -->", text)
        self.assertTrue(found, f"{PAGES[name]} has no table '{name}'")
        if UPDATE:
            page.write_text(text[:found.start(2)] + "".join(row + "\n" for row in rows) + text[found.end(2):])
            return
        self.assertEqual(found.group(2).splitlines(), rows, "./dev golden rewrites this table")

    def test_every_metric_has_its_row(self):
        self.check("metrics", [f"| `{name}` | {kind} | {', '.join(f'`{label}`' for label in labels.split(',') if label)} | {text} |"
                               for name, kind, labels, text in catalog("metric")])

    def test_every_flag_has_its_row(self):
        self.check("flags", [f"| `{name}{'=' + value if value else ''}` | {f'`{fallback}`' if fallback else ''} | {text} |"
                             for name, value, fallback, text in catalog("flag")])

    def test_every_command_has_its_row(self):
        self.check("commands", [f"| `{' '.join(filter(None, ('lossd', name, arguments)))}` | {text} |"
                                for name, arguments, text in catalog("command")])

    def test_every_key_is_in_the_example(self):
        example = (testing.ROOT / "config/lossd.example.yml").read_text()
        missing = [key for key, _ in catalog("config") if not re.search(rf"^[ -]*{re.escape(key.split('.')[-1])}:", example, re.MULTILINE)]
        self.assertEqual(missing, [])


class Repository(unittest.TestCase):
    def test_the_schema_is_that_of_the_program(self):
        path = testing.ROOT / "config/lossd.schema.json"
        made = testing.run(testing.LOSSD, "generate", "schema", check=True).stdout
        if UPDATE:
            path.write_text(made)
            return
        self.assertEqual(path.read_text(), made, "./dev golden rewrites it")

    def test_every_promise_of_safety_names_its_test(self):
        rows = re.findall(r"^\| (?!threat|---)(.*?) \| .* \| (.*) \|$", (testing.ROOT / ".github/SECURITY.md").read_text(), re.M)
        self.assertGreater(len(rows), 10)
        missing = [threat for threat, tests in rows
                   if not (paths := re.findall(r"`(tests/[^`]+)`", tests)) or not all((testing.ROOT / path).exists() for path in paths)]
        self.assertEqual(missing, [])

    def test_links_lead_to_one_repository(self):
        address = re.search(r'HOMEPAGE_URL "(.*)"', (testing.ROOT / "CMakeLists.txt").read_text()).group(1)
        wrong = []
        for path in sorted(testing.ROOT.rglob("*")):
            if not path.is_file() or {".git", "build", "__pycache__", "data", "corpus"} & set(path.relative_to(testing.ROOT).parts):
                continue
            text = path.read_text(errors="replace")
            wrong += [f"{path.relative_to(testing.ROOT)}: {link}" for link in re.findall(r"https://[\w.-]+/[\w.-]+/lossd(?=[/\"'\s)]|$)", text) if link != address]
        self.assertEqual(wrong, [], "./dev repository URL changes them all")


def first_sentence(path):
    """Of the comment at the top of a source file."""
    comment = re.match(r"(?:// ?.*\n)*", path.read_text()).group()
    text = " ".join(line.lstrip("/ ") for line in comment.splitlines())
    return re.split(r"(?<=[^.]{3})\. ", text.strip())[0].rstrip(".")


class CodeMap(unittest.TestCase):
    maxDiff = None

    def test_every_file_has_its_line(self):
        src = CODE_MAP.parent
        lines, folder = [], None
        for path in sorted((path for path in src.rglob("*") if path.suffix in (".h", ".cc")), key=lambda path: (path.parent, path.name)):
            if path.suffix == ".cc" and path.with_suffix(".h").exists():
                continue
            if path.parent != folder:
                folder = path.parent
                lines += ["", f"## {folder.relative_to(src)}", ""]
            sentence = first_sentence(path)
            self.assertTrue(sentence, f"{path} does not say what it is")
            lines.append(f"- `{path.name}`: {sentence}")
        found = re.search(r"(?<=<!-- files -->\n)(.*?)(?=<!-- /files -->)", CODE_MAP.read_text(), re.DOTALL)
        if UPDATE:
            text = CODE_MAP.read_text()
            CODE_MAP.write_text(text[:found.start()] + "\n".join(lines[1:]) + "\n\n" + text[found.end():])
            return
        self.assertEqual(found.group().strip().splitlines(), lines[1:], "./dev golden rewrites this list")


class Pages(unittest.TestCase):
    def test_the_readme_stays_one_that_people_finish(self):
        lines = len((testing.ROOT / "README.md").read_text().splitlines())
        self.assertLessEqual(lines, README_LINES, "the reference belongs into config/, operations into deploy/, the inside into src/")

    def test_every_page_can_be_reached(self):
        reached, front = set(), {testing.ROOT / "README.md"}
        while front:
            page = front.pop()
            reached.add(page)
            links = re.findall(r"\]\(([^)\s#]+)", page.read_text())
            targets = {(page.parent / link).resolve() for link in links if not re.match(r"[a-z]+:", link)}
            front |= {target for target in targets if target.suffix == ".md" and target.exists()} - reached
        self.assertEqual(sorted(str(page.relative_to(testing.ROOT)) for page in set(documents()) - reached
                                if not {"tests", ".github"} & set(page.relative_to(testing.ROOT).parts)), [])


class Links(unittest.TestCase):
    def test_links_lead_somewhere(self):
        wrong = []
        for path in documents():
            text = re.sub(r"```.*?```|`[^`\n]*`", "", path.read_text(), flags=re.DOTALL)
            for link in re.findall(r"\]\(([^)\s]+)\)", text):
                if re.match(r"[a-z]+:", link):
                    continue
                target, _, anchor = link.partition("#")
                file = (path.parent / target).resolve() if target else path
                if not file.exists() or (anchor and anchor not in anchors(file.read_text())):
                    wrong.append(f"{path.relative_to(testing.ROOT)}: {link}")
        self.assertEqual(wrong, [])

    def test_no_document_is_tied_to_one_machine(self):
        wrong = [str(path.relative_to(testing.ROOT)) for path in documents() if re.search(r"/work/|/home/\w+/", path.read_text())]
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    testing.main()
