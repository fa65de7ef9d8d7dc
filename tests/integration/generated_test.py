"""What `lossd generate` makes and `cmake --install` lays down: completions that complete, a page that man shows, a schema that agrees."""

import json
import subprocess
import unittest

import yaml

from support import testing

try:
    import jsonschema
except ImportError:
    jsonschema = None

COMMANDS = {"serve", "exec", "replay", "explain", "check-config", "healthcheck", "generate"}
# Sets the variables that bash sets, calls the function, and prints what it found.
ASK_BASH = """
source "$0"
COMP_WORDS=("$@"); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
compopt() { :; }
_lossd
printf '%s\\n' "${COMPREPLY[@]}"
"""


class Completions(testing.TestCase):
    def generate(self, shell):
        return self.write(f"completion.{shell}", testing.run(testing.LOSSD, "generate", shell, check=True).stdout)

    def bash(self, *words):
        done = testing.run("bash", "-c", ASK_BASH, self.generate("bash"), "lossd", *words, cwd=self.folder)
        self.assertEqual(done.stderr, "")
        return set(done.stdout.split())

    def fish(self, line):
        done = testing.run(testing.find_program("fish"), "--no-config", "-c", f"source {self.generate('fish')}; complete -C '{line}'",
                           cwd=self.folder, env={"HOME": str(self.folder), "PATH": "/usr/bin:/bin"})
        self.assertEqual(done.stderr, "")
        return {entry.split("\t")[0] for entry in done.stdout.splitlines()}

    def test_bash_knows_commands_flags_values_and_files(self):
        self.write("train.log", "")
        self.assertLessEqual(COMMANDS | {"train.log"}, self.bash(""))
        self.assertEqual(self.bash("repl"), {"replay"})
        self.assertIn("--storage.path", self.bash("--st"))
        self.assertIn("--storage.path", self.bash("exec", "--st"))
        self.assertEqual(self.bash("replay", "--st"), set())
        self.assertLessEqual({"text", "json"}, self.bash("replay", "--output", ""))
        self.assertEqual(self.bash("replay", "--output", "=", "js"), {"json"})
        self.assertEqual(self.bash("--config.file", "=", "tr"), {"train.log"})
        self.assertEqual(self.bash("generate", "z"), {"zsh"})
        self.assertEqual(self.bash("--web.listen-address", ""), set())

    def test_fish_knows_commands_flags_and_values(self):
        self.assertLessEqual(COMMANDS, self.fish("lossd "))
        self.assertIn("--storage.path", self.fish("lossd exec --st"))
        self.assertEqual(self.fish("lossd replay --st"), set())
        self.assertLessEqual({"--output=text", "--output=json"}, self.fish("lossd replay --output="))
        self.assertLessEqual({"man", "schema"}, self.fish("lossd generate "))

    def test_zsh_takes_its_script(self):
        done = testing.run(testing.find_program("zsh"), "-n", self.generate("zsh"))
        self.assertEqual((done.returncode, done.stderr), (0, ""))


class ManualPage(testing.TestCase):
    def test_man_shows_it_without_a_warning(self):
        page = self.write("lossd.1", testing.run(testing.LOSSD, "generate", "man", check=True).stdout)
        done = testing.run(testing.find_program("man"), "--warnings", "-E", "UTF-8", "-l", "-Tutf8", page,
                           env={"LC_ALL": "C.UTF-8", "MANWIDTH": "100", "GROFF_NO_SGR": "1", "PATH": "/usr/bin:/bin"})
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        shown = subprocess.run(["col", "-b"], input=done.stdout, capture_output=True, text=True, check=True).stdout
        for text in ("lossd exec", "--web.listen-address=HOST:PORT", "LOSSD_WEB_LISTEN_ADDRESS", "EXIT STATUS"):
            self.assertIn(text, shown)


@unittest.skipIf(jsonschema is None, "python3-jsonschema is not installed (./dev setup installs it)")
class Schema(testing.TestCase):
    GOOD = ("{}", "files:", "files: [{path: a.log}]", "files: [{preset: kubernetes_pods, max_age: 1h}]", "files: [{path: a, labels: {team: 7}}]",
            "series: [{loss: reward.*, direction: higher_is_better}]", "tracker: {window: 20, windows: [5, 20], half_life: 1.5}",
            "jobs: {ttl: 1h30m, finished_ttl: 0}", "follow: {max_line_size: 1024, inotify: false}", "http: {max_body_size: 1MiB}",
            "external_labels: {cluster: a100}")
    BAD = ("file: []", "files: {path: a}", "files: [{path: [a]}]", "files: [{path: a, paths: b}]", "files: [{path: a, preset: nomad}]",
           "series: [{direction: up}]", "tracker: {window: 1}", "tracker: {windows: [5, 5]}", "tracker: {windows: 5}", "jobs: {ttl: 90}",
           "jobs: {ttl: 5 minutes}", "follow: {inotify: perhaps}", "http: {max_body_size: big}", "external_labels: [a]", "storage: 7")

    def setUp(self):
        super().setUp()
        self.schema = json.loads(testing.run(testing.LOSSD, "generate", "schema", check=True).stdout)

    def test_it_is_a_schema(self):
        jsonschema.Draft7Validator.check_schema(self.schema)

    def test_it_agrees_with_check_config(self):
        for text, good in [(text, True) for text in self.GOOD] + [(text, False) for text in self.BAD]:
            with self.subTest(text):
                path = self.write("lossd.yml", text)
                self.assertEqual(testing.run(testing.LOSSD, "check-config", path).returncode == 0, good)
                self.assertEqual(jsonschema.Draft7Validator(self.schema).is_valid(yaml.safe_load(text)), good)

    def test_every_shipped_configuration_fits(self):
        for path in (testing.ROOT / "config/lossd.example.yml", testing.ROOT / "config/lossd.minimal.yml",
                     testing.ROOT / "deploy/kubernetes/node/lossd.yml"):
            jsonschema.validate(yaml.safe_load(path.read_text()), self.schema)


class Installation(testing.TestCase):
    def test_an_installation_is_whole(self):
        done = testing.run("cmake", "--install", testing.BIN.parent, "--prefix", self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        for name in ("bin/lossd", "share/man/man1/lossd.1", "share/bash-completion/completions/lossd", "share/zsh/vendor-completions/_lossd",
                     "share/fish/vendor_completions.d/lossd.fish", "share/lossd/lossd.schema.json", "etc/lossd/lossd.yml",
                     "lib/systemd/system/lossd.service", "lib/sysusers.d/lossd.conf", "share/doc/lossd/LICENSE"):
            self.assertTrue((self.folder / name).is_file(), name)
        self.assertEqual(testing.run(self.folder / "bin/lossd", "--version").returncode, 0)


if __name__ == "__main__":
    testing.main()
