"""Opens /docs in a real browser, tries the endpoints out as a newcomer does, and runs the shown curl commands.

    python service/tests_external/docs_page.py [--url http://127.0.0.1:8000] [--screenshots FOLDER]

The browser may speak to the service and to nothing else, so a page that wants a file from elsewhere fails. Wants
chromium (Debian's package, or the path in CHROMIUM) and the packages of requirements.txt.
"""

import argparse
import json
import os
import shutil
import subprocess
from pathlib import Path

from playwright.sync_api import Locator, Page, sync_playwright

from common import Checks, Service, fail, given_or_running

# root may not use the sandbox; the rest keeps the browser from talking to anybody else.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync"]

# Method, path, body (none: no body), and the fields of the answer.
TRIES = [
    ("post", "/prediction", {"feature_vector": [-0.157, -0.106], "score": False}, {"is_inlier"}),
    ("post", "/prediction", {"feature_vector": [-0.157, -0.106], "score": True}, {"is_inlier", "anomaly_score"}),
    ("post", "/prediction", {"feature_vector": [66.3, None], "score": True}, {"is_inlier", "anomaly_score"}),
    ("get", "/model_information", None, {"n_estimators", "contamination", "random_state", "model"}),
]


class Visit:
    """A visit to the page, with what went wrong in the browser meanwhile."""

    def __init__(self, page: Page, service: Service):
        self.page, self.service = page, service
        self.elsewhere, self.complaints = [], []
        page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.context.route("**/*", self.guard)

    def guard(self, route) -> None:
        url = route.request.url
        if url.startswith((self.service.url, "data:", "blob:")):
            route.continue_()
            return
        self.elsewhere.append(url)
        route.abort()

    def open(self) -> None:
        self.page.goto(f"{self.service.url}/docs")
        self.page.locator(".opblock").first.wait_for()

    def operation(self, method: str, path: str) -> Locator:
        """The part of the page about an operation, opened."""
        block = self.page.locator(f".opblock-{method}", has=self.page.locator(f'[data-path="{path}"]')).first
        if "is-open" not in block.get_attribute("class"):
            block.locator(".opblock-summary").click()
        return block

    def try_out(self, method: str, path: str, body: dict | None) -> tuple[str, str]:
        """Presses "Try it out" and "Execute"; the answer and the curl command that the page shows."""
        block = self.operation(method, path)
        if block.get_by_role("button", name="Try it out").count():
            block.get_by_role("button", name="Try it out").click()
        if body is not None:
            block.locator("textarea.body-param__text").fill(json.dumps(body))
        with self.page.expect_response(lambda response: response.url.endswith(path)):
            block.get_by_role("button", name="Execute", exact=True).click()
        live = block.locator(".live-responses-table")
        live.wait_for()
        status = live.locator(".response-col_status").last.inner_text().split()[0]
        answer = live.locator(".response-col_description .highlight-code code, .response-col_description pre").first.inner_text()
        command = block.locator(".curl-command .curl").inner_text()
        return f"{status} {answer}", command


def in_shell(command: str) -> str:
    """What the command prints in a shell."""
    run = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=30)
    return run.stdout if run.returncode == 0 else f"{run.stdout} {run.stderr}"


def try_all(visit: Visit, checks: Checks, shots: Path | None) -> None:
    for i, (method, path, body, fields) in enumerate(TRIES):
        what = f"{method.upper()} {path} {json.dumps(body) if body else ''}".strip()
        shown, command = visit.try_out(method, path, body)
        status, _, answer = shown.partition(" ")
        content = json.loads(answer) if answer.startswith("{") else {}
        is_whole = fields <= content.keys() and (path != "/prediction" or fields == content.keys())
        checks.see(status == "200" and is_whole, f"{what}: the page shows {status} with {', '.join(content) or answer}")
        checks.see(command.startswith("curl"), f"{what}: the page shows the curl command")
        printed = in_shell(command)
        checks.see(printed.startswith("{") and json.loads(printed) == content, f"{what}: the command prints the same answer in a shell")
        if shots:
            visit.page.screenshot(path=shots / f"docs-{i + 1}.png", full_page=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", help="address of a running service on this machine")
    parser.add_argument("--screenshots", type=Path, help="folder to put pictures of the page into")
    arguments = parser.parse_args()
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not chromium:
        fail("chromium is not installed; on Debian: apt-get install chromium, or set CHROMIUM to its path")
    if arguments.screenshots:
        arguments.screenshots.mkdir(parents=True, exist_ok=True)
    checks = Checks()
    with given_or_running(arguments.url) as service, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        visit = Visit(browser.new_page(viewport={"width": 1280, "height": 1000}), service)
        visit.open()
        try_all(visit, checks, arguments.screenshots)
        checks.see(not visit.elsewhere, f"the page asks nobody else for anything {visit.elsewhere or ''}")
        checks.see(not visit.complaints, f"the browser has nothing to complain about {visit.complaints or ''}")
        browser.close()
    checks.end("the page /docs is")


if __name__ == "__main__":
    main()
