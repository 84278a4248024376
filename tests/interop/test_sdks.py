"""What the official SDKs must be able to do on the sandbox, each with both signature versions."""

import hashlib
import unittest
import urllib.error
import urllib.request

from adapters import ServiceError, clients

PART = b"p" * 102_400
KEYS = ["a b/c+d", "q'\"&<>", "中文/😀", "x%2Fy", "z"]


class Sdks(unittest.TestCase):
    def each(self, **changes):
        for client in clients(**changes):
            with self.subTest(client=client.name):
                yield client, f"bkt-{self._testMethodName.replace('_', '-')}-{client.name}"[:63]

    def refuses(self, code, work):
        with self.assertRaises(ServiceError) as caught:
            work()
        self.assertEqual(caught.exception.code, code)

    def test_objects(self):
        for client, bucket in self.each():
            client.make_bucket(bucket)
            self.assertIn(bucket, client.buckets(bucket))
            for key in KEYS:
                self.assertEqual(client.put(bucket, key, key.encode()), hashlib.md5(key.encode()).hexdigest().upper())
                self.assertEqual(client.get(bucket, key), key.encode())
            self.assertEqual(client.objects(bucket), sorted(KEYS, key=str.encode))
            self.assertEqual(sorted(client.delete(bucket, KEYS)), sorted(KEYS))
            self.refuses("NoSuchKey", lambda: client.get(bucket, "z"))

    def test_uploads(self):
        for client, bucket in self.each():
            client.make_bucket(bucket)
            started = sorted((key, client.initiate(bucket, key)) for key in KEYS for _ in range(3))
            started.sort(key=lambda upload: (upload[0].encode(), upload[1]))
            for page in (1, 2, 4, 1000):
                self.assertEqual(client.uploads(bucket, page), started)
            below = [upload for upload in started if upload[0].startswith("中文/")]
            self.assertEqual(client.uploads(bucket, 2, prefix="中文/"), below)
            flat = [upload for upload in started if "/" not in upload[0]]
            self.assertEqual(client.uploads(bucket, 2, delimiter="/"), flat)
            for key, upload_id in started:
                client.abort(bucket, key, upload_id)
                self.refuses("NoSuchUpload", lambda: client.abort(bucket, key, upload_id))
            self.assertEqual(client.uploads(bucket, 1000), [])

    def test_parts_and_complete(self):
        for client, bucket in self.each():
            client.make_bucket(bucket)
            key = "dir/中 文+.bin"
            upload_id = client.initiate(bucket, key)
            sent = {n: client.upload_part(bucket, key, upload_id, n, PART) for n in (7, 2, 10000)}
            sent[2] = client.upload_part(bucket, key, upload_id, 2, PART[1:] + b"q")
            expected = [(n, len(PART), sent[n]) for n in sorted(sent)]
            for page in (1, 2, 1000):
                self.assertEqual(client.parts(bucket, key, upload_id, page), expected)
            chosen = [(n, sent[n]) for n in (2, 10000)]
            self.refuses("InvalidPart", lambda: client.complete(bucket, key, upload_id, [(3, sent[2])]))
            self.refuses("NoSuchUpload", lambda: client.parts(bucket, "other", upload_id, 1000))
            digest = hashlib.md5("".join(etag for _, etag in chosen).encode()).hexdigest().upper()
            self.assertEqual(client.complete(bucket, key, upload_id, chosen), digest + "-2")
            self.assertEqual(client.get(bucket, key), PART[1:] + b"q" + PART)
            self.refuses("NoSuchUpload", lambda: client.parts(bucket, key, upload_id, 1000))

    def test_small_parts_are_refused_at_the_end(self):
        for client, bucket in self.each():
            client.make_bucket(bucket)
            upload_id = client.initiate(bucket, "k")
            parts = [(n, client.upload_part(bucket, "k", upload_id, n, b"small")) for n in (1, 2)]
            self.refuses("EntityTooSmall", lambda: client.complete(bucket, "k", upload_id, parts))
            self.refuses("InvalidArgument", lambda: client.upload_part(bucket, "k", upload_id, 10001, b"x"))

    def test_wrong_credentials(self):
        for client, bucket in self.each():
            client.make_bucket(bucket)
        for client, bucket in self.each(secret="wrong"):
            self.refuses("SignatureDoesNotMatch", lambda: client.uploads(bucket, 10))
        for client, bucket in self.each(key_id="nobody"):
            self.refuses("InvalidAccessKeyId", lambda: client.uploads(bucket, 10))
            self.refuses("NoSuchBucket", lambda: client.uploads("bkt-missing", 10))

    def test_presigned_urls(self):
        for client, bucket in self.each():
            client.make_bucket(bucket)
            client.put(bucket, "a b/中", b"content")
            url = client.presigned(bucket, "a b/中")
            self.assertEqual(urllib.request.urlopen(url).read(), b"content")
            with self.assertRaises(urllib.error.HTTPError) as caught:
                urllib.request.urlopen(url[:-6] + "AAAAAA")
            self.assertEqual(caught.exception.code, 403)


if __name__ == "__main__":
    unittest.main()
