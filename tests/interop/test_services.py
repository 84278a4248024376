"""What surrounds objects, through the models of the official SDKs: documents of buckets, forms, temporary keys, faults."""

import base64
import datetime
import hashlib
import hmac
import json
import os
import unittest
import urllib.error
import urllib.parse
import urllib.request
import uuid

import alibabacloud_oss_v2 as v2
import oss2

ENDPOINT = os.environ["OSS_ENDPOINT"]
REGION = os.environ["OSS_REGION"]
KEY_ID = os.environ["OSS_ACCESS_KEY_ID"]
SECRET = os.environ["OSS_ACCESS_KEY_SECRET"]


def utc(**later):
    now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(**later)
    return now.strftime("%Y-%m-%dT%H:%M:%SZ")


def sts(**parameters):
    """AssumeRole, signed as the SDKs of STS do."""
    pairs = {
        "Action": "AssumeRole",
        "Version": "2015-04-01",
        "Format": "JSON",
        "Timestamp": utc(),
        "SignatureMethod": "HMAC-SHA1",
        "SignatureVersion": "1.0",
        "SignatureNonce": uuid.uuid4().hex,
        "AccessKeyId": KEY_ID,
        "RoleArn": "acs:ram::1000000000000001:role/tester",
        "RoleSessionName": "tester",
        **parameters,
    }
    quote = lambda text: urllib.parse.quote(text, safe="-_.~")
    query = "&".join(f"{quote(name)}={quote(pairs[name])}" for name in sorted(pairs))
    text = "POST&%2F&" + quote(query)
    digest = hmac.new((SECRET + "&").encode(), text.encode(), hashlib.sha1).digest()
    pairs["Signature"] = base64.b64encode(digest).decode()
    body = urllib.parse.urlencode(pairs).encode()
    return json.load(urllib.request.urlopen(ENDPOINT + "/sts", body))["Credentials"]


class Cases:
    """Each with oss2 and one signature version."""

    def setUp(self):
        auth = oss2.AuthV4 if self.version == "v4" else oss2.Auth
        self.auth = auth(KEY_ID, SECRET)
        self.name = f"bkt-{uuid.uuid4().hex[:16]}"
        self.bucket = oss2.Bucket(self.auth, ENDPOINT, self.name, region=REGION)
        self.bucket.create_bucket()

    def refuses(self, code, work):
        with self.assertRaises(oss2.exceptions.ServerError) as caught:
            work()
        self.assertEqual(caught.exception.code, code)

    def test_lifecycle(self):
        self.refuses("NoSuchLifecycle", self.bucket.get_bucket_lifecycle)
        rule = oss2.models.LifecycleRule(
            "old", "tmp/",
            expiration=oss2.models.LifecycleExpiration(days=3),
            abort_multipart_upload=oss2.models.AbortMultipartUpload(days=1),
        )
        self.bucket.put_bucket_lifecycle(oss2.models.BucketLifecycle([rule]))
        found = self.bucket.get_bucket_lifecycle().rules[0]
        self.assertEqual((found.id, found.prefix, found.expiration.days), ("old", "tmp/", 3))
        self.assertEqual(found.abort_multipart_upload.days, 1)
        self.bucket.delete_bucket_lifecycle()
        self.refuses("NoSuchLifecycle", self.bucket.get_bucket_lifecycle)

    def test_cors(self):
        self.refuses("NoSuchCORSConfiguration", self.bucket.get_bucket_cors)
        rule = oss2.models.CorsRule(["http://*.example"], ["GET", "PUT"], ["*"], ["ETag"], 60)
        self.bucket.put_bucket_cors(oss2.models.BucketCors([rule]))
        found = self.bucket.get_bucket_cors().rules[0]
        self.assertEqual((found.allowed_methods, found.max_age_seconds), (["GET", "PUT"], 60))
        headers = {"Origin": "http://a.example", "Access-Control-Request-Method": "PUT"}
        request = urllib.request.Request(f"{ENDPOINT}/{self.name}/k", headers=headers, method="OPTIONS")
        answer = urllib.request.urlopen(request)
        self.assertEqual(answer.headers["Access-Control-Allow-Origin"], "http://a.example")
        self.bucket.delete_bucket_cors()

    def test_referer(self):
        self.assertTrue(self.bucket.get_bucket_referer().allow_empty_referer)
        self.bucket.put_bucket_referer(oss2.models.BucketReferer(False, ["http://a.example"]))
        found = self.bucket.get_bucket_referer()
        self.assertEqual((found.allow_empty_referer, found.referers), (False, ["http://a.example"]))

    def test_website(self):
        with self.assertRaises(oss2.exceptions.NoSuchWebsite):
            self.bucket.get_bucket_website()
        self.bucket.put_bucket_website(oss2.models.BucketWebsite("index.html", "error.html"))
        self.assertEqual(self.bucket.get_bucket_website().index_file, "index.html")
        self.bucket.delete_bucket_website()

    def test_logging(self):
        self.assertEqual(self.bucket.get_bucket_logging().target_bucket, "")
        self.bucket.put_bucket_logging(oss2.models.BucketLogging(self.name, "log/"))
        self.assertEqual(self.bucket.get_bucket_logging().target_prefix, "log/")
        self.bucket.delete_bucket_logging()

    def test_policy_encryption_and_payment(self):
        self.refuses("NoSuchBucketPolicy", self.bucket.get_bucket_policy)
        self.bucket.put_bucket_policy('{"Version":"1","Statement":[]}')
        self.assertEqual(json.loads(self.bucket.get_bucket_policy().policy)["Version"], "1")
        self.bucket.delete_bucket_policy()
        self.refuses("NoSuchServerSideEncryptionRule", self.bucket.get_bucket_encryption)
        self.bucket.put_bucket_encryption(oss2.models.ServerSideEncryptionRule("AES256"))
        self.assertEqual(self.bucket.get_bucket_encryption().sse_algorithm, "AES256")
        self.assertEqual(self.bucket.get_bucket_info().bucket_encryption_rule.sse_algorithm, "AES256")
        self.bucket.delete_bucket_encryption()
        self.assertEqual(self.bucket.get_bucket_request_payment().payer, "BucketOwner")
        self.bucket.put_bucket_request_payment("Requester")
        self.assertEqual(self.bucket.get_bucket_request_payment().payer, "Requester")

    def test_inventory(self):
        self.refuses("NoSuchInventory", lambda: self.bucket.get_bucket_inventory_configuration("i"))
        destination = oss2.models.InventoryBucketDestination(
            account_id="1", role_arn="r", bucket=self.name, inventory_format="CSV", prefix="p"
        )
        inventory = oss2.models.InventoryConfiguration(
            inventory_id="i",
            is_enabled=True,
            inventory_schedule=oss2.models.InventorySchedule("Daily"),
            included_object_versions="All",
            inventory_filter=oss2.models.InventoryFilter("p"),
            inventory_destination=oss2.models.InventoryDestination(destination),
            optional_fields=["Size"],
        )
        self.bucket.put_bucket_inventory_configuration(inventory)
        self.assertEqual(self.bucket.get_bucket_inventory_configuration("i").inventory_schedule.frequency, "Daily")
        listed = self.bucket.list_bucket_inventory_configurations().inventory_configurations
        self.assertEqual([found.inventory_id for found in listed], ["i"])
        self.bucket.delete_bucket_inventory_configuration("i")

    def test_worm(self):
        worm_id = self.bucket.init_bucket_worm(2).worm_id
        self.assertEqual(self.bucket.get_bucket_worm().state, "InProgress")
        self.bucket.complete_bucket_worm(worm_id)
        self.bucket.extend_bucket_worm(worm_id, 5)
        found = self.bucket.get_bucket_worm()
        self.assertEqual((found.state, found.retention_period_days), ("Locked", 5))

    def test_presigned_writes_with_headers(self):
        headers = {"Content-Type": "text/plain", "x-oss-meta-a": "1"}
        url = self.bucket.sign_url("PUT", "a b/中", 60, headers=headers)
        put = lambda headers: urllib.request.urlopen(
            urllib.request.Request(url, b"content", headers, method="PUT")
        )
        self.assertEqual(put(headers).status, 200)
        self.assertEqual(self.bucket.head_object("a b/中").headers["x-oss-meta-a"], "1")
        with self.assertRaises(urllib.error.HTTPError) as caught:
            put({**headers, "x-oss-meta-a": "2"})
        self.assertEqual(caught.exception.code, 403)

    def test_everyone_reads_what_is_public(self):
        self.bucket.put_object("k", b"content")
        anonymous = oss2.Bucket(oss2.AnonymousAuth(), ENDPOINT, self.name)
        self.refuses("AccessDenied", lambda: anonymous.get_object("k"))
        self.bucket.put_object_acl("k", oss2.OBJECT_ACL_PUBLIC_READ)
        self.assertEqual(anonymous.get_object("k").read(), b"content")
        self.refuses("AccessDenied", lambda: anonymous.put_object("k", b""))
        self.bucket.put_bucket_acl(oss2.BUCKET_ACL_PUBLIC_READ_WRITE)
        anonymous.put_object("k2", b"x")

    def test_temporary_keys(self):
        granted = sts()
        names = ("AccessKeyId", "AccessKeySecret", "SecurityToken")
        provider = oss2.credentials.StaticCredentialsProvider(*(granted[name] for name in names))
        auth = (oss2.ProviderAuthV4 if self.version == "v4" else oss2.ProviderAuth)(provider)
        bucket = oss2.Bucket(auth, ENDPOINT, self.name, region=REGION)
        bucket.put_object("k", b"content")
        self.assertEqual(urllib.request.urlopen(bucket.sign_url("GET", "k", 60)).read(), b"content")


class V1(Cases, unittest.TestCase):
    version = "v1"


class V4(Cases, unittest.TestCase):
    version = "v4"


class NewerSdk(unittest.TestCase):
    """What only the newer SDK does: it retries what faults refuse, and finds documents."""

    def setUp(self):
        config = v2.config.load_default()
        config.credentials_provider = v2.credentials.StaticCredentialsProvider(KEY_ID, SECRET)
        config.region, config.endpoint = REGION, ENDPOINT
        self.client = v2.Client(config)
        self.name = f"bkt-{uuid.uuid4().hex[:16]}"
        self.client.put_bucket(v2.PutBucketRequest(bucket=self.name))

    def fault(self, text):
        request = urllib.request.Request(ENDPOINT + "/_sandbox/faults", text.encode(), method="POST")
        urllib.request.urlopen(request)

    def put(self, key, body=b"content"):
        return self.client.put_object(v2.PutObjectRequest(bucket=self.name, key=key, body=body))

    def get(self, key):
        return self.client.get_object(v2.GetObjectRequest(bucket=self.name, key=key)).body.content

    def test_retries_what_is_refused_for_now(self):
        self.fault(f"PutObject@{self.name}/k: status=503 count=2")
        self.put("k")
        self.fault(f"PutObject@{self.name}/k: reset=after count=1")
        self.put("k", b"again")
        self.assertEqual(self.get("k"), b"again")

    def test_notices_wrong_checksums(self):
        self.fault(f"PutObject@{self.name}/*: checksum=crc64")
        with self.assertRaises(v2.exceptions.OperationError):
            self.put("k")

    def test_says_what_is_refused(self):
        self.fault(f"PutObject@{self.name}/*: code=AccessDenied")
        with self.assertRaises(v2.exceptions.OperationError) as caught:
            self.put("k")
        self.assertEqual(caught.exception.unwrap().code, "AccessDenied")


if __name__ == "__main__":
    unittest.main()
