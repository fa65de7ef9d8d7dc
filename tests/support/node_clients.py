"""Real clients from npm, each set in a folder of its own that is kept between runs."""

import shutil
import unittest

from support import client_cache


def node_modules(*packages, seconds=180):
    """(node, folder): a program in that folder finds `packages`. A skip where there is no Node, or where they cannot be had."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise unittest.SkipTest("node and npm are not installed")
    command = [npm, "install", "--no-audit", "--no-fund", "--silent", "--ignore-scripts", *packages]
    return node, client_cache.obtain(" ".join(packages), packages, lambda place: (place / "package.json").write_text("{}"), lambda _: [command], seconds)
