"""Every command in README.md and docs/ runs, and prints what the page says it prints."""

import importlib.util
import sys
from pathlib import Path

import pytest

SPEC = importlib.util.spec_from_file_location("blocks", Path(__file__).with_name("blocks.py"))
blocks = importlib.util.module_from_spec(SPEC)
sys.modules["blocks"] = blocks
SPEC.loader.exec_module(blocks)


@pytest.mark.slow
@pytest.mark.parametrize("page", blocks.pages(), ids=lambda page: page.name)
def test_page(page, tmp_path):
    for block in blocks.read_page(page.read_text(encoding="utf-8")):
        if not block.commands:
            blocks.write_file(block, tmp_path)
        for command in block.commands:
            code, output = blocks.run(command, tmp_path)
            assert code == command.exit_code, f"$ {command.text}\n{output}"
            if not block.volatile:
                assert output == command.output, f"$ {command.text}"


def test_links_lead_somewhere():
    for page in blocks.pages():
        for target in blocks.re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
