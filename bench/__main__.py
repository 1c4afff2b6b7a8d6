"""`python -m bench`: one table of ratios, JSON beside it; the exit status says a goal is missed.

Starts its own PostgreSQL and Valkey in a throw-away folder, fsync on, and never touches others.
"""

import argparse
import subprocess
import sys

from bench.site import ROOT, Site


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="≤ 3 minutes; ratios only shown")
    parser.add_argument("--only", default="", help="goals by comma, for example P4,C1")
    parser.add_argument("--rounds", type=int, default=0, help="rounds of each contestant")
    parser.add_argument("--seconds", type=float, default=0.0, help="seconds of a round")
    parser.parse_args()
    with Site.build() as site:
        site.command("migrate", "--verbosity", "0")
        site.command("createcachetable")
        site.command("collectstatic", "--no-input", "--verbosity", "0")
        done = subprocess.run(
            [sys.executable, "-m", "bench.run", *sys.argv[1:]], cwd=ROOT, env=site.env, check=False
        )
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
