"""Fail if the JUnit report named on the command line holds a skipped test, and say which."""

import sys
from xml.etree import ElementTree

skipped = [
    f"{case.get('classname')}.{case.get('name')}: {node.get('message')}"
    for case in ElementTree.parse(sys.argv[1]).iter("testcase")
    for node in case.findall("skipped")
]
for line in skipped:
    print("skipped:", line)
print(f"{len(skipped)} skipped")
sys.exit(bool(skipped))
