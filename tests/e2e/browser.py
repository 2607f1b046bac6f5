# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The msiv2 authors
"""A headless Chromium, driven over the WebDriver protocol (W3C) with nothing but the standard
library. One browser, one profile in a private folder, both gone at the end.

    with Browser(folder) as browser:
        browser.open("http://127.0.0.1:1234/")
        browser.wait("return document.title === 'ready'")
"""
import base64
import http.client
import json
import os
import shutil
import signal
import subprocess
import time

DRIVERS = ("chromedriver", "/usr/lib/chromium/chromedriver")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WAIT_S = 30
POLL_S = 0.02
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


def find(names):
    """The first program of these names there is, or None."""
    return next((path for path in map(shutil.which, names) if path), None)


class Failed(Exception):
    """The browser refused a command, or what was waited for did not come."""


class Browser:
    """One session. Scripts are function bodies: `return document.title`."""

    def __init__(self, folder, width=1280, height=900):
        self.folder = folder
        self.size = (width, height)
        self.driver = None
        self.session = None

    def __enter__(self):
        try:
            self._start_driver()
            self._start_session()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.session:
            try:
                self._send("DELETE", "")
            except (OSError, Failed, http.client.HTTPException):
                pass
        if self.driver:
            # Its own process group: what the browser left behind goes with it.
            try:
                os.killpg(self.driver.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.driver.wait()
            self.driver.stdout.close()

    def _start_driver(self):
        env = {name: value for name, value in os.environ.items()
               if not name.lower().endswith("_proxy")}
        env.update(HOME=self.folder, XDG_CONFIG_HOME=self.folder, XDG_CACHE_HOME=self.folder)
        self.driver = subprocess.Popen(
            [find(DRIVERS), "--port=0", "--allowed-ips=127.0.0.1"], env=env, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)
        # "ChromeDriver was started successfully on port 34567."
        for line in self.driver.stdout:
            if "started successfully on port" in line:
                self.port = int(line.split()[-1].rstrip("."))
                return
        raise Failed("chromedriver ended before it was ready")

    def _start_session(self):
        options = {
            "binary": find(BROWSERS),
            "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--no-first-run", "--disable-extensions", "--disable-background-networking",
                     "--disable-component-update", "--no-proxy-server", "--hide-scrollbars",
                     "--force-device-scale-factor=1", f"--user-data-dir={self.folder}/profile",
                     "--window-size={},{}".format(*self.size)],
        }
        wanted = {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options,
                                  "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}}
        answer = self._request("POST", "/session", {"capabilities": wanted})
        self.session = answer["sessionId"]

    def _request(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None,
                               {"Content-Type": "application/json"})
            answer = json.load(connection.getresponse())["value"]
        finally:
            connection.close()
        if isinstance(answer, dict) and answer.get("error"):
            raise Failed(answer["error"] + ": " + answer["message"].split("\n")[0])
        return answer

    def _send(self, method, path, body=None):
        return self._request(method, f"/session/{self.session}{path}", body)

    def open(self, url):
        """Loads a page."""
        self._send("POST", "/url", {"url": url})

    def run(self, script, *args):
        """Runs a script in the page; what it returns, as Python knows it."""
        return self._send("POST", "/execute/sync", {"script": script, "args": list(args)})

    def wait(self, script, *args, what=None):
        """Runs a script until it returns something true; that."""
        deadline = time.monotonic() + WAIT_S
        while True:
            value = self.run(script, *args)
            if value:
                return value
            if time.monotonic() > deadline:
                raise Failed(f"waited {WAIT_S} s for: {what or script}")
            time.sleep(POLL_S)

    def keys(self, *presses):
        """Presses keys one after the other, wherever the focus is: texts, or names of KEYS."""
        actions = []
        for press in presses:
            for key in KEYS.get(press, press):
                actions += [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        self._send("POST", "/actions", {"actions": [
            {"type": "key", "id": "keyboard", "actions": actions}]})

    def command(self, name, **params):
        """A command of the DevTools protocol, such as Emulation.setEmulatedMedia."""
        return self._send("POST", "/goog/cdp/execute", {"cmd": name, "params": params})

    def colours(self, scheme):
        """Prefers "light" or "dark" from now on."""
        self.command("Emulation.setEmulatedMedia",
                     features=[{"name": "prefers-color-scheme", "value": scheme}])

    def width(self, width, height=900):
        """The page is that wide from now on, in CSS pixels."""
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=height,
                     deviceScaleFactor=1, mobile=False)

    def log(self, kind):
        """What was logged since the last look: "browser" (console) or "performance" (network)."""
        return self._send("POST", "/se/log", {"type": kind})

    def requests(self):
        """The addresses asked for since the last look."""
        events = (json.loads(entry["message"])["message"] for entry in self.log("performance"))
        return [event["params"]["request"]["url"] for event in events
                if event["method"] == "Network.requestWillBeSent"]

    def screenshot(self, path):
        """Writes what is to be seen as PNG."""
        with open(path, "wb") as file:
            file.write(base64.b64decode(self._send("GET", "/screenshot")))


# The private-use characters by which WebDriver names keys.
KEYS = {"Tab": "\ue004", "Enter": "\ue007", "Space": " ", "Escape": "\ue00c", "Down": "\ue015",
        "Up": "\ue013", "Home": "\ue011", "End": "\ue010"}
