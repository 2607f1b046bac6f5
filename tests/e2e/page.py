# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The msiv2 authors
"""The emulator's page in a browser. page.sh starts the emulator; argv[1] is a private folder."""
import json
import os
import re
import subprocess
import sys
import unittest
import urllib.error
import urllib.request

from browser import Browser

FOLDER = sys.argv[1]
ADMIN = os.environ["admin"]
VIEWS = ("exchanges", "hosts", "certificates", "tokens", "faults", "findings", "rules")
CHECKS = open(os.path.join(os.path.dirname(__file__), "page_checks.js"), encoding="utf-8").read()
SYSTEM = "a1a1a1a1-0000-4000-8000-000000000001"
VAULT = "https://vault.azure.net"
# Roles a person does something with; each needs a name.
ROLES = {"button", "link", "textbox", "searchbox", "combobox", "checkbox", "switch", "spinbutton"}

browser = None


def ask(method, path, body=None):
    """The JSON of an admin request, past the page."""
    request = urllib.request.Request(ADMIN + path, method=method,
                                     data=None if body is None else json.dumps(body).encode())
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def client(*args):
    """One run of the msiv2 command in memory."""
    return subprocess.run(
        [os.environ["MSIV2_BIN"] + "/msiv2", *args, "--keys", "memory", "--imds",
         os.environ["imds"], "--ca", os.environ["ca"]],
        capture_output=True, text=True, timeout=60, check=False)


def check(name):
    """One of page_checks.js, inside the page."""
    return browser.run(f"{CHECKS}\nreturn checks[arguments[0]]();", name)


def go(view):
    """Opens a view and waits until what it shows is from the emulator."""
    browser.run("location.hash = arguments[0]", view)
    browser.wait("return !document.getElementById('view-' + arguments[0]).hidden", view)


def text(selector):
    """The visible text of the first such element."""
    return browser.wait("const n = document.querySelector(arguments[0]); return n && n.innerText;",
                        selector, what=selector)


def wait_chip(view, word):
    """Waits until the first row of a list has that state."""
    browser.wait("return document.querySelector(`#view-${arguments[0]} .chip`)?.innerText"
                 " === arguments[1]", view, word, what=f"{view}: {word}")


def tab_to(selector, most=60):
    """Presses Tab until the focus is on such an element."""
    for _ in range(most):
        if browser.run("return document.activeElement.matches(arguments[0])", selector):
            return
        browser.keys("Tab")
    raise AssertionError(f"{most} presses of Tab do not lead to {selector}")


class Page(unittest.TestCase):
    """In each the world is new, and the page freshly loaded."""

    @classmethod
    def setUpClass(cls):
        global browser
        browser = Browser(FOLDER).__enter__()
        cls.addClassCleanup(browser.__exit__)

    def setUp(self):
        ask("POST", "/reset")
        browser.width(1280)
        browser.colours("light")
        browser.open("about:blank")
        browser.log("browser")
        browser.requests()
        browser.open(ADMIN + "/")
        browser.wait("return document.getElementById('live').dataset.state === 'live'")

    def tearDown(self):
        console = [entry["message"] for entry in browser.log("browser")]
        self.assertEqual(console, [], "the console is empty")
        strange = [url for url in browser.requests()
                   if not url.startswith((ADMIN + "/", "about:", "blob:", "data:"))]
        self.assertEqual(strange, [], "nothing is asked of anybody else")

    def test_a_flow_appears_while_it_happens(self):
        self.assertEqual(check("exchanges"), [])
        done = client("call", os.environ["resource"], "--resource", VAULT)
        self.assertEqual(done.returncode, 0, done.stderr)
        browser.wait("return document.querySelectorAll('.exchange').length === 4")
        self.assertEqual(check("exchanges"), [
            ["GET getplatformmetadata", "200", "to-1", ""],
            ["POST issuecredential", "200", "to-1", ""],
            ["POST token", "200", "to-3", ""],
            ["GET resource", "200", "to-4", ""]])

    def test_an_exchange_opens_with_enter_and_tells_everything(self):
        self.assertEqual(client("token", "--resource", VAULT).returncode, 0)
        browser.wait("return document.querySelectorAll('.exchange').length === 3")
        browser.run("document.querySelectorAll('.exchange')[2].focus()")
        browser.keys("Enter")
        shown = text(".exchange[aria-expanded=true] + .panel")
        event = ask("GET", "/journal?endpoint=token")["events"][0]
        for word in (event["path"], event["correlation_id"], event["tls"]["version"],
                     event["tls"]["cipher"], event["tls"]["client_certificate_sha256"],
                     event["token"]["jti"], "Content-Type", "localhost"):
            self.assertIn(word, shown)
        browser.keys("Enter")
        self.assertEqual(browser.run("return document.querySelectorAll("
                                     "'.exchange[aria-expanded=true]').length"), 0)

    def test_certificates_are_shown_decoded_and_can_be_revoked(self):
        client("token", "--resource", VAULT)
        go("certificates")
        browser.wait("return document.querySelector('#view-certificates .row')")
        browser.run("document.querySelector('#view-certificates .row').click()")
        shown = text("#view-certificates .panel")
        issued = ask("GET", "/certificates")["certificates"][0]
        for name in ("subject", "issuer", "serial", "not_before_text", "not_after_text", "sha256",
                     "x5t#S256", "client_id", "correlation_id"):
            self.assertIn(issued[name], shown)
        self.assertIn("CN=" + SYSTEM, shown)
        self.assertIn("clientAuth", shown)
        self.assertIn("digitalSignature", shown)
        self.assertEqual(text("#view-certificates .chip"), "valid")
        browser.run("document.querySelector('#view-certificates .panel .danger').focus()")
        browser.keys("Enter")
        wait_chip("certificates", "revoked")
        self.assertTrue(ask("GET", "/certificates")["certificates"][0]["revoked"])

    def test_tokens_are_shown_decoded_and_never_themselves(self):
        client("token", "--resource", VAULT)
        go("tokens")
        browser.wait("return document.querySelector('#view-tokens .row')")
        browser.run("document.querySelector('#view-tokens .row').click()")
        shown = text("#view-tokens .panel")
        claims = ask("GET", "/tokens")["tokens"][0]["claims"]
        for name in ("iss", "aud", "jti", "oid"):
            self.assertIn(claims[name], shown)
        self.assertIn("signature good", text("#view-tokens .row"))
        # SEC-01, in every view: nothing that looks like the token.
        for view in VIEWS:
            go(view)
            page = browser.run("return document.documentElement.outerHTML")
            self.assertIsNone(re.search(r"eyJ[\w-]{10,}\.", page), view)

    def test_a_fault_is_added_and_switched_by_keyboard_alone(self):
        browser.keys("Tab")
        self.assertEqual(check("focus")["what"], "Skip to the content")
        tab_to("#link-faults")
        browser.keys("Enter")
        browser.wait("return document.querySelectorAll('#fault-kind option').length > 20")
        tab_to("#fault-kind")
        browser.keys("http-status")
        self.assertEqual(browser.run("return document.getElementById('fault-kind').value"),
                         "http-status")
        tab_to("#fault-endpoint")
        browser.keys("token")
        tab_to("#view-faults .primary")
        browser.keys("Enter")
        browser.wait("return document.querySelector('[role=switch][aria-checked=true]')")
        self.assertNotEqual(client("token", "--resource", VAULT).returncode, 0)
        browser.wait("return document.querySelector('#view-faults .item .chip.fault')")
        browser.run("document.getElementById('main').focus()")
        tab_to("[role=switch]")
        browser.keys("Space")
        browser.wait("return document.querySelector('[role=switch][aria-checked=false]')")
        self.assertTrue(browser.run("return document.activeElement.matches('[role=switch]')"))
        self.assertFalse(ask("GET", "/faults")["faults"][0]["enabled"])
        self.assertEqual(client("token", "--resource", VAULT).returncode, 0)
        browser.keys("Space")
        browser.wait("return document.querySelector('[role=switch][aria-checked=true]')")
        go("exchanges")
        browser.wait("return document.querySelectorAll('.note').length === 4")
        self.assertEqual(
            browser.run("return [...document.querySelectorAll('.change')].map(n => n.innerText)"),
            ["The world is as it was at the start", "Fault http-status added", "Fault f1 off",
             "Fault f1 on"])
        self.assertIn("http-status", str(check("exchanges")))

    def test_the_clock_advances_and_certificates_and_tokens_expire(self):
        ask("POST", "/clock", {"frozen": True})
        client("token", "--resource", VAULT)
        before = ask("GET", "/clock")["now"]
        go("certificates")
        self.press("Half life")
        browser.wait("return document.querySelector('#said').innerText.includes('half')")
        issued = ask("GET", "/certificates")["certificates"][0]
        self.assertEqual(ask("GET", "/clock")["now"],
                         issued["issued"] + (issued["not_after"] - issued["issued"]) // 2)
        self.press("+1 day")
        self.wait_clock(before + 302400 + 86400)
        go("tokens")
        wait_chip("tokens", "expired")
        go("certificates")
        self.assertEqual(text("#view-certificates .chip"), "valid")
        self.press("+7 days")
        self.wait_clock(before + 302400 + 8 * 86400)
        wait_chip("certificates", "expired")
        self.press("+1 h")
        self.wait_clock(before + 302400 + 8 * 86400 + 3600)
        self.press("Freeze")
        browser.wait("return document.getElementById('freeze').ariaPressed === 'false'")
        self.assertFalse(ask("GET", "/clock")["frozen"])

    def test_half_life_goes_by_the_clock_as_it_is(self):
        ask("POST", "/clock", {"frozen": True})
        client("token", "--resource", VAULT)
        # A page that is paused does not see that somebody else moves the clock.
        self.show("hidden")
        browser.wait("return document.getElementById('live').dataset.state === 'paused'")
        ask("POST", "/clock", {"advance_s": 3600})
        self.press("Half life")
        browser.wait("return document.querySelector('#said').innerText.includes('half')")
        issued = ask("GET", "/certificates")["certificates"][0]
        self.assertEqual(ask("GET", "/clock")["now"],
                         issued["issued"] + (issued["not_after"] - issued["issued"]) // 2)

    def show(self, state):
        """The page is "visible" or "hidden" from now on."""
        browser.run("Object.defineProperty(document, 'visibilityState',"
                    " {value: arguments[0], configurable: true});"
                    "document.dispatchEvent(new Event('visibilitychange'))", state)

    def press(self, label):
        browser.run("for (const b of document.querySelectorAll('.clock button'))"
                    " if (b.innerText === arguments[0]) b.focus()", label)
        browser.keys("Enter")

    def wait_clock(self, seconds):
        browser.wait("return Math.floor(Date.parse(document.querySelector('.now').dateTime) / 1000)"
                     " === arguments[0]", seconds, what=f"clock at {seconds}")

    def test_hosts_change_by_their_switches(self):
        go("hosts")
        shown = text("#view-hosts .cards")
        for word in (SYSTEM, "system-assigned", "user-assigned", "/subscriptions/"):
            self.assertIn(word, shown)
        for label, value in (("Personality", "v1-only"), ("Attestation", "required")):
            browser.run("const s = document.querySelector(`select[data-focus=${arguments[0]}]`);"
                        "s.value = arguments[1]; s.dispatchEvent(new Event('change'))",
                        label, value)
            browser.wait("return document.getElementById('said').innerText.includes(arguments[0])",
                         value)
        host = ask("GET", "/world")["host"]
        self.assertEqual((host["personality"], host["attestation"]), ("v1-only", "required"))

    def test_findings_stand_by_rule_and_rules_have_switches(self):
        request = urllib.request.Request(os.environ["imds"] +
                                         "/metadata/identity/getplatformmetadata",
                                         headers={"Metadata": "true"})
        with self.assertRaises(urllib.error.HTTPError):
            urllib.request.urlopen(request, timeout=10)
        browser.wait("return document.querySelector('#badge-findings').innerText === '1'")
        go("findings")
        rule = next(rule for rule in ask("GET", "/rules")["rules"]
                    if rule["name"] == "metadata-api-version")
        shown = text("#view-findings .row")
        self.assertIn(f"{rule['id']}/{rule['name']}", shown)
        self.assertIn(rule["requirement"], shown)
        go("rules")
        browser.wait("return document.querySelectorAll('.rule').length > 30")
        browser.run("const s = document.querySelector('[aria-label=\"Mode of META-01/metadata-api-"
                    "version\"]'); s.value = 'off'; s.dispatchEvent(new Event('change'))")
        browser.wait("return document.getElementById('said').innerText.includes('off')")
        modes = {rule["name"]: rule["mode"] for rule in ask("GET", "/rules")["rules"]}
        self.assertEqual(modes["metadata-api-version"], "off")

    def test_what_a_client_sends_stays_text(self):
        evil = "<img src=x onerror=document.title='taken'>"
        request = urllib.request.Request(
            os.environ["imds"] + "/metadata/%3Cimg%3E",
            headers={"User-Agent": evil, "X-Evil": evil})
        with self.assertRaises(urllib.error.HTTPError):
            urllib.request.urlopen(request, timeout=10)
        browser.wait("return document.querySelectorAll('.exchange').length === 1")
        browser.run("document.querySelector('.exchange').click()")
        self.assertIn(evil, text(".exchange + .panel"))
        self.assertEqual(browser.run("return document.querySelectorAll('main img').length"), 0)
        self.assertNotIn("taken", browser.run("return document.title"))

    def test_reset_asks_first(self):
        client("token", "--resource", VAULT)
        browser.wait("return document.querySelectorAll('.exchange').length === 3")
        for answer, left in (("cancel", 3), ("reset", 0)):
            browser.run("document.getElementById('reset').focus()")
            browser.keys("Enter")
            browser.wait("return document.getElementById('reset-dialog').open")
            browser.run("document.querySelector(`#reset-dialog [value=${arguments[0]}]`).focus()",
                        answer)
            browser.keys("Enter")
            browser.wait("return !document.getElementById('reset-dialog').open &&"
                         " document.querySelectorAll('.exchange').length === arguments[0]", left)
        self.assertEqual(ask("GET", "/certificates")["certificates"], [])

    def test_a_hidden_page_asks_nothing(self):
        self.show("hidden")
        browser.wait("return document.getElementById('live').dataset.state === 'paused'")
        browser.requests()
        client("csr")
        self.assertEqual(ask("GET", "/journal/counts")["getplatformmetadata"], 1)
        self.assertEqual(browser.requests(), [])
        self.assertEqual(check("exchanges"), [])
        self.show("visible")
        browser.wait("return document.querySelectorAll('.exchange').length === 1")

    def every_view(self):
        """Each view with something in it, its first row open."""
        client("call", os.environ["resource"], "--resource", VAULT)
        ask("POST", "/clock", {"advance_s": 3600})
        ask("POST", "/faults", {"fault": "http-status", "endpoint": "token"})
        client("token", "--resource", VAULT)
        browser.wait("return document.querySelectorAll('.exchange').length >= 6")
        for view in VIEWS:
            go(view)
            browser.run("document.querySelector('#view-' + arguments[0] + ' .row[aria-expanded="
                        "false]')?.click()", view)
            yield view

    def test_colours_have_contrast_and_controls_have_names(self):
        for view in self.every_view():
            for scheme in ("light", "dark"):
                browser.colours(scheme)
                found = check("contrast")
                self.assertGreater(found["texts"], 10, view)
                self.assertEqual(found["problems"], [], f"{view}, {scheme}")
            tree = browser.command("Accessibility.getFullAXTree")["nodes"]
            controls = [node for node in tree
                        if not node["ignored"] and node["role"]["value"] in ROLES]
            self.assertGreater(len(controls), 10, view)
            nameless = [node for node in controls if not node.get("name", {}).get("value")]
            self.assertEqual(nameless, [], view)

    def test_nothing_sticks_out_at_400_pixels(self):
        browser.width(400)
        for view in self.every_view():
            self.assertLessEqual(check("overflow"), 0, view)

    def test_every_stop_of_the_tab_key_can_be_seen(self):
        client("token", "--resource", VAULT)
        browser.wait("return document.querySelectorAll('.exchange').length === 3")
        stops = []
        for _ in range(22):
            browser.keys("Tab")
            stop = check("focus")
            if stop["tag"] == "BODY":
                break
            self.assertTrue(stop["visible"], stop)
            stops.append(stop["what"])
        self.assertEqual(stops[:4], ["Skip to the content", "theme", "reset", "+1 h"])
        self.assertEqual(len(stops), len(set(stops)), "no stop comes twice")
        self.assertIn("filter", stops)

    def test_the_colours_can_be_chosen(self):
        paper = "return getComputedStyle(document.body).backgroundColor"
        light = browser.run(paper)
        browser.run("document.getElementById('theme').click()")
        dark = browser.run(paper)
        self.assertNotEqual(light, dark)
        browser.open(ADMIN + "/#rules")
        browser.wait("return document.querySelector('.rule')")
        self.assertEqual(browser.run(paper), dark)
        browser.colours("dark")
        browser.run("localStorage.clear(); location.reload()")
        browser.wait("return document.querySelector('.rule')")
        self.assertEqual(browser.run(paper), dark)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:])
