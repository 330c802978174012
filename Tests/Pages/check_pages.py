"""The pages of reconcile-serve in a real browser: how they look, what they load, who can use them.

    check_pages.py PROGRAMS AXE PICTURES [--docs]

PROGRAMS is the folder with reconcile, reconcile-serve and sandbox; AXE the file axe.min.js. The pictures of every page,
at each width, light and dark, are written to PICTURES; --docs writes those that docs/ shows.
"""

import base64
import contextlib
import http.client
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

import backups
from browser import Browser

PROGRAMS, AXE, PICTURES = (pathlib.Path(argument).resolve() for argument in sys.argv[1:4])
DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs" if "--docs" in sys.argv else None
# Pictures are made of all, in this order; axe-core looks at some, as little differs between the others.
LOOKS = [(360, "light"), (360, "dark"), (800, "light"), (1400, "light"), (1400, "dark")]
CHECKED = [(360, "light"), (1400, "light"), (1400, "dark")]
PAGES = {
    "overview": "/", "packages": "/-/packages", "repository": "/-/packages/releases",
    "group": "/-/packages/releases/com.acme.platform",
    "package": "/-/packages/releases/com.acme.billing/billing-api",
    "version": "/-/packages/releases/com.acme.billing/billing-core/1.10.0",
    "mutated": "/-/packages/releases/com.acme.billing/billing-api/1.9.3",
    "deleted": "/-/packages/releases/com.acme.billing/billing-core/1.2.0",
    "unprotected": "/-/unprotected", "runs": "/-/runs", "verifications": "/-/verifications", "drills": "/-/drills", "state": "/-/state",
    "search": "/-/search?q=billing", "search-file": "/-/search?q=billing-api-1.0.0.jar", "search-none": "/-/search",
    "absent": "/-/packages/none",
}


def await_pages(address):
    """Waits until the backup was read for its pages: before, they say that it is being read, by a 503."""
    while True:
        try:
            urllib.request.urlopen(urllib.request.Request(address, headers={"Accept": "text/html"})).close()
            return
        except urllib.error.HTTPError as refused:
            refused.close()
            if refused.code != 503:
                return
            time.sleep(0.05)


@contextlib.contextmanager
def serving(backup, *arguments, token=None):
    environment = {"PATH": "/usr/bin:/bin"} | ({"RECONCILE_SERVE_TOKEN": token} if token else {})
    # Without a line for each request, which nobody reads from the pipe.
    command = [PROGRAMS / "reconcile-serve", "--domain", "my-domain", "--backup", f"file://{backup}"]
    server = subprocess.Popen([*command, "--listen", "127.0.0.1:0", "--log-format", "json", "--log-level", "notice", *arguments],
                              env=environment, stderr=subprocess.PIPE, text=True)
    try:
        lines = (json.loads(line) for line in server.stderr)
        address = next(line["address"] for line in lines if line["message"] == "serving")
        serving.process = server.pid
        await_pages(f"http://{address}")
        yield f"http://{address}"
    finally:
        server.terminate()
        server.wait()
        server.stderr.close()


class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.work = tempfile.TemporaryDirectory(prefix="pages-")
        work = pathlib.Path(cls.work.name)
        cls.backup = backups.company(PROGRAMS, work)
        cls.hostile = work / "hostile"
        shutil.copytree(cls.backup, cls.hostile)
        backups.hostile(cls.hostile)
        cls.browser = Browser()
        PICTURES.mkdir(parents=True, exist_ok=True)

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()
        cls.work.cleanup()

    def visit(self, address, path):
        """Opens a page that must be quiet: nothing from elsewhere, no error, no dialog."""
        self.browser.open(address + path)
        self.assertEqual([url for url in self.browser.requests if not url.startswith(f"{address}/")], [], path)
        self.assertEqual(self.browser.dialogs, [], path)
        # A page that is not there is said by its status, which the browser notes.
        self.assertEqual([text for text in self.browser.errors if "404" not in text], [], path)

    def fits(self, path):
        wide = self.browser.evaluate(
            "document.documentElement.scrollWidth > innerWidth ? [...document.querySelectorAll('body *')]"
            ".filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 120)) : []"
        )
        self.assertEqual(wide, [], f"{path} is wider than the screen")
        out = self.browser.evaluate(
            "[...document.querySelectorAll('main tbody td, main tbody th, main dd, main li, main p, main pre')].filter(e => "
            "e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline' && e.clientWidth > 1)"
            ".map(e => e.outerHTML.slice(0, 160))"
        )
        self.assertEqual(out, [], f"{path}: text leaves its box")

    def test_every_page_fits_and_can_be_used_by_everybody(self):
        axe = AXE.read_text()
        with serving(self.backup) as address:
            pages = dict(PAGES)
            for kind in ["runs", "verifications", "drills"]:
                self.browser.open(f"{address}/-/{kind}")
                pages[kind[:-1]] = self.browser.evaluate(f"document.querySelector('tbody a').getAttribute('href')")
            for name, path in pages.items():
                for width, scheme in LOOKS:
                    self.browser.show(width, scheme=scheme)
                    if scheme == "light":
                        self.visit(address, path)
                        self.fits(path)
                    (PICTURES / f"{name}-{width}-{scheme}.png").write_bytes(self.browser.picture())
                    if (width, scheme) not in CHECKED:
                        continue
                    if not self.browser.evaluate("typeof axe === 'object'"):
                        self.browser.evaluate(axe + "; 0")
                    found = self.browser.evaluate(
                        "axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.map(v => "
                        "[v.id, v.impact, v.nodes.slice(0, 3).map(n => n.html + ' ' + n.failureSummary)]))"
                    )
                    self.assertEqual(found, [], f"{path} at {width}, {scheme}")
                self.assertEqual(self.browser.evaluate("document.querySelectorAll('script, iframe, object').length"), 0)
                self.assertEqual(self.browser.evaluate("document.querySelectorAll('h1').length"), 1, path)

    def test_the_state_of_the_backup_on_paper(self):
        with serving(self.backup) as address:
            self.browser.show(800, media="print")
            self.visit(address, "/-/state")
            shown = self.browser.evaluate("document.body.innerText")
            self.assertIn("State of the backup on ", shown)
            self.assertIn("Checked by", shown)
            self.assertNotIn("Skip to the content", self.browser.evaluate(
                "getComputedStyle(document.querySelector('header nav')).display === 'none' ? '' : 'Skip to the content'"))
            (PICTURES / "state-print.png").write_bytes(self.browser.picture())
            paper = self.browser.paper()
            self.assertTrue(paper.startswith(b"%PDF"))
            (PICTURES / "state.pdf").write_bytes(paper)
            self.browser.show(800)

    def test_the_keyboard_reaches_the_content_first(self):
        with serving(self.backup) as address:
            self.browser.show(1400)
            self.visit(address, "/")
            self.browser.press("Tab", 9)
            self.assertEqual(self.browser.evaluate("document.activeElement.textContent"), "Skip to the content")
            box = self.browser.evaluate("document.activeElement.getBoundingClientRect().left >= 0")
            self.assertTrue(box)
            self.browser.press("Tab", 9)
            self.assertIn("my-domain", self.browser.evaluate("document.activeElement.textContent"))
            style = self.browser.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            self.assertEqual(style, "solid")

    def test_the_pages_say_what_the_backup_is(self):
        with serving(self.backup) as address:
            self.browser.show(1400)
            self.visit(address, "/")
            text = self.browser.evaluate("document.body.innerText")
            self.assertIn("1 version not protected", text)
            self.assertIn(":2.0.0", text)
            self.visit(address, PAGES["deleted"])
            self.assertIn("Deleted in the domain", self.browser.evaluate("document.body.innerText"))
            self.visit(address, PAGES["version"])
            link = self.browser.evaluate("document.querySelector('a[download]').href")
            with urllib.request.urlopen(link) as answer:
                size = len(answer.read())
            self.assertGreater(size, 9_000)

    def test_hostile_names_are_inert(self):
        with serving(self.hostile) as address:
            self.browser.show(360)
            for path in ["/", "/-/packages", "/-/packages/releases", "/-/state"]:
                self.visit(address, path)
                self.fits(path)
            self.visit(address, "/-/packages/releases")
            links = self.browser.evaluate("[...document.querySelectorAll('tbody a')].map(a => a.getAttribute('href'))")
            self.assertEqual(len(links), len(backups.HOSTILE) + len(backups.LIBRARIES))
            for link in links:
                for _ in range(3):
                    self.visit(address, link)
                    self.fits(link)
                    self.assertEqual(self.browser.evaluate("document.querySelector('h1').innerText === 'Not found'"), False)
                    self.assertEqual(self.browser.evaluate(
                        "document.querySelectorAll('script, img, iframe, svg, b, [onload], [onerror], [onmouseover]').length"
                    ), 0, link)
                    text = self.browser.evaluate("document.documentElement.textContent")
                    self.assertFalse(set(text) & set("\u202e\u2066\u2067\u202d"), link)
                    link = self.browser.evaluate("document.querySelector('tbody a')?.getAttribute('href')")
                    if not link or not link.startswith("/-/"):
                        break
            for name in backups.HOSTILE:
                self.visit(address, f"/-/search?q={urllib.parse.quote(name)}")
                self.assertEqual(self.browser.evaluate("document.querySelectorAll('script, img, iframe, svg, b').length"), 0)
            self.visit(address, f"/-/packages/releases/{'w' * 240}/{'w' * 240}/{'w' * 240}")
            (PICTURES / "hostile-360.png").write_bytes(self.browser.picture())

    def test_a_browser_logs_in_with_the_token(self):
        with serving(self.backup, token="s3cret") as address:
            with self.assertRaises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(urllib.request.Request(address, headers={"Accept": "text/html"}))
            self.assertEqual(refused.exception.code, 401)
            self.assertEqual(refused.exception.headers["WWW-Authenticate"], 'Basic realm="my-domain"')
            refused.exception.close()
            login = base64.b64encode(b"aws:s3cret").decode()
            headers = {"Accept": "text/html", "Authorization": f"Basic {login}"}
            with urllib.request.urlopen(urllib.request.Request(address, headers=headers)) as answer:
                self.assertIn("frame-ancestors 'none'", answer.headers["Content-Security-Policy"])
            self.browser.show(800)
            # The address carries the login once; the style sheet is asked for with it.
            self.browser.open(address.replace("http://", "http://aws:s3cret@"))
            self.assertEqual(self.browser.evaluate("document.styleSheets[0].cssRules.length > 20"), True)

    def test_a_build_sees_no_page_and_pages_can_be_left_out(self):
        for arguments, expected in [((), 200), (("--no-pages",), 404)]:
            with serving(self.backup, *arguments) as address:
                host = urllib.parse.urlsplit(address).netloc

                def status(method, path, agent, accept="text/html"):
                    connection = http.client.HTTPConnection(host)
                    connection.request(method, path, headers={"User-Agent": agent, "Accept": accept})
                    answer = connection.getresponse()
                    answer.read()
                    connection.close()
                    return answer.status

                for method in ["GET", "HEAD"]:
                    self.assertEqual(status(method, "/", "Mozilla/5.0"), expected)
                    self.assertEqual(status(method, "/", "Apache-Maven/3.8.7"), 404)
                    self.assertEqual(status(method, "/", "Mozilla/5.0", "*/*"), 404)
                    self.assertEqual(status(method, "/-/packages", "Mozilla/5.0"), expected)
                    file = "/releases/com/acme/billing/billing-api/1.0.0/billing-api-1.0.0.pom"
                    self.assertEqual(status(method, file, "Mozilla/5.0"), 200)

    def test_a_large_backup_is_shown_in_pages_and_in_bounded_memory(self):
        large = pathlib.Path(self.work.name) / "large"
        shutil.copytree(self.backup, large)
        backups.large(large, 600, 900)
        paths = [
            "/", "/-/packages/releases", "/-/packages/releases/group07", "/-/packages/releases/many/versions",
            "/-/packages/releases/many/versions?page=9", "/-/packages/releases/many/versions/1.899.0",
            "/-/search?q=package00599", "/-/search?q=versions-1.899.0.jar",
        ]
        with serving(large) as address:
            for _ in range(2):
                times = {}
                for path in paths:
                    begun = time.monotonic()
                    request = urllib.request.Request(address + path, headers={"Accept": "text/html"})
                    with urllib.request.urlopen(request) as answer:
                        size = len(answer.read())
                    times[path] = time.monotonic() - begun
                    self.assertLess(size, 150_000, path)
            (PICTURES / "large.json").write_text(json.dumps(times, indent=1))
            self.assertLess(max(times.values()), 2, times)
            status = pathlib.Path(f"/proc/{serving.process}/status").read_text()
            memory = int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])
            self.assertLess(memory, 160_000)

    def test_the_pictures_of_the_documents(self):
        if not DOCS:
            self.skipTest("only with --docs")
        (DOCS / "pictures").mkdir(exist_ok=True)
        with serving(self.backup) as address:
            for name, path in [("overview", "/"), ("version", PAGES["version"])]:
                self.browser.show(1100, scheme="light")
                self.visit(address, path)
                # It names a folder of the test.
                self.browser.evaluate("document.querySelector('footer').remove()")
                picture = self.browser.picture(1_300)
                self.assertLess(len(picture), 200_000)
                (DOCS / "pictures" / f"{name}.png").write_bytes(picture)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *(argument for argument in sys.argv[4:] if argument != "--docs")])
