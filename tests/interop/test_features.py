"""What the service does besides storing: encryption, callbacks, sequential uploads, limits, styles, replication."""

import asyncio
import base64
import http.server
import json
import os
import threading
import unittest
import uuid

import alibabacloud_oss_v2 as v2
import alibabacloud_oss_v2.aio as v2aio
import oss2
import requests

ENDPOINT = os.environ["OSS_ENDPOINT"]
REGION = os.environ["OSS_REGION"]
KEY_ID = os.environ["OSS_ACCESS_KEY_ID"]
SECRET = os.environ["OSS_ACCESS_KEY_SECRET"]
PART = b"p" * 102_400


def encoded(value):
    return base64.b64encode(json.dumps(value).encode()).decode()


class Application(http.server.BaseHTTPRequestHandler):
    """The server that is called back; it says what it was told."""

    calls = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.calls.append((self.path, self.headers["Host"], self.headers["Content-Type"], body))
        said = b"no JSON" if self.path == "/text" else b'{"Status": "OK"}'
        self.send_response(500 if self.path == "/broken" else 200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_):
        pass


class Features(unittest.TestCase):
    def setUp(self):
        self.name = f"bkt-{uuid.uuid4().hex[:16]}"
        auth = oss2.AuthV4(KEY_ID, SECRET)
        self.service = oss2.Service(auth, ENDPOINT, region=REGION)
        self.bucket = oss2.Bucket(auth, ENDPOINT, self.name, region=REGION)
        self.bucket.create_bucket()
        config = v2.config.load_default()
        config.credentials_provider = v2.credentials.StaticCredentialsProvider(KEY_ID, SECRET)
        config.endpoint, config.region = ENDPOINT, REGION
        self.config, self.client = config, v2.Client(config)

    def refuses(self, code, work):
        with self.assertRaises(oss2.exceptions.ServerError) as caught:
            work()
        self.assertEqual(caught.exception.code, code)

    def encryption(self, headers):
        names = ("x-oss-server-side-encryption", "x-oss-server-side-encryption-key-id", "x-oss-server-side-data-encryption")
        return [headers.get(name) for name in names]

    def test_objects_are_encrypted_as_asked(self):
        ask = {"x-oss-server-side-encryption": "KMS", "x-oss-server-side-data-encryption": "SM4"}
        put = self.encryption(self.bucket.put_object("k", b"x", headers=ask).headers)
        self.assertEqual((put[0], bool(put[1]), put[2]), ("KMS", True, "SM4"))
        self.assertEqual(self.encryption(self.bucket.head_object("k").headers), put)
        self.assertEqual(self.encryption(self.bucket.get_object("k").headers), put)
        self.bucket.copy_object(self.name, "k", "copy")
        self.assertEqual(self.encryption(self.bucket.head_object("copy").headers), [None] * 3)
        upload = self.bucket.init_multipart_upload("m", headers=ask)
        part = self.bucket.upload_part("m", upload.upload_id, 1, b"x")
        self.assertEqual(self.encryption(part.headers), put)
        again = lambda: self.bucket.upload_part("m", upload.upload_id, 1, b"x", headers=ask)
        self.refuses("InvalidArgument", again)
        parts = [oss2.models.PartInfo(1, part.etag)]
        done = self.bucket.complete_multipart_upload("m", upload.upload_id, parts)
        self.assertEqual(self.encryption(done.headers), put)

    def test_buckets_encrypt_by_default(self):
        rule = oss2.models.ServerSideEncryptionRule("KMS", "a-key", "SM4")
        self.bucket.put_bucket_encryption(rule)
        self.assertEqual(self.encryption(self.bucket.put_object("k", b"x").headers), ["KMS", "a-key", "SM4"])
        info = self.bucket.get_bucket_info().bucket_encryption_rule
        self.assertEqual((info.sse_algorithm, info.kms_master_keyid, info.kms_data_encryption), ("KMS", "a-key", "SM4"))
        rule = oss2.models.ServerSideEncryptionRule("AES256", "a-key")
        self.refuses("InvalidArgument", lambda: self.bucket.put_bucket_encryption(rule))
        made = self.name + "-2"
        headers = {"x-oss-server-side-encryption": "SM4", "x-oss-resource-group-id": "rg-mine"}
        oss2.Bucket(self.bucket.auth, ENDPOINT, made, region=REGION).create_bucket(headers=headers)
        info = oss2.Bucket(self.bucket.auth, ENDPOINT, made, region=REGION).get_bucket_info()
        self.assertEqual((info.bucket_encryption_rule.sse_algorithm, info.resource_group_id), ("SM4", "rg-mine"))
        found = self.service.list_buckets(self.name, headers={"x-oss-resource-group-id": "rg-mine"}).buckets
        self.assertEqual([bucket.name for bucket in found], [made])

    def test_sequential_uploads(self):
        upload_id = self.bucket.init_multipart_upload("k", params={"sequential": ""}).upload_id
        send = lambda number: self.bucket.upload_part("k", upload_id, number, PART)
        self.refuses("PartNotSequential", lambda: send(2))
        parts = [oss2.models.PartInfo(number, send(number).etag) for number in (1, 2)]
        self.refuses("PartAlreadyExist", lambda: send(2))
        self.bucket.complete_multipart_upload("k", upload_id, parts)
        self.assertEqual(self.bucket.get_object("k").headers["Content-MD5"], oss2.utils.content_md5(PART * 2))

    def test_callbacks(self):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Application)
        self.addCleanup(server.server_close)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.shutdown)
        address = f"http://127.0.0.1:{server.server_port}"

        def put(key, variables=None, **callback):
            headers = {"x-oss-callback": encoded(callback)}
            if variables:
                headers["x-oss-callback-var"] = encoded(variables)
            return self.bucket.put_object(key, b"content", headers=headers)

        body = "bucket=${bucket}&object=${object}&size=${size}&who=${x:who}&none=${x:none}"
        answer = put("a/中", {"x:who": "me & you"}, callbackUrl=address + "/p?q=1", callbackHost="app.example", callbackBody=body)
        self.assertEqual((answer.status, json.load(answer.resp)), (200, {"Status": "OK"}))
        told = f"bucket={self.name}&object=a%2F%E4%B8%AD&size=7&who=me%20%26%20you&none="
        self.assertEqual(Application.calls.pop(), ("/p?q=1", "app.example", "application/x-www-form-urlencoded", told))

        upload_id = self.bucket.init_multipart_upload("m", headers={"Content-Type": "text/x"}).upload_id
        parts = [oss2.models.PartInfo(1, self.bucket.upload_part("m", upload_id, 1, b"xyz").etag)]
        callback = {"callbackUrl": address, "callbackBody": '{"t":${mimeType},"n":${size}}', "callbackBodyType": "application/json"}
        self.bucket.complete_multipart_upload("m", upload_id, parts, headers={"x-oss-callback": encoded(callback)})
        path, _, kind, told = Application.calls.pop()
        self.assertEqual((path, kind, json.loads(told)), ("/", "application/json", {"t": "text/x", "n": 3}))

        for url in (address + "/broken", address + "/text", "http://cb.example.com", "https://127.0.0.1"):
            answer = put("failed", callbackUrl=url, callbackBody="b")
            self.assertEqual(answer.status, 203, url)
            self.assertIn(b"<Code>CallbackFailed</Code>", answer.resp.read())
        self.assertTrue(self.bucket.object_exists("failed"))
        refused = lambda: self.bucket.put_object("not", b"", headers={"x-oss-callback": "!"})
        self.refuses("InvalidArgument", refused)
        self.assertFalse(self.bucket.object_exists("not"))

        params = {"callback": encoded({"callbackUrl": address + "/signed", "callbackBody": "k=${object}"})}
        url = self.bucket.sign_url("PUT", "signed", 60, params=params)
        self.assertEqual(requests.put(url, data=b"x").json(), {"Status": "OK"})
        self.assertEqual(Application.calls.pop()[3], "k=signed")

    def test_access_control_is_said_when_an_object_is_done(self):
        acl = lambda value: {"x-oss-object-acl": value}
        for at_end, expected in (({}, "default"), (acl("private"), "private")):
            upload_id = self.bucket.init_multipart_upload("m", headers=acl("public-read")).upload_id
            parts = [oss2.models.PartInfo(1, self.bucket.upload_part("m", upload_id, 1, b"x").etag)]
            self.bucket.complete_multipart_upload("m", upload_id, parts, headers=at_end)
            self.assertEqual(self.bucket.get_object_acl("m").acl, expected)
        self.bucket.append_object("a", 0, b"x", headers=acl("private"))
        self.bucket.append_object("a", 1, b"y")
        self.assertEqual(self.bucket.get_object_acl("a").acl, "private")
        self.bucket.append_object("a", 2, b"z", headers=acl("public-read"))
        self.assertEqual(self.bucket.get_object_acl("a").acl, "public-read")

    def test_what_the_service_does_not_take(self):
        old = {"If-Modified-Since": "Fri, 13 Nov 2015 14:47:53 GMT"}
        self.refuses("NotImplemented", lambda: self.bucket.put_object("k", b"x", headers=old))
        self.refuses("InvalidBucketName", lambda: self.service.list_buckets(prefix="Upper"))
        auth = oss2.StsAuth(KEY_ID, SECRET, "no token of this key", auth_version="v4")
        self.refuses("InvalidSecurityToken", oss2.Bucket(auth, ENDPOINT, self.name, region=REGION).list_objects)
        versions = oss2.models.BatchDeleteObjectVersionList()
        versions.append(oss2.models.BatchDeleteObjectVersion("k", "234"))
        self.refuses("InvalidArgument", lambda: self.bucket.delete_object_versions(versions))
        for name in ("prefix", "key_marker", "versionid_marker", "delimiter"):
            self.refuses("InvalidArgument", lambda: self.bucket.list_object_versions(**{name: 1024 * "a"}))

    def test_a_plus_in_a_path_is_a_space(self):
        self.bucket.put_object("a b", b"spaced")
        self.bucket.put_object("a+b", b"added")
        url = self.bucket.sign_url("GET", "a b", 60)
        self.assertEqual(requests.get(url.replace("a%20b", "a+b")).content, b"spaced")
        self.assertEqual(self.bucket.get_object("a+b").read(), b"added")

    def test_copies_have_conditions(self):
        etag = self.bucket.put_object("k", b"x").headers["ETag"]
        old, now = "Fri, 13 Nov 2015 14:47:53 GMT", oss2.utils.http_date()
        condition = lambda name, value: {f"x-oss-copy-source-if-{name}": value}
        copy = lambda headers: self.bucket.copy_object(self.name, "k", "copy", headers=headers)
        for headers in (condition("match", etag), condition("none-match", '"x"'), condition("modified-since", old), condition("unmodified-since", now), condition("match", "")):
            self.assertEqual(copy(headers).status, 200)
        for headers, status in ((condition("match", '"x"'), 412), (condition("unmodified-since", old), 412), (condition("none-match", etag), 304), (condition("modified-since", now), 304)):
            with self.assertRaises(oss2.exceptions.ServerError) as caught:
                copy(headers)
            self.assertEqual(caught.exception.status, status)

    def test_deletions_may_be_quiet(self):
        self.client.put_bucket_versioning(v2.PutBucketVersioningRequest(self.name, versioning_configuration=v2.VersioningConfiguration(status="Enabled")))
        first, second = (self.client.put_object(v2.PutObjectRequest(self.name, "k", body=b"x")).version_id for _ in range(2))
        delete = lambda **parameters: self.client.delete_multiple_objects(v2.DeleteMultipleObjectsRequest(self.name, **parameters)).deleted_objects
        self.assertFalse(delete(objects=[v2.DeleteObject(key="k", version_id=first)], quiet=True))
        marker, = delete(objects=[v2.DeleteObject(key="k")], quiet=False)
        self.assertEqual((marker.key, marker.delete_marker), ("k", True))
        removed = delete(objects=[v2.DeleteObject(key="k", version_id=second), v2.DeleteObject(key="none")])
        self.assertEqual([(entry.key, entry.version_id) for entry in removed], [("k", second), ("none", None)])
        left = self.client.list_object_versions(v2.ListObjectVersionsRequest(self.name))
        self.assertFalse(left.version)
        self.assertIn(marker.delete_marker_version_id, [entry.version_id for entry in left.delete_marker])

    def test_text_comes_as_gzip_to_those_who_take_it(self):
        text, gzip = b"0123456789" * 30_000, {"Accept-Encoding": "gzip"}
        self.bucket.put_object("k.txt", text)
        self.bucket.put_object("k.bin", text, headers={"Content-Type": "image/png"})
        self.bucket.put_object("short.txt", text[:1023])
        url = lambda key: self.bucket.sign_url("GET", key, 60)
        answer = requests.get(url("k.txt"), headers=gzip)
        self.assertEqual(answer.content, text)
        self.assertEqual(answer.headers["Content-Encoding"], "gzip")
        self.assertEqual(answer.headers["Transfer-Encoding"], "chunked")
        self.assertNotIn("ETag", answer.headers)
        for key, headers in (("k.txt", {"Accept-Encoding": "identity"}), ("k.bin", gzip), ("short.txt", gzip), ("k.txt", gzip | {"Range": "bytes=0-2000"})):
            answer = requests.get(url(key), headers=headers)
            self.assertNotIn("Content-Encoding", answer.headers)
            self.assertIn("ETag", answer.headers)
        limited = requests.get(url("k.txt"), headers=gzip | {"x-oss-traffic-limit": "838860800"})
        self.assertEqual(limited.status_code, 403, "a header that was not signed")
        url = self.bucket.sign_url("GET", "k.txt", 60, params={"x-oss-traffic-limit": "838860800"})
        self.assertEqual(requests.get(url, headers=gzip).content, text)

    def test_traffic_limits(self):
        limit = lambda bits: {"x-oss-traffic-limit": str(bits)}
        self.bucket.put_object("k", PART, headers=limit(838_860_800))
        self.assertEqual(self.bucket.get_object("k", headers=limit(838_860_800)).read(), PART)
        for bits in (819_199, 838_860_801, "fast"):
            self.refuses("InvalidArgument", lambda: self.bucket.put_object("k", b"", headers=limit(bits)))

    def test_styles(self):
        self.bucket.put_bucket_style("small", "image/resize,w_200")
        self.bucket.put_bucket_style("large", "image/resize,w_900")
        self.assertEqual(self.bucket.get_bucket_style("small").content, "image/resize,w_200")
        self.assertEqual([style.name for style in self.bucket.list_bucket_style().styles], ["large", "small"])
        self.refuses("InvalidArgument", lambda: self.bucket.put_bucket_style("no/name", "x"))
        self.bucket.delete_bucket_style("small")
        self.refuses("NoSuchStyle", lambda: self.bucket.get_bucket_style("small"))

    def test_replication(self):
        self.refuses("NoSuchReplicationConfiguration", self.bucket.get_bucket_replication)
        rule = oss2.models.ReplicationRule(rule_id="r", prefix_list=["a", "b"], target_bucket_name="there", target_bucket_location="oss-cn-beijing")
        self.bucket.put_bucket_replication(rule)
        found = self.bucket.get_bucket_replication().rule_list
        self.assertEqual([(r.rule_id, r.prefix_list, r.action_list, r.status) for r in found], [("r", ["a", "b"], ["ALL"], "starting")])
        for status, key in (("Enabled", "a-key"), ("Disabled", None)):
            secret = oss2.models.ReplicationRule(rule_id=status, target_bucket_name=status, target_bucket_location="oss-cn-beijing", replica_kms_keyid="a-key", sse_kms_encrypted_objects_status=status)
            self.bucket.put_bucket_replication(secret)
            self.assertEqual(self.bucket.get_bucket_replication().rule_list[-1].replica_kms_keyid, key)
        self.refuses("BucketReplicationAlreadyExist", lambda: self.bucket.put_bucket_replication(rule))
        self.assertEqual(self.bucket.get_bucket_replication_progress("r").progress.target_bucket_name, "there")
        self.refuses("NoSuchReplicationRule", lambda: self.bucket.get_bucket_replication_progress("s"))
        self.bucket.delete_bucket_replication("r")
        self.assertEqual(self.bucket.get_bucket_replication().rule_list[0].status, "closing")
        self.assertIn("oss-cn-beijing", self.bucket.get_bucket_replication_location().location_list)

    def test_what_surrounds_a_bucket(self):
        self.assertEqual(self.service.describe_regions("oss-cn-chengdu").regions[0].region, "oss-cn-chengdu")
        self.refuses("NoSuchRegion", lambda: self.service.describe_regions("nowhere"))
        self.assertEqual(self.bucket.get_bucket_storage_capacity().storage_capacity, -1)
        self.assertGreater(self.service.get_user_qos_info().total_qps, 0)
        self.bucket.put_bucket_qos_info(oss2.models.BucketQosInfo(total_upload_bw=2))
        found = self.bucket.get_bucket_qos_info()
        self.assertEqual((found.total_upload_bw, found.total_qps), (2, -1))
        self.bucket.put_bucket_access_monitor("Enabled")
        self.assertEqual(self.bucket.get_bucket_info().access_monitor, "Enabled")
        self.bucket.put_object("k", b"x")
        self.assertIn("x-oss-last-access-time", self.bucket.get_object_meta("k").headers)
        self.assertEqual(self.bucket.list_bucket_cname().cname, [])
        token = self.bucket.create_bucket_cname_token("a.example").token
        self.assertEqual(self.bucket.get_bucket_cname_token("a.example").token, token)
        self.service.put_public_access_block(True)
        self.assertTrue(self.service.get_public_access_block().block_public_access)
        self.service.delete_public_access_block()
        self.assertFalse(self.service.get_public_access_block().block_public_access)

    def test_tags_of_buckets(self):
        tags = {"a": "1", "%@": "++%", self.name: "2"}
        rule = oss2.models.TaggingRule()
        for pair in tags.items():
            rule.add(*pair)
        self.bucket.put_bucket_tagging(oss2.models.Tagging(rule))
        found = self.service.list_buckets(params={"tag-key": self.name, "tag-value": "2"}).buckets
        self.assertEqual([bucket.name for bucket in found], [self.name])
        self.bucket.delete_bucket_tagging(params={"tagging": "a,%@"})
        self.assertEqual(self.bucket.get_bucket_tagging().tag_set.tagging_rule, {self.name: "2"})

    def test_v2_models(self):
        bucket = self.name
        monitor = v2.PutBucketAccessMonitorRequest(bucket, v2.AccessMonitorConfiguration("Enabled"))
        self.client.put_bucket_access_monitor(monitor)
        found = self.client.get_bucket_access_monitor(v2.GetBucketAccessMonitorRequest(bucket))
        self.assertEqual(found.access_monitor_configuration.status, "Enabled")
        put = v2.PutObjectRequest(bucket, "k", server_side_encryption="AES256", body=b"x")
        self.assertEqual(self.client.put_object(put).headers["x-oss-server-side-encryption"], "AES256")
        names = self.client.list_style(v2.ListStyleRequest(bucket)).style_list
        self.assertFalse(names.styles)

    def test_the_asynchronous_client(self):
        async def work():
            async with v2aio.AsyncClient(self.config) as client:
                await client.put_object(v2.PutObjectRequest(self.name, "k", body=b"content"))
                copy = v2.CopyObjectRequest(self.name, "copy", source_key="k", source_bucket=self.name)
                await client.copy_object(copy)
                got = await client.get_object(v2.GetObjectRequest(self.name, "copy", range_header="bytes=1-3"))
                async with got.body as body:
                    piece = await body.read()
                with self.assertRaises(v2.exceptions.OperationError) as caught:
                    await client.head_object(v2.HeadObjectRequest(self.name, "none"))
                listed = await client.list_objects_v2(v2.ListObjectsV2Request(self.name))
                return piece, caught.exception.unwrap().code, [item.key for item in listed.contents]

        self.assertEqual(asyncio.run(work()), (b"ont", "NoSuchKey", ["copy", "k"]))


if __name__ == "__main__":
    unittest.main()
