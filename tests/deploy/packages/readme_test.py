"""What a newcomer types: the commands of the README, as they stand there, with what ./dev package has made."""

import gzip
import os
import re
import shutil
import subprocess

import release
from support import testing

README = (testing.ROOT / "README.md").read_text()
LOG = "".join(f"step: {step} loss: {3 - step / 100}\n" for step in range(150))
# A network of its own, for the README names the port.
ALONE = ("unshare", "--net", "sh", "-ec", 'ip link set lo up; exec "$@"', "sh")


def commands(section):
    """The lines of the first sh block after a heading, without their comments."""
    block = re.search(rf"^## {section}\n.*?^```sh\n(.*?)^```", README, re.M | re.S).group(1)
    return [line.split(" #")[0].strip() for line in block.splitlines()]


class Install(release.System):
    def place(self):
        self.make("bookworm")
        for pattern in ("lossd_*_amd64.deb", "lossd-*-linux-amd64.tar.gz"):
            shutil.copy(release.artifact(pattern), self.root / "root")

    def type(self, line):
        return self.run_inside("sh", "-ec", f"cd && {line}")

    def test_each_way_ends_with_the_program(self):
        self.place()
        tar, package, image = commands("Install")
        self.type(tar)
        self.assertIn(release.VERSION, self.type("~/.local/bin/lossd --version").stdout)
        self.type(package)
        self.assertIn(release.VERSION, self.type("lossd --version").stdout)
        # What the package promises beside the program.
        there = self.run_inside("dpkg", "-L", "lossd").stdout.splitlines()
        for path in ("/usr/share/man/man1/lossd.1.gz", "/usr/share/bash-completion/completions/lossd", "/usr/share/zsh/vendor-completions/_lossd",
                     "/usr/share/fish/vendor_completions.d/lossd.fish", "/lib/systemd/system/lossd.service", "/etc/lossd/lossd.yml",
                     "/usr/share/lossd/lossd.schema.json", "/usr/share/doc/lossd/copyright"):
            self.assertIn(path, [each.replace("/usr/lib/systemd", "/lib/systemd") for each in there])
            self.assertGreater((self.root / path[1:]).stat().st_size, 100, path)
        self.assertTrue(release.artifact(image.split()[-1]).exists())

    def test_the_image_is_loaded(self):
        image = commands("Install")[-1].split()
        self.assertEqual(image[:3], ["docker", "load", "-i"])
        store = ("--root", self.folder / "images", "--runroot", self.folder / "run", "--storage-driver", "vfs")
        # Docker reads it compressed; buildah of Debian 12 does not.
        archive = self.folder / "image.tar"
        archive.write_bytes(gzip.decompress(release.artifact(image[3]).read_bytes()))
        loaded = testing.run(testing.find_program("buildah"), *store, "pull", f"docker-archive:{archive}")
        self.assertEqual(loaded.returncode, 0, loaded.stderr)
        listed = testing.run("buildah", *store, "images", "--format", "{{.Name}}:{{.Tag}}", check=True).stdout
        self.assertRegex(listed.strip(), rf"/lossd:{re.escape(release.VERSION)}$")


class Laptop(release.System):
    def test_every_command_does_what_its_comment_says(self):
        if os.geteuid() != 0:
            self.skipTest("a network of its own needs root")
        archive = release.artifact("lossd-*-linux-amd64.tar.gz")
        testing.run("tar", "-xzf", archive, "-C", self.folder, "--strip-components=1", check=True)
        self.write("train.log", LOG)
        self.write("train.py", f"print({LOG!r}, end='')\n")
        environment = {"PATH": f"{self.folder / 'bin'}:/usr/bin:/usr/sbin:/bin", "HOME": str(self.folder)}
        serve, execute, replay, page, explain = commands("On a laptop")
        post, = re.findall(r"^curl .*$", README, re.M)
        options = {"cwd": self.folder, "env": environment}

        # The server, the post that another terminal sends it, and what the page then has of both.
        asks = f"until curl -sf localhost:10333/metrics | grep -q '_samples_total.* 150$'; do sleep 0.1; done; {post}; curl -sf localhost:10333/metrics | grep -E '^training_(step|loss_samples)'"
        both = testing.run(*ALONE, "sh", "-c", f"{serve} 2>lossd.err & {asks}; kill $!; wait", timeout=60, **options)
        self.assertRegex(both.stdout, r'(?m)^training_step\{training_job="llama-7b"\} 120$')
        # A log of so common a name is known by its folder.
        self.assertRegex(both.stdout, rf'(?m)^training_loss_samples_total\{{training_job="{self.folder.name}".*\}} 150$')

        ran = testing.run(*ALONE, "sh", "-c", execute, timeout=60, **options)
        self.assertEqual((ran.returncode, ran.stdout), (0, LOG))
        for command in (replay, page, explain):
            done = testing.run("sh", "-c", command, **options)
            self.assertEqual(done.returncode, 0, done.stderr)
            if command == page:
                self.assertIn("</html>", (self.folder / "run.html").read_text())
            else:
                self.assertIn("train", done.stdout)


if __name__ == "__main__":
    testing.main()
