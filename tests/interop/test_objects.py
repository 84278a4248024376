"""Objects: what is written is read, under conditions, in ranges, by copies and links."""

import base64
import hashlib
import unittest

from cases import KEYS, Case, with_each_sdk

LATER = "Fri, 01 Jan 2100 00:00:00 GMT"
EARLIER = "Sat, 01 Jan 2000 00:00:00 GMT"


@with_each_sdk
class Objects(Case):
    def test_what_is_written_is_read(self):
        for key in KEYS:
            body = key.encode()
            headers = self.client.put(self.bucket, key, body)
            self.assertEqual(headers["etag"], f'"{hashlib.md5(body).hexdigest().upper()}"')
            content, read = self.client.get(self.bucket, key)
            self.assertEqual((content, read["etag"]), (body, headers["etag"]))
            self.assertEqual(read["content-md5"], base64.b64encode(hashlib.md5(body).digest()).decode())
            self.assertEqual(read["x-oss-hash-crc64ecma"], headers["x-oss-hash-crc64ecma"])
        self.assertEqual(self.client.delete_many(self.bucket, KEYS), sorted(KEYS))
        self.refuses("NoSuchKey", lambda: self.client.get(self.bucket, "z"))

    def test_large_objects_are_streamed(self):
        body = bytes(range(256)) * 20_000
        self.client.put(self.bucket, "k", body)
        self.assertEqual(self.client.get(self.bucket, "k")[0], body)
        first, last = 70_000, 4_000_000
        content, _ = self.client.get(self.bucket, "k", {"Range": f"bytes={first}-{last}"})
        self.assertEqual(content, body[first : last + 1])

    def test_headers_are_given_back(self):
        headers = {
            "Cache-Control": "no-cache",
            "Content-Disposition": "attachment; filename=a.txt",
            "Content-Encoding": "identity",
            "Content-Type": "text/x-test",
            "Expires": LATER,
            "x-oss-meta-author": "somebody",
            "x-oss-storage-class": "IA",
        }
        self.client.put(self.bucket, "k", b"content", headers)
        for read in (self.client.head(self.bucket, "k"), self.client.get(self.bucket, "k")[1]):
            self.assertEqual({name: read[name.lower()] for name in headers}, headers)

    def test_meta_is_short(self):
        self.client.put(self.bucket, "k", b"content", {"x-oss-meta-a": "1"})
        meta = self.client.meta(self.bucket, "k")
        self.assertEqual(meta["content-length"], "7")
        self.assertNotIn("x-oss-meta-a", meta)

    def test_missing_objects(self):
        self.refuses("NoSuchKey", lambda: self.client.get(self.bucket, "k"))
        self.answers(404, lambda: self.client.head(self.bucket, "k"))
        self.client.delete(self.bucket, "k")

    def test_ranges(self):
        self.client.put(self.bucket, "k", b"0123456789")
        for header, expected in [
            ("bytes=2-4", b"234"),
            ("bytes=7-", b"789"),
            ("bytes=-3", b"789"),
            ("bytes=1-2,a-c", b"12"),
            ("bytes=5-99", b"0123456789"),
            ("bytes=20-", b"0123456789"),
            ("bytes=4-2", b"0123456789"),
            ("rubbish", b"0123456789"),
        ]:
            content, headers = self.client.get(self.bucket, "k", {"Range": header})
            self.assertEqual((header, content), (header, expected))
            self.assertEqual("content-range" in headers, len(expected) < 10)

    def test_strict_ranges(self):
        self.client.put(self.bucket, "k", b"0123456789")
        strict = {"x-oss-range-behavior": "standard"}
        content, headers = self.client.get(self.bucket, "k", {"Range": "bytes=5-99", **strict})
        self.assertEqual((content, headers["content-range"]), (b"56789", "bytes 5-9/10"))
        self.refuses(
            "InvalidRange", lambda: self.client.get(self.bucket, "k", {"Range": "bytes=20-", **strict})
        )

    def test_conditions(self):
        etag = self.client.put(self.bucket, "k", b"content")["etag"]
        for headers in (
            {"If-Match": etag},
            {"If-None-Match": '"other"'},
            {"If-Modified-Since": EARLIER},
            {"If-Unmodified-Since": LATER},
        ):
            self.assertEqual(self.client.get(self.bucket, "k", headers)[0], b"content")
        for headers in ({"If-Match": '"other"'}, {"If-Unmodified-Since": EARLIER}):
            self.refuses("PreconditionFailed", lambda: self.client.get(self.bucket, "k", headers))
            self.answers(412, lambda: self.client.head(self.bucket, "k", headers))
        for headers in ({"If-None-Match": etag}, {"If-Modified-Since": LATER}):
            self.answers(304, lambda: self.client.get(self.bucket, "k", headers))
            self.answers(304, lambda: self.client.head(self.bucket, "k", headers))

    def test_answers_can_be_told_their_headers(self):
        self.client.put(self.bucket, "k", b"content", {"Content-Type": "text/plain"})
        told = {
            "response-content-type": "text/html",
            "response-cache-control": "max-age=1",
            "response-content-disposition": "inline",
            "response-content-language": "zh",
            "response-expires": LATER,
        }
        _, headers = self.client.get(self.bucket, "k", params=told)
        self.assertEqual({name: headers[name.removeprefix("response-")] for name in told}, told)

    def test_overwriting_can_be_forbidden(self):
        forbid = {"x-oss-forbid-overwrite": "true"}
        self.client.put(self.bucket, "k", b"old", forbid)
        for work in (
            lambda: self.client.put(self.bucket, "k", b"new", forbid),
            lambda: self.client.copy(self.bucket, "k", "k", forbid),
            lambda: self.client.put_symlink(self.bucket, "k", "k", forbid),
            lambda: self.client.initiate(self.bucket, "k", forbid),
        ):
            self.refuses("FileAlreadyExists", work)
        self.assertEqual(self.client.get(self.bucket, "k")[0], b"old")

    def test_content_md5(self):
        right = base64.b64encode(hashlib.md5(b"content").digest()).decode()
        self.client.put(self.bucket, "k", b"content", {"Content-MD5": right})
        wrong = base64.b64encode(hashlib.md5(b"other").digest()).decode()
        self.refuses(
            "InvalidDigest", lambda: self.client.put(self.bucket, "l", b"content", {"Content-MD5": wrong})
        )
        self.refuses("NoSuchKey", lambda: self.client.get(self.bucket, "l"))

    def test_storage_classes_and_acls_are_checked(self):
        for headers in ({"x-oss-storage-class": "Rubbish"}, {"x-oss-object-acl": "rubbish"}):
            self.refuses("InvalidArgument", lambda: self.client.put(self.bucket, "k", b"", headers))

    def test_append(self):
        pieces, position = [b"one", b"", b"three" * 1000], 0
        for piece in pieces:
            headers = self.client.append(self.bucket, "k", position, piece)
            position += len(piece)
            self.assertEqual(headers["x-oss-next-append-position"], str(position))
        content, headers = self.client.get(self.bucket, "k")
        self.assertEqual((content, headers["x-oss-object-type"]), (b"".join(pieces), "Appendable"))
        whole = self.client.put(self.bucket, "whole", content)
        self.assertEqual(headers["x-oss-hash-crc64ecma"], whole["x-oss-hash-crc64ecma"])
        self.assertEqual(self.client.head(self.bucket, "k")["x-oss-next-append-position"], str(position))

    def test_append_at_the_wrong_place(self):
        self.refuses("PositionNotEqualToLength", lambda: self.client.append(self.bucket, "k", 3, b"x"))
        self.client.append(self.bucket, "k", 0, b"abc")
        self.refuses("PositionNotEqualToLength", lambda: self.client.append(self.bucket, "k", 0, b"x"))
        self.client.put(self.bucket, "k", b"abc")
        self.refuses("ObjectNotAppendable", lambda: self.client.append(self.bucket, "k", 3, b"x"))

    def test_copy(self):
        source = "a b/中+%"
        given = {"Content-Type": "text/x-test", "x-oss-meta-a": "1", "x-oss-tagging": "t=1"}
        etag = self.client.put(self.bucket, source, b"content", given)["etag"]
        self.assertEqual(self.client.copy(self.bucket, source, "k")["etag"], etag)
        self.client.delete(self.bucket, source)
        content, headers = self.client.get(self.bucket, "k")
        self.assertEqual((content, headers["etag"]), (b"content", etag))
        self.assertEqual((headers["content-type"], headers["x-oss-meta-a"]), ("text/x-test", "1"))
        self.assertEqual(self.client.tags(self.bucket, "k"), {"t": "1"})

    def test_copy_with_other_metadata(self):
        given = {"Content-Type": "text/x-test", "x-oss-meta-a": "1", "x-oss-tagging": "t=1"}
        self.client.put(self.bucket, "k", b"content", given)
        changes = {
            "x-oss-metadata-directive": "REPLACE",
            "x-oss-meta-b": "2",
            "x-oss-tagging-directive": "Replace",
            "x-oss-tagging": "u=2",
            "x-oss-storage-class": "IA",
        }
        self.client.copy(self.bucket, "k", "l", changes)
        headers = self.client.head(self.bucket, "l")
        self.assertNotIn("x-oss-meta-a", headers)
        self.assertEqual((headers["x-oss-meta-b"], headers["x-oss-storage-class"]), ("2", "IA"))
        self.assertEqual(self.client.tags(self.bucket, "l"), {"u": "2"})

    def test_a_copy_onto_itself_keeps_its_acl(self):
        self.client.put(self.bucket, "k", b"content", {"x-oss-object-acl": "public-read"})
        self.client.copy(self.bucket, "k", "k", {"x-oss-metadata-directive": "REPLACE", "x-oss-meta-a": "1"})
        self.assertEqual(self.client.acl(self.bucket, "k"), "public-read")
        self.client.copy(self.bucket, "k", "l")
        self.assertEqual(self.client.acl(self.bucket, "l"), "default")

    def test_copy_conditions(self):
        etag = self.client.put(self.bucket, "k", b"content")["etag"]
        prefix = "x-oss-copy-source-"
        for name, value in [("if-match", etag), ("if-none-match", '"o"'), ("if-modified-since", EARLIER)]:
            self.client.copy(self.bucket, "k", "l", {prefix + name: value})
        for name, value in [("if-match", '"o"'), ("if-unmodified-since", EARLIER)]:
            self.refuses(
                "PreconditionFailed", lambda: self.client.copy(self.bucket, "k", "l", {prefix + name: value})
            )
        for name, value in [("if-none-match", etag), ("if-modified-since", LATER)]:
            self.answers(304, lambda: self.client.copy(self.bucket, "k", "l", {prefix + name: value}))

    def test_copy_of_nothing(self):
        self.refuses("NoSuchKey", lambda: self.client.copy(self.bucket, "k", "l"))

    def test_symlinks(self):
        self.client.put(self.bucket, "target/中", b"content", {"x-oss-meta-a": "1"})
        self.client.put_symlink(self.bucket, "target/中", "link", {"x-oss-meta-b": "2"})
        self.assertEqual(self.client.symlink(self.bucket, "link"), "target/中")
        content, headers = self.client.get(self.bucket, "link")
        self.assertEqual((content, headers["x-oss-object-type"]), (b"content", "Symlink"))
        self.assertEqual(headers["x-oss-meta-b"], "2")
        self.assertEqual(self.client.head(self.bucket, "link")["content-length"], "7")
        self.refuses("NotSymlink", lambda: self.client.symlink(self.bucket, "target/中"))
        self.client.delete(self.bucket, "target/中")
        self.refuses("SymlinkTargetNotExist", lambda: self.client.get(self.bucket, "link"))
        self.client.put_symlink(self.bucket, "link", "link2")
        self.refuses("InvalidTargetType", lambda: self.client.get(self.bucket, "link2"))

    def test_tags(self):
        self.client.put(self.bucket, "k", b"", {"x-oss-tagging": "a=1&b%20c=%E4%B8%AD"})
        self.assertEqual(self.client.tags(self.bucket, "k"), {"a": "1", "b c": "中"})
        self.assertEqual(self.client.head(self.bucket, "k")["x-oss-tagging-count"], "2")
        self.client.put_tags(self.bucket, "k", {"d": ""})
        self.assertEqual(self.client.tags(self.bucket, "k"), {"d": ""})
        self.client.delete_tags(self.bucket, "k")
        self.assertEqual(self.client.tags(self.bucket, "k"), {})
        many = {str(n): "" for n in range(11)}
        self.refuses("InvalidTag", lambda: self.client.put_tags(self.bucket, "k", many))

    def test_acls(self):
        self.client.put(self.bucket, "k", b"")
        self.assertEqual(self.client.acl(self.bucket, "k"), "default")
        for acl in ("private", "public-read", "public-read-write", "default"):
            self.client.put_acl(self.bucket, "k", acl)
            self.assertEqual(self.client.acl(self.bucket, "k"), acl)
        self.refuses("NoSuchKey", lambda: self.client.acl(self.bucket, "l"))

    def test_archived_objects_are_restored_first(self):
        self.client.put(self.bucket, "k", b"content", {"x-oss-storage-class": "Archive"})
        self.refuses("InvalidObjectState", lambda: self.client.get(self.bucket, "k"))
        self.refuses("InvalidObjectState", lambda: self.client.copy(self.bucket, "k", "l"))
        self.assertEqual(self.client.restore(self.bucket, "k"), 202)
        self.assertEqual(self.client.head(self.bucket, "k")["x-oss-restore"], 'ongoing-request="true"')
        self.refuses("RestoreAlreadyInProgress", lambda: self.client.restore(self.bucket, "k"))
        self.client.put(self.bucket, "s", b"content")
        self.refuses("OperationNotSupported", lambda: self.client.restore(self.bucket, "s"))


if __name__ == "__main__":
    unittest.main()
