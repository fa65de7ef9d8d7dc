"""The .deb in bare Debians and Ubuntus: installed and watching a log within a minute, upgraded, removed, purged, and nothing started by surprise."""

import re
import stat
import subprocess
import time

import release
from support import testing
from support.ports import free_port

# Stands for systemd's programs and notes what the package asks of them.
RECORDER = '#!/bin/sh\necho "$(basename "$0") $*" >>/asked\n'
LOG = "".join(f"step: {step} loss: {3 - step / 100}\n" for step in range(50))


class DebianPackage(release.System):
    def install(self, package):
        (self.root / "tmp" / package.name).write_bytes(package.read_bytes())
        return self.run_inside("dpkg", "--force-confold", "-i", f"/tmp/{package.name}")

    def scraped(self, address):
        page = testing.run("curl", "-sf", f"http://{address}/metrics").stdout
        return re.search(r"^training_loss_samples_total\{.*\} 50$", page, re.MULTILINE)

    def watch(self, suite):
        self.make(suite)
        package = release.artifact("lossd_*_amd64.deb")
        (self.root / "train.log").write_text(LOG)
        address = f"127.0.0.1:{free_port()}"
        began = time.monotonic()
        self.install(package)
        self.start(*self.inside("lossd", "serve", f"--web.listen-address={address}", "/train.log"), stderr=subprocess.DEVNULL)
        testing.wait_until(lambda: self.scraped(address), "every sample of the log", 60)
        print(f"{suite}: from the package to the scrape in {time.monotonic() - began:.1f} s")
        self.assertLess(time.monotonic() - began, 60)

    def test_debian_12_watches_a_log_within_a_minute(self):
        self.watch("bookworm")

    def test_debian_13_watches_a_log_within_a_minute(self):
        self.watch("trixie")

    def test_debian_11_watches_a_log_within_a_minute(self):
        self.watch("bullseye")

    def test_ubuntu_16_04_watches_a_log_within_a_minute(self):
        self.watch("xenial")

    def test_ubuntu_22_04_watches_a_log_within_a_minute(self):
        self.watch("jammy")

    def test_ubuntu_24_04_watches_a_log_within_a_minute(self):
        self.watch("noble")

    def newer(self, package):
        """The same package as the next version."""
        tree = self.folder / "newer"
        testing.run("dpkg-deb", "-R", package, tree, check=True)
        control = tree / "DEBIAN/control"
        control.write_text(re.sub(r"^Version: .*$", r"\g<0>+next", control.read_text(), flags=re.MULTILINE))
        made = self.folder / "newer.deb"
        testing.run("dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "-b", tree, made, check=True)
        return made

    def life(self, suite):
        self.make(suite)
        package = release.artifact("lossd_*_amd64.deb")
        # A system that systemd runs, as far as a package can see.
        (self.root / "run/systemd/system").mkdir(parents=True)
        for name in ("systemctl", "deb-systemd-invoke", "deb-systemd-helper"):
            program = self.root / "usr/local/bin" / name
            program.write_text(RECORDER)
            program.chmod(0o755)
        asked = self.root / "asked"

        def take_asked():
            text = asked.read_text() if asked.exists() else ""
            asked.unlink(missing_ok=True)
            return text

        self.install(package)
        self.assertEqual(take_asked(), "systemctl --system daemon-reload\n", "it is neither started nor enabled")
        self.assertEqual(list((self.root / "etc/systemd/system").rglob("lossd*")), [])
        self.assertRegex((self.root / "etc/passwd").read_text(), r"(?m)^lossd:x:\d+:\d+:[^:]*:/:/usr/sbin/nologin$")
        self.assertEqual(self.run_inside("dpkg", "--verify", "lossd").stdout.replace("??5?????? c", ""), "")
        self.run_inside("lossd", "check-config", "/etc/lossd/lossd.yml")
        self.assertIn(release.VERSION, self.run_inside("lossd", "--version").stdout)
        self.assertTrue(stat.S_IMODE((self.root / "usr/bin/lossd").stat().st_mode) == 0o755)

        configuration = self.root / "etc/lossd/lossd.yml"
        configuration.write_text("files: [{path: /mine.log}]\n")
        (self.root / "var/lib/lossd").mkdir()
        self.install(self.newer(package))
        self.assertEqual(take_asked(), "systemctl --system daemon-reload\ndeb-systemd-invoke try-restart lossd.service\n")
        self.assertIn("/mine.log", configuration.read_text())

        self.run_inside("dpkg", "-r", "lossd")
        self.assertEqual(take_asked(), "deb-systemd-invoke stop lossd.service\nsystemctl --system daemon-reload\n")
        self.assertFalse((self.root / "usr/bin/lossd").exists())
        self.assertIn("/mine.log", configuration.read_text())
        self.assertTrue((self.root / "var/lib/lossd").exists())

        self.run_inside("dpkg", "-P", "lossd")
        self.assertFalse((self.root / "etc/lossd").exists())
        self.assertFalse((self.root / "var/lib/lossd").exists())
        self.assertEqual(self.run_inside("dpkg", "-l", "lossd", check=False).returncode, 1)

    def test_debian_12_from_installation_to_purge(self):
        self.life("bookworm")

    def test_debian_13_from_installation_to_purge(self):
        self.life("trixie")

    def test_ubuntu_24_04_from_installation_to_purge(self):
        self.life("noble")

    def test_lintian_finds_no_error(self):
        lintian = testing.find_program("lintian")
        for architecture in release.ARCHITECTURES:
            found = testing.run(lintian, "--fail-on", "error", "--allow-root", release.artifact(f"lossd_*_{architecture}.deb"))
            print(found.stdout)
            self.assertEqual(found.returncode, 0, found.stdout + found.stderr)


if __name__ == "__main__":
    testing.main()
