#!/usr/bin/env bash
# Writes packaging/dependencies.txt: name, version and licence of every locked dependency, for the page "About".
set -euo pipefail
cd "$(dirname "$0")/.."
cargo metadata --locked --format-version 1 |
  python3 -c '
import json, sys
for package in sorted(json.load(sys.stdin)["packages"], key=lambda p: (p["name"], p["version"])):
    if package["source"]:
        print(package["name"], package["version"], (package["license"] or "see its files").replace("/", " OR "))
' > packaging/dependencies.txt
