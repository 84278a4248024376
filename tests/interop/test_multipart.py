"""Multipart uploads: listed, continued, completed and aborted."""

import hashlib
import unittest

from cases import KEYS, PART, Case, with_each_sdk


def md5(body):
    return hashlib.md5(body).hexdigest().upper()


def multipart_etag(etags):
    return f"{md5(''.join(etags).encode())}-{len(etags)}"


@with_each_sdk
class Uploads(Case):
    def test_uploads_are_listed(self):
        started = [(key, self.client.initiate(self.bucket, key)) for key in KEYS for _ in range(3)]
        started.sort(key=lambda upload: (upload[0].encode(), upload[1]))
        for page in (1, 2, 4, 1000):
            self.assertEqual(self.client.uploads(self.bucket, page), started)
        below = [upload for upload in started if upload[0].startswith("中文/")]
        self.assertEqual(self.client.uploads(self.bucket, 2, prefix="中文/"), below)
        flat = [upload for upload in started if "/" not in upload[0]]
        self.assertEqual(self.client.uploads(self.bucket, 2, delimiter="/"), flat)

    def test_abort(self):
        kept, gone = self.client.initiate(self.bucket, "k"), self.client.initiate(self.bucket, "k")
        self.client.upload_part(self.bucket, "k", gone, 1, PART)
        self.client.abort(self.bucket, "k", gone)
        for work in (
            lambda: self.client.abort(self.bucket, "k", gone),
            lambda: self.client.parts(self.bucket, "k", gone, 10),
            lambda: self.client.upload_part(self.bucket, "k", gone, 1, PART),
            lambda: self.client.complete(self.bucket, "k", gone, [(1, md5(PART))]),
            lambda: self.client.abort(self.bucket, "other", kept),
        ):
            self.refuses("NoSuchUpload", work)
        self.assertEqual(self.client.uploads(self.bucket, 10), [("k", kept)])

    def test_parts_are_listed_by_number_and_the_last_of_a_number_counts(self):
        upload_id = self.client.initiate(self.bucket, "k")
        for number in (7, 2, 10000):
            self.client.upload_part(self.bucket, "k", upload_id, number, PART)
        etag = self.client.upload_part(self.bucket, "k", upload_id, 2, b"other")
        expected = [(2, 5, etag), (7, len(PART), md5(PART)), (10000, len(PART), md5(PART))]
        for page in (1, 2, 1000):
            self.assertEqual(self.client.parts(self.bucket, "k", upload_id, page), expected)

    def test_complete(self):
        key = "dir/中 文+.bin"
        given = {"Content-Type": "text/x-test", "x-oss-meta-a": "1", "x-oss-tagging": "t=1"}
        upload_id = self.client.initiate(self.bucket, key, given)
        bodies = {number: bytes([number]) * 102_400 for number in (1, 2, 3)}
        etags = {n: self.client.upload_part(self.bucket, key, upload_id, n, b) for n, b in bodies.items()}
        chosen = [(1, etags[1]), (3, etags[3])]
        etag = self.client.complete(self.bucket, key, upload_id, chosen)
        self.assertEqual(etag, multipart_etag([etags[1], etags[3]]))
        content, headers = self.client.get(self.bucket, key)
        self.assertEqual((content, headers["x-oss-object-type"]), (bodies[1] + bodies[3], "Multipart"))
        self.assertEqual((headers["content-type"], headers["x-oss-meta-a"]), ("text/x-test", "1"))
        self.assertEqual(self.client.tags(self.bucket, key), {"t": "1"})
        self.assertNotIn("content-md5", headers)
        whole = self.client.put(self.bucket, "whole", content)
        self.assertEqual(headers["x-oss-hash-crc64ecma"], whole["x-oss-hash-crc64ecma"])
        self.refuses("NoSuchUpload", lambda: self.client.parts(self.bucket, key, upload_id, 10))

    def test_complete_checks_its_list(self):
        upload_id = self.client.initiate(self.bucket, "k")
        etags = [self.client.upload_part(self.bucket, "k", upload_id, n, PART) for n in (1, 2)]
        complete = lambda *parts: lambda: self.client.complete(self.bucket, "k", upload_id, list(parts))
        self.refuses("InvalidPart", complete((3, etags[0])))
        self.refuses("InvalidPart", complete((1, md5(b"other"))))
        self.refuses("MalformedXML", complete())
        self.assertEqual(len(self.client.parts(self.bucket, "k", upload_id, 10)), 2)

    def test_complete_with_all_parts(self):
        upload_id = self.client.initiate(self.bucket, "k")
        etags = [self.client.upload_part(self.bucket, "k", upload_id, n, PART) for n in (3, 1)]
        etag = self.client.complete_all(self.bucket, "k", upload_id)
        self.assertEqual(etag, multipart_etag(etags[::-1]))
        self.assertEqual(self.client.get(self.bucket, "k")[0], PART * 2)

    def test_complete_with_no_parts_at_all(self):
        upload_id = self.client.initiate(self.bucket, "k")
        self.client.complete_all(self.bucket, "k", upload_id)
        self.assertEqual(self.client.get(self.bucket, "k")[0], b"")

    def test_completing_can_be_forbidden_to_overwrite(self):
        upload_id = self.client.initiate(self.bucket, "k")
        etag = self.client.upload_part(self.bucket, "k", upload_id, 1, PART)
        self.client.put(self.bucket, "k", b"old")
        forbid = {"x-oss-forbid-overwrite": "true"}
        self.refuses(
            "FileAlreadyExists",
            lambda: self.client.complete(self.bucket, "k", upload_id, [(1, etag)], forbid),
        )
        self.assertEqual(self.client.get(self.bucket, "k")[0], b"old")
        self.client.complete(self.bucket, "k", upload_id, [(1, etag)])

    def test_small_parts_are_refused_at_the_end(self):
        upload_id = self.client.initiate(self.bucket, "k")
        parts = [(n, self.client.upload_part(self.bucket, "k", upload_id, n, b"small")) for n in (1, 2)]
        self.refuses("EntityTooSmall", lambda: self.client.complete(self.bucket, "k", upload_id, parts))
        self.client.complete(self.bucket, "k", upload_id, parts[:1])

    def test_part_numbers_have_bounds(self):
        upload_id = self.client.initiate(self.bucket, "k")
        for number in (0, 10001):
            self.refuses(
                "InvalidArgument", lambda: self.client.upload_part(self.bucket, "k", upload_id, number, b"x")
            )

    def test_parts_are_copied(self):
        body = bytes(range(256)) * 1000
        self.client.put(self.bucket, "source/中", body)
        upload_id = self.client.initiate(self.bucket, "k")
        copy = lambda number, byte_range: self.client.copy_part(
            self.bucket, "source/中", byte_range, "k", upload_id, number
        )
        etags = [copy(1, (1000, 200_000)), copy(2, None)]
        self.assertEqual(etags, [md5(body[1000:200_001]), md5(body)])
        self.client.delete(self.bucket, "source/中")
        self.client.complete(self.bucket, "k", upload_id, list(enumerate(etags, 1)))
        self.assertEqual(self.client.get(self.bucket, "k")[0], body[1000:200_001] + body)

    def test_copies_of_parts_need_both_ends(self):
        upload_id = self.client.initiate(self.bucket, "k")
        copy = lambda upload_id: self.client.copy_part(self.bucket, "s", None, "k", upload_id, 1)
        self.refuses("NoSuchKey", lambda: copy(upload_id))
        self.client.put(self.bucket, "s", b"content")
        self.refuses("NoSuchUpload", lambda: copy("0" * 32))


if __name__ == "__main__":
    unittest.main()
