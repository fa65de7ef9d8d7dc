"""The pages in deploy/ say what is: their links lead somewhere, their snippets parse, and the fire drill raises an alarm."""

import re

import yaml

from deployed_metrics import DEPLOY
from support import testing
from support.lossd_daemon import Lossd

PAGES = sorted(DEPLOY.rglob("*.md"))


def snippets(path, language):
    return re.findall(rf"^ *```{language}\n(.*?)^ *```", path.read_text(), re.M | re.S)


class OperationsPage(testing.TestCase):
    def test_links_lead_somewhere(self):
        for path in PAGES:
            for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text()):
                if "://" not in link:
                    self.assertTrue((path.parent / link).exists(), f"{path.name}: {link}")

    def test_the_table_of_alerts_is_that_of_the_rules(self):
        table = set(re.findall(r"^\| \[(\w+)\]\(\S+\) \| (\w+) \|", (DEPLOY / "README.md").read_text(), re.M))
        groups = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())["groups"]
        self.assertEqual(table, {(rule["alert"], rule["labels"]["severity"]) for group in groups for rule in group["rules"]})

    def test_shell_snippets_parse(self):
        pages = [*testing.ROOT.glob("*.md"), *PAGES, *(testing.ROOT / "config").rglob("*.md"), *(testing.ROOT / "src").rglob("*.md")]
        found = [(path.relative_to(testing.ROOT), snippet) for path in pages for language in ("sh", "bash") for snippet in snippets(path, language)]
        self.assertGreater(len(found), 30)
        for name, snippet in found:
            result = testing.run("bash", "-n", self.write("snippet.sh", snippet))
            self.assertEqual(result.returncode, 0, f"{name}: {result.stderr}\n{snippet}")

    def test_queries_parse(self):
        promtool = testing.find_program("promtool")
        queries = [query for path in PAGES for query in snippets(path, "promql")]
        self.assertGreaterEqual(len(queries), 2)
        rules = {"groups": [{"name": "queries", "rules": [{"record": f"q:{i}", "expr": query} for i, query in enumerate(queries)]}]}
        result = testing.run(promtool, "check", "rules", self.write("queries.yml", yaml.safe_dump(rules)))
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_the_fire_drill_diverges(self):
        (drill,) = [snippet for snippet in snippets(DEPLOY / "README.md", "sh") if "fire-drill" in snippet]
        lossd = Lossd(self)
        result = testing.run("sh", "-c", drill.replace("localhost:10333", lossd.address))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(lossd.scrape().regime("fire-drill"), "diverging")


if __name__ == "__main__":
    testing.main()
