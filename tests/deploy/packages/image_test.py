"""The released images, unpacked and run as a runtime runs them: without root, shell, library or a writable disk, and scraped."""

import json
import os
import pathlib
import re
import signal
import subprocess
import tarfile

import release
from support import testing
from support.ports import free_port

# `unshare` and a read-only bind mount make of the unpacked image what a runtime makes of it: a root that cannot be written.
RUN_READ_ONLY = 'mount --bind "$0" "$0" && mount --bind "$1" "$0/logs" && mount -o remount,bind,ro "$0" && shift && exec ' \
                'chroot --userspec=65532:65532 "$0" "$@"'
SIZE_LIMIT = 12 * 2**20


class Image(testing.TestCase):
    def read(self, architecture):
        """Unpacks the archive; its configuration, and the folder with its root."""
        archive = release.artifact(f"lossd-*-linux-{architecture}.image.tar.gz")
        with tarfile.open(archive) as image:
            (manifest,) = json.load(image.extractfile("manifest.json"))
            config = json.load(image.extractfile(manifest["Config"]))
            (layer,) = manifest["Layers"]
            root = self.folder / architecture
            with tarfile.open(fileobj=image.extractfile(layer)) as files:
                files.extractall(root)
        print(f"{architecture}: {archive.stat().st_size / 2**20:.1f} MiB compressed, "
              f"{sum(path.stat().st_size for path in root.rglob('*') if path.is_file()) / 2**20:.1f} MiB unpacked")
        self.assertLess(archive.stat().st_size, SIZE_LIMIT)
        self.assertEqual(config["architecture"], architecture)
        return config, root

    def test_the_configuration_says_how_to_run_it(self):
        for architecture in release.ARCHITECTURES:
            config = self.read(architecture)[0]["config"]
            self.assertEqual(config["User"], "65532:65532")
            self.assertEqual(config["StopSignal"], "SIGTERM")
            self.assertEqual(config["Entrypoint"], ["/usr/bin/lossd"])
            self.assertEqual(config["Cmd"], ["serve"])
            self.assertEqual(config["Healthcheck"]["Test"], ["CMD", "/usr/bin/lossd", "healthcheck"])
            self.assertIn("10333/tcp", config["ExposedPorts"])
            labels = {key.removeprefix("org.opencontainers.image."): value for key, value in config["Labels"].items()}
            self.assertEqual((labels["version"], labels["licenses"]), (release.VERSION, "Apache-2.0"))

    def test_it_holds_one_program_and_whom_it_trusts(self):
        for architecture in release.ARCHITECTURES:
            root = self.read(architecture)[1]
            self.assertEqual({str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()},
                             {"usr/bin/lossd", "etc/ssl/certs/ca-certificates.crt", "usr/lib/ssl/cert.pem", "usr/share/doc/lossd/LICENSE",
                              "usr/share/doc/lossd/LICENSE.dygraphs", "usr/share/doc/lossd/lossd.spdx.json"})

    def run_in(self, root, *command, **options):
        return self.start("unshare", "-m", "sh", "-ec", RUN_READ_ONLY, root, self.folder / "logs", *command, **options)

    def test_it_runs_without_root_or_a_writable_disk_and_is_scraped(self):
        if os.geteuid() != 0:
            self.skipTest("changing into a root folder needs root")
        config, root = self.read("amd64")
        (root / "logs").mkdir()
        (self.folder / "logs").mkdir()
        self.write("logs/train.log", "".join(f"step: {step} loss: {3 - step / 100}\n" for step in range(50)))
        self.folder.chmod(0o755)
        address = f"127.0.0.1:{free_port()}"
        log = open(self.folder / "lossd.out", "wb")
        self.addCleanup(log.close)
        lossd = self.run_in(root, "/usr/bin/lossd", "serve", f"--web.listen-address={address}", "/logs/train.log", stdout=log, stderr=subprocess.STDOUT)

        def healthy():
            check = self.run_in(root, "/usr/bin/lossd", "healthcheck", f"--web.listen-address={address}", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            return check.wait(60) == 0

        try:
            testing.wait_until(healthy, "the health check to pass")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{(self.folder / 'lossd.out').read_text()}") from None

        def scraped():
            page = testing.run("curl", "-sf", f"http://{address}/metrics").stdout
            return re.search(r"^training_loss_samples_total\{.*\} 50$", page, re.MULTILINE) and page

        page = testing.wait_until(scraped, "all samples of the log")
        self.assertIn(f'version="{release.VERSION}",revision="{config["config"]["Labels"]["org.opencontainers.image.revision"]}"', page)
        self.assertRegex((pathlib.Path("/proc") / str(lossd.pid) / "status").read_text(), r"Uid:\s+65532\s+65532")
        lossd.send_signal(signal.SIGTERM)
        self.assertEqual(lossd.wait(60), 0)
        self.assertFalse(healthy(), "the health check of a lossd that has ended")


if __name__ == "__main__":
    testing.main()
