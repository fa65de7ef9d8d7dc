"""The container image, built for real by buildah on a base made by debootstrap, then run and scraped.

No registry is asked: the base is tagged with the name that the Dockerfile gives it. Runs as root only, where buildah and
debootstrap are. The base, the layer with the packages and the compiler's cache are kept under ~/.cache/lossd, so that only the
first run of all takes minutes.
"""

import json
import os
import pathlib
import re
import signal
import subprocess
import unittest
import zlib

from support import testing
from support.prometheus_server import free_port

STORE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "lossd" / "image"
BASE = "docker.io/library/debian:bookworm-slim"
# One tag for each build tree: several may be tested at once.
IMAGE = f"localhost/lossd:test-{zlib.crc32(str(testing.BIN).encode()):08x}"
MIRROR = "http://deb.debian.org/debian"
VERSION = re.search(r"project\(lossd VERSION ([\d.]+)", (testing.ROOT / "CMakeLists.txt").read_text()).group(1)
REVISION = testing.run("git", "-C", testing.ROOT, "rev-parse", "--short=12", "HEAD").stdout.strip() or "unknown"
LAYERS_LIMIT = 25 * 1024 * 1024
# `unshare` and a read-only bind mount make of the unpacked image what a runtime makes of it: a root that cannot be written.
RUN_READ_ONLY = 'mount --bind "$0" "$0" && mount --bind "$1" "$0/logs" && mount -o remount,bind,ro "$0" && shift && exec ' \
                'chroot --userspec=65532:65532 "$0" "$@"'


def _storage_driver():
    """Overlay where the kernel lets us (it shares layers), else vfs (which copies them)."""
    probe = testing.run("unshare", "-m", "sh", "-c",
                        "cd $(mktemp -d) && mkdir l u w m && mount -t overlay -o lowerdir=l,upperdir=u,workdir=w none m")
    return "overlay" if probe.returncode == 0 else "vfs"


class Image(testing.TestCase):
    @classmethod
    def setUpClass(cls):
        if os.geteuid() != 0:
            raise unittest.SkipTest("building an image in a chroot needs root")
        cls.buildah_program = testing.find_program("buildah")
        cls.debootstrap = testing.find_program("debootstrap")
        if testing.run("unshare", "-m", "true").returncode != 0:
            raise unittest.SkipTest("no mount namespaces here")
        (STORE / "ccache").mkdir(parents=True, exist_ok=True)
        cls.driver = _storage_driver()
        (STORE / "storage.conf").write_text(
            f'[storage]\ndriver = "{cls.driver}"\ngraphroot = "{STORE / cls.driver}"\nrunroot = "{STORE / "run"}"\n')
        cls.make_base()
        built = testing.run(
            testing.ROOT / "deploy" / "image", IMAGE, "--layers", "--pull=never", "--volume", f"{STORE / 'ccache'}:/root/.cache/ccache",
            timeout=850, env={**os.environ, "LOSSD_IMAGE_BUILDER": "buildah", "CONTAINERS_STORAGE_CONF": str(STORE / "storage.conf")})
        if built.returncode != 0:
            raise AssertionError(f"deploy/image:\n{built.stdout[-3000:]}\n{built.stderr[-3000:]}")

    @classmethod
    def storage(cls):
        return "--root", STORE / cls.driver, "--runroot", STORE / "run", "--storage-driver", cls.driver

    @classmethod
    def buildah(cls, *arguments, timeout=120):
        result = testing.run(cls.buildah_program, *cls.storage(), *arguments, timeout=timeout)
        if result.returncode != 0:
            raise AssertionError(f"buildah {arguments}:\n{result.stdout[-3000:]}\n{result.stderr[-3000:]}")
        return result.stdout.strip()

    @classmethod
    def make_base(cls):
        if testing.run(cls.buildah_program, *cls.storage(), "inspect", "--type", "image", BASE).returncode == 0:
            return
        tree = STORE / "base"
        if not (tree / "etc" / "debian_version").exists():
            made = testing.run(cls.debootstrap, "--variant=minbase", "bookworm", tree, MIRROR, timeout=300)
            if made.returncode != 0:
                raise unittest.SkipTest(f"debootstrap cannot make a base: {(made.stdout + made.stderr)[-300:]}")
        container = cls.buildah("from", "scratch")
        cls.buildah("add", "--quiet", container, tree, "/")
        cls.buildah("commit", "--quiet", "--rm", container, BASE)

    def unpacked(self):
        container = self.buildah("from", "--pull=never", IMAGE)
        self.addCleanup(self.buildah, "rm", container)
        root = pathlib.Path(self.buildah("mount", container))
        self.addCleanup(self.buildah, "umount", container)
        (root / "logs").mkdir()
        return root

    def run_in(self, root, *command, **options):
        return self.start("unshare", "-m", "sh", "-ec", RUN_READ_ONLY, root, self.folder, *command, **options)

    def test_layers_above_the_base_are_small(self):
        size = lambda image: json.loads(self.buildah("inspect", "--type", "image", image))
        base_layers = len(size(BASE)["OCIv1"]["rootfs"]["diff_ids"])
        layers = len(size(IMAGE)["OCIv1"]["rootfs"]["diff_ids"])
        self.assertEqual(layers - base_layers, 1)
        root = self.unpacked()
        added = self.folder / "image"
        self.buildah("push", "--format", "oci", IMAGE, f"oci:{added}:test")
        index = json.loads((added / "index.json").read_text())
        blob = lambda digest: added / "blobs" / "sha256" / digest.split(":")[1]
        manifest = json.loads(blob(index["manifests"][-1]["digest"]).read_text())
        compressed = sum(layer["size"] for layer in manifest["layers"][base_layers:])
        listing = testing.run("tar", "-tvzf", blob(manifest["layers"][-1]["digest"])).stdout
        unpacked = sum(int(line.split()[2]) for line in listing.splitlines())
        print(f"layers above the base: {unpacked / 2**20:.1f} MiB, {compressed / 2**20:.1f} MiB compressed; "
              f"lossd itself {(root / 'usr/bin/lossd').stat().st_size / 2**20:.1f} MiB")
        self.assertLessEqual(unpacked, LAYERS_LIMIT)

    def test_the_configuration_says_how_to_run_it(self):
        config = json.loads(self.buildah("inspect", "--type", "image", IMAGE))["Docker"]["config"]
        self.assertEqual(config["User"], "65532:65532")
        self.assertEqual(config["StopSignal"], "SIGTERM")
        self.assertEqual(config["Entrypoint"], ["/usr/bin/lossd"])
        self.assertEqual(config["Healthcheck"]["Test"], ["CMD", "/usr/bin/lossd", "healthcheck"])
        self.assertIn("10333/tcp", config["ExposedPorts"])
        labels = {key.removeprefix("org.opencontainers.image."): value for key, value in config["Labels"].items()}
        self.assertEqual((labels["version"], labels["revision"], labels["licenses"]), (VERSION, REVISION, "Apache-2.0"))

    def test_runs_without_root_shell_or_a_writable_disk_and_is_scraped(self):
        root = self.unpacked()
        for shell in ("sh", "dash", "bash"):
            (root / "usr/bin" / shell).unlink(missing_ok=True)
        self.write("train.log", "".join(f"step: {step} loss: {3 - step / 100}\n" for step in range(50)))
        self.folder.chmod(0o755)
        address = f"127.0.0.1:{free_port()}"
        log = open(self.folder / "lossd.out", "wb")
        self.addCleanup(log.close)
        lossd = self.run_in(root, "/usr/bin/lossd", "serve", f"--web.listen-address={address}", "/logs/train.log",
                            stdout=log, stderr=subprocess.STDOUT)

        def healthy():
            check = self.run_in(root, "/usr/bin/lossd", "healthcheck", f"--web.listen-address={address}",
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            return check.wait(10) == 0

        try:
            testing.wait_until(healthy, "the health check to pass", 20)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{(self.folder / 'lossd.out').read_text()}") from None

        def scraped():
            page = testing.run("curl", "-sf", f"http://{address}/metrics").stdout
            return re.search(r"^training_loss_samples_total\{.*\} 50$", page, re.M) and page

        page = testing.wait_until(scraped, "all samples of the log")
        self.assertIn(f'version="{VERSION}",revision="{REVISION}"', page)
        self.assertRegex((pathlib.Path("/proc") / str(lossd.pid) / "status").read_text(), r"Uid:\s+65532\s+65532")
        lossd.send_signal(signal.SIGTERM)
        self.assertEqual(lossd.wait(20), 0)
        self.assertFalse(healthy(), "the health check of a lossd that has ended")


if __name__ == "__main__":
    testing.main()
