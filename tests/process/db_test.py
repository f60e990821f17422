"""The ledger's file: copied, verified, brought up to date."""

import json
import sqlite3
import stat
import subprocess
import unittest

from replay_case import BINARY, ReplayCase


class Db(ReplayCase):
    def db(self, *words):
        return subprocess.run([str(BINARY), "db", *map(str, words)], capture_output=True, text=True, timeout=120)

    def ran(self):
        done = self.replay("run")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return self.work / "run"

    def test_a_copy_holds_the_same_books_and_never_replaces_a_file(self):
        run, copy = self.ran(), self.work / "copy.sqlite"

        done = self.db("backup", run, copy)

        self.assertEqual(done.returncode, 0, done.stderr)
        digest = done.stdout.split("digest ")[1].strip()
        self.assertIn(digest, self.db("check", run).stdout)
        self.assertEqual(stat.S_IMODE(copy.stat().st_mode), 0o600)
        again = self.db("backup", run, copy)
        self.assertEqual(again.returncode, 2)
        self.assertIn("exists already", again.stderr)
        answer = json.loads(self.db("check", copy, "--json").stdout)
        self.assertEqual((answer["ok"], answer["digest"], answer["problems"]), (True, digest, []))

    def test_a_copy_is_made_while_a_writer_is_at_work(self):
        run, copy = self.ran(), self.work / "copy.sqlite"
        writer = sqlite3.connect(run / "ledger.sqlite", isolation_level=None)
        self.addCleanup(writer.close)
        writer.execute("BEGIN IMMEDIATE")

        done = self.db("backup", run, copy)

        self.assertEqual(done.returncode, 0, done.stderr)
        writer.execute("ROLLBACK")

    def test_damage_is_found(self):
        ledger = self.ran() / "ledger.sqlite"
        with sqlite3.connect(ledger) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        with ledger.open("r+b") as file:
            file.seek(4096 * 3)
            file.write(b"\xff" * 4096)

        done = self.db("check", ledger)

        self.assertIn(done.returncode, (1, 5), done.stdout + done.stderr)
        copied = self.db("backup", ledger, self.work / "copy.sqlite")
        self.assertNotEqual(copied.returncode, 0)
        self.assertFalse((self.work / "copy.sqlite").exists())

    def test_migrating_what_is_new_changes_nothing(self):
        run = self.ran()
        before = self.db("check", run).stdout

        done = self.db("migrate", run, "--json")

        answer = json.loads(done.stdout)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(answer["schema"], answer["schema_before"])
        self.assertEqual(self.db("check", run).stdout, before)

    def test_what_is_no_ledger_is_refused(self):
        text = self.work / "text"
        text.write_text("no database, but long enough to look like one\n" * 100)

        done = self.db("check", text)

        self.assertEqual(done.returncode, 5)
        self.assertIn("text", done.stderr)


if __name__ == "__main__":
    unittest.main()
