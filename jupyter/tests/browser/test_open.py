"""The first page: the printed address, the list of files, and a new notebook."""

import re
import urllib.error
import urllib.request

from lab import NOTEBOOK_NAMES, SECOND, BrowserTest, expect, number_of_figures
from server import OPENER


class Opening(BrowserTest):
    def test_the_printed_address_logs_in_and_shows_the_notebooks(self):
        with self.page() as notebook:
            page = notebook.page
            page.goto(self.server.url + "&reset")
            files = page.locator(".jp-DirListing-itemText")
            for name in NOTEBOOK_NAMES:
                expect(files.get_by_text(name, exact=True)).to_be_visible(timeout=60 * SECOND)
            # Anything in the way of a newcomer would be here.
            page.wait_for_timeout(2 * SECOND)
            self.assertEqual(page.locator(".jp-toast-message, .Toastify__toast, .jp-Dialog").count(), 0, "a pop-up on the first page")
            files.get_by_text("exploration.ipynb", exact=True).dblclick()
            expect(page.get_by_role("heading", name="What does the data look like?")).to_be_visible(timeout=60 * SECOND)
            notebook.wait_for_kernel()
            # The outputs that are saved with it are on the page before anything is run.
            self.check_figures(notebook, 3)

    def test_without_the_token_there_is_nothing_but_a_login_page(self):
        with self.page() as notebook:
            notebook.page.goto(f"{self.server.address}/lab")
            expect(notebook.page.get_by_text("Password or token")).to_be_visible()
        for headers in ({}, {"Authorization": "token wrong"}):
            request = urllib.request.Request(f"{self.server.address}/api/contents", headers=headers)
            with self.assertRaises(urllib.error.HTTPError) as refusal:
                OPENER.open(request, timeout=10)
            refusal.exception.close()
            self.assertEqual(refusal.exception.code, 403)

    def test_a_new_notebook_from_the_launcher_is_a_rust_one_and_says_hello(self):
        self.assertEqual(self.server.get("kernelspecs")["default"], "rust")
        with self.page() as notebook:
            page = notebook.page
            page.goto(self.server.url + "&reset")
            cards = page.locator(".jp-LauncherCard[data-category='Notebook']")
            expect(cards.first).to_have_text(re.compile("Rust"), timeout=60 * SECOND)
            before = self.names()
            cards.first.click()
            page.locator(".jp-Notebook .jp-CodeCell").first.wait_for(timeout=60 * SECOND)
            self.server.files += [f"{self.server.folder}/{name}" for name in self.names() - before]
            notebook.wait_for_kernel()
            cell = notebook.run_cell('println!("hello, world")')
            expect(cell.locator(".jp-OutputArea-output").first).to_contain_text("hello, world", timeout=10 * SECOND)
            self.assertEqual(notebook.errors(), [])

    def names(self) -> set[str]:
        return {file["name"] for file in self.server.get(f"contents/{self.server.folder}")["content"]}
