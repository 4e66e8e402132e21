"""The page in a real browser: it opens, filters, sorts, speaks to keyboards and readers, and cannot be harmed."""

import json
from itertools import pairwise

import pytest
from page_material import HOSTILE

from rewardkit.evals.report import build

pytestmark = pytest.mark.browser

CLAIMS = [
    {"text": "accuracy rises", "holds": True, "told": "by 12 points"},
    {"text": "the gap narrows", "holds": False, "told": "by -1 point"},
]


@pytest.fixture(scope="module")
def page_file(made, tmp_path_factory):
    out = tmp_path_factory.mktemp("html") / "page.html"
    sources = [made / "runs" / "base", made / "runs" / "trained", made / "training", made / "check.json"]
    return build(sources, out, title="A <b>page</b>", intro=["What was seen.", *CLAIMS])


class Seen:
    """A page and what it complained of or asked for."""

    def __init__(self, browser, path, **options):
        self.complaints, self.requests = [], []
        self.context = browser.new_context(**options)
        self.page = self.context.new_page()
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.as_uri())
        if options.get("java_script_enabled", True):
            self.page.wait_for_selector("#rows tbody tr")

    def rows(self, column):
        headers = self.page.locator("#rows thead th").all_inner_texts()
        place = headers.index(column) + 1
        return self.page.locator(f"#rows tbody tr:not(.detail) td:nth-child({place})").all_inner_texts()

    def count(self):
        return int(self.page.locator("#count").inner_text().split()[0].replace(",", ""))


@pytest.fixture
def seen(chromium, page_file):
    made = Seen(chromium, page_file, viewport={"width": 1280, "height": 900})
    yield made
    made.context.close()
    assert made.complaints == []
    assert [url for url in made.requests if not url.startswith(("file:", "data:"))] == []


# 2 runs x 8 questions x (1 greedy + 4 samples), and 2 logged in training
ALL = 2 * 8 * 5 + 2


def test_it_opens_with_every_completion(seen):
    assert seen.count() == ALL
    assert seen.page.locator("#place").inner_text() == "page 1 of 2"
    assert seen.page.title() == "A <b>page</b>"
    assert seen.page.locator("h1").inner_text() == "A <b>page</b>"
    assert seen.page.locator("h1").count() == 1


@pytest.mark.parametrize(
    ("label", "choice", "count"),
    [
        ("Run", "base", 40),
        ("Run", "training: grpo", 2),
        ("Arm", "greedy", 16),
        (
            "Outcome",
            "none_correct",
            2 + 4 + 3,
        ),  # greedy of both runs, and their right samples of the last question
        ("level", "hard", 2 * 4 * 5),
        ("Finish", "length", 10),
        ("Flipped", "gained", 2),
        ("Flipped", "lost", 1),
    ],
)
def test_filters(seen, label, choice, count):
    seen.page.get_by_label(label, exact=True).select_option(label=choice)
    assert seen.count() == count
    seen.page.get_by_role("button", name="Clear filters").click()
    assert seen.count() == ALL


def test_filters_add_up_and_text_is_searched(seen):
    seen.page.get_by_label("Run", exact=True).select_option(label="trained")
    seen.page.get_by_label("Arm", exact=True).select_option(label="greedy")
    assert seen.count() == 8
    seen.page.get_by_label("Text contains").fill("WINDOW.hacked")
    assert seen.count() == 1
    seen.page.get_by_label("Text contains").fill("nothing says this")
    assert seen.count() == 0


def test_sorting(seen):
    header = seen.page.get_by_role("button", name="reward", exact=True)
    header.click()
    low = [float(text) for text in seen.rows("reward") if text != "–"]
    assert low == sorted(low)
    assert seen.page.locator("th[aria-sort=ascending]").inner_text() == "reward"
    header.click()
    high = [float(text) for text in seen.rows("reward") if text != "–"]
    assert high == sorted(high, reverse=True)
    assert high[0] > low[0]
    assert seen.page.locator("th[aria-sort=descending]").inner_text() == "reward"


def test_what_is_unknown_sorts_last_either_way(seen):
    for _ in range(2):
        seen.page.get_by_role("button", name="flipped", exact=True).click()
        found = seen.rows("flipped")
        assert found


def test_paging(seen):
    first = seen.rows("question")
    seen.page.get_by_role("button", name="Next").click()
    assert seen.page.locator("#place").inner_text() == "page 2 of 2"
    assert len(seen.rows("question")) == ALL - 50
    seen.page.get_by_role("button", name="Previous").click()
    assert seen.rows("question") == first


def test_a_completion_opens_by_keyboard_with_its_reward_explained(seen):
    seen.page.locator("#filter-text").focus()
    for _ in range(40):
        seen.page.keyboard.press("Tab")
        if seen.page.evaluate("document.activeElement.className") == "open":
            break
    seen.page.keyboard.press("Enter")
    opener = seen.page.locator("button.open").first
    assert opener.get_attribute("aria-expanded") == "true"
    assert seen.page.evaluate("document.activeElement === document.querySelector('button.open')")
    detail = seen.page.locator("tr.detail")
    assert detail.locator("mark").inner_text() == "3"
    terms = detail.locator(".tree li").all_inner_texts()
    assert any("correctness" in term and "+1.000" in term for term in terms)
    assert 'answer_tag "3" = gold "3", literal' in detail.inner_text()
    assert "user: Question 0?" in detail.inner_text() or "Question 0?" in detail.inner_text()
    seen.page.keyboard.press("Enter")
    assert seen.page.locator("tr.detail").count() == 0


def test_all_completions_of_a_question(seen):
    seen.page.locator("button.open").first.click()
    seen.page.get_by_role("button", name="All completions of this question").click()
    assert set(seen.rows("question")) == {"q0"}
    assert seen.count() == 10


def test_the_answer_is_marked_behind_characters_outside_the_basic_plane(seen):
    seen.page.get_by_label("Text contains").fill("window.hacked")
    seen.page.locator("button.open").first.click()
    assert seen.page.locator("tr.detail mark").inner_text() == "4"


def test_hostile_completions_are_text(seen):
    seen.page.get_by_label("Text contains").fill("window.hacked")
    assert seen.count() == 2 * 2  # one question, greedy and one sample, two runs
    for opener in seen.page.locator("button.open").all():
        opener.click()
    shown = seen.page.locator("tr.detail pre").all_text_contents()
    said = HOSTILE.replace("\ud800", "\ufffd")
    assert any(said[:60] in text and "{{ 7 * 7 }} &lt;b&gt;" in text for text in shown)
    assert seen.page.evaluate("window.hacked") is None
    assert seen.page.locator("img").count() == 0
    assert seen.page.locator("body").is_visible()


def test_no_script_but_the_pages_own_may_run(seen):
    """Even markup that got into the page could do nothing: its policy names one script by its digest."""
    seen.page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.hacked = 3\">')"
    )
    seen.page.wait_for_function("document.images.length === 1")
    assert seen.page.evaluate("window.hacked") is None
    assert seen.complaints
    seen.complaints.clear()
    seen.requests.clear()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_accessibility(chromium, page_file, scheme, width):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed").Axe
    made = Seen(chromium, page_file, viewport={"width": width, "height": 900}, color_scheme=scheme)
    made.page.locator("button.open").first.click()
    made.page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    found = axe().run(made.page).response["violations"]
    made.context.close()
    told = [(one["id"], one["help"], [node["html"][:200] for node in one["nodes"][:3]]) for one in found]
    assert told == [], json.dumps(told, indent=1)


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_window_and_nothing_overlaps(chromium, page_file, width):
    made = Seen(chromium, page_file, viewport={"width": width, "height": 900})
    made.page.locator("button.open").first.click()
    made.page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    assert made.page.evaluate("document.documentElement.scrollWidth") <= width
    overlaps = made.page.evaluate(
        """() => [...document.querySelectorAll('figure svg')].flatMap((svg) => {
            const boxes = [...svg.querySelectorAll('text')].filter((text) => text.textContent.trim())
                .map((text) => [text.textContent, text.getBoundingClientRect()]);
            return boxes.flatMap(([one, a], i) => boxes.slice(i + 1)
                .filter(([, b]) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
                    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3)
                .map(([other]) => [svg.getAttribute('aria-label'), one, other]));
        })"""
    )
    outside = made.page.evaluate(
        """() => [...document.querySelectorAll('figure svg text')].filter((text) => {
            const box = text.getBoundingClientRect();
            return box.width && (box.left < 0 || box.right > window.innerWidth);
        }).map((text) => text.textContent)"""
    )
    made.context.close()
    assert overlaps == []
    assert outside == []


def test_it_prints_and_reads_without_script(chromium, page_file):
    made = Seen(chromium, page_file, java_script_enabled=False)
    assert made.page.get_by_role("heading", name="Greedy and pass@k").is_visible()
    assert made.page.locator("noscript").count() == 1
    made.page.emulate_media(media="print")
    assert not made.page.locator("nav").is_visible()
    assert made.page.get_by_role("heading", name="Summary").is_visible()
    assert len(made.page.pdf()) > 10_000
    made.context.close()


def test_pictures_change_colour_with_the_scheme(chromium, page_file):
    colours = []
    for scheme in ("light", "dark"):
        made = Seen(chromium, page_file, color_scheme=scheme)
        text = made.page.locator("figure svg text").first
        colours.append(text.evaluate("(element) => getComputedStyle(element).fill"))
        made.context.close()
    assert colours[0] != colours[1]


def test_headings_descend_one_level_at_a_time(seen):
    levels = [
        int(tag[1])
        for tag in seen.page.locator("h1, h2, h3, h4").evaluate_all("(all) => all.map((h) => h.tagName)")
    ]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
