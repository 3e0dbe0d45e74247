"""The page of a report in a real browser: it shows, it loads nothing, it prints."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from conftest import STUDIES
from procmine.report import run_report

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here to look at pages with")


def browse(page: Path, scratch: Path, *options: str) -> subprocess.CompletedProcess[str]:
    profile = scratch / "profile"
    return subprocess.run(
        [str(CHROMIUM), *QUIET, f"--user-data-dir={profile}", *options, page.as_uri()],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The report of the simulated study, in Chinese."""
    root = tmp_path_factory.mktemp("project")
    checkout = STUDIES.parents[1]
    for name in ("eventlogs", "notebooks"):
        (root / name).symlink_to(checkout / name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROCMINE_HOME", os.fspath(root))
        return run_report("end_to_end", study="enterprise_activation", parameters={"language": "zh"}) / "report.html"


def refused(page: Path, scratch: Path) -> list[str]:
    """What the page tried and its own policy forbade, as the browser's console says."""
    told = browse(page, scratch, "--enable-logging=stderr", "--dump-dom")
    assert "订单端到端" in told.stdout
    return [line for line in told.stderr.splitlines() if "Content Security Policy" in line]


def test_the_page_tries_to_load_nothing_and_could_not(page, tmp_path):
    assert refused(page, tmp_path) == []
    other = tmp_path / "loads.html"
    loads = '<img src="https://example.invalid/a.png"><script>document.title = "ran"</script></main>'
    other.write_text(page.read_text("utf-8").replace("</main>", loads), "utf-8")
    assert len(refused(other, tmp_path)) == 2


def test_the_page_shows_text_charts_and_maps_from_top_to_bottom(page, tmp_path):
    picture = tmp_path / "page.png"
    browse(page, tmp_path, "--window-size=1400,6000", f"--screenshot={picture}")
    with Image.open(picture) as image:
        strips = [image.convert("L").crop((0, top, 1400, top + 1000)).getextrema() for top in range(0, 6000, 1000)]
    assert all(darkest < 100 and lightest == 255 for darkest, lightest in strips)


def test_the_page_prints(page, tmp_path):
    printed = tmp_path / "page.pdf"
    browse(page, tmp_path, "--no-pdf-header-footer", f"--print-to-pdf={printed}")
    assert printed.read_bytes().startswith(b"%PDF")
    assert printed.stat().st_size > 50_000
