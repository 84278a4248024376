"""What only the newer SDK for Python knows: public access, policies' status, time control, restored copies."""

import os
import unittest
import uuid

import alibabacloud_oss_v2 as v2


class Cases:
    """Each with one signature version."""

    def setUp(self):
        config = v2.config.load_default()
        config.endpoint, config.region = os.environ["OSS_ENDPOINT"], os.environ["OSS_REGION"]
        config.signature_version = self.version
        keys = os.environ["OSS_ACCESS_KEY_ID"], os.environ["OSS_ACCESS_KEY_SECRET"]
        config.credentials_provider = v2.credentials.StaticCredentialsProvider(*keys)
        self.client = v2.Client(config)
        self.bucket = f"bkt-{uuid.uuid4().hex[:16]}"
        self.client.put_bucket(v2.PutBucketRequest(bucket=self.bucket))

    def refuses(self, code, work):
        with self.assertRaises(v2.exceptions.OperationError) as caught:
            work()
        self.assertEqual(caught.exception.unwrap().code, code)

    def info(self):
        return self.client.get_bucket_info(v2.GetBucketInfoRequest(bucket=self.bucket)).bucket_info

    def test_public_access(self):
        self.assertEqual(self.info().block_public_access, False)
        block = v2.PublicAccessBlockConfiguration(block_public_access=True)
        self.client.put_bucket_public_access_block(
            v2.PutBucketPublicAccessBlockRequest(bucket=self.bucket, public_access_block_configuration=block)
        )
        self.assertEqual(self.info().block_public_access, True)
        acl = v2.PutBucketAclRequest(bucket=self.bucket, acl="public-read")
        self.refuses("AccessDenied", lambda: self.client.put_bucket_acl(acl))

    def test_status_of_the_policy(self):
        def status():
            request = v2.GetBucketPolicyStatusRequest(bucket=self.bucket)
            return self.client.get_bucket_policy_status(request).policy_status.is_public

        self.assertEqual(status(), False)
        policy = (
            '{"Version":"1","Statement":[{"Action":["oss:PutObject"],"Effect":"Allow",'
            f'"Resource":["acs:oss:*:*:{self.bucket}/*"]}}]}}'
        )
        self.client.put_bucket_policy(v2.PutBucketPolicyRequest(bucket=self.bucket, body=policy))
        self.assertEqual(status(), True)

    def test_time_control_of_replication(self):
        to = v2.ReplicationDestination(bucket="there", location="oss-cn-beijing", transfer_type="oss_acc")
        rules = v2.ReplicationConfiguration(rules=[v2.ReplicationRule(destination=to, action="ALL")])
        self.client.put_bucket_replication(
            v2.PutBucketReplicationRequest(bucket=self.bucket, replication_configuration=rules)
        )
        read = lambda: self.client.get_bucket_replication(
            v2.GetBucketReplicationRequest(bucket=self.bucket)
        ).replication_configuration.rules[0]
        rtc = v2.RtcConfiguration(rtc=v2.ReplicationTimeControl(status="enabled"), id=read().id)
        self.client.put_bucket_rtc(v2.PutBucketRtcRequest(bucket=self.bucket, rtc_configuration=rtc))
        self.assertEqual(read().rtc.status, "enabled")

    def test_restored_copies(self):
        self.client.put_object(
            v2.PutObjectRequest(bucket=self.bucket, key="k", storage_class="ColdArchive", body=b"x")
        )
        clean = lambda: self.client.clean_restored_object(
            v2.CleanRestoredObjectRequest(bucket=self.bucket, key="k")
        )
        self.refuses("ArchiveRestoreFileStale", clean)
        request = v2.RestoreRequest(days=1, tier="Expedited")
        self.client.restore_object(
            v2.RestoreObjectRequest(bucket=self.bucket, key="k", restore_request=request)
        )
        self.refuses("ArchiveRestoreNotFinished", clean)

    def test_what_is_wrong_with_a_request_is_said_finely(self):
        get = v2.GetObjectRequest(bucket=self.bucket, key="none")
        with self.assertRaises(v2.exceptions.OperationError) as caught:
            self.client.get_object(get)
        error = caught.exception.unwrap()
        self.assertEqual((error.code, error.ec), ("NoSuchKey", "0026-00000001"))
        self.assertEqual(len(error.request_id), 24)


class V1(Cases, unittest.TestCase):
    version = "v1"


class V4(Cases, unittest.TestCase):
    version = "v4"
