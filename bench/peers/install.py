"""Fetches what others would pick into a folder that git ignores; says why when it cannot."""

import shutil
import subprocess
import sys
from pathlib import Path

from bench.site import ROOT

HERE = Path(__file__).resolve().parent
KEPT = ROOT / "var" / "bench"
NODE, PYTHON = KEPT / "node", KEPT / "python"
PATIENCE = 180
SCRIPTS = ("ws.mjs", "hocuspocus.mjs", "ywebsocket.mjs")
LOCKS = ("package.json", "package-lock.json", ".npmrc")


def node_peers() -> str:
    """Install the lock file of Node; an empty word when the peers are there."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return "peer not installed: no node or npm"
    NODE.mkdir(parents=True, exist_ok=True)
    for name in SCRIPTS:
        shutil.copy(HERE / name, NODE / name)
    if (NODE / "node_modules" / "ws").exists() and same("package-lock.json"):
        return ""
    for name in LOCKS:
        shutil.copy(HERE / name, NODE / name)
    return attempt("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", where=NODE)


def same(name: str) -> bool:
    """Whether what is installed is what the lock says."""
    kept = NODE / name
    return kept.exists() and kept.read_bytes() == (HERE / name).read_bytes()


def python_peers() -> str:
    """Install channels_redis, for the reference alone; an empty word when it is there."""
    if (PYTHON / "channels_redis").exists():
        return ""
    lock = str(HERE / "requirements.lock")
    return attempt(
        *(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes"),
        *("--target", str(PYTHON), "--requirement", lock),
        where=ROOT,
    )


def attempt(*command: str, where: Path) -> str:
    """Run an installer; its last line when it failed."""
    try:
        done = subprocess.run(
            command, cwd=where, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        return f"peer not installed: {command[0]} took over {PATIENCE} s"
    said = (done.stderr or done.stdout).strip().splitlines()
    return (
        f"peer not installed: {said[-1][:160] if said else command[0]}" if done.returncode else ""
    )
