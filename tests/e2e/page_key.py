# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The msiv2 authors
"""The emulator's page before an admin listener with a key: argv is a private folder and the key."""
import os
import sys
import unittest

from browser import Browser

FOLDER, KEY = sys.argv[1:3]
ADMIN = os.environ["admin"]


class Key(unittest.TestCase):
    def test_the_page_asks_for_the_key_and_keeps_it_in_the_tab(self):
        with Browser(FOLDER) as browser:
            browser.open(ADMIN + "/")
            for word, title in (("wrong", "The admin key, please"), (KEY, "That is not the key")):
                browser.wait("const d = document.getElementById('key-dialog');"
                             "return d.open && d.innerText.includes(arguments[0])", title)
                # Without the key there is nothing to see, so the dialog does not go away.
                browser.keys("Escape")
                browser.wait("return document.getElementById('key-dialog').open &&"
                             " document.activeElement.id === 'key'")
                browser.keys(word, "Enter")
            browser.wait("return document.getElementById('live').dataset.state === 'live'")
            self.assertEqual(browser.run("return Object.values(sessionStorage)"), [KEY])
            self.assertNotIn(KEY, browser.run("return JSON.stringify({...localStorage}) +"
                                              "document.cookie + document.documentElement.outerHTML"
                                              " + document.getElementById('key').value"))
            self.assertTrue(browser.run("return location.href").endswith("/"))
            browser.open(ADMIN + "/#rules")
            browser.wait("return document.querySelectorAll('.rule').length > 30")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
