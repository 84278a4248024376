"""Buckets, signatures and presigned URLs."""

import unittest
import urllib.error
import urllib.parse
import urllib.request

from cases import Case, with_each_sdk


@with_each_sdk
class Buckets(Case):
    def test_buckets_are_listed_page_by_page(self):
        names = [f"{self.bucket}-{n}" for n in range(5)]
        for name in names:
            self.client.make_bucket(name)
        self.assertEqual(self.client.buckets(self.bucket), [self.bucket, *names])

    def test_class_acl_and_versioning_are_said(self):
        name = f"{self.bucket}-ia"
        self.client.make_bucket(name, "IA", "public-read")
        self.assertEqual(self.client.bucket_info(name)[:2], ("IA", "public-read"))
        self.client.put_versioning(name, "Enabled")
        self.assertEqual(self.client.bucket_info(name)[2], "Enabled")
        self.refuses("BucketAlreadyExists", lambda: self.client.make_bucket(name, "Archive"))

    def test_objects_have_the_class_of_their_bucket(self):
        name = f"{self.bucket}-ia"
        self.client.make_bucket(name, "IA")
        self.client.put(name, "k", b"content")
        self.assertEqual(self.client.head(name, "k")["x-oss-storage-class"], "IA")

    def test_acl(self):
        self.assertEqual(self.client.bucket_acl(self.bucket), "private")
        self.client.put_bucket_acl(self.bucket, "public-read-write")
        self.assertEqual(self.client.bucket_acl(self.bucket), "public-read-write")

    def test_tags(self):
        if not hasattr(getattr(self.client, "client", None), "get_bucket_tags") and self.kind.name != "oss2":
            self.skipTest("this SDK has no such call")
        self.assertEqual(self.client.bucket_tags(self.bucket), {})
        self.client.put_bucket_tags(self.bucket, {"a": "1", "b c": "中"})
        self.assertEqual(self.client.bucket_tags(self.bucket), {"a": "1", "b c": "中"})

    def test_an_acl_makes_a_bucket(self):
        name = f"{self.bucket}-new"
        self.client.put_bucket_acl(name, "public-read")
        self.assertEqual(self.client.bucket_acl(name), "public-read")
        self.client.delete_bucket(name)

    def test_what_is_in_a_bucket_is_counted(self):
        self.client.put(self.bucket, "k", b"12345")
        self.client.initiate(self.bucket, "u")
        self.assertEqual(self.client.bucket_stat(self.bucket), (1, 5, 1))

    def test_only_an_empty_bucket_goes(self):
        upload_id = self.client.initiate(self.bucket, "u")
        self.refuses("BucketNotEmpty", lambda: self.client.delete_bucket(self.bucket))
        self.client.abort(self.bucket, "u", upload_id)
        self.client.put(self.bucket, "k", b"")
        self.refuses("BucketNotEmpty", lambda: self.client.delete_bucket(self.bucket))
        self.client.delete(self.bucket, "k")
        self.client.delete_bucket(self.bucket)
        self.refuses("NoSuchBucket", lambda: self.client.get(self.bucket, "k"))

    def test_wrong_credentials(self):
        def other(**changes):
            client = self.kind(self.version, **changes)
            self.addCleanup(client.close)
            return client

        self.refuses("SignatureDoesNotMatch", lambda: other(secret="wrong").uploads(self.bucket, 10))
        self.refuses("InvalidAccessKeyId", lambda: other(key_id="nobody").uploads(self.bucket, 10))
        self.refuses("NoSuchBucket", lambda: other(key_id="nobody").uploads("bkt-missing", 10))

    def test_presigned_urls(self):
        self.client.put(self.bucket, "a b/中", b"content")
        url = self.client.presigned(self.bucket, "a b/中")
        self.assertEqual(urllib.request.urlopen(url).read(), b"content")
        name, signature = next(
            (name, value)
            for name, value in urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query)
            if name.lower() in ("signature", "x-oss-signature")
        )
        forged = ("B" if signature[0] == "A" else "A") + signature[1:]
        before, after = (f"{name}={urllib.parse.quote(text, safe='')}" for text in (signature, forged))
        self.assertIn(before, url)
        with self.assertRaises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(url.replace(before, after))
        self.assertEqual(caught.exception.code, 403)


if __name__ == "__main__":
    unittest.main()
