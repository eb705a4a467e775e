"""What a seller does with a page, in the words of a seller; every click is counted."""

from playwright.sync_api import Locator, Page, expect

CARDS = "[data-poses] [data-pick]"
TILES = "#pictures > [data-picture]"
DONE = f'{TILES}[data-status="completed"]'
HEAD = "#generation-head"
#: Milliseconds for one page, and for the pictures of an order, on a machine that is busy.
PATIENCE, PAINTING = 30_000, 120_000


class Hands:
    """A person at a page. `clicks` counts what they pressed so far."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.clicks = 0

    def click(self, target: str | Locator) -> None:
        """Press a control, once it can be."""
        place = self.page.locator(target) if isinstance(target, str) else target
        place.click()
        self.clicks += 1

    def register(self, email: str, password: str) -> None:
        """Fill in and send the registration, on whose page we are."""
        self.page.get_by_label("E-mail").fill(email)
        self.page.get_by_label("Password").fill(password)
        self.click(self.page.locator("main").get_by_role("button", name="Create the account"))
        self.page.wait_for_url(lambda url: "/register" not in url)

    def pick(self, number: int) -> None:
        """Pick the first poses of the library."""
        cards = self.page.locator(CARDS)
        for index in range(number):
            self.click(cards.nth(index))
            expect(cards.nth(index)).to_have_attribute("aria-checked", "true")

    def go_to_order(self) -> None:
        """Press "Order them" and wait for the page of the order."""
        self.click("#picks [data-order]")
        self.page.wait_for_url("**/order")

    def place(self) -> str:
        """Press the one button; return the path of the order."""
        button = self.page.locator("#place")
        expect(button).to_be_enabled()
        self.click(button)
        self.page.wait_for_url("**/orders/*")
        return self.page.url.partition("?")[0]

    def vary(self, number: int) -> None:
        """Ask for so many variations of each pose, and wait for their price."""
        with self.page.expect_response("**/order/quote"):
            self.page.locator("#variations").fill(str(number))

    def order(self, poses: int, *, variations: int = 1) -> str:
        """Pick poses in the library and order them; return the address of the order."""
        self.page.goto("/")
        self.pick(poses)
        self.go_to_order()
        if variations > 1:
            self.vary(variations)
            expect(self.page.locator("#place")).to_contain_text(f"Order {poses * variations} pictures")
        return self.place()

    def see_all(self, number: int) -> None:
        """Wait until the order on the page has ended with so many pictures, each of which is really shown."""
        expect(self.page.locator(HEAD)).to_have_attribute("data-status", "completed", timeout=PAINTING)
        expect(self.page.locator(DONE)).to_have_count(number)
        for tile in self.page.locator(f"{DONE} .picture-image").all():
            tile.scroll_into_view_if_needed()
            expect(tile).to_have_js_property("complete", True)
            assert tile.evaluate("(image) => image.naturalWidth") > 0

    def tab_to(self, target: str, *, key: str = "Tab", most: int = 100) -> None:
        """Press Tab until the control has the focus; raise AssertionError when that takes too many."""
        for _ in range(most):
            self.page.keyboard.press(key)
            if self.page.evaluate("(target) => Boolean(document.activeElement?.matches(target))", target):
                return
        raise AssertionError(f"{most} times {key} do not reach {target}.")
