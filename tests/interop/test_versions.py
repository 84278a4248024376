"""Buckets that keep versions."""

import unittest

from cases import PART, Case, with_each_sdk


@with_each_sdk
class Versions(Case):
    def setUp(self):
        super().setUp()
        self.client.put_versioning(self.bucket, "Enabled")

    def put(self, key, body):
        return self.client.put(self.bucket, key, body)["x-oss-version-id"]

    def at(self, key, version):
        return self.client.get(self.bucket, key, params={"versionId": version})[0]

    def test_status(self):
        self.assertEqual(self.client.versioning(self.bucket), "Enabled")
        self.client.put_versioning(self.bucket, "Suspended")
        self.assertEqual(self.client.versioning(self.bucket), "Suspended")

    def test_each_version_is_kept(self):
        ids = [self.put("k", str(n).encode()) for n in range(3)]
        self.assertEqual(len(set(ids)), 3)
        content, headers = self.client.get(self.bucket, "k")
        self.assertEqual((content, headers["x-oss-version-id"]), (b"2", ids[2]))
        for n, version in enumerate(ids):
            self.assertEqual(self.at("k", version), str(n).encode())
        self.assertEqual(self.client.head(self.bucket, "k", params={"versionId": ids[0]})["content-length"], "1")
        self.refuses("NoSuchVersion", lambda: self.at("k", "CAEQFFFFFFFFFFFFFFFF"))
        self.refuses("NoSuchVersion", lambda: self.at("l", ids[0]))

    def test_delete_markers(self):
        first = self.put("k", b"1")
        headers = self.client.delete(self.bucket, "k")
        self.assertEqual(headers["x-oss-delete-marker"], "true")
        marker = headers["x-oss-version-id"]
        self.refuses("NoSuchKey", lambda: self.client.get(self.bucket, "k"))
        self.refuses("MethodNotAllowed", lambda: self.at("k", marker))
        self.assertEqual(self.client.objects(self.bucket, 10), [])
        self.assertEqual(self.at("k", first), b"1")
        headers = self.client.delete(self.bucket, "k", marker)
        self.assertEqual((headers["x-oss-delete-marker"], headers["x-oss-version-id"]), ("true", marker))
        self.assertEqual(self.client.get(self.bucket, "k")[0], b"1")

    def test_a_version_is_removed_for_good(self):
        ids = [self.put("k", str(n).encode()) for n in range(3)]
        headers = self.client.delete(self.bucket, "k", ids[2])
        self.assertEqual(headers["x-oss-version-id"], ids[2])
        self.assertNotIn("x-oss-delete-marker", headers)
        self.assertEqual(self.client.get(self.bucket, "k")[0], b"1")
        self.client.delete(self.bucket, "k", ids[0])
        self.assertEqual(self.client.versions(self.bucket, 10), [("k", ids[1], True, False)])

    def test_versions_are_listed_newest_first(self):
        expected = []
        for key in ("a", "b/1", "b/2", "中"):
            ids = [self.put(key, b"") for _ in range(3)]
            expected += [(key, version, version == ids[-1], False) for version in reversed(ids)]
        for page in (1, 2, 4, 1000):
            self.assertEqual(self.client.versions(self.bucket, page), expected)
        self.assertEqual(self.client.versions(self.bucket, 2, prefix="b/"), expected[3:9])
        flat = self.client.versions(self.bucket, 2, delimiter="/")
        self.assertEqual(flat, expected[:3] + expected[9:])

    def test_markers_are_listed(self):
        version = self.put("k", b"")
        marker = self.client.delete(self.bucket, "k")["x-oss-version-id"]
        for page in (1, 2):
            listed = sorted(self.client.versions(self.bucket, page), key=lambda entry: entry[3])
            self.assertEqual(listed, [("k", version, False, False), ("k", marker, True, True)])

    def test_many_versions_are_deleted_at_once(self):
        ids = [self.put("k", b"") for _ in range(3)]
        deleted = self.client.delete_versions(self.bucket, [("k", ids[0]), ("k", ids[1])])
        self.assertEqual([(key, version) for key, version, *_ in deleted], [("k", ids[0]), ("k", ids[1])])
        ((key, _, is_marker, marker),) = self.client.delete_versions(self.bucket, [("k", "")])
        self.assertEqual((key, is_marker), ("k", True))
        ((_, version, is_marker, _),) = self.client.delete_versions(self.bucket, [("k", marker)])
        self.assertEqual((version, is_marker), (marker, True))
        self.assertEqual(self.client.versions(self.bucket, 10), [("k", ids[2], True, False)])

    def test_suspended_buckets_overwrite_the_null_version(self):
        kept = self.put("k", b"kept")
        self.client.put_versioning(self.bucket, "Suspended")
        for body in (b"1", b"2"):
            self.assertEqual(self.put("k", body), "null")
        listed = [("k", "null", True, False), ("k", kept, False, False)]
        self.assertEqual(self.client.versions(self.bucket, 10), listed)
        self.assertEqual(self.client.delete(self.bucket, "k")["x-oss-version-id"], "null")
        self.refuses("NoSuchKey", lambda: self.client.get(self.bucket, "k"))
        self.assertEqual(self.at("k", kept), b"kept")

    def test_old_versions_are_copied(self):
        old = self.put("k", b"old")
        self.put("k", b"new")
        headers = self.client.copy(self.bucket, "k", "l", version=old)
        self.assertEqual(headers["x-oss-copy-source-version-id"], old)
        self.assertEqual(self.client.get(self.bucket, "l")[0], b"old")

    def test_uploads_make_versions(self):
        first = self.put("k", b"old")
        upload_id = self.client.initiate(self.bucket, "k")
        etag = self.client.upload_part(self.bucket, "k", upload_id, 1, PART)
        self.client.complete(self.bucket, "k", upload_id, [(1, etag)])
        self.assertEqual(self.client.get(self.bucket, "k")[0], PART)
        self.assertEqual(self.at("k", first), b"old")

    def test_forbidding_to_overwrite_forbids_nothing(self):
        self.put("k", b"old")
        self.client.put(self.bucket, "k", b"new", {"x-oss-forbid-overwrite": "true"})
        self.assertEqual(self.client.get(self.bucket, "k")[0], b"new")


if __name__ == "__main__":
    unittest.main()
