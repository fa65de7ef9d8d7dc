"""The .tar.gz: the program needs nothing of the system, does the same on arm64, and says what it is made of."""

import json
import math
import pathlib
import random
import re
import subprocess

import release
from support import testing
from support.ports import free_port


def logs():
    """Three runs, each in a format of its own: one that falls, one that blows up, one that swings and turns NaN."""
    noise = random.Random(7)
    falls = "".join(f"{{'loss': {3 * math.exp(-step / 400) + noise.gauss(0, .05):.4f}, 'learning_rate': 0.001, 'epoch': {step / 100:.2f}}}\n"
                    for step in range(1500))
    blows_up = "".join(json.dumps({"step": step, "loss": 2 + noise.gauss(0, .02) + max(0, step - 800) ** 2 / 1e4, "grad_norm": noise.uniform(.5, 2)})
                       + "\n" for step in range(1000))
    swings = "".join(f"iteration {step}/ 900 | lm loss: {5 + math.sin(step / 3) + noise.gauss(0, .01):.6E} | learning rate: 1.0E-04 |\n"
                     for step in range(800)) + "iteration 801/ 900 | lm loss: nan | learning rate: 1.0E-04 |\n"
    return {"falls.log": falls, "blows-up.log": blows_up, "swings.log": swings}



class StaticProgram(release.System):
    def unpack(self, architecture, where):
        done = testing.run("tar", "-xzf", release.artifact(f"lossd-*-linux-{architecture}.tar.gz"), "-C", where, "--strip-components=1")
        self.assertEqual(done.returncode, 0, done.stderr)
        return pathlib.Path(where) / "bin/lossd"

    def test_it_needs_no_library(self):
        for architecture in release.ARCHITECTURES:
            program = self.unpack(architecture, self.folder)
            headers = testing.run("readelf", "--program-headers", "--dynamic", program, check=True).stdout
            self.assertNotIn("INTERP", headers)
            self.assertNotIn("NEEDED", headers)
            print(f"{architecture}: {program.stat().st_size / 2**20:.1f} MiB")

    def watches(self, suite):
        self.make(suite)
        (self.root / "opt/lossd").mkdir(parents=True)
        self.unpack("amd64", self.root / "opt/lossd")
        (self.root / "train.log").write_text("".join(f"step: {step} loss: {3 - step / 100}\n" for step in range(50)))
        (self.root / "etc/hosts").write_text("127.0.0.1 localhost\n")
        # Modules that a static program must not load from a system of another age.
        (self.root / "etc/nsswitch.conf").write_text("hosts: mdns4_minimal resolve [!UNAVAIL=return] files dns\n")
        port = free_port()
        self.start(*self.inside("/opt/lossd/bin/lossd", "serve", f"--web.listen-address=localhost:{port}", "/train.log"), stderr=subprocess.DEVNULL)

        def healthy():
            return self.run_inside("/opt/lossd/bin/lossd", "healthcheck", f"--web.listen-address=localhost:{port}", check=False).returncode == 0

        testing.wait_until(healthy, "the health check to pass")
        testing.wait_until(lambda: re.search(r"^training_loss_samples_total\{.*\} 50$",
                                             testing.run("curl", "-sf", f"http://127.0.0.1:{port}/metrics").stdout, re.MULTILINE), "every sample")

    def test_it_runs_on_ubuntu_16_04(self):
        self.watches("xenial")

    def test_it_runs_on_ubuntu_22_04(self):
        self.watches("jammy")

    def test_it_runs_on_ubuntu_24_04(self):
        self.watches("noble")

    def test_it_runs_on_debian_11(self):
        self.watches("bullseye")

    def test_it_runs_on_debian_12(self):
        self.watches("bookworm")

    def test_it_runs_on_debian_13(self):
        self.watches("trixie")

    def test_arm64_says_the_same_of_three_logs(self):
        emulator = testing.find_program("qemu-aarch64-static")
        programs = {}
        for architecture in release.ARCHITECTURES:
            (self.folder / architecture).mkdir()
            programs[architecture] = self.unpack(architecture, self.folder / architecture)
        self.assertIn(release.VERSION, testing.run(emulator, programs["arm64"], "--version", check=True).stdout)
        for name, text in logs().items():
            log = self.write(name, text)
            here = testing.run(programs["amd64"], "replay", "--output", "json", log, check=True).stdout
            there = testing.run(emulator, programs["arm64"], "replay", "--output", "json", log, check=True).stdout
            self.assertGreater(here.count("\n"), 1)
            self.assertEqual(here, there, name)


class Lists(testing.TestCase):
    def test_the_checksums_are_those_of_the_files(self):
        release.artifact("SHA256SUMS")
        done = testing.run("sha256sum", "--check", "--strict", "SHA256SUMS", cwd=release.OUT)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        listed = {line.split()[1] for line in (release.OUT / "SHA256SUMS").read_text().splitlines()}
        self.assertEqual(listed, {path.name for path in release.OUT.iterdir() if path.name != "SHA256SUMS"})

    def test_the_list_of_parts_names_what_is_linked(self):
        for architecture in release.ARCHITECTURES:
            document = json.loads(release.artifact(f"lossd-*-linux-{architecture}.spdx.json").read_text())
            self.assertEqual(document["spdxVersion"], "SPDX-2.3")
            names = {package["SPDXID"]: package for package in document["packages"]}
            linked = {names[relation["relatedSpdxElement"]]["name"] for relation in document["relationships"]
                      if relation["relationshipType"] == "STATIC_LINK"}
            self.assertLessEqual({"libssl-dev", "libre2-dev", "libyaml-cpp-dev", "zlib1g-dev", "simdjson", "prometheus-cpp"}, linked)
            compiled = {package["name"] for package in document["packages"]}
            self.assertTrue({"libboost1.81-dev", "libspdlog-dev"} <= compiled)
            self.assertTrue(all(package["versionInfo"] for package in document["packages"]))
            self.assertEqual({end for relation in document["relationships"] for end in (relation["spdxElementId"], relation["relatedSpdxElement"])}
                             - set(names), {"SPDXRef-DOCUMENT"})


if __name__ == "__main__":
    testing.main()
