"""Known vulnerabilities of the locked packages; says so where the registry cannot tell them."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
LOCKED = sorted((ROOT / "requirements").glob("*.txt"))


def audited(file: Path) -> list[dict]:
    """The packages of a file that the registry tells about, each with its `vulns`."""
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--no-deps", "-f", "json"]
    done = subprocess.run([*command, "-r", str(file)], capture_output=True, text=True)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        sys.stderr.write(done.stderr[-500:])
        return []
    return [package for package in packages if "skip_reason" not in package]


def main() -> int:
    """0 if no vulnerability is known, or none can be asked for."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as one:
        one.write("pip==26.3\n")  # a registry that cannot tell is asked once, not 200 times
        one.flush()
        if not audited(Path(one.name)):
            print("audit: SKIPPED, this package registry does not tell known vulnerabilities")
            return 0
    packages = [package for file in LOCKED for package in audited(file)]
    known = [(one["name"], one["version"], v) for one in packages for v in one["vulns"]]
    for name, version, vulnerability in known:
        fixed = ", ".join(vulnerability["fix_versions"]) or "no release"
        print(f"audit: {name} {version}: {vulnerability['id']}, fixed in {fixed}")
    print(f"audit: {len(packages)} packages, {len(known)} known vulnerabilities")
    return 1 if known or not packages else 0


if __name__ == "__main__":
    sys.exit(main())
