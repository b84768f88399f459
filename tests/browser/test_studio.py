"""The studio in a real browser: the whole way, without scripts, without a network, small, dark, and read aloud."""

import re
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from studio.web.door import Door
from tests.studio._studio import Studio, Visitor, picture

pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.no_cover,  # other tests cover the code; counting lines takes a fifth of the time
]
SMALL = {"width": 320, "height": 568}


@pytest.fixture(scope="module")
def studio(chromium, tmp_path_factory):
    studio = Studio(tmp_path_factory.mktemp("studio") / "folder")
    yield studio
    studio.stop()


@pytest.fixture
def open_page(studio, browser):
    """open_page(...): a page of a new visitor, with these options of playwright; it may ask nobody but the studio."""
    contexts, elsewhere, troubles = [], [], []

    def opened(**options):
        context = browser.new_context(base_url=studio.url, **options)
        contexts.append(context)
        context.on("request", lambda request: elsewhere.append(request.url)
                   if urlsplit(request.url).netloc != urlsplit(studio.url).netloc else None)  # fmt: skip
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda message: troubles.append(message.text)
                if "Content Security Policy" in message.text else None)  # fmt: skip
        return page

    yield opened
    for context in contexts:
        context.close()
    assert elsewhere == []
    assert troubles == []


def choose(page, *styles):
    page.goto("/")
    for style in styles:
        page.locator(f"input[value={style}]").check()
    page.get_by_role("button", name="Next: your photo").click()


def to_sketch(page, *styles, photo="Chelsea the cat"):
    choose(page, *styles)
    page.get_by_role("button", name=photo).click()
    expect(page.get_by_role("heading", name="Paint it")).to_be_visible()


def sound(page):
    """What a screen reader would stumble over, and what is wider than the window."""
    found = Axe().run(page)
    said = [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found.response["violations"]]
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert (said, wide <= 0) == ([], True), (page.url, said, wide)


def test_the_whole_way(open_page, tmp_path):
    page = open_page()
    choose(page)
    expect(page.get_by_role("alert")).to_contain_text("Choose a style")
    choose(page, "swirls", "fans")
    expect(page.get_by_role("alert")).to_contain_text("Only one, please: swirls or fans?")
    page.get_by_role("button", name="Mix them").click()
    expect(page.get_by_text("In the style of swirls, fans")).to_be_visible()
    file = tmp_path / "photo.png"
    file.write_bytes(picture("PNG", (300, 200)))
    page.get_by_label("Choose one that you have").set_input_files(file)  # is sent at once
    expect(page.get_by_role("heading", name="Paint it")).to_be_visible()
    page.get_by_role("button", name="Paint it").click()
    expect(page.locator("#words")).to_contain_text("Painting:", timeout=60_000)
    shown = page.locator("#picture").get_attribute("src")
    expect(page.locator("#picture")).not_to_have_attribute("src", shown, timeout=60_000)  # it grows
    expect(page.get_by_role("link", name="Download")).to_be_visible(timeout=90_000)  # without a hand
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "painting-swirls-fans.png"
    page.get_by_role("button", name="Hang it on the wall").click()
    page.get_by_role("link", name="The wall", exact=True).click()
    expect(page.get_by_role("img", name=re.compile("painted in the style of swirls and fans"))).to_be_visible()


def test_a_file_that_is_too_large_is_told_before_it_is_sent(open_page, tmp_path):
    page = open_page()
    choose(page, "drip")
    file = tmp_path / "photo.jpg"
    file.write_bytes(picture() + bytes(12_000_000))
    page.get_by_label("Choose one that you have").set_input_files(file)
    said = page.locator("#file").evaluate("field => field.validationMessage")
    assert "more than 12 MB" in said and "/photo?" in page.url


def test_a_phone_that_sleeps_reloads_and_cancels(open_page, studio):
    page = open_page()
    to_sketch(page, "drip")
    page.get_by_text("Properly", exact=True).click()
    page.get_by_text("large", exact=True).click()
    page.get_by_role("button", name="Paint it").click()
    expect(page.locator("#words")).to_contain_text("Painting:", timeout=60_000)
    address = page.url
    page.goto("/wall")
    page.goto(address)  # as a phone that was locked
    expect(page.locator("#words")).to_contain_text("Painting:", timeout=60_000)
    page.context.set_offline(True)
    page.wait_for_timeout(500)
    page.context.set_offline(False)
    before = page.locator("#words").text_content()
    expect(page.locator("#words")).not_to_have_text(before, timeout=60_000)  # it has connected again by itself
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("alert")).to_contain_text("was cancelled")
    expect(page.get_by_role("link", name="Paint it again")).to_be_visible()


def test_everything_works_without_scripts(open_page):
    page = open_page(java_script_enabled=False)
    to_sketch(page, "chalk")
    page.get_by_role("button", name="Paint it").click()
    expect(page.get_by_role("link", name="Download")).to_be_visible(timeout=90_000)  # the page loads itself again


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_narrow_enough_and_can_be_read_aloud(open_page, studio, scheme):
    page = open_page(viewport=SMALL, color_scheme=scheme, reduced_motion="reduce")
    page.goto("/")
    sound(page)
    choose(page, "swirls", "fans")
    sound(page)
    to_sketch(page, "drip")
    sound(page)
    page.goto("/photo?style=drip")
    sound(page)
    to_sketch(page, "drip")
    page.get_by_text("large", exact=True).click()
    page.get_by_role("button", name="Paint it").click()
    expect(page.locator("#words")).to_be_visible()
    sound(page)
    page.get_by_role("button", name="Cancel").click()
    sound(page)
    visitor = Visitor(studio)
    visitor.cookies = {each["name"]: each["value"] for each in page.context.cookies()}
    job = visitor.order("cat", ["chalk"])
    visitor.events(job)
    page.goto(f"/job/{job}")
    page.get_by_text("How it was painted").click()
    sound(page)
    page.get_by_role("button", name="Hang it on the wall").click()
    for place in ("/wall", "/vote", "/nowhere"):
        page.goto(place)
        sound(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_way_into_a_class_can_be_read_aloud(browser, tmp_path, scheme):
    addresses = Door("000000").addresses
    if not addresses:
        pytest.skip("this machine is in no network")
    studio = Studio(tmp_path / "folder", "--class")
    context = browser.new_context(base_url=studio.url, viewport=SMALL, color_scheme=scheme)
    try:
        page = context.new_page()
        phone = Visitor(studio, address=addresses[0])  # this machine is let in, so it is shown what a phone gets
        page.route("**/enter*", lambda route: route.fulfill(
            body=phone.get(route.request.url.removeprefix(studio.url)).text, content_type="text/html"))  # fmt: skip
        for place in ("/enter", "/enter?code=12"):
            page.goto(place)
            expect(page.get_by_label("The code of your class")).to_be_visible()
            sound(page)
        page.goto("/class")
        expect(page.get_by_role("img", name=re.compile("QR code"))).to_be_visible()
        sound(page)
    finally:
        context.close()
        studio.stop()


def test_fingers_find_what_they_are_to_touch(open_page):
    page = open_page(viewport=SMALL)
    to_sketch(page, "drip")
    for place in ("/", "/photo?style=drip", page.url):
        page.goto(place)
        for box in page.locator("button:visible, .choice:visible, input[type=file]:visible, nav a:visible").all():
            assert box.bounding_box()["height"] >= 44, (place, box.evaluate("box => box.outerHTML"))


def test_a_keyboard_is_enough(open_page):
    page = open_page()
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the page’s content")).to_be_focused()
    page.locator("input[value=fans]").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_url("**/photo?style=fans")
