"""Listings of objects, page by page."""

import unittest

from cases import KEYS, Case, with_each_sdk

NAMES = ["a", "b/", "b/1", "b/2/x", "b/2/y", "b0", "c/1", "中/1", "中/2"]


@with_each_sdk
class Listings(Case):
    def fill(self, names):
        for name in names:
            self.client.put(self.bucket, name, b"")

    def test_any_name(self):
        self.fill(KEYS)
        for page in (1, 2, 1000):
            self.assertEqual(self.client.objects(self.bucket, page), sorted(KEYS, key=str.encode))

    def test_prefix_delimiter_and_marker(self):
        self.fill(NAMES)
        for page in (1, 2, 3, 1000):
            listed = lambda **options: self.client.objects(self.bucket, page, **options)
            self.assertEqual(listed(), NAMES)
            self.assertEqual(listed(delimiter="/"), ["a", "b/", "b0", "c/", "中/"])
            self.assertEqual(listed(prefix="b/", delimiter="/"), ["b/", "b/1", "b/2/"])
            self.assertEqual(listed(prefix="b"), NAMES[1:6])
            self.assertEqual(listed(marker="b/2/x"), NAMES[4:])
            self.assertEqual(listed(prefix="nothing"), [])

    def test_version_2(self):
        self.fill(NAMES)
        for page in (1, 2, 3, 1000):
            for owner in (False, True):
                listed = lambda **options: self.client.objects_v2(self.bucket, page, owner=owner, **options)
                self.assertEqual(listed(), [(name, owner) for name in NAMES])
                self.assertEqual(listed(start_after="b/2/x"), [(name, owner) for name in NAMES[4:]])
                rolled = [("b/", owner), ("b/1", owner), ("b/2/", False)]
                self.assertEqual(listed(prefix="b/", delimiter="/"), rolled)

    def test_deleted_objects_are_not_listed(self):
        self.fill(NAMES)
        self.assertEqual(self.client.delete_many(self.bucket, NAMES[:5]), sorted(NAMES[:5]))
        self.assertEqual(self.client.objects(self.bucket, 2), NAMES[5:])


if __name__ == "__main__":
    unittest.main()
